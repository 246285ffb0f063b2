//! A causal store: data centres that answer at once, tell each other later, and never show an effect before its
//! cause.
//!
//! **Sources.** W. Lloyd, M. Freedman, M. Kaminsky and D. Andersen, *Don't Settle for Eventual: Scalable Causal
//! Consistency for Wide-Area Storage with COPS*, SOSP 2011 (the store); D. Terry et al., *Session Guarantees for
//! Weakly Consistent Replicated Data*, PDIS 1994 (the guarantees); L. Lamport, *Time, Clocks, and the Ordering of
//! Events in a Distributed System*, CACM 1978 (versions); J. Brzezinski, C. Sobaniec and D. Wawrzyniak, *From Session
//! Causality to Causal Consistency*, PDP 2004 (the four guarantees together are causal consistency).
//!
//! **The algorithm** (Lloyd et al., section 4). Every data centre has all keys, divided among its nodes. A client asks
//! the node that has the key in one data centre. Its library keeps the *context* of the session: the versions that it
//! has read and those that it has written.
//! - *Local puts.* `put_after` hands over the context as the dependencies of the put. The node gives it a version,
//!   Lamport's clock and its own number, higher than all that it depends on; makes it durable; and answers. With
//!   `"dependencies": "nearest"` the put then stands for all of the context, since it depends on all that.
//! - *Replication.* The node sends the put with its dependencies to the nodes that have the same keys in other data
//!   centres, again and again until they acknowledge it.
//! - *Dependency checks.* Such a node asks for each dependency the node of its own data centre that has the key
//!   (`dep_check`), which answers once it has that version. When all have answered, the put becomes visible, and is
//!   acknowledged.
//! - *Conflicts.* The version with the highest stamp wins, everywhere.
//!
//! **Session guarantees on demand** (Terry et al., section 4). A client stays in its data centre (`sticky`, as in COPS)
//! or goes to the next one with every operation (`roaming`). Who roams hands over a part of its context with every
//! operation, and the node checks it as it does dependencies before it carries out the operation. Which part, and what
//! a put depends on, is what `guarantees` asks for:
//!
//! | | what the session has written | what it has read |
//! |---|---|---|
//! | a get comes after | `read-your-writes` | `monotonic-reads` |
//! | a put comes after, and depends on | `monotonic-writes` | `writes-follow-reads` |
//!
//! All four are causal convergence. Who stays in one data centre has the first two without asking.
//!
//! **What it takes for granted.** Disks keep what is durable, and messages arrive as they were sent, if they arrive:
//! they may be lost, doubled and overtaken, and nodes may crash, all of them, as often as they like.
//!
//! **Departures.**
//! - A partition is one node and not a chain of replicas: while it is down, its keys cannot be had in that data centre.
//!   A client tries that data centre again; no put is ever made in two.
//! - Nothing is ever forgotten: a node keeps the names of all versions that it has had, so that it can tell whether a
//!   dependency that has been overwritten was ever there. A higher version of the key proves nothing: it may be
//!   concurrent, and what the dependency depends on may be missing.
//! - There are no get transactions (COPS-GT), and no conflict handlers of applications.
//! - A context outlives an operation that was given up: so a session asks for no less than it could.

mod cluster;
mod config;
mod flaws;
mod message;
mod names;
mod node;
mod operations;
pub mod properties;
mod session;
mod store;
mod system;

pub use cluster::Cluster;
pub use config::{CausalConfig, Dependencies};
pub use flaws::CausalFlaw;
pub use message::{Check, Event, Message, Put, Record, Timer, Version};
pub use node::Causal;
pub use operations::{CausalOp, CausalReply};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Causal>();
