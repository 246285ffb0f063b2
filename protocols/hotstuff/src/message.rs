//! What travels between replicas, what they wait for, and what they announce.

use std::rc::Rc;

use serde::Serialize;
use sim_core::{Kinds, Signed};

use super::block::{Block, BlockHash};
use super::certificate::{Certificate, Vote};
use super::checkpoint::Checkpoint;

/// The messages of HotStuff. The first three are the paper's; the others fetch what a replica has
/// missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// The leader of a view proposes a block: the paper's generic message.
    Proposal(Rc<Block>),
    /// A replica votes for a block; goes to the leader of the next view.
    Vote(Signed<Vote>),
    /// A replica gives up all views before one.
    NewView(NewView),
    /// Asks for a block and those before it.
    Fetch(Fetch),
    /// Blocks that were asked for, each the parent of the next.
    Blocks(Vec<Rc<Block>>),
    /// The state of the last checkpoint, for a replica that needs blocks from before it.
    State(Rc<Checkpoint>),
}

/// Gives up views without a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewView {
    /// The view that the sender wants to be in.
    pub view: u64,
    /// The highest certificate that it knows.
    pub high: Rc<Certificate>,
}

/// Asks for blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fetch {
    /// The last of them.
    pub block: BlockHash,
    /// How far the sender has come: it needs nothing up to this height.
    pub above: u64,
}

impl Message {
    /// The view that it belongs to, and its place in it: first what makes a leader propose, then the
    /// proposal, then the votes.
    pub(super) fn round(&self) -> Option<u64> {
        match self {
            Self::NewView(new_view) => Some(new_view.view.saturating_mul(2)),
            Self::Proposal(block) => Some(block.view().saturating_mul(2)),
            Self::Vote(vote) => Some(vote.content().view.saturating_mul(2).saturating_add(1)),
            Self::Fetch(_) | Self::Blocks(_) | Self::State(_) => None,
        }
    }
}

/// What a replica waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// The view takes too long.
    View,
    /// The leader has nothing to propose, and it is time to propose that.
    Idle,
    /// Nobody has sent what was asked for.
    Fetch,
}

/// What a replica announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It is in a view that it leads, and was not before.
    BecameLeader {
        /// The first such view.
        view: u64,
    },
    /// It is in a view that another leads.
    SteppedDown {
        /// The first such view.
        view: u64,
    },
    /// It voted for a block, durably.
    Voted {
        /// In which view.
        view: u64,
        /// For which block.
        block: BlockHash,
    },
    /// It made a certificate of the votes it received.
    Certified {
        /// Of this view.
        view: u64,
        /// For this block.
        block: BlockHash,
    },
    /// It found a block committed.
    Committed {
        /// How many blocks are before it.
        height: u64,
        /// The block.
        block: BlockHash,
    },
    /// It waits for a view no longer.
    TimedOut {
        /// The view.
        view: u64,
    },
    /// It received blocks that it had missed.
    CaughtUp {
        /// How many.
        blocks: u64,
    },
    /// It kept its state and forgot the blocks that led to it.
    TookCheckpoint {
        /// The height of the last block in it.
        height: u64,
    },
    /// It took over a state that f + 1 replicas vouch for.
    InstalledState {
        /// The height of the last block in it.
        height: u64,
    },
}
