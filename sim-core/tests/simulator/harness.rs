//! `Simulation::check`, as a test of a user's crate sees it.
//!
//! Its failures are panics, and it reads an environment variable: so each case runs in a process of
//! its own, which is this test binary again.

use std::process::Command;
use std::sync::atomic::AtomicBool;

use crate::common::{Ctx, Event, Handlers, IDLE, Node, ms, n, set, simulation};
use sim_core::{
    Assumption, Breach, ChoiceName, Deviation, Duration, Ending, Fault, FaultModel, Milestone, Property, SEED_VARIABLE,
    Simulation, Step, Time, World, parse_seed,
};

struct NoSeventeen;

impl Property<Node> for NoSeventeen {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let seen = step.events.contains(&Event::Saw(17));
        if seen { Err(Breach::new([n(0)], "seventeen")) } else { Ok(()) }
    }
}

/// Draws a number below 20 every 10 ms, ten times.
fn lottery() -> Simulation<Node> {
    long_lottery().run_for(ms(105))
}

/// The same without an end.
fn long_lottery() -> Simulation<Node> {
    fn timer(node: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        node.memory += 1;
        let number = ctx.choose("number", 0..20);
        ctx.emit(Event::Saw(number));
        set(0, ms(10), ctx);
    }
    simulation(1, Handlers { start: |_, ctx| set(0, ms(10), ctx), timer, ..IDLE }).run_for(ms(2000))
}

/// Whether fewer than a hundred numbers have been drawn.
fn early(world: &World<'_, Node>) -> bool {
    world.processes().all(|process| world.node(process).is_none_or(|node| node.memory < 100))
}

/// The first seed that draws a seventeen, and one that does not.
fn unlucky_and_lucky() -> (u64, u64) {
    let lottery = lottery().property("No Seventeen", || NoSeventeen);
    let find =
        |passes: bool| (0..).find(|seed| lottery.run(*seed).summary.verdict.is_passed() == passes).expect("a seed");
    (find(false), find(true))
}

/// That a five is never followed by a seventeen.
#[derive(Default)]
struct NoSeventeenAfterFive {
    five: bool,
}

impl Property<Node> for NoSeventeenAfterFive {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let seventeen = self.five && step.events.contains(&Event::Saw(17));
        self.five |= step.events.contains(&Event::Saw(5));
        if seventeen { Err(Breach::new([n(0)], "seventeen after five")) } else { Ok(()) }
    }
}

/// A five makes a node crash, which the protocol does not claim to survive: so runs in which it
/// matters are outside of its model, and others are inside.
fn fragile() -> Simulation<Node> {
    fn timer(node: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        node.memory += 1;
        let number = ctx.choose("number", 0..20);
        ctx.emit(Event::Saw(number));
        if number == 5 {
            ctx.emit(Event::Elected);
        }
        if node.memory < 10 && ctx.me() == n(0) {
            set(0, ms(10), ctx);
        }
    }
    let start = |_: &mut Node, ctx: &mut Ctx<'_>| {
        if ctx.me() == n(0) {
            set(0, ms(10), ctx);
        }
    };
    let model = FaultModel::of(vec![Assumption::DownAtMost(0)]);
    let crash = Fault::crash("n1").after(Milestone::event("Elected", 1));
    let simulation = simulation(2, Handlers { start, timer, ..IDLE }).run_for(ms(200));
    simulation.model(model).fault(crash).property("No Seventeen After Five", NoSeventeenAfterFive::default)
}

/// What a test of a user may be, by name.
const CASES: [(&str, fn()); 19] = [
    ("violated", || lottery().property("No Seventeen", || NoSeventeen).check(0..50)),
    ("not_shrunk", || lottery().property("No Seventeen", || NoSeventeen).shrink_runs(0).check(0..50)),
    ("passes", || lottery().sometimes("Saw").check(0..20)),
    ("goal", || lottery().sometimes("Saw").sometimes("Elected").check(3..20)),
    ("senseless", || lottery().fault(Fault::pause("n9").at(ms(5))).check(0..20)),
    ("inconclusive", || lottery().step_limit(2).check(0..20)),
    ("excused", || fragile().check(0..50)),
    ("outside", || {
        let model = FaultModel::of(vec![Assumption::DownAtMost(0)]);
        lottery().model(model).fault(Fault::crash("n0").restart_after(ms(1)).at(ms(5))).check(0..20);
    }),
    ("idle_fault", || lottery().fault(Fault::crash("n0").after(Milestone::event("Elected", 1))).check(0..20)),
    ("aimed_at_nothing", || {
        lottery().fault(Fault::send_omission("n0").kind("Vote").at(ms(5)).lasting(ms(50))).check(0..20);
    }),
    ("nobody_asks", || lottery().every_request_is_granted(ms(10)).check(0..20)),
    ("long", || long_lottery().fault(Fault::pause("n0").at(ms(5)).lasting(ms(1))).always("Early", early).check(0..1)),
    ("misfit", || {
        let deviation = |name: &str| Deviation { name: ChoiceName::new(name), value: 1 };
        lottery().deviations(vec![deviation("n0 nothing like that"), deviation("n0 nor that")]).check(0..2);
    }),
    ("no_seeds", || lottery().check(4..4)),
    ("wanted", || lottery().property("No Seventeen", || NoSeventeen).expect_violation("No Seventeen").check(0..50)),
    ("never", || {
        lottery().always("Below Twenty", |world| world.now() < Time::MAX).expect_violation("Below Twenty").check(0..20);
    }),
    ("another", || {
        let both =
            lottery().property("No Seventeen", || NoSeventeen).always("Below Twenty", |world| world.now() < Time::MAX);
        both.expect_violation("Below Twenty").check(0..50);
    }),
    ("never_judged", || {
        let unjudged = lottery().property("No Seventeen", || NoSeventeen).step_limit(2);
        unjudged.expect_violation("No Seventeen").check(0..5);
    }),
    ("unknown", || lottery().property("No Seventeen", || NoSeventeen).expect_violation("No Eighteen").check(0..20)),
];

/// The environment variable that names the case of a process.
const CASE_VARIABLE: &str = "FAULTBED_CASE";

#[test]
#[ignore = "one of the cases, in a process of its own: the tests below run it"]
#[expect(clippy::disallowed_methods, reason = "read before any run begins")]
fn case() {
    let name = std::env::var(CASE_VARIABLE).expect("the name of a case");
    let (_, run) = CASES.iter().find(|(of, _)| *of == name).expect("a case of this name");
    run();
}

#[test]
fn what_was_not_tested_does_not_pass() {
    for (test, told) in [
        ("outside", "of 20 seeds of the simulation (seeds 0..20) none kept to the safety model"),
        ("idle_fault", "1 declared fault of the simulation (seeds 0..20) never fired in 20 seeds"),
        ("aimed_at_nothing", "1 declared fault of the simulation (seeds 0..20) never fired in 20 seeds"),
        ("nobody_asks", "Every Request Is Granted is about what clients ask, and there are none"),
        ("misfit", "2 of 2 deviations no longer fit"),
        ("no_seeds", "there are no seeds in 4..4"),
    ] {
        let (passed, text) = child(test, None);
        assert!(!passed && text.contains(told), "{test}: {text}");
    }
    // One seed of them is no sweep.
    assert!(child("idle_fault", Some("3")).0);
}

/// Whether the case passes, and all that it prints.
fn child(case: &str, seed: Option<&str>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("this test binary"));
    command.args(["--exact", "harness::case", "--ignored", "--nocapture"]).env(CASE_VARIABLE, case);
    command.env_remove(SEED_VARIABLE).env("CARGO_PKG_NAME", "sim-core");
    if let Some(seed) = seed {
        command.env(SEED_VARIABLE, seed);
    }
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(text.contains("running 1 test"), "{text}");
    (output.status.success(), text)
}

#[test]
fn a_violation_tells_the_seed_and_how_to_see_it_again() {
    let (unlucky, _) = unlucky_and_lucky();
    let summary = lottery().property("No Seventeen", || NoSeventeen).run(unlucky).summary;
    let violation = summary.verdict.violation().expect("a violation");
    let (passed, text) = child("violated", None);
    assert!(!passed);
    for part in [
        format!(
            "seed {unlucky:#x}: No Seventeen violated at step {}, {}: seventeen (seen on n0)",
            violation.step, violation.time
        ),
        format!("trace hash {:#018x}", summary.trace_hash),
        format!(
            "{SEED_VARIABLE}=harness::case::{unlucky:#x} cargo test -p sim-core harness::case -- --exact --include-ignored"
        ),
    ] {
        assert!(text.contains(&part), "{part}\nis not in\n{text}");
    }
    assert!(text.contains("tests/simulator/harness.rs"), "the panic points at the test: {text}");
}

#[test]
fn a_violation_is_shown_as_small_as_it_gets() {
    let (passed, text) = child("violated", None);
    let draws = text.lines().filter(|line| line.contains("n0 number#")).count();
    let is_small = text.contains("became 0 faults, 0 operations and 1 deviation, with 1 node");
    assert!(!passed && is_small && draws == 1 && text.contains("announces Saw 17"), "{text}");
    let (passed, text) = child("not_shrunk", None);
    let is_as_it_was = text.contains("the last events of its trace:") && text.contains("announces Saw 17");
    assert!(!passed && is_as_it_was && !text.contains("made small"), "{text}");
}

/// What is left of the plan is never cut.
#[test]
fn of_a_long_trace_the_last_lines_are_shown_and_how_many_are_not() {
    let (passed, text) = child("long", None);
    let (plan, trace) = text.split_once("lines of its trace before these").expect("it is long");
    assert!(!passed && plan.contains("became 0 faults, 0 operations and 0 deviations"), "{text}");
    assert!(trace.contains("Early violated at step"), "{text}");
}

#[test]
fn the_environment_variable_picks_one_seed() {
    let (unlucky, lucky) = unlucky_and_lucky();
    for seed in [format!("{unlucky:#x}"), unlucky.to_string()] {
        let (passed, text) = child("violated", Some(&seed));
        assert!(!passed);
        assert!(text.contains("made small") && text.contains("announces Saw 17"), "{text}");
    }
    assert!(child("violated", Some(&lucky.to_string())).0);
    assert!(child("violated", Some(&format!("harness::case::{lucky:#x}"))).0);
    let (passed, text) = child("passes", Some("forty-two"));
    assert!(!passed && text.contains("FAULTBED_SEED=forty-two is not a seed"), "{text}");
}

/// What was printed for one test changes nothing for the others.
#[test]
fn a_seed_that_was_printed_for_another_test_is_not_for_this_one() {
    let (unlucky, lucky) = unlucky_and_lucky();
    let (passed, text) = child("violated", Some(&format!("harness::another::{lucky}")));
    assert!(!passed && text.contains(&format!("seed {unlucky:#x}:")), "all of its seeds are run: {text}");
    let (passed, text) = child("goal", Some("harness::another::7"));
    assert!(!passed && text.contains("in 17 seeds"), "{text}");
}

#[test]
fn a_test_that_expects_a_violation_passes_when_a_seed_finds_it() {
    let (unlucky, lucky) = unlucky_and_lucky();
    let (passed, text) = child("wanted", None);
    let found = format!("as expected:\nseed {unlucky:#x}: No Seventeen violated");
    assert!(passed && text.contains(&found), "{text}");
    let (passed, text) = child("wanted", Some(&unlucky.to_string()));
    assert!(passed && text.contains(&found) && text.contains("made small"), "{text}");
    assert!(child("wanted", Some(&lucky.to_string())).0, "one seed of them is no sweep");
}

#[test]
fn a_test_that_expects_a_violation_fails_if_there_is_none_or_another() {
    let (unlucky, _) = unlucky_and_lucky();
    let another =
        format!("expected a violation of Below Twenty, and found another first:\nseed {unlucky:#x}: No Seventeen");
    for (test, told) in [
        ("never", "was expected to violate Below Twenty, and in 20 seeds did not\n  20 passed"),
        ("another", another.as_str()),
        ("never_judged", "0 passed\n  5 could not be judged, first Limits inconclusive: 2 steps"),
        ("unknown", "`No Eighteen` is expected to be violated, and not checked; this is: No Seventeen"),
    ] {
        let (passed, text) = child(test, None);
        assert!(!passed && text.contains(told), "{test}: {text}");
    }
}

#[test]
fn what_holds_passes() {
    let (passed, text) = child("passes", None);
    assert!(passed, "{text}");
}

#[test]
fn a_goal_never_reached_fails() {
    let (passed, text) = child("goal", None);
    assert!(!passed && text.contains("(seeds 3..20) never announced Elected in 17 seeds"), "{text}");
}

#[test]
fn a_senseless_fault_is_refused_before_any_run() {
    let (passed, text) = child("senseless", None);
    assert!(!passed && text.contains("fault 0 makes no sense: there is no node n9"), "{text}");
}

#[test]
fn whatever_runs_a_senseless_description_says_the_same() {
    let senseless = || lottery().fault(Fault::pause("n9").at(ms(5)));
    let ways: [fn(&Simulation<Node>); 6] = [
        |simulation| drop(simulation.run(0)),
        |simulation| drop(simulation.run_traced(0)),
        |simulation| drop(simulation.trace(0)),
        |simulation| drop(simulation.record(0)),
        |simulation| drop(simulation.sweep(0..2)),
        |simulation| simulation.check(0..2),
    ];
    for way in ways {
        let payload = std::panic::catch_unwind(|| way(&senseless())).expect_err("it makes no sense");
        let message = payload.downcast_ref::<String>().expect("a message");
        assert!(message.starts_with("fault 0 makes no sense: there is no node n9"), "{message}");
    }
}

#[test]
fn a_violation_outside_of_the_model_is_shown_and_is_no_failure() {
    let summaries = fragile().sweep(0..50);
    let excused: Vec<u64> =
        (0..).zip(&summaries).filter(|(_, it)| it.ending(None) == Ending::Excused).map(|(seed, _)| seed).collect();
    assert!(!excused.is_empty() && summaries.iter().any(|it| it.verdict.is_passed()), "a mixture");
    assert!(summaries.iter().all(|it| it.ending(None).is_expected()), "no violation is a failure");
    let (passed, text) = child("excused", None);
    let first = format!("seed {:#x}: No Seventeen After Five violated", excused[0]);
    let count = format!("no failure ({} in all", excused.len());
    assert!(passed && text.contains(&first) && text.contains(&count), "{text}");
    let (passed, text) = child("excused", Some(&excused[0].to_string()));
    assert!(passed && text.contains(&first) && text.contains("made small"), "{text}");
}

#[test]
fn a_violation_that_is_asked_for_is_no_failure_wherever_it_comes() {
    let (unlucky, lucky) = unlucky_and_lucky();
    let lottery = lottery().property("No Seventeen", || NoSeventeen);
    let (violated, passed) = (lottery.run(unlucky).summary, lottery.run(lucky).summary);
    assert_eq!(violated.ending(Some("No Seventeen")), Ending::Wanted);
    assert_eq!(violated.ending(Some("No Eighteen")), Ending::Violated);
    assert_eq!(passed.ending(Some("No Seventeen")), Ending::Passed);
}

#[test]
fn an_inconclusive_run_is_no_pass() {
    let (passed, text) = child("inconclusive", None);
    assert!(!passed && text.contains("seed 0x0: Limits inconclusive: 2 steps"), "{text}");
}

/// A run that is told to stop is none, and one that is not is the same as ever.
#[test]
fn a_run_can_be_given_up() {
    let endless =
        simulation(1, Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: |_, _, ctx| set(0, ms(1), ctx), ..IDLE });
    let endless = endless.run_for(Duration::from_secs(1_000_000_000));
    assert!(endless.run_unless(0, &AtomicBool::new(true)).is_none());
    let lottery = lottery();
    let outcome = lottery.run_unless(4, &AtomicBool::new(false)).expect("it is over before it looks up");
    assert_eq!(outcome.summary, lottery.run(4).summary);
}

#[test]
fn seeds_read_in_both_forms() {
    assert_eq!(parse_seed("0x2a"), Some(42));
    assert_eq!(parse_seed("42"), Some(42));
    assert_eq!(parse_seed(&u64::MAX.to_string()), Some(u64::MAX));
    assert!(["", "0x", "-1", "2a", "18446744073709551616"].iter().all(|text| parse_seed(text).is_none()));
}
