//! The replicated state machine at a checkpoint.

use std::rc::Rc;

use serde::Serialize;

use super::block::Block;
use parts::kv::Machine;

/// The state after a block, which makes the block and those before it superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The last block in it.
    pub block: Rc<Block>,
    /// The state after it.
    pub machine: Machine,
}

impl Checkpoint {
    /// The state in which every replica begins.
    pub(super) fn genesis() -> Self {
        Self { block: Rc::new(Block::genesis()), machine: Machine::default() }
    }
}
