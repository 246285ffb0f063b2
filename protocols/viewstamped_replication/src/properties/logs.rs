//! What holds of logs: Logs Only Grow In A View, A Request Has One Op-Number, Checkpoints Bound The Log.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use crate::message::Event;
use crate::node::{Status, Vr};

/// A replica that has said up to where its log goes in a view does not lack any of that later in this view, whether it has
/// crashed meanwhile or not (Liskov and Cowling 2012, 4.1, 4.3).
#[derive(Debug, Default)]
pub struct LogsGrow {
    /// The last view that each process has taken part in, and up to where its log went.
    seen: PerProcess<(u64, u64)>,
}

impl Property<Vr> for LogsGrow {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process).filter(|replica| replica.status() == Status::Normal) else {
            return Ok(());
        };
        let now = (replica.view(), replica.log().op_number());
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before.0 != now.0 || before.1 <= now.1 {
            return Ok(());
        }
        let (me, (view, op_number)) = (world.identity(step.process), now);
        let what = format!("in view {view} the log of {me} went up to {}, and goes up to {op_number} now", before.1);
        Err(Breach::new([me], what))
    }
}

/// The primary drops a request that is no newer than what its client table has of the client, whether that is executed or
/// waits to be committed (Liskov and Cowling 2012, 4.1). So a request that is repeated takes up no second place in the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneOpNumber;

impl Property<Vr> for OneOpNumber {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        // It is the primary that gives numbers to requests.
        let Some(replica) = world.node(step.process).filter(|_| step.kind == StepKind::Request) else { return Ok(()) };
        let log = replica.log();
        let Some(last) = log.get(log.op_number()) else { return Ok(()) };
        let mut earlier = log.after(0).take_while(|(op_number, _)| *op_number < log.op_number());
        let Some((first, _)) = earlier.find(|(_, entry)| entry.request == last.request) else { return Ok(()) };
        let (me, request, second) = (world.identity(step.process), last.request, log.op_number());
        Err(Breach::new([me], format!("{me} has request {request} in its log as number {first} and as {second}")))
    }
}

/// A log would grow for ever, and with it what a replica is sent that is behind: once so many requests are executed as the
/// configuration says, a checkpoint stands for what was before (Liskov and Cowling 2012, 5.1). If it says none, there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckpointsBoundTheLog;

impl Property<Vr> for CheckpointsBoundTheLog {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let every = replica.config.checkpoint_every;
        let behind = replica.commit_number() - replica.log().base();
        let takes = step.events.iter().any(|event| matches!(event, Event::TookCheckpoint { .. }));
        let is_right = if every == 0 { !takes } else { behind < every };
        if is_right {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = if takes { "takes a checkpoint" } else { "has no checkpoint of" };
        Err(Breach::new([me], format!("{me} {what} the last {behind} requests, and one is asked for every {every}")))
    }
}
