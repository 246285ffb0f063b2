//! What both have in common: two-phase commit. Node n0 coordinates, and the others take part.

use serde::Serialize;
use sim_core::{Duration, NodeId, ms};

pub(crate) const COORDINATOR: NodeId = NodeId::node(0);
/// How long the coordinator waits for votes.
pub(crate) const PATIENCE: Duration = ms(50);
/// How long it rests between transactions, and how often somebody in doubt asks.
pub(crate) const PAUSE: Duration = ms(40);

#[derive(Clone, Debug, Serialize)]
pub(crate) enum Message {
    Prepare(u64),
    Vote { id: u64, yes: bool },
    Decide(Decided),
}

#[derive(Clone, Debug, Serialize)]
pub(crate) enum Record {
    Voted { id: u64, yes: bool },
    Decided(Decided),
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Decided {
    pub(crate) id: u64,
    pub(crate) commit: bool,
}
