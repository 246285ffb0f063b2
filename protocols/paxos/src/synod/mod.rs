//! The Synod: single-decree Paxos.
//!
//! **Sources.** L. Lamport, *The Part-Time Parliament*, ACM TOCS 16(2), 1998, section 2; L. Lamport, *Paxos Made Simple*,
//! ACM SIGACT News 32(4), 2001, section 2. Numbers in parentheses are sections of the latter.
//!
//! **The algorithm.** One value is chosen of those that are proposed. *Proposers*, *acceptors* and *learners* are roles, which
//! may share a node. A proposer begins a ballot, with a number that nobody else uses: it asks the acceptors for promises to
//! accept nothing in a lower one, and is told what they have accepted last (phase 1). Once a majority has promised, it proposes
//! the value of the highest ballot of which it was told, or, if it was told of none, its own (phase 2). An acceptor accepts
//! unless it has promised a higher ballot, and tells the learners. What a majority has accepted in one ballot is chosen for
//! good: whoever proposes later is told of it by one of them (2.2).
//!
//! **Duels.** Two proposers can outbid each other for ever: each begins a higher ballot before the other has ended phase 2
//! (2.4). No message need be lost for that, and no node fail: by Fischer, Lynch and Paterson (1985) every protocol for this has
//! such schedules. It ends if messages are fast enough from some time on: a proposer waits for a time drawn at random before it
//! tries again, and sooner or later one is alone for long enough.
//!
//! **Departures.**
//! - An acceptor that refuses says so, and what it has promised (2.5 calls that an optimisation).
//! - A proposer learns of its own ballots, and learners tell the proposers. Who learns nothing otherwise does not ask.
//! - What is learned is not on the disk: a proposer that has forgotten it begins another ballot, and finds the same value.
//! - A ballot that a node begins is a promise of its own acceptor, whether that counts as one or not: so the node does not use
//!   it again.

mod config;
mod flaws;
mod message;
mod node;
pub mod properties;
mod system;

pub use config::SynodConfig;
pub use flaws::SynodFlaw;
pub use message::{Decision, SynodEvent, SynodMessage, SynodOp, SynodTimer, Value};
pub use node::{Synod, SynodRecord};
pub use system::SynodWorkload;
