//! A fault-tolerant counter: increments and decrements that were acknowledged survive the loss of disks.
//!
//! **Sources.** M. Shapiro, N. Preguiça, C. Baquero and M. Zawirski, *A Comprehensive Study of Convergent and
//! Commutative Replicated Data Types*, INRIA RR-7506, 2011, specification 7: the counter with an entry for each replica.
//! D. Gifford, *Weighted Voting for Replicated Data*, SOSP 1979: who must meet whom. L. Lamport, D. Malkhi and L. Zhou,
//! *Vertical Paxos and Primary-Backup Replication*, PODC 2009: a master says who the replicas are, and a configuration
//! is activated when its replicas have the state. B. Liskov and J. Cowling, *Viewstamped Replication Revisited*,
//! MIT-CSAIL-TR-2012-021, section 4.3: a node that has lost what it knew names a nonce, so that no old message helps it.
//! C. Lee et al., *Implementing Linearizability at Large Scale and Low Latency*, SOSP 2015 (RIFL): which requests were
//! counted is part of the state.
//!
//! **The algorithm.** One node is the *keeper* (`keeper`). It says who the replicas are: a *configuration* has a number
//! and a set R of at most `threshold` replicas. The name of a replica is its node and its incarnation, which is the
//! number of the configuration with which it was promoted. Under this name it has an *entry* of the counter: the sum of
//! the increments that it has counted, and that of the decrements (`state`). Replicas merge what they know by the maximum
//! of each sum. With t = `copies`:
//! - *Changes.* A client names the entry in which its change is to be counted, and only the replica whose entry it is
//!   counts it (`coordinator`). It writes that down, sends all that it knows to the other replicas, and acknowledges when
//!   t of them, itself among them, have that on their disks under its configuration.
//! - *A change counts once.* With the entries goes the last request of each client that was counted. Who is asked for it
//!   again waits until t replicas have it. A client that gets no answer asks another replica, which sends the change on to
//!   the one that may count it. Only if that is no replica any more, under a number not below its incarnation, the client
//!   is told of another entry: then what was counted in the old one is either known to all replicas or gone for good.
//! - *Reads.* A replica asks the others what they know until max(t, |R| - t + 1) of them, itself among them, know the
//!   same, and returns the value of that. Any two sets of so many have a replica in common, so of two states that are
//!   returned one includes the other; they meet any t that have acknowledged, and any |R| - t + 1 that have been sealed
//!   for another configuration. So reads and changes are linearizable. With `"reads": "merged"` it asks so many once, and
//!   returns what they know together: every change that was acknowledged before, and perhaps one that a later read does
//!   not see.
//! - *Another configuration.* The keeper seals the replicas. A replica that is sealed, which it writes down, acknowledges
//!   nothing, and answers no read, under that number. It tells what it knows. The states of |R| - t + 1 meet any t that
//!   have acknowledged; the keeper merges them, installs the result at all replicas of the next configuration, in place of
//!   what they know, and then opens it. If one of these fails before that, it turns to others, under another number.
//! - *A lost disk.* A node whose disk says nothing is nobody's replica until the keeper installs a state there, also at
//!   its first boot. If it was a replica, it says so when it hears of a configuration that has it: all replicas of an open
//!   one have had their states. The keeper then promotes it anew, as another replica. Its state takes no part in
//!   gathering. So the loss of too many disks blocks the counter, and loses nothing of it.
//! - *Who is replaced.* A replica of which the keeper has heard nothing for a while, if enough others are up, and one that
//!   has lost its disk. An operator asks for `promote` and `demote` of the nodes that the action names; what would make
//!   more replicas than the threshold, or less than t, is refused.
//!
//! **What it takes for granted.** The keeper never fails: it stands for a service that is replicated itself. Messages
//! arrive as they were sent, if they do. Clocks matter for nothing but suspicion, on which no change depends. So much
//! is enough for what clients are told to be right, however many disks are lost. For the counter to go on, at most
//! t - 1 of the other nodes at a time are down, or have lost their disks and have not been told since that they have
//! nothing to regain.
//!
//! A change completes while t replicas are up and connected, one of them that whose entry it names, and remain replicas.
//! A read may have to ask for as long as changes keep coming, since each of them makes replicas differ for a while: it
//! is lock-free and not wait-free.
//!
//! **Departures.** No paper has this counter as a whole.
//! - The counter of Shapiro et al. is answered by one replica alone, and never loses a replica for good.
//! - Theirs has a vector of entries for a fixed set of replicas. Here entries remain when their replicas are gone, and are
//!   never used again.
//! - Vertical Paxos lets the primary transfer the state. Here the keeper does, as states are small.
//! - A torn record is taken for a lost disk, as it looks like one that has rotted.

mod client;
mod config;
mod configuration;
mod coordinator;
mod flaws;
mod keeper;
mod liveness;
mod message;
mod names;
mod node;
mod operations;
pub mod properties;
mod replica;
mod state;
mod storage;
mod system;

pub use config::{CounterConfig, Reads};
pub use configuration::Configuration;
pub use flaws::CounterFlaw;
pub use message::{Event, Message, Round, Timer};
pub use node::FaultTolerantCounter;
pub use operations::{CounterOp, CounterReply, CounterWorkload};
pub use state::{Entry, State, Totals};
pub use storage::Record;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<FaultTolerantCounter>();
