//! `faultbed explain`: what it says of a failing run is so.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};

const README: &str = include_str!("../../README.md");

/// A run that shrinks to three crashes.
const AMNESIA: &str = r#"raft/general --seed 0x4 --set protocol.flaws=["vote-amnesia"]"#;

/// A run in which the order of two messages decides.
const MUTEX: &str = r#"lamport-mutex/general --seed 0x12 --set protocol.flaws=["any-message-counts"]"#;

fn faultbed(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faultbed")).args(arguments.split_whitespace()).output().unwrap()
}

/// A file that no other test uses.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explain");
    std::fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// A shrunk run in a file.
#[track_caller]
fn shrunk(run: &str, file: &str) -> PathBuf {
    let path = scratch(file);
    let output = faultbed(&format!("shrink {run} -o {}", path.display()));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

#[track_caller]
fn printed(arguments: &str) -> String {
    let output = faultbed(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn explained(arguments: &str) -> Value {
    serde_json::from_str(&printed(&format!("explain {arguments} --format json"))).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a scenario comes to, in a word: `passed` or the property that is violated.
#[track_caller]
fn outcome(scenario: &Value, name: &str) -> String {
    let path = scratch(name);
    std::fs::write(&path, scenario.to_string()).unwrap();
    // Not `replay`, which looks for a repair.
    let output = faultbed(&format!("run {} --format json", path.display()));
    let first = String::from_utf8(output.stdout).unwrap().lines().next().map(str::to_owned);
    let first: Value = serde_json::from_str(&first.unwrap()).unwrap();
    first["property"].as_str().unwrap_or("passed").to_owned()
}

/// The points of a curve: a step, how many samples, how many of them failed, and the interval.
fn points(curve: &Value) -> Vec<(u64, u64, u64, f64, f64)> {
    let point = |point: &Value| {
        let number = |key: &str| point[key].as_u64().unwrap();
        let [low, high] = ["low", "high"].map(|key| point[key].as_f64().unwrap());
        (number("step"), number("samples"), number("violated"), low, high)
    };
    curve["points"].as_array().unwrap().iter().map(point).collect()
}

#[track_caller]
fn check_curve(curve: &Value, steps: u64) {
    let points = points(curve);
    assert!(points.len() >= 9 && points.is_sorted_by(|one, other| one.0 < other.0), "{curve}");
    for (step, samples, violated, low, high) in &points {
        let share = *violated as f64 / *samples as f64;
        assert!(*samples >= 100 && (*low..=*high).contains(&share), "step {step}: {curve}");
    }
    assert_eq!(points.first().map(|point| point.0), Some(0));
    assert_eq!(points.last().map(|point| (point.0, point.1 - point.2)), Some((steps, 0)), "the run itself fails");
    if curve["shows"]["kind"] == "jump" {
        let side = |side: &str, key: &str| curve["shows"][side][key].as_f64().unwrap();
        assert_eq!((side("before", "samples"), side("after", "samples")), (1000.0, 1000.0));
        assert!(side("before", "high") < side("after", "low"), "{curve}");
        let step = curve["shows"]["step"].as_u64().unwrap();
        assert!([step - 1, step].iter().all(|step| points.iter().any(|point| point.0 == *step)), "{curve}");
    }
}

#[test]
fn a_shrunk_run_is_explained_as_the_readme_has_it() {
    let path = shrunk(AMNESIA, "minimal.json");
    let text = printed(&format!("explain {}", path.display()));
    let (_, example) = README.split_once("$ faultbed explain minimal.json\n").unwrap();
    let example = example.split("```").next().unwrap();
    for line in example.lines().filter(|line| *line != "...").skip(1) {
        assert!(text.lines().any(|told| told == line), "the README says `{line}`, and it says\n{text}");
    }
}

#[test]
fn what_it_says_does_not_depend_on_how_many_run_at_a_time() {
    let path = shrunk(AMNESIA, "jobs.json");
    let [one, three] = ["1", "3"].map(|jobs| printed(&format!("explain {} --format json -j {jobs}", path.display())));
    assert_eq!(one, three);
    let explanation: Value = serde_json::from_str(&one).unwrap();
    check_curve(&explanation["curve"], explanation["violation"]["step"].as_u64().unwrap());
    assert_eq!(explanation["curve"]["shows"]["kind"], "jump", "{explanation}");
    assert_eq!(explanation.get("curve_with_plan"), None, "nothing is drawn in a recorded plan");
    assert_eq!(explanation["stopped"], false);
}

#[test]
fn a_part_that_it_takes_is_one_without_which_the_run_does_not_fail() {
    let path = shrunk(AMNESIA, "parts.json");
    let mut scenario = read(&path);
    // A crash of which nothing comes.
    let idle = json!({ "at": "1ms", "pause": "n0", "for": "1us" });
    scenario["faults"].as_array_mut().unwrap().push(idle);
    std::fs::write(&path, scenario.to_string()).unwrap();
    let explanation = explained(&path.display().to_string());
    let place = |part: &Value| part["place"].as_str().unwrap().rsplit('.').next().unwrap().parse::<usize>().unwrap();
    let places = |key: &str| -> Vec<usize> {
        explanation["necessity"][key]
            .as_array()
            .unwrap()
            .iter()
            .filter(|part| part["kind"] == "fault")
            .map(place)
            .collect()
    };
    assert_eq!((places("needed"), places("spare")), (vec![0, 1, 2], vec![3]), "{explanation}");
    for number in 0..4 {
        let mut without = scenario.clone();
        without["faults"].as_array_mut().unwrap().remove(number);
        let fails = outcome(&without, "without.json") == "One Vote A Term";
        assert_eq!(fails, places("spare").contains(&number), "without fault {number}");
    }
}

#[test]
fn in_the_other_order_of_the_critical_pair_the_run_does_not_fail() {
    let path = shrunk(MUTEX, "pair.json");
    let mut scenario = read(&path);
    assert_eq!(outcome(&scenario, "ordered.json"), "Mutual Exclusion");
    let pair = &explained(&path.display().to_string())["critical_pair"]["found"];
    let process = |event: &str| pair[event]["who"].as_str().map(str::to_owned);
    assert!(process("first").is_some() && process("first") == process("second"), "{pair}");
    let deviations = scenario["deviations"].as_array_mut().unwrap();
    deviations.retain(|given| given["choice"] != pair["choice"]);
    deviations.push(json!({ "choice": pair["choice"], "value": pair["becomes"] }));
    assert_ne!(outcome(&scenario, "swapped.json"), "Mutual Exclusion", "{pair}");
}

#[test]
fn where_a_nemesis_draws_a_second_curve_draws_its_faults_anew() {
    let explanation = explained(MUTEX);
    let step = explanation["violation"]["step"].as_u64().unwrap();
    let curves = ["curve", "curve_with_plan"].map(|key| &explanation[key]);
    curves.iter().for_each(|curve| check_curve(curve, step));
    let before = curves.map(|curve| curve["shows"]["before"]["violated"].as_u64().unwrap());
    assert!(before[1] < before[0] / 2, "faults to come make it more probable: {explanation}");
    assert!(explanation["necessity"]["untried"]["deviations"].as_u64() > Some(0), "there are too many");
}

#[test]
fn a_run_that_fails_nothing_is_refused() {
    let check = |arguments: &str, code: i32, message: &str| {
        let output = faultbed(arguments);
        let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {all}");
        assert!(all.contains(message), "{arguments}: {all}");
    };
    check("explain lww/general --seed 1", 6, "nothing to explain: this run passed");
    check("explain lww/general --samples 99", 2, "99 is not in 100..=100000");
    check("explain lww/none", 2, "lww/none");
}

#[test]
fn when_the_time_is_up_it_says_what_it_knows() {
    let text = printed(&format!("explain {AMNESIA} --max-time 0s"));
    assert!(text.contains("It was stopped: some of this is missing."), "{text}");
    assert!(text.contains("n0 voted for n0 and for n3 in term 48"), "{text}");
    assert!(text.contains("  947    8045.164498ms  n0   announces Voted term=48 candidate=n3"), "{text}");
    let explanation = explained(&format!("{AMNESIA} --max-time 0s"));
    assert_eq!(explanation["stopped"], true);
    assert_eq!(explanation["curve"]["shows"]["kind"], "unknown");
    assert_eq!(explanation["necessity"]["needed"], json!([]));
}
