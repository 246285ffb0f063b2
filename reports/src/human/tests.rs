use std::collections::BTreeMap;

use sim_core::{ChoiceName, Duration, FaultRecord, NodeId, PropertyClass, Summary, Time, Untested, Violation};

use super::*;
use crate::difference::{Again, Difference};
use crate::result::{Problem, Unexpected};

fn summary(verdict: Verdict) -> Summary {
    Summary {
        verdict,
        steps: 1240,
        time: Time::from_nanos(3_217_004_211),
        calm_since: None,
        delivered: 700,
        trace_hash: 0x00ab_cdef_0123_4567,
        outside: Outside::default(),
        liveness: Liveness::default(),
        excused: Vec::new(),
        faults: vec![FaultRecord { began: Some(Time::ZERO), ..FaultRecord::default() }, FaultRecord::default()],
        goals: vec![true],
        figures: Vec::new(),
        unused: Vec::new(),
    }
}

fn run(verdict: Verdict) -> Run {
    Run {
        scenario: "raft/general".to_owned(),
        seed: 42,
        summary: summary(verdict),
        levels: None,
        service: None,
        expected: false,
        goals: vec!["BecameLeader".to_owned()],
        faults: vec!["faults.0 (crash)".to_owned(), "faults.1 (pause)".to_owned()],
        settings: Vec::new(),
        fit: None,
        replay: "faultbed replay raft/general --seed 0x2a".to_owned(),
    }
}

pub(crate) fn violated_run() -> Run {
    run(Verdict::Violated(Violation {
        property: "Election Safety".to_owned(),
        class: PropertyClass::Safety,
        what: "two leaders in term 3".to_owned(),
        nodes: vec![NodeId::node(0), NodeId::node(2)],
        step: 1240,
        time: Time::from_nanos(3_217_004_211),
    }))
}

fn inconclusive_run() -> Run {
    run(Verdict::Inconclusive { property: "Linearizability".to_owned(), reason: "the budget is used up".to_owned() })
}

pub(crate) fn result(problems: Vec<Problem>) -> ScenarioResult {
    ScenarioResult {
        name: "raft/general".to_owned(),
        selected: 2000,
        own: 2000,
        runs: 2000,
        passed: 2000,
        problems,
        ..ScenarioResult::default()
    }
}

pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// What is told in the course of a scenario and at its end.
fn whole(result: &ScenarioResult) -> String {
    let found: String = result.problems.iter().map(failure_block).collect();
    plain(&format!("{found}{}", scenario_block(result, 16)))
}

fn check(result: &ScenarioResult, name: &str) {
    insta::assert_snapshot!(name, whole(result));
}

#[test]
fn a_scenario_that_ends_as_expected_is_one_line() {
    check(&result(Vec::new()), "passed");
    let violated = BTreeMap::from([("Election Safety".to_owned(), Violations { count: 12, first: 42 })]);
    check(&ScenarioResult { passed: 1988, violated, ..result(Vec::new()) }, "violated as expected");
}

fn untested(what: Untested) -> Problem {
    Problem::Untested(what)
}

#[test]
fn what_was_not_tested_has_its_words() {
    check(&result(vec![untested(Untested::Goal("Snapshot".to_owned()))]), "untested");
    let faults = (1..=7).map(|place| format!("faults.{place} (pause)")).collect();
    check(&result(vec![untested(Untested::Faults(faults))]), "faults never fired");
    let why = "outside of the model: disks keep what they have, but one was wiped".to_owned();
    let unjudged = |class, judged, share| untested(Untested::Unjudged { class, judged, share, why: why.clone() });
    check(&result(vec![unjudged(PropertyClass::Safety, 0, None)]), "never judged");
    check(&result(vec![unjudged(PropertyClass::Liveness, 300, Some(0.5))]), "rarely judged");
    let unused = (0..57).map(|number| ChoiceName::new(format!("n0>n1 Ping#{number} delay"))).collect();
    check(&result(vec![untested(Untested::Misfit { unused, all: 1703 })]), "misfit");
    let (stopped, cut) = (Some(Stopped::OutOfTime), |left| vec![Problem::OutOfTime { left }]);
    check(&ScenarioResult { runs: 0, passed: 0, stopped, ..result(cut(2000)) }, "not run");
    check(&ScenarioResult { runs: 1500, passed: 1500, stopped, ..result(cut(500)) }, "partly run");
    let not_judged = vec![Untested::Goal("Snapshot".to_owned())];
    check(&ScenarioResult { runs: 1, selected: 1, passed: 1, not_judged, ..result(Vec::new()) }, "not judged");
}

#[test]
fn what_a_run_did_not_test_is_told_of_it_alone_and_not_in_a_sweep() {
    let mut run = violated_run();
    run.summary.unused = vec![ChoiceName::new("n0>n1 Ping#7 delay")];
    let (alone, fault, choice) = (plain(&run_block(&run)), "faults.1 (pause)", "n0>n1 Ping#7 delay");
    assert_eq!((alone.matches(fault).count(), alone.matches(choice).count()), (1, 1), "{alone}");
    let faults = untested(Untested::Faults(vec![fault.to_owned()]));
    let misfit = untested(Untested::Misfit { unused: run.summary.unused.clone(), all: 9 });
    let sweep = whole(&result(vec![faults, misfit, Problem::Unexpected(Box::new(Unexpected::new(run)))]));
    assert_eq!((sweep.matches(fault).count(), sweep.matches(choice).count()), (1, 1), "{sweep}");
}

#[test]
fn a_failure_tells_all_that_it_takes_to_see_it_again() {
    let more = vec![43, 99];
    let runs = Unexpected { count: 14, more, ..Unexpected::new(violated_run()) };
    let violated = BTreeMap::from([("Election Safety".to_owned(), Violations { count: 14, first: 42 })]);
    let problems = vec![Problem::Unexpected(Box::new(runs))];
    check(&ScenarioResult { passed: 1986, violated, ..result(problems) }, "failed");
}

#[test]
fn every_other_problem_has_its_words() {
    check(&result(vec![Problem::Unexpected(Box::new(Unexpected::new(inconclusive_run())))]), "unclear");
    check(&result(vec![untested(Untested::NeverViolated("Log Matching".to_owned()))]), "never violated");
    let difference = Difference {
        alike: 1,
        first: Some("     2  1ms  n1  receives  n0 5".to_owned()),
        second: None,
        causes: vec!["     1  0s  n0  boots".to_owned()],
        drawn: Some(["n0>n1 Ask#0 delay = 8", "n0>n1 Ask#0 delay = 4"].map(str::to_owned)),
    };
    let came_to = in_words(&Summary { trace_hash: 7, ..summary(Verdict::Passed) });
    let again = Again { elsewhere: false, came_to, difference: Some(difference) };
    let two = |again| Problem::TwoRuns { first: Box::new(violated_run()), second: Box::new(again) };
    check(&result(vec![two(again.clone())]), "differs");
    check(&result(vec![two(Again { elsewhere: true, difference: None, ..again })]), "differs elsewhere");
    let replay = "faultbed replay raft/general --seed 0x7".to_owned();
    let (scenario, message) = ("raft/general".to_owned(), "no such node".to_owned());
    check(&result(vec![Problem::Defect { scenario, seed: 7, message, replay }]), "defect");
}

fn struck(kind: &'static str, blows: u32) -> FaultRecord {
    let effects = FaultEffects {
        operations_failed: 1,
        operations_delayed: 2,
        records_lost: 3,
        recovered_after: Some(Duration::from_millis(40)),
    };
    let (began, ended) = (Some(Time::from_nanos(1_000_000)), Some(Time::from_nanos(5_000_000)));
    let (label, hit) = (Some("the first".to_owned()), vec![NodeId::node(0), NodeId::node(3)]);
    FaultRecord { kind, label, began, ended, hit, blows, effects, ..FaultRecord::default() }
}

#[test]
fn what_each_fault_did_is_a_table() {
    let mut run = violated_run();
    assert_eq!(fault_table(&run), "", "none has struck");
    run.summary.faults = vec![struck("crash", 1), FaultRecord::default(), struck("pause", 3)];
    insta::assert_snapshot!(plain(&fault_table(&run)));
}

#[test]
fn what_faults_did_over_many_runs_is_a_table() {
    let mut result = result(Vec::new());
    assert_eq!(fault_tally(&result), "");
    for (kind, times) in [("crash", 3), ("pause", 1)] {
        let tally = result.faults.entry(kind).or_default();
        (0..times).for_each(|_| tally.add([struck(kind, 2), struck(kind, 1)].iter()));
    }
    insta::assert_snapshot!(plain(&fault_tally(&result)));
}

#[test]
fn a_run_tells_whether_it_kept_to_the_model_and_whether_it_made_progress() {
    let mut run = violated_run();
    run.summary.outside.safety = vec!["durable records stay readable, but there was a wiped_crash fault".to_owned()];
    run.summary.liveness = Liveness::Stuck {
        because: vec![Hindrance {
            because: "no majority is connected".to_owned(),
            from: Time::ZERO + Duration::from_secs(1),
            until: Time::ZERO + Duration::from_secs(4),
        }],
        recovered_after: Some(Duration::from_millis(20)),
    };
    insta::assert_snapshot!(plain(&run_block(&run)));
}

#[test]
fn violations_outside_of_the_model_and_stuck_runs_are_counted_apart() {
    let mut result = result(Vec::new());
    result.violated_outside.insert("Log Matching".to_owned(), Violations { count: 3, first: 7 });
    result.stuck = 4;
    insta::assert_snapshot!(plain(&scenario_block(&result, 12)));
}

#[test]
fn sabotage_that_nobody_noticed_is_told_in_words() {
    let problem = untested(Untested::Sabotage(sim_core::Sabotage::NoSync));
    let text = plain(&scenario_block(&result(vec![problem]), 12));
    assert!(text.contains("UNTESTED") && text.contains("has not tested durability"), "{text}");
}
