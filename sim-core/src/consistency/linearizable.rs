//! Linearizability: every operation seems to take effect at one moment between
//! its invocation and its return (Herlihy & Wing 1990).
//!
//! The history is split into independent parts where the model has keys, and
//! an order is searched for each part. A failed operation had no effect and is
//! left out. One of unknown outcome may take effect at any time after its
//! invocation, or never; it is left out too if it is a read, which tells nothing,
//! or if nobody was ever told of the mark that it would have left.
//!
//! Registers whose values are each written once need no search, nor does what a model
//! [decides](SequentialModel::decide) itself.

mod bitset;
mod impossible;
mod links;
mod memo;
mod operations;
mod search;
#[cfg(test)]
mod tests;
mod witness;
mod work;
pub(super) mod zones;

use std::collections::{BTreeMap, BTreeSet};

use self::search::{Found, Search};
pub use self::witness::{Conflict, Witness};
use super::accesses::{Accesses, Source};
use super::{Answer, Budget, Decision, RegisterModel, SequentialModel, Undecided, searched};
use crate::history::{History, OperationId};

/// Steps for finding out why a few operations have no order; far more than it takes.
const STEPS_TO_EXPLAIN: u64 = 100_000;

/// Decides whether `history` is linearizable with respect to `model`.
///
/// Parts are checked from the smallest to the largest, so that the first
/// violation found is easy to read. Each may spend its share of the steps left,
/// and leaves to the others what it does not need: to the larger ones, and then again
/// to those that could not be decided. A violation is reported even if another part
/// could not be decided; the [`Witness`] names all other keys that are found to be violated.
pub fn check_linearizable<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<Witness> {
    check_parts(model, history, &split(model, history), budget, Violations::default())
}

/// The same for registers: those whose values are each written once, and which nothing reads and
/// writes at one moment, take time in proportion to their operations, but for sorting.
pub fn check_linearizable_registers<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<Witness> {
    let mut parts = split(model, history);
    let mut violations = Violations::default();
    if let Ok(accesses) = Accesses::of(model, history)
        && parts.iter().all(|part| part.key.is_some())
    {
        let is_decided = check_simple_registers(model, history, &accesses, &mut violations);
        parts.retain(|part| part.key.as_ref().is_none_or(|key| !is_decided.contains(key)));
    }
    parts.retain(|part| {
        let is_simple = part.key.is_some();
        let few = is_simple.then(|| impossible::find_impossible_read(model, history, &part.operations)).flatten();
        let witness = few.and_then(|few| explain(model, history, part, &few));
        witness.map(|witness| violations.add(witness)).is_none()
    });
    check_parts(model, history, &parts, budget, violations)
}

/// What is violated.
#[derive(Default)]
struct Violations {
    first: Option<Witness>,
    /// The keys of the others.
    other_keys: Vec<String>,
}

impl Violations {
    fn add(&mut self, witness: Witness) {
        match self.first {
            None => self.first = Some(witness),
            Some(_) => self.other_keys.extend(witness.key),
        }
    }
}

/// How much of the steps may go into other keys once a violation is found.
const SHARE_OF_OTHERS: u64 = 8;

/// Decides each part, beside what is known to be violated.
fn check_parts<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    parts: &[Part<M::Key>],
    budget: Budget,
    mut violations: Violations,
) -> Answer<Witness> {
    let mut to_search = Vec::new();
    for part in parts {
        match model.decide(history, &part.operations) {
            Decision::Open => to_search.push(part),
            Decision::Order => {}
            Decision::NoOrder(few) => match explain(model, history, part, &few) {
                Some(witness) => violations.add(witness),
                None => to_search.push(part),
            },
        }
    }
    let mut search = Search::new(model, history, budget);
    let mut limit = budget.steps;
    let mut undecided = None;
    let mut last_share = 0;
    // Whether those left get enough more than they had for another try.
    while !to_search.is_empty() && limit.saturating_sub(search.steps()) / to_search.len() as u64 >= 2 * last_share {
        let mut left = Vec::new();
        for (part, waiting) in to_search.iter().zip((1..=to_search.len() as u64).rev()) {
            if violations.first.is_some() {
                limit = limit.min(search.steps().saturating_add(budget.steps / SHARE_OF_OTHERS));
            }
            let share = limit.saturating_sub(search.steps()) / waiting;
            match search.run(&part.operations, share) {
                Found::Order => {}
                Found::OutOfSteps => {
                    last_share = last_share.max(share);
                    left.push(*part);
                }
                Found::OutOfMemory => undecided = Some(Undecided::OutOfMemory { limit_bytes: budget.bytes }),
                Found::None(obstacle) => {
                    let key = part.key.as_ref().map(|key| format!("{key:?}"));
                    violations.add(Witness::new(model, history, key, &part.operations, obstacle));
                }
            }
        }
        to_search = left;
        if last_share == 0 {
            break;
        }
    }
    if let Some(first) = violations.first {
        return Answer::Violated(first.with_other_keys(violations.other_keys));
    }
    if !to_search.is_empty() {
        undecided = Some(Undecided::OutOfSteps { steps: search.steps() });
    }
    undecided.map_or(Answer::Satisfied, Answer::Unknown)
}

/// Why a few operations of a part, known to have no order, have none. `None` if that is not found
/// out, or not so: then the whole part has to be searched.
fn explain<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    part: &Part<M::Key>,
    few: &[OperationId],
) -> Option<Witness> {
    let budget = Budget { steps: STEPS_TO_EXPLAIN, ..Budget::default() };
    let mut search = Search::new(model, history, budget);
    let obstacle = match search.run(few, budget.steps) {
        Found::Order => None,
        Found::None(obstacle) => Some(obstacle),
        // How far it came is true as well.
        Found::OutOfSteps | Found::OutOfMemory => search.obstacle(),
    };
    let key = part.key.as_ref().map(|key| format!("{key:?}"));
    let witness = Witness::new(model, history, key, few, obstacle?);
    Some(if few.len() < part.operations.len() { witness.out_of(part.operations.len()) } else { witness })
}

/// The keys of the registers that can be decided by their zones.
fn check_simple_registers<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    accesses: &Accesses<M::Key>,
    violations: &mut Violations,
) -> BTreeSet<M::Key> {
    let mut by_register = vec![Vec::new(); accesses.registers.len()];
    let mut is_simple: Vec<bool> = accesses.registers.iter().map(|register| register.doubt.is_none()).collect();
    for (number, entry) in (0..).zip(&accesses.entries) {
        by_register[entry.register as usize].push(number);
        is_simple[entry.register as usize] &= !(entry.writes && entry.read != Source::Unsaid);
    }
    let mut is_decided = BTreeSet::new();
    for ((register, entries), _) in accesses.registers.iter().zip(&by_register).zip(is_simple).filter(|(_, is)| *is) {
        match zones::find_contradiction(history, &accesses.entries, entries) {
            None => drop(is_decided.insert(register.key.clone())),
            Some(few) => {
                let operations = entries.iter().map(|&entry| accesses.entries[entry as usize].id).collect();
                let part = Part { key: Some(register.key.clone()), operations };
                if let Some(witness) = explain(model, history, &part, &few) {
                    violations.add(witness);
                    is_decided.insert(register.key.clone());
                }
            }
        }
    }
    is_decided
}

/// Operations that can be put in order independently of all others.
struct Part<K> {
    /// `None` if this is the whole history.
    key: Option<K>,
    /// In order of invocation.
    operations: Vec<OperationId>,
}

/// The operations that matter, by key if each of them has one, smallest part
/// first and parts of equal size in order of their keys.
fn split<M: SequentialModel>(model: &M, history: &History<M::Op, M::Reply>) -> Vec<Part<M::Key>> {
    let searched = searched(model, history);
    let mut by_key = BTreeMap::<M::Key, Vec<OperationId>>::new();
    for &id in &searched {
        let Some(key) = model.key(&history.get(id).op) else {
            return vec![Part { key: None, operations: searched }];
        };
        by_key.entry(key).or_default().push(id);
    }
    let part = |(key, operations)| Part { key: Some(key), operations };
    let mut parts: Vec<_> = by_key.into_iter().map(part).collect();
    parts.sort_by_key(|part| part.operations.len());
    parts
}
