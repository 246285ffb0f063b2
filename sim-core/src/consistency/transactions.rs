//! Histories of clients whose operations are transactions.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use super::isolation::{
    Anomaly, IsolationLevel, MicroOp, Transaction, TransactionError, TransactionHistory, TransactionId,
    TransactionOutcome, Verdict, check_isolation,
};
use super::lines::clip;
use super::{Answer, Budget, Undecided};
use crate::history::{History, OperationId, OperationOutcome};

/// A step of a transaction over lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Appends a value, which nobody else appends to this list.
    Append {
        /// The list.
        key: u32,
        /// What is appended.
        value: i64,
    },
    /// Reads a list.
    Read {
        /// The list.
        key: u32,
        /// All of its elements.
        values: Vec<i64>,
    },
}

impl Step {
    const fn key(&self) -> u32 {
        match self {
            Self::Append { key, .. } | Self::Read { key, .. } => *key,
        }
    }
}

/// Shows that a history of transactions breaks an isolation level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionWitness {
    /// The level.
    pub level: IsolationLevel,
    /// What breaks it.
    pub anomaly: Anomaly,
    /// The operations that show it.
    pub operations: Vec<OperationId>,
    /// All of that in words.
    text: String,
}

impl fmt::Display for TransactionWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Decides whether a history keeps an isolation level, if each of its operations is a transaction that
/// consists of the `steps` that its reply tells of. Without a reply only what is appended counts.
pub fn check_transactions<O, R>(
    history: &History<O, R>,
    steps: impl Fn(&O, Option<&R>) -> Vec<Step>,
    level: IsolationLevel,
    budget: Budget,
) -> Answer<super::Counterexample>
where
    O: Debug,
    R: Debug,
{
    let transactions = match transactions(history, steps) {
        Ok(transactions) => transactions,
        Err(error) => return Answer::Unknown(Undecided::Unclear { what: error.to_string() }),
    };
    match check_isolation(&transactions, level, budget) {
        Verdict::Satisfied(_) => Answer::Satisfied,
        Verdict::Unknown(why) => Answer::Unknown(why),
        Verdict::Violated(witness) => {
            let operation = |id: TransactionId| OperationId::from_index(id.index());
            let operations: Vec<OperationId> = witness.evidence.transactions().into_iter().map(operation).collect();
            let text = witness.told(
                |_, _| ("returned".to_owned(), "was called".to_owned()),
                |id| transactions.get(id).process.to_string(),
                |id| clip(history.line(operation(id))),
            );
            let (level, anomaly) = (witness.level.unwrap_or(level), witness.anomaly);
            Answer::Violated(super::Counterexample::Isolation(TransactionWitness { level, anomaly, operations, text }))
        }
    }
}

/// The transactions have the numbers of the operations, in order of invocation. Each session is a
/// process.
fn transactions<O, R>(
    history: &History<O, R>,
    steps: impl Fn(&O, Option<&R>) -> Vec<Step>,
) -> Result<TransactionHistory, TransactionError> {
    let mut transactions = TransactionHistory::new();
    let mut processes = BTreeMap::new();
    for (_, operation) in history.iter() {
        let next = processes.len() as u32;
        let process = *processes.entry((operation.client, operation.session)).or_insert(next);
        let (outcome, returned) = match operation.outcome {
            OperationOutcome::Ok { at, .. } => (TransactionOutcome::Committed, Some(at.order)),
            OperationOutcome::Failed { at } => (TransactionOutcome::Aborted, Some(at.order)),
            OperationOutcome::Unknown => (TransactionOutcome::Unknown, None),
        };
        let steps = steps(&operation.op, operation.reply());
        let mut key = |key: u32| transactions.key(&key.to_string());
        let keys: Vec<_> = steps.iter().map(|step| key(step.key())).collect();
        let micro_ops = steps.iter().zip(keys).map(|(step, key)| match step {
            Step::Append { value, .. } => MicroOp::Append { key, value: *value },
            Step::Read { values, .. } => MicroOp::ReadList { key, values },
        });
        let transaction = Transaction { process, called: operation.invoked.order, returned, outcome };
        transactions.push(transaction, micro_ops)?;
    }
    Ok(transactions)
}
