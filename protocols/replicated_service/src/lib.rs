//! Active and semi-active replication of a service that is not deterministic.
//!
//! The service is a map. Each update of it is given a receipt: a time stamp, later than any before, and a ticket, drawn
//! by lot. A clock and a lot differ from node to node. So replicas that only execute the same commands come apart: what
//! is not deterministic must be decided once, and all must go by that. There are two ways, `mode`, with two ideas of
//! what can fail.
//!
//! **Active replication** (Schneider, Implementing Fault-Tolerant Services Using the State Machine Approach, ACM
//! Computing Surveys 1990). Clients ask all replicas. The leader of an embedded Raft decides, and puts the command in
//! order together with its decisions; all replicas execute all commands and answer. At most f of them, `value_faults`,
//! compute wrongly now and then (a wrong output, a flipped bit of the state), and clients believe what f + 1 say alike
//! (section 3): 2f + 1 replicas are enough, as order is another matter than execution (Yin et al., Separating Agreement
//! from Execution, SOSP 2003). Replicas tell each other what their states come to; who is outvoted is named
//! (*Disagreement*), and executes the log anew (section 7). It makes progress while a majority is up, and f + 1 that
//! compute right.
//!
//! **Semi-active replication** (Barrett et al., The Delta-4 Extra Performance Architecture, FTCS 1990; Powell (ed.),
//! Delta-4, 1991). The leader executes a command at once and decides as it goes. It notifies the followers
//! of the command and of what it has decided, and they do the same. It alone answers, when all followers have
//! acknowledged the notification. Nodes are fail-silent: they are right or stop, for good, and a perfect failure
//! detector tells all others of it. When all nodes before it have stopped, a node takes over: it asks all others what
//! they have executed, and takes the copy that comes furthest, so that no decision is made again that somebody goes by.
//! Its number is the epoch, and nodes take no notice of earlier epochs then. One of `replicas` copies is enough: all
//! but one may stop. Other nodes are spares, which get a copy when a node stops. With two `routes` each message also
//! goes by a third node.
//!
//! **What it takes for granted.** Active: what Raft does, and that no more replicas compute wrongly than
//! `value_faults`; these are a part of the nodes here, the last ones. Semi-active: messages that arrive as they were
//! sent, if they do; the perfect failure detector; and to go on, that fewer nodes stop in all than there are copies. It
//! waits for each node that has not stopped: a follower that is cut off holds it up. It asks nothing of clocks and disks.
//!
//! **Departures.**
//! - A command of active replication rides on Raft in the fields of a compare-and-swap that does nothing. Transactions
//!   do not fit in, and are rejected.
//! - Raft keeps all of its log. A replica that boots, or is outvoted, executes it from the beginning.
//! - Delta-4's preemption points, by which a leader imposes when something interrupts a computation, have no
//!   counterpart: handlers are not interrupted.
//! - Delta-4 has atomic multicast and group membership below: all replicas receive what is asked, and a notification says
//!   which is next. Here clients ask the leader, which numbers its notifications, repeats them, and passes the command on
//!   with them. Who is in the group follows from the failure detector alone.
//! - In Delta-4 nodes come back and are cloned anew. Here a node that has stopped does not come back: spares take its
//!   place.

mod active;
mod client;
mod config;
mod flaws;
mod liveness;
mod message;
mod names;
mod node;
pub mod properties;
mod replica;
mod semi_active;
mod service;
mod system;

pub use active::Active;
pub use config::{Mode, ServiceConfig};
pub use flaws::ServiceFlaw;
pub use message::{Event, Message, Record, Timer};
pub use node::ReplicatedService;
pub use replica::Replica;
pub use semi_active::SemiActive;
pub use service::{Command, Decision, Image, Output, Receipt, Service};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<ReplicatedService>();
