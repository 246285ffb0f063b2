//! Judging a history: which consistency levels does what the clients saw keep?
//!
//! A [`Level`] is judged against a [`SequentialModel`], which says what one client alone with one
//! perfect server would see; ready-made ones are in [`models`]. The causal and session levels want
//! to know which write each read saw, which a [`RegisterModel`] tells. Deciding may take
//! exponential time, so each decision has a [`Budget`] and the [`Answer`] has three values: when
//! the budget runs out it is `Unknown`, never a guess. The budget is counted in steps and bytes,
//! not in seconds, so that the answer is the same on every machine.
//!
//! | level | decided by | wants |
//! |---|---|---|
//! | linearizable | [`check_linearizable`], [`check_linearizable_registers`] | any model; registers may be faster |
//! | sequential | [`check_sequential`], [`check_sequential_registers`] | any model; registers are much faster |
//! | causal, in three senses, and PRAM | [`check_causal`] | registers, no value written twice |
//! | the four session guarantees | [`check_session`] | registers, no value written twice |
//! | all four of them | [`check_sessions`] | what tells of each |
//! | the same, by what the system knows | [`check_session_facts`] | registers, and facts about them |
//! | any of them by name | [`check_level`], [`models::ModelKind::check`] | |
//! | the isolation levels of [`isolation`] | [`check_transactions`] | operations that are transactions |
//!
//! Transactions have levels of their own: see [`isolation`].
//!
//! What replicas and the messages between them promise is no matter of a history of clients:
//! [`Convergence`], [`StrongConvergence`], [`check_durability`]; [`check_delivery`].
//!
//! **Sessions.** The session of an operation is its client together with its session number. Of
//! two operations of a session the first comes before the other in *session order* if it returned
//! before the other was invoked; those that overlap are unordered. So an operation of unknown
//! outcome comes after those before it and before nothing.

mod accesses;
mod answer;
#[cfg(test)]
mod brute_force;
pub(crate) mod by_name;
mod causal;
mod check;
mod delivery;
mod eventual;
mod facts;
mod graph;
mod hash;
pub mod isolation;
mod level;
mod linearizable;
mod lines;
#[cfg(test)]
mod litmus;
pub mod models;
mod pattern;
mod reads;
mod register;
mod sequential;
mod session;
mod sessions;
mod spent;
#[cfg(test)]
mod testing;
mod transactions;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

pub use answer::{Answer, Budget, Undecided};
pub use causal::{BadPattern, BadPatternKind, CausalLevel, check_causal};
pub use check::{Counterexample, check_all_levels, check_level, check_level_by_order, strongest};
pub use delivery::{
    DeliveryEvent, DeliveryGuarantee, DeliveryGuaranteeError, DeliveryLog, DeliveryViolation, DeliveryViolationKind,
    Group, check_delivery,
};
pub use eventual::{Convergence, Divergence, LostUpdate, StrongConvergence, Unlike, check_durability};
pub use facts::{Arbitration, Facts, Version, VisibleSet, WhiteBox};
pub use level::{Level, LevelError};
pub use linearizable::{Conflict, Witness, check_linearizable, check_linearizable_registers};
pub use pattern::{Link, PatternStep};
pub use reads::{Reads, reads_of};
pub use register::{Access, RegisterModel};
pub use sequential::{NoOrder, SequentialWitness, check_sequential, check_sequential_registers};
pub use session::{
    SessionGuarantee, SessionViolation, SessionViolationKind, check_session, check_session_facts, check_sessions,
};
pub use spent::{Spent, measured};
pub use transactions::{Step, TransactionWitness, check_isolation_by_order, check_totals, check_transactions};

use crate::history::{History, Operation, OperationId, OperationOutcome};

/// What the system promises to be: a state and how each operation acts on it.
///
/// All methods are functions: the same arguments always give the same result.
pub trait SequentialModel {
    /// What clients ask for. Equal operations act the same.
    type Op: Eq + Hash + Debug;
    /// What clients are told.
    type Reply: PartialEq + Debug;
    /// Everything later replies may depend on. The search keeps one state for
    /// each operation in place, so a large state should share its parts
    /// (`Rc`) to be cheap to clone.
    type State: Clone + Eq + Hash + Debug;
    /// Names an independent part of the state, see [`Self::key`].
    type Key: Ord + Clone + Debug;

    /// The state before the first operation. Each part named by a key is
    /// checked on its own, starting from this state.
    fn initial(&self) -> Self::State;

    /// The state after `op`, if in `state` it may answer `reply`; `None` if it
    /// may not. Without a reply (`None`) any answer will do, and the state after is the one that it
    /// would be with the right reply.
    fn apply(&self, state: &Self::State, op: &Self::Op, reply: Option<&Self::Reply>) -> Option<Self::State>;

    /// The part of the state that `op` reads and writes; `None` if it may touch all of it.
    ///
    /// A history in which every operation has a key is linearizable exactly if
    /// its operations of each key are (Herlihy & Wing 1990, locality; Horn &
    /// Kroening 2015, P-compositionality), which is far cheaper to decide.
    fn key(&self, op: &Self::Op) -> Option<Self::Key>;

    /// Whether `op` with `reply` never changes any state: for every state,
    /// [`Self::apply`] gives `None` or that same state.
    ///
    /// Saying `true` speeds the search up a great deal; `false` is always
    /// allowed. It is asked with the reply because that may decide it, as for
    /// a compare-and-swap that reports failure.
    fn is_read(&self, op: &Self::Op, reply: Option<&Self::Reply>) -> bool {
        let _ = (op, reply);
        false
    }

    /// Whether no operations at all, none included, can lead from `state` to
    /// one in which the read `op` may answer `reply`; `false` is always allowed.
    ///
    /// Say so where states remember how they came about: an append-only list
    /// rules out every reading that does not begin with it. Without, a search
    /// that puts two appends into the wrong order notices it only after all
    /// orders of what comes next.
    fn rules_out(&self, state: &Self::State, op: &Self::Op, reply: &Self::Reply) -> bool {
        let _ = (state, op, reply);
        false
    }

    /// The state after `op` if it takes effect, whatever was before: `op` overwrites everything.
    /// `None`, which is always allowed, if that depends on the state before.
    ///
    /// Together with [`Self::needs_overwriting`] this tells the search which operations a read may
    /// still get its reply from.
    fn overwrites(&self, op: &Self::Op) -> Option<Self::State> {
        let _ = op;
        None
    }

    /// Whether no operations but such as [overwrite](Self::overwrites) everything, none included, can
    /// lead from `state` to one in which the read `op` may answer `reply`; `false` is always allowed.
    fn needs_overwriting(&self, state: &Self::State, op: &Self::Op, reply: &Self::Reply) -> bool {
        self.rules_out(state, op, reply)
    }

    /// The mark that `op` leaves in the state if it takes effect; `None`, which is always allowed, if
    /// it leaves none.
    ///
    /// A mark promises this: if no operation of a history [names](Self::name_marks) it, then an order
    /// without `op` is permitted wherever the same order with it is. So it is where each write has a
    /// value of its own, and whatever depends on the state tells all of it. An operation of unknown
    /// outcome whose mark nobody names is then left out of the search, which would otherwise try it
    /// in every place.
    fn mark(&self, op: &Self::Op) -> Option<u64> {
        let _ = op;
        None
    }

    /// Hands the marks to `name` that `op` with `reply` names: that it was told of, or asks for.
    fn name_marks(&self, op: &Self::Op, reply: Option<&Self::Reply>, name: &mut dyn FnMut(u64)) {
        let _ = (op, reply, name);
    }

    /// Decides without a search whether operations of one key, given in order of invocation and none
    /// of them failed, are linearizable: all of them with a reply, and any choice of the others.
    /// [`Decision::Open`] is always allowed. Reads of unknown outcome are left out beforehand.
    fn decide(&self, history: &History<Self::Op, Self::Reply>, operations: &[OperationId]) -> Decision {
        let _ = (history, operations);
        Decision::Open
    }

    /// How long [`Self::apply`] takes beyond what it takes at least, in units of some ten nanoseconds:
    /// where it compares or copies something long. It counts against [`Budget::steps`]; an estimate
    /// will do, but it must be the same on every platform.
    fn effort(&self, state: &Self::State, op: &Self::Op, reply: Option<&Self::Reply>) -> u64 {
        let _ = (state, op, reply);
        0
    }

    /// Bytes that `state` owns on the heap, for [`Budget::bytes`]. An
    /// estimate will do, but it must be the same on every platform.
    fn heap_bytes(&self, state: &Self::State) -> u64 {
        let _ = state;
        0
    }
}

/// What a model knows of the linearizability of some operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: an order has to be searched.
    Open,
    /// There is an order.
    Order,
    /// There is none, not even of these few of the operations, in order of invocation.
    NoOrder(Vec<OperationId>),
}

/// The operations that an order is searched for, in order of invocation: those that
/// [matter](matters), but for those of unknown outcome whose mark nobody names.
fn searched<M: SequentialModel>(model: &M, history: &History<M::Op, M::Reply>) -> Vec<OperationId> {
    let matter = || history.iter().filter(|(_, operation)| matters(model, operation));
    let mark_of_unknown = |operation: &Operation<M::Op, M::Reply>| match operation.outcome {
        OperationOutcome::Unknown => model.mark(&operation.op),
        _ => None,
    };
    let mut unnamed: BTreeSet<u64> = matter().filter_map(|(_, operation)| mark_of_unknown(operation)).collect();
    if !unnamed.is_empty() {
        for (_, operation) in matter() {
            model.name_marks(&operation.op, operation.reply(), &mut |mark| {
                unnamed.remove(&mark);
            });
        }
    }
    let is_named = |operation| mark_of_unknown(operation).is_none_or(|mark| !unnamed.contains(&mark));
    matter().filter(|(_, operation)| is_named(operation)).map(|(id, _)| id).collect()
}

/// Whether an operation has to be placed in an order, or may have to be: not if it failed, nor if
/// it is a read of which nothing is known.
fn matters<M: SequentialModel>(model: &M, operation: &Operation<M::Op, M::Reply>) -> bool {
    match operation.outcome {
        OperationOutcome::Ok { .. } => true,
        OperationOutcome::Failed { .. } => false,
        OperationOutcome::Unknown => !model.is_read(&operation.op, None),
    }
}
