//! Leased locks: locks that expire, the tokens that make up for what leases cannot exclude, and who grants them: one
//! service, several that do not know of each other (Redlock), or several that have a log in common (ZooKeeper's
//! recipe).
//!
//! **Sources.** C. Gray and D. Cheriton, *Leases*, SOSP 1989. M. Burrows, *The Chubby lock service*, OSDI 2006:
//! sequencers (2.4), sessions (2.8). P. Hunt et al., *ZooKeeper: Wait-free coordination for Internet-scale systems*,
//! USENIX ATC 2010: ephemeral and sequential nodes, watches, and locks without herd effect (2.4); the *Recipes* of
//! ZooKeeper's documentation. The Redis documentation, *Distributed Locks with Redis*, by S. Sanfilippo: the lock on
//! one instance, and Redlock. M. Kleppmann, *How to do distributed locking*, 2016: what a pause does to each of them,
//! and fencing tokens; Sanfilippo's reply, *Is Redlock safe?*, 2016.
//!
//! **The algorithm.** The first nodes are *holders*. The next one is the *storage*, which keeps accounts. All others
//! are *instances* of the lock service. A client asks any holder for a *critical section*: to read an account, or to
//! read it, work for a while, and write what it had and an amount. Each account has a lock of the same number.
//! - *The key.* A holder asks an instance to set the key of the lock if there is none, to a value that names this
//!   attempt at a section and no other ever, for the time `ttl`. The key expires; it is extended and deleted only for
//!   whoever names its value (`instance`).
//! - *The lease.* By its own monotonic clock a holder has the lock for `ttl`, less what both clocks may be wrong,
//!   counted from when it asked. It stops `margin` earlier. Wall clocks may jump, and nobody looks at them.
//! - *The guard* renews the lock by itself after half of `ttl`, and again and again until that is confirmed. If the
//!   lease ends before, or the key is somebody else's, it tells the holder, which leaves the section where it is and
//!   begins it anew, under a new name (`guard`, `holder`).
//! - *Redlock.* The lock is had when a majority of the instances has granted it before the lease has ended. Who gets no
//!   majority gives back what it has, and tries again after a random time.
//! - *Restarts.* With `"restart": "durable"` a key is on the instance's disk before it is granted. How much of its time
//!   is left a clock that began anew cannot tell: it gets all of it. With `"delayed"` keys are in memory, and an
//!   instance that boots grants nothing until all that it may have granted have expired.
//! - *The lock on a log.* Three instances put commands in order by Raft (an embedded node of the crate `raft`). A
//!   holder has a *session*, which it keeps alive by beats, each a command of the log. The leader has a session end
//!   that was not alive for `ttl`, by a command too, which does nothing if the session was alive again before it in the
//!   log. A section has an *ephemeral sequential node* made for the lock. Whose node is the first has the lock, for as
//!   long as it knows its session to be alive. Who is not watches the node right before its own, and looks again where
//!   it is in line when that has gone, or was gone already when the watch was to be set. Watches are in the leader's
//!   memory: they are set again when another server leads, or the same one has restarted (`tree`, `server`, `recipe`).
//! - *Tokens.* Who gets a lock gets a token, and each is higher than all before. One instance numbers its grants,
//!   durably. On the log it is the sequence number of the node. Redlock has nothing of the kind. So there holders find
//!   the next number: each instance names the highest that it knows when it sets the key, and the holder has a majority
//!   of those where the key is still its own remember the one after the highest, before it uses it. Whoever gets the
//!   lock later gets it from one of these, after that.
//! - *The fence.* The token travels with each read and each write. The storage remembers the highest of each account,
//!   durably, and turns away lower ones: a section whose token was passed has no effect any more, and critical sections
//!   have their effects in the order of their tokens. Reads must raise the highest token as writes do: otherwise a
//!   write that is late would come between the read of the next section and its write. The storage also knows the
//!   requests that it has carried out, so that a client may ask another holder when one does not answer.
//!
//! **What it takes for granted.** Durable disks, messages that arrive as they were sent, if they do, and clocks that
//! gain or lose at most `clock_drift_bound_ppm`: with that no two holders have a lock at one time, each by its own
//! clock. But between the moment at which a holder looks at its clock and the moment at which the storage does what it
//! asks, any time may pass: the holder is paused (`send_delay` is the place for that), or the message is late. With
//! `"fencing": true` nothing is assumed of that. With `"fencing": false` there are no tokens, and critical sections
//! exclude each other only where nodes act at once, and messages take at most half of `margin` and come in order, and
//! never late for a second time: other runs are outside of the model. Progress is owed to each client once all nodes
//! run, all holders are connected to the storage and to a majority of the instances (on the log: to all, and these to
//! each other).
//!
//! **Departures.**
//! - Redis keeps the time at which a key expires by its wall clock; these instances use their monotonic clocks, as
//!   Sanfilippo's reply says that they should.
//! - Redlock as published has no tokens, and its author holds that the random value does for a comparison at the
//!   storage. The way to a token here is that of a multi-writer register (Lynch and Shvartsman 1997), and needs a
//!   storage that compares.
//! - A release is sent once: if it is lost, the key expires. On the log it is repeated, for nothing else would remove
//!   the node.
//! - Holders ask the leader alone, as in Chubby. ZooKeeper lets clients watch and read at any server. Beats are
//!   commands of the log, where ZooKeeper's leader hears of sessions from its followers: so no server that was deposed
//!   keeps a session alive. A session begins with its first beat.
//! - Records of keys and of requests that are carried out, and sessions that have ended, are never dropped. What is in
//!   the log is kept as a list in Raft's map, from which each server makes the tree.
//! - There are no read locks, and no limit to renewals.

mod client;
mod config;
mod flaws;
mod guard;
mod holder;
mod instance;
mod liveness;
mod message;
mod names;
mod node;
mod operations;
pub mod properties;
mod recipe;
mod server;
mod storage;
mod system;
mod tree;

pub use config::{LockConfig, Restart, Service};
pub use flaws::LockFlaw;
pub use holder::Holder;
pub use instance::Instance;
pub use message::{Access, Event, Message, Outcome, Record, SectionId, Timer};
pub use node::LeasedLock;
pub use operations::{LockOp, LockReply, LockWorkload};
pub use server::Server;
pub use storage::Storage;
pub use tree::SessionId;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<LeasedLock>();
