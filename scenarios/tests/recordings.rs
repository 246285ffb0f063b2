//! A run that was written down outlives edits of its protocol, or says that it does not.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const README: &str = include_str!("../../README.md");

/// The command line with the protocols of these tests.
fn program() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_faultbed")).parent().unwrap();
    let path = programs.join("examples").join(format!("register{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build it first: cargo build --example register");
    path
}

fn run(arguments: &[&str]) -> Output {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    Command::new(program()).args(arguments).current_dir(scenarios).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs the program, and returns all that it prints if it ends with this code.
#[track_caller]
fn check(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let all = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {all}");
    all
}

/// An empty directory that no other test uses.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recordings").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A failing run of the protocol without edits: two deviations are left of it.
fn shrunk(directory: &Path) -> String {
    let path = directory.join("minimal.json");
    check(&["shrink", "evolving.json", "--seed", "0", "-o", path.to_str().unwrap()], 0);
    let deviations = read(&path)["deviations"].clone();
    assert_eq!(deviations[0], serde_json::json!({ "choice": "n0 urgency#34", "value": 7 }));
    assert_eq!(deviations[1]["choice"], "n0>n1 Put#34 delay");
    assert!(deviations[1]["content"].as_str().is_some_and(|content| content.ends_with("#0")), "{deviations}");
    path.to_str().unwrap().to_owned()
}

/// The same as it was written before recordings told what messages say.
fn without_contents(recording: &str) -> String {
    let mut file = read(Path::new(recording));
    for deviation in file["deviations"].as_array_mut().unwrap() {
        deviation.as_object_mut().unwrap().remove("content");
    }
    let path = recording.replace(".json", "-old.json");
    std::fs::write(&path, file.to_string()).unwrap();
    path
}

fn edits(names: &str) -> String {
    format!("protocol.edits=[{names}]")
}

/// What `replay` says made the recording fit, if anything had to.
fn repaired(printed: &str) -> Option<&str> {
    printed.lines().find_map(|line| line.trim().strip_prefix("repaired    "))
}

#[test]
fn a_recording_fits_the_protocol_after_edits() {
    let directory = scratch("edits");
    let recording = shrunk(&directory);
    let old = without_contents(&recording);
    let by_content = "1 of 2 deviations moved, found by what messages say: n0>n1 Put#34 → #35";
    assert!(README.contains(&format!("minimal.json was repaired: {by_content}")), "the README lacks the example");
    let by_shift = "1 of 2 deviations moved, by a shift of their numbers: n0>n1 Put#34 → #35";
    let draws = "1 of 2 deviations moved, by a shift of their numbers: n0 urgency#34 → #35";
    for (edits_, of_recording, of_old) in [
        ("", None, None),
        (r#""extra-field""#, None, None),
        (r#""extra-kind""#, None, None),
        (r#""extra-draw""#, Some(draws), Some(draws)),
        (r#""extra-message""#, Some(by_content), Some(by_shift)),
        // Messages say something else as well.
        (r#""extra-message", "extra-field""#, Some(by_shift), Some(by_shift)),
    ] {
        for (recording, expected) in [(&recording, of_recording), (&old, of_old)] {
            let printed = check(&["replay", recording, "--last", "1", "--set", &edits(edits_)], 0);
            assert!(printed.contains("Never Back violated at step"), "{edits_}: {printed}");
            assert!(
                printed.contains("2 of 2 deviations were asked for; Never Back was violated, as then"),
                "{printed}"
            );
            assert_eq!(repaired(&printed), expected, "{edits_}: {printed}");
        }
    }
}

#[test]
fn a_recording_of_everything_fits_after_edits() {
    let directory = scratch("whole");
    let path = directory.join("whole.json");
    for seed in ["1", "3"] {
        check(&["replay", "evolving.json", "--seed", seed, "--format", "scenario", "-o", path.to_str().unwrap()], 0);
        let count = read(&path)["deviations"].as_array().unwrap().len();
        assert!(count > 60, "{count}");
        for edit in [r#""extra-field""#, r#""extra-kind""#, r#""extra-draw""#, r#""extra-message""#] {
            let printed = check(&["replay", path.to_str().unwrap(), "--last", "1", "--set", &edits(edit)], 0);
            let told = format!("{count} of {count} deviations were asked for; Never Back was violated, as then");
            assert!(printed.contains(&told), "{seed} {edit}: {printed}");
        }
        // However much there is to try, it ends.
        let printed = check(&["replay", path.to_str().unwrap(), "--set", &edits(r#""renamed-kind""#)], 6);
        assert!(printed.contains("; 200 runs looked for a repair"), "{printed}");
    }
}

#[test]
fn a_repaired_recording_can_be_written_and_fits_then() {
    let directory = scratch("written");
    let recording = shrunk(&directory);
    let repaired_file = directory.join("repaired.json");
    let path = repaired_file.to_str().unwrap();
    let set = edits(r#""extra-message""#);
    let printed = check(&["replay", &recording, "--set", &set, "--format", "scenario", "-o", path], 0);
    assert!(printed.contains("was repaired: 1 of 2 deviations moved"), "{printed}");
    assert_eq!(read(&repaired_file)["deviations"][1]["choice"], "n0>n1 Put#35 delay");
    let printed = check(&["run", path], 0);
    assert!(printed.contains("2 of 2 deviations were asked for; Never Back was violated, as then"), "{printed}");
    assert_eq!(repaired(&check(&["replay", path], 0)), None);
}

#[test]
fn a_recording_that_does_not_fit_is_told_loudly() {
    let directory = scratch("misfit");
    let recording = shrunk(&directory);
    let set = edits(r#""renamed-kind""#);
    let printed = check(&["replay", &recording, "--last", "1", "--set", &set], 6);
    for told in [
        "does not fit any more: 1 of 2 deviations were asked for; Never Back was not violated, unlike then",
        "nothing asks for: n0>n1 Put#34 delay",
        "record the run again",
    ] {
        assert!(printed.contains(told), "{printed}");
    }
    let printed = check(&["run", &recording, "--set", &set], 1);
    assert!(printed.contains("1 of 2 deviations no longer fit: this is not the run that was recorded"), "{printed}");
    assert!(
        printed.contains("1 of 2 deviations were asked for; Never Back was not violated, unlike then"),
        "{printed}"
    );
}

#[test]
fn a_recording_that_fits_no_better_without_its_misfit_was_not_repaired() {
    let directory = scratch("only-a-misfit");
    let recording = shrunk(&directory);
    let mut file = read(Path::new(&recording));
    let misfit = serde_json::json!({ "choice": "n0>n1 Put#900 delay", "value": 1 });
    file["deviations"].as_array_mut().unwrap().insert(0, misfit);
    std::fs::write(&recording, file.to_string()).unwrap();
    let printed = check(&["replay", &recording, "--last", "1"], 6);
    assert!(printed.contains("does not fit any more: 2 of 3 deviations were asked for"), "{printed}");
    assert!(printed.contains("nothing asks for: n0>n1 Put#900 delay\n"), "{printed}");
    assert!(!printed.contains("was repaired"), "{printed}");
}

#[test]
fn a_choice_that_is_answered_twice_is_refused() {
    let directory = scratch("twice");
    let recording = shrunk(&directory);
    let mut file = read(Path::new(&recording));
    let again = serde_json::json!({ "choice": "n0 urgency#34", "value": 1 });
    file["deviations"].as_array_mut().unwrap().push(again);
    std::fs::write(&recording, format!("{file:#}")).unwrap();
    let printed = check(&["replay", &recording], 3);
    let line =
        format!("{file:#}").lines().enumerate().filter(|(_, line)| line.contains("urgency#34")).last().unwrap().0;
    assert!(printed.contains("this choice is answered twice: deviation 0 answers it too"), "{printed}");
    assert!(printed.contains(&format!("minimal.json:{}:", line + 1)), "{printed}");
}

#[test]
fn json_tells_how_much_fits() {
    let directory = scratch("json");
    let recording = shrunk(&directory);
    let line = |command: &[&str], edit: &str| -> Value {
        let set = edits(edit);
        let output = run(&[command, &[recording.as_str(), "--set", &set]].concat());
        let lines = text(&output.stdout);
        let runs: Vec<&str> = lines.lines().filter(|line| line.starts_with(r#"{"type":"run""#)).collect();
        assert_eq!(runs.len(), 1, "{lines}");
        serde_json::from_str::<Value>(runs[0]).unwrap()["recording"].clone()
    };
    let (run_, replay) = (["run", "--format", "json"], ["replay", "--format", "jsonl"]);
    let renamed = serde_json::json!({
        "deviations": 2, "deviations_fitting": 1, "violates": "Never Back", "violated_as_recorded": false,
    });
    assert_eq!(line(&run_, r#""renamed-kind""#), renamed);
    assert_eq!(line(&replay, r#""renamed-kind""#), renamed);
    let moved = serde_json::json!({
        "deviations": 2, "deviations_fitting": 2, "violates": "Never Back", "violated_as_recorded": true,
        "repair": { "found_by": "content", "moved": [["n0>n1 Put#34 delay", "n0>n1 Put#35 delay"]], "gone": [] },
    });
    assert_eq!(line(&replay, r#""extra-message""#), moved);
}

#[test]
fn what_messages_say_is_refused_if_it_is_nothing() {
    let directory = scratch("content");
    let recording = shrunk(&directory);
    let mut file = read(Path::new(&recording));
    file["deviations"][1]["content"] = Value::from("what?");
    std::fs::write(&recording, file.to_string()).unwrap();
    let printed = check(&["replay", &recording], 3);
    assert!(printed.contains("expected eight hexadecimal digits"), "{printed}");
}

#[test]
fn a_bisection_gets_the_code_that_it_understands() {
    let directory = scratch("codes");
    let recording = shrunk(&directory);
    let bisect = |set: &str, code: i32, told: &str| {
        let printed = check(&["replay", "--bisect", &recording, "--last", "1", "--set", set], code);
        assert!(printed.contains(told), "{set}: {printed}");
    };
    bisect("protocol.edits=[]", 1, "this commit: bad");
    bisect(&edits(r#""extra-message""#), 1, "this commit: bad");
    bisect("protocol.flaws=[]", 0, "this commit: good");
    bisect(&edits(r#""renamed-kind""#), 125, "this commit: skip");
    // What this build cannot read says nothing about it; and neither does a run that is cut short.
    bisect("protocol.quorum=3", 125, "unknown key");
    bisect("step_limit=9", 125, "this commit: skip");
    // A wrong command is wrong everywhere: no code below 128 would end the bisection.
    let wrong = |arguments: &[&str], told: &str| {
        let printed = check(&[&["replay", "--bisect"], arguments].concat(), 128);
        assert!(printed.contains(told), "{printed}");
    };
    wrong(&["evolving.json"], "--bisect takes a run that was written down");
    wrong(&["no-such-file.json"], "no-such-file.json");
    wrong(&[&recording, "--set", "nosuch=1"], "unknown key");
    wrong(&[&recording, "--set", "protocol.flaws=[]", "--set", "nodes=many"], "nodes");
    wrong(&[&recording, "--add-fault", "{}"], "--add-fault");
    wrong(&[recording.as_str(), "--step", "9"], "unexpected argument");
    let mut file = read(Path::new(&recording));
    file.as_object_mut().unwrap().remove("expect");
    let expects_nothing = directory.join("nothing.json");
    std::fs::write(&expects_nothing, file.to_string()).unwrap();
    let path = expects_nothing.to_str().unwrap();
    wrong(&[path], "--bisect looks for a violation");
    check(&["replay", "--bisect", path, "--set", r#"expect.violates="Never Back""#], 1);
}

/// A repository of its own, which knows nothing of the user's settings.
struct Repository(PathBuf);

impl Repository {
    /// Nothing if there is no `git`.
    fn new(name: &str) -> Option<Self> {
        let repository = Self(scratch(name));
        let begun = repository.command(&["init", "--quiet"]).output().ok()?;
        assert!(begun.status.success(), "{}", text(&begun.stderr));
        Some(repository)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        let identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"];
        command.args(identity).args(arguments).current_dir(&self.0);
        command.env("GIT_CONFIG_GLOBAL", self.0.join("none")).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CEILING_DIRECTORIES", self.0.parent().unwrap());
        command
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    fn commit(&self, message: &str, settings: &str) {
        std::fs::write(self.0.join("settings"), settings).unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", message]);
    }
}

/// What each commit builds is told by a file of it, to spare a compiler: the flaw, and what has become of
/// the protocol until then.
#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn git_bisect_finds_the_commit_that_brought_the_bug() {
    let Some(repository) = Repository::new("bisect") else {
        eprintln!("skipped: there is no git");
        return;
    };
    let recording = shrunk(&scratch("bisected"));
    let commits = [
        ("first", r#"{"name":"evolving","edits":["renamed-kind"]}"#),
        ("as recorded", r#"{"name":"evolving"}"#),
        ("a draw more", r#"{"name":"evolving","edits":["extra-draw"]}"#),
        ("broken build", r#"{"name":"evolving","edits":["no-such-edit"]}"#),
        ("another kind", r#"{"name":"evolving","edits":["renamed-kind"]}"#),
        ("a message more", r#"{"name":"evolving","edits":["extra-message"]}"#),
        ("urgent numbers first", r#"{"name":"evolving","edits":["extra-message"],"flaws":["urgent-wins"]}"#),
        ("a field more", r#"{"name":"evolving","edits":["extra-message","extra-field"],"flaws":["urgent-wins"]}"#),
        ("last", r#"{"name":"evolving","edits":["extra-kind"],"flaws":["urgent-wins"]}"#),
    ];
    for (message, settings) in commits {
        repository.commit(message, settings);
    }
    repository.git(&["bisect", "start", "HEAD", "HEAD~7"]);
    let script = r#"exec "$0" replay --bisect "$1" --last 1 --set "protocol=$(cat settings)""#;
    let program = program();
    let told = repository.git(&["bisect", "run", "sh", "-c", script, program.to_str().unwrap(), &recording]);
    assert!(told.contains("is the first bad commit") && told.contains("    urgent numbers first"), "{told}");
    let log = repository.git(&["bisect", "log"]);
    assert!(log.contains("# skip: [") && log.contains("# good: [") && log.contains("# bad: ["), "{log}");
}
