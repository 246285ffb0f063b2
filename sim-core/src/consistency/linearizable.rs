//! Linearizability: every operation seems to take effect at one moment between
//! its invocation and its return (Herlihy & Wing 1990).
//!
//! The history is split into independent parts where the model has keys, and
//! an order is searched for each part. A failed operation had no effect and is
//! left out. One of unknown outcome may take effect at any time after its
//! invocation, or never; if it is a read, it tells nothing and is left out too.

mod bitset;
mod links;
mod memo;
mod operations;
mod search;
#[cfg(test)]
mod tests;
mod witness;

use std::collections::BTreeMap;

use self::search::{Found, Search};
pub use self::witness::Witness;
use super::{Answer, Budget, SequentialModel, Undecided};
use crate::history::{History, Operation, OperationId, OperationOutcome};

/// Decides whether `history` is linearizable with respect to `model`.
///
/// Parts are checked from the smallest to the largest, so that the first
/// violation found is easy to read. Each may spend its share of the steps left,
/// and leaves to the larger ones what it does not need. A violation is reported
/// even if another part could not be decided.
pub fn check_linearizable<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<Witness> {
    let parts = split(model, history);
    let mut search = Search::new(model, history, budget);
    let mut is_decided = true;
    for (part, waiting) in parts.iter().zip((1..=parts.len() as u64).rev()) {
        let share = budget.steps.saturating_sub(search.steps()) / waiting;
        match search.run(&part.operations, share) {
            Found::Order => {}
            Found::Undecided => is_decided = false,
            Found::None(obstacle) => {
                let key = part.key.as_ref().map(|key| format!("{key:?}"));
                let witness = Witness::new(model, history, key, &part.operations, obstacle);
                return Answer::Violated(witness);
            }
        }
    }
    if is_decided { Answer::Satisfied } else { Answer::Unknown(Undecided::OutOfSteps { steps: search.steps() }) }
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
    let relevant = || history.iter().filter(|(_, operation)| matters(model, operation));
    let mut by_key = BTreeMap::<M::Key, Vec<OperationId>>::new();
    for (id, operation) in relevant() {
        let Some(key) = model.key(&operation.op) else {
            let operations = relevant().map(|(id, _)| id).collect();
            return vec![Part { key: None, operations }];
        };
        by_key.entry(key).or_default().push(id);
    }
    let part = |(key, operations)| Part { key: Some(key), operations };
    let mut parts: Vec<_> = by_key.into_iter().map(part).collect();
    parts.sort_by_key(|part| part.operations.len());
    parts
}

fn matters<M: SequentialModel>(model: &M, operation: &Operation<M::Op, M::Reply>) -> bool {
    match operation.outcome {
        OperationOutcome::Ok { .. } => true,
        OperationOutcome::Failed { .. } => false,
        OperationOutcome::Unknown => !model.is_read(&operation.op, None),
    }
}
