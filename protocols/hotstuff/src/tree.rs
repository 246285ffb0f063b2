//! The blocks that a replica holds: a tree whose root is its last checkpoint.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::block::{Block, BlockHash};

/// Blocks since the last checkpoint. Of each, all blocks before it down to the root are here.
#[derive(Clone, Debug)]
pub struct BlockTree {
    blocks: BTreeMap<BlockHash, Rc<Block>>,
    executed: Rc<Block>,
    root_height: u64,
}

impl BlockTree {
    /// A tree of one block, which is executed.
    pub fn new(root: Rc<Block>) -> Self {
        Self { blocks: [(root.hash(), Rc::clone(&root))].into(), root_height: root.height(), executed: root }
    }

    /// The block of this name.
    #[inline]
    pub fn get(&self, hash: BlockHash) -> Option<&Rc<Block>> {
        self.blocks.get(&hash)
    }

    /// Whether it holds the block.
    #[inline]
    pub fn has(&self, hash: BlockHash) -> bool {
        self.blocks.contains_key(&hash)
    }

    /// All blocks, in no order that means anything.
    pub fn blocks(&self) -> impl Iterator<Item = &Rc<Block>> {
        self.blocks.values()
    }

    /// The last block that was executed.
    #[inline]
    pub const fn executed(&self) -> &Rc<Block> {
        &self.executed
    }

    /// The height of the root.
    pub(super) const fn root_height(&self) -> u64 {
        self.root_height
    }

    /// Adds a block whose parent is here. Tells whether it was added.
    pub(super) fn insert(&mut self, block: Rc<Block>) -> bool {
        let fits = self.get(block.parent()).is_some_and(|parent| parent.height() + 1 == block.height());
        fits && self.blocks.insert(block.hash(), block).is_none()
    }

    /// The blocks from above a height up to `tip`, which is the last; nothing if that is not here.
    pub(super) fn branch(&self, tip: BlockHash, above: u64) -> Option<Vec<Rc<Block>>> {
        let mut branch = Vec::new();
        let mut next = self.get(tip)?;
        while next.height() > above {
            branch.push(Rc::clone(next));
            let Some(parent) = self.get(next.parent()) else { break };
            next = parent;
        }
        branch.reverse();
        Some(branch)
    }

    /// Whether the block that is to come behind `parent` has `ancestor`, of this view, before it.
    pub(super) fn extends(&self, parent: BlockHash, ancestor: BlockHash, view: u64) -> bool {
        let mut next = self.get(parent);
        while let Some(block) = next {
            if block.view() <= view {
                return block.hash() == ancestor;
            }
            next = self.get(block.parent());
        }
        false
    }

    /// Notes that a block, a child of the last one, is executed. Blocks that conflict with it go.
    pub(super) fn execute(&mut self, block: &Rc<Block>) {
        self.executed = Rc::clone(block);
        self.blocks.retain(|_, other| other.height() != block.height() || other.hash() == block.hash());
        self.drop_orphans(block.height());
    }

    /// Forgets what is below `root`, which is executed.
    pub(super) fn forget_below(&mut self, root: &Block) {
        self.root_height = root.height();
        self.blocks.retain(|_, block| block.height() >= root.height());
    }

    fn drop_orphans(&mut self, above: u64) {
        loop {
            let is_orphan = |block: &&Rc<Block>| block.height() > above && !self.has(block.parent());
            let Some(orphan) = self.blocks.values().find(is_orphan).map(|block| block.hash()) else { return };
            self.blocks.remove(&orphan);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::tests::child;
    use super::*;

    /// Genesis, 1, 2, 4 in a row, and 3, 5 behind 1.
    fn forked() -> (BlockTree, [Rc<Block>; 6]) {
        let root = Rc::new(Block::genesis());
        let one = child(&root, 1);
        let two = child(&one, 2);
        let three = child(&one, 3);
        let four = child(&two, 4);
        let five = child(&three, 5);
        let all = [root, one, two, three, four, five];
        let mut tree = BlockTree::new(Rc::clone(&all[0]));
        assert!(!tree.insert(Rc::clone(&all[2])), "its parent is missing");
        assert!(all[1..].iter().all(|block| tree.insert(Rc::clone(block))));
        (tree, all)
    }

    #[test]
    fn a_branch_is_what_leads_to_its_tip() {
        let (tree, all) = forked();
        let views = |tip: usize, above| {
            tree.branch(all[tip].hash(), above).map(|branch| branch.iter().map(|b| b.view()).collect::<Vec<_>>())
        };
        assert_eq!(views(4, 0), Some(vec![1, 2, 4]));
        assert_eq!(views(5, 1), Some(vec![3, 5]));
        assert_eq!(views(1, 1), Some(vec![]));
        assert_eq!(tree.branch(BlockHash::NOTHING, 0), None);
    }

    #[test]
    fn a_block_extends_what_is_before_it() {
        let (tree, all) = forked();
        let extends = |tip: usize, of: usize| tree.extends(all[tip].hash(), all[of].hash(), all[of].view());
        assert!(extends(4, 2) && extends(4, 1) && extends(4, 4) && extends(5, 3));
        assert!(!extends(5, 2) && !extends(4, 3) && !extends(1, 2));
    }

    #[test]
    fn what_conflicts_with_an_executed_block_goes() {
        let (mut tree, all) = forked();
        tree.execute(&all[1]);
        assert_eq!(tree.blocks().count(), 6);
        tree.execute(&all[2]);
        let mut views: Vec<_> = tree.blocks().map(|block| block.view()).collect();
        views.sort_unstable();
        assert_eq!(views, [0, 1, 2, 4]);
        tree.forget_below(&all[2]);
        assert_eq!(tree.blocks().count(), 2);
        assert_eq!(tree.executed().view(), 2);
    }
}
