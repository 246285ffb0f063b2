//! The checker against the litmus table, the definition, and the other levels.

use proptest::prelude::*;

use super::super::accesses::{Accesses, Source};
use super::super::brute_force::{all_small, small_histories};
use super::super::testing::*;
use super::super::{Answer, Budget, CausalLevel, Level, check_causal, check_linearizable, litmus};
use super::schedule::{Outcome, find_order};
use super::{SequentialWitness, check_sequential, check_sequential_registers};

const MAP: Map = Map { has_keys: true, only_grows: false };
const WHOLE: Map = Map { has_keys: false, only_grows: false };

fn answer(history: &MapHistory) -> Answer<SequentialWitness> {
    check_sequential_registers(&MAP, history, Budget::default())
}

fn is_kept(answer: Answer<SequentialWitness>) -> bool {
    match answer {
        Answer::Satisfied => true,
        Answer::Violated(_) => false,
        Answer::Unknown(why) => panic!("{why}"),
    }
}

fn is_kept_by_order(map: &Map, history: &MapHistory) -> bool {
    is_kept(check_sequential(map, history, Budget::default()))
}

#[test]
fn litmus_table() {
    litmus::check_column(Level::Sequential, answer);
    litmus::check_column(Level::Sequential, |history| check_sequential(&MAP, history, Budget::default()));
}

#[test]
fn agrees_with_the_definition_on_all_small_histories() {
    let mut kept = 0;
    for small in (1..=5).flat_map(|length| all_small(length, &['x', 'y'])) {
        let history = small.history();
        let expected = small.is_sequential();
        assert_eq!(is_kept(answer(&history)), expected, "\n{history}");
        assert_eq!(is_kept_by_order(&MAP, &history), expected, "\n{history}");
        kept += u32::from(expected);
    }
    assert_eq!(kept, 27284);
}

/// Holds what small windows find against what is known.
fn check_windows(history: &MapHistory, window: usize, expected: Option<bool>) {
    let accesses = Accesses::of(&MAP, history).expect("the map is one of registers");
    let has_source = accesses.entries.iter().all(|entry| entry.read != Source::Nowhere);
    match find_order(&accesses, history, window, Budget::default()) {
        Outcome::Order if has_source => assert_ne!(expected, Some(false), "{window}\n{history}"),
        Outcome::Cycle(_) => assert_ne!(expected, Some(true), "{window}\n{history}"),
        Outcome::Order | Outcome::Open => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_definition(small in small_histories(7)) {
        let history = small.history();
        let expected = small.is_sequential();
        prop_assert_eq!(is_kept(answer(&history)), expected, "\n{}", history);
        prop_assert_eq!(is_kept_by_order(&WHOLE, &history), expected, "\n{}", history);
    }

    #[test]
    fn agrees_with_the_definition_with_overlaps_and_unknown_outcomes(turns in turns(12)) {
        let history = play(&turns);
        let expected = is_sequential_by_brute_force(&history);
        prop_assert_eq!(is_kept_by_order(&MAP, &history), expected, "\n{}", history);
        prop_assert_eq!(is_kept_by_order(&WHOLE, &history), expected, "\n{}", history);
        prop_assert_eq!(is_kept(answer(&history)), expected, "\n{}", history);
    }

    #[test]
    fn windows_agree_with_the_definition(small in small_histories(7), window in 1..8usize) {
        check_windows(&small.history(), window, Some(small.is_sequential()));
    }

    #[test]
    fn windows_agree_with_the_search(history in unsteady_histories(40), window in 1..40usize) {
        let expected = match check_sequential(&MAP, &history, Budget::default()) {
            Answer::Unknown(_) => None,
            answer => Some(is_kept(answer)),
        };
        check_windows(&history, window, expected);
    }

    #[test]
    fn lies_between_linearizable_and_causal(turns in turns(30)) {
        let history = play(&turns);
        let is_sequential = is_kept(answer(&history));
        let is_linearizable = check_linearizable(&MAP, &history, Budget::default()).is_satisfied();
        prop_assert!(is_sequential || !is_linearizable, "\n{}", history);
        for level in [CausalLevel::Convergence, CausalLevel::Memory, CausalLevel::Weak, CausalLevel::Pram] {
            let causal = check_causal(&MAP, &history, level, Budget::default());
            prop_assert!(!is_sequential || !causal.is_violated(), "{:?}: {:?}\n{}", level, causal, history);
        }
    }
}
