//! Chain replication: servers in a line, of which the first orders updates and the last answers.
//!
//! **Sources.** R. van Renesse and F. Schneider, *Chain Replication for Supporting High Throughput and Availability*,
//! OSDI 2004: the chain, the master, what happens when a server fails or is added. J. Terrace and M. Freedman, *Object
//! Storage on CRAQ*, USENIX ATC 2009: any server answers reads. C. Gray and D. Cheriton, *Leases*, SOSP 1989, and L.
//! Lamport, D. Malkhi and L. Zhou, *Vertical Paxos and Primary-Backup Replication*, PODC 2009: what it takes where
//! servers that are taken for failed may go on. Kafka's KIP-101: where the history of a server that comes back parts
//! from that of the others.
//!
//! **The algorithm.** Node 0 is the *master* (`master`). It says which servers the chain consists of: a *configuration*
//! has a number, the servers from the *head* to the *tail*, and perhaps one that *joins* behind the tail. It writes
//! each one down before it tells anybody, so it may crash and come back. Clients ask the head for updates and the tail
//! for reads, which all nodes know.
//! - *Updates* (`place`). The head adds an update to its history, Hist, under the number of its configuration, its
//!   *epoch*, makes that durable, and sends it to its successor, which does the same. When the tail has it, it is
//!   committed: the tail carries it out, answers the client, and acknowledges it to its predecessor, which passes that
//!   on up the chain. What a server has and does not know to be committed is in Sent.
//! - *A server fails.* The master makes a configuration without it. Each server then tells its predecessor what it has,
//!   and is sent the rest. So a new head goes on with what it has; the successor of a middle server that was removed
//!   gets what was on its way; and a new tail commits all that it has, since all before it have that.
//! - *A server is added.* It joins behind the tail, removes what the tail does not have, and is sent what it lacks
//!   while updates go on. When it lacks no more than is in one message, the tail commits nothing more without it. When
//!   it has all that is committed, the tail *hands over*: it tells the master so, and goes on telling, and answers no
//!   read any more of what the next tail may have committed.
//! - *Reads* (`reads`). With `"reads": "tail"` the tail answers from what is committed. With `"apportioned"` (CRAQ) any
//!   server does. It has *clean* versions, which are committed, and perhaps newer ones that are *dirty*, in which case
//!   it asks the tail what is committed. With `"eventual"` it answers with the newest version. With `"bounded"` it does
//!   so while that is ahead of what is committed by no more than `max_versions` of the key, and it has heard within
//!   `max_age` that it is in the chain.
//! - *A server that has booted* has forgotten whether it has handed over, and gives up its place. It joins again at the
//!   end. If nobody else is up who has what is committed, it keeps its place under another number.
//! - *Clients* repeat what is not answered. What they have asked already is part of what is replicated, and the head
//!   answers from that.
//!
//! **How failures are detected.** With `"detector": "heartbeats"` the master suspects servers of which it hears
//! nothing, or whose predecessor says that they do not answer. It may be wrong. So all messages carry the number of the
//! configuration, and a server that has promised to take part in one takes part in none before it, also after it has
//! booted (*fencing*). For strong reads it needs a *lease* from the master, which removes nobody who may have one, or,
//! with `"fencing": "confirmed"`, the word of all other servers of the chain that they know of no later configuration.
//! With `"detector": "perfect"` the master is told of each crash within `detects_within`, and never wrongly; servers
//! that have crashed do not come back, and the master does not fail. This is the model of the paper. Then no leases are
//! needed. A chain of f servers then goes on while at least one of them is up: whatever a client that is connected asks
//! for completes after a failure is detected, the new configuration is known, and what was on its way was sent again.
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do; where there
//! are leases, or bounded reads, clocks that keep to their bound; with the perfect detector, that. No update that was
//! acknowledged is lost, however many nodes are down. An operation completes while the master and the servers of the
//! chain are up and connected, or the master has had the time to remove those that are not and at least one is left.
//!
//! **Departures.**
//! - Van Renesse and Schneider take for granted that servers are fail-stop, that links are reliable and keep order, and
//!   that the master does not fail (their prototype has Paxos for it). Here servers come back, messages are lost and
//!   overtake each other, and the master crashes; numbers of configurations, offsets, leases and what is sent again
//!   stand for that.
//! - A chain holds one history for the whole map, where CRAQ has versions for each object. A version is a place in it.
//!   An acknowledgement is for all that comes before.
//! - In the paper an old tail is told that it is the tail no longer. Here it hands over, and learns of the new configuration
//!   as all others do.
//! - The history is never compacted, and a server that comes back keeps what it has of it.
//! - One master for one chain: how volumes are spread over many chains (section 5 of the paper) is not here, nor CRAQ's
//!   chains over several data centres, mini-transactions and multicast.
//! - A server that clients do not reach, and the master and its neighbours do, is not removed.

mod chain;
mod client;
mod config;
mod flaws;
mod liveness;
mod master;
mod message;
mod names;
mod node;
mod place;
pub mod properties;
mod reads;
mod system;

pub use chain::Chain;
pub use config::{ChainConfig, Detector, Fencing, Reads};
pub use flaws::ChainFlaw;
pub use master::Master;
pub use message::{Event, Message, Record, Timer};
pub use node::ChainServer;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<ChainServer>();
