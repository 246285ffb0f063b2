//! Chained HotStuff: Byzantine fault-tolerant replication with linear view changes.
//!
//! **Sources.** M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta and I. Abraham, *HotStuff: BFT
//! Consensus with Linearity and Responsiveness*, PODC 2019, and its full version, arXiv 1803.05069.
//! Sections and algorithms are those of the full version.
//!
//! **The algorithm.** Of n >= 3f + 1 replicas at most f are Byzantine. They grow a tree of *blocks*
//! (`block`, `tree`). In each *view* a leader proposes one block, behind the block with the highest
//! *quorum certificate* that it knows: the signed votes of n - f replicas (`certificate`). A replica
//! votes once a view, and only for a block that extends the one on which it is *locked*, or whose
//! certificate is newer than that (`safety`, Algorithm 4). Votes go to the leader of the next view,
//! which makes a certificate of them and carries it on in its own block: so every block is a phase of
//! those before it. A certified block with a certified child locks; one with a certified child and a
//! certified grandchild, of successive views, is *committed*, and all before it. Committed blocks are
//! executed in order, and every replica answers the client, which believes f + 1 (`clients`).
//!
//! The *pacemaker* (`pacemaker`, Algorithm 5) moves replicas through the views: on with every
//! certificate, and on to the next leader when none comes in time. Timeouts double while none comes.
//! NEW-VIEW messages bring the next leader the highest certificate, so that what it proposes is safe
//! in the eyes of all: two certified blocks in a row lock, and of those the last one was seen by a
//! quorum.
//!
//! **What is here** and the paper leaves open: how replicas come to be in the same view
//! (`pacemaker`), how they fetch blocks and states that they have missed (`catch_up`), what must be
//! durable (`storage`), checkpoints that bound memory and disk.
//!
//! **Departures.**
//! - The votes themselves stand in a certificate, for want of threshold signatures.
//! - A block has no dummy blocks before it: its view says how many there would be, and its parent is
//!   always the block of its certificate. Two blocks follow each other directly in the paper's sense if
//!   their views do.
//! - A replica takes a certificate into account whichever way it comes, not only in a proposal.
//! - A leader stays for several views: see [`HotStuffConfig::views_per_leader`].
//! - NEW-VIEW messages go to all replicas, not to the leader alone, and are repeated until the view
//!   comes: that brings the views of all together, at a quadratic cost when a view fails.
//! - A replica votes in the view that it is in, not in any later one: else a Byzantine leader could
//!   draw it into a view so late that it never votes again.
//! - A leader without anything to propose waits a while before it proposes an empty block.

mod adversaries;
mod block;
mod catch_up;
mod certificate;
mod checkpoint;
mod clients;
mod config;
mod flaws;
mod liveness;
mod message;
mod mutations;
mod names;
mod node;
mod pacemaker;
pub mod properties;
mod safety;
mod storage;
mod system;
mod tree;

pub use block::{Block, BlockHash, Command, Content};
pub use certificate::{Certificate, Vote};
pub use checkpoint::Checkpoint;
pub use config::HotStuffConfig;
pub use flaws::HotStuffFlaw;
pub use message::{Event, Fetch, Message, NewView, Timer};
pub use node::{Executed, HotStuff, VotedFor};
pub use storage::{Promises, Record, Recovered, recover};
pub use tree::BlockTree;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<HotStuff>();
