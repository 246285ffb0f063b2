//! The data types, each in a file: what it is made of, and the three forms in which it can be replicated.
//!
//! | type | what a read gives | source |
//! |---|---|---|
//! | [`GCounter`] | the sum of all increments | Shapiro et al. 2011, specification 6 |
//! | [`PnCounter`] | increments minus decrements | specification 7 |
//! | [`GSet`] | all that was added | specification 11 |
//! | [`TwoPhaseSet`] | what was added and never removed | specification 12 |
//! | [`OrSet`] | what some add put in that no remove had seen | specification 15; Bieniusa et al. 2012 |
//! | [`LwwRegister`] | the write with the highest stamp | specification 8 |
//! | [`MvRegister`] | the writes that no other write had seen | specification 10 |
//! | [`OrMap`] | by key, what no removal of the key had seen | Almeida et al. 2018, section 7 |
//! | [`Rga`] | a sequence | Roh et al. 2011; Attiya et al. 2016 |

mod dots;
mod g_counter;
mod g_set;
mod lww_register;
mod mv_register;
mod object;
mod or_map;
mod or_set;
mod pn_counter;
mod rga;
mod two_phase_set;

use std::fmt::Debug;

use parts::clocks::Dot;
use serde::Serialize;
use sim_core::{Flaws, TraceHasher};

use crate::flaws::CrdtFlaw;

pub use dots::{Causal, Change, DotFun, DotMap, DotSet, DotStore, Mutate};
pub use g_counter::GCounter;
pub use g_set::GSet;
pub use lww_register::LwwRegister;
pub use mv_register::MvRegister;
pub use object::{Effect, Kind, Object, Update, Value};
pub use or_map::{Field, FieldChange, FieldValue, MapUpdate, OrMap};
pub use or_set::{OrSet, SetUpdate};
pub use pn_counter::PnCounter;
pub use rga::{Rga, SequenceUpdate};
pub use two_phase_set::TwoPhaseSet;

/// A replicated data type, in its three forms.
///
/// - *State-based*: a state is an element of a join semilattice, [`Default`] is its bottom, and
///   [`merge`](Self::merge) the join. An update merges its delta, so states only grow.
/// - *Delta-based*: [`delta`](Self::delta) gives the small state that has the effect of the update when it is
///   merged: `m(X) = X ⊔ mᵟ(X)` (Almeida, Shoker and Baquero 2018).
/// - *Operation-based*: [`prepare`](Self::prepare) looks at the state of the origin and gives what is to be
///   done everywhere, and [`effect`](Self::effect) does it. It must be done once, and after all that the
///   origin had done before: concurrent effects commute, others need not.
///
/// All three lead to equal states. The flaws that they are given are bugs to imitate: none, for the type as it
/// was published.
pub trait Crdt: Clone + Debug + Default + PartialEq + Serialize {
    /// What changes the state, in terms of the state of its origin.
    type Update;
    /// What is done everywhere, in the operation-based form.
    type Effect: Clone + Debug + PartialEq + Serialize;

    /// The delta of an update.
    fn delta(&self, update: &Self::Update, at: At) -> Self;

    /// The join: takes in all that the other state has.
    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>);

    /// What the other state lacks of this one: the smallest state with which the other's join is that with this one
    /// (Enes, Almeida, Baquero and Leitão, *Efficient Synchronization of State-based CRDTs*, ICDE 2019, section III).
    fn beyond(&self, known: &Self) -> Self;

    /// What an update does, seen from this state.
    fn prepare(&self, update: &Self::Update, at: At) -> Self::Effect;

    /// Does it.
    fn effect(&mut self, effect: &Self::Effect, flaws: Flaws<CrdtFlaw>);

    /// What a read gives.
    fn value(&self) -> Value;

    /// The same in one word, where a type can tell it without making all of that.
    fn digest(&self) -> u64 {
        digest(&self.value())
    }
}

/// A value in one word.
fn digest<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}

/// Where and when an update is made, and with which known bugs.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The update's own.
    pub stamp: Stamp,
    /// Known bugs to imitate.
    pub flaws: Flaws<CrdtFlaw>,
}

/// The place of an update in an order of all that is consistent with what can have influenced what: a
/// Lamport clock, and the name of the update where times are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Stamp {
    /// Later than that of any update that the origin had.
    pub time: u64,
    /// Which update it is.
    pub dot: Dot,
}
