//! An object of any of the types, for what does not care which.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;
use parts::kv::WriteId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Flaws;

use super::{
    At, Crdt, FieldValue, GCounter, GSet, LwwRegister, MapUpdate, MvRegister, OrMap, OrSet, PnCounter, Rga,
    SequenceUpdate, SetUpdate, TwoPhaseSet,
};
use crate::flaws::CrdtFlaw;

/// What changes an object, in terms of the state of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Update {
    /// A G-Counter goes up.
    Increment(u32),
    /// A PN-Counter goes up or down.
    Count(i32),
    /// A G-Set gets an element.
    Grow(u32),
    /// A set gets an element or loses one.
    Set(SetUpdate),
    /// A register gets a value.
    Write(WriteId),
    /// A map changes.
    Map(MapUpdate),
    /// A sequence changes.
    Sequence(SequenceUpdate),
}

/// What a read of an object gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Value {
    /// Of a counter.
    Count(i64),
    /// Of a set.
    Elements(BTreeSet<u32>),
    /// Of a register: more than one where writes were concurrent and none wins.
    Written(BTreeSet<WriteId>),
    /// Of a map.
    Fields(BTreeMap<u32, FieldValue>),
    /// Of a sequence: the updates that inserted its elements, in their order.
    Sequence(Vec<Dot>),
}

/// Declares the enums that have a variant for each type, each with the kind of update that it takes.
macro_rules! objects {
    ($( $(#[doc = $doc:literal])+ $kind:ident: $update:ident, )*) => {
        /// The types.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind {
            $( $(#[doc = $doc])+ $kind, )*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];
        }

        /// An object of one of the types.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub enum Object {
            $( $(#[doc = $doc])+ $kind($kind), )*
        }

        /// What an update does everywhere, in the operation-based form.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub enum Effect {
            $( $(#[doc = $doc])+ $kind(<$kind as Crdt>::Effect), )*
        }

        impl Object {
            /// One to which nothing has happened.
            pub fn new(kind: Kind) -> Self {
                match kind { $( Kind::$kind => Self::$kind($kind::default()), )* }
            }

            /// Its type.
            pub const fn kind(&self) -> Kind {
                match self { $( Self::$kind(_) => Kind::$kind, )* }
            }

            /// [`Crdt::delta`].
            pub fn delta(&self, update: &Update, at: At) -> Self {
                match (self, update) {
                    $( (Self::$kind(object), Update::$update(update)) => Self::$kind(object.delta(update, at)), )*
                    _ => Self::mixed_up(self.kind(), update),
                }
            }

            /// [`Crdt::merge`].
            pub fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
                match (self, other) {
                    $( (Self::$kind(object), Self::$kind(other)) => object.merge(other, flaws), )*
                    (object, other) => Self::mixed_up(object.kind(), &other.kind()),
                }
            }

            /// [`Crdt::beyond`].
            pub fn beyond(&self, known: &Self) -> Self {
                match (self, known) {
                    $( (Self::$kind(object), Self::$kind(known)) => Self::$kind(object.beyond(known)), )*
                    (object, known) => Self::mixed_up(object.kind(), &known.kind()),
                }
            }

            /// [`Crdt::prepare`].
            pub fn prepare(&self, update: &Update, at: At) -> Effect {
                match (self, update) {
                    $( (Self::$kind(object), Update::$update(update)) => Effect::$kind(object.prepare(update, at)), )*
                    _ => Self::mixed_up(self.kind(), update),
                }
            }

            /// [`Crdt::effect`].
            pub fn effect(&mut self, effect: &Effect, flaws: Flaws<CrdtFlaw>) {
                match (self, effect) {
                    $( (Self::$kind(object), Effect::$kind(effect)) => object.effect(effect, flaws), )*
                    (object, effect) => Self::mixed_up(object.kind(), effect),
                }
            }

            /// [`Crdt::value`].
            pub fn value(&self) -> Value {
                match self { $( Self::$kind(object) => object.value(), )* }
            }

            /// [`Crdt::digest`].
            pub fn digest(&self) -> u64 {
                match self { $( Self::$kind(object) => object.digest(), )* }
            }
        }

        impl Effect {
            /// Of which type.
            pub const fn kind(&self) -> Kind {
                match self { $( Self::$kind(_) => Kind::$kind, )* }
            }
        }
    };
}

objects! {
    /// A counter that only grows.
    GCounter: Increment,
    /// A counter that goes up and down.
    PnCounter: Count,
    /// A set that only grows.
    GSet: Grow,
    /// A set in which what was removed never comes back.
    TwoPhaseSet: Set,
    /// A set in which an add wins over a concurrent remove.
    OrSet: Set,
    /// A register in which the last writer wins.
    LwwRegister: Write,
    /// A register that keeps what was written concurrently.
    MvRegister: Write,
    /// A map of data types.
    OrMap: Map,
    /// A sequence.
    Rga: Sequence,
}

impl Object {
    /// Updates are made for the object that they are given to.
    #[cold]
    fn mixed_up<T>(kind: Kind, what: &impl std::fmt::Debug) -> T {
        unreachable!("{what:?} is not for {kind:?}")
    }
}
