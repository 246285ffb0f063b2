//! A map of data types.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::{CausalContext, Dot};
use parts::kv::WriteId;
use serde::{Deserialize, Serialize};
use sim_core::Flaws;

use super::dots::{Causal, DotFun, DotMap, DotSet, DotStore, Mutate};
use super::{At, SetUpdate, Value};
use crate::flaws::CrdtFlaw;

/// By key, what no removal of the key had seen: removing a key resets all of its content that was seen, and
/// updates that are concurrent with the removal survive it.
pub type OrMap = Causal<DotMap<u32, Field>>;

/// What is under a key: one of each type that can be reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Every increment by itself: a counter that adds them up could not tell which of them a removal of the key
    /// had seen.
    count: DotFun<i32>,
    elements: DotMap<u32, DotSet>,
    written: DotFun<WriteId>,
}

/// What changes a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MapUpdate {
    /// Changes what is under a key.
    Change(u32, FieldChange),
    /// Removes a key, with all that is under it.
    Remove(u32),
}

/// What changes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FieldChange {
    /// Its counter goes up by this much, or down.
    Count(i32),
    /// Its set gets this element.
    Add(u32),
    /// Its set loses this element.
    Remove(u32),
    /// Its register gets this value.
    Write(WriteId),
}

/// What is read of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldValue {
    /// Of its counter.
    pub count: i64,
    /// Of its set.
    pub elements: BTreeSet<u32>,
    /// Of its register.
    pub written: BTreeSet<WriteId>,
}

impl DotStore for Field {
    fn is_empty(&self) -> bool {
        self.count.is_empty() && self.elements.is_empty() && self.written.is_empty()
    }

    fn collect(&self, dots: &mut DotSet) {
        self.count.collect(dots);
        self.elements.collect(dots);
        self.written.collect(dots);
    }

    fn join(&mut self, seen: &CausalContext, other: &Self, seen_by_other: &CausalContext, flaws: Flaws<CrdtFlaw>) {
        self.count.join(seen, &other.count, seen_by_other, flaws);
        self.elements.join(seen, &other.elements, seen_by_other, flaws);
        self.written.join(seen, &other.written, seen_by_other, flaws);
    }

    fn beyond(&self, seen: &CausalContext) -> Self {
        Self {
            count: DotStore::beyond(&self.count, seen),
            elements: self.elements.beyond(seen),
            written: DotStore::beyond(&self.written, seen),
        }
    }

    fn remove(&mut self, dots: &DotSet) {
        DotStore::remove(&mut self.count, dots);
        self.elements.remove(dots);
        DotStore::remove(&mut self.written, dots);
    }

    fn add(&mut self, other: &Self) {
        self.count.add(&other.count);
        self.elements.add(&other.elements);
        self.written.add(&other.written);
    }
}

impl Field {
    fn change(&self, change: FieldChange, at: At) -> (Self, DotSet) {
        let nothing = Self::default();
        let of_set = |update| {
            let (elements, removes) = self.elements.change(&update, at);
            (Self { elements, ..Self::default() }, removes)
        };
        match change {
            FieldChange::Count(by) if at.flaws.has(CrdtFlaw::CarriesCount) => {
                let is_own = |dot: &&Dot| dot.origin == at.stamp.dot.origin;
                let own: DotSet = self.count.keys().filter(is_own).copied().collect();
                let total = own.iter().map(|dot| self.count[dot]).fold(by, i32::saturating_add);
                (Self { count: [(at.stamp.dot, total)].into(), ..nothing }, own)
            }
            FieldChange::Count(by) => (Self { count: [(at.stamp.dot, by)].into(), ..nothing }, DotSet::new()),
            FieldChange::Add(element) => of_set(SetUpdate::Add(element)),
            FieldChange::Remove(element) => of_set(SetUpdate::Remove(element)),
            FieldChange::Write(write) => {
                let (written, removes) = self.written.change(&write, at);
                (Self { written, ..nothing }, removes)
            }
        }
    }

    fn value(&self) -> FieldValue {
        FieldValue {
            count: self.count.values().copied().map(i64::from).sum(),
            elements: self.elements.0.keys().copied().collect(),
            written: self.written.values().copied().collect(),
        }
    }
}

impl Mutate for DotMap<u32, Field> {
    type Update = MapUpdate;

    fn change(&self, update: &MapUpdate, at: At) -> (Self, DotSet) {
        let (MapUpdate::Change(key, _) | MapUpdate::Remove(key)) = *update;
        match (update, self.0.get(&key)) {
            (MapUpdate::Change(_, change), field) => {
                let (adds, removes) = field.unwrap_or(&Field::default()).change(*change, at);
                let adds = (!adds.is_empty()).then_some((key, adds));
                (Self(adds.into_iter().collect()), removes)
            }
            (MapUpdate::Remove(_), field) => {
                let mut removes = DotSet::new();
                field.iter().for_each(|field| field.collect(&mut removes));
                (Self::default(), removes)
            }
        }
    }

    fn value(&self) -> Value {
        let fields: BTreeMap<u32, FieldValue> = self.0.iter().map(|(key, field)| (*key, field.value())).collect();
        Value::Fields(fields)
    }
}
