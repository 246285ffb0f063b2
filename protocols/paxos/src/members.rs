//! Who the acceptors are: part of the state, and for each instance fixed long before (Lamport 1998, 3.3.8; 2001, 3).
//!
//! A change is a command like any other. Chosen in instance i, it holds from instance i + α on. So whoever knows what
//! was chosen up to some instance knows the acceptors of the α instances behind it, and may propose in these and no
//! others.

use std::fmt;

use serde::Serialize;
use sim_core::NodeId;

/// The acceptors of an instance, in ascending order. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Members(Vec<NodeId>);

impl Members {
    /// These, each once; nothing if there are none.
    pub fn of(nodes: impl IntoIterator<Item = NodeId>) -> Option<Self> {
        let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
        nodes.sort_unstable();
        nodes.dedup();
        (!nodes.is_empty()).then_some(Self(nodes))
    }

    /// All of them, in ascending order.
    #[inline]
    pub fn as_slice(&self) -> &[NodeId] {
        &self.0
    }

    /// Whether it is one of them.
    #[inline]
    pub fn contains(&self, node: NodeId) -> bool {
        self.0.contains(&node)
    }

    /// How many of them are in `nodes`.
    pub fn count_in(&self, nodes: &[NodeId]) -> usize {
        self.0.iter().filter(|member| nodes.contains(member)).count()
    }
}

/// As in `n0 n1 n2`.
impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" "))
    }
}

/// The acceptors of all instances, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Memberships {
    /// Each with the first instance of which they are the acceptors, in order.
    from: Vec<(u64, Members)>,
}

impl Memberships {
    /// These are the acceptors until something else is chosen.
    pub fn beginning_with(members: Members) -> Self {
        Self { from: vec![(0, members)] }
    }

    /// The acceptors of an instance.
    #[inline]
    pub fn of(&self, instance: u64) -> &Members {
        let not_later = self.from.iter().rev().find(|(from, _)| *from <= instance);
        &not_later.unwrap_or(&self.from[0]).1
    }

    /// The acceptors of this instance and of all behind it, without repetition of the same.
    pub fn from(&self, instance: u64) -> impl Iterator<Item = &Members> {
        let later = self.from.iter().filter(move |(from, _)| *from > instance);
        [self.of(instance)].into_iter().chain(later.map(|(_, members)| members))
    }

    /// The last that are known, and the first instance of which they are the acceptors.
    pub fn latest(&self) -> (u64, &Members) {
        let (from, members) = &self.from[self.from.len() - 1];
        (*from, members)
    }

    /// From this instance on, which lies behind all others, these are the acceptors.
    pub fn change(&mut self, from: u64, members: Members) {
        self.from.push((from, members));
    }

    /// Only those of this instance, as if they were the acceptors of all.
    #[must_use]
    pub(crate) fn only(&self, instance: u64) -> Self {
        Self::beginning_with(self.of(instance).clone())
    }

    /// Forgets who the acceptors of the instances before this one were.
    pub fn forget_before(&mut self, instance: u64) {
        let superseded = self.from.iter().skip(1).take_while(|(from, _)| *from <= instance).count();
        self.from.drain(..superseded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(of: std::ops::Range<u32>) -> Members {
        Members::of(of.map(NodeId::node)).expect("there is one")
    }

    #[test]
    fn each_instance_has_the_acceptors_of_the_last_change_before_it() {
        let mut memberships = Memberships::beginning_with(members(0..3));
        memberships.change(5, members(0..4));
        memberships.change(9, members(1..4));
        let of = |memberships: &Memberships| [4, 5, 8, 9].map(|instance| memberships.of(instance).to_string());
        assert_eq!(of(&memberships), ["n0 n1 n2", "n0 n1 n2 n3", "n0 n1 n2 n3", "n1 n2 n3"]);
        assert_eq!(memberships.from(4).count(), 3);
        assert_eq!(memberships.from(5).count(), 2);
        assert_eq!(memberships.latest(), (9, &members(1..4)));
        memberships.forget_before(6);
        assert_eq!(of(&memberships)[1..], ["n0 n1 n2 n3", "n0 n1 n2 n3", "n1 n2 n3"]);
        assert_eq!(memberships.from(6).count(), 2);
    }

    #[test]
    fn there_is_always_a_member_and_each_is_there_once() {
        assert_eq!(Members::of([]), None);
        let doubled = Members::of([2, 0, 2].map(NodeId::node)).expect("there are some");
        assert_eq!(doubled.to_string(), "n0 n2");
        assert_eq!(doubled.count_in(&[NodeId::node(2), NodeId::node(7)]), 1);
    }
}
