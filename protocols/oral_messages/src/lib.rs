//! Oral messages: the algorithm OM(m) for the problem of the Byzantine generals.
//!
//! **Source.** L. Lamport, R. Shostak and M. Pease, *The Byzantine Generals Problem*, ACM TOPLAS
//! 4(3), 1982. Numbers in parentheses are sections of it. The tree in which a node keeps what it
//! has heard is from A. Bar-Noy, D. Dolev, C. Dwork and H. R. Strong, *Shifting gears*, 1987;
//! N. Lynch, *Distributed Algorithms*, 1996, section 6.2.3, calls it exponential information
//! gathering.
//!
//! **The problem.** A commanding general sends an order to his lieutenants. All loyal lieutenants
//! must obey the same order (IC1), and if the commander is loyal, it must be his (IC2). At most `m`
//! of the generals are traitors, and there are more than `3m` of them.
//!
//! **The algorithm.** OM(0): the commander sends his order, and each lieutenant uses what he
//! receives. OM(m): each lieutenant sends what he has received on to all others, as the commander
//! of an OM(m - 1) among those who have not had a hand in it yet, and uses the majority of what he
//! received himself and what came of those. Unrolled that is `m + 1` synchronous rounds: the
//! commander speaks in the first, and in each later one everybody passes on what he heard in the
//! one before (`node`). A statement bears its *path*, the generals through whose hands it went, and
//! stands at that place of a tree (`tree`). After the last round the tree is folded up from its
//! leaves. Where nothing was heard, and where there is no majority, the order is RETREAT.
//!
//! **What it takes for granted** (2): every message that is sent is delivered correctly (A1), the
//! receiver knows who sent it (A2), and the absence of a message can be detected (A3). For A3 links
//! and nodes must be timely and clocks near one another (6): a round takes longer than a message,
//! by more than clocks come apart (`config`).
//!
//! **Departures.**
//! - There are several orders, one after the other, and another general commands each time: the
//!   whole serves to find bugs, and a general that always obeys shows but half of them.
//! - There are three orders, so that there need not be a majority.

mod adversaries;
mod config;
mod flaws;
mod message;
mod mutations;
mod names;
mod node;
pub mod properties;
mod system;
mod tree;

pub use config::OralMessagesConfig;
pub use flaws::OralMessagesFlaw;
pub use message::{Event, Message, Order, Statement, Timer};
pub use node::General;
pub use tree::Tree;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<General>();
