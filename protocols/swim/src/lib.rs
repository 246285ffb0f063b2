//! SWIM: who is a member, found out by pings and told by infection, at a cost for each member that does not depend on
//! how many there are.
//!
//! **Sources.** A. Das, I. Gupta and A. Motivala, *SWIM: Scalable Weakly-consistent Infection-style Process Group
//! Membership Protocol*, DSN 2002. A. Dadgar, J. Phillips and J. Currey, *Lifeguard: Local Health Awareness for More
//! Accurate Failure Detection*, DSN-W 2018. What else it takes to run SWIM is taken from HashiCorp's memberlist and
//! Serf, which Lifeguard was made for: leaving, joining again, metadata, and anti-entropy that reaches the dead.
//!
//! **The algorithm.**
//! - *Failure detector* (section 3.1). In each protocol period a member pings one other. If that does not answer in
//!   time, it asks *k* others to ping it in its stead. If there is no answer by the end of the period, the target is
//!   suspected. Targets are drawn by chance, or in rounds (section 4.3): then a member pings each other within `2n − 1`
//!   of its periods, *n* being how many others there are (`detector`, `round`).
//! - *Suspicion* (section 4.2). A suspected member still is a member. It is held for dead when it was suspected for a
//!   number of periods that grows with the logarithm of the number of nodes. Who hears that it is suspected, or held
//!   for dead, refutes that under a new *incarnation*, which nobody but itself can begin (`membership`, `suspicion`).
//! - *Dissemination* (section 4.1). Updates ride on pings and answers: at most `piggyback` on each, those first that
//!   were told least, and each `dissemination` times the logarithm of the number of nodes (`gossip`).
//! - *The order of statements.* What is said of a member is an incarnation and a status: alive, suspected, dead, left.
//!   The higher incarnation holds, and under the same one the later status. This is a total order, and so views that
//!   have heard the same are the same, in whatever order they have heard it (`message`).
//! - *Joining, leaving, joining again.* A node joins through one of the contacts, with which it exchanges all that both
//!   know. Who leaves says so for some periods. It joins again under a new incarnation.
//! - *Incarnations are durable*: a node that boots has the one after the last one that it has made durable, and makes
//!   that durable before it says anything. (memberlist keeps none: a node that restarts learns from others that it is
//!   dead, and refutes that. Whoever does not hear of it stays dead for them, as in hashicorp/memberlist#311.)
//! - *Metadata* are one number that a node says of itself. With a new one it begins a new incarnation.
//! - *Anti-entropy.* Every few periods a member exchanges all that it knows with one other, in rounds. Those that it
//!   holds for dead are among them: without that, two sides of a partition that has lasted for longer than a suspicion
//!   would never hear of each other again.
//! - *Forgetting.* After a while those that are dead or have left are not told of any more. Their incarnation is kept:
//!   so nothing that was said of them before can bring them back.
//! - *Lifeguard.* With it a member that gets no answers, or must refute that it is dead, takes itself for unwell, and
//!   has longer periods and timeouts until pings are answered again. Others who were asked to ping say so if they got
//!   no answer. A suspicion lasts longer the fewer share it. A ping tells its target that it is suspected.
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do. Whatever the
//! network does, a member that stays up holds a crashed one for dead within a number of its own periods; the price is
//! that it takes some for dead that are not (◇P cannot be had in an asynchronous network: Chandra, Toueg 1996). When
//! pings and answers fit into a period, from the heal on, no member is taken for dead any more that is not, and who was
//! is a member again.
//!
//! **Departures.**
//! - In the paper a member that was confirmed to be dead never returns. Here, as in memberlist, it does, under a higher
//!   incarnation.
//! - Rounds go through all nodes in an order that is drawn, but no list is shuffled: the order is an arithmetic
//!   progression modulo the number of nodes. So a member needs no memory for it.
//! - The number of nodes in all formulas is how many the run has, not how many are members at the time.
//! - Suspicions are looked at once a period, and last for whole periods. All else that is a time in memberlist is a
//!   number of periods too.
//! - The first node never leaves: somebody must be there through whom others can join.
//! - What an exchange of all that is known carries is not bounded: it is the differences from what everybody knew at
//!   first, or, for a node that joins, all.
//!
//! # What it costs, and how long it takes
//!
#![doc = include_str!("../figures.md")]

mod config;
mod detector;
mod flaws;
mod gossip;
mod liveness;
mod membership;
mod message;
mod names;
mod node;
mod operations;
pub mod properties;
mod round;
mod suspicion;
mod system;
mod view;

pub use config::{Start, SwimConfig, Targets};
pub use flaws::SwimFlaw;
pub use gossip::Gossip;
pub use message::{Event, Message, News, Probe, Record, Statement, Status, Timer, Update};
pub use node::Swim;
pub use operations::{SwimOp, SwimReply, SwimWorkload};
pub use view::{Entry, View};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Swim>();
