//! Conflict-free replicated data types: replicas that never wait for each other, and agree by their mathematics.
//!
//! **Sources.** M. Shapiro, N. Preguiça, C. Baquero and M. Zawirski, *A Comprehensive Study of Convergent and
//! Commutative Replicated Data Types*, INRIA RR-7506, 2011 (the types, state-based and operation-based);
//! P. Almeida, A. Shoker and C. Baquero, *Delta State Replicated Data Types*, JPDC 111, 2018 (deltas, the causal
//! types); V. Enes, P. Almeida, C. Baquero and J. Leitão, *Efficient Synchronization of State-based CRDTs*, ICDE 2019
//! (what a state has beyond another); H.-G. Roh et al., JPDC 71(3), 2011 (the sequence).
//!
//! **The types** are in [`types`], each with its source: counters, sets, registers, a map and a sequence. What each is
//! to give is in [`specification`], by the updates that are visible and what each of them had seen.
//!
//! **The algorithm.** A replica answers at once, from what it has, and tells others later. It holds one object of each
//! type that is asked for. Every update has a name: its replica and its number there (`"replication"` says what
//! replicas tell each other):
//! - `state`: now and then all that they have. Whoever is told joins it with its own.
//! - `delta`: what has been added to a state since the other acknowledged, joined to one delta. If some of that is
//!   gone after a crash, the whole state. So no delta arrives before what it rests on (algorithm 2 of Almeida et al.). What is new in one is
//!   told on, and no more of it (Enes et al.).
//! - `operation`: each update at once, as what is to be done everywhere, and now and then the names of those that they
//!   have, so that others send what is lacking. It is done once, and after all that its origin had done before. What is
//!   *stable*, because all have it, is dropped from the log; whoever lacks it nevertheless gets the state.
//!
//! **Replicas come and go** as an operator asks: `leave` and `join`, of the nodes that the action names.
//! - Who leaves takes no more updates, and sends others all that it has until one has made it durable. Only then has it
//!   left. Who leaves itself takes nothing over. The first node never leaves.
//! - Who joins does so under a name that no replica ever had, and answers clients only when some member has sent it its
//!   state: before that it would show that all is gone. A node counts how often it has left and joined; what others
//!   know of an earlier count says nothing about it.
//! - Who belongs to the group is a state like others: by node, the highest count. Members tell it each other now and
//!   then. A log and deltas are kept for all that belong to it, and for nobody else.
//!
//! Whatever changes a replica is durable before anybody is told of it, so that no crash makes it give a name twice. A
//! replica that boots writes all that it finds once more: a failed sync leaves records that can be read and that no
//! later sync makes durable (Rebello et al., ATC 2020).
//!
//! **What it takes for granted.** Disks keep what is durable, and messages arrive as they were sent, if they arrive:
//! they may be lost, doubled and overtaken, and replicas may crash, all of them, as often as they like.
//!
//! **Departures.**
//! - Tombstones are not collected, for which one would have to know what all have.
//! - A client that gets no answer and asks another replica may have its update made twice. One replica makes it once.

mod config;
mod flaws;
mod message;
mod names;
mod node;
mod operations;
pub mod properties;
pub mod specification;
mod store;
mod system;
pub mod types;

pub use config::{CrdtConfig, CrdtWorkload, Replication};
pub use flaws::CrdtFlaw;
pub use message::{Event, Message, Operation, Performed, Record, Request, Timer};
pub use node::{Crdt, Members, Membership, Status};
pub use operations::{Change, CrdtOp, CrdtReply};
pub use store::Store;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Crdt>();
