//! Commands that a signal ends, and what long ones tell until then.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use crate::{NO_SYNC, register_process, scratch};

/// Runs that do not end.
fn endless(arguments: &str) -> Endless {
    let all = format!("run --seeds 4000000000 --jobs 1 {arguments}");
    register_process()
        .args(all.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(Endless)
        .expect("it starts")
}

/// A process that does not outlive the test.
struct Endless(Child);

impl Drop for Endless {
    fn drop(&mut self) {
        // It has ended, unless the test fails.
        let _ = self.0.kill();
    }
}

fn signal(Endless(child): &Endless, name: &str) {
    let status = Process::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.expect("there is a kill").success());
}

#[expect(clippy::disallowed_methods, reason = "the test waits for another process")]
fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen within a minute");
}

#[test]
fn a_failure_is_told_when_it_is_found_and_a_signal_ends_the_sweep_in_order() {
    let path = scratch("told.txt");
    let _ = std::fs::remove_file(&path);
    let mut child = endless(&format!("nemesis.json {NO_SYNC} -o {}", path.display()));
    let told = || std::fs::read_to_string(&path).unwrap_or_default();
    wait_until(|| told().contains("violates Linearizability at seed 0x"));
    let before = told();
    assert!(before.contains("replay") && !before.contains("FAIL"), "{before}");
    signal(&child, "TERM");
    assert_eq!(child.0.wait().unwrap().code(), Some(1), "a failure outweighs the signal");
    let report = told();
    assert!(report.starts_with(&before) && report.contains("FAIL nemesis.json"), "{report}");
    assert!(report.contains("of 4000000000 seeds: a signal came"), "{report}");
    let summary = &report[report.find("Summary").expect("a summary")..];
    assert!(summary.contains("failing  nemesis.json 0x") && summary.contains("not run  nemesis.json ("), "{summary}");
    assert_eq!(report.matches("violates Linearizability at seed").count(), 1, "it is told once");
    let errors = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    assert!(errors.contains(" a second, the slowest nemesis.json 0x"), "{errors}");
}

#[test]
fn off_a_terminal_there_is_a_sign_of_life() {
    let path = scratch("alive.jsonl");
    let mut child = endless(&format!("ring.json --format json -o {}", path.display()));
    let mut sign = String::new();
    BufReader::new(child.0.stderr.take().unwrap()).read_line(&mut sign).unwrap();
    signal(&child, "INT");
    assert_eq!(child.0.wait().unwrap().code(), Some(7));
    assert!(sign.starts_with("at ring.json: ") && sign.contains(" of 4000000000 runs in 1"), "{sign}");
    let lines = std::fs::read_to_string(path).unwrap();
    let record: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&record["type"], &record["exit_code"]), (&"summary".into(), &7.into()));
    assert_eq!(record["not_run"][0]["of"], 4_000_000_000_u64);
    assert!(record["runs"].as_u64() > Some(0) && record["pace"]["seeds_per_second"].as_f64() > Some(0.0));
    assert_eq!(record["pace"]["slowest"]["scenario"], "ring.json");
}

/// Whether a process has something to do when SIGTERM comes, instead of ending.
fn catches_signals(process: &Path) -> bool {
    let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & 1 << (15 - 1) != 0)
}

#[test]
fn a_second_signal_ends_it_at_once() {
    use std::os::unix::process::ExitStatusExt;
    // Nobody reads what it prints, and so it cannot end in order.
    let mut child = endless("ring.json --format json");
    let process = PathBuf::from(format!("/proc/{}", child.0.id()));
    let sleeps = |thread: std::fs::DirEntry| {
        // A thread that waits for a processor does not sleep.
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('S'))
    };
    let mut asleep = 0;
    wait_until(|| {
        let all_sleep = std::fs::read_dir(process.join("task")).unwrap().all(|thread| sleeps(thread.unwrap()));
        asleep = if catches_signals(&process) && all_sleep { asleep + 1 } else { 0 };
        // It has begun, and has done nothing for a second.
        asleep > 100
    });
    signal(&child, "INT");
    wait_until(|| {
        signal(&child, "TERM");
        child.0.try_wait().unwrap().is_some()
    });
    // Either may be the second one: they can reach two threads at once.
    let ended_by = child.0.wait().unwrap().signal();
    assert!(matches!(ended_by, Some(2 | 15)), "as if it had never been caught: {ended_by:?}");
}

/// Without a flaw it runs for ever: power losses alone never make this protocol fail.
#[test]
fn what_was_counted_when_a_signal_comes_is_told() {
    let path = scratch("counted.md");
    let _ = std::fs::remove_file(&path);
    let file = path.display();
    let power_losses = r#"nemesis={"power_loss":{"every":"300ms","lasts":"100ms"}}"#;
    let arguments = format!(
        "seeds-to-find no-sync --in nemesis.json --set {power_losses} --bases 2 --cap 50 --control 4000000000 -o {file}"
    );
    let child = register_process().args(arguments.split_whitespace()).stderr(Stdio::piped()).spawn();
    let mut child = Endless(child.expect("it starts"));
    let mut signs = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let sign = signs.find(|sign| sign.as_ref().is_ok_and(|sign| sign.contains("no flaw"))).unwrap().unwrap();
    signal(&child, "INT");
    assert_eq!(child.0.wait().unwrap().code(), Some(7));
    // The finds took a few seeds each.
    let (_, pace) = sign.split_once("at nemesis.json with no flaw: 2 of 3 searches done, ").expect(&sign);
    assert!(pace.split_once(" runs in ").expect(pace).0.parse::<u64>().unwrap() > 4, "{sign}");
    let table = std::fs::read_to_string(&path).unwrap();
    assert!(table.contains("| `no-sync` | 2 of 2 |") && table.contains("\nWith no flaw, "), "{table}");
    assert!(table.ends_with("\nA signal ended it before all was counted.\n"), "{table}");
}

#[test]
fn a_result_that_never_came_replaces_nothing() {
    let directory = scratch("never-came");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir(&directory).unwrap();
    let path = directory.join("result.json");
    std::fs::write(&path, "an earlier one").unwrap();
    let command = format!("shrink nemesis.json --seed 4 {NO_SYNC} -o {}", path.display());
    let shrink = register_process().args(command.split_whitespace()).stderr(Stdio::piped()).spawn();
    let mut child = Endless(shrink.unwrap());
    // It knows by then where to write, and has most of its passes still to come.
    BufReader::new(child.0.stderr.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "an earlier one");
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "nothing else is left");
}
