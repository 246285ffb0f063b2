//! `faultbed shrink`: what it leaves fails as the run did, is small, and is always the same.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const README: &str = include_str!("../../README.md");

const AMNESIA: &str = r#"raft/general --seed 0x4 --set protocol.flaws=["vote-amnesia"]"#;
const TWICE: &str = r#"lww/general --seed 0x0 --set protocol.flaws=["delivers-twice"]"#;

fn faultbed(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faultbed")).args(arguments.split_whitespace()).output().unwrap()
}

/// A file that no other test uses.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shrink");
    std::fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// Shrinks a run into a file.
#[track_caller]
fn shrink(run: &str, file: &str) -> (PathBuf, String) {
    let path = scratch(file);
    let output = faultbed(&format!("shrink {run} -o {}", path.display()));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

#[track_caller]
fn check_code(arguments: &str, code: i32, message: &str) {
    let output = faultbed(arguments);
    let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments}: {all}");
    assert!(all.contains(message), "{arguments}: {all}");
}

fn count(scenario: &Value, key: &str) -> usize {
    scenario[key].as_array().map_or(0, Vec::len)
}

#[test]
fn what_is_left_is_small_and_fails_as_the_run_did() {
    let path = scratch("amnesia.json");
    let output = faultbed(&format!("shrink {AMNESIA} -o {}", path.display()));
    let (told, text) = (String::from_utf8(output.stderr).unwrap(), std::fs::read_to_string(&path).unwrap());
    let scenario: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(scenario["expect"]["violates"], "One Vote A Term");
    assert!(count(&scenario, "faults") <= 4 && count(&scenario, "deviations") <= 12, "{text}");
    assert_eq!(scenario.get("operations"), None, "nobody need ask for anything: {text}");
    check_code(&format!("run {}", path.display()), 0, "1 violated One Vote A Term");
    let cured = format!(r#"replay {} --set protocol.flaws=[] --set expect={{"judged":0}}"#, path.display());
    check_code(&cured, 0, "passed");
    // That is the example in the README.
    let summary: Vec<&str> = told.lines().rev().take(2).collect();
    let trace = faultbed(&format!("replay {}", path.display())).stdout;
    let trace = String::from_utf8(trace).unwrap().split("\n\n").next().unwrap().to_owned();
    for line in summary.into_iter().chain(trace.lines()) {
        assert!(README.contains(line), "the README lacks this line: {line}");
    }
}

#[test]
fn what_is_left_does_not_depend_on_how_many_run_at_a_time_and_cannot_be_shrunk_again() {
    let (path, once) = shrink(&format!("{TWICE} --jobs 1"), "once.json");
    let (_, twice) = shrink(&format!("{TWICE} --jobs 3"), "twice.json");
    assert_eq!(once, twice);
    let (_, again) = shrink(&path.display().to_string(), "again.json");
    assert_eq!(again, once);
}

#[test]
fn what_a_power_loss_takes_is_told_by_the_fault() {
    let (path, text) = shrink(r#"raft/general --seed 0x11 --set protocol.flaws=["ack-before-sync"]"#, "loss.json");
    let scenario: Value = serde_json::from_str(&text).unwrap();
    assert!(count(&scenario, "faults") == 1 && count(&scenario, "deviations") == 0, "{text}");
    assert_eq!(scenario["faults"][0]["lost"], 1, "{text}");
    // Without the flaw nothing is unsynced then, and the file still fits.
    let cured = format!(r#"{} --set protocol.flaws=[] --set expect={{"judged":0}}"#, path.display());
    check_code(&format!("run {cured}"), 0, "1 passed");
    check_code(&format!("replay {} --bisect --set protocol.flaws=[]", path.display()), 0, "");
}

#[test]
fn a_bound_leaves_what_there_is_by_then() {
    let (path, text) = shrink(&format!("{AMNESIA} --max-runs 60"), "bounded.json");
    let scenario: Value = serde_json::from_str(&text).unwrap();
    assert!(count(&scenario, "deviations") > 100, "{text}");
    check_code(&format!("run {}", path.display()), 0, "1 violated One Vote A Term");
}

#[test]
fn a_run_that_fails_nothing_is_refused() {
    check_code("shrink lww/general --seed 1", 6, "nothing to shrink: this run passed");
    check_code("shrink lww/general --seed 1 --max-time soon", 2, "expected a number and a unit");
    check_code("shrink lww/none", 2, "lww/none");
}

#[test]
fn what_a_nemesis_draws_can_be_written_down() {
    // Of three nodes it draws a majority ring, which cuts nothing.
    let file = scratch("ring-of-three.json");
    let run = r#"lamport-mutex/general --seed 0x12 --set protocol.flaws=["any-message-counts"]"#;
    let recorded = faultbed(&format!("replay {run} --format scenario -o {}", file.display()));
    assert_eq!(recorded.status.code(), Some(1), "{}", String::from_utf8_lossy(&recorded.stderr));
    assert!(std::fs::read_to_string(&file).unwrap().contains("majority_ring"));
    check_code(&format!("run {}", file.display()), 1, "1 violated Mutual Exclusion");
    check_code(&format!("lint {}", file.display()), 0, "0 errors, 0 warnings");
    // Whoever writes one is told that it does nothing.
    let plan = faultbed(&format!("run {run} --print-plan")).stdout;
    std::fs::write(&file, plan).unwrap();
    check_code(&format!("lint {}", file.display()), 0, "in a ring of 3 nodes each reaches all others");
    let (path, _) = shrink(run, "from-a-ring.json");
    check_code(&format!("run {}", path.display()), 0, "1 violated Mutual Exclusion");
}

#[test]
fn a_run_that_cannot_be_shrunk_leaves_the_output_as_it_was() {
    let path = scratch("kept.json");
    std::fs::write(&path, "{}").unwrap();
    check_code(&format!("shrink lww/general --seed 1 -o {}", path.display()), 6, "nothing to shrink");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}");
    let (path, _) = shrink(&format!("{TWICE} --max-time 0s"), "no-time.json");
    check_code(&format!("run {}", path.display()), 0, "1 violated");
}

#[test]
fn a_recorded_run_that_is_recorded_again_keeps_its_deviations() {
    let (path, _) = shrink(&format!("{TWICE} --max-runs 1"), "recorded.json");
    let again = faultbed(&format!("replay {} --format scenario", path.display()));
    let [before, after]: [Value; 2] =
        [std::fs::read(&path).unwrap(), again.stdout].map(|text| serde_json::from_slice(&text).unwrap());
    assert!(count(&before, "deviations") > 100, "{before}");
    assert_eq!(before["deviations"], after["deviations"]);
}
