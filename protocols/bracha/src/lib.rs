//! Bracha's reliable broadcast.
//!
//! **Sources.** G. Bracha, *Asynchronous Byzantine agreement protocols*, Information and Computation
//! 75, 1987, section 3; the names of the properties, and broadcasts with sequence numbers, are from
//! C. Cachin, R. Guerraoui and L. Rodrigues, *Introduction to Reliable and Secure Distributed
//! Programming*, 2011, sections 3.10 and 3.12.
//!
//! **The algorithm.** There are `n` nodes, at most `f` of them Byzantine, and `n > 3f`. Who
//! broadcasts sends SEND to all. A node echoes the first SEND of a broadcast to all. It sends READY
//! when more than `(n + f) / 2` nodes have echoed the same payload, or when `f + 1` nodes are ready
//! for it, one of them correct; and it delivers when `2f + 1` are. Two payloads of one broadcast
//! cannot both be echoed by so many, so that all who are ready are ready for the same (`instance`);
//! and of `2f + 1` that are ready `f + 1` are correct, whose READY makes all others ready: if one
//! node delivers, all do. Nothing is assumed of how long anything takes.
//!
//! **Links and crashes.** The paper takes for granted that messages arrive and processes do not
//! crash. Here they need not: statements are sent again until they are acknowledged (`outbox`),
//! and a node makes durable what it hears before it acts on it or acknowledges it. All that it says
//! follows from what it has heard, so that after a crash it comes to the same again (`node`).
//!
//! **Departures.**
//! - Of each node and phase the first statement counts, so that what a Byzantine node can make
//!   others remember is bounded.
//! - A node does not send to itself; it takes down what it says as heard.

mod adversaries;
mod config;
mod flaws;
mod instance;
mod message;
mod mutations;
mod names;
mod node;
mod outbox;
pub mod properties;
mod system;

pub use config::BrachaConfig;
pub use flaws::BrachaFlaw;
pub use instance::{Instance, Thresholds};
pub use message::{BroadcastId, Content, Event, Message, Phase, Record, Timer};
pub use node::Bracha;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Bracha>();
