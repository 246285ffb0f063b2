//! Sequential consistency: one order of all operations that keeps the order of each session
//! (Lamport 1979).
//!
//! Unlike linearizability it is no matter of one key after the other: each key may have an order
//! without all of them having one together. So the whole history is searched at once.
//!
//! Deciding is NP-hard even if it is known which write each read saw (Gibbons and Korach 1997). A
//! history of registers is first held against causal convergence, which is quickly told and easily
//! explained, then against the order that follows from its reads step by step (Zennou, Bouajjani,
//! Enea and Erradi, "Gradual consistency checking", CAV 2019), which refutes nearly all that is
//! wrong and tells the search most of what it would have to try.

mod search;
mod states;
#[cfg(test)]
mod tests;
mod witness;

use self::search::{Found, Search};
pub use self::witness::{NoOrder, SequentialWitness};
use super::causal::{CausalLevel, check_causal, necessary_order};
use super::{Answer, Budget, RegisterModel, SequentialModel, Undecided};
use crate::history::{History, OperationId};

/// Decides whether `history` is sequentially consistent with respect to `model`.
pub fn check_sequential<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<SequentialWitness> {
    search(model, history, &[], budget)
}

/// The same for registers, where it is much faster to tell that a history is not.
pub fn check_sequential_registers<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<SequentialWitness> {
    if let Answer::Violated(pattern) = check_causal(model, history, CausalLevel::Convergence, budget) {
        return Answer::Violated(SequentialWitness::Pattern(pattern));
    }
    match necessary_order(model, history, budget) {
        Ok(pairs) => search(model, history, &pairs, budget),
        Err(pattern) => Answer::Violated(SequentialWitness::Pattern(pattern)),
    }
}

/// Searches an order in which the first of each of these pairs comes before the second.
fn search<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    pairs: &[(OperationId, OperationId)],
    budget: Budget,
) -> Answer<SequentialWitness> {
    let mut search = Search::new(model, history, pairs, budget);
    match search.run() {
        Found::Order => Answer::Satisfied,
        Found::OutOfSteps => Answer::Unknown(Undecided::OutOfSteps { steps: search.steps() }),
        Found::OutOfMemory => Answer::Unknown(Undecided::OutOfMemory { limit_bytes: budget.bytes }),
        Found::None => Answer::Violated(SequentialWitness::Order(search.no_order())),
    }
}
