//! Lease Is Exclusive, Lease Is Kept, Returned Rounds Are Leases, Leased Reads Are Answered At Once.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, ProcessId, Property, Step, StepKind, Time, World};

use crate::ballot::Ballot;
use crate::config::Reads;
use crate::message::{Command, Message};
use crate::node::Paxos;

/// While a leader has a lease nobody else leads on in a higher ballot, where the leader does not know what is chosen: that is
/// what lets it answer reads by its own clock (Chandra, Griesemer and Redstone 2007, 5.2). It is told by the clock of its
/// holder, which goes by no other.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeaseIsExclusive;

impl Property<Paxos> for LeaseIsExclusive {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let me = step.process;
        if world.node(me).and_then(Paxos::leads).is_none() {
            return Ok(());
        }
        let mut others = world.processes().filter(|other| *other != me);
        others.try_for_each(|other| check(world, me, other).and_then(|()| check(world, other, me)))
    }
}

/// Whether the one has no lease, or the other does not lead on in a higher ballot.
fn check(world: &World<'_, Paxos>, holder: ProcessId, rival: ProcessId) -> Result<(), Breach> {
    let (Some(node), Some(other)) = (world.node(holder), world.node(rival)) else { return Ok(()) };
    let (Some(own), Some(higher), Some(until)) = (node.leads(), other.leads(), node.lease_until()) else {
        return Ok(());
    };
    let now = world.clock(holder);
    let is_ahead = other.learner().first_unchosen() >= node.learner().first_unchosen();
    if own >= higher || now >= until || !is_ahead || !other.leads_on() {
        return Ok(());
    }
    let (holder, rival) = (world.identity(holder), world.identity(rival));
    let what = format!(
        "{rival} leads in ballot {higher}, and {holder}, leader in ballot {own}, has a lease until {until}, by its clock, \
         which shows {now}"
    );
    Err(Breach::new([holder, rival], what))
}

/// While a leader has a lease, no quorum of phase 1 is ready to promise a higher ballot, or has promised one: enough
/// acceptors have heard from it within the shortest election timeout, each by its own clock, at whatever rates clocks
/// run (Chandra, Griesemer and Redstone 2007, 5.2). It is looked at where the leader does something, and so could
/// answer a read.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeaseIsKept;

impl Property<Paxos> for LeaseIsKept {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let (Some(ballot), Some(until)) = (node.leads(), node.lease_until()) else { return Ok(()) };
        let now = world.clock(step.process);
        if now >= until {
            return Ok(());
        }
        let is_free = |process: &ProcessId| {
            *process != step.process
                && world.node(*process).is_some_and(|other| {
                    !other.hears_leader(world.clock(*process)) || other.acceptor().promised() > ballot
                })
        };
        let free: Vec<NodeId> = world.processes().filter(is_free).map(|process| world.identity(process)).collect();
        let known = node.learner().memberships();
        let mut memberships = known.from(node.learner().first_unchosen());
        if !memberships.any(|members| node.config.has_phase1_quorum(members, &free)) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!(
            "{me}, leader in ballot {ballot}, has a lease until {until}, by its clock, which shows {now}, and {free:?} \
             have not heard from it for an election timeout, by theirs, or have promised a higher ballot"
        );
        Err(Breach::new([me].into_iter().chain(free), what))
    }
}

/// Each heartbeat of a leader begins a round, and the leader has a lease from each round on that a quorum of phase 2 has
/// returned, of all acceptors that are known for instances to come: it runs from when the round began (Chandra, Griesemer and
/// Redstone 2007, 5.2).
#[derive(Debug, Default)]
pub struct RoundsAreLeases {
    /// What each leader had after its last step.
    before: PerProcess<Rounds>,
}

/// The rounds of a leader.
#[derive(Clone, Debug, Default)]
struct Rounds {
    ballot: Option<Ballot>,
    /// Those that no quorum had returned, and when they began.
    open: Vec<(u64, Time)>,
    /// The latest one that each node had returned.
    returned: BTreeMap<NodeId, u64>,
    /// From where on the last acceptors hold that it knows of.
    holds_from: u64,
}

impl Property<Paxos> for RoundsAreLeases {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let before = self.before.of(step.process);
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(proposer) = node.proposer.as_deref().filter(|_| node.config.reads == Reads::Lease) else {
            return Ok(());
        };
        let me = world.identity(step.process);
        let is_returned_more = proposer.returned != before.returned;
        // Others are to be acceptors, and have granted nothing.
        let has_ended = proposer.open_rounds.is_empty() && proposer.lease_until == Time::ZERO;
        let holds_from = node.learner().memberships().latest().0;
        let begun = step.sent.iter().find_map(|(_, message)| match message {
            Message::Heartbeat { round, .. } => Some(*round),
            _ => None,
        });
        let is_as_before = before.ballot == Some(proposer.ballot) && before.holds_from == holds_from;
        if let Some(round) = begun.filter(|_| has_ended && is_as_before) {
            let what = format!("{me} begins round {round}, and will have no lease from it");
            return Err(Breach::new([me], what));
        }
        if before.ballot == Some(proposer.ballot) && is_returned_more && !has_ended {
            let known = node.learner().memberships();
            let is_returned = |round: u64| {
                let others = proposer.returned.iter().filter(|(_, at)| **at >= round).map(|(by, _)| *by);
                let by: Vec<NodeId> = others.chain([me]).collect();
                known.from(node.learner().first_unchosen()).all(|members| node.config.has_phase2_quorum(members, &by))
            };
            let last = before.open.iter().rev().find(|(round, _)| is_returned(*round));
            if let Some((round, began)) =
                last.filter(|(_, began)| proposer.lease_until < began.saturating_add(node.config.lease()))
            {
                let what = format!(
                    "a quorum has returned round {round} of {me}, which began at {began}, and its lease ends at {}",
                    proposer.lease_until
                );
                return Err(Breach::new([me], what));
            }
        }
        (before.ballot, before.holds_from) = (Some(proposer.ballot), holds_from);
        before.open.clear();
        before.open.extend(proposer.open_rounds.iter().copied());
        if is_returned_more {
            before.returned.clone_from(&proposer.returned);
        }
        Ok(())
    }
}

/// A leader that has a lease, and has applied what phase 1 told it of, answers a read by itself: it does not have it chosen
/// (Chandra, Griesemer and Redstone 2007, 5.2).
#[derive(Debug, Default)]
pub struct LeasedReadsAreAnswered {
    /// Where each leader would propose next after its last step, and how much waited to be proposed.
    before: PerProcess<(u64, usize)>,
}

impl Property<Paxos> for LeasedReadsAreAnswered {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(leader) = node.leadership() else { return Ok(()) };
        let (next, queued) = (leader.next, leader.queue.len());
        let before = std::mem::replace(self.before.of(step.process), (next, queued));
        let is_caught_up = node.learner().applied() >= leader.found_to && node.leads_on();
        let is_leased = is_caught_up && world.clock(step.process) < leader.lease_until;
        if step.kind != StepKind::Request || !is_leased || node.config.reads != Reads::Lease {
            return Ok(());
        }
        let proposed = leader.proposals.range(before.0..).next_back().map(|(_, pending)| &pending.command);
        let newest = proposed.or_else(|| leader.queue.back().filter(|_| queued > before.1));
        match newest {
            Some(Command::Client { request, op }) if op.is_read() => {
                let me = world.identity(step.process);
                let until = leader.lease_until;
                Err(Breach::new([me], format!("{me} has a lease until {until}, and has the read {request} chosen")))
            }
            _ => Ok(()),
        }
    }
}
