//! The acceptor: what it has promised and accepted (Lamport 2001, 2.2), for all instances at once (3).

use std::collections::BTreeMap;

use serde::Serialize;

use super::ballot::Ballot;
/// A value that was proposed in some instance, and in which ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal<V> {
    /// Of which ballot.
    pub ballot: Ballot,
    /// What was proposed.
    pub value: V,
}

/// The state of an acceptor. All of it must survive a crash.
///
/// It remembers in which instances it accepted something since `begin_step`, which every handler calls first: so
/// properties look at what changed and not at everything.
#[derive(Clone, Debug)]
pub struct Acceptor<V> {
    promised: Ballot,
    accepted: BTreeMap<u64, Proposal<V>>,
    touched: Vec<u64>,
}

impl<V> Default for Acceptor<V> {
    fn default() -> Self {
        Self { promised: Ballot::NONE, accepted: BTreeMap::new(), touched: Vec::new() }
    }
}

impl<V> Acceptor<V> {
    /// It accepts nothing below this ballot, in any instance.
    #[inline]
    pub const fn promised(&self) -> Ballot {
        self.promised
    }

    /// What it accepted last in an instance, unless it has forgotten it because it knows what was chosen.
    pub fn accepted(&self, instance: u64) -> Option<&Proposal<V>> {
        self.accepted.get(&instance)
    }

    /// What it accepted last in each instance from this one on.
    pub fn accepted_from(&self, instance: u64) -> impl DoubleEndedIterator<Item = (u64, &Proposal<V>)> {
        self.accepted.range(instance..).map(|(instance, proposal)| (*instance, proposal))
    }

    /// In which instances it accepted something in the last step, or found on its disk that it has, forgotten or not.
    pub fn touched(&self) -> &[u64] {
        &self.touched
    }

    pub(crate) fn begin_step(&mut self) {
        self.touched.clear();
    }

    /// Promises; that takes back no higher promise.
    pub(crate) fn promise(&mut self, ballot: Ballot) {
        self.promised = self.promised.max(ballot);
    }

    /// Accepts, whatever it has promised: the caller has looked. `binds`: accepting is a promise, too.
    pub(crate) fn accept(&mut self, instance: u64, proposal: Proposal<V>, binds: bool) {
        if binds {
            self.promise(proposal.ballot);
        }
        self.accepted.insert(instance, proposal);
        self.touched.push(instance);
    }

    /// Forgets what it accepted up to this instance: it is known what was chosen there.
    pub(crate) fn forget_to(&mut self, instance: u64) {
        self.accepted = self.accepted.split_off(&(instance + 1));
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;

    fn ballot(round: u64) -> Ballot {
        Ballot { round, node: NodeId::node(0) }
    }

    #[test]
    fn to_accept_is_to_promise() {
        let mut acceptor = Acceptor::<char>::default();
        acceptor.promise(ballot(3));
        acceptor.promise(ballot(2));
        assert_eq!(acceptor.promised(), ballot(3));
        acceptor.accept(1, Proposal { ballot: ballot(5), value: 'a' }, true);
        assert_eq!(acceptor.promised(), ballot(5));
    }

    #[test]
    fn what_is_forgotten_is_not_told() {
        let mut acceptor = Acceptor::default();
        for instance in [1, 2, 4] {
            acceptor.accept(instance, Proposal { ballot: ballot(1), value: 'a' }, true);
        }
        acceptor.forget_to(2);
        assert_eq!(acceptor.accepted_from(0).map(|(instance, _)| instance).collect::<Vec<_>>(), [4]);
        acceptor.begin_step();
        assert_eq!((acceptor.accepted(2), acceptor.touched().len()), (None, 0));
    }
}
