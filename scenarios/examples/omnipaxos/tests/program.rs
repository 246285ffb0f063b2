//! Somebody else's protocol: the crate `omnipaxos`, through the program of its example.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// The command line that knows the crate, among its scenarios.
fn omnipaxos() -> Command {
    let tests = std::env::current_exe().unwrap();
    let programs = tests.parent().and_then(Path::parent).unwrap().join("examples");
    let path = programs.join(format!("omnipaxos{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build --example omnipaxos");
    let mut command = Command::new(path);
    command.current_dir(directory());
    command
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What these arguments, which have spaces only between them, make the program print.
fn stdout(arguments: &str) -> String {
    let output = omnipaxos().args(arguments.split_whitespace()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The lines that these arguments make the program print, a JSON object each, without those of whole
/// scenarios and of the whole sweep.
fn json(arguments: &str) -> Vec<Value> {
    let lines = stdout(arguments);
    let values = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.filter(|value| !["scenario", "summary"].iter().any(|of| value["type"] == *of)).collect()
}

#[test]
fn every_scenario_is_valid() {
    omnipaxos().args(["lint", "."]).assert().success();
}

#[test]
fn every_scenario_ends_as_it_expects() {
    omnipaxos().args(["run", "."]).assert().success();
}

/// The order of hash maps, for one, differs from process to process.
#[test]
fn two_processes_see_the_same_runs() {
    for scenario in ["general.json", "batching.json", "reordering-stalls.json"] {
        let arguments = format!("run ./{scenario} --seeds 30 --format json");
        let first = json(&arguments);
        assert_eq!(first, json(&arguments));
        let hashes: BTreeSet<_> = first.iter().map(|run| run["trace_hash"].as_str().unwrap()).collect();
        assert_eq!(hashes.len(), 30, "every seed is a run of its own");
    }
}

/// The general scenario finds `flaw` within that many seeds by `property`, and whatever else it
/// finds is what the flaw is listed for.
#[track_caller]
fn check_found(flaw: &str, property: &str, seeds: u32) {
    let listed = json("list flaws --format json");
    let listed = listed
        .iter()
        .find(|listed| listed["protocol"] == "omnipaxos" && listed["name"] == flaw)
        .expect("the flaw is listed");
    let runs = json(&format!(r#"run ./general.json --seeds {seeds} --format json --set protocol.flaws=["{flaw}"]"#));
    let found: BTreeSet<&str> = runs.iter().filter_map(|run| run["property"].as_str()).collect();
    assert!(found.contains(property), "{flaw} violated only {found:?}");
    let may_violate: BTreeSet<&str> =
        listed["violates"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(found.is_subset(&may_violate), "{flaw} violated {found:?}, but is listed for {may_violate:?}");
}

/// Each property has a mistake of an adapter by which it can fail.
#[test]
fn the_general_scenario_finds_every_mistake() {
    let found = [
        ("promise-amnesia", "Promise Never Decreases", 20),
        ("forgets-accepted", "Uniform Agreement", 100),
        ("answers-before-sync", "Integrity", 50),
        ("forgets-session", "Validity", 50),
        ("no-dedup", "Linearizability", 20),
    ];
    found.into_iter().for_each(|(flaw, property, seeds)| check_found(flaw, property, seeds));
    let flaws = json("list flaws --format json");
    let listed = flaws.iter().filter(|flaw| flaw["protocol"] == "omnipaxos").count();
    assert_eq!(listed, found.len(), "a flaw that nothing finds shows nothing");
}

/// The paper's links keep the order of messages, and the engine can lie about that.
#[test]
fn the_crate_notices_links_that_only_claim_to_keep_the_order() {
    let ordered = "run ./reordering-stalls.json --set network.fifo=true --set network.connections=true --format json";
    let violations = |lie: &str| {
        let runs = json(&format!("{ordered}{lie}"));
        runs.iter().filter(|run| run["property"] == "Progress").count()
    };
    assert_eq!(violations(""), 0, "over links that keep it nothing stalls");
    assert!(violations(" --sabotage reorder-fifo") > 10);
}

/// Operations that were answered while the links were cut, from the second after a new leader had
/// time to be elected.
fn answered_during_the_cut(scenario: &str, seed: u32) -> usize {
    let trace = stdout(&format!("replay ./{scenario} --seed {seed}"));
    let told = trace.lines().filter(|line| line.contains("is told") && !line.contains("unknown"));
    let times = told.filter_map(|line| line.split_whitespace().nth(1)?.strip_suffix("ms")?.parse::<f64>().ok());
    times.filter(|millis| (2500.0..4900.0).contains(millis)).count()
}

/// The claim of the paper: one server that sees a majority is enough.
#[test]
fn the_crate_survives_partial_connectivity() {
    for scenario in ["quorum-loss.json", "constrained-election.json", "chained.json"] {
        for seed in 0..5 {
            assert!(answered_during_the_cut(scenario, seed) > 0, "{scenario}, seed {seed}");
        }
    }
}
