//! Who the replicas are, how many of them may be faulty, and how many make a quorum.

use sim_core::NodeId;

use super::config::PbftConfig;
use super::flaws::PbftFlaw;

/// The replicas of a group, of which some may be faulty.
#[derive(Clone, Debug)]
pub(crate) struct Committee {
    replicas: Vec<NodeId>,
    faulty: usize,
    /// Whether certificates of a replica too few count.
    has_weak_quorums: bool,
    /// Whether a replica too few can begin a view.
    has_small_views: bool,
}

impl Committee {
    /// All `nodes` under this configuration.
    pub(crate) fn new(config: &PbftConfig, nodes: &[NodeId]) -> Self {
        let has_weak_quorums = config.flaws.has(PbftFlaw::WeakQuorum);
        let has_small_views = config.flaws.has(PbftFlaw::SmallNewView);
        Self { replicas: nodes.to_vec(), faulty: config.faulty as usize, has_weak_quorums, has_small_views }
    }

    /// The replicas, in ascending order.
    pub(crate) fn replicas(&self) -> &[NodeId] {
        &self.replicas
    }

    /// The primary of a view: they take turns (OSDI 4).
    #[inline]
    pub(crate) fn primary(&self, view: u64) -> NodeId {
        self.replicas[(view % self.replicas.len() as u64) as usize]
    }

    /// How many replicas any two quorums of which have a correct one in common: 2f + 1 of 3f + 1.
    #[inline]
    pub(crate) const fn quorum(&self) -> usize {
        (self.replicas.len() + self.faulty) / 2 + 1
    }

    /// How many replicas, the primary with its pre-prepare among them, make a batch prepared, and how
    /// many make it committed.
    #[inline]
    pub(crate) const fn ordering_quorum(&self) -> usize {
        if self.has_weak_quorums { self.quorum() - 1 } else { self.quorum() }
    }

    /// How many replicas must have asked for a view, its primary among them, for it to begin.
    #[inline]
    pub(crate) const fn view_quorum(&self) -> usize {
        if self.has_small_views { self.quorum() - 1 } else { self.quorum() }
    }

    /// How many replicas have a correct one among them: f + 1.
    #[inline]
    pub(crate) const fn one_correct(&self) -> usize {
        self.faulty + 1
    }

    /// Whether these are `count` different replicas, or more.
    pub(crate) fn are_at_least(&self, count: usize, signers: impl Iterator<Item = NodeId>) -> bool {
        let mut distinct: Vec<NodeId> = signers.filter(|signer| self.replicas.contains(signer)).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.len() >= count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committee(nodes: u32, faulty: u32) -> Committee {
        let nodes: Vec<NodeId> = (0..nodes).map(NodeId::node).collect();
        Committee::new(&PbftConfig { faulty, ..PbftConfig::default() }, &nodes)
    }

    #[test]
    fn two_quorums_share_a_correct_replica_and_the_correct_ones_are_a_quorum() {
        for (nodes, faulty) in [(4, 1), (5, 1), (6, 1), (7, 2), (8, 2), (10, 3), (1, 0), (2, 0), (3, 0)] {
            let quorum = committee(nodes, faulty).quorum() as u32;
            assert!(2 * quorum > nodes + faulty, "{nodes} replicas, {faulty} faulty");
            assert!(nodes - faulty >= quorum, "{nodes} replicas, {faulty} faulty");
        }
        assert_eq!([committee(4, 1).quorum(), committee(7, 2).quorum()], [3, 5]);
    }

    #[test]
    fn a_replica_counts_once_and_strangers_do_not() {
        let four = committee(4, 1);
        let are = |signers: &[u32]| four.are_at_least(3, signers.iter().copied().map(NodeId::node));
        assert!(are(&[0, 3, 1]));
        assert!(!are(&[0, 3, 0, 3]));
        assert!(!are(&[0, 3, 4]));
    }
}
