//! What properties remember that no node does.

use std::collections::BTreeMap;

use sim_core::{Flaws, NodeId};

use crate::ballot::Ballot;
use crate::config::PaxosConfig;
use crate::members::Members;
use crate::message::Command;
use crate::node::Paxos;

/// All that acceptors have ever accepted in one instance of consensus.
#[derive(Clone, Debug)]
pub(crate) struct Decree<V> {
    votes: Vec<Vote<V>>,
}

/// A value that was accepted in a ballot, and by whom.
#[derive(Clone, Debug)]
struct Vote<V> {
    ballot: Ballot,
    value: V,
    by: Vec<NodeId>,
}

impl<V> Default for Decree<V> {
    fn default() -> Self {
        Self { votes: Vec::new() }
    }
}

impl<V: Clone + PartialEq> Decree<V> {
    /// An acceptor has accepted; tells whether nobody had accepted that in this ballot before.
    pub(crate) fn accepted(&mut self, by: NodeId, ballot: Ballot, value: &V) -> bool {
        match self.votes.iter_mut().find(|vote| vote.ballot == ballot && vote.value == *value) {
            Some(vote) => {
                if !vote.by.contains(&by) {
                    vote.by.push(by);
                }
                false
            }
            None => {
                self.votes.push(Vote { ballot, value: value.clone(), by: vec![by] });
                true
            }
        }
    }

    /// Who has accepted this value in the ballot in which most have.
    pub(crate) fn accepted_by(&self, value: &V) -> &[NodeId] {
        let votes = self.votes.iter().filter(|vote| vote.value == *value);
        votes.map(|vote| vote.by.as_slice()).max_by_key(|by| by.len()).unwrap_or_default()
    }

    /// A value that was accepted in the ballot and is another.
    pub(crate) fn other_value(&self, ballot: Ballot, value: &V) -> Option<&V> {
        self.votes.iter().find(|vote| vote.ballot == ballot && vote.value != *value).map(|vote| &vote.value)
    }

    /// Whether there is a quorum of the acceptors of which none has accepted anything below the ballot, or the value is
    /// that of the highest ballot below it in which one of them has (Lamport 2001, P2c). `is_quorum` tells of how many it
    /// takes.
    pub(crate) fn keeps_p2c(
        &self,
        ballot: Ballot,
        value: &V,
        acceptors: &[NodeId],
        is_quorum: impl Fn(usize) -> bool,
    ) -> bool {
        let highest = |acceptor: &NodeId| {
            let below = self.votes.iter().filter(|vote| vote.ballot < ballot && vote.by.contains(acceptor));
            below.map(|vote| vote.ballot).max()
        };
        let highest: Vec<Option<Ballot>> = acceptors.iter().map(highest).collect();
        let same =
            self.votes.iter().filter(|vote| vote.ballot < ballot && vote.value == *value).map(|vote| Some(vote.ballot));
        // Of a quorum whose highest is at most this, the one who has accepted in it makes it the highest.
        let mut bounds = same.filter(|bound| highest.contains(bound)).chain([None]);
        bounds.any(|bound| is_quorum(highest.iter().filter(|highest| **highest <= bound).count()))
    }
}

/// What was accepted in all instances, and who their acceptors are.
#[derive(Debug)]
pub(super) struct Votes {
    config: PaxosConfig,
    initial: Option<Members>,
    /// The changes of the acceptors, each with the instance in which it was chosen.
    changes: BTreeMap<u64, Members>,
    /// The last instance that any node has applied: up to there all changes of the acceptors are known.
    known_to: u64,
    decrees: BTreeMap<u64, Decree<Command>>,
}

impl Votes {
    /// Of nodes of this configuration, of which the flaws are no excuse.
    pub(super) fn new(config: &PaxosConfig) -> Self {
        let config = PaxosConfig { flaws: Flaws::default(), ..config.clone() };
        Self { config, initial: None, changes: BTreeMap::new(), known_to: 0, decrees: BTreeMap::new() }
    }

    /// Takes note of what the node of this step has accepted in it and learned; gives the instances in which it was the
    /// first to accept what it did in its ballot.
    pub(super) fn observe(&mut self, node: &Paxos, me: NodeId, nodes: &[NodeId]) -> Vec<u64> {
        self.observe_members(node, nodes);
        let mut first = Vec::new();
        for instance in node.acceptor().touched() {
            if let Some(proposal) = node.acceptor().accepted(*instance)
                && self.decree_mut(*instance).accepted(me, proposal.ballot, &proposal.value)
            {
                first.push(*instance);
            }
        }
        first
    }

    /// Takes note of the changes of the acceptors of which the node of this step has learned in it.
    pub(super) fn observe_members(&mut self, node: &Paxos, nodes: &[NodeId]) {
        if self.initial.is_none() {
            self.initial = Some(self.config.initial_members(nodes));
        }
        for instance in node.learner().learned() {
            if let Some(Command::Members(members)) = node.learner().chosen(*instance) {
                self.changes.insert(*instance, members.clone());
            }
        }
        self.known_to = self.known_to.max(node.learner().applied());
    }

    /// Whether it is known who the acceptors of an instance are.
    pub(super) const fn knows_members(&self, instance: u64) -> bool {
        instance <= self.known_to.saturating_add(self.config.alpha)
    }

    /// The acceptors of an instance: who was chosen α or more before it, as far as that is known.
    pub(super) fn members(&self, instance: u64) -> &Members {
        let changes = instance.checked_sub(self.config.alpha).and_then(|to| self.changes.range(..=to).next_back());
        changes.map(|(_, members)| members).or(self.initial.as_ref()).expect("a node was looked at")
    }

    pub(super) fn decree(&self, instance: u64) -> Option<&Decree<Command>> {
        self.decrees.get(&instance)
    }

    pub(super) fn decree_mut(&mut self, instance: u64) -> &mut Decree<Command> {
        self.decrees.entry(instance).or_default()
    }

    /// How many of so many acceptors it takes to promise, and how many to choose.
    pub(super) fn quorums(&self, members: &Members) -> (usize, usize) {
        self.config.quorums(members.as_slice().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ballot(round: u64) -> Ballot {
        Ballot { round, node: NodeId::node(0) }
    }

    /// Of three acceptors, of which two are a quorum, these have accepted these values in these rounds.
    fn check(votes: &[(u32, u64, char)], (round, value): (u64, char), expected: bool) {
        let mut decree = Decree::default();
        for (by, round, value) in votes {
            decree.accepted(NodeId::node(*by), ballot(*round), value);
        }
        let acceptors = [0, 1, 2].map(NodeId::node);
        assert_eq!(decree.keeps_p2c(ballot(round), &value, &acceptors, |size| size >= 2), expected, "{votes:?}");
    }

    #[test]
    fn a_value_must_be_that_of_the_highest_ballot_of_some_quorum() {
        check(&[], (1, 'a'), true);
        check(&[(0, 1, 'a')], (2, 'b'), true);
        check(&[(0, 1, 'a'), (1, 1, 'a')], (2, 'b'), false);
        check(&[(0, 1, 'a'), (1, 1, 'a')], (2, 'a'), true);
        check(&[(0, 1, 'a'), (1, 2, 'b')], (3, 'a'), true);
        check(&[(0, 1, 'a'), (1, 2, 'b'), (2, 2, 'b')], (3, 'a'), false);
        check(&[(0, 1, 'a'), (1, 2, 'b'), (2, 2, 'b')], (3, 'b'), true);
        check(&[(0, 1, 'a'), (1, 2, 'b'), (2, 3, 'c')], (4, 'a'), false);
        check(&[(0, 1, 'a'), (1, 1, 'a'), (2, 3, 'b')], (2, 'a'), true);
    }

    #[test]
    fn an_acceptor_counts_once_and_values_apart() {
        let mut decree = Decree::default();
        assert!(decree.accepted(NodeId::node(0), ballot(1), &'a'));
        assert!(!decree.accepted(NodeId::node(0), ballot(1), &'a'));
        assert_eq!(decree.accepted_by(&'a'), [NodeId::node(0)]);
        assert_eq!((decree.other_value(ballot(1), &'b'), decree.other_value(ballot(1), &'a')), (Some(&'a'), None));
        assert!(decree.accepted(NodeId::node(1), ballot(1), &'b'));
    }
}
