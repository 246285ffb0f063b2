//! Small random histories, some right and many nearly so.

use std::collections::BTreeMap;

use sim_core::SimRng;
use sim_core::consistency::isolation::{Key, MicroOp, Transaction, TransactionHistory, TransactionOutcome};

/// What the keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Lists,
    Registers,
}

/// A micro-operation of its own, without the history it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SmallOp {
    Append(u32, i64),
    ReadList(u32, Vec<i64>),
    Write(u32, i64),
    ReadRegister(u32, Option<i64>),
}

/// A transaction of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Small {
    pub(crate) transaction: Transaction,
    pub(crate) ops: Vec<SmallOp>,
}

const NAMES: [&str; 4] = ["x", "y", "z", "w"];

/// The history of these transactions.
pub(crate) fn history_of(transactions: &[Small]) -> TransactionHistory {
    let mut history = TransactionHistory::new();
    let keys: Vec<Key> = NAMES.iter().map(|name| history.key(name)).collect();
    for small in transactions {
        let op = |op: &'_ SmallOp| match *op {
            SmallOp::Append(key, value) => (key, Some(value), None, None),
            SmallOp::Write(key, value) => (key, None, Some(value), None),
            SmallOp::ReadRegister(key, value) => (key, None, None, Some(value)),
            SmallOp::ReadList(key, _) => (key, None, None, None),
        };
        let ops = small.ops.iter().map(|small| match (op(small), small) {
            (_, SmallOp::ReadList(key, values)) => MicroOp::ReadList { key: keys[*key as usize], values },
            ((key, Some(value), ..), _) => MicroOp::Append { key: keys[key as usize], value },
            ((key, _, Some(value), _), _) => MicroOp::Write { key: keys[key as usize], value },
            ((key, .., value), _) => MicroOp::ReadRegister { key: keys[key as usize], value: value.flatten() },
        });
        history.push(small.transaction, ops).expect("it fits");
    }
    history
}

/// A history of up to `most` transactions on two keys.
pub(crate) fn transactions(kind: Kind, seed: u64, most: u64) -> Vec<Small> {
    let mut rng = SimRng::new(seed, kind as u64);
    let count = rng.between(2, most) as usize;
    let mut transactions = planned(kind, count, &mut rng);
    let mut order: Vec<usize> = (0..count).collect();
    if rng.below(2) == 0 {
        order.sort_by_key(|&index| {
            let Transaction { called, returned, .. } = transactions[index].transaction;
            called + returned.unwrap_or(called + 64)
        });
    } else {
        rng.shuffle(&mut order);
    }
    let disorder = rng.below(8);
    execute(&mut transactions, &order, disorder, &mut rng);
    transactions
}

/// Transactions that have not read anything yet.
fn planned(kind: Kind, count: usize, rng: &mut SimRng) -> Vec<Small> {
    let mut free = BTreeMap::<u32, u64>::new();
    let mut value = 0;
    let processes = rng.between(1, 4);
    let mut one = |index: usize| {
        let process = rng.below(processes) as u32;
        let called = free.get(&process).copied().unwrap_or_default() + 1 + rng.below(3);
        let ended = called + 1 + rng.below(5);
        free.insert(process, ended);
        let outcome = match rng.below(12) {
            0 => TransactionOutcome::Aborted,
            1 | 2 => TransactionOutcome::Unknown,
            _ => TransactionOutcome::Committed,
        };
        let at = |time: u64, side: u64| time * 64 + 2 * index as u64 + side;
        let returned = (outcome != TransactionOutcome::Unknown).then(|| at(ended, 1));
        let transaction = Transaction { process, called: at(called, 0), returned, outcome };
        let length = rng.between(1, 3);
        let op = |_| {
            let key = rng.below(2) as u32;
            let is_write = rng.below(2) == 0;
            value += i64::from(is_write);
            match (kind, is_write) {
                (Kind::Lists, true) => SmallOp::Append(key, value),
                (Kind::Lists, false) => SmallOp::ReadList(key, Vec::new()),
                (Kind::Registers, true) => SmallOp::Write(key, value),
                (Kind::Registers, false) => SmallOp::ReadRegister(key, None),
            }
        };
        Small { transaction, ops: (0..length).map(op).collect() }
    };
    (0..count).map(&mut one).collect()
}

/// What a key holds: all of a list, or the last of what a register was written.
type State = BTreeMap<u32, Vec<i64>>;

/// Lets them read what they would have read in this order, some of them from older snapshots, and
/// sometimes something else.
fn execute(transactions: &mut [Small], order: &[usize], disorder: u64, rng: &mut SimRng) {
    let mut states = vec![State::new()];
    for &index in order {
        let takes_effect = match transactions[index].transaction.outcome {
            TransactionOutcome::Committed => true,
            TransactionOutcome::Unknown => rng.below(2) == 0,
            TransactionOutcome::Aborted => rng.below(20) == 0,
        };
        let old = if rng.below(8) < disorder { rng.below(3).min(states.len() as u64 - 1) as usize } else { 0 };
        let mut seen = states[states.len() - 1 - old].clone();
        let mut next = states[states.len() - 1].clone();
        for op in &mut transactions[index].ops {
            let is_wrong = rng.below(32) < disorder;
            let other = &states[rng.below(states.len() as u64) as usize];
            let read = if is_wrong { other } else { &seen };
            match op {
                SmallOp::Append(key, value) | SmallOp::Write(key, value) => {
                    seen.entry(*key).or_default().push(*value);
                    next.entry(*key).or_default().push(*value);
                }
                SmallOp::ReadList(key, values) => *values = read.get(key).cloned().unwrap_or_default(),
                SmallOp::ReadRegister(key, value) => *value = read.get(key).and_then(|all| all.last().copied()),
            }
        }
        if takes_effect {
            states.push(next);
        }
    }
}
