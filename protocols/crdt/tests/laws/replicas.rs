//! A few replicas of one object that are driven by hand, in each of the three forms.

use std::collections::BTreeMap;

use crdt::CrdtFlaw;
use crdt::specification::{Made, Specification};
use crdt::types::{At, Effect, FieldChange, Kind, MapUpdate, Object, Rga, SequenceUpdate, SetUpdate, Stamp, Update};
use parts::clocks::{CausalContext, Dot};
use parts::kv::WriteId;
use proptest::prelude::*;
use sim_core::Flaws;

/// How many there are.
pub(crate) const REPLICAS: usize = 3;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// A replica updates the object: what it does depends on the numbers and on the type.
    Update { at: usize, what: u32, which: u32 },
    /// A replica hears from another, in the way of its form.
    Hear { at: usize, from: usize },
}

/// A few steps.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let update = (0..REPLICAS, 0..8_u32, 0..3_u32).prop_map(|(at, what, which)| Step::Update { at, what, which });
    let hear = (0..REPLICAS, 0..REPLICAS).prop_map(|(at, from)| Step::Hear { at, from });
    prop::collection::vec(prop_oneof![update, hear], 1..40)
}

/// In which form the object is replicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A replica that hears from another merges its state.
    States,
    /// It merges the deltas that it lacks, the oldest first.
    Deltas,
    /// It does what it has not done, the oldest first.
    Operations,
}

/// All of them.
pub(crate) const FORMS: [Form; 3] = [Form::States, Form::Deltas, Form::Operations];

/// One replica.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) object: Object,
    pub(crate) seen: CausalContext,
    pub(crate) specified: Specification,
    time: u64,
}

/// An update, in all forms.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) made: Made,
    pub(crate) delta: Object,
    effect: Effect,
}

/// The replicas, and all updates in the order in which they were made.
#[derive(Clone, Debug)]
pub(crate) struct Replicas {
    form: Form,
    flaws: Flaws<CrdtFlaw>,
    pub(crate) all: Vec<Replica>,
    pub(crate) told: BTreeMap<Dot, Told>,
    pub(crate) order: Vec<Dot>,
}

/// What is asked of an object of this type, if anything.
pub(crate) fn update(object: &Object, what: u32, which: u32, number: u32) -> Option<Update> {
    let write = WriteId { client: which, index: number };
    let change = match what {
        0 => FieldChange::Count(which as i32 - 1),
        1 | 2 => FieldChange::Add(which),
        3 => FieldChange::Remove(which),
        _ => FieldChange::Write(write),
    };
    let set = if what < 5 { SetUpdate::Add(which) } else { SetUpdate::Remove(which) };
    Some(match object {
        Object::GCounter(_) => Update::Increment(which),
        Object::PnCounter(_) => Update::Count(what as i32 - 4),
        Object::GSet(_) => Update::Grow(what * 3 + which),
        Object::TwoPhaseSet(_) => Update::Set(match set {
            SetUpdate::Add(element) => SetUpdate::Add(element + 3 * what),
            SetUpdate::Remove(element) => SetUpdate::Remove(element + 3 * (what % 3)),
        }),
        Object::OrSet(_) => Update::Set(set),
        Object::LwwRegister(_) | Object::MvRegister(_) => Update::Write(write),
        Object::OrMap(_) if what == 7 => Update::Map(MapUpdate::Remove(which % 2)),
        Object::OrMap(_) => Update::Map(MapUpdate::Change(which % 2, change)),
        Object::Rga(sequence) => Update::Sequence(of_sequence(sequence, what, which)?),
    })
}

fn of_sequence(sequence: &Rga, what: u32, which: u32) -> Option<SequenceUpdate> {
    let present: Vec<Stamp> = sequence.present().collect();
    let place = (which as usize * 7 + what as usize) % (present.len() + 1);
    match present.get(place) {
        Some(element) if what == 7 => Some(SequenceUpdate::Delete(*element)),
        None if what == 7 => None,
        _ => Some(SequenceUpdate::Insert(place.checked_sub(1).map(|before| present[before]))),
    }
}

impl Replicas {
    pub(crate) fn new(kind: Kind, form: Form, flaws: Flaws<CrdtFlaw>) -> Self {
        let (object, specified) = (Object::new(kind), Specification::new(kind));
        let replica = Replica { object, seen: CausalContext::default(), specified, time: 0 };
        Self { form, flaws, all: vec![replica; REPLICAS], told: BTreeMap::new(), order: Vec::new() }
    }

    /// Does a step, and tells which replica has changed.
    pub(crate) fn step(&mut self, step: Step) -> usize {
        match step {
            Step::Update { at, what, which } => {
                let number = self.order.len() as u32;
                if let Some(update) = update(&self.all[at].object, what, which, number) {
                    self.update(at, update);
                }
                at
            }
            Step::Hear { at, from } => {
                self.hear(at, from);
                at
            }
        }
    }

    /// Makes an update, and tells its stamp.
    pub(crate) fn update(&mut self, at: usize, update: Update) -> Stamp {
        let replica = &mut self.all[at];
        let dot = Dot { origin: at as u64, number: replica.seen.all_up_to(at as u64) + 1 };
        let stamp = Stamp { time: replica.time + 1, dot };
        let when = At { stamp, flaws: self.flaws };
        let made = Made { stamp, kind: replica.object.kind(), update, past: replica.seen.clone() };
        let (delta, effect) = (replica.object.delta(&update, when), replica.object.prepare(&update, when));
        let told = Told { made, delta, effect };
        replica.apply(&told, self.form, self.flaws);
        self.told.insert(dot, told);
        self.order.push(dot);
        stamp
    }

    pub(crate) fn hear(&mut self, at: usize, from: usize) {
        let other = self.all[from].clone();
        let replica = &mut self.all[at];
        for dot in self.order.iter().filter(|dot| other.seen.contains(**dot)) {
            if !replica.seen.contains(*dot) {
                match self.form {
                    Form::States => replica.note(&self.told[dot].made),
                    form => replica.apply(&self.told[dot], form, self.flaws),
                }
            }
        }
        if self.form == Form::States {
            replica.object.merge(&other.object, self.flaws);
        }
    }

    /// Lets each hear from each, until all have everything.
    pub(crate) fn settle(&mut self) {
        for _ in 0..2 {
            (0..REPLICAS).for_each(|at| (0..REPLICAS).for_each(|from| self.hear(at, from)));
        }
    }
}

impl Replica {
    fn note(&mut self, made: &Made) {
        self.seen.insert(made.stamp.dot);
        self.time = self.time.max(made.stamp.time);
        self.specified.see(made);
    }

    fn apply(&mut self, told: &Told, form: Form, flaws: Flaws<CrdtFlaw>) {
        self.note(&told.made);
        match form {
            Form::States | Form::Deltas => self.object.merge(&told.delta, flaws),
            Form::Operations => self.object.effect(&told.effect, flaws),
        }
    }
}
