//! What checkpoints of the replicated service are compared by.

use super::request::Digest;
pub use crate::kv::Machine;

impl Machine {
    /// What checkpoints are compared by.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self)
    }
}
