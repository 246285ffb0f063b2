//! Histories of clients whose operations are transactions.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use super::isolation::{
    Anomaly, IsolationLevel, Key, MicroOp, Transaction, TransactionHistory, TransactionId, TransactionOutcome, Verdict,
    Words, check_isolation,
};
use super::lines::clip;
use super::{Answer, Budget, Counterexample, Level, Undecided};
use crate::history::{History, Operation, OperationId, OperationOutcome};

/// A step of a transaction over lists and registers. Keys and values are told as `Debug` shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<K, V> {
    /// Appends a value, which nobody else appends to this list.
    Append {
        /// The list.
        key: K,
        /// What is appended.
        value: V,
    },
    /// Reads a list.
    ReadList {
        /// The list.
        key: K,
        /// All of its elements.
        values: Vec<V>,
    },
    /// Writes a value, which nobody else writes to this register.
    Write {
        /// The register.
        key: K,
        /// What is written.
        value: V,
    },
    /// Reads a register.
    ReadRegister {
        /// The register.
        key: K,
        /// What it holds; `None` if it was never written.
        value: Option<V>,
    },
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
/// consists of the `steps` that its reply tells of. Without a reply only what is written counts.
pub fn check_transactions<O, R, K, V>(
    history: &History<O, R>,
    steps: impl Fn(&O, Option<&R>) -> Vec<Step<K, V>>,
    level: IsolationLevel,
    budget: Budget,
) -> Answer<Counterexample>
where
    O: Debug,
    R: Debug,
    K: Ord + Debug,
    V: Ord + Debug,
{
    let mut told = Told { transactions: TransactionHistory::new(), numbers: BTreeMap::new(), values: Vec::new() };
    if let Err(why) = told.tell(history, steps) {
        return Answer::Unknown(why);
    }
    let Told { transactions, values, .. } = told;
    match check_isolation(&transactions, level, budget) {
        Verdict::Satisfied(_) => Answer::Satisfied,
        Verdict::Unknown(why) => Answer::Unknown(why),
        Verdict::Violated(witness) => {
            let operation = |id: TransactionId| OperationId::from_index(id.index());
            let operations: Vec<OperationId> = witness.evidence.transactions().into_iter().map(operation).collect();
            let words = Words {
                when: &|_, _| ("returned".to_owned(), "was called".to_owned()),
                process: &|id| transactions.get(id).process.to_string(),
                value: &|number| values.get(number as usize).cloned().unwrap_or_else(|| number.to_string()),
                line: &|id| clip(history.line(operation(id))),
            };
            let text = witness.told(&transactions, &words);
            let (level, anomaly) = (witness.level.unwrap_or(level), witness.anomaly);
            Answer::Violated(Counterexample::Isolation(TransactionWitness { level, anomaly, operations, text }))
        }
    }
}

/// Decides whether a history keeps an isolation level by orders of whole operations, if each of them is a
/// transaction: strict serializable is linearizable, and strong session serializable is sequential. `check`
/// holds the history against such a level. If there is no such order, what is weaker is unknown.
pub fn check_isolation_by_order<W>(level: IsolationLevel, check: impl Fn(Level) -> Answer<W>) -> Answer<W> {
    let orders = [
        (Level::Linearizable, IsolationLevel::StrictSerializable),
        (Level::Sequential, IsolationLevel::StrongSessionSerializable),
    ];
    for (order, same) in orders.into_iter().filter(|(_, same)| same.implies(level)) {
        match check(order) {
            Answer::Satisfied => return Answer::Satisfied,
            answer if same == level => return answer,
            Answer::Violated(_) | Answer::Unknown(_) => {}
        }
    }
    let what = format!("no order of whole transactions was found, and nothing else tells whether it is {level}");
    Answer::Unknown(Undecided::Unclear { what })
}

/// Shows that the accounts of a bank break a level at which whoever writes an account has seen all earlier
/// writes to it: a read of them has another total than they began with. `totals` tells it of an operation
/// that reads all accounts.
pub fn check_totals<O, R>(
    history: &History<O, R>,
    totals: impl Fn(&O, &R) -> Option<i64>,
    first: i64,
    level: IsolationLevel,
) -> Option<Counterexample>
where
    O: Debug,
    R: Debug,
{
    let anomaly = Anomaly::WrongTotal;
    let total = |operation: &Operation<O, R>| totals(&operation.op, operation.reply()?);
    let wrong = |(id, operation)| Some((id, total(operation).filter(|total| *total != first)?));
    let (id, total) = history.iter().filter(|_| anomaly.breaks(level)).find_map(wrong)?;
    let text = format!(
        "not {level}: {anomaly}, {}\n  the accounts began with {first} together, and this read of them tells {total}\n  {}\n",
        anomaly.meaning(),
        clip(history.line(id))
    );
    Some(Counterexample::Isolation(TransactionWitness { level, anomaly, operations: vec![id], text }))
}

/// A history of clients as one of transactions. They have the numbers of the operations, in order of
/// invocation, and each session is a process.
struct Told<V> {
    transactions: TransactionHistory,
    /// By value, its number.
    numbers: BTreeMap<V, i64>,
    /// By number, what is shown of a value.
    values: Vec<String>,
}

impl<V: Ord + Debug> Told<V> {
    fn tell<O, R, K>(
        &mut self,
        history: &History<O, R>,
        steps: impl Fn(&O, Option<&R>) -> Vec<Step<K, V>>,
    ) -> Result<(), Undecided>
    where
        K: Ord + Debug,
    {
        let mut processes = BTreeMap::new();
        let mut written: BTreeMap<(Key, i64), OperationId> = BTreeMap::new();
        for (id, operation) in history.iter() {
            let next = processes.len() as u32;
            let process = *processes.entry((operation.client, operation.session)).or_insert(next);
            let (outcome, returned) = match operation.outcome {
                OperationOutcome::Ok { at, .. } => (TransactionOutcome::Committed, Some(at.order)),
                OperationOutcome::Failed { at } => (TransactionOutcome::Aborted, Some(at.order)),
                OperationOutcome::Unknown => (TransactionOutcome::Unknown, None),
            };
            let steps = steps(&operation.op, operation.reply()).into_iter().map(|step| self.numbered(step));
            let steps: Vec<Numbered> = steps.collect();
            for (key, value) in steps.iter().filter_map(Numbered::written) {
                if let Some(other) = written.insert((key, value), id) {
                    let (value, key) = (&self.values[value as usize], self.transactions.name(key));
                    let (one, other) = (history.name(other), history.name(id));
                    let what = format!("{value} was written twice to {key}, by {one} and {other}");
                    return Err(Undecided::Ambiguous { what });
                }
            }
            let transaction = Transaction { process, called: operation.invoked.order, returned, outcome };
            let pushed = self.transactions.push(transaction, steps.iter().map(Numbered::micro_op));
            pushed.map_err(|error| Undecided::Unclear { what: error.to_string() })?;
        }
        Ok(())
    }

    fn numbered<K: Debug>(&mut self, step: Step<K, V>) -> Numbered {
        let mut key = |key: K| self.transactions.key(&format!("{key:?}"));
        match step {
            Step::Append { key: list, value } => Numbered::Append(key(list), self.number(value)),
            Step::Write { key: register, value } => Numbered::Write(key(register), self.number(value)),
            Step::ReadRegister { key: register, value } => {
                Numbered::ReadRegister(key(register), value.map(|value| self.number(value)))
            }
            Step::ReadList { key: list, values } => {
                Numbered::ReadList(key(list), values.into_iter().map(|value| self.number(value)).collect())
            }
        }
    }

    fn number(&mut self, value: V) -> i64 {
        let (next, shown) = (self.values.len() as i64, format!("{value:?}"));
        let number = *self.numbers.entry(value).or_insert(next);
        if number == next {
            self.values.push(shown);
        }
        number
    }
}

/// A step with numbers for its values.
enum Numbered {
    Append(Key, i64),
    ReadList(Key, Vec<i64>),
    Write(Key, i64),
    ReadRegister(Key, Option<i64>),
}

impl Numbered {
    const fn written(&self) -> Option<(Key, i64)> {
        match *self {
            Self::Append(key, value) | Self::Write(key, value) => Some((key, value)),
            Self::ReadList(..) | Self::ReadRegister(..) => None,
        }
    }

    fn micro_op(&self) -> MicroOp<'_> {
        match *self {
            Self::Append(key, value) => MicroOp::Append { key, value },
            Self::ReadList(key, ref values) => MicroOp::ReadList { key, values },
            Self::Write(key, value) => MicroOp::Write { key, value },
            Self::ReadRegister(key, value) => MicroOp::ReadRegister { key, value },
        }
    }
}
