//! What acceptors owe: Promise Never Decreases, Promises Are Kept, Accepted Within Promise, Acceptances Are Kept.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Protocol, Step, StepKind, World};

use crate::acceptor::Acceptor;
use crate::ballot::Ballot;
use crate::message::Command;
use crate::node::Paxos;

/// A node of which these properties can tell, because it is an acceptor.
pub trait Voter: Protocol {
    /// What is chosen.
    type Value;

    /// What it has promised and accepted.
    fn acceptor(&self) -> &Acceptor<Self::Value>;

    /// It need not know what it has accepted up to this instance: it knows what was chosen there.
    fn forgotten_to(&self) -> u64;
}

impl Voter for Paxos {
    type Value = Command;

    fn acceptor(&self) -> &Acceptor<Command> {
        self.acceptor()
    }

    fn forgotten_to(&self) -> u64 {
        self.learner().base()
    }
}

/// An acceptor "ignores" what is below what it has promised, for ever: its promise only grows, through crashes too
/// (Lamport 2001, 2.2, 2.3).
#[derive(Debug, Default)]
pub struct PromiseNeverDecreases {
    promised: PerProcess<Option<Ballot>>,
}

impl<P: Voter> Property<P> for PromiseNeverDecreases {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let now = node.acceptor().promised();
        match self.promised.of(step.process).replace(now) {
            Some(before) if before > now => {
                let me = world.identity(step.process);
                Err(Breach::new([me], format!("{me} had promised ballot {before}, and now its promise is {now}")))
            }
            _ => Ok(()),
        }
    }
}

/// "An acceptor can accept a proposal numbered n iff it has not responded to a prepare request having a number greater
/// than n" (Lamport 2001, P1a).
#[derive(Debug, Default)]
pub struct PromisesAreKept {
    promised: PerProcess<Option<Ballot>>,
}

impl<P: Voter> Property<P> for PromisesAreKept {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let acceptor = node.acceptor();
        let promised = self.promised.of(step.process);
        let before = promised.replace(acceptor.promised().max(promised.unwrap_or(Ballot::NONE)));
        // What it finds on its disk when it boots it accepted before.
        let Some(before) = before.filter(|_| step.kind != StepKind::Boot) else { return Ok(()) };
        let too_low = |instance: &&u64| acceptor.accepted(**instance).is_some_and(|proposal| proposal.ballot < before);
        let Some(instance) = acceptor.touched().iter().find(too_low) else { return Ok(()) };
        let me = world.identity(step.process);
        let what = format!("{me} had promised ballot {before}, and accepts in instance {instance} in a lower one");
        Err(Breach::new([me], what))
    }
}

/// No acceptor has accepted anything above what it has promised: to accept is to promise (Lamport's Paxos.tla, of
/// `maxVBal` and `maxBal`).
#[derive(Debug, Default)]
pub struct AcceptedWithinPromise;

impl<P: Voter> Property<P> for AcceptedWithinPromise {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        let Some(acceptor) = world.node(step.process).map(P::acceptor) else { return Ok(()) };
        let accepted = acceptor.touched().iter().filter_map(|instance| acceptor.accepted(*instance));
        match accepted.map(|proposal| proposal.ballot).find(|ballot| *ballot > acceptor.promised()) {
            Some(ballot) => {
                let (me, promised) = (world.identity(step.process), acceptor.promised());
                Err(Breach::new([me], format!("{me} has accepted in ballot {ballot}, and its promise is {promised}")))
            }
            None => Ok(()),
        }
    }
}

/// What an acceptor has accepted in an instance it does not forget, but for what it accepts there in a higher ballot or
/// because it knows what was chosen, through crashes too (Lamport 2001, 2.3).
#[derive(Debug, Default)]
pub struct AcceptancesAreKept {
    accepted: PerProcess<BTreeMap<u64, Ballot>>,
}

impl<P: Voter> Property<P> for AcceptancesAreKept {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let known = self.accepted.of(step.process);
        let ballot_of = |instance: u64| node.acceptor().accepted(instance).map(|proposal| proposal.ballot);
        let mut lost = None;
        if step.kind == StepKind::Boot {
            let behind = known.range(node.forgotten_to() + 1..);
            lost = behind
                .map(|(instance, ballot)| (*instance, *ballot))
                .find(|(at, ballot)| ballot_of(*at) < Some(*ballot));
        }
        for instance in node.acceptor().touched() {
            if let Some(ballot) = ballot_of(*instance)
                && let Some(before) = known.insert(*instance, ballot).filter(|before| *before > ballot)
            {
                lost = Some((*instance, before));
            }
        }
        let Some((instance, ballot)) = lost else { return Ok(()) };
        let me = world.identity(step.process);
        let what =
            format!("{me} had accepted in instance {instance} in ballot {ballot}, and does not know it any more");
        Err(Breach::new([me], what))
    }
}
