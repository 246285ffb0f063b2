//! What a replica writes to its disk, and how it finds itself again after a crash.
//!
//! The disk holds a log of records, each of which makes sense without the others. Recovery reads
//! them from the front, so the last word on anything wins; a checkpoint replaces all of them by
//! what is still needed.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use sim_core::Stored;

use super::block::{Block, BlockHash};
use super::certificate::Certificate;
use super::checkpoint::Checkpoint;
use super::tree::BlockTree;
use parts::journal::{BrokenDisk, good_records};

/// One durable record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// The state behind everything that follows; stands at the beginning.
    Checkpoint(Rc<Checkpoint>),
    /// A block, behind its parent.
    Block(Rc<Block>),
    /// What the replica must not forget.
    Promises(Promises),
    /// This block is committed, and all before it.
    Committed(BlockHash),
}

/// What a replica must not forget, because others count on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promises {
    /// The last view in which it voted, the paper's vheight.
    pub voted: u64,
    /// The view that it has told the others to go to.
    pub wants: u64,
    /// The certificate of the block on which it is locked.
    pub lock: Rc<Certificate>,
    /// The highest certificate that it knows.
    pub high: Rc<Certificate>,
}

impl Promises {
    /// What a replica begins with.
    pub(super) fn none(genesis: &Block) -> Self {
        let certificate = Rc::new(Certificate { view: 0, block: genesis.hash(), votes: Vec::new() });
        Self { voted: 0, wants: 1, lock: Rc::clone(&certificate), high: certificate }
    }
}

/// What a replica finds on its disk.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// What it has promised.
    pub promises: Promises,
    /// The state of the last checkpoint.
    pub checkpoint: Rc<Checkpoint>,
    /// The blocks behind it.
    pub tree: BlockTree,
    /// The last block that it knew to be committed, if it is in the tree.
    pub committed: Option<BlockHash>,
}

/// Reads what survived.
///
/// # Errors
/// If a record before the last is corrupt.
pub fn recover(stored: &[Stored<Record>]) -> Result<Recovered, BrokenDisk> {
    good_records(stored).map(Recovered::of)
}

impl Recovered {
    /// What these records say. A disk that reorders its writes can have lost one and kept those behind
    /// it, and no sync covered these: a block without its parent is left out, to be fetched when it is
    /// needed.
    pub(super) fn of(records: Vec<&Record>) -> Self {
        let mut checkpoint = Rc::new(Checkpoint::genesis());
        let mut promises = Promises::none(&checkpoint.block);
        let mut committed = None;
        let mut blocks = BTreeMap::new();
        for record in records {
            match record {
                Record::Checkpoint(latest) => checkpoint = Rc::clone(latest),
                Record::Block(block) => drop(blocks.insert((block.height(), block.hash()), Rc::clone(block))),
                Record::Promises(latest) => promises = latest.clone(),
                Record::Committed(hash) => committed = Some(*hash),
            }
        }
        let mut tree = BlockTree::new(Rc::clone(&checkpoint.block));
        for block in blocks.into_values() {
            tree.insert(block);
        }
        let committed = committed.filter(|hash| tree.has(*hash));
        Self { promises, checkpoint, tree, committed }
    }
}

/// All that a replica needs on its disk: what replaces older records at a checkpoint.
pub(super) fn compacted(checkpoint: &Rc<Checkpoint>, promises: Promises, tree: &BlockTree) -> Vec<Record> {
    let mut blocks: Vec<_> = tree.blocks().filter(|block| block.height() > checkpoint.block.height()).collect();
    blocks.sort_by_key(|block| (block.height(), block.hash()));
    let head = [Record::Checkpoint(Rc::clone(checkpoint)), Record::Promises(promises)];
    let blocks = blocks.into_iter().map(|block| Record::Block(Rc::clone(block)));
    let tail = Record::Committed(tree.executed().hash());
    head.into_iter().chain(blocks).chain([tail]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::block::Content;
    use super::*;

    /// Blocks of views 1 to `count`, each behind the one before.
    fn chain(count: u64) -> Vec<Rc<Block>> {
        let mut chain = vec![Rc::new(Block::genesis())];
        for view in 1..=count {
            let parent = &chain[chain.len() - 1];
            let content = Content { view, height: view, parent: parent.hash(), ..parent.content().clone() };
            chain.push(Rc::new(Block::new(content)));
        }
        chain.split_off(1)
    }

    fn block(block: &Rc<Block>) -> Stored<Record> {
        Stored::Readable(Record::Block(Rc::clone(block)))
    }

    fn promised(voted: u64) -> Stored<Record> {
        Stored::Readable(Record::Promises(Promises { voted, ..Promises::none(&Block::genesis()) }))
    }

    /// `expected`: the last vote, how many blocks there are, the view of the committed one.
    fn check(records: &[Stored<Record>], expected: (u64, usize, Option<u64>)) {
        let found = recover(records).expect("the disk is good");
        let committed = found.committed.and_then(|hash| found.tree.get(hash)).map(|block| block.view());
        assert_eq!((found.promises.voted, found.tree.blocks().count(), committed), expected);
    }

    #[test]
    fn the_last_word_wins() {
        let chain = chain(3);
        let committed = |place: usize| Stored::Readable(Record::Committed(chain[place].hash()));
        check(&[], (0, 1, None));
        let records = [block(&chain[0]), promised(1), block(&chain[1]), committed(0), promised(2), committed(1)];
        check(&records, (2, 3, Some(2)));
    }

    #[test]
    fn what_is_behind_a_hole_is_left_out() {
        let chain = chain(3);
        check(&[block(&chain[0]), block(&chain[2]), promised(3)], (3, 2, None));
        let lost = Stored::Readable(Record::Committed(chain[1].hash()));
        check(&[block(&chain[0]), lost], (0, 2, None));
    }

    #[test]
    fn what_a_checkpoint_leaves_recovers_to_the_same() {
        let chain = chain(5);
        let mut tree = BlockTree::new(Rc::new(Block::genesis()));
        assert!(chain.iter().all(|block| tree.insert(Rc::clone(block))));
        chain[..3].iter().for_each(|block| tree.execute(block));
        let checkpoint = Rc::new(Checkpoint { block: Rc::clone(&chain[1]), ..Checkpoint::genesis() });
        tree.forget_below(&chain[1]);
        let promises = Promises { voted: 5, ..Promises::none(&Block::genesis()) };
        let records: Vec<_> = compacted(&checkpoint, promises, &tree).into_iter().map(Stored::Readable).collect();
        check(&records, (5, 4, Some(3)));
    }
}
