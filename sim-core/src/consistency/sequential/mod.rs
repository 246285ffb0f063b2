//! Sequential consistency: one order of all operations that keeps the order of each session
//! (Lamport 1979).
//!
//! Unlike linearizability it is no matter of one key after the other: each key may have an order
//! without all of them having one together. So the whole history is searched at once.
//!
//! Deciding is NP-hard even if it is known which write each read saw (Gibbons and Korach 1997). A
//! history of registers is first held against causal convergence, which is quickly told and easily
//! explained. Then, unless one in real time is found at once, an order is looked for
//! [window by window](schedule), and where none goes on, the order that follows from the reads around
//! step by step (Zennou, Bouajjani, Enea and Erradi, "Gradual consistency checking", CAV 2019) refutes
//! nearly all that is wrong. If neither decides, the order that follows from all reads tells a search
//! most of what it would have to try.

mod closure;
mod schedule;
mod search;
mod states;
#[cfg(test)]
mod tests;
mod witness;

use std::fmt::Debug;

use self::schedule::{Outcome, WINDOW, find_order};
use self::search::{Found, Search};
pub use self::witness::{NoOrder, SequentialWitness};
use super::accesses::Accesses;
use super::causal::{BadPattern, BadPatternKind, CausalLevel, check_causal, necessary_order};
use super::graph::Path;
use super::linearizable::{check_linearizable, check_linearizable_registers};
use super::{Answer, Budget, Level, RegisterModel, SequentialModel, Undecided, pattern};
use crate::history::History;

/// Steps for each access before a search for an order in real time is put off.
const STEPS_AN_ACCESS: u64 = 8;

/// Decides whether `history` is sequentially consistent with respect to `model`.
pub fn check_sequential<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<SequentialWitness> {
    let half = Budget { steps: budget.steps / 2, ..budget };
    // An order in real time is one, and mostly found sooner.
    if check_linearizable(model, history, half).is_satisfied() {
        return Answer::Satisfied;
    }
    finish(Search::new(model, history, budget), budget)
}

/// The same for registers, where it is much faster to tell that a history is not.
pub fn check_sequential_registers<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    budget: Budget,
) -> Answer<SequentialWitness> {
    let Ok(accesses) = Accesses::of(model, history) else {
        return check_sequential(model, history, budget);
    };
    if let Answer::Violated(pattern) = check_causal(model, history, CausalLevel::Convergence, budget) {
        return Answer::Violated(SequentialWitness::Pattern(pattern));
    }
    let half = Budget { steps: budget.steps / 2, ..budget };
    let few = Budget { steps: half.steps.min(accesses.entries.len() as u64 * STEPS_AN_ACCESS), ..budget };
    // An order in real time is one, and mostly found at once if there is one.
    if check_linearizable_registers(model, history, few).is_satisfied() {
        return Answer::Satisfied;
    }
    match find_order(&accesses, history, WINDOW, half) {
        Outcome::Order if accesses.doubt(history).is_none() => return Answer::Satisfied,
        Outcome::Cycle(path) => return Answer::Violated(SequentialWitness::Pattern(cycle(&accesses, history, path))),
        Outcome::Order | Outcome::Open => {}
    }
    if check_linearizable_registers(model, history, half).is_satisfied() {
        return Answer::Satisfied;
    }
    match necessary_order(&accesses, history, budget) {
        Err(pattern) => Answer::Violated(SequentialWitness::Pattern(*pattern)),
        Ok(pairs) => {
            let mut search = Search::new(model, history, budget);
            search.tell(&accesses, &pairs);
            finish(search, budget)
        }
    }
}

/// A pattern of operations that come before one another.
fn cycle<K, O: Debug, R: Debug>(accesses: &Accesses<K>, history: &History<O, R>, path: Path) -> BadPattern {
    let steps = pattern::steps(history, |entry| accesses.entries[entry as usize].id, path, None);
    BadPattern { level: Level::Sequential, kind: BadPatternKind::CyclicSC, steps }
}

fn finish<M: SequentialModel>(mut search: Search<'_, M>, budget: Budget) -> Answer<SequentialWitness> {
    match search.run() {
        Found::Order => Answer::Satisfied,
        Found::OutOfSteps => Answer::Unknown(Undecided::OutOfSteps { steps: search.steps() }),
        Found::OutOfMemory => Answer::Unknown(Undecided::OutOfMemory { limit_bytes: budget.bytes }),
        Found::None => Answer::Violated(SequentialWitness::Order(search.no_order())),
    }
}
