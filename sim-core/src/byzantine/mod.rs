//! Byzantine nodes: those that do not follow the protocol.
//!
//! There are three layers, each a kind of fault, and they compose. *Twins* are two correct
//! processes under one identity (Bano et al., "Twins: BFT Systems Made Robust", 2021); they need no
//! code. *Mutation* replaces messages of a node, for some of their receivers, by others that the
//! protocol says a traitor could send (Winter et al., "Randomized Testing of Byzantine Fault
//! Tolerant Algorithms", 2023). An *adversary* is a script that acts for several nodes.

mod adversary;
mod traitor;

pub(crate) use adversary::AdversaryEffect;
pub use adversary::{Adversary, AdversaryContext};
pub use traitor::Traitor;

use crate::network::Latency;

/// How a Byzantine node departs from what the protocol sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Misconduct {
    /// Another message in its place: one of those that the protocol says a traitor could send. Each
    /// receiver may get another one: equivocation.
    Mutate,
    /// Nothing in its place.
    Silence,
    /// The message, this much later.
    Stall(Latency),
    /// An earlier message of the node in its place, if it has sent one of the same kind.
    Stale,
}
