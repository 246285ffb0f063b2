//! Blocks and votes, what travels between nodes, what they write down and announce.

use std::fmt;

use serde::Serialize;
use sim_core::{Kinds, Signed, TraceHasher};

/// The hash of a block, by which its successors and votes name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BlockHash(u64);

impl BlockHash {
    /// The hash of the first block of every chain.
    pub const GENESIS: Self = Self(0);
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:04x}", self.0 >> 48)
    }
}

/// A block: (h, e, txs) in the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// The block that it extends.
    pub parent: BlockHash,
    /// The epoch in which it is proposed, from 1 on.
    pub epoch: u64,
    /// What is to be agreed on.
    pub payload: u64,
}

impl Block {
    /// Its hash.
    pub fn hash(&self) -> BlockHash {
        let mut hasher = TraceHasher::new();
        hasher.value(self);
        BlockHash(hasher.finish().max(1))
    }
}

/// What a node signs to vote for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ballot {
    /// The epoch of the block, and of the vote.
    pub epoch: u64,
    /// The block.
    pub block: BlockHash,
}

/// A block with the votes that notarize it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certified {
    /// The block, signed by the leader of its epoch.
    pub block: Signed<Block>,
    /// Votes for it, of different nodes.
    pub votes: Vec<Signed<Ballot>>,
}

/// The messages. Whoever sees a proposal or a vote for the first time passes it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// The proposal of an epoch's leader.
    Propose(Signed<Block>),
    /// A vote.
    Vote(Signed<Ballot>),
    /// Asks for the notarized chain that ends with a block.
    Fetch {
        /// Its last block.
        tip: BlockHash,
        /// How long a part of it is known: that of the blocks that are final.
        above: u64,
    },
    /// A part of a notarized chain, in ascending order.
    Chain(Vec<Certified>),
}

/// The one timer of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// An epoch begins.
    Epoch,
}

/// What a node writes down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It votes for this block.
    Voted(Signed<Block>, Signed<Ballot>),
    /// This block is notarized, and all before it.
    Notarized(Certified),
}

/// What a node announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// As the leader of an epoch, it proposes a block.
    Proposed {
        /// The epoch.
        epoch: u64,
        /// The block.
        block: BlockHash,
    },
    /// It votes.
    Voted {
        /// In which epoch.
        epoch: u64,
        /// For which block.
        block: BlockHash,
    },
    /// It sees that a block is notarized, and all before it.
    Notarized {
        /// The epoch of the block.
        epoch: u64,
        /// The block.
        block: BlockHash,
    },
    /// A block is final.
    Finalized {
        /// How long the chain is that ends with it, without the genesis block.
        length: u64,
        /// The block.
        block: BlockHash,
    },
    /// It asks for a part of the chain that it lacks.
    Fetched,
    /// No block has become final for a while.
    Stalled,
}
