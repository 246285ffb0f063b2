//! Which blocks lie before which, whatever replicas have forgotten of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::block::{Block, BlockHash};
use crate::node::VotedFor;
use crate::tree::BlockTree;

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

    /// Whether a block is known not to have `ancestor`, of this view, before it, and not to be it.
    pub(super) fn conflicts(&self, block: BlockHash, ancestor: BlockHash, view: u64) -> bool {
        let mut next = self.0.get(&block);
        while let Some(block) = next.filter(|block| block.view() > view) {
            next = self.0.get(&block.parent());
        }
        next.is_some_and(|block| block.hash() != ancestor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::tests::child;

    /// A replica votes for 1, 2 and 4 in a row, then for 5, which is behind 1; what it executes in that
    /// step takes 5 out of its tree, and all before 2.
    #[test]
    fn what_a_replica_has_forgotten_is_known() {
        let genesis = Rc::new(Block::genesis());
        let one = child(&genesis, 1);
        let (two, three) = (child(&one, 2), child(&one, 3));
        let (four, five) = (child(&two, 4), child(&three, 5));
        let mut tree = BlockTree::new(Rc::clone(&genesis));
        let mut ancestry = Ancestry::default();
        for (block, parent) in [(&one, &genesis), (&two, &one), (&four, &two), (&three, &one)] {
            assert!(tree.insert(Rc::clone(block)));
            ancestry.learn(&VotedFor { block: Rc::clone(block), parent: Rc::clone(parent) }, &tree);
        }
        [&one, &two].into_iter().for_each(|block| tree.execute(block));
        tree.forget_below(&two);
        ancestry.learn(&VotedFor { block: Rc::clone(&five), parent: Rc::clone(&three) }, &tree);
        assert!(!tree.has(three.hash()) && !tree.has(one.hash()));
        let extends =
            |parent: &Block, ancestor: &Block| ancestry.extends(parent.hash(), ancestor.hash(), ancestor.view());
        assert!(extends(&four, &two) && extends(&four, &one) && extends(&five, &three) && extends(&five, &genesis));
        assert!(!extends(&five, &two) && !extends(&three, &two));
        let conflicts =
            |block: &Block, ancestor: &Block| ancestry.conflicts(block.hash(), ancestor.hash(), ancestor.view());
        assert!(conflicts(&five, &two) && conflicts(&three, &two));
        assert!(!conflicts(&four, &two) && !conflicts(&two, &two) && !conflicts(&five, &one));
        assert!(!conflicts(&child(&child(&five, 6), 7), &two), "nobody has voted for it");
    }
}
