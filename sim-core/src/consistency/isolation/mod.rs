//! Judging a history of transactions: which isolation levels does it keep?
//!
//! A [`TransactionHistory`] has transactions over lists that are appended to and registers that are
//! written. [`check_isolation`] holds it against an [`IsolationLevel`]; [`IsolationCheck`] does so for
//! several and also lists [anomalies](Anomaly) by name.
//!
//! ```
//! use sim_core::consistency::Budget;
//! use sim_core::consistency::isolation::{
//!     IsolationLevel, MicroOp, Transaction, TransactionHistory, TransactionOutcome, Verdict, check_isolation,
//! };
//!
//! let mut history = TransactionHistory::new();
//! let (x, y) = (history.key("x"), history.key("y"));
//! let at = |process, called, returned| {
//!     let outcome = TransactionOutcome::Committed;
//!     Transaction { process, called, returned: Some(returned), outcome }
//! };
//! // Each of two doctors sees that the other is on call, and goes home.
//! let nobody = &[][..];
//! history.push(at(0, 0, 2), [MicroOp::ReadList { key: y, values: nobody }, MicroOp::Append { key: x, value: 1 }])?;
//! history.push(at(1, 1, 3), [MicroOp::ReadList { key: x, values: nobody }, MicroOp::Append { key: y, value: 2 }])?;
//!
//! let budget = Budget::default();
//! assert!(check_isolation(&history, IsolationLevel::StrongSnapshotIsolation, budget).is_satisfied());
//! let Verdict::Violated(witness) = check_isolation(&history, IsolationLevel::Serializable, budget) else {
//!     panic!("a write skew is not serializable");
//! };
//! assert_eq!(witness.anomaly.name(), "write-skew");
//! assert_eq!(witness.sentences[0], "T0 read y at its start, before T1 appended 2 (rw)");
//! # Ok::<(), sim_core::consistency::isolation::TransactionError>(())
//! ```
//!
//! # The definitions
//!
//! A history keeps a level if there is an order of commits of the transactions that took effect, and for
//! each of them some of those before it that it *sees*, so that of each key it reads the last version
//! by one that it sees (Cerone, Bernardi and Gotsman 2015; Biswas and Enea 2019). The order of commits
//! is also that of the versions of each key. Committed transactions are in it, aborted ones are not, and
//! those of unknown outcome may be.
//!
//! | level | sees | whose definition |
//! |---|---|---|
//! | strict serializable | all before it; commits agree with real time | Adya 1999, PL-SS |
//! | strong session serializable | all before it; commits agree with sessions | Daudjee and Salem 2004 |
//! | serializable | all before it | Adya, PL-3 |
//! | repeatable read | the same: no reads by predicate are recorded | Adya, PL-2.99 |
//! | strong snapshot isolation | a snapshot; with all that returned before its call | Daudjee and Salem 2006 |
//! | strong session snapshot isolation | a snapshot; with what its session did before | Cerone and Gotsman 2018, as SI |
//! | snapshot isolation | the first ones up to some place, with all that write what it writes | Adya, PL-SI |
//! | parallel snapshot isolation | its past: what it reads from, what writes what it writes, its session | Cerone and Gotsman 2018 |
//! | prefix | the first ones up to some place, with what its session did before | Biswas and Enea 2019 |
//! | causal | its past: what it reads from and its session | Biswas and Enea 2019 |
//! | read atomic | what it reads from | Cerone et al. 2015, Bailis et al. 2014 |
//! | read committed | for each read, what that is from | Adya, PL-2 |
//!
//! A *past* is closed: it has the past of all that is in it. Snapshot isolation has no clock here: any
//! place will do for a snapshot. At all levels but read committed a transaction also sees its own writes
//! and what it has read before; at read committed only the anomalies of others' writes count.
//!
//! **Lists.** An append makes a new version: all elements by those who come before in the order of
//! commits, and then its own. So a list read tells the order of all that is in it, as in Elle (Alvaro
//! and Kingsbury 2020), whatever the reader sees otherwise.
//!
//! **What is read of transactions that did not commit** tells nothing. One of unknown outcome whose write
//! was read took effect.
//!
//! # How it is decided
//!
//! 1. Which write each read saw, and what is wrong on the face of it: [`Anomaly::GarbageRead`] to
//!    [`Anomaly::Internal`].
//! 2. A graph of dependencies. Every level forbids some cycles in it:
//!
//! | level | forbids, beside G0, G1c and those of the orders that it keeps |
//! |---|---|
//! | serializable | all |
//! | snapshot isolation | those in which no read-write dependency follows another: G-single, G-nonadjacent |
//! | parallel snapshot isolation | those with one read-write dependency: G-single |
//! | prefix | those in which each read-write dependency follows one of reading or of the session |
//! | causal, read atomic | those of one read that missed a version which its transaction sees |
//!
//! 3. If all versions have known places, a history without such cycles keeps the level, and sorting
//!    gives the order of commits. Otherwise orders of the writes of unknown place are searched within
//!    the [`Budget`](super::Budget): appends that nobody read, and registers, for which reads tell
//!    little about order. Where there is no right order, the writes that can come in one order only are
//!    found one by one, each with the cycle that the other way round makes, until there is one in any case.
//!
//! A level that is kept comes with a [`Certificate`], which can be checked without trust in any of this;
//! one that is broken with an [`IsolationWitness`].

mod anomaly;
mod certificate;
mod check;
mod cycles;
mod forbidden;
mod forced;
mod graph;
mod history;
mod level;
mod pairs;
mod replay;
mod resolve;
mod schedule;
mod search;
mod witness;

pub use anomaly::{Anomaly, With};
pub use certificate::Certificate;
pub use check::{IsolationCheck, Verdict, check_isolation};
pub use history::{Key, MicroOp, Transaction, TransactionError, TransactionHistory, TransactionId, TransactionOutcome};
pub use level::{IsolationLevel, IsolationLevelError};
pub use witness::{Dependency, Evidence, ForcedOrder, Grounds, IsolationWitness, Link, Words};
