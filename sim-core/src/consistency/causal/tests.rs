//! The checker against the litmus table and against the definitions.

use proptest::prelude::*;

use super::super::accesses::Accesses;
use super::super::brute_force::{Small, all_small, small_histories};
use super::super::graph::Graph;
use super::super::litmus;
use super::super::testing::*;
use super::super::{Answer, Budget};
use super::execution::Execution;
use super::layers::Layers;
use super::saturation::{Base, find_in_session, reads_by_session};
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

/// Finds out about each session by layers and by saturation.
fn compare_layers_with_saturation(history: &MapHistory, is_memory: bool) {
    let accesses = Accesses::of(&MAP, history).expect("the map is one of registers");
    let execution = Execution::new(&accesses, history);
    let budget = Budget::default();
    let read_edges = execution.read_edges().filter(|_| is_memory);
    let common = Graph::new(execution.entries.len(), execution.session_edges().chain(read_edges));
    // Causal memory wants weak causality first.
    if is_memory && answer(history, CausalLevel::Weak).is_violated() {
        return;
    }
    let sorted = common.sorted().expect("causal order has no cycle");
    let clocks = execution.clocks(&common, &sorted, budget.bytes, &mut 0).expect("the budget suffices");
    let base = if is_memory { Base::AllReads(&clocks) } else { Base::OwnReads };
    let mut layers = Layers::new(&execution, base, &common);
    for own in reads_by_session(&execution, history).into_iter().filter(|own| own.is_in_turn) {
        let by_layers = layers.find(&own, &mut 0, budget).expect("the budget suffices").is_some();
        let by_saturation = find_in_session(&execution, &own, base, &mut 0, budget).expect("it does").is_some();
        assert_eq!(by_layers, by_saturation, "{:?}\n{history}", own.reads);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layers_find_what_saturation_does(history in unsteady_histories(60), small in small_histories(10)) {
        for history in [history, small.history()] {
            compare_layers_with_saturation(&history, true);
            compare_layers_with_saturation(&history, false);
        }
    }
}
