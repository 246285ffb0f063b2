//! Sagas: long transactions that give up isolation, and undo what they have done where they cannot go on.
//!
//! **Sources.** H. Garcia-Molina and K. Salem, *Sagas*, SIGMOD 1987: a saga is a sequence of transactions T1 … Tn, each
//! with a compensation C1 … Cn, and what comes of it is either T1 … Tn or T1 … Tj Cj … C1; backward and forward
//! recovery; the saga log. J. Gray, *The Transaction Concept*, VLDB 1981: what has happened is not undone but made up
//! for. P. Helland, *Life beyond Distributed Transactions*, CIDR 2007: messages come again, and each receiver must know
//! what it has done. The example is the money transfer of the textbooks, with one who pays and one or more who are paid.
//!
//! **The algorithm.** The first nodes are *orchestrators*; the others are *services*, which keep accounts. A client
//! asks its orchestrator for a transfer. That is a saga, and its steps are taken one after the other: the payer's
//! service withdraws the amount, and then each payee's service deposits a share.
//! - *The saga log.* An orchestrator makes durable that a saga begins before it asks for the first step, that a step
//!   is done before it asks for the next one, that it turns back before it asks for the first compensation, and how
//!   the saga ended before the client hears of it (`orchestrator`).
//! - *Idempotency keys.* A step is named by its saga and its number. A service writes its answer, an effect or a
//!   refusal, together with the key, in one record. Whoever asks again is told the same again (`service`).
//! - *Refusals.* An account is never overdrawn by a step, and takes no deposit beyond its limit. A refused step ends
//!   the way forward: all steps before it are compensated, the last one first.
//! - *Timeouts.* A step whose answer does not come may have been done. With `"recovery": "backward"` an orchestrator
//!   asks `attempts` times, and then turns back: it compensates that step too. A service that is to compensate a step
//!   that it does not know writes a *tombstone*: should the step arrive after all, it has no effect. What is found
//!   open after a crash is compensated. With `"recovery": "forward"` the orchestrator asks until it is answered, and
//!   goes on after a crash.
//! - *Compensations* are asked for until they are done. One can be refused: the money may be gone that a deposit has
//!   brought. After `attempts` refusals, each of which counts once however often it arrives, the saga *needs an
//!   operator*. It says so, to its client too, and again after each boot. When an operator asks the orchestrator to `resolve`, the compensation may overdraw the account.
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do. Every saga
//! ends, or needs an operator, once its orchestrator and the services run and are connected.
//!
//! **Departures.**
//! - A saga has no save-points within it: forward recovery goes on from the step that was asked for last.
//! - Steps are taken one after the other; the paper's parallel sagas are left out.
//! - Keys and sagas are never forgotten.
//! - Sagas are not isolated, as in the paper: others see money that is on its way, and may spend it.

mod client;
mod config;
mod flaws;
mod liveness;
mod message;
mod names;
mod node;
mod operations;
mod orchestrator;
pub mod properties;
mod service;
mod system;

pub use config::{Recovery, SagaConfig};
pub use flaws::SagaFlaw;
pub use message::{Answer, Entry, Event, Key, Message, Outcome, Phase, Record, Status, Timer};
pub use node::SagaNode;
pub use operations::{SagaOp, SagaReply, SagaWorkload, Step};
pub use orchestrator::Orchestrator;
pub use service::Service;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<SagaNode>();
