//! The laws of a join semilattice, of updates that only grow, and of deltas.

use crdt::types::{Kind, Object};
use proptest::prelude::*;
use sim_core::Flaws;

use crate::replicas::{FORMS, Form, Replicas, Step, steps};

fn join(first: &Object, second: &Object) -> Object {
    let mut joined = first.clone();
    joined.merge(second, Flaws::default());
    joined
}

/// States that some steps lead to.
fn states(kind: Kind, steps: &[Step]) -> Vec<Object> {
    let mut replicas = Replicas::new(kind, Form::States, Flaws::default());
    let mut states = vec![Object::new(kind)];
    for step in steps {
        let at = replicas.step(*step);
        states.push(replicas.all[at].object.clone());
    }
    states
}

proptest! {
    #[test]
    fn merging_is_commutative_associative_and_idempotent(steps in steps()) {
        for kind in Kind::ALL {
            let states = states(*kind, &steps);
            let [first, second, third] = [0, 1, 2].map(|third| &states[third * (states.len() - 1) / 2]);
            prop_assert_eq!(join(first, second), join(second, first), "{:?}", kind);
            prop_assert_eq!(join(&join(first, second), third), join(first, &join(second, third)), "{:?}", kind);
            for state in &states {
                prop_assert_eq!(&join(state, state), state, "{:?}", kind);
                prop_assert_eq!(&join(state, &Object::new(*kind)), state, "{:?}: the bottom adds nothing", kind);
            }
        }
    }

    /// A state is below another where joining it adds nothing.
    #[test]
    fn whatever_happens_to_a_replica_makes_its_state_grow(steps in steps()) {
        for kind in Kind::ALL {
            for form in FORMS {
                let mut replicas = Replicas::new(*kind, form, Flaws::default());
                for step in &steps {
                    let before = replicas.all.clone();
                    let at = replicas.step(*step);
                    let (before, after) = (&before[at].object, &replicas.all[at].object);
                    prop_assert_eq!(&join(before, after), after, "{:?} {:?} after {:?}", kind, form, step);
                }
            }
        }
    }

    /// All three forms lead to equal states.
    #[test]
    fn states_deltas_and_operations_lead_to_equal_states(steps in steps()) {
        for kind in Kind::ALL {
            let mut of_forms = FORMS.map(|form| Replicas::new(*kind, form, Flaws::default()));
            for step in &steps {
                let objects = of_forms.each_mut().map(|replicas| {
                    let at = replicas.step(*step);
                    replicas.all[at].object.clone()
                });
                prop_assert_eq!(&objects[0], &objects[1], "{:?}: states and deltas, after {:?}", kind, step);
                prop_assert_eq!(&objects[0], &objects[2], "{:?}: states and operations, after {:?}", kind, step);
            }
        }
    }

    /// What a state has beyond another is enough to come to their join, and it is nothing if it has nothing.
    #[test]
    fn what_a_state_has_beyond_another_makes_the_join(steps in steps()) {
        for kind in Kind::ALL {
            let states = states(*kind, &steps);
            for [first, second] in [[0, 1], [1, 2], [2, 0]].map(|pair| pair.map(|third| &states[third * (states.len() - 1) / 2])) {
                let new = first.beyond(second);
                prop_assert_eq!(join(second, &new), join(second, first), "{:?}", kind);
                prop_assert_eq!(join(first, &new), first.clone(), "{:?}: it is a part of the first", kind);
                prop_assert_eq!(first.beyond(first), Object::new(*kind), "{:?}", kind);
                prop_assert_eq!(new.beyond(first), Object::new(*kind), "{:?}", kind);
            }
        }
    }

    /// A digest is that of what a read gives, however it came about.
    #[test]
    fn states_are_alike_in_digest_where_they_are_in_value(steps in steps()) {
        for kind in Kind::ALL {
            let states = states(*kind, &steps);
            for (place, first) in states.iter().enumerate() {
                for second in &states[..place] {
                    let (is_alike, value) = (first.digest() == second.digest(), first.value() == second.value());
                    prop_assert_eq!(is_alike, value, "{:?}: {:?} and {:?}", kind, first, second);
                }
            }
        }
    }

    /// Deltas may be merged with each other before they are merged with a state (delta groups, Almeida et al. 2018).
    #[test]
    fn a_group_of_deltas_does_what_its_deltas_do(steps in steps()) {
        for kind in Kind::ALL {
            let mut replicas = Replicas::new(*kind, Form::Deltas, Flaws::default());
            steps.iter().for_each(|step| _ = replicas.step(*step));
            replicas.settle();
            let group = replicas.told.values().fold(Object::new(*kind), |group, told| join(&group, &told.delta));
            prop_assert_eq!(&group, &replicas.all[0].object, "{:?}", kind);
        }
    }
}
