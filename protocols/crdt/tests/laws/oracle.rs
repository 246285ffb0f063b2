//! The types that the published crate `crdts` has too give what that one gives.

use std::collections::{BTreeMap, BTreeSet};

use crdt::types::{FieldChange, FieldValue, Kind, MapUpdate, Object, SetUpdate, Stamp, Update, Value};
use crdts::{CmRDT, CvRDT, GCounter, GSet, LWWReg, MVReg, Map, Orswot, PNCounter};
use parts::clocks::Dot;
use parts::kv::WriteId;
use proptest::prelude::*;
use sim_core::Flaws;

use crate::replicas::{Form, REPLICAS, Replicas, Step, steps};

/// A type of `crdts`, with the updates and the values of ours.
trait Oracle: Clone + Default {
    /// Which of ours it is.
    const KIND: Kind;

    fn update(&mut self, update: Update, stamp: Stamp);

    fn merge(&mut self, other: Self);

    fn value(&self) -> Value;
}

impl Oracle for GCounter<u64> {
    const KIND: Kind = Kind::GCounter;

    fn update(&mut self, update: Update, stamp: Stamp) {
        let Update::Increment(by) = update else { unreachable!("{update:?}") };
        self.apply(self.inc_many(stamp.dot.origin, by.into()));
    }

    fn merge(&mut self, other: Self) {
        CvRDT::merge(self, other);
    }

    fn value(&self) -> Value {
        Value::Count(self.read().try_into().expect("few increments"))
    }
}

impl Oracle for PNCounter<u64> {
    const KIND: Kind = Kind::PnCounter;

    fn update(&mut self, update: Update, stamp: Stamp) {
        let Update::Count(by) = update else { unreachable!("{update:?}") };
        let (actor, amount) = (stamp.dot.origin, by.unsigned_abs().into());
        self.apply(if by >= 0 { self.inc_many(actor, amount) } else { self.dec_many(actor, amount) });
    }

    fn merge(&mut self, other: Self) {
        CvRDT::merge(self, other);
    }

    fn value(&self) -> Value {
        Value::Count(self.read().try_into().expect("few increments"))
    }
}

impl Oracle for GSet<u32> {
    const KIND: Kind = Kind::GSet;

    fn update(&mut self, update: Update, _: Stamp) {
        let Update::Grow(element) = update else { unreachable!("{update:?}") };
        self.insert(element);
    }

    fn merge(&mut self, other: Self) {
        CvRDT::merge(self, other);
    }

    fn value(&self) -> Value {
        Value::Elements(self.read())
    }
}

impl Oracle for Orswot<u32, u64> {
    const KIND: Kind = Kind::OrSet;

    fn update(&mut self, update: Update, stamp: Stamp) {
        let Update::Set(update) = update else { unreachable!("{update:?}") };
        self.apply(match update {
            SetUpdate::Add(element) => self.add(element, self.read_ctx().derive_add_ctx(stamp.dot.origin)),
            SetUpdate::Remove(element) => self.rm(element, self.contains(&element).derive_rm_ctx()),
        });
    }

    fn merge(&mut self, other: Self) {
        CvRDT::merge(self, other);
    }

    fn value(&self) -> Value {
        Value::Elements(self.read().val.into_iter().collect())
    }
}

impl Oracle for LWWReg<Option<WriteId>, Option<Stamp>> {
    const KIND: Kind = Kind::LwwRegister;

    fn update(&mut self, update: Update, stamp: Stamp) {
        let Update::Write(write) = update else { unreachable!("{update:?}") };
        LWWReg::update(self, Some(write), Some(stamp));
    }

    fn merge(&mut self, other: Self) {
        CvRDT::merge(self, other);
    }

    fn value(&self) -> Value {
        Value::Written(self.val.into_iter().collect())
    }
}

impl Oracle for MVReg<WriteId, u64> {
    const KIND: Kind = Kind::MvRegister;

    fn update(&mut self, update: Update, stamp: Stamp) {
        let Update::Write(write) = update else { unreachable!("{update:?}") };
        self.apply(self.write(write, self.read_ctx().derive_add_ctx(stamp.dot.origin)));
    }

    fn merge(&mut self, other: Self) {
        CvRDT::merge(self, other);
    }

    fn value(&self) -> Value {
        Value::Written(self.read().val.into_iter().collect())
    }
}

/// A map of sets of `crdts`.
type Sets = Map<u32, Orswot<u32, u64>, u64>;

/// What it does for an update of ours.
fn operation(map: &Sets, update: Update, stamp: Stamp) -> <Sets as CmRDT>::Op {
    let context = map.read_ctx().derive_add_ctx(stamp.dot.origin);
    match update {
        Update::Map(MapUpdate::Change(key, FieldChange::Add(element))) => {
            map.update(key, context, |set, context| set.add(element, context))
        }
        Update::Map(MapUpdate::Change(key, FieldChange::Remove(element))) => {
            map.update(key, context, |set, _| set.rm(element, set.contains(&element).derive_rm_ctx()))
        }
        Update::Map(MapUpdate::Remove(key)) => map.rm(key, map.get(&key).derive_rm_ctx()),
        update => unreachable!("{update:?}"),
    }
}

/// What a read of it gives. A key whose set is empty is none of ours.
fn sets(map: &Sets) -> Value {
    let set = |set: &Orswot<u32, u64>| -> BTreeSet<u32> { set.read().val.into_iter().collect() };
    let fields = map.iter().map(|entry| (*entry.val.0, set(entry.val.1)));
    let fields = fields.filter(|(_, elements)| !elements.is_empty());
    let field = |(key, elements)| (key, FieldValue { elements, ..FieldValue::default() });
    Value::Fields(fields.map(field).collect::<BTreeMap<_, _>>())
}

/// The map in its operation-based form: the join of `crdts` 7.3.2 keeps elements of a key that a removal of the
/// key had seen, where the other side has updated the key since.
fn check_map(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut replicas = Replicas::new(Kind::OrMap, Form::Operations, Flaws::default());
    let mut oracles = vec![Sets::default(); REPLICAS];
    let mut operations = BTreeMap::new();
    for (number, step) in (0..).zip(steps) {
        match *step {
            Step::Update { at, what, which } => {
                let update = crate::replicas::update(&replicas.all[at].object, what, which, number);
                if let Some(update) = update.filter(|update| is_of_a_set(*update)) {
                    let stamp = replicas.update(at, update);
                    let operation = operation(&oracles[at], update, stamp);
                    oracles[at].apply(operation.clone());
                    operations.insert(stamp.dot, operation);
                }
            }
            Step::Hear { at, from } => {
                let before = replicas.all[at].seen.clone();
                replicas.hear(at, from);
                let is_new = |dot: &&Dot| replicas.all[at].seen.contains(**dot) && !before.contains(**dot);
                replicas.order.iter().filter(is_new).for_each(|dot| oracles[at].apply(operations[dot].clone()));
            }
        }
        for (oracle, replica) in oracles.iter().zip(&replicas.all) {
            prop_assert_eq!(sets(oracle), replica.object.value(), "after {:?}", step);
        }
    }
    Ok(())
}

fn is_of_a_set(update: Update) -> bool {
    !matches!(update, Update::Map(MapUpdate::Change(_, FieldChange::Count(_) | FieldChange::Write(_))))
}

fn check<O: Oracle>(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut replicas = Replicas::new(O::KIND, Form::States, Flaws::default());
    let mut oracles = vec![O::default(); REPLICAS];
    for (number, step) in (0..).zip(steps) {
        match *step {
            Step::Update { at, what, which } => {
                let update = crate::replicas::update(&replicas.all[at].object, what, which, number);
                if let Some(update) = update {
                    let stamp = replicas.update(at, update);
                    oracles[at].update(update, stamp);
                }
            }
            Step::Hear { at, from } => {
                replicas.hear(at, from);
                let other = oracles[from].clone();
                oracles[at].merge(other);
            }
        }
        for (oracle, replica) in oracles.iter().zip(&replicas.all) {
            let object: &Object = &replica.object;
            prop_assert_eq!(oracle.value(), object.value(), "{:?} after {:?}", O::KIND, step);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn types_give_what_those_of_a_published_crate_give(steps in steps()) {
        check::<GCounter<u64>>(&steps)?;
        check::<PNCounter<u64>>(&steps)?;
        check::<GSet<u32>>(&steps)?;
        check::<Orswot<u32, u64>>(&steps)?;
        check::<LWWReg<Option<WriteId>, Option<Stamp>>>(&steps)?;
        check::<MVReg<WriteId, u64>>(&steps)?;
        check_map(&steps)?;
    }
}
