//! Judging a history: does what the clients saw keep a consistency level?
//!
//! A level is judged against a [`SequentialModel`], which says what one client
//! alone with one perfect server would see. Deciding may take exponential time,
//! so each decision has a [`Budget`] and the [`Answer`] has three values: when
//! the budget runs out it is `Unknown`, never a guess. The budget is counted in
//! steps, not in seconds, so that the answer is the same on every machine.

mod linearizable;
mod property;
#[cfg(test)]
mod testing;

use std::fmt::Debug;
use std::hash::Hash;

pub use linearizable::{Witness, check_linearizable};
pub use property::Linearizability;

/// What the system promises to be: a state and how each operation acts on it.
///
/// All methods are functions: the same arguments always give the same result.
pub trait SequentialModel {
    /// What clients ask for. Equal operations act the same.
    type Op: Eq + Hash + Debug;
    /// What clients are told.
    type Reply: Debug;
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
    /// may not. Without a reply (`None`) any answer will do.
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

    /// Bytes that `state` owns on the heap, for [`Budget::memo_bytes`]. An
    /// estimate will do, but it must be the same on every platform.
    fn heap_bytes(&self, state: &Self::State) -> u64 {
        let _ = state;
        0
    }
}

/// The result of checking a history; `W` shows what is wrong with a bad one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<W> {
    /// The history certainly keeps the level.
    Satisfied,
    /// The history certainly breaks the level.
    Violated(W),
    /// The budget ran out before either was certain.
    Unknown {
        /// Steps spent.
        steps: u64,
    },
}

/// How much a check may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Search steps in total, each a look at one operation; with small states
    /// about ten million take a second. May be overshot by one pass over the
    /// operations in flight.
    pub steps: u64,
    /// Memory for dead ends to remember. When it is full, the search goes on
    /// without remembering more: it gets slower, not wrong.
    pub memo_bytes: u64,
}

impl Default for Budget {
    /// Ten million steps (a second or two) and 64 MiB.
    fn default() -> Self {
        Self { steps: 10_000_000, memo_bytes: 64 << 20 }
    }
}
