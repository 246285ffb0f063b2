//! Multi-Paxos: consensus on a sequence of commands. On a single one: [`synod`], a system of its own, with other messages,
//! clients and roles, of which ballots, acceptors and what they owe are the same.
//!
//! **Sources.** L. Lamport, *The Part-Time Parliament*, ACM TOCS 16(2), 1998; L. Lamport, *Paxos Made Simple*, ACM SIGACT
//! News 32(4), 2001. Numbers in parentheses are sections of the latter. T. Chandra, R. Griesemer and J. Redstone, *Paxos
//! Made Live*, PODC 2007, for what a log needs in practice: leases, snapshots, clients; H. Howard, D. Malkhi and A.
//! Spiegelman, *Flexible Paxos: Quorum Intersection Revisited*, OPODIS 2016, for quorums.
//!
//! **The algorithm.** In each *instance* one command is chosen: once a quorum of acceptors has accepted it in one *ballot*.
//! Ballots are numbered, and no two nodes share a number (`ballot`). A *proposer* asks for promises to accept nothing below
//! its ballot, and is told what was accepted so far (phase 1); once it has them from a quorum, it proposes, in each instance
//! what was accepted there in the highest ballot, if anything, else what it likes (phase 2; `proposer`, 2.2). Every quorum of
//! phase 1 has an acceptor in common with every quorum of phase 2, so what may have been chosen is proposed again. One
//! execution of phase 1 serves all instances (3): the proposer becomes the *leader*, proposes again what it was told of, fills
//! the gaps between with no-ops, and then takes the operations of clients (`clients`), up to α instances ahead of what it
//! knows to be chosen. The acceptors tell the leader alone, which tells all *learners*; who lacks something asks for it
//! (`chosen`, 2.3). Commands are applied in the order of their instances. After enough of them a node keeps a snapshot of its
//! state for what was chosen and accepted up to there, and whoever asks for that is sent the state. The acceptors of an
//! instance are part of the state α instances before (`members`): so they are changed by a command. An acceptor's promise and
//! what it has accepted are on its disk before anybody is told (`storage`).
//!
//! Two proposers can keep each other from ever choosing (2.4; Fischer, Lynch and Paterson 1985). So a node that hears from a
//! leader begins no ballot, and one whose ballot is in vain waits for a time drawn at random.
//!
//! **Roles.** Every node learns; those that are acceptors also accept, and propose when there is no leader.
//!
//! **Departures.**
//! - An acceptor that hears from a leader answers no proposer (`stable_leader`); so one that is half cut off does not depose a
//!   leader that the others hear, and leases rest on it. A leader that hears from too few to choose anything steps down.
//! - An acceptor that refuses says so, and what it has promised (2.5 calls that an optimisation).
//! - A node that follows a leader has promised its ballot, though it may not have been asked in phase 1.
//! - A leader steps down once it is no acceptor any more, though a proposer need not be one.
//! - An acceptor that knows what was chosen in an instance tells that to whoever prepares or proposes there. If it has forgotten
//!   what it has accepted, it promises nothing.
//! - What a node knows to be chosen it does not write to its disk, but for its snapshots: the next leader finds it on the disks
//!   of acceptors, and proposes it again.
//! - A leader reads by its lease when it has applied all that anybody had accepted before its ballot, and its lease is granted by
//!   a quorum of phase 2 of all acceptors that are decided on, of now and of later.
//! - α no-ops follow a change of the acceptors, if nothing else is asked for. One change at a time is made.
//! - Sizes of quorums are settings. If the acceptors become so few or many that they would not meet, those of phase 1 are larger.

mod acceptor;
mod ballot;
mod chosen;
mod clients;
mod config;
mod flaws;
mod learner;
mod liveness;
mod members;
mod message;
mod names;
mod node;
mod operator;
pub mod properties;
mod proposer;
mod storage;
pub mod synod;
mod system;

pub use acceptor::{Acceptor, Proposal};
pub use ballot::Ballot;
pub use config::{PaxosConfig, Reads};
pub use flaws::PaxosFlaw;
pub use learner::{Learner, Snapshot};
pub use members::{Members, Memberships};
pub use message::{Command, Event, Message, Timer};
pub use node::Paxos;
pub use operator::Refusal;
pub use storage::{Record, Recovered, recover};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Paxos>();

/// The same with one instance.
#[cfg(not(test))]
pub static SYNOD: &dyn sim_core::AnySystem = sim_core::erased::<synod::Synod>();
