//! Somebody else's protocol: the crate `foca`, through the program of its example.

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The command line that knows the crate, among its scenarios.
fn foca() -> Command {
    let tests = std::env::current_exe().unwrap();
    let programs = tests.parent().and_then(Path::parent).unwrap().join("examples");
    let path = programs.join(format!("foca{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build --example foca");
    let mut command = Command::new(path);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The runs that these arguments, which have spaces only between them, make the program print.
fn runs(arguments: &str) -> Vec<Value> {
    let output = foca().args(arguments.split_whitespace()).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let values = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.filter(|value| value["type"] == "run").collect()
}

#[test]
fn every_scenario_is_valid() {
    foca().args(["lint", "."]).assert().success();
}

#[test]
fn every_scenario_ends_as_it_expects() {
    foca().args(["run", ".", "--seeds", "200"]).assert().success();
}

/// The crate draws from a generator that it is given, and from nothing else.
#[test]
fn two_processes_see_the_same_runs() {
    let first = runs("run ./general.json --seeds 30 --format json");
    assert_eq!(first, runs("run ./general.json --seeds 30 --format json"));
    let hashes: BTreeSet<_> = first.iter().map(|run| run["trace_hash"].as_str().unwrap()).collect();
    assert_eq!(hashes.len(), 30, "every seed is a run of its own");
}

/// Each property has a mistake of an adapter by which it can fail, and each mistake is found.
#[test]
fn the_general_scenario_finds_every_mistake() {
    for (flaw, property) in [
        ("generation-in-memory", "Generations Grow"),
        ("generation-unsynced", "Generations Grow"),
        ("forgets-down", "Down Is Terminal"),
        ("never-notifies-down", "Members Are Those That Run"),
        ("asks-while-alone", "Members Are Those That Run"),
    ] {
        let runs = runs(&format!(r#"run ./general.json --seeds 60 --format json --set protocol.flaws=["{flaw}"]"#));
        let found: BTreeSet<&str> = runs.iter().filter_map(|run| run["property"].as_str()).collect();
        assert!(found.contains(property), "{flaw} violated only {found:?}");
    }
}
