//! The library of faults: each scenario shows what a fault does, and nothing of it without the
//! fault.

use std::collections::BTreeSet;

use scenarios::{Override, Registry, Scenario, Source, library, load};
use serde_json::Value;

fn read(name: &str, source: &Source, overrides: &[&str]) -> Scenario {
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::parse(text).unwrap()).collect();
    load(&Registry::standard(), source, &overrides)
        .unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0].render(false)))
}

/// The goals that at least one of the scenario's seeds reaches.
fn reached(scenario: &Scenario) -> BTreeSet<String> {
    let of_seed = |seed| scenario.expect.goals.iter().cloned().zip(scenario.prepared.run(seed).goals);
    scenario.seeds.clone().flat_map(of_seed).filter(|(_, reached)| *reached).map(|(goal, _)| goal).collect()
}

#[test]
fn what_a_fault_is_said_to_cause_happens_with_it_and_never_without() {
    for entry in library::library().filter(|entry| entry.name.starts_with("faults/")) {
        let source = entry.source();
        let with = read(entry.name, &source, &[]);
        let goals: BTreeSet<String> = with.expect.goals.iter().cloned().collect();
        assert!(!goals.is_empty(), "{} claims nothing", entry.name);
        assert_eq!(reached(&with), goals, "{}", entry.name);
        let without = reached(&read(entry.name, &source, &["faults=[]"]));
        assert!(without.is_empty(), "{} without its faults: {without:?}", entry.name);
    }
}

/// The keys of all faults in a scenario, those in sequences among them.
fn keys(faults: &Value, found: &mut BTreeSet<String>) {
    for fault in faults.as_array().into_iter().flatten() {
        found.extend(fault.as_object().into_iter().flatten().map(|(key, _)| key.clone()));
        keys(&fault["sequence"], found);
        found.extend(fault["after"].as_object().into_iter().flatten().map(|(key, _)| format!("after {key}")));
    }
}

#[test]
fn there_is_a_scenario_for_every_kind_of_fault_and_everything_that_one_can_wait_for() {
    let mut found = BTreeSet::new();
    for entry in library::library().filter(|entry| entry.name.starts_with("faults/")) {
        keys(&read(entry.name, &entry.source(), &[]).document.to_json_value()["faults"], &mut found);
    }
    let schema = Registry::standard().schema();
    let of = |definition: &str| schema["$defs"][definition]["properties"].as_object().unwrap().clone();
    // That a blow is withheld is shown in `sim-core/tests`: it makes nothing happen.
    let labels = ["label", "$schema", "within_model"];
    let faults = of("FaultEntry").into_iter().map(|(key, _)| key);
    let milestones = of("MilestoneEntry").into_iter().map(|(key, _)| format!("after {key}"));
    let missing: Vec<String> =
        faults.chain(milestones).filter(|key| !found.contains(key) && !labels.contains(&key.as_str())).collect();
    assert_eq!(missing, [""; 0], "no scenario shows these");
}

/// `all` stands for every family that the protocol claims to survive, and for no other.
#[test]
fn a_nemesis_of_all_families_keeps_to_the_model() {
    let all = r#"nemesis={"all":{"every":"300ms","lasts":"100ms"}}"#;
    let with_all = |name: &str| read(name, &library::find(name).unwrap().remove(0), &[all, "heal_at=2s"]);
    let scenario = with_all("raft/calm");
    let mut kinds = BTreeSet::new();
    for seed in 0..40 {
        let summary = scenario.prepared.run(seed);
        assert!(summary.verdict.is_passed() && summary.outside.safety.is_empty(), "seed {seed}: {:?}", summary.verdict);
        kinds.extend(summary.faults.iter().filter(|fault| fault.began.is_some()).map(|fault| fault.kind));
    }
    assert!(["crash", "power_loss", "partition", "pause"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert!(!kinds.contains("wiped_crash") && !kinds.contains("corrupt_record"), "{kinds:?}");

    // It claims to survive no messages that are lost.
    let summary = with_all("lamport-mutex/calm").prepared.run(0);
    assert!(!summary.faults.is_empty() && summary.outside.safety.is_empty(), "{:?}", summary.faults);
    let named = Override::parse(r#"nemesis={"storage":{"every":"300ms","lasts":"100ms"}}"#).unwrap();
    let source = library::find("raft/calm").unwrap().remove(0);
    assert!(load(&Registry::standard(), &source, &[named]).is_err(), "what is named must be within the model");
}
