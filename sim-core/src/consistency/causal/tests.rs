//! The checker against the litmus table and against the definitions.

use proptest::prelude::*;

use super::super::brute_force::{Small, all_small, small_histories};
use super::super::litmus;
use super::super::testing::*;
use super::super::{Answer, Budget};
use super::{BadPattern, CausalLevel, check_causal};

const LEVELS: [CausalLevel; 4] = [CausalLevel::Convergence, CausalLevel::Memory, CausalLevel::Weak, CausalLevel::Pram];

const MAP: Map = Map { has_keys: true, only_grows: false };

fn answer(history: &MapHistory, level: CausalLevel) -> Answer<BadPattern> {
    check_causal(&MAP, history, level, Budget::default())
}

fn is_kept(history: &MapHistory, level: CausalLevel) -> bool {
    match answer(history, level) {
        Answer::Satisfied => true,
        Answer::Violated(_) => false,
        Answer::Unknown(why) => panic!("{why}:\n{history}"),
    }
}

fn is_kept_by_definition(small: &Small, level: CausalLevel) -> bool {
    match level {
        CausalLevel::Convergence => small.is_convergent(),
        CausalLevel::Memory => small.is_causal_memory(),
        CausalLevel::Weak => small.is_weakly_causal(),
        CausalLevel::Pram => small.is_pram(),
    }
}

#[test]
fn litmus_table() {
    for level in LEVELS {
        litmus::check_column(level.level(), |history| answer(history, level));
    }
}

#[test]
fn agrees_with_the_definitions_on_all_small_histories() {
    let (mut kept, mut all) = ([0; 4], 0);
    for small in (1..=5).flat_map(|length| all_small(length, &['x', 'y'])) {
        let history = small.history();
        all += 1;
        for (place, level) in LEVELS.into_iter().enumerate() {
            let is_kept = is_kept(&history, level);
            assert_eq!(is_kept, is_kept_by_definition(&small, level), "{level:?}\n{history}");
            kept[place] += u32::from(is_kept);
        }
    }
    // The table of levels, as numbers: none follows from one beside it.
    assert_eq!((kept, all), ([27324, 27366, 27444, 27450], 45756));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_definitions(small in small_histories(6)) {
        let history = small.history();
        for level in LEVELS {
            prop_assert_eq!(is_kept(&history, level), is_kept_by_definition(&small, level), "{:?}\n{}", level, history);
        }
    }
}
