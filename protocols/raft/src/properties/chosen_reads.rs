//! Strong Reads, Sequential Reads, Causal Reads, Session Reads, Eventual Reads.

use parts::kv::{KvOp, KvReply, ReadLevel};
use sim_core::consistency::Level;
use sim_core::{Duration, Judgement, NodeId, Operation, Property, PropertyClass, Time, World, judge_level};

use crate::config::{RaftConfig, Reads};
use crate::node::Raft;

/// All updates, together with the reads at one level or stronger, keep that level. Judged at the end, by what
/// clients saw.
#[derive(Clone, Copy, Debug)]
pub struct ReadsKeepLevel {
    reads: ReadLevel,
    level: Level,
}

impl ReadsKeepLevel {
    /// Of the reads at `reads`, against `level`.
    pub const fn new(reads: ReadLevel, level: Level) -> Self {
        Self { reads, level }
    }
}

impl Property<Raft> for ReadsKeepLevel {
    fn at_end(&mut self, world: &World<'_, Raft>) -> Judgement {
        judge_level::<Raft>(self.level, &world.history().of_some(|operation| concerns(&operation.op, self.reads)))
    }
}

/// Whether the operation is an update, or a read at this level or stronger.
fn concerns(op: &KvOp, level: ReadLevel) -> bool {
    match op {
        KvOp::GetAt { level: asked, .. } => asked.is_at_least(level),
        _ => true,
    }
}

/// "If no new updates are made, eventually all accesses return the last updated value" (Vogels 2009): once
/// faults have been over for so long, a read is at most so stale (Δ-atomicity; Golab, Li and Shah 2011). Before that it
/// returns what some node had. Judged at the end, by what clients saw, of reads that were answered by nodes that in
/// the end have all that is committed: whoever no heal repairs owes nothing.
#[derive(Clone, Copy, Debug)]
pub struct EventualReads {
    within: Duration,
}

impl EventualReads {
    /// With this configuration: the bound is twice what Raft's time-outs may cost after a heal.
    pub fn new(config: &RaftConfig) -> Self {
        use sim_core::ProtocolConfig;
        Self { within: config.settles_within() * 2 }
    }

    /// Whether the answer to a read may be no older than the bound.
    fn is_owed(self, world: &World<'_, Raft>, calm: Time, read: &Operation<KvOp, KvReply>) -> bool {
        let asked = Time::from_nanos(read.invoked.time_ns);
        asked >= calm.saturating_add(self.within) && read.answer.is_some_and(|answer| is_abreast(world, answer.from))
    }
}

/// Whether a node has applied all that any node knows to be committed.
fn is_abreast(world: &World<'_, Raft>, node: NodeId) -> bool {
    let committed = world.processes().filter_map(|process| world.node(process)).map(Raft::commit_index).max();
    let mut own = world.processes().filter(|process| world.identity(*process) == node);
    own.any(|process| world.node(process).map(Raft::last_applied) >= committed)
}

impl Property<Raft> for EventualReads {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, Raft>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        let is_owed = |read: &Operation<KvOp, KvReply>| self.is_owed(world, calm, read);
        let judged = world.history().of_some(|operation| !operation.op.is_read() || is_owed(operation));
        let stale = |operation: &Operation<KvOp, KvReply>| {
            if operation.op.is_read() { self.within.as_nanos() } else { 0 }
        };
        judge_level::<Raft>(Level::Linearizable, &judged.asked_earlier(stale))
    }
}

/// Nothing is claimed of reads where they do not choose their level.
#[derive(Clone, Copy, Debug)]
struct Nothing;

impl Property<Raft> for Nothing {}

/// The property where reads choose their level, and nothing elsewhere.
pub(super) fn where_chosen(config: &RaftConfig, property: impl Property<Raft> + 'static) -> Box<dyn Property<Raft>> {
    if config.reads == Reads::Chosen { Box::new(property) } else { Box::new(Nothing) }
}
