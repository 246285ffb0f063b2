//! Histories of transactions.

use std::collections::BTreeMap;
use std::fmt;

/// Transactions of several processes over lists that are appended to and registers that are written.
///
/// Every list begins empty and every register without a value. No value is written twice to the same
/// key: a read then tells which transaction it saw. Where one is, nothing is judged.
#[derive(Clone, Debug, Default)]
pub struct TransactionHistory {
    names: Vec<String>,
    kinds: Vec<Option<KeyKind>>,
    by_name: BTreeMap<String, Key>,
    transactions: Vec<Transaction>,
    /// Where the micro-operations of each transaction end.
    ends: Vec<u32>,
    ops: Vec<Stored>,
    /// The elements of all lists that were read, one list after the other.
    elements: Vec<i64>,
    /// When the last transaction of each process that has an end returned.
    last_return: BTreeMap<u32, u64>,
    /// When the last transaction of each process was called.
    last_call: BTreeMap<u32, u64>,
}

/// A list or a register of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) u32);

/// A transaction of a history: its number in the order in which they were added, from 0. Shown as `T0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub(super) u32);

/// Who asked for a transaction, when, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The process, which is also its session: it has one transaction at a time.
    pub process: u32,
    /// When it was asked for. Moments are numbers in the order of time, such as positions in a log; a
    /// transaction precedes another in real time if it returned at an earlier moment than the other
    /// was called.
    pub called: u64,
    /// When its outcome was told; `None` if it never was.
    pub returned: Option<u64>,
    /// What came of it.
    pub outcome: TransactionOutcome,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionOutcome {
    /// It took effect.
    Committed,
    /// It took no effect, and never will.
    Aborted,
    /// It took effect at some time after its call, or never.
    Unknown,
}

/// One step of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicroOp<'a> {
    /// Appends a value to a list.
    Append {
        /// The list.
        key: Key,
        /// What is appended.
        value: i64,
    },
    /// Reads a list.
    ReadList {
        /// The list.
        key: Key,
        /// All of its elements.
        values: &'a [i64],
    },
    /// Writes a register.
    Write {
        /// The register.
        key: Key,
        /// What is written.
        value: i64,
    },
    /// Reads a register.
    ReadRegister {
        /// The register.
        key: Key,
        /// What it holds; `None` if it was never written.
        value: Option<i64>,
    },
}

/// A micro-operation, with a list as a place among all elements.
#[derive(Clone, Copy, Debug)]
enum Stored {
    Append(u32, i64),
    ReadList(u32, u32, u32),
    Write(u32, i64),
    ReadRegister(u32, Option<i64>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    List,
    Register,
}

/// A transaction does not fit into its history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// A committed transaction did not return.
    #[error("a committed transaction of process {process} has no return")]
    NoReturn {
        /// Whose it is.
        process: u32,
    },
    /// A transaction returned before it was called.
    #[error("a transaction of process {process} was called at {called} and returned before, at {returned}")]
    ReturnBeforeCall {
        /// Whose it is.
        process: u32,
        /// Its call.
        called: u64,
        /// Its return.
        returned: u64,
    },
    /// A process called a transaction while it had another, or the two were added in the wrong order.
    #[error("process {process} calls a transaction at {called}, not later than the end of its last, at {ended}")]
    Overlap {
        /// Whose it is.
        process: u32,
        /// The call.
        called: u64,
        /// The return of the other, or its call if it is of unknown outcome.
        ended: u64,
    },
    /// A key is used both as a list and as a register.
    #[error("`{key}` is used both as a list and as a register")]
    MixedKey {
        /// The key.
        key: String,
    },
    /// There are more transactions, micro-operations or elements than can be numbered.
    #[error("a history of transactions has at most 2^31 micro-operations and elements of lists")]
    TooLong,
}

impl TransactionHistory {
    /// A history without transactions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The key of this name.
    pub fn key(&mut self, name: &str) -> Key {
        if let Some(&key) = self.by_name.get(name) {
            return key;
        }
        let key = Key(self.names.len() as u32);
        self.names.push(name.to_owned());
        self.kinds.push(None);
        self.by_name.insert(name.to_owned(), key);
        key
    }

    /// Adds a transaction. Those of one process come in the order of their calls; otherwise any order will
    /// do. Reads of a transaction that did not commit tell nothing and may be left out, as may its return
    /// if the outcome is unknown.
    ///
    /// # Errors
    /// If it does not fit; the history is as it was before.
    pub fn push<'a>(
        &mut self,
        transaction: Transaction,
        ops: impl IntoIterator<Item = MicroOp<'a>>,
    ) -> Result<TransactionId, TransactionError> {
        let transaction = self.fitting(transaction)?;
        let (ops_before, elements_before) = (self.ops.len(), self.elements.len());
        let mut new_keys = Vec::new();
        if let Err(error) = ops.into_iter().try_for_each(|op| self.push_op(op, &mut new_keys)) {
            self.ops.truncate(ops_before);
            self.elements.truncate(elements_before);
            new_keys.into_iter().for_each(|key: u32| self.kinds[key as usize] = None);
            return Err(error);
        }
        self.last_call.insert(transaction.process, transaction.called);
        if let Some(returned) = transaction.returned {
            self.last_return.insert(transaction.process, returned);
        }
        self.ends.push(self.ops.len() as u32);
        self.transactions.push(transaction);
        Ok(TransactionId(self.transactions.len() as u32 - 1))
    }

    /// The transaction as it is kept: one of unknown outcome has no return.
    fn fitting(&self, transaction: Transaction) -> Result<Transaction, TransactionError> {
        let Transaction { process, called, returned, outcome } = transaction;
        let returned = returned.filter(|_| outcome != TransactionOutcome::Unknown);
        if outcome == TransactionOutcome::Committed && returned.is_none() {
            return Err(TransactionError::NoReturn { process });
        }
        if let Some(returned) = returned.filter(|&returned| returned < called) {
            return Err(TransactionError::ReturnBeforeCall { process, called, returned });
        }
        let end = |of: &BTreeMap<u32, u64>| of.get(&process).copied();
        if let Some(ended) = end(&self.last_return).max(end(&self.last_call)).filter(|&ended| called <= ended) {
            return Err(TransactionError::Overlap { process, called, ended });
        }
        Ok(Transaction { returned, ..transaction })
    }

    fn push_op(&mut self, op: MicroOp<'_>, new_keys: &mut Vec<u32>) -> Result<(), TransactionError> {
        const MOST: usize = 1 << 31;
        let (key, kind) = match op {
            MicroOp::Append { key, .. } | MicroOp::ReadList { key, .. } => (key.0, KeyKind::List),
            MicroOp::Write { key, .. } | MicroOp::ReadRegister { key, .. } => (key.0, KeyKind::Register),
        };
        match &mut self.kinds[key as usize] {
            Some(known) if *known != kind => {
                return Err(TransactionError::MixedKey { key: self.names[key as usize].clone() });
            }
            Some(_) => {}
            unused => {
                *unused = Some(kind);
                new_keys.push(key);
            }
        }
        self.ops.push(match op {
            MicroOp::Append { value, .. } => Stored::Append(key, value),
            MicroOp::Write { value, .. } => Stored::Write(key, value),
            MicroOp::ReadRegister { value, .. } => Stored::ReadRegister(key, value),
            MicroOp::ReadList { values, .. } => {
                if self.elements.len() + values.len() > MOST {
                    return Err(TransactionError::TooLong);
                }
                let begin = self.elements.len() as u32;
                self.elements.extend_from_slice(values);
                Stored::ReadList(key, begin, values.len() as u32)
            }
        });
        if self.ops.len() > MOST { Err(TransactionError::TooLong) } else { Ok(()) }
    }

    /// How many transactions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// How many micro-operations there are.
    #[must_use]
    pub fn micro_ops(&self) -> usize {
        self.ops.len()
    }

    /// The transaction with this `id`. Panics if `id` is of another, longer history.
    #[must_use]
    pub fn get(&self, id: TransactionId) -> &Transaction {
        &self.transactions[id.0 as usize]
    }

    /// All transactions with their ids, in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (TransactionId, &Transaction)> {
        self.transactions.iter().enumerate().map(|(index, transaction)| (TransactionId(index as u32), transaction))
    }

    /// What a transaction did, in order. Panics if `id` is of another, longer history.
    pub fn ops(&self, id: TransactionId) -> impl DoubleEndedIterator<Item = MicroOp<'_>> + ExactSizeIterator {
        let begin = id.0.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        let stored = &self.ops[begin as usize..self.ends[id.0 as usize] as usize];
        stored.iter().map(|&stored| match stored {
            Stored::Append(key, value) => MicroOp::Append { key: Key(key), value },
            Stored::Write(key, value) => MicroOp::Write { key: Key(key), value },
            Stored::ReadRegister(key, value) => MicroOp::ReadRegister { key: Key(key), value },
            Stored::ReadList(key, begin, length) => {
                MicroOp::ReadList { key: Key(key), values: &self.elements[begin as usize..][..length as usize] }
            }
        })
    }

    /// What a key is called. Panics if it is of another history with more keys.
    #[must_use]
    pub fn name(&self, key: Key) -> &str {
        &self.names[key.0 as usize]
    }

    /// What writing it is called.
    pub(super) fn wrote(&self, key: Key) -> &'static str {
        match self.kinds[key.0 as usize] {
            Some(KeyKind::List) => "appended",
            Some(KeyKind::Register) | None => "wrote",
        }
    }

    /// How many keys there are.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.names.len()
    }

    /// A transaction in one line: when it ran, and what it did.
    #[must_use]
    pub fn line(&self, id: TransactionId) -> String {
        let Transaction { process, called, returned, outcome } = *self.get(id);
        let returned = returned.map_or_else(|| "..".to_owned(), |returned| returned.to_string());
        let outcome = match outcome {
            TransactionOutcome::Committed => "",
            TransactionOutcome::Aborted => ", aborted",
            TransactionOutcome::Unknown => ", of unknown outcome",
        };
        format!("process {process}, {called} to {returned}{outcome}: {}", self.steps(id))
    }

    /// What a transaction did, in one line.
    #[must_use]
    pub fn steps(&self, id: TransactionId) -> String {
        let ops: Vec<String> = self.ops(id).map(|op| self.op_text(op)).collect();
        ops.join("; ")
    }

    fn op_text(&self, op: MicroOp<'_>) -> String {
        match op {
            MicroOp::Append { key, value } => format!("append {value} to {}", self.name(key)),
            MicroOp::Write { key, value } => format!("write {} = {value}", self.name(key)),
            MicroOp::ReadList { key, values } => format!("read {} = {values:?}", self.name(key)),
            MicroOp::ReadRegister { key, value: Some(value) } => format!("read {} = {value}", self.name(key)),
            MicroOp::ReadRegister { key, value: None } => format!("read {} = nil", self.name(key)),
        }
    }
}

impl MicroOp<'_> {
    /// What it reads or writes.
    #[must_use]
    pub const fn key(self) -> Key {
        match self {
            Self::Append { key, .. }
            | Self::ReadList { key, .. }
            | Self::Write { key, .. }
            | Self::ReadRegister { key, .. } => key,
        }
    }

    /// The value that it writes or appends, if it does.
    #[must_use]
    pub const fn written(self) -> Option<i64> {
        match self {
            Self::Append { value, .. } | Self::Write { value, .. } => Some(value),
            Self::ReadList { .. } | Self::ReadRegister { .. } => None,
        }
    }
}

impl TransactionId {
    /// Its number, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("T{}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(process: u32, called: u64, returned: Option<u64>, outcome: TransactionOutcome) -> Transaction {
        Transaction { process, called, returned, outcome }
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        use TransactionOutcome::{Committed, Unknown};
        let mut history = TransactionHistory::new();
        let (x, y) = (history.key("x"), history.key("y"));
        let append = || [MicroOp::Append { key: x, value: 1 }];
        assert_eq!(history.push(transaction(0, 2, Some(4), Committed), append()), Ok(TransactionId(0)));
        let mut refused = |transaction, ops: &[MicroOp<'_>]| {
            let error = history.push(transaction, ops.iter().copied()).expect_err("it does not fit");
            assert_eq!((history.len(), history.micro_ops()), (1, 1));
            error.to_string()
        };
        assert_eq!(
            refused(transaction(1, 5, None, Committed), &append()),
            "a committed transaction of process 1 has no return"
        );
        assert_eq!(
            refused(transaction(1, 5, Some(3), Committed), &append()),
            "a transaction of process 1 was called at 5 and returned before, at 3"
        );
        assert_eq!(
            refused(transaction(0, 4, Some(5), Committed), &append()),
            "process 0 calls a transaction at 4, not later than the end of its last, at 4"
        );
        let mixed = [MicroOp::Append { key: y, value: 1 }, MicroOp::Write { key: x, value: 2 }];
        assert_eq!(
            refused(transaction(0, 5, Some(6), Committed), &mixed),
            "`x` is used both as a list and as a register"
        );
        let write = [MicroOp::Write { key: y, value: 1 }];
        assert_eq!(history.push(transaction(0, 5, None, Unknown), write), Ok(TransactionId(1)));
        assert_eq!(history.push(transaction(0, 6, Some(7), Committed), append()), Ok(TransactionId(2)));
    }

    #[test]
    fn a_transaction_is_one_line() {
        let mut history = TransactionHistory::new();
        let (x, y) = (history.key("x"), history.key("y"));
        let ops = [
            MicroOp::Append { key: x, value: 1 },
            MicroOp::ReadList { key: x, values: &[2, 1] },
            MicroOp::Write { key: y, value: 3 },
            MicroOp::ReadRegister { key: y, value: None },
        ];
        let id = history.push(transaction(4, 2, Some(9), TransactionOutcome::Unknown), ops).expect("it fits");
        assert_eq!(
            history.line(id),
            "process 4, 2 to .., of unknown outcome: append 1 to x; read x = [2, 1]; write y = 3; read y = nil"
        );
        assert_eq!(history.ops(id).collect::<Vec<_>>(), ops);
    }
}
