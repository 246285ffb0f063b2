//! Any level, by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::causal::{BadPattern, CausalLevel, check_causal};
use super::linearizable::{Witness, check_linearizable, check_linearizable_registers};
use super::pattern;
use super::sequential::{SequentialWitness, check_sequential, check_sequential_registers};
use super::session::{SessionGuarantee, SessionViolation, check_session, check_sessions};
use super::{Answer, Budget, Level, PatternStep, RegisterModel, SequentialModel, TransactionWitness, Undecided};
use crate::history::{History, OperationId};

/// Shows that a history breaks a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counterexample {
    /// It is not linearizable.
    Linearizable(Witness),
    /// It is not sequential.
    Sequential(SequentialWitness),
    /// It is not causal, in one of the senses.
    Causal(BadPattern),
    /// It breaks a session guarantee.
    Session(SessionViolation),
    /// It breaks an isolation level.
    Isolation(TransactionWitness),
}

impl Counterexample {
    /// The operations that it is about, for a report to point at.
    #[must_use]
    pub fn operations(&self) -> Vec<OperationId> {
        match self {
            Self::Linearizable(witness) => {
                let conflict = witness.conflict.iter();
                let others = conflict.flat_map(|conflict| [Some(conflict.changed_by), conflict.returned_before]);
                let operations: BTreeSet<OperationId> = others.flatten().chain([witness.blocked]).collect();
                operations.into_iter().collect()
            }
            Self::Sequential(SequentialWitness::Order(order)) => order.blocked.clone(),
            Self::Sequential(SequentialWitness::Pattern(pattern)) | Self::Causal(pattern) => of_steps(&pattern.steps),
            Self::Session(violation) => of_steps(&violation.steps),
            Self::Isolation(witness) => witness.operations.clone(),
        }
    }

    /// The operation whose answer was wrong, as far as one can be named: the first that no order found
    /// goes on with, or the last answer without which its witness would be none.
    #[must_use]
    pub fn wrong_answer<O, R>(&self, history: &History<O, R>) -> Option<OperationId> {
        let answered = |id: &OperationId| history.get(*id).returned().map(|at| at.order);
        let last = |steps: &[PatternStep]| pattern::telling(steps).into_iter().max_by_key(answered);
        match self {
            Self::Linearizable(witness) => Some(witness.blocked),
            Self::Sequential(SequentialWitness::Order(order)) => {
                order.blocked.iter().copied().filter(|id| answered(id).is_some()).min_by_key(answered)
            }
            Self::Sequential(SequentialWitness::Pattern(pattern)) | Self::Causal(pattern) => last(&pattern.steps),
            Self::Session(violation) => last(&violation.steps),
            Self::Isolation(witness) => {
                witness.operations.iter().copied().filter(|id| answered(id).is_some()).max_by_key(answered)
            }
        }
    }
}

fn of_steps(steps: &[PatternStep]) -> Vec<OperationId> {
    steps.iter().map(|step| step.operation).collect()
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linearizable(witness) => witness.fmt(f),
            Self::Sequential(witness) => witness.fmt(f),
            Self::Causal(pattern) => pattern.fmt(f),
            Self::Session(violation) => violation.fmt(f),
            Self::Isolation(witness) => witness.fmt(f),
        }
    }
}

/// Decides whether `history` keeps `level` with respect to `model`.
///
/// Where reads and writes of registers alone cannot tell that a causal or session level is kept (a
/// value was written twice, an operation says more than a read or a write), an order of all
/// operations is looked for, which would show it.
pub fn check_level<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    level: Level,
    budget: Budget,
) -> Answer<Counterexample> {
    let answer = match level {
        Level::Linearizable => {
            return check_linearizable_registers(model, history, budget).map(Counterexample::Linearizable);
        }
        Level::Sequential => {
            return check_sequential_registers(model, history, budget).map(Counterexample::Sequential);
        }
        Level::Causal => causal(model, history, CausalLevel::Convergence, budget),
        Level::CausalMemory => causal(model, history, CausalLevel::Memory, budget),
        Level::WeakCausal => causal(model, history, CausalLevel::Weak, budget),
        Level::Pram => causal(model, history, CausalLevel::Pram, budget),
        Level::Session => check_sessions(|guarantee| session(model, history, guarantee)),
        Level::ReadYourWrites => session(model, history, SessionGuarantee::ReadYourWrites),
        Level::MonotonicReads => session(model, history, SessionGuarantee::MonotonicReads),
        Level::MonotonicWrites => session(model, history, SessionGuarantee::MonotonicWrites),
        Level::WritesFollowReads => session(model, history, SessionGuarantee::WritesFollowReads),
    };
    match answer {
        Answer::Unknown(Undecided::Ambiguous { .. } | Undecided::Unclear { .. })
            if has_order(model, history, budget) =>
        {
            Answer::Satisfied
        }
        answer => answer,
    }
}

/// The same for a model that is not one of registers: only orders of all operations can be told.
pub fn check_level_by_order<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    level: Level,
    budget: Budget,
) -> Answer<Counterexample> {
    match level {
        Level::Linearizable => check_linearizable(model, history, budget).map(Counterexample::Linearizable),
        Level::Sequential => check_sequential(model, history, budget).map(Counterexample::Sequential),
        _ if has_order(model, history, budget) => Answer::Satisfied,
        _ => {
            let what = format!("not sequential, and {level} is told of reads and writes of registers alone");
            Answer::Unknown(Undecided::Unclear { what })
        }
    }
}

/// Which levels the history keeps, for all levels. A level that follows from one that is kept is
/// not looked at again.
pub fn check_all_levels(
    mut check: impl FnMut(Level) -> Answer<Counterexample>,
) -> BTreeMap<Level, Answer<Counterexample>> {
    let mut answers = BTreeMap::new();
    for &level in Level::ALL {
        let is_kept =
            answers.iter().any(|(strong, answer): (&Level, &Answer<_>)| answer.is_satisfied() && strong.implies(level));
        let answer = if is_kept { Answer::Satisfied } else { check(level) };
        answers.insert(level, answer);
    }
    answers
}

/// The levels that are certainly kept and do not follow from others that are.
pub fn strongest(answers: &BTreeMap<Level, Answer<Counterexample>>) -> Vec<Level> {
    let kept = || answers.iter().filter(|(_, answer)| answer.is_satisfied()).map(|(&level, _)| level);
    kept().filter(|&weak| !kept().any(|strong| strong != weak && strong.implies(weak))).collect()
}

fn causal<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    level: CausalLevel,
    budget: Budget,
) -> Answer<Counterexample> {
    check_causal(model, history, level, budget).map(Counterexample::Causal)
}

fn session<M: RegisterModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    guarantee: SessionGuarantee,
) -> Answer<Counterexample> {
    check_session(model, history, guarantee).map(Counterexample::Session)
}

/// Whether there certainly is one order of all operations, so that every weaker level is kept.
fn has_order<M: SequentialModel>(model: &M, history: &History<M::Op, M::Reply>, budget: Budget) -> bool {
    check_sequential(model, history, budget).is_satisfied()
}
