//! `faultbed run --crash-points`: finds what only a crash at one place shows, and nothing where there is
//! nothing.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const README: &str = include_str!("../../README.md");

fn faultbed(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faultbed")).args(arguments).output().unwrap()
}

/// The lines that a search prints.
#[track_caller]
fn explore(scenario: &str, options: &[&str], code: i32) -> Vec<Value> {
    let fixed = ["run", scenario, "--crash-points", "--format", "json"];
    let output = faultbed(&[&fixed, options].concat());
    let lines: Vec<Value> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    lines
}

fn of_type<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crash-points");
    std::fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// A flaw is found from a calm run, by this many crashes, and by the command that is printed, and by the file
/// that it writes.
#[track_caller]
fn check_found(scenario: &str, flaw: &str, options: &[&str], property: &str, crashes: usize) {
    let flaws = format!("protocol.flaws=[\"{flaw}\"]");
    let lines = explore(scenario, &[&["--set", &flaws], options].concat(), 1);
    let found = of_type(&lines, "crash").into_iter().find(|line| line["run"]["property"] == property);
    let found = found.unwrap_or_else(|| panic!("{flaw}: no {property} in {:?}", of_type(&lines, "crash_points")));
    let faults: Vec<String> = found["faults"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(faults.len(), crashes, "{found}");
    let replay = found["replay"].as_str().unwrap();
    assert!(faults.iter().all(|fault| replay.contains(&format!("--add-fault '{fault}'"))), "{replay}");
    let overrides = options.chunks(2).filter(|pair| pair[0] == "--set").flatten().copied();
    let mut again = vec!["replay", scenario, "--seed", "0", "--set", &flaws];
    again.extend(overrides);
    again.extend(faults.iter().flat_map(|fault| ["--add-fault", fault]));
    let output = faultbed(&again);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(found["run"]["trace_hash"].as_str().unwrap()), "{text}");
    assert_eq!(output.status.code(), Some(1));
    let path = scratch(&format!("{flaw}-{}.json", scenario.replace('/', "-")));
    again.extend(["--format", "scenario", "-o", path.to_str().unwrap()]);
    faultbed(&again);
    let run = faultbed(&["run", path.to_str().unwrap(), "--once", "--format", "json"]);
    let line = String::from_utf8(run.stdout).unwrap();
    let line: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(line["property"], property, "{line}");
    assert_eq!(line["trace_hash"], found["run"]["trace_hash"], "{line}");
}

#[test]
fn a_follower_that_deletes_before_it_appends_is_found() {
    check_found("raft/calm", "torn-append", &["--max-crashes", "1000"], "Match Index Is Replicated", 1);
}

#[test]
fn a_vote_that_is_not_synced_is_found() {
    check_found("raft/calm", "unsynced-vote", &["--max-crashes", "1000"], "Term Never Decreases", 1);
}

#[test]
fn a_broadcast_recovered_before_it_is_durable_is_found() {
    let options = ["--set", "protocol.broadcasts=1", "--max-crashes", "3000"];
    check_found("bracha/calm", "recovers-unsynced", &options, "Integrity", 2);
}

#[test]
fn a_version_recovered_before_it_is_durable_is_found() {
    let options = ["--max-crashes", "3000"];
    check_found("lww/calm", "recovers-unsynced", &options, "Exactly-Once Delivery", 2);
}

/// Both kinds of crashes were tried, in runs that the protocol claims to survive.
#[track_caller]
fn check_flawless(scenario: &str) {
    let lines = explore(scenario, &["--max-crashes", "600"], 0);
    let [line] = of_type(&lines, "crash_points")[..] else { panic!("{lines:?}") };
    let tried = |depth: &str| line[depth]["tried"].as_u64().unwrap();
    assert!(of_type(&lines, "crash").is_empty(), "{lines:?}");
    assert_eq!((&line["result"], &line["failed"]), (&"PASS".into(), &0.into()), "{line}");
    assert!(tried("single") > 50, "{line}");
    assert_eq!(line["judged_for_safety"], tried("single") + tried("double"), "{line}");
    let number = |value: &Value| value.as_u64().unwrap().to_string();
    let readme: Vec<String> = README
        .lines()
        .filter_map(|row| row.strip_prefix(&format!("| `{scenario}` | ")))
        .map(|row| row.replace(',', ""))
        .collect();
    let expected = format!("{} | all {} |", number(&line["boundaries"]), number(&line["single"]["of"]));
    assert!(readme.len() == 1 && readme[0].starts_with(&expected), "{readme:?}: {expected}");
}

#[test]
fn nothing_is_found_in_flawless_protocols() {
    for scenario in [
        "raft/calm",
        "pbft/calm",
        "hotstuff/calm",
        "streamlet/calm",
        "bracha/calm",
        "lww/calm",
        "abd/calm",
        "async-kv/calm",
        "atomic-commit/calm",
        "causal/calm",
        "crdt/calm",
        "quorum-store/calm",
        "saga/calm",
        "leased-lock/calm",
        "replicated-service/calm",
        "swim/calm",
        "failure-detectors/calm",
        "paxos/calm",
        "synod/calm",
        "viewstamped-replication/calm",
    ] {
        check_flawless(scenario);
    }
}

#[test]
fn second_crashes_of_flawless_protocols_find_nothing() {
    for (scenario, smaller) in [
        ("raft/calm", "clients.operations=3"),
        ("pbft/calm", "clients.operations=1"),
        ("bracha/calm", "protocol.broadcasts=1"),
        ("lww/calm", "clients.operations=3"),
        ("abd/calm", "clients.operations=3"),
        ("atomic-commit/calm", "clients.operations=2"),
        ("causal/calm", "clients.operations=3"),
        ("crdt/calm", "clients.operations=3"),
    ] {
        let lines = explore(scenario, &["--set", smaller, "--max-crashes", "3000"], 0);
        let line = of_type(&lines, "crash_points")[0];
        assert_eq!(line["single"]["tried"], line["single"]["of"], "{line}");
        assert!(line["double"]["tried"].as_u64().unwrap() > 500, "{line}");
    }
}

/// These claim to survive no crash: none counts.
#[test]
fn crashes_outside_of_the_model_are_no_failures_and_no_test() {
    for scenario in ["lamport-mutex/calm", "oral-messages/calm"] {
        let lines = explore(scenario, &["--max-crashes", "200"], 6);
        let line = of_type(&lines, "crash_points")[0];
        assert_eq!((&line["result"], &line["judged_for_safety"]), (&"UNTESTED".into(), &0.into()), "{line}");
    }
}

#[test]
fn the_output_does_not_depend_on_how_many_runs_go_side_by_side() {
    let run = |jobs: &str, format: &str| {
        let set = r#"protocol.flaws=["unsynced-vote"]"#;
        let arguments = ["run", "raft/calm", "--crash-points", "--max-crashes", "300", "-j", jobs, "--set", set];
        faultbed(&[&arguments[..], &["--format", format]].concat()).stdout
    };
    for format in ["human", "json"] {
        assert_eq!(run("1", format), run("3", format));
    }
}

#[test]
fn the_first_failure_can_end_it_and_so_can_the_time() {
    let flaws = ["--set", r#"protocol.flaws=["torn-append"]"#, "--fail-fast"];
    let lines = explore("raft/calm", &flaws, 1);
    let line = of_type(&lines, "crash_points")[0];
    assert_eq!((&line["stopped"], &line["failed"]), (&"first failure".into(), &1.into()), "{line}");
    let lines = explore("raft/calm", &["--max-time", "0s"], 6);
    assert_eq!(of_type(&lines, "crash_points")[0]["stopped"], "out of time");
}

#[track_caller]
fn check_refused(arguments: &[&str], code: i32, message: &str) {
    let output = faultbed(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert!(errors.contains(message), "{errors}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    check_refused(&["run", "raft/calm", "--crash-points", "--seeds", "9"], 2, "cannot be used with");
    check_refused(&["run", "raft/calm", "--max-crashes", "9"], 2, "--crash-points");
    check_refused(&["run", "raft/calm", "--crash-points", "--max-crashes", "0"], 2, "0 is not in");
    let with = |fault: &'static str| ["replay", "raft/calm", "--add-fault", fault];
    check_refused(&with("crash"), 2, "--add-fault takes a fault as scenario files have it");
    check_refused(&with(r#"{"in_step":{"step":1},"crash":"n9"}"#), 3, "n9");
    check_refused(&with(r#"{"in_step":{"step":0},"crash":"n0"}"#), 3, "counted from 1");
    check_refused(&with(r#"{"in_step":{"step":1},"pause":"n0"}"#), 3, "only a crash falls into the middle of a step");
    check_refused(&with(r#"{"in_step":{"step":1},"crash":"leader"}"#), 3, "which it names");
    check_refused(&with(r#"{"in_step":{"step":1},"crash":"n0","mid_step":true}"#), 3, "leave `mid_step` out");
    check_refused(&with(r#"{"at":"1s","power_loss":"n0","torn":true}"#), 3, "add `lost`");
    check_refused(&with(r#"{"at":"1s","power_loss":"n0","lost_at":[1]}"#), 3, "add `\"reordered\": true`");
    check_refused(&with(r#"{"at":"1s","power_loss":"n0","reordered":true,"lost":1}"#), 3, "write `lost_at`");
}
