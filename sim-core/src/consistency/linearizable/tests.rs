//! The checker against the definition, the litmus table, and laws that hold of every history.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::super::testing::*;
use super::super::{Answer, Budget, Level, Undecided, litmus};
use super::{Witness, check_linearizable, check_linearizable_registers};
use crate::history::{History, OperationId};

const SPLIT: Map = Map { has_keys: true, only_grows: false };
const WHOLE: Map = Map { has_keys: false, only_grows: false };
const GROWING: Map = Map { has_keys: true, only_grows: true };

fn answer(model: &Map, history: &MapHistory) -> Answer<Witness> {
    check_linearizable(model, history, Budget::default())
}

fn is_good(history: &MapHistory) -> bool {
    match answer(&SPLIT, history) {
        Answer::Satisfied => true,
        Answer::Violated(_) => false,
        Answer::Unknown(why) => panic!("{why}:\n{history}"),
    }
}

fn unknown(call: Call) -> Call {
    Call(call.0, call.1, None, call.3)
}

#[test]
fn litmus_table() {
    litmus::check_column(Level::Linearizable, |history| answer(&SPLIT, history));
    litmus::check_column(Level::Linearizable, |history| answer(&WHOLE, history));
    litmus::check_column(Level::Linearizable, |history| {
        check_linearizable_registers(&SPLIT, history, Budget::default())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_definition(turns in turns(12)) {
        let history = play(&turns);
        prop_assert_eq!(is_good(&history), is_linearizable_by_brute_force(&history), "\n{}", history);
    }

    #[test]
    fn zones_agree_with_the_search(turns in unique_turns(24)) {
        let history = play(&turns);
        let by_zones = check_linearizable_registers(&SPLIT, &history, Budget::default());
        prop_assert_eq!(by_zones.is_satisfied(), is_good(&history), "{:?}\n{}", by_zones, history);
        prop_assert_eq!(by_zones.is_violated(), !is_good(&history), "\n{}", history);
    }

    #[test]
    fn registers_agree_with_the_search(turns in turns(20)) {
        let history = play(&turns);
        let of_registers = check_linearizable_registers(&SPLIT, &history, Budget::default());
        prop_assert_eq!(of_registers.is_satisfied(), is_good(&history), "{:?}\n{}", of_registers, history);
        prop_assert_eq!(of_registers.is_violated(), !is_good(&history), "\n{}", history);
    }

    #[test]
    fn foresight_changes_no_answer(turns in growing_turns(13)) {
        let history = play(&turns);
        let is_good = answer(&GROWING, &history) == Answer::Satisfied;
        prop_assert_eq!(is_good, is_linearizable_by_brute_force(&history), "\n{}", history);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_keys_together_or_one_by_one(turns in turns(40)) {
        let history = play(&turns);
        prop_assert_eq!(is_good(&history), answer(&WHOLE, &history) == Answer::Satisfied, "\n{}", history);
    }

    #[test]
    fn memory_changes_no_answer(turns in turns(20)) {
        let history = play(&turns);
        let forgetful = Budget { bytes: 0, ..Budget::default() };
        prop_assert_eq!(answer(&WHOLE, &history), check_linearizable(&WHOLE, &history, forgetful), "\n{}", history);
    }

    #[test]
    fn a_small_budget_never_guesses(turns in turns(30), steps in 0..100u64) {
        let history = play(&turns);
        let small = check_linearizable(&SPLIT, &history, Budget { steps, ..Budget::default() });
        match small {
            Answer::Unknown(_) => {}
            Answer::Satisfied => prop_assert!(is_good(&history), "\n{}", history),
            Answer::Violated(_) => prop_assert!(!is_good(&history), "\n{}", history),
        }
    }

    #[test]
    fn bad_stays_bad_in_the_future(turns in turns(30), cut in 0..30usize) {
        let (past, all) = (play(&turns[..cut.min(turns.len())]), play(&turns));
        prop_assert!(is_good(&past) || !is_good(&all), "\n{}", all);
    }

    #[test]
    fn good_stays_good_without_a_read(turns in turns(30), dropped in 0..15usize) {
        let history = play(&turns);
        let is_dropped = |id| matches!(history.get(id).op.action, Action::Read) && id.index() == dropped;
        let fewer = remade(&history, |client| client, |id| !is_dropped(id));
        prop_assert!(is_good(&fewer) || !is_good(&history), "\n{}", history);
    }

    #[test]
    fn clients_have_no_rank(turns in turns(30)) {
        let history = play(&turns);
        let renamed = remade(&history, |client| 7 - client, |_| true);
        prop_assert_eq!(is_good(&history), is_good(&renamed), "\n{}", history);
    }
}

/// Visits all histories of so many more calls and returns by up to three clients of one register,
/// up to the names of clients and values. Reads return the initial value or one that somebody has
/// begun to write; what has not returned by the end is of unknown outcome.
fn visit_all(
    history: &MapHistory,
    busy: &mut Vec<Option<OperationId>>,
    left: usize,
    visit: &mut dyn FnMut(&MapHistory),
) {
    if left == 0 {
        return visit(history);
    }
    let time = left as u64;
    for client in 0..(busy.len() + 1).min(3) {
        let is_new = client == busy.len();
        if is_new {
            busy.push(None);
        }
        let was = busy[client];
        let mut goes_on = |grown: MapHistory, now| {
            busy[client] = now;
            visit_all(&grown, busy, left - 1, visit);
        };
        let begun =
            |history: &MapHistory| (1..=history.len() as u8).filter(|&i| is_write(history, i)).collect::<Vec<_>>();
        match was {
            None => {
                for action in [Action::Read, Action::Write(history.len() as u8 + 1)] {
                    let mut grown = history.clone();
                    let id = grown.invoke(client as u32, 0, Op { key: 'x', action }, 100 - time);
                    goes_on(grown, Some(id));
                }
            }
            Some(id) if history.get(id).op.action == Action::Read => {
                for value in [0].into_iter().chain(begun(history)) {
                    let mut grown = history.clone();
                    grown.ok(id, Reply::Value(vec![value]), 100 - time);
                    goes_on(grown, None);
                }
            }
            Some(id) => {
                let mut grown = history.clone();
                grown.ok(id, Reply::Done, 100 - time);
                goes_on(grown, None);
            }
        }
        busy[client] = was;
        if is_new {
            busy.pop();
        }
    }
}

/// Whether somebody has begun to write `value`.
fn is_write(history: &MapHistory, value: u8) -> bool {
    history.iter().any(|(_, operation)| operation.op.action == Action::Write(value))
}

#[test]
fn agrees_with_the_definition_on_all_small_histories() {
    let (mut good, mut all) = (0, 0);
    for length in 1..=7 {
        visit_all(&History::new(), &mut Vec::new(), length, &mut |history| {
            let expected = is_linearizable_by_brute_force(history);
            let by_zones = check_linearizable_registers(&SPLIT, history, Budget::default());
            assert_eq!(is_good(history), expected, "\n{history}");
            assert_eq!(by_zones.is_satisfied(), expected, "{by_zones:?}\n{history}");
            good += u32::from(expected);
            all += 1;
        });
    }
    assert_eq!((good, all), (17760, 21501));
}

#[test]
fn the_random_histories_are_good_and_bad() {
    let mut runner = TestRunner::deterministic();
    let mut sample = || play(&turns(12).new_tree(&mut runner).expect("nothing is rejected").current());
    let good = (0..1000).filter(|_| is_good(&sample())).count();
    assert!((300..900).contains(&good), "{good} of 1000");
}

#[test]
fn an_empty_history_is_good() {
    assert_eq!(answer(&SPLIT, &History::new()), Answer::Satisfied);
    assert_eq!(answer(&WHOLE, &History::new()), Answer::Satisfied);
}

/// `n` actions of unknown outcome, and then a read of something never written.
fn unknown_and_wrong_read(n: u8, action: fn(u8) -> Action) -> MapHistory {
    let lost = |i: u8| Call(i.into(), Op { key: 'x', action: action(i) }, None, [0, 1]);
    let mut calls: Vec<_> = (1..=n).map(lost).collect();
    calls.push(r(0, 'x', 255, [2, 3]));
    history_of(&calls)
}

#[test]
fn a_hostile_history_ends_within_the_budget() {
    let history = unknown_and_wrong_read(40, Action::Append);
    let budget = Budget { steps: 100_000, bytes: 1 << 20 };
    match check_linearizable(&SPLIT, &history, budget) {
        Answer::Unknown(Undecided::OutOfSteps { steps }) => assert!((100_000..100_100).contains(&steps), "{steps}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_undecided_key_hides_no_violation() {
    let mut history = unknown_and_wrong_read(40, Action::Append);
    for i in 0..100 {
        let write = history.invoke(50, 0, Op { key: 'y', action: Action::Write(1) }, 10 + i);
        history.ok(write, Reply::Done, 10 + i);
    }
    let read = history.invoke(50, 0, Op { key: 'y', action: Action::Read }, 500);
    history.ok(read, Reply::Value(vec![0]), 500);
    let budget = Budget { steps: 10_000, ..Budget::default() };
    match check_linearizable(&SPLIT, &history, budget) {
        Answer::Violated(witness) => assert_eq!(witness.key.as_deref(), Some("'y'")),
        other => panic!("{other:?}"),
    }
}

/// A write of each key, and then a read of another value.
fn a_wrong_read_of_each(keys: impl Iterator<Item = char>) -> MapHistory {
    let calls = keys.zip((0..).step_by(10)).flat_map(|(key, at)| {
        let swap = Call(1, Op { key, action: Action::Swap(9, 1) }, None, [at, at + 1]);
        [w(0, key, 1, [at, at + 1]), swap, r(2, key, 2, [at + 2, at + 3])]
    });
    history_of(&calls.collect::<Vec<_>>())
}

#[test]
fn all_violated_keys_are_told() {
    let tell = |model: &Map, keys: std::ops::RangeInclusive<char>| match answer(model, &a_wrong_read_of_each(keys)) {
        Answer::Violated(witness) => (witness.key.clone(), witness.other_keys.len(), witness.to_string()),
        other => panic!("{other:?}"),
    };
    let (key, others, text) = tell(&SPLIT, 'a'..='c');
    assert_eq!((key.as_deref(), others), (Some("'a'"), 2));
    assert!(text.ends_with("not linearizable either for 2 other keys: 'b', 'c'\n"), "{text}");
    let (_, others, text) = tell(&SPLIT, 'a'..='z');
    assert_eq!(others, 25);
    assert!(text.contains("not linearizable either for 25 other keys, among them 'b', 'c',"), "{text}");
    assert!(tell(&SPLIT, 'a'..='b').2.ends_with("not linearizable either for key 'b'\n"));
    assert_eq!(tell(&WHOLE, 'a'..='b').1, 0);
}

#[test]
fn registers_tell_all_violated_keys_however_they_are_decided() {
    // By zones, by a read that is impossible, and by a search.
    let calls = [
        w(0, 'a', 1, [0, 1]),
        r(1, 'a', 0, [2, 3]),
        w(0, 'b', 1, [0, 1]),
        w(1, 'b', 1, [0, 1]),
        r(2, 'b', 7, [2, 3]),
        w(0, 'c', 1, [0, 1]),
        w(1, 'c', 1, [2, 3]),
        w(2, 'c', 2, [0, 3]),
        r(3, 'c', 2, [4, 5]),
        r(3, 'c', 1, [6, 7]),
        r(3, 'c', 2, [8, 9]),
    ];
    match check_linearizable_registers(&SPLIT, &history_of(&calls), Budget::default()) {
        Answer::Violated(witness) => {
            assert_eq!(
                (witness.key.as_deref(), &witness.other_keys[..]),
                (Some("'a'"), &["'b'", "'c'"].map(String::from)[..])
            );
        }
        other => panic!("{other:?}"),
    }
}

/// The key of few operations is tried first, and its share is too little.
#[test]
fn steps_that_are_left_over_go_to_the_keys_that_need_them() {
    let mut calls: Vec<_> = (1..=6).map(|i| unknown(w(i, 'x', 0, [0, 1]))).collect();
    for (i, call) in (0..).zip(&mut calls) {
        call.1.action = Action::Append(i);
    }
    calls.push(r(0, 'x', 255, [2, 3]));
    let needed = |calls: &[Call]| {
        let is_enough = |steps: &u64| {
            let budget = Budget { steps: *steps, ..Budget::default() };
            check_linearizable(&SPLIT, &history_of(calls), budget).is_violated()
        };
        (0..).map(|exponent| 1 << exponent).find(is_enough).expect("it is violated")
    };
    let alone: u64 = needed(&calls);
    for key in 'a'..='h' {
        calls.extend((0..20).map(|i| w(40, key, i, [10 + u64::from(i), 10 + u64::from(i)])));
    }
    let among_others = needed(&calls);
    assert!(alone >= 64 && among_others <= 2 * alone, "{alone} {among_others}");
}

#[test]
fn unknown_writes_that_nobody_saw_cost_little() {
    assert!(!is_good(&unknown_and_wrong_read(200, Action::Write)));
    assert!(!is_good(&unknown_and_wrong_read(200, |_| Action::Append(1))));
}

/// However many writes there are of each value, a search would take very long, and it is not needed.
#[test]
fn reads_that_are_wrong_in_any_case_need_no_search() {
    let decided = |calls: &[Call]| {
        let nothing = Budget { steps: 0, ..Budget::default() };
        match check_linearizable_registers(&SPLIT, &history_of(calls), nothing) {
            Answer::Violated(witness) => witness.blocked.index(),
            other => panic!("{other:?}"),
        }
    };
    let swap = |i: u8| Call(i.into(), Op { key: 'x', action: Action::Swap(i % 5, (i + 1) % 5) }, None, [0, 1]);
    let mut calls: Vec<_> = (0..40).map(swap).collect();
    calls.push(r(50, 'x', 255, [2, 3]));
    assert_eq!(decided(&calls), 40);
    let mut calls: Vec<_> = (0..20).map(|i| w(i, 'x', 1, [0, 1])).collect();
    calls.extend((20..40).map(|i| w(i, 'x', 2, [2, 3])));
    calls.push(r(50, 'x', 1, [4, 5]));
    assert_eq!(decided(&calls), 40);
}

fn check_witness(history: &MapHistory, expected: &str) {
    match answer(&SPLIT, history) {
        Answer::Violated(witness) => assert_eq!(witness.to_string(), expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tells_of_a_stale_read() {
    const MS: u64 = 1_000_000;
    let calls = [
        w(0, 'x', 1, [0, 9 * MS]),
        w(0, 'y', 5, [10 * MS, 11 * MS]),
        unknown(w(3, 'x', 2, [MS, 9 * MS])),
        r(1, 'x', 1, [MS, 2_500_000]),
        r(2, 'x', 0, [3 * MS, 4 * MS]),
    ];
    check_witness(
        &history_of(&calls),
        "\
not linearizable for key 'x': the longest order found explains 2 of 3 replies
  #0    client 0: Write(1) of x -> Done [0ms, 9ms]
  #2    client 1: Read of x -> Value([1]) [1ms, 2.5ms]
state then: {'x': [1]}
cannot come next:
  #3    client 2: Read of x -> Value([0]) [3ms, 4ms]
it would be right before:
  #0    client 0: Write(1) of x -> Done [0ms, 9ms]
but this had returned when it was invoked:
  #2    client 1: Read of x -> Value([1]) [1ms, 2.5ms]
though concurrent with:
  #0    client 0: Write(1) of x -> Done [0ms, 9ms]
  #1    client 3: Write(2) of x -> unknown [1ms, ?]
",
    );
}

#[test]
fn tells_of_the_end_of_a_long_history_only() {
    let mut calls: Vec<_> = (0..20).map(|i| w(0, 'x', i, [u64::from(i) * 10, u64::from(i) * 10 + 5])).collect();
    calls.extend((0..9).map(|i| unknown(w(i + 1, 'x', 100, [300, 301]))));
    calls.push(r(20, 'x', 7, [302, 303]));
    check_witness(
        &history_of(&calls),
        "\
not linearizable for key 'x': the longest order found explains 20 of 21 replies
  (14 operations in order, then)
  #14   client 0: Write(14) of x -> Done [0.00014ms, 0.000145ms]
  #15   client 0: Write(15) of x -> Done [0.00015ms, 0.000155ms]
  #16   client 0: Write(16) of x -> Done [0.00016ms, 0.000165ms]
  #17   client 0: Write(17) of x -> Done [0.00017ms, 0.000175ms]
  #18   client 0: Write(18) of x -> Done [0.00018ms, 0.000185ms]
  #19   client 0: Write(19) of x -> Done [0.00019ms, 0.000195ms]
state then: {'x': [19]}
cannot come next:
  #29   client 20: Read of x -> Value([7]) [0.000302ms, 0.000303ms]
it would be right before:
  #8    client 0: Write(8) of x -> Done [0.00008ms, 0.000085ms]
but that had returned when it was invoked
though concurrent with:
  #20   client 1: Write(100) of x -> unknown [0.0003ms, ?]
  #21   client 2: Write(100) of x -> unknown [0.0003ms, ?]
  #22   client 3: Write(100) of x -> unknown [0.0003ms, ?]
  #23   client 4: Write(100) of x -> unknown [0.0003ms, ?]
  #24   client 5: Write(100) of x -> unknown [0.0003ms, ?]
  #25   client 6: Write(100) of x -> unknown [0.0003ms, ?]
  (and 3 more)
",
    );
}
