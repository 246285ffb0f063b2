//! What replicas know of each other's crashes, as whoever reads all messages sees it.

use std::collections::BTreeMap;

use sim_core::{NodeId, Step, World};

use crate::crashes::CrashVector;
use crate::message::Body;
use crate::node::Vr;

/// The crash vector that each replica ought to have (Michael et al. 2017, 4.2), kept from outside, so that it is there for
/// replicas too that keep none, or the wrong one. A life counts from when its replica asks for the state: what it asks before
/// that is only which number it may take.
#[derive(Debug, Default)]
pub(super) struct KnownLives(BTreeMap<NodeId, Known>);

#[derive(Debug, Default)]
struct Known {
    incarnation: u32,
    /// From which step on it has known what.
    since: Vec<(u64, CrashVector)>,
}

impl Known {
    fn in_step(&self, step: u64) -> Option<&CrashVector> {
        let later = self.since.partition_point(|(since, _)| *since <= step);
        self.since[..later].last().map(|(_, crashes)| crashes)
    }
}

/// What a replica has learnt in a step.
#[derive(Debug)]
pub(super) struct Learnt {
    /// Whether it has booted, and knows nothing any more of what it knew.
    pub(super) has_booted: bool,
    /// What the sender of the message that it got knew as it sent that.
    pub(super) told: Option<CrashVector>,
    /// What it knows now.
    pub(super) now: CrashVector,
}

impl KnownLives {
    /// Takes in what the replica of this step, `me`, has learnt.
    pub(super) fn follow(&mut self, me: NodeId, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Learnt {
        let told = step.received.and_then(|received| self.0.get(&received.from)?.in_step(received.sent_in).cloned());
        let known = self.0.entry(me).or_default();
        let incarnation = world.incarnation(step.process);
        let has_booted = std::mem::replace(&mut known.incarnation, incarnation) != incarnation;
        let before = known.since.last().filter(|_| !has_booted).map(|(_, crashes)| crashes);
        let mut now = before.cloned().unwrap_or_else(|| CrashVector::zeros(world.node_ids().len()));
        if let Some(told) = &told {
            for replica in world.node_ids() {
                now.raise(*replica, told.of(*replica));
            }
        }
        if step.sent.iter().any(|(_, message)| matches!(message.body, Body::Recovery { .. })) {
            now.raise(me, incarnation.into());
        }
        if before != Some(&now) {
            known.since.push((step.number, now.clone()));
        }
        Learnt { has_booted, told, now }
    }
}
