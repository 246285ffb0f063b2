//! What each type is to give, by the updates that are visible and by what each of them had seen: a *sequential
//! specification with concurrency semantics* (Burckhardt, Gotsman, Yang and Zawirski, *Replicated Data Types:
//! Specification, Verification, Optimality*, POPL 2014, section 4).
//!
//! It says nothing of how replicas come to it, and shares no code with the types.

mod by_dot;
mod covered;
mod sequence;

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::{CausalContext, Dot};
use parts::kv::WriteId;

use crate::types::{FieldChange, FieldValue, Kind, MapUpdate, SequenceUpdate, SetUpdate, Stamp, Update, Value};
use covered::{Uncovered, UncoveredSet};

pub use sequence::{Interleaved, ListOrder, OrderConflict, Origins, check_interleaving};

/// An update as a specification sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Its name, and its place among concurrent ones.
    pub stamp: Stamp,
    /// The type of the object.
    pub kind: Kind,
    /// What it was.
    pub update: Update,
    /// All updates that its origin had seen.
    pub past: CausalContext,
}

/// What one object is to give with the updates that are visible.
#[derive(Clone, Debug)]
pub struct Specification(Seen);

#[derive(Clone, Debug)]
enum Seen {
    /// Of counters: the sum of all.
    Sum(i64),
    /// Of the set that only grows: all.
    Grown(BTreeSet<u32>),
    /// Of the set in which nothing comes back: by element, its adds, and what removes of it had seen.
    TwoPhase(BTreeMap<u32, (BTreeSet<Dot>, CausalContext)>),
    /// Of the set in which adds win: the adds that no remove had seen.
    AddWins(UncoveredSet),
    /// The write that no other had seen, the one with the highest stamp if there are several, and what it had
    /// seen.
    Last(Option<(Stamp, WriteId, CausalContext)>),
    /// The writes that no other had seen.
    MultiValue(Uncovered<WriteId>),
    /// By key, what no removal of the key had seen.
    Map(BTreeMap<u32, SeenField>),
    /// Elements that are there, and all that were deleted. In which order they are to stand is not up to one
    /// replica: [`ListOrder`].
    Sequence { present: BTreeSet<Dot>, deleted: BTreeSet<Dot> },
}

#[derive(Clone, Debug, Default)]
struct SeenField {
    count: Uncovered<i64>,
    elements: UncoveredSet,
    written: Uncovered<WriteId>,
}

impl Specification {
    /// Nothing is visible.
    pub fn new(kind: Kind) -> Self {
        Self(match kind {
            Kind::GCounter | Kind::PnCounter => Seen::Sum(0),
            Kind::GSet => Seen::Grown(BTreeSet::new()),
            Kind::TwoPhaseSet => Seen::TwoPhase(BTreeMap::new()),
            Kind::OrSet => Seen::AddWins(UncoveredSet::default()),
            Kind::LwwRegister => Seen::Last(None),
            Kind::MvRegister => Seen::MultiValue(Uncovered::default()),
            Kind::OrMap => Seen::Map(BTreeMap::new()),
            Kind::Rga => Seen::Sequence { present: BTreeSet::new(), deleted: BTreeSet::new() },
        })
    }

    /// One more update of this object becomes visible.
    pub fn see(&mut self, made: &Made) {
        let (dot, past) = (made.stamp.dot, &made.past);
        match (&mut self.0, made.update) {
            (Seen::Sum(sum), Update::Increment(by)) => *sum += i64::from(by),
            (Seen::Sum(sum), Update::Count(by)) => *sum += i64::from(by),
            (Seen::Grown(elements), Update::Grow(element)) => _ = elements.insert(element),
            (Seen::TwoPhase(elements), Update::Set(SetUpdate::Add(element))) => {
                elements.entry(element).or_default().0.insert(dot);
            }
            (Seen::TwoPhase(elements), Update::Set(SetUpdate::Remove(element))) => {
                elements.entry(element).or_default().1.merge(past);
            }
            (Seen::AddWins(elements), Update::Set(update)) => elements.see(dot, update, past),
            (Seen::Last(last), Update::Write(write)) => {
                let wins = last.as_ref().is_none_or(|(stamp, _, seen)| {
                    past.contains(stamp.dot) || !seen.contains(dot) && made.stamp > *stamp
                });
                if wins {
                    *last = Some((made.stamp, write, past.clone()));
                }
            }
            (Seen::MultiValue(written), Update::Write(write)) => written.replace(dot, write, past),
            (Seen::Map(fields), Update::Map(MapUpdate::Change(key, change))) => {
                fields.entry(key).or_default().see(dot, change, past);
            }
            (Seen::Map(fields), Update::Map(MapUpdate::Remove(key))) => {
                fields.entry(key).or_default().cover(past);
            }
            (Seen::Sequence { present, deleted }, Update::Sequence(SequenceUpdate::Insert(_))) => {
                if !deleted.contains(&dot) {
                    present.insert(dot);
                }
            }
            (Seen::Sequence { present, deleted }, Update::Sequence(SequenceUpdate::Delete(target))) => {
                present.remove(&target.dot);
                deleted.insert(target.dot);
            }
            (seen, update) => unreachable!("{update:?} is not for {seen:?}"),
        }
    }

    /// Whether a read may give this. Of a sequence, whether it has the right elements.
    pub fn allows(&self, value: &Value) -> bool {
        match (&self.0, value) {
            (Seen::Sequence { present, .. }, Value::Sequence(line)) => {
                let mut elements = line.clone();
                elements.sort_unstable();
                elements.iter().eq(present)
            }
            (Seen::Grown(elements), Value::Elements(found)) => elements == found,
            _ => self.value() == *value,
        }
    }

    /// What a read is to give. Of a sequence, its elements in any order.
    pub fn value(&self) -> Value {
        match &self.0 {
            Seen::Sum(sum) => Value::Count(*sum),
            Seen::Grown(elements) => Value::Elements(elements.clone()),
            Seen::TwoPhase(elements) => {
                let is_in = |(adds, seen): &(BTreeSet<Dot>, CausalContext)| {
                    !adds.is_empty() && !adds.iter().any(|add| seen.contains(*add))
                };
                let present = elements.iter().filter(|(_, element)| is_in(element));
                Value::Elements(present.map(|(element, _)| *element).collect())
            }
            Seen::AddWins(elements) => Value::Elements(elements.present()),
            Seen::Last(last) => Value::Written(last.iter().map(|(_, write, _)| *write).collect()),
            Seen::MultiValue(written) => Value::Written(written.values().copied().collect()),
            Seen::Map(fields) => {
                let present = fields.iter().filter(|(_, field)| !field.is_empty());
                Value::Fields(present.map(|(key, field)| (*key, field.value())).collect())
            }
            Seen::Sequence { present, .. } => Value::Sequence(present.iter().copied().collect()),
        }
    }
}

impl SeenField {
    fn see(&mut self, dot: Dot, change: FieldChange, past: &CausalContext) {
        match change {
            FieldChange::Count(by) => self.count.add(dot, i64::from(by)),
            FieldChange::Add(element) => self.elements.see(dot, SetUpdate::Add(element), past),
            FieldChange::Remove(element) => self.elements.see(dot, SetUpdate::Remove(element), past),
            FieldChange::Write(write) => self.written.replace(dot, write, past),
        }
    }

    fn cover(&mut self, past: &CausalContext) {
        self.count.cover(past);
        self.elements.cover(past);
        self.written.cover(past);
    }

    fn is_empty(&self) -> bool {
        self.count.is_empty() && self.elements.is_empty() && self.written.is_empty()
    }

    fn value(&self) -> FieldValue {
        FieldValue {
            count: self.count.values().sum(),
            elements: self.elements.present(),
            written: self.written.values().copied().collect(),
        }
    }
}
