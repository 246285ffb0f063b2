//! Streamlet: a blockchain whose rules fit on a napkin.
//!
//! **Source.** B. Y. Chan and E. Shi, *Streamlet: Textbook Streamlined Blockchains*, AFT 2020. Names
//! in quotation marks are the paper's, numbers in parentheses its sections.
//!
//! **The algorithm** (2, 3). Time is divided into *epochs* of 2Δ, each with a leader that a hash of
//! its number chooses. At the beginning of an epoch its leader proposes a block that extends the
//! longest notarized chain that it knows. Every node votes for the first proposal that it sees of an
//! epoch, in that epoch, and only if it extends one of the longest notarized chains that it has seen.
//! A block with the votes of two thirds of the nodes is *notarized*; a chain is, if all its blocks
//! are. Where three adjacent blocks of a notarized chain have consecutive epochs, the second of them
//! is *final*, and with it all before it (`tree`, `node`). What a node sees for the first time it
//! passes on to all others, so that they see it Δ later at most.
//!
//! It is safe whatever becomes of messages and clocks, as long as fewer than a third of the nodes are
//! Byzantine; and once messages take less than Δ and clocks agree, five honest leaders in a row make a
//! block final (3.5).
//!
//! **Links and crashes.** The paper takes for granted that messages sent before that time arrive by
//! then, and nodes do not crash. Here messages get lost: a node that is shown a block whose chain it
//! does not know asks for it, and one that is shown a proposal for a shorter chain than it knows tells
//! the leader so (`catch_up`). A node writes down its votes, and what was notarized when it voted,
//! before anybody hears of it (`storage`).
//!
//! **Departures.**
//! - Of what a node says about an epoch the others pass on the first statement only, and nobody listens
//!   to what is said of epochs behind the next: Byzantine nodes could otherwise keep everybody busy for
//!   ever (`echoes`).
//! - The leader's proposal is its own vote, too: a leader that restarts proposes nothing twice.
//! - A proposal that does not extend a longest notarized chain, because the node lacks a part of that
//!   chain, may still get its vote in the same epoch once the part is there.

mod adversaries;
mod catch_up;
mod config;
mod echoes;
mod flaws;
mod liveness;
mod message;
mod mutations;
mod names;
mod node;
pub mod properties;
mod storage;
mod system;
mod tree;

pub use config::StreamletConfig;
pub use flaws::StreamletFlaw;
pub use message::{Ballot, Block, BlockHash, Certified, Event, Message, Record, Timer};
pub use node::Streamlet;
pub use tree::Tree;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Streamlet>();
