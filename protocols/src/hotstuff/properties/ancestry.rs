//! Which blocks lie before which, whatever replicas have forgotten of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::hotstuff::block::{Block, BlockHash};
use crate::hotstuff::node::VotedFor;
use crate::hotstuff::tree::BlockTree;

/// All blocks that a correct replica has voted for, and all before them. A block that is certified is
/// among them, for some of its voters are correct.
#[derive(Clone, Debug, Default)]
pub(super) struct Ancestry(BTreeMap<BlockHash, Rc<Block>>);

impl Ancestry {
    /// Takes in what was voted for by the replica of this tree.
    pub(super) fn learn(&mut self, voted: &VotedFor, tree: &BlockTree) {
        self.0.entry(voted.block.hash()).or_insert_with(|| Rc::clone(&voted.block));
        let mut next = Some(&voted.parent);
        while let Some(block) = next.filter(|block| !self.0.contains_key(&block.hash())) {
            self.0.insert(block.hash(), Rc::clone(block));
            next = tree.get(block.parent());
        }
    }

    /// Whether a block that comes behind `parent` has `ancestor`, of this view, before it.
    pub(super) fn extends(&self, parent: BlockHash, ancestor: BlockHash, view: u64) -> bool {
        let mut next = self.0.get(&parent);
        while let Some(block) = next.filter(|block| block.view() > view) {
            next = self.0.get(&block.parent());
        }
        next.is_some_and(|block| block.hash() == ancestor)
    }
}
