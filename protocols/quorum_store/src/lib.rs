//! A key-value store whose reads and writes wait for quorums.

mod anti_entropy;
mod config;
mod coordinator;
mod flaws;
mod history;
mod liveness;
mod message;
mod names;
mod node;
mod operations;
pub mod properties;
mod replica;
mod rings;
mod session;
mod storage;
mod system;
mod tombstones;
mod version;

pub use config::{
    Conflicts, QuorumConfig, QuorumWorkload, Quorums, ReadRepair, Rings, StaleReads, Stamps, Stickiness,
    WriteAvailability,
};
pub use flaws::QuorumFlaw;
pub use history::Registers;
pub use message::{Answered, Event, Message, Phase, Timer};
pub use node::QuorumStore;
pub use operations::{QuorumOp, QuorumReply, Seen};
pub use rings::{Change, Refusal};
pub use storage::Record;
pub use version::{Cell, Version};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<QuorumStore>();
