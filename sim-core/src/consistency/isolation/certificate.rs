//! What shows that a history keeps a level.

use super::history::{TransactionHistory, TransactionId};
use super::level::IsolationLevel;
use super::replay;

/// An order of commits, and where snapshots are taken, that make a history keep a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The transactions that take effect, in the order of their commits.
    pub order: Vec<TransactionId>,
    /// For each of them, how many of the order its snapshot has. For levels without snapshots it is
    /// its own place.
    pub snapshots: Vec<u32>,
}

impl Certificate {
    /// Whether the history keeps the level in this order. This looks at the definition of the level and
    /// nothing else, by code that shares nothing with what finds orders and cycles.
    ///
    /// # Errors
    /// The first transaction for which something does not hold, and what.
    pub fn validate(
        &self,
        history: &TransactionHistory,
        level: IsolationLevel,
    ) -> Result<(), (TransactionId, &'static str)> {
        replay::validate(history, self, level)
    }
}
