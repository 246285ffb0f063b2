//! The locks of one shard: many readers of an account, or one writer.

use std::collections::BTreeMap;

use super::message::Txn;

/// How an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// For reading, with others.
    Shared,
    /// For writing, alone.
    Exclusive,
}

impl Mode {
    /// Whether two transactions cannot have an account locked so.
    pub(super) fn conflicts(self, other: Self) -> bool {
        self == Self::Exclusive || other == Self::Exclusive
    }
}

/// Who has locked which accounts.
#[derive(Debug, Default)]
pub(super) struct Locks(BTreeMap<u32, BTreeMap<Txn, Mode>>);

impl Locks {
    /// The transactions that have locked an account, and how.
    pub(super) fn holders(&self, account: u32) -> impl Iterator<Item = (Txn, Mode)> {
        self.0.get(&account).into_iter().flatten().map(|(txn, mode)| (*txn, *mode))
    }

    /// Locks an account for a transaction. A lock that it has already is never weakened.
    pub(super) fn take(&mut self, account: u32, txn: Txn, mode: Mode) {
        let held = self.0.entry(account).or_default().entry(txn).or_insert(mode);
        *held = mode.max(*held);
    }

    /// Lets go of all that a transaction has locked.
    pub(super) fn release(&mut self, txn: Txn) {
        self.0.values_mut().for_each(|holders| _ = holders.remove(&txn));
    }
}
