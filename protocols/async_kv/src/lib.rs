//! A replicated key-value service, written as somebody would write it for an async runtime.
//!
//! **Source.** D. Ongaro and J. Ousterhout, *In Search of an Understandable Consensus Algorithm*, USENIX ATC 2014, and
//! D. Ongaro's thesis, 2014: leader election by terms, a durable log, commitment by a majority. Section numbers are
//! those of the paper. The crate `raft` has all of Raft, as handlers of events; this one has what a small service
//! needs, as tasks that wait: `async fn`, `spawn`, `select!`, `timeout`, channels and shared state, by
//! [`async_nodes`](../async_nodes/index.html).
//!
//! **The algorithm.** A server that hears of no leader for an election timeout stands for election in the next term,
//! and leads if a majority votes for it. Servers vote once a term, for who has no older log than they have (5.2,
//! 5.4.1). Clients ask the leader. It puts each operation, reads too, into its log, and one task for each of the others
//! replicates the log (5.3). What a majority has on its disks is committed, if it is of the leader's own term or before
//! such an entry (5.4.2). Servers apply committed entries in order, and the leader answers. An operation that a client
//! repeats takes effect once (8).
//!
//! **Tasks.** One takes messages, and spawns a task for each that waits for the disk; one stands for election, and
//! leads; one for each of the others replicates; one applies; one takes requests, and spawns one for each (`server`).
//! What they share is the [`Replica`], whose functions never wait. Nothing else runs between two awaits, so there are
//! no locks, and what was read before an await may be out of date behind it: most of the [flaws](AsyncKvFlaw) are that.
//!
//! **What it takes for granted.** As Raft: durable disks, and messages that arrive as they were sent, if they do. It
//! makes progress when a majority is up and connected, and messages arrive well within an election timeout.
//!
//! **Departures.**
//! - No snapshots, no changes of the membership, no vote before the vote, no leases: reads go through the log.
//! - On the disk an entry replaces all that was behind the one before it; nothing else is ever removed.
//! - A leader that does not apply an operation in `answer_within` does not answer it; the client asks again.

mod config;
mod flaws;
mod liveness;
mod message;
mod names;
pub mod properties;
mod replica;
mod server;
mod storage;
mod system;

pub use config::AsyncKvConfig;
pub use flaws::AsyncKvFlaw;
pub use message::{Command, Entry, Event, Message, Outcome, Position, Record};
pub use replica::Replica;
pub use system::{AsyncKv, AsyncKvNode};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<AsyncKvNode>();
