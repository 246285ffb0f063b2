//! The checkers against the litmus table and against the definitions.

use proptest::prelude::*;

use super::super::brute_force::{all_small, small_histories};
use super::super::litmus;
use super::super::testing::*;
use super::super::{Answer, Budget, CausalLevel, check_causal};
use super::{SessionGuarantee, SessionViolation, check_session};

const MAP: Map = Map { has_keys: true, only_grows: false };

fn answer(history: &MapHistory, guarantee: SessionGuarantee) -> Answer<SessionViolation> {
    check_session(&MAP, history, guarantee)
}

fn is_kept(history: &MapHistory, guarantee: SessionGuarantee) -> bool {
    match answer(history, guarantee) {
        Answer::Satisfied => true,
        Answer::Violated(_) => false,
        Answer::Unknown(why) => panic!("{why}:\n{history}"),
    }
}

#[test]
fn litmus_table() {
    for guarantee in SessionGuarantee::ALL {
        litmus::check_column(guarantee.level(), |history| answer(history, guarantee));
    }
}

#[test]
fn agrees_with_the_definitions_on_all_small_histories() {
    let (mut kept, mut all) = ([0; 4], 0);
    for small in (1..=5).flat_map(|length| all_small(length, &['x', 'y'])) {
        let history = small.history();
        all += 1;
        for (place, guarantee) in SessionGuarantee::ALL.into_iter().enumerate() {
            let is_kept = is_kept(&history, guarantee);
            assert_eq!(is_kept, small.keeps(guarantee), "{guarantee:?}\n{history}");
            kept[place] += u32::from(is_kept);
        }
    }
    assert_eq!((kept, all), ([29628, 34196, 36506, 36418], 45756));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_definitions(small in small_histories(6)) {
        let history = small.history();
        for guarantee in SessionGuarantee::ALL {
            prop_assert_eq!(is_kept(&history, guarantee), small.keeps(guarantee), "{:?}\n{}", guarantee, history);
        }
    }

    #[test]
    fn causal_convergence_has_them_all(small in small_histories(20)) {
        let history = small.history();
        let is_causal = check_causal(&MAP, &history, CausalLevel::Convergence, Budget::default()).is_satisfied();
        let has_all = SessionGuarantee::ALL.into_iter().all(|guarantee| is_kept(&history, guarantee));
        prop_assert!(!is_causal || has_all, "\n{}", history);
    }
}
