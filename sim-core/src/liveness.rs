//! What must happen after a heal, and what is to be said if it does not.
//!
//! A system that does not make progress may have lost the means to: no quorum is alive and
//! connected, a coordinator that must speak is down. That is judged from the facts of the world,
//! and is no violation. Otherwise it is one: a livelock, if its abstract state comes again and
//! again, or unexplained.

use std::fmt;

use crate::network::Links;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::world::World;

/// Something by which progress is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An operation of a client completes, if the clients still have something to ask.
    Operation,
    /// A node that has been repaired has this role.
    Role(String),
    /// All repaired nodes that have a digest have the same at one moment.
    Convergence,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation => f.write_str("no operation completed"),
            Self::Role(role) => write!(f, "nobody became {role}"),
            Self::Convergence => f.write_str("the replicas did not converge"),
        }
    }
}

/// What became of a system after the heal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Liveness {
    /// No progress was asked for, or the run ended before it was due.
    #[default]
    NotJudged,
    /// All that was asked for was seen, so long after the heal.
    Progressed(Duration),
    /// It did not progress, and could not have, at the heal or at the deadline: this is why.
    Stuck(String),
    /// It went round in circles: a violation.
    Livelocked,
    /// It did not progress although it could have: a violation.
    Unexplained,
}

/// The facts after a heal, for a protocol to judge whether it can still make progress.
pub struct Outlook<'a, P: Protocol> {
    pub(crate) world: World<'a, P>,
    pub(crate) links: &'a Links,
    pub(crate) runs: &'a dyn Fn(ProcessId) -> bool,
}

impl<P: Protocol> Outlook<'_, P> {
    /// All nodes, whether they run or not.
    pub fn nodes(&self) -> &[NodeId] {
        self.world.node_ids()
    }

    /// Whether a node is up, not paused, and one of those that the heal has repaired: only they
    /// owe progress.
    pub fn runs(&self, node: NodeId) -> bool {
        (self.runs)(process(node))
    }

    /// The state of a node, unless it is down.
    pub fn node(&self, node: NodeId) -> Option<&P> {
        self.world.node(process(node))
    }

    /// Whether both nodes run and messages go through between them, both ways.
    pub fn are_connected(&self, one: NodeId, other: NodeId) -> bool {
        let (a, b) = (process(one), process(other));
        let open = |from: ProcessId, to: ProcessId| self.links.let_through(from.0, to.0);
        self.runs(one) && self.runs(other) && open(a, b) && open(b, a)
    }

    /// Whether some of `members` run, are all connected to one another, and are a quorum.
    /// `is_quorum` must hold of every set that has a part of which it holds.
    pub fn has_connected_quorum(&self, members: &[NodeId], is_quorum: impl Fn(&[NodeId]) -> bool) -> bool {
        let running: Vec<NodeId> = members.iter().copied().filter(|node| self.runs(*node)).collect();
        let mut search = CliqueSearch { outlook: self, is_quorum: &is_quorum, budget: CLIQUE_BUDGET };
        search.extend(&mut Vec::new(), &running)
    }
}

/// Looks for a quorum of nodes that are all connected.
struct CliqueSearch<'s, 'a, P: Protocol> {
    outlook: &'s Outlook<'a, P>,
    is_quorum: &'s dyn Fn(&[NodeId]) -> bool,
    budget: u32,
}

/// Sets to look at, at most. Where connections are as tangled as that, a quorum is taken to be
/// connected: what cannot be told excuses nobody.
const CLIQUE_BUDGET: u32 = 100_000;

impl<P: Protocol> CliqueSearch<'_, '_, P> {
    /// Whether `clique` with some of `candidates`, each connected to all of it, is a quorum.
    fn extend(&mut self, clique: &mut Vec<NodeId>, candidates: &[NodeId]) -> bool {
        if (self.is_quorum)(clique) || self.budget == 0 {
            return true;
        }
        self.budget -= 1;
        for (place, next) in candidates.iter().enumerate() {
            let left = &candidates[place..];
            if !(self.is_quorum)(&[clique.as_slice(), left].concat()) {
                return false;
            }
            clique.push(*next);
            let fit = left[1..].iter().copied().filter(|node| self.outlook.are_connected(*next, *node));
            if self.extend(clique, &fit.collect::<Vec<_>>()) {
                return true;
            }
            clique.pop();
        }
        false
    }
}

impl<P: Protocol> fmt::Debug for Outlook<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlook").field("now", &self.world.now()).finish_non_exhaustive()
    }
}

const fn process(node: NodeId) -> ProcessId {
    ProcessId(node.index())
}

/// How often a system may come back to a state that it has left before it goes round in circles.
const RECURRENCES: u32 = 5;

/// The abstract states of a system that waits for progress.
#[derive(Debug, Default)]
pub(crate) struct Circles {
    last: Option<u64>,
    entered: std::collections::BTreeMap<u64, u32>,
}

impl Circles {
    /// The system is in this state.
    pub(crate) fn visit(&mut self, state: u64) {
        if self.last != Some(state) {
            self.last = Some(state);
            *self.entered.entry(state).or_default() += 1;
        }
    }

    /// Whether it has come back to one of its states again and again.
    pub(crate) fn are_closed(&self) -> bool {
        self.entered.values().any(|times| *times > RECURRENCES)
    }
}

/// What is waited for since the heal.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    pub(crate) since: Time,
    pub(crate) signs: Vec<Sign>,
    /// Why it could not be made at the heal.
    pub(crate) hindered: Option<String>,
    pub(crate) circles: Circles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_state_that_is_left_and_entered_again_and_again_closes_a_circle() {
        let mut resting = Circles::default();
        (0..100).for_each(|_| resting.visit(1));
        assert!(!resting.are_closed());
        let mut growing = Circles::default();
        (0..100).for_each(|state| growing.visit(state));
        assert!(!growing.are_closed());
        let mut circling = Circles::default();
        (0..100).for_each(|state| circling.visit(state % 3));
        assert!(circling.are_closed());
    }
}
