//! The command line as its users see it: what it prints, and how it ends.

mod seeds_to_find;
mod signals;

use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output, Stdio};

use assert_cmd::Command;

/// `faultbed` itself.
fn faultbed() -> Command {
    Command::new(env!("CARGO_BIN_EXE_faultbed"))
}

/// The same for the protocols of these tests, among their scenarios, as if it were on the path.
fn register() -> Command {
    Command::from_std(register_process())
}

fn register_process() -> Process {
    let mut process = Process::new(register_path());
    process.arg0("register").current_dir(scenarios_directory());
    process
}

fn register_path() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_faultbed")).parent().unwrap();
    let path = programs.join("examples").join(format!("register{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build --example register");
    path
}

fn scenarios_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common")
}

/// A file that no other test uses.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-line");
    std::fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// What the arguments, which have spaces only between them, make the program print.
#[track_caller]
fn stdout(arguments: &str) -> String {
    text(&register().args(arguments.split_whitespace()).output().unwrap().stdout)
}

/// What JSON says without the record of the whole command, whose pace is never the same.
fn without_summary(text: &str) -> String {
    let is_kept = |line: &&str| !line.starts_with(r#"{"type":"summary""#);
    text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

/// The line of a run, before that of its scenario.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn check_code(arguments: &str, code: i32, message: &str) {
    let output = register().args(arguments.split_whitespace()).output().unwrap();
    let all = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {all}");
    assert!(all.contains(message), "{arguments}: {all}");
}

/// With this flaw the scenario with the nemesis fails now and then.
const NO_SYNC: &str = r#"--set protocol.flaws=["no-sync"]"#;

#[test]
fn help() {
    for command in ["", "run", "replay", "shrink", "explain", "seeds-to-find", "check", "list", "schema", "lint"] {
        let output = faultbed().args(command.split_whitespace()).arg("--help").output().unwrap();
        assert!(output.status.success());
        insta::assert_snapshot!(format!("help {command}").trim_end(), text(&output.stdout));
    }
}

#[test]
fn run_prints_a_line_a_scenario() {
    insta::assert_snapshot!(stdout("run flaw.json nemesis.json ring.json"));
}

#[test]
fn run_prints_all_that_is_known_of_a_failure() {
    insta::assert_snapshot!(stdout(&format!("run nemesis.json --seeds 30 {NO_SYNC}")));
}

#[test]
fn run_prints_json_a_line_a_run() {
    insta::assert_snapshot!(without_summary(&stdout("run ring.json everything.json --seeds 2 --format json")));
}

#[test]
fn the_strongest_level_is_told_of_each_run_and_of_all() {
    insta::assert_snapshot!(stdout("run flaw.json ring.json --strongest"));
    let lines = stdout("run flaw.json --seeds 2 --format json --strongest");
    insta::assert_snapshot!("strongest as json", without_summary(&lines));
}

#[test]
fn what_clients_got_is_told_of_all_runs_together() {
    insta::assert_snapshot!(stdout("run flaw.json ring.json --service"));
    let lines = stdout("run flaw.json --seeds 2 --format json --service");
    let told = without_summary(&lines);
    let service = told.lines().filter_map(|line| line.split_once("\"service\"")).map(|(_, service)| service);
    insta::assert_snapshot!("service as json", service.collect::<Vec<_>>().join("\n"));
}

#[test]
fn replay_prints_events_and_the_verdict() {
    insta::assert_snapshot!(stdout("replay everything.json --seed 4 --until 40 --node n0"));
    insta::assert_snapshot!("a window", stdout("replay nemesis.json --seed 4 --until 0.2s --node n0 --operation c1.0"));
    insta::assert_snapshot!("replay as jsonl", stdout("replay ring.json --until 4 --format jsonl"));
    let history = stdout("replay nemesis.json --seed 4 --format history");
    insta::assert_snapshot!("history", history.lines().take(5).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_wrong_answer_is_found_in_the_trace_and_in_the_history_by_one_name() {
    let options = format!("nemesis.json --seed 5 {NO_SYNC}");
    let lines = stdout(&format!("run {options} --format json"));
    let run: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let (step, node, message) = (&run["step"], run["nodes"][0].as_str().unwrap(), run["message"].as_str().unwrap());
    let end = message.lines().last().unwrap();
    let (name, rest) = end.split_once(' ').unwrap();
    assert_eq!(rest, format!("got its answer from {node} in step {step}"));
    assert!(message.contains(&format!("cannot come next:\n  {name}: ")), "{message}");
    let trace = stdout(&format!("replay {options} --from {step} --until {step} --operation {name}"));
    assert!(trace.contains(&format!("is told   {name}: ")), "{trace}");
    let history = stdout(&format!("replay {options} --format history"));
    assert!(history.lines().any(|line| line.starts_with(&format!("{name}  "))), "{history}");
}

#[test]
fn list_prints_tables() {
    for what in ["protocols", "properties", "flaws", "guarantees", "faults", "families"] {
        insta::assert_snapshot!(format!("list {what}"), stdout(&format!("list {what}")));
    }
    insta::assert_snapshot!("list flaws as json", stdout("list flaws --format json"));
}

#[test]
fn every_end_has_its_exit_code() {
    check_code("run ring.json", 0, "PASS");
    check_code("run flaw.json", 0, "violated Linearizability, first at");
    check_code(&format!("run nemesis.json --seeds 30 {NO_SYNC}"), 1, "violates Linearizability at seed");
    check_code("run flaw.json --set protocol.flaws=[]", 1, "was expected to violate Linearizability");
    check_code("run", 6, "the library has no scenarios for these protocols");
    check_code("run everything.json", 6, "never announced Refused in 13 seeds");
    check_code("run ring.json --seeds 5..5", 6, "there are no seeds in this range");
    check_code("run ring.json --max-time 0s", 6, "the time was up");
    let inconclusive = "--set step_limit=100 --set clients.timeout=100ms --set expect.progress_within=1s --seed 0";
    check_code(&format!("run nemesis.json {inconclusive}"), 4, "cannot be judged at seed 0x0: Limits");
    check_code(&format!("replay nemesis.json {inconclusive}"), 4, "inconclusive");
    check_code("run restless.json", 5, "gave two different runs at seed 0x0");
    check_code("run restless.json --check-determinism --fail-fast", 5, "stopped after 1 of 3 seeds");
    check_code("replay flaw.json --seed 0", 0, "violated, as expected");
    check_code(&format!("replay nemesis.json --seed 5 {NO_SYNC}"), 1, "violated");
}

#[test]
fn what_was_not_tested_is_told_and_does_not_pass() {
    // Of one seed it is told, and is no failure.
    check_code("run everything.json --seed 4", 0, "not judged over 1 seed, since the scenario has 13 seeds");
    let lines = without_summary(&stdout("run everything.json --format json"));
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&last["summary"]["exit_code"], &last["summary"]["result"]), (&6.into(), &"UNTESTED".into()));
    assert_eq!(last["summary"]["untested"][0]["kind"], "goal");
    // A recording of another network than this.
    let path = scratch("misfit.json");
    stdout(&format!("replay nemesis.json --seed 4 --format scenario -o {}", path.display()));
    check_code(&format!("run {}", path.display()), 0, "PASS");
    check_code(&format!("run {} --set nodes=5 --set faults=[]", path.display()), 6, "deviations no longer fit");
    check_code(&format!("replay {} --set nodes=5 --set faults=[]", path.display()), 6, "not asked");
}

#[test]
fn a_recording_is_one_run_whatever_is_asked_of_the_scenarios_beside_it() {
    let path = scratch("recorded-for-a-violation.json");
    stdout(&format!("replay flaw.json --seed 0 --format scenario -o {}", path.display()));
    let recording = path.display();
    for command in ["run --seeds 100", "run --seeds random:5", "run --seed 7", "replay --seed 7", "shrink --seed 99"] {
        check_code(&format!("{command} {recording}"), 2, "nothing in it is drawn from a seed");
    }
    check_code(&format!("run ring.json {recording} --seeds 3"), 0, "Summary 2 scenarios, 4 runs: 2 as expected");
    check_code(&format!("replay --seed 0 {recording}"), 0, "violated, as expected");
    // It was recorded for a violation, and shows none.
    let harmless = format!("{recording} --set deviations=[] --set protocol.flaws=[]");
    for command in ["run", "replay"] {
        check_code(&format!("{command} {harmless}"), 1, "Linearizability was not violated, unlike then");
    }
}

#[test]
fn time_is_shared_out_and_what_was_left_out_is_told() {
    // The first would take for ever.
    let other = scratch("other.json");
    std::fs::copy(scenarios_directory().join("ring.json"), &other).unwrap();
    let endless = format!("run {} ring.json --seeds 4000000000 --max-time 2s --format json", other.display());
    let output = register().args(endless.split_whitespace()).output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    let summaries: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["type"] == "scenario")
        .map(|record| record["summary"].clone())
        .collect();
    assert_eq!(summaries.len(), 2);
    for summary in summaries {
        let (runs, left) = (summary["runs"].as_u64().unwrap(), summary["left"].as_u64().unwrap());
        assert!(runs > 0 && runs + left == 4_000_000_000, "{summary}");
        assert_eq!((&summary["stopped"], &summary["untested"][0]["kind"]), (&"out of time".into(), &"time".into()));
    }
    assert!(text(&output.stderr).contains("the time was up for ring.json"));
}

#[test]
fn a_filter_that_leaves_nothing_is_told() {
    let nothing = "the run has no event that --node, --kind, --key, --operation, --from and --until leave";
    check_code("replay ring.json --kind Nonsense", 0, nothing);
    check_code("replay nemesis.json --node c99", 0, "nothing happens to c99 in this run");
    check_code("replay ring.json --node n0'", 0, "nothing happens to n0' in this run");
    let output = register().args("replay ring.json --node n0".split(' ')).output().unwrap();
    assert!(!text(&output.stderr).contains(nothing), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_is_told_apart_from_wrong_scenarios() {
    check_code("", 2, "Usage");
    check_code("run ring.jsn", 2, "there is no scenario `ring.jsn`");
    check_code("run ring.json --shard 3/2", 2, "there is no shard 3 of 2");
    check_code("run ring.json --seeds 7..5", 2, "7 lies behind 5");
    check_code("run ring.json --seeds random:9 --shard 1/3", 2, "give all of them the same --seeds A..B");
    check_code("run ring.json --seed x", 2, "`x` is not a seed");
    check_code("run ring.json --jobs 0", 2, "--jobs");
    check_code("run no-such-thing", 2, "`register list scenarios` names all");
    check_code("run ring.json --jobs 257", 2, "expected a number from 1 to 256");
    check_code("run ring.json --set expect={\"judged\":1.5}", 3, "a share lies between 0 and 1");
    check_code("run ring.json --sabotage reorder-fifo", 3, "--set sabotage=…:1:10");
    check_code("run ring.json --max-time soon", 2, "expected a number and a unit");
    check_code("run ring.json --set nodes", 2, "expected KEY=VALUE");
    check_code("run ring.json -o no/such/directory", 2, "cannot write no/such/directory");
    check_code("run nemesis.json --print-plan", 2, "--seed");
    check_code("run --seed 4 --print-plan", 2, "--print-plan takes one scenario and its --seed");
    check_code("run nemesis.json ring.json --seed 4 --print-plan", 2, "--print-plan takes one scenario");
    check_code("run . --seed 4 --print-plan", 2, "`.` names 6 scenarios: expected one");
    check_code("replay ring.json --node n9", 2, "there is no node n9");
    check_code("replay ring.json --format scenario --until 3", 2, "go with --format text");
    check_code("replay ring.json --format history --faults", 2, "--faults goes with --format text");
    check_code("replay ring.json --from 5 --until 3", 2, "--from lies behind --until");
    check_code("replay ring.json --operation zzz", 2, "expected the name of an operation");
    check_code("run nemesis.json --seed 4 --print-plan --format json", 2, "cannot be used with");
    check_code("run ring.json --set nodes=3 --set nodes=5", 2, "`nodes` is set twice");
    check_code("run ring.json --sabotage no-sync --set sabotage=\"lose-synced\"", 2, "`sabotage` is set twice");
    check_code("seeds-to-find stale-raeds --in nemesis.json", 2, "did you mean `stale-reads`?");
    check_code("seeds-to-find", 6, "name one with `--in`");
    check_code("seeds-to-find stale-reads --in ring.json", 6, "no flaws are known of `ring`");
    check_code("seeds-to-find --in nemesis.json --shrink-time 5s", 2, "--shrink");
    check_code("run ring.json --set nods=3", 3, "did you mean `nodes`?");
    check_code("run ring.json --set nodes=1000000000000", 3, "nodes");
    check_code("lint . --set nodes=0", 3, "nodes");
    check_code("lint .", 0, "6 scenarios, 0 errors, 1 warning");
}

#[test]
fn files_that_are_no_scenarios_are_refused_with_their_place() {
    for (name, bytes) in [("empty.json", &b""[..]), ("garbage.json", &[0xff, 0x00, 0x9f][..])] {
        let path = scratch(name);
        std::fs::write(&path, bytes).unwrap();
        check_code(&format!("run {}", path.display()), 3, &format!("{name}:1:1"));
    }
}

#[test]
fn what_builds_leave_behind_and_what_is_hidden_is_no_scenario() {
    let crate_of_its_own = scratch("own_crate");
    for (directory, name) in [("", "fine.json"), ("target/debug", "deps.json"), (".git", "state.json")] {
        let directory = crate_of_its_own.join(directory);
        std::fs::create_dir_all(&directory).unwrap();
        let text =
            if name == "fine.json" { r#"{ "protocol": { "name": "canary" }, "nodes": 1, "seeds": 1 }"# } else { "{}" };
        std::fs::write(directory.join(name), text).unwrap();
    }
    std::fs::write(crate_of_its_own.join("target/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
        .unwrap();
    faultbed().args(["lint", crate_of_its_own.to_str().unwrap()]).assert().success();
}

#[test]
fn results_do_not_depend_on_how_many_run_at_a_time() {
    for format in ["human", "json"] {
        let arguments = format!("run nemesis.json flaw.json --format {format} {NO_SYNC}");
        let run = |jobs: &str| without_summary(&stdout(&format!("{arguments} --jobs {jobs}")));
        let alone = run("1");
        assert_eq!(run("2"), alone);
        assert_eq!(run("7"), alone);
    }
}

#[test]
fn a_seed_is_the_same_run_in_every_process_and_in_every_command() {
    let run = stdout("run nemesis.json --seed 0x9 --format json");
    assert_eq!(first_line(&stdout("run nemesis.json --seed 9 --format json")), first_line(&run));
    let replay = stdout("replay nemesis.json --seed 9 --format jsonl");
    assert_eq!(replay.lines().last(), Some(first_line(&run)));
    assert_eq!(stdout("replay nemesis.json --seed 9 --format jsonl"), replay);
    assert_eq!(stdout("replay nemesis.json --seed 9"), stdout("replay nemesis.json --seed 9"));
}

#[test]
fn the_directory_makes_no_difference() {
    let path = scenarios_directory().join("nemesis.json");
    let here = register().args(["replay", "--seed", "3"]).arg(&path).output().unwrap();
    let elsewhere =
        register().current_dir(std::env::temp_dir()).args(["replay", "--seed", "3"]).arg(&path).output().unwrap();
    assert!(here.status.success());
    assert_eq!(here.stdout, elsewhere.stdout);
}

#[test]
fn the_library_is_in_the_program() {
    let run = |scenario: &str| {
        faultbed().current_dir(std::env::temp_dir()).args(["run", scenario, "--seeds", "3"]).output().unwrap()
    };
    assert_eq!(text(&run("leader-crashes").stdout), text(&run("raft/leader-crashes").stdout));
    assert!(text(&run("leader-crashes").stdout).contains("PASS raft/leader-crashes"));
    let misspelt = run("genral");
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(text(&misspelt.stderr).contains("there is no scenario `genral`: did you mean `general`?"));
}

#[test]
fn a_file_comes_before_the_library() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files-before-the-library");
    // What an earlier run has left would hide the library from the start.
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir(&directory).unwrap();
    let lint = |argument: &str| {
        let output = faultbed().current_dir(&directory).args(["lint", argument]).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    for name in ["membership.json", "raft/membership.json", "membership", "raft/membership"] {
        assert_eq!(lint(name).0, Some(0), "{name} is in the library");
    }
    std::fs::create_dir(directory.join("raft")).unwrap();
    for file in ["membership.json", "raft/membership.json"] {
        std::fs::write(directory.join(file), "{ mistaken").unwrap();
        let (code, message) = lint(file);
        assert!(code != Some(0) && message.contains(&format!(" {file}:1:")), "{message}");
    }
    for name in ["membership", "raft/membership"] {
        assert_eq!(lint(name).0, Some(0), "{name} is no file");
    }
}

#[test]
fn a_scenario_can_ask_for_connections() {
    let gone = |set: &str| {
        let losses = |seed: u32| {
            let trace = stdout(&format!("replay nemesis.json --seed {seed}{set}"));
            trace.lines().filter(|line| line.contains("(connection gone)")).count()
        };
        (0..20).map(losses).sum::<usize>()
    };
    assert_eq!(gone(""), 0);
    assert!(gone(" --set network.connections=true") > 0);
}

#[test]
fn the_printed_command_shows_the_run_again() {
    let report = stdout(&format!("run nemesis.json --seeds 30 {NO_SYNC}"));
    let line = |label: &str| report.lines().find_map(|line| line.trim_start().strip_prefix(label)).unwrap().trim();
    let command = line("replay");
    assert!(command.starts_with("register replay nemesis.json --seed 0x"), "{command}");
    assert!(command.ends_with(r#" --set 'protocol.flaws=["no-sync"]'"#), "{command}");
    let words = command.split_whitespace().skip(1).map(|word| word.trim_matches('\''));
    let output = register().args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains(line("trace hash")));
}

#[test]
fn a_recorded_run_is_the_same_run() {
    let hash = |arguments: &str| {
        let run: serde_json::Value = serde_json::from_str(first_line(&stdout(arguments))).unwrap();
        run["trace_hash"].clone()
    };
    let path = scratch("recorded.json");
    stdout(&format!("replay nemesis.json --seed 4 {NO_SYNC} --format scenario -o {}", path.display()));
    let recorded = hash(&format!("run {} --format json", path.display()));
    assert_eq!(recorded, hash(&format!("run nemesis.json --seed 4 {NO_SYNC} --format json")));
}

#[test]
fn a_printed_plan_is_the_same_run() {
    let run = |arguments: &str| stdout(&format!("run {arguments} --format json")).replace("nemesis.json", "");
    let path = scratch("plan.json");
    let path = path.display();
    assert_eq!(stdout(&format!("run nemesis.json --seed 4 {NO_SYNC} --print-plan -o {path}")), "");
    let hash = |run: &str| serde_json::from_str::<serde_json::Value>(first_line(run)).unwrap()["trace_hash"].clone();
    assert_eq!(hash(&run(&path.to_string())), hash(&run(&format!("nemesis.json --seed 4 {NO_SYNC}"))));
    let plan: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(scratch("plan.json")).unwrap()).unwrap();
    assert!(plan.get("nemesis").is_none() && plan["seeds"] == "4..5" && plan["faults"].as_array().unwrap().len() > 3);
}

#[test]
fn shards_are_a_partition_of_the_runs() {
    let run = |options: &str| stdout(&format!("run nemesis.json --seeds 3..20 --format json {options}"));
    let runs = |options: &str| -> String {
        run(options).lines().filter(|line| line.contains(r#""type":"run""#)).map(|line| format!("{line}\n")).collect()
    };
    let shards: String = (1..=3).map(|shard| runs(&format!("--shard {shard}/3"))).collect();
    assert!(shards.lines().count() == 17 && shards == runs(""));
}

#[test]
fn seeds_that_are_drawn_are_told_and_can_be_run_again() {
    let run = |seeds: &str| {
        let arguments = format!("run nemesis.json --format json --seeds {seeds}");
        register().args(arguments.split(' ')).output().unwrap()
    };
    let (drawn, others) = (run("random:5"), run("random:5"));
    let told = text(&drawn.stderr);
    let (_, range) = told.lines().find_map(|line| line.split_once("--seeds ")).unwrap();
    let runs = |output: &Output| without_summary(&text(&output.stdout));
    assert_eq!(runs(&drawn), runs(&run(range)));
    assert_ne!(runs(&drawn), runs(&others));
}

#[test]
fn a_file_holds_what_would_have_been_printed() {
    let path = scratch("output.txt");
    assert_eq!(stdout(&format!("run ring.json -o {}", path.display())), "");
    assert_eq!(std::fs::read_to_string(path).unwrap(), stdout("run ring.json"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let output = register().args(["run", "flaw.json", "everything.json"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    let coloured = text(&output.stdout);
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), stdout("run flaw.json everything.json"));
}

/// As with `faultbed run --format json | head -1`.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = register_process()
        .args(["run", "nemesis.json", "--seeds", "3000", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let errors = text(&output.stderr);
    assert!(line.starts_with('{') && errors.contains("nobody reads the output"), "{errors}");
}

#[test]
fn output_that_is_lost_is_told_and_has_its_exit_code() {
    for format in ["human", "json"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let arguments = ["run", "ring.json", "flaw.json", "--format", format];
        let output = register_process().args(arguments).stdout(full).output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{errors}");
        assert!(errors.contains("cannot write the output, and not all of it is there: No space left"), "{errors}");
        assert!(!errors.contains("nobody reads"), "{errors}");
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(register_process().arg("--help").stdout(full).status().unwrap().code(), Some(74));
}

#[test]
fn what_is_read_is_not_overwritten() {
    let path = scratch("precious.json");
    std::fs::copy(scenarios_directory().join("ring.json"), &path).unwrap();
    let other = scratch(".").join("precious.json");
    for command in ["run", "replay", "replay --format scenario", "check --model register"] {
        let arguments = format!("{command} {} -o {}", path.display(), other.display());
        check_code(&arguments, 2, "is read, and would be overwritten");
    }
    // The same file under another name.
    let linked = scratch("linked.json");
    let _ = std::fs::remove_file(&linked);
    std::fs::hard_link(&path, &linked).unwrap();
    check_code(&format!("run {} -o {}", path.display(), linked.display()), 2, "is read, and would be overwritten");
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(scenarios_directory().join("ring.json")).unwrap());
}

#[test]
fn a_scenario_that_is_named_twice_runs_once() {
    let twice = format!("run ring.json ./ring.json {}", scenarios_directory().join("ring.json").display());
    assert_eq!(stdout(&twice), stdout("run ring.json"));
}

#[test]
fn what_is_wrong_with_one_file_does_not_hide_the_others() {
    let directory = scratch("wrong");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("bytes.json"), [0xff]).unwrap();
    std::fs::write(directory.join("mistaken.json"), "{ mistaken").unwrap();
    std::fs::write(directory.join(std::ffi::OsStr::from_bytes(b"odd\xff.json")), "{}").unwrap();
    std::os::unix::fs::symlink("loop.json", directory.join("loop.json")).unwrap();
    assert!(Process::new("mkfifo").arg(directory.join("pipe.json")).status().unwrap().success());
    std::fs::copy(scenarios_directory().join("ring.json"), directory.join("good.json")).unwrap();
    let output = register().arg("lint").arg(&directory).output().unwrap();
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    for told in [
        "bytes.json:1:1",
        "mistaken.json:1:3",
        "odd\u{fffd}.json: its path is not UTF-8",
        "loop.json: Too many levels of symbolic links",
        "pipe.json: it is not a regular file",
    ] {
        assert!(errors.contains(told), "{told} in {errors}");
    }
    assert_eq!(text(&output.stdout), "6 scenarios, 5 errors, 0 warnings\n");
    let run = register().arg("run").arg(&directory).output().unwrap();
    assert_eq!((run.status.code(), text(&run.stderr)), (Some(3), errors));
    check_code("lint /dev/zero", 3, "cannot read /dev/zero: it is not a regular file");
    let odd = register().arg("run").arg(std::ffi::OsStr::from_bytes(b"odd\xff.json")).output().unwrap();
    assert!(odd.status.code() == Some(2) && text(&odd.stderr).contains("odd\u{fffd}.json` is not UTF-8"));
}

#[test]
fn a_throwaway_file_needs_no_description() {
    let path = scratch("throwaway.json");
    std::fs::write(&path, r#"{ "protocol": { "name": "ring" }, "nodes": 3, "run_for": "1s" }"#).unwrap();
    check_code(&format!("run {}", path.display()), 0, "PASS");
}

#[test]
fn of_a_seed_that_gives_two_runs_the_first_difference_is_shown() {
    for (source, how) in [("static", "then"), ("clock", "then"), ("hash-map", "then"), ("process", "elsewhere")] {
        let report = stdout(&format!("run restless.json --set protocol.source=\"{source}\""));
        let line = |label: &str| report.lines().map(str::trim_start).find(|line| line.starts_with(label));
        assert!(report.contains("DIFFERS") && line(how).is_some_and(|line| line.contains("after 4 steps")), "{report}");
        assert_eq!(line("alike").map(|line| line.ends_with("2 events")), Some(true), "{report}");
        assert!(line("led there by").is_some_and(|line| line.ends_with("boots")), "{report}");
        let [first, second] = ["parting at", "or else at"].map(|label| line(label).expect("a line"));
        let message = |line: &str| line.split("receives").nth(1).expect("a message").to_owned();
        assert_ne!(message(first), message(second), "{report}");
    }
}
