//! Nothing stays under way.

use std::collections::BTreeMap;

use sim_core::{
    Breach, Duration, Judgement, NodeId, Property, PropertyClass, ProtocolConfig, RequestId, Step, StepKind, Time,
    World,
};

use crate::config::CommitConfig;
use crate::message::{Decision, Event, Txn};
use crate::node::AtomicCommit;

/// Since when nothing has gone wrong, if there was a heal of all nodes and all run.
fn calm_since(world: &World<'_, AtomicCommit>) -> Option<Time> {
    let is_well = |process| world.node(process).is_some() && world.is_repaired(process);
    world.healed_at().and(world.calm_since()).filter(|_| world.correct().all(is_well))
}

/// When nothing goes wrong for long enough and all nodes run, all participants acknowledge each commit, and none of them
/// stays in doubt. Judged at the end of the run, with what was there long enough before.
#[derive(Debug)]
pub struct TransactionsEnd {
    within: Duration,
    /// The commits that are under way, and who is in doubt about which transaction, each since when.
    under_way: BTreeMap<(Txn, Option<NodeId>), Time>,
}

impl TransactionsEnd {
    pub(super) fn new(config: &CommitConfig) -> Self {
        Self { within: config.settles_within() * 2, under_way: BTreeMap::new() }
    }
}

impl Property<AtomicCommit> for TransactionsEnd {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for event in step.events {
            let me = world.identity(step.process);
            match event {
                Event::Decided { txn, decision: Decision::Commit, participants, .. } if !participants.is_empty() => {
                    self.under_way.insert((*txn, None), world.now());
                }
                Event::Completed { txn } => _ = self.under_way.remove(&(*txn, None)),
                Event::VotedYes { txn } => _ = self.under_way.insert((*txn, Some(me)), world.now()),
                Event::Committed { txn, .. } | Event::Aborted { txn } => _ = self.under_way.remove(&(*txn, Some(me))),
                // A crash may have cut off that it has ended.
                Event::Recovered { .. } => {
                    self.under_way.retain(|(txn, in_doubt), _| in_doubt.unwrap_or(txn.coordinator) != me);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, AtomicCommit>) -> Judgement {
        let Some(calm) = calm_since(world) else { return Judgement::Holds };
        let overdue = self.under_way.iter().find(|(_, since)| calm.max(**since) + self.within < world.now());
        match overdue {
            Some(((txn, Some(node)), since)) => {
                let what = format!("{node} is in doubt about {txn:?} since {since}");
                Judgement::Violated(Breach::new([*node], what))
            }
            Some(((txn, None), since)) => {
                let what = format!("{txn:?} is committed since {since}, and not all have acknowledged it");
                Judgement::Violated(Breach::new([txn.coordinator], what))
            }
            None => Judgement::Holds,
        }
    }
}

/// A transaction that has died is begun again soon, when nothing has gone wrong for long enough. Judged at the end of the
/// run. Timers that a slow clock was asked for may be late for a while.
#[derive(Debug)]
pub struct TheDeadAreBegunAgain {
    within: Duration,
    settles_within: Duration,
    begun: BTreeMap<Txn, RequestId>,
    /// The attempts that have died and were not begun again, each since when.
    dead: BTreeMap<Txn, Time>,
    /// Those that were dead for too long, from when to when.
    late: Vec<(Txn, Time, Time)>,
}

impl TheDeadAreBegunAgain {
    /// The coordinator hears of it, perhaps when it asks once more, and waits for as long as it may.
    pub(super) fn new(config: &CommitConfig) -> Self {
        let within = config.restart_after.1 + config.retransmit_interval * 4;
        let (settles_within, (begun, dead, late)) = (config.settles_within(), Default::default());
        Self { within, settles_within, begun, dead, late }
    }
}

impl Property<AtomicCommit> for TheDeadAreBegunAgain {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Began { txn, request } => _ = self.begun.insert(*txn, *request),
                Event::Died { txn } => _ = self.dead.entry(*txn).or_insert(world.now()),
                _ => {}
            }
        }
        if step.kind == StepKind::Client || self.dead.is_empty() {
            return Ok(());
        }
        let (me, node) = (world.identity(step.process), world.node(step.process));
        let Self { within, begun, dead, late, .. } = self;
        // It goes on with another attempt, or has given up, or is down.
        let is_waiting = |txn: &Txn| {
            let request = begun.get(txn)?;
            let current = node?.transactions.get(&request.client)?;
            (current.txn == *txn).then_some(())
        };
        dead.retain(|txn, since| {
            if txn.coordinator != me || is_waiting(txn).is_some() {
                return true;
            }
            if node.is_some() && *since + *within < world.now() {
                late.push((*txn, *since, world.now()));
            }
            false
        });
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, AtomicCommit>) -> Judgement {
        let Some(calm) = calm_since(world) else { return Judgement::Holds };
        let still = self.dead.iter().map(|(txn, since)| (*txn, *since, world.now()));
        let mut all = self.late.iter().copied().chain(still);
        let settled = calm + self.settles_within;
        match all.find(|(_, since, until)| settled <= *since && *since + self.within < *until) {
            Some((txn, since, until)) => {
                let what = format!("{txn:?} has died at {since}, and was not begun again until {until}");
                Judgement::Violated(Breach::new([txn.coordinator], what))
            }
            None => Judgement::Holds,
        }
    }
}
