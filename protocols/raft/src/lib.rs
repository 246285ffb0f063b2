//! Raft: consensus on a replicated log.
//!
//! **Sources.** D. Ongaro and J. Ousterhout, *In Search of an Understandable Consensus Algorithm*,
//! USENIX ATC 2014 (extended version); D. Ongaro, *Consensus: Bridging Theory and Practice*, PhD
//! thesis, Stanford 2014. Numbers in parentheses are sections of the paper, or of the thesis where
//! it says so.
//!
//! **The algorithm.** Time is divided into *terms*, in each of which at most one node leads. A
//! node that hears from no leader for an election timeout drawn at random moves on to the next
//! term and asks the others for their votes (`election`). A node votes once a term, and only for
//! a candidate whose log is at least as up to date as its own. Whoever has a majority leads: it
//! takes the operations of clients, appends them to its log and has the others append them too
//! (`replication`). Each message names the entry before the new ones, so that a follower accepts
//! them only where its log agrees with the leader's so far, and deletes what conflicts. An entry
//! of the leader's term that a majority holds durably is *committed*, and with it everything
//! before; every later leader has it. Committed entries are applied to the state machine in
//! order, which answers the client (`clients`). After enough of them a node writes a snapshot of
//! its state and forgets the entries (`snapshot`); a follower that needs forgotten ones is sent
//! the state instead. Reads write nothing: the leader makes sure that it still leads (`reads`);
//! or any node answers them, as old as the client's session allows (`follower_reads`);
//! or each read chooses its level of consistency (`chosen_reads`).
//! Term, vote and log are on the disk before anybody is told of them (`storage`).
//!
//! The members are an entry of the log too, which counts as soon as it is there (`configuration`,
//! `membership`).
//!
//! **What is here of the thesis** and not of the paper: changes of a single member (4.1) besides
//! joint consensus (6), members that catch up before they vote or never vote (4.2.1), leadership
//! transfer (3.10, `transfer`), pre-vote (9.6), check-quorum and the
//! refusal to vote while a leader is alive (4.2.3, 6.2), leaders that write their log while they
//! send it (10.2.1), read-index and lease reads (6.4), reads
//! from followers (6.4, at the end), sessions of clients (6.3). Levels of consistency below those (`chosen_reads`) are
//! neither's: they are those of the textbooks' store interface, as weak as a log allows.
//!
//! **Departures.**
//! - The first configuration is no entry of the log: every log begins with it.
//! - A leader gives up on a new member that has not caught up after ten election timeouts, whichever
//!   round it is in. A change that waits for that ends with the leadership.
//! - A leader that has begun a transfer has no leases for the rest of its term, even if it leads on.
//! - A snapshot that is sent is the state that the leader has when it begins to send it, not its last
//!   stored snapshot. It is cut at keys and sessions, not at bytes, and the follower tells how much of
//!   it it has, so that the leader goes on from there. What a follower has of an unfinished one it does
//!   not keep through a crash.
//! - `AppendEntries` says which round of heartbeats it belongs to and has that returned, so that
//!   any acknowledgement confirms reads and leases.
//! - A refused `AppendEntries` is answered with the conflicting term and its first index, the
//!   optimisation that the paper leaves to the reader (5.3, at the end).
//! - While a leader does not know where a follower's log matches its own it sends heartbeats without
//!   entries until one is accepted.
//! - With `replication: suffix` a leader sends `ReplaceSuffix` for `AppendEntries`: all that it has
//!   behind an entry, and the follower keeps nothing else there. That leans on links that keep the
//!   order of messages, as implementations over streams do; the paper's Raft does not.
//! - A read notes the later of the commit index and the leader's no-op as the entry it must see,
//!   instead of waiting until the no-op is committed before it begins.
//! - A node counts its boot as the moment when it last heard from a leader: one that has forgotten
//!   whom it heard must not break a lease.

mod chosen_reads;
mod clients;
mod config;
mod configuration;
mod election;
mod flaws;
mod follower_reads;
mod host_requests;
mod leadership;
mod liveness;
mod log;
mod membership;
mod message;
mod names;
mod node;
mod operator;
pub mod properties;
mod reads;
mod replication;
mod snapshot;
mod storage;
mod system;
mod transfer;

pub use config::{RaftConfig, Reads, Replication};
pub use configuration::Configuration;
pub use flaws::RaftFlaw;
pub use host_requests::HostRequests;
pub use log::{Command, Entry, Log, LogPosition};
pub use message::{
    AppendEntries, AppendEntriesReply, AppendOutcome, Event, InstallOutcome, InstallSnapshot, InstallSnapshotReply,
    Message, TimeoutNow, Timer, VoteReply, VoteRequest,
};
pub use node::Raft;
pub use operator::Refusal;
pub use snapshot::Snapshot;
pub use storage::{HardState, Record, Recovered, recover};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Raft>();
