//! Every type gives what it is specified to give, in every form; and no flaw goes unseen.

use crdt::CrdtFlaw;
use crdt::specification::{ListOrder, Origins, Specification, check_interleaving};
use crdt::types::{Kind, SequenceUpdate, SetUpdate, Update, Value};
use parts::clocks::Dot;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sim_core::{Flaw, Flaws};

use crate::replicas::{FORMS, Form, Replicas, Step, steps};

/// Runs the steps, and tells what is wrong first.
fn wrong(kind: Kind, form: Form, flaws: Flaws<CrdtFlaw>, steps: &[Step]) -> Option<String> {
    let mut replicas = Replicas::new(kind, form, flaws);
    let mut order = ListOrder::default();
    for step in steps {
        let at = replicas.step(*step);
        let found = judge(&replicas, at, &mut order);
        if found.is_some() {
            return found;
        }
    }
    replicas.settle();
    let states_differ = replicas.all.iter().any(|replica| replica.object.value() != replicas.all[0].object.value());
    states_differ.then(|| format!("{kind:?} {form:?}: replicas that have all differ"))
}

fn judge(replicas: &Replicas, at: usize, order: &mut ListOrder) -> Option<String> {
    let replica = &replicas.all[at];
    let value = replica.object.value();
    if !replica.specified.allows(&value) {
        return Some(format!("{value:?} instead of {:?}", replica.specified.value()));
    }
    let Value::Sequence(line) = value else { return None };
    if let Err(conflict) = order.observe(line.iter().copied()) {
        return Some(format!("{conflict:?}"));
    }
    let origin = |update: Update| match update {
        Update::Sequence(SequenceUpdate::Insert(behind)) => Some(behind.map(|stamp| stamp.dot)),
        _ => None,
    };
    let made = replicas.told.iter().filter_map(|(dot, told)| Some((*dot, origin(told.made.update)?)));
    let origins: Origins = made.collect();
    check_interleaving(line, &origins).err().map(|interleaved| format!("{interleaved:?}"))
}

proptest! {
    #[test]
    fn every_type_gives_what_it_is_specified_to_give(steps in steps()) {
        for kind in Kind::ALL {
            for form in FORMS {
                prop_assert_eq!(wrong(*kind, form, Flaws::default(), &steps), None, "{:?} {:?}", kind, form);
            }
        }
    }

    /// The specification of the add-wins set, word for word: an element is in if and only if some add of it is
    /// not covered by a remove.
    #[test]
    fn an_element_is_in_iff_some_add_of_it_is_not_covered_by_a_remove(steps in steps()) {
        let mut replicas = Replicas::new(Kind::OrSet, Form::States, Flaws::default());
        steps.iter().for_each(|step| _ = replicas.step(*step));
        for replica in &replicas.all {
            let visible: Vec<_> =
                replicas.told.values().map(|told| &told.made).filter(|made| replica.seen.contains(made.stamp.dot)).collect();
            let is_covered = |add: Dot, element: u32| {
                visible.iter().any(|made| {
                    made.update == Update::Set(SetUpdate::Remove(element)) && made.past.contains(add)
                })
            };
            let is_in = |element: u32| {
                visible.iter().any(|made| {
                    made.update == Update::Set(SetUpdate::Add(element)) && !is_covered(made.stamp.dot, element)
                })
            };
            let elements = Value::Elements((0..3).filter(|element| is_in(*element)).collect());
            prop_assert_eq!(replica.specified.value(), elements);
        }
    }
}

/// A specification is the same in whatever order updates become visible.
#[test]
fn a_specification_does_not_depend_on_the_order_of_what_it_sees() {
    let mut runner = TestRunner::deterministic();
    let checked = runner.run(&steps(), |steps| {
        for kind in Kind::ALL {
            let mut replicas = Replicas::new(*kind, Form::States, Flaws::default());
            steps.iter().for_each(|step| _ = replicas.step(*step));
            replicas.settle();
            let mut turned = Specification::new(*kind);
            replicas.told.values().rev().for_each(|told| turned.see(&told.made));
            prop_assert_eq!(turned.value(), replicas.all[0].specified.value(), "{:?}", kind);
        }
        Ok(())
    });
    assert_eq!(checked, Ok(()));
}

/// Flaws of the types, and the type that each is of.
const FLAWS: &[(CrdtFlaw, Kind)] = &[
    (CrdtFlaw::DeltaWithoutTotal, Kind::GCounter),
    (CrdtFlaw::DecrementNotIdempotent, Kind::PnCounter),
    (CrdtFlaw::LargerSetWins, Kind::GSet),
    (CrdtFlaw::DropsTombstones, Kind::TwoPhaseSet),
    (CrdtFlaw::OrswotResurrect, Kind::OrSet),
    (CrdtFlaw::OneDot, Kind::OrSet),
    (CrdtFlaw::TiesByArrival, Kind::LwwRegister),
    (CrdtFlaw::OverwritesOwnOnly, Kind::MvRegister),
    (CrdtFlaw::CarriesCount, Kind::OrMap),
    (CrdtFlaw::LateInsert, Kind::Rga),
    (CrdtFlaw::UnsortableIds, Kind::Rga),
];

#[test]
fn every_flaw_of_a_type_is_seen_in_some_form() {
    for (flaw, kind) in FLAWS {
        let mut runner = TestRunner::new_with_rng(
            Config { cases: 5000, ..Config::default() },
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let found = runner.run(&steps(), |steps| {
            for form in FORMS {
                prop_assert_eq!(wrong(*kind, form, [*flaw].into(), &steps), None);
            }
            Ok(())
        });
        assert!(found.is_err(), "{} is not seen", CrdtFlaw::INFOS[flaw.index()].name);
    }
}

/// basho/riak_dt#82: an element that was removed comes back.
#[test]
fn a_removed_element_comes_back_in_eight_steps() {
    let value = |flaws: Flaws<CrdtFlaw>| {
        let mut replicas = Replicas::new(Kind::OrSet, Form::States, flaws);
        let [a, b, c] = [0, 1, 2];
        replicas.update(a, Update::Set(SetUpdate::Add(7)));
        replicas.update(b, Update::Set(SetUpdate::Add(7)));
        replicas.hear(c, a);
        replicas.update(a, Update::Set(SetUpdate::Remove(7)));
        replicas.hear(a, b);
        replicas.update(b, Update::Set(SetUpdate::Remove(7)));
        replicas.hear(a, c);
        replicas.hear(b, a);
        replicas.all[b].object.value()
    };
    assert_eq!(value(Flaws::default()), Value::Elements([].into()));
    assert_eq!(value([CrdtFlaw::OrswotResurrect].into()), Value::Elements([7].into()));
}
