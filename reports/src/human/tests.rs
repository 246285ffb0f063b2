use std::collections::BTreeMap;

use sim_core::{Duration, FaultRecord, NodeId, PropertyClass, Summary, Time, Violation};

use super::*;
use crate::result::{Problem, Unexpected};

fn summary(verdict: Verdict) -> Summary {
    Summary {
        verdict,
        steps: 1240,
        time: Time::from_nanos(3_217_004_211),
        delivered: 700,
        trace_hash: 0x00ab_cdef_0123_4567,
        outside: Outside::default(),
        liveness: Liveness::default(),
        faults: vec![FaultRecord { began: Some(Time::ZERO), ..FaultRecord::default() }, FaultRecord::default()],
        goals: vec![true],
        unused: Vec::new(),
    }
}

fn run(verdict: Verdict) -> Run {
    Run {
        scenario: "raft/general".to_owned(),
        seed: 42,
        summary: summary(verdict),
        levels: None,
        expected: false,
        goals: vec!["BecameLeader".to_owned()],
        faults: vec!["faults.0 (crash)".to_owned(), "faults.1 (pause)".to_owned()],
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

fn result(problems: Vec<Problem>) -> ScenarioResult {
    ScenarioResult {
        name: "raft/general".to_owned(),
        selected: 2000,
        runs: 2000,
        passed: 2000,
        problems,
        ..ScenarioResult::default()
    }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn check(result: &ScenarioResult, name: &str) {
    insta::assert_snapshot!(name, plain(&scenario_block(result, 16)));
}

#[test]
fn a_scenario_that_ends_as_expected_is_one_line() {
    check(&result(Vec::new()), "passed");
    let violated = BTreeMap::from([("Election Safety".to_owned(), Violations { count: 12, first: 42 })]);
    check(&ScenarioResult { passed: 1988, violated, ..result(Vec::new()) }, "violated as expected");
    let never_fired = vec!["faults.1 (pause)".to_owned()];
    check(&ScenarioResult { never_fired, ..result(Vec::new()) }, "a fault never fired");
    let stopped = Some(Stopped::OutOfTime);
    check(&ScenarioResult { runs: 0, passed: 0, stopped, ..result(Vec::new()) }, "not run");
}

#[test]
fn a_failure_tells_all_that_it_takes_to_see_it_again() {
    let more = vec![43, 99];
    let runs = Unexpected { first: violated_run(), count: 14, more };
    let violated = BTreeMap::from([("Election Safety".to_owned(), Violations { count: 14, first: 42 })]);
    let problems = vec![Problem::Unexpected(Box::new(runs))];
    check(&ScenarioResult { passed: 1986, violated, ..result(problems) }, "failed");
}

#[test]
fn every_other_problem_has_its_words() {
    let runs = Unexpected { first: inconclusive_run(), count: 1, more: Vec::new() };
    check(&result(vec![Problem::Unexpected(Box::new(runs))]), "unclear");
    check(&result(vec![Problem::NeverViolated("Log Matching".to_owned())]), "never violated");
    check(&result(vec![Problem::GoalNeverReached("Snapshot".to_owned())]), "untested");
    let second = Box::new(Summary { trace_hash: 7, ..summary(Verdict::Passed) });
    check(&result(vec![Problem::TwoRuns { first: Box::new(violated_run()), second }]), "differs");
    let replay = "faultbed replay raft/general --seed 0x7".to_owned();
    check(&result(vec![Problem::Defect { seed: 7, message: "no such node".to_owned(), replay }]), "defect");
}

#[test]
fn the_total_counts_scenarios_by_how_they_ended() {
    let cut = ScenarioResult { runs: 0, ..result(Vec::new()) };
    let results = [result(Vec::new()), cut, result(vec![Problem::GoalNeverReached("Snapshot".to_owned())])];
    insta::assert_snapshot!(plain(&total_line(&results)), @" Summary 3 scenarios, 4000 runs: 1 as expected, 1 not, 1 not run");
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
    FaultRecord { kind, label, began, ended, hit, blows, effects }
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
    let problem = Problem::SabotageUnnoticed(sim_core::Sabotage::NoSync.not_tested());
    let text = plain(&scenario_block(&result(vec![problem]), 12));
    assert!(text.contains("UNTESTED") && text.contains("has not tested durability"), "{text}");
}
