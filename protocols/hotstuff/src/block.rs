//! Blocks: the nodes of the tree that the replicas grow (section 4.2).

use std::fmt;
use std::rc::Rc;

use serde::Serialize;
use sim_core::{RequestId, Signed, TraceHasher};

use super::certificate::Certificate;
use parts::kv::KvOp;

/// What a client asks, with its signature.
pub type Command = Signed<(RequestId, KvOp)>;

/// Names a block by its content: whoever names one says all that is in it and before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BlockHash(u64);

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0 >> 32)
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl BlockHash {
    /// The name of no block.
    pub(super) const NOTHING: Self = Self(0);
}

/// A block. It is what its hash says: nobody, not even a Byzantine node, can make one that is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    hash: BlockHash,
    content: Content,
}

/// What is in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The view in which it is proposed: the paper's height, which counts dummy blocks for the
    /// views without a block.
    pub view: u64,
    /// How many blocks are before it, without dummies.
    pub height: u64,
    /// The block before it.
    pub parent: BlockHash,
    /// The certificate of the parent.
    pub justify: Rc<Certificate>,
    /// What it asks of the state machine, in this order.
    pub commands: Vec<Command>,
}

impl Block {
    /// The block of that content.
    pub fn new(content: Content) -> Self {
        let mut hasher = TraceHasher::new();
        hasher.value(&content);
        Self { hash: BlockHash(hasher.finish()), content }
    }

    /// The block with which every replica begins, of view 0.
    pub fn genesis() -> Self {
        let justify = Rc::new(Certificate { view: 0, block: BlockHash::NOTHING, votes: Vec::new() });
        Self::new(Content { view: 0, height: 0, parent: BlockHash::NOTHING, justify, commands: Vec::new() })
    }

    /// Its name.
    #[inline]
    pub const fn hash(&self) -> BlockHash {
        self.hash
    }

    /// All that is in it.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The view in which it is proposed.
    #[inline]
    pub const fn view(&self) -> u64 {
        self.content.view
    }

    /// How many blocks are before it.
    #[inline]
    pub const fn height(&self) -> u64 {
        self.content.height
    }

    /// The block before it.
    #[inline]
    pub const fn parent(&self) -> BlockHash {
        self.content.parent
    }

    /// The certificate that it carries.
    #[inline]
    pub const fn justify(&self) -> &Rc<Certificate> {
        &self.content.justify
    }

    /// What it asks of the state machine.
    #[inline]
    pub fn commands(&self) -> &[Command] {
        &self.content.commands
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A block on top of another, for tests of what chains them.
    pub(crate) fn child(parent: &Block, view: u64) -> Rc<Block> {
        let content = parent.content().clone();
        let parent = parent.hash();
        Rc::new(Block::new(Content { view, height: content.height + 1, parent, ..content }))
    }

    #[test]
    fn a_block_is_named_by_all_that_is_in_it() {
        let genesis = Block::genesis();
        let next = Content { view: 1, height: 1, parent: genesis.hash(), ..genesis.content().clone() };
        let other_view = Content { view: 2, ..next.clone() };
        let certified = Certificate { view: 0, block: genesis.hash(), votes: Vec::new() };
        let other_certificate = Content { justify: Rc::new(certified), ..next.clone() };
        let hashes = [next.clone(), other_view, other_certificate, genesis.content().clone()].map(|content| {
            let block = Block::new(content);
            assert_eq!(block, Block::new(block.content().clone()));
            block.hash()
        });
        for (place, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..place].contains(hash));
        }
    }
}
