//! A key-value store whose reads and writes wait for quorums of the replicas of a key.
//!
//! **Sources.** D. Gifford, *Weighted Voting for Replicated Data*, SOSP 1979: R + W > N. G. DeCandia et al., *Dynamo:
//! Amazon's Highly Available Key-value Store*, SOSP 2007: the ring (section 4.2), versions (4.4), coordinators (4.5),
//! sloppy quorums and hinted hand-off (4.6), Merkle trees (4.7), read repair (5). D. Karger et al., *Consistent Hashing
//! and Random Trees*, STOC 1997. N. Preguiça et al., *Dotted Version Vectors*, PODC 2012: siblings. S. Kulkarni et al.,
//! *Logical Physical Clocks*, OPODIS 2014: stamps that sessions carry. P. Bailis et al., *Probabilistically Bounded
//! Staleness for Practical Partial Quorums*, VLDB 2012: R + W <= N. A. Demers et al., *Epidemic Algorithms for
//! Replicated Database Maintenance*, PODC 1987: anti-entropy, death certificates. F. Chang et al., *Bigtable*, OSDI 2006:
//! ranges of keys that are split, merged and moved (section 5).
//!
//! **The algorithm.** A key has N replicas: the first N nodes from its place on the ring, if the setting `placement` does
//! not say otherwise. Any node coordinates operations, each in one phase (`coordinator`):
//! - A *write* becomes a version, which is durable at its coordinator before anybody hears of it. It goes to all N
//!   replicas, and is acknowledged when W have it durably.
//! - A *read* asks all N replicas, and when R have answered returns what is maximal of what they have.
//!
//! What decides between versions is a setting (`version`). With `"conflicts": "last-write-wins"` it is a stamp, of a
//! hybrid logical clock that the client's session carries, or of the coordinator's wall clock. With `siblings` a write
//! takes the place of all that its session has seen of the key, and stands beside the rest; with `merge` the session,
//! besides, writes the union of all that it has seen.
//!
//! Replicas that miss a write get it in three ways: a read that finds them behind tells them (`read_repair`), a node
//! that has stood in for them hands over (`replica`, with sloppy quorums), and pairs of replicas compare Merkle trees
//! (`anti_entropy`). What is deleted leaves a tombstone, which is forgotten after a grace period (`tombstones`).
//!
//! **Rings** change as nodes join and leave, if the setting `rings` says so (`rings`). With `agreed`, the first three
//! nodes keep no data and put the changes in one order by Raft; an operation goes by the version of a ring, and nodes
//! with another ring refuse it. With `gossiped`, as in Dynamo, nodes change their own rings and tell each other. What a
//! node need not keep any more it hands over to those that must. With agreed rings these do not answer before they have
//! been told what was acknowledged. Nodes may be in *zones*, of which no two replicas of a key share one.
//!
//! **Ranges** of keys (`rings::ranges`), with `"placement": "ranges"`, have a primary and N - 1 other replicas each. The
//! node that a client asks names the version of a write and hands it on to the primary, which keeps it first and then has
//! the others keep it; they answer the node that was asked. Primaries do not name versions: a client that asks again after
//! a move would be given a second one. Writes go through the primary so that one node knows where half of them are: there
//! it has its range split when an operator asks for that. Reads ask all replicas. Splits, merges and moves are changes of
//! the agreed ring as joins and leaves are, with the same hand-over.
//!
//! *Multi-master replication* is not another system, but a setting: all nodes are replicas, `"write_availability":
//! "any-replica"`, `"read_quorum": 1` and partial quorums.
//!
//! **What it promises** ([`QuorumConfig::levels`], and the table in `scenarios/library/quorum-store`):
//!
//! | quorums | conflicts | a read that finds replicas behind | sessions see |
//! |---|---|---|---|
//! | strict | last write wins, by session clocks | stores at W replicas what it returns | causal convergence |
//! | strict | last write wins, by session clocks | repairs them later, or does not | read your writes, monotonic writes |
//! | strict | last write wins by wall clocks, siblings or merge | stores at W replicas what it returns | read your writes, monotonic reads |
//! | strict | last write wins by wall clocks, siblings or merge | repairs them later, or does not | read your writes |
//! | sloppy or partial, or stale reads allowed, or gossiped rings | any | any | nothing |
//!
//! R + W > N alone is not linearizable, nor sequential: a write has no phase in which it learns of later stamps. All
//! settings have in common that W nodes keep what was acknowledged (with gossiped rings, one), and that replicas
//! converge. What is lost, for some
//! time:
//! - with partial quorums, reads miss any write that has not reached the replicas which answer first;
//! - with sloppy quorums, reads miss what is still at nodes that stand in, until hints are handed over;
//! - with gossiped rings, reads miss what has been written by another ring, until it is handed over;
//! - with stale reads, those who are cut off see what was there before.
//!
//! For good, the last write to win loses those that it did not know of, with wall clocks also such as came before it in
//! its session; and what was deleted comes back with a node that was cut off for longer than the grace period: a replica,
//! or one that hands over to others, or that others hand over to, only then.
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do.
//!
//! **Departures.**
//! - A primary does not order the writes to its range: what wins is decided as without one, and replicas answer reads on
//!   their own. A tablet of Bigtable is served by one node alone.
//! - While the primary of a range is down, writes to the range wait, until it is back or an operator has it leave.
//! - Dynamo's rings are gossiped, and so its membership promises nothing. Agreed rings are one at a time, each a member
//!   more or less, as the configurations of Lamport, Malkhi and Zhou (*Vertical Paxos*, PODC 2009) with a master apart.
//! - A ring master that fails before a change is in order forgets it, and an operator has to ask again.
//! - What a node has given away it also keeps for itself, for those that ask for the hand-over of an older ring; that
//!   is never forgotten.
//! - Nodes crash and come back with their disks; Dynamo's coordinator is one of the replicas, and here it is any node.
//!   So the past of a version is an exact set of versions, and not a vector clock: a coordinator that is no replica
//!   has not seen all that it made before.
//! - A client asks for a write at one node alone, until it gives up: another one would make a second version of it
//!   (`session`).
//! - A node that stands in is asked for when a replica has not answered in time, and not when it is believed to be down.
//! - Each boot of a node counts the versions of each key apart, under a name of its own. So no name is given twice,
//!   although nothing but the number of boots is remembered.

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
mod served;
mod session;
mod storage;
mod system;
mod tombstones;
mod version;

pub use config::{
    Conflicts, Placement, QuorumConfig, QuorumWorkload, Quorums, ReadRepair, Rings, StaleReads, Stamps, Stickiness,
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
