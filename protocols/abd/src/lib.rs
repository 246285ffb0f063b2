//! The ABD register: shared memory for processes that have only messages, of which a minority may fail.
//!
//! **Sources.** H. Attiya, A. Bar-Noy and D. Dolev, *Sharing Memory Robustly in Message-Passing Systems*,
//! JACM 42(1), 1995: one writer a register, majorities, and reads that write back what they return. N. Lynch
//! and A. Shvartsman, *Robust Emulation of Shared Memory Using Dynamic Quorum-Acknowledged Broadcasts*,
//! FTCS 1997: many writers, who first ask for the latest tag. N. Lynch, *Distributed Algorithms*, 1996,
//! Lemma 13.16: what the order of tags must be for registers to be atomic. R. Guerraoui and R. Levy, *Robust
//! Emulations of Shared Memory in a Crash-Recovery Model*, ICDCS 2004: what nodes that come back must have on
//! their disks. C. Georgiou, N. Nicolaou and
//! A. Shvartsman, *Fault-Tolerant Semifast Implementations of Atomic Read/Write Registers*, JPDC 69(1), 2009:
//! reads that need no second phase.
//!
//! **The algorithm.** Every node is a replica: of each register it has a copy of the latest value that it
//! knows of, with its *tag* (`message`), and keeps the one with the higher tag (`replica`). And every node
//! is a coordinator: it carries out operations of clients in two phases, and in each waits for a majority
//! (`coordinator`).
//! 1. *Query.* It asks all replicas for their copies, and takes the one with the highest tag.
//! 2. *Store.* A write takes a tag with a higher number and the name of its coordinator, and stores its value
//!    under it at a majority. A read stores at a majority what it is about to return: otherwise a later read,
//!    which asks another majority, could return something older.
//!
//! Any two majorities have a replica in common. So whoever asks after an operation is complete learns its tag
//! or a higher one, and all operations go by the order of tags.
//!
//! With `"writers": "single"`, as in the paper of 1995, only one node writes to each register. It knows the
//! latest tag without asking, so writes have one phase. With `fast_reads` a read is complete after the first
//! phase if all that answered have the same tag: then a majority has it.
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do. It is
//! always linearizable. It is wait-free: an operation completes as long as its coordinator and a majority are up and
//! connected, whatever others do.
//!
//! **Departures.**
//! - Nodes crash and come back, where in the papers they stop for good. A replica answers once its copy is
//!   durable, and a coordinator makes durable which tag it has given to which request before anybody hears
//!   of it. So no tag is used twice, and a request that comes again after a restart goes on under its tag.
//! - Messages may be lost, where the papers' links are reliable: a coordinator asks again whoever has not
//!   answered.
//! - Each phase has a number, under which replies come back. Numbers of earlier boots are not used again.
//! - A client asks for a write at one node alone, until it gives up: another one would give the write a second
//!   tag, and a value that was overwritten would come back ([`OneCoordinator`](parts::one_coordinator::OneCoordinator)).
//! - No record is ever forgotten.

mod config;
mod coordinator;
mod flaws;
mod liveness;
mod message;
mod names;
mod node;
pub mod properties;
mod replica;
mod storage;
mod system;

pub use config::{AbdConfig, Writers};
pub use flaws::AbdFlaw;
pub use message::{Event, Message, Phase, Tag, Tagged, Timer};
pub use node::Abd;
pub use storage::Record;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Abd>();
