//! Byzantine runs are runs like any other: a plan that is written down is the same run, and so is a
//! recording, which needs no seed.

use scenarios::{Registry, Scenario, Source, library, load};
use serde_json::Value;

fn read(name: &str, source: &Source) -> Scenario {
    load(&Registry::standard(), source, &[]).unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0].render(false)))
}

/// The scenarios of the library in which nodes are Byzantine.
fn byzantine() -> Vec<(&'static str, Scenario)> {
    let of = |entry: library::LibraryScenario| (entry.name, read(entry.name, &entry.source()));
    let has_traitors = |(_, scenario): &(&str, Scenario)| {
        let file = scenario.document.to_json_value();
        let names = ["twin", "mutate", "silence", "stall", "stale", "adversary"];
        let faults = file["faults"].as_array().into_iter().flatten();
        file["nemesis"].get("byzantine").is_some()
            || faults.into_iter().any(|f| names.iter().any(|n| f.get(n).is_some()))
    };
    library::library().map(of).filter(has_traitors).collect()
}

fn read_back(name: &str, written: &Value) -> Scenario {
    read(name, &Source::new(name, serde_json::to_string(written).expect("it is JSON")))
}

#[test]
fn the_plan_of_a_byzantine_run_is_the_same_run() {
    let scenarios = byzantine();
    assert!(scenarios.len() > 6, "twins, mutation, adversaries each have a scenario");
    let mut plans = 0;
    for (name, scenario) in &scenarios {
        for seed in scenario.seeds.clone().take(20) {
            let again = read_back(name, &scenario.prepared.plan(seed)).prepared.run(seed);
            assert_eq!(again.trace_hash, scenario.prepared.run(seed).trace_hash, "{name}, seed {seed}");
            plans += 1;
        }
    }
    assert!(plans >= 60, "{plans}");
}

#[test]
fn a_byzantine_run_is_replayed_without_its_seed() {
    let mut lies = 0;
    for (name, scenario) in byzantine() {
        for seed in scenario.seeds.clone().take(6) {
            let recorded = scenario.prepared.record(seed);
            let again = read_back(name, &recorded.scenario).prepared.run(seed + 1);
            assert_eq!(again.trace_hash, recorded.summary.trace_hash, "{name}, seed {seed}");
            assert_eq!((again.verdict, again.unused.len()), (recorded.summary.verdict, 0), "{name}, seed {seed}");
            let deviations = recorded.scenario["deviations"].as_array().into_iter().flatten();
            lies += deviations.filter(|deviation| deviation.to_string().contains("variant by fault")).count();
        }
    }
    assert!(lies > 0, "which lie a traitor told is written down");
}
