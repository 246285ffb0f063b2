//! All blocks that a node knows, and what is notarized and final among them.

use std::collections::BTreeMap;

use sim_core::{NodeId, Signed};

use super::message::{Ballot, Block, BlockHash, Certified};

/// Blocks by their hashes. A block may be known by its votes only.
#[derive(Clone, Debug)]
pub struct Tree {
    /// How many votes notarize a block.
    quorum: usize,
    rule: FinalityRule,
    blocks: BTreeMap<BlockHash, Entry>,
    /// The blocks that extend a block, as far as they are known.
    children: BTreeMap<BlockHash, Vec<BlockHash>>,
    /// How long the longest notarized chain is, without the genesis block.
    longest: u64,
    /// The last blocks of the notarized chains of that length, in the order in which they were seen.
    tips: Vec<BlockHash>,
    /// The blocks that are final, in ascending order, without the genesis block.
    finalized: Vec<BlockHash>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    block: Option<Signed<Block>>,
    /// By signer and epoch: a Byzantine node may get the epoch wrong at first.
    votes: BTreeMap<(NodeId, u64), Signed<Ballot>>,
    /// How long the notarized chain is that ends with it; nothing as long as there is none.
    length: Option<u64>,
}

impl Entry {
    /// The votes that were cast in this epoch.
    fn votes_of(&self, epoch: u64) -> impl Iterator<Item = &Signed<Ballot>> {
        self.votes.values().filter(move |vote| vote.content().epoch == epoch)
    }
}

/// When a block is final: by the paper, or by known bugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalityRule {
    /// How many adjacent blocks it takes. The last of them is not final.
    pub adjacent: u64,
    /// Whether their epochs must be consecutive.
    pub consecutive: bool,
}

/// What has become of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// A block is notarized, and all before it.
    Notarized(BlockHash),
    /// A block is final that ends a chain of this length.
    Finalized(u64, BlockHash),
}

impl Tree {
    /// With the genesis block alone.
    pub fn new(quorum: usize, rule: FinalityRule) -> Self {
        let genesis = Entry { length: Some(0), ..Entry::default() };
        Self {
            quorum,
            rule,
            blocks: [(BlockHash::GENESIS, genesis)].into(),
            children: BTreeMap::new(),
            longest: 0,
            tips: vec![BlockHash::GENESIS],
            finalized: Vec::new(),
        }
    }

    /// How long the longest notarized chain is, without the genesis block.
    pub const fn longest(&self) -> u64 {
        self.longest
    }

    /// The last block of one of the longest notarized chains: the one that was seen first.
    pub fn tip(&self) -> BlockHash {
        self.tips[0]
    }

    /// The blocks that are final, in ascending order, without the genesis block.
    pub fn finalized(&self) -> &[BlockHash] {
        &self.finalized
    }

    /// How long the notarized chain is that ends with this block, if there is one.
    pub fn length(&self, hash: BlockHash) -> Option<u64> {
        self.blocks.get(&hash)?.length
    }

    /// A block, if it is known and not the genesis block.
    pub fn block(&self, hash: BlockHash) -> Option<&Signed<Block>> {
        self.blocks.get(&hash)?.block.as_ref()
    }

    /// Whether enough have voted for a block, although its chain is not known to be notarized.
    pub fn is_loose(&self, hash: BlockHash) -> bool {
        self.blocks.get(&hash).is_some_and(|entry| entry.votes.len() >= self.quorum && entry.length.is_none())
    }

    /// Adds a block whose signature has been verified; tells whether it is new.
    pub fn add_block(&mut self, block: Signed<Block>, grown: &mut Vec<Growth>) -> bool {
        let hash = block.content().hash();
        let parent = block.content().parent;
        let entry = self.blocks.entry(hash).or_default();
        if entry.block.is_some() {
            return false;
        }
        entry.block = Some(block);
        self.children.entry(parent).or_default().push(hash);
        self.settle(hash, grown);
        true
    }

    /// Adds a vote whose signature has been verified; tells whether it is new.
    pub fn add_vote(&mut self, vote: Signed<Ballot>, grown: &mut Vec<Growth>) -> bool {
        let hash = vote.content().block;
        let entry = self.blocks.entry(hash).or_default();
        let is_new = entry.votes.insert((vote.signer(), vote.content().epoch), vote).is_none();
        if is_new {
            self.settle(hash, grown);
        }
        is_new
    }

    /// Looks whether a block, and those after it, are notarized now.
    fn settle(&mut self, hash: BlockHash, grown: &mut Vec<Growth>) {
        let mut open = vec![hash];
        while let Some(hash) = open.pop() {
            let Some((block, length)) = self.now_notarized(hash) else { continue };
            if let Some(entry) = self.blocks.get_mut(&hash) {
                entry.length = Some(length);
            }
            if length > self.longest {
                (self.longest, self.tips) = (length, vec![hash]);
            } else if length == self.longest {
                self.tips.push(hash);
            }
            grown.push(Growth::Notarized(hash));
            self.finalize(hash, &block, length, grown);
            open.extend(self.children.get(&hash).into_iter().flatten());
        }
    }

    /// The block, and the length of the chain that it ends, if that is notarized and was not before.
    fn now_notarized(&self, hash: BlockHash) -> Option<(Block, u64)> {
        let entry = self.blocks.get(&hash)?;
        let block = *entry.block.as_ref()?.content();
        let votes = entry.votes_of(block.epoch).count();
        let before = self.length(block.parent)?;
        (votes >= self.quorum && entry.length.is_none()).then_some((block, before + 1))
    }

    fn epoch(&self, hash: BlockHash) -> u64 {
        self.block(hash).map_or(0, |block| block.content().epoch)
    }

    /// A block has been notarized: if it is the last of three with consecutive epochs, the second of
    /// them is final, and all before it.
    fn finalize(&mut self, hash: BlockHash, block: &Block, length: u64, grown: &mut Vec<Growth>) {
        let mut last = (hash, block.epoch);
        for _ in 1..self.rule.adjacent {
            let Some(parent) = self.block(last.0).map(|block| block.content().parent) else { return };
            let epoch = self.epoch(parent);
            if self.rule.consecutive && epoch + 1 != last.1 {
                return;
            }
            last = (parent, epoch);
        }
        let mut newly = Vec::new();
        let (mut at, mut place) = (block.parent, length - 1);
        // Down to where it meets what is final: right on top of that, unless two chains became final.
        while place > 0 && self.finalized.get(place as usize - 1) != Some(&at) {
            newly.push((place, at));
            let Some(block) = self.block(at) else { break };
            (at, place) = (block.content().parent, place - 1);
        }
        if newly.is_empty() {
            return;
        }
        self.finalized.truncate(place as usize);
        for (place, hash) in newly.into_iter().rev() {
            self.finalized.push(hash);
            grown.push(Growth::Finalized(place, hash));
        }
    }

    /// A notarized block with its votes.
    pub fn certified(&self, hash: BlockHash) -> Option<Certified> {
        let entry = self.blocks.get(&hash)?;
        let (block, _) = (entry.block.as_ref()?, entry.length?);
        Some(Certified { block: block.clone(), votes: entry.votes_of(block.content().epoch).cloned().collect() })
    }

    /// The part above a length of the notarized chain that ends with a block, in ascending order and
    /// no more than `most` blocks of it.
    pub fn chain(&self, tip: BlockHash, above: u64, most: usize) -> Vec<Certified> {
        let mut hashes = Vec::new();
        let mut at = tip;
        while self.length(at).is_some_and(|length| length > above) {
            hashes.push(at);
            let Some(block) = self.block(at) else { break };
            at = block.content().parent;
        }
        hashes.into_iter().rev().take(most).filter_map(|hash| self.certified(hash)).collect()
    }
}
