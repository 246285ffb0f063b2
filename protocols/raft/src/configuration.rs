//! Who belongs to the cluster, and what a quorum of it is (6; thesis 4).

use std::fmt;

use serde::Serialize;
use sim_core::NodeId;

use parts::quorums::{Group, reached_by};

/// The members of the cluster. It is an entry of the log, and each node goes by the latest in its
/// own log, committed or not (thesis 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// Who votes, in ascending order; while the membership changes jointly, who voted before.
    pub voters: Vec<NodeId>,
    /// While the membership changes jointly, who will vote; elections and commitment need a
    /// majority of both sets then (6; thesis 4.3).
    pub next_voters: Option<Vec<NodeId>>,
    /// Who is sent the log and counts in no quorum, in ascending order.
    pub non_voters: Vec<NodeId>,
}

impl Configuration {
    /// Of these voters, and nobody else.
    pub fn of(voters: impl IntoIterator<Item = NodeId>) -> Self {
        Self { voters: in_order(voters), ..Self::default() }
    }

    /// Whether this is the joint configuration of a change under way.
    #[inline]
    pub const fn is_joint(&self) -> bool {
        self.next_voters.is_some()
    }

    /// Whether the node counts in quorums.
    #[inline]
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.sets().any(|set| set.contains(&node))
    }

    /// Whether the node is sent the log.
    pub fn is_member(&self, node: NodeId) -> bool {
        self.is_voter(node) || self.non_voters.contains(&node)
    }

    /// All who count in some quorum, in ascending order.
    pub fn all_voters(&self) -> Vec<NodeId> {
        match &self.next_voters {
            Some(next) => in_order(self.voters.iter().chain(next).copied()),
            None => self.voters.clone(),
        }
    }

    /// All who are sent the log, in ascending order.
    pub fn members(&self) -> Vec<NodeId> {
        in_order(self.all_voters().into_iter().chain(self.non_voters.iter().copied()))
    }

    /// Whether those for whom `is_in` holds include a majority of every set of voters. Of nobody
    /// there is no majority.
    #[inline]
    pub fn has_quorum(&self, is_in: impl Fn(NodeId) -> bool) -> bool {
        self.sets().all(|set| set.iter().filter(|node| is_in(**node)).count() >= majority(set))
    }

    /// The highest number that a quorum has reached, where each node has reached `reached` of it;
    /// 0 if there are no voters. `scratch` is room to count in.
    pub fn reached_by_quorum(&self, scratch: &mut Vec<u64>, reached: impl Fn(NodeId) -> u64) -> u64 {
        let reached_in = |set: &[NodeId]| {
            scratch.clear();
            scratch.extend(set.iter().map(|node| reached(*node)));
            reached_by(majority(set), scratch).unwrap_or(0)
        };
        self.sets().map(reached_in).min().unwrap_or(0)
    }

    /// Whether every quorum of the one has a voter in common with every quorum of the other, as far
    /// as the rules of the thesis guarantee it: a set of voters that both have, or two that differ
    /// by one node at most (4.1, 4.3).
    pub fn overlaps(&self, other: &Self) -> bool {
        self.sets().any(|set| other.sets().any(|against| differ_by_one_at_most(set, against)))
    }

    /// The same with one voter more; if it did not vote before, it does now.
    #[must_use]
    pub(super) fn with_voter(&self, node: NodeId) -> Self {
        Self { voters: in_order(self.voters.iter().copied().chain([node])), ..self.without_non_voter(node) }
    }

    /// The same with one more who does not vote.
    #[must_use]
    pub(super) fn with_non_voter(&self, node: NodeId) -> Self {
        Self { non_voters: in_order(self.non_voters.iter().copied().chain([node])), ..self.clone() }
    }

    /// The same without the node.
    #[must_use]
    pub(super) fn without(&self, node: NodeId) -> Self {
        let mut rest = self.without_non_voter(node);
        rest.voters.retain(|voter| *voter != node);
        rest
    }

    /// On the way from these voters to others: both together (`C_old,new`).
    #[must_use]
    pub(super) fn joint_with(&self, next_voters: Vec<NodeId>) -> Self {
        let mut joint = self.clone();
        joint.non_voters.retain(|node| !next_voters.contains(node));
        joint.next_voters = Some(next_voters);
        joint
    }

    /// The end of a joint change (`C_new`).
    #[must_use]
    pub(super) fn after_joint(&self) -> Self {
        let voters = self.next_voters.as_ref().unwrap_or(&self.voters).clone();
        Self { voters, next_voters: None, non_voters: self.non_voters.clone() }
    }

    fn without_non_voter(&self, node: NodeId) -> Self {
        let mut rest = self.clone();
        rest.non_voters.retain(|member| *member != node);
        rest
    }

    fn sets(&self) -> impl Iterator<Item = &[NodeId]> {
        [self.voters.as_slice()].into_iter().chain(self.next_voters.as_deref())
    }
}

/// As in `n0 n1 n2`, `n0 n1 -> n1 n2` and `n0 n1 + n2`.
impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
        f.write_str(&list(&self.voters))?;
        if let Some(next) = &self.next_voters {
            write!(f, " -> {}", list(next))?;
        }
        if !self.non_voters.is_empty() {
            write!(f, " + {}", list(&self.non_voters))?;
        }
        Ok(())
    }
}

/// The nodes in ascending order, each once.
pub(super) fn in_order(nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

const fn majority(set: &[NodeId]) -> usize {
    Group::crash_tolerant(set.len()).majority()
}

fn differ_by_one_at_most(one: &[NodeId], other: &[NodeId]) -> bool {
    let missing = |of: &[NodeId], from: &[NodeId]| of.iter().filter(|node| !from.contains(node)).count();
    missing(one, other) + missing(other, one) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(of: &[u32]) -> Vec<NodeId> {
        of.iter().copied().map(NodeId::node).collect()
    }

    fn voters(of: &[u32]) -> Configuration {
        Configuration::of(nodes(of))
    }

    #[test]
    fn a_quorum_is_more_than_half() {
        let check = |members: &[u32], present: &[u32], expected| {
            let present = nodes(present);
            assert_eq!(voters(members).has_quorum(|node| present.contains(&node)), expected, "{members:?} {present:?}");
        };
        check(&[0], &[0], true);
        check(&[0, 1], &[0], false);
        check(&[0, 1, 2], &[0, 2], true);
        check(&[0, 1, 2, 3], &[0, 2], false);
        check(&[0, 1, 2], &[0, 3, 4], false);
        check(&[], &[0], false);
    }

    #[test]
    fn a_joint_quorum_is_a_majority_of_both_sets() {
        let joint = voters(&[0, 1, 2]).joint_with(nodes(&[2, 3, 4]));
        let check = |present: &[u32], expected| {
            let present = nodes(present);
            assert_eq!(joint.has_quorum(|node| present.contains(&node)), expected, "{present:?}");
        };
        check(&[0, 1, 2], false);
        check(&[2, 3, 4], false);
        check(&[0, 2, 4], true);
        check(&[0, 1, 3, 4], true);
    }

    #[test]
    fn a_quorum_has_reached_what_a_majority_of_each_set_has() {
        let check = |configuration: Configuration, expected| {
            let reached = |node: NodeId| [5, 4, 9, 1, 7].get(node.index() as usize).copied().unwrap_or(0);
            assert_eq!(configuration.reached_by_quorum(&mut Vec::new(), reached), expected, "{configuration}");
        };
        check(voters(&[0]), 5);
        check(voters(&[0, 1]), 4);
        check(voters(&[0, 1, 2]), 5);
        check(voters(&[0, 1, 2, 3]), 4);
        check(voters(&[2, 3, 4]), 7);
        check(voters(&[0, 1, 2]).joint_with(nodes(&[1, 3])), 1);
        check(voters(&[0, 1, 2]).with_non_voter(NodeId::node(3)), 5);
        check(voters(&[]), 0);
    }

    #[test]
    fn a_change_leads_where_it_says() {
        let check = |found: Configuration, expected: &str| assert_eq!(found.to_string(), expected);
        let learning = voters(&[0, 1]).with_non_voter(NodeId::node(2));
        check(learning.clone(), "n0 n1 + n2");
        check(learning.with_voter(NodeId::node(2)), "n0 n1 n2");
        check(learning.without(NodeId::node(2)), "n0 n1");
        check(learning.without(NodeId::node(0)), "n1 + n2");
        let joint = learning.joint_with(nodes(&[2, 3]));
        check(joint.clone(), "n0 n1 -> n2 n3");
        assert_eq!(joint.members(), nodes(&[0, 1, 2, 3]));
        check(joint.after_joint(), "n2 n3");
    }

    #[test]
    fn configurations_overlap_that_share_a_set_or_differ_by_one_node() {
        let check = |one: &Configuration, other: &Configuration, expected| {
            assert_eq!((one.overlaps(other), other.overlaps(one)), (expected, expected), "{one} and {other}");
        };
        let (old, new) = (voters(&[0, 1, 2]), voters(&[2, 3, 4]));
        let joint = old.joint_with(new.voters.clone());
        check(&old, &joint, true);
        check(&joint, &new, true);
        check(&old, &new, false);
        check(&old, &voters(&[0, 1, 2, 3]), true);
        check(&old, &voters(&[0, 1, 3]), false);
        check(&old, &old.with_non_voter(NodeId::node(7)), true);
    }
}
