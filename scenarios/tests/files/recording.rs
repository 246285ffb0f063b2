//! A recorded run is a scenario of its own, which is the same run.

use crate::common::{EVERYTHING, FAULTS, FLAW, NEMESIS, RING, load_valid};
use sim_core::PROGRESS;

/// Records seeds of a scenario, and runs what was written.
#[track_caller]
fn check(text: &str) {
    let scenario = load_valid(text);
    for seed in scenario.seeds.clone().take(15) {
        let original = scenario.prepared.run(seed);
        let recorded = scenario.prepared.record(seed);
        assert_eq!(recorded.summary.trace_hash, original.trace_hash, "recording changes nothing");
        let written = serde_json::to_string_pretty(&recorded.scenario).unwrap();
        let read_back = load_valid(&written);
        let again = read_back.prepared.run(seed + 1);
        assert_eq!(again.trace_hash, original.trace_hash, "seed {seed}: {written}");
        assert_eq!(again.verdict, original.verdict);
        assert_eq!(again.faults, original.faults);
        assert!(again.unused.is_empty(), "{:?}", again.unused);
        assert!(read_back.is_recorded && read_back.seeds == (0..1));
        assert_eq!(read_back.prepared.trace(9).trace.hash, original.trace_hash);
    }
}

#[test]
fn a_recorded_run_is_the_same_run() {
    check(EVERYTHING);
    check(FAULTS);
    check(NEMESIS);
    check(FLAW);
    check(RING);
}

#[test]
fn the_faults_of_a_file_are_written_as_they_were_read() {
    let scenario = load_valid(EVERYTHING);
    let recorded = scenario.prepared.record(3).scenario;
    let faults = recorded["faults"].as_array().unwrap();
    let given = scenario.document.to_json_value();
    for (written, given) in faults.iter().zip(given["faults"].as_array().unwrap()) {
        let kind = |fault: &serde_json::Value| fault.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(written["label"] == given["label"] && written["at"] == given["at"], "{written} {given}");
        let isolates = given.get("isolate").is_some();
        assert!(isolates || kind(given).iter().all(|key| written.get(key).is_some()), "{written} {given}");
    }
    assert_eq!(faults[6]["partition"], serde_json::json!([["primary"], ["others"]]));
    assert!(faults.len() > 12, "those of the nemesis are there as well");
}

#[test]
fn a_recorded_run_expects_only_what_it_shows() {
    let scenario = load_valid(FLAW);
    let mut seen = [false, false];
    for seed in scenario.seeds.clone() {
        let recorded = scenario.prepared.record(seed);
        let violates = recorded.scenario["expect"].get("violates").is_some();
        assert_eq!(violates, recorded.summary.verdict.violation().is_some());
        seen[usize::from(violates)] = true;
    }
    assert_eq!(seen, [true, true], "the bug shows in some runs and not in others");
    let goals = &load_valid(EVERYTHING).prepared.record(3).scenario["expect"]["sometimes"];
    assert_eq!(*goals, serde_json::json!(["BecamePrimary"]), "nobody ever announces that it refused");
}

#[test]
fn what_is_loaded_is_what_the_file_says() {
    let scenario = load_valid(EVERYTHING);
    assert_eq!((scenario.name.as_str(), scenario.protocol, scenario.nodes), ("test.json", "register", 5));
    assert_eq!(scenario.seeds, 3..16);
    assert_eq!(scenario.expect.goals, ["BecamePrimary", "Refused"]);
    let summary = scenario.prepared.run(3);
    assert!(summary.verdict.is_passed() || summary.verdict.property() == Some(PROGRESS), "{}", summary.verdict);
    assert_eq!(load_valid(RING).seeds, 0..100);
    let traced = scenario.prepared.trace(4);
    assert_eq!(traced.summary.trace_hash, scenario.prepared.run(4).trace_hash);
    let (_, history) = scenario.prepared.history(4);
    assert!(history.lines().count() > 20, "{history}");
}
