//! Atomic commitment: a transaction takes effect at all nodes that take part in it, or at none.
//!
//! **Sources.** J. Gray, *Notes on Data Base Operating Systems*, 1978: two-phase commit. C. Mohan, B. Lindsay and
//! R. Obermarck, *Transaction Management in the R\* Distributed Database Management System*, TODS 11(4), 1986: what is
//! written and what is presumed, and participants that have only read. P. Bernstein, V. Hadzilacos and N. Goodman,
//! *Concurrency Control and Recovery in Database Systems*, 1987, chapter 7: what atomic commitment is, what blocks it,
//! and cooperative termination. D. Rosenkrantz, R. Stearns and P. Lewis, *System Level Concurrency Control for
//! Distributed Database Systems*, TODS 3(2), 1978: wait-die. D. Skeen, *Nonblocking Commit Protocols*, SIGMOD 1981:
//! three-phase commit. J. Gray and L. Lamport, *Consensus on Transaction Commit*, TODS 31(1), 2006: Paxos Commit.
//!
//! **The bank.** Each node keeps a shard of the accounts. A transfer pays from one account to one or two others, if
//! there is enough in it, and an audit reads all accounts (`bank`). An account is the list of what was posted to it: so
//! reads tell the order of all transfers, and money that was made or lost shows.
//!
//! **Execution.** The node that a client asks coordinates its transaction (`coordinator`). It locks and reads all
//! accounts that the transaction is about, works out what is to be posted, and locks these accounts for writing. Locks
//! are held until the end: strict two-phase locking. A transaction that would wait for an older one dies, and is begun
//! again with the age that it had: so there are no deadlocks, and each gets its turn (`participant`).
//!
//! **Two-phase commit.**
//! 1. The coordinator asks all participants to *prepare*. One that can commit makes durable what it is to post, and
//!    votes yes: from then on it is *in doubt*, and must do whatever is decided. One that has only read votes so, and
//!    is done.
//! 2. If all have voted yes, the coordinator decides to *commit*, makes that durable, tells the client and the
//!    participants, and tells these again until all have acknowledged it. Otherwise it decides to *abort*, writes
//!    nothing, and tells everybody once.
//!
//! What a coordinator finds no record of was aborted, or all have acknowledged its commit: *presumed abort*.
//!
//! **Termination.** A participant that has not voted may abort a transaction of which it hears nothing any more. One
//! that is in doubt asks: the coordinator, and with `cooperative_termination` the others too. One of them may have been
//! told, or has not voted yes, and then nobody can have decided to commit. If all that can be asked are in doubt, it
//! waits, and its locks are in the way of others: two-phase commit *blocks* (`liveness`).
//!
//! **Three-phase commit.** With `"commit": "three-phase"` the coordinator first tells all participants that all have
//! voted yes. Then those that are up can decide without it (`three_phase`).
//!
//! **Paxos Commit.** With `"commit": "paxos-commit"` participants do not vote to the coordinator: acceptors agree on
//! each vote, and anybody can find out what was decided (`paxos_commit`).
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do. Two-phase and
//! Paxos Commit are always atomic, and the bank strict serializable. Transactions end as long as all nodes that keep
//! accounts are up and connected, and nobody is in doubt about a transaction whose coordinator does not come back;
//! Paxos Commit needs a majority of the acceptors instead of that coordinator. Three-phase
//! commit needs no coordinator to come back, but it takes a synchronous system for granted, in which whoever does not
//! answer in time has crashed. A partition breaks it.
//!
//! **Departures.**
//! - Whoever coordinates is asked again and asks again, as links lose messages.
//! - A participant tells in which boot it has locked what was read, and is asked for its vote in that boot alone: after
//!   a restart it has let go of these locks.
//! - The coordinator makes durable what it tells a client that is no commit, too: that a transfer was refused, or
//!   given up after `transaction_timeout`. A request that comes again late is not carried out then.
//! - A client asks for a transfer at one node alone, until it gives up
//!   ([`OneCoordinator`](parts::one_coordinator::OneCoordinator)).
//! - In Paxos Commit the coordinator makes durable what it asks votes for, and that it commits, before it goes on: a
//!   request that comes again after a restart must not be carried out twice. The participants have their locks and what
//!   they are to post on their own disks, as in two-phase commit. A participant that has only read votes like others.
//! - Nobody decides by hand, and no record is ever forgotten.

mod bank;
mod config;
mod coordinator;
mod flaws;
mod liveness;
mod locks;
mod message;
mod names;
mod node;
mod participant;
mod paxos_commit;
pub mod properties;
mod storage;
mod system;
mod three_phase;
mod undecided;

pub use bank::{BankOp, BankReply, BankWorkload, Ledger, OPENING, Posting};
pub use config::{CommitConfig, CommitProtocol};
pub use flaws::CommitFlaw;
pub use message::{AcceptedVotes, Age, Ballot, Decision, Event, Message, Stand, Timer, Txn, Vote, Votes};
pub use node::AtomicCommit;
pub use storage::{Outcome, Record};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<AtomicCommit>();
