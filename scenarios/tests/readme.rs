//! Every transcript in the README is what the program really prints.
//!
//! A transcript is a block fenced as `console`. Its commands begin with `$ faultbed` (or with the
//! `cargo run` that stands for it); what follows up to the next command is the output, where a line
//! of `...` stands for any number of lines.

use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");

#[test]
fn every_transcript_is_what_the_program_prints() {
    let commands: Vec<Transcript> = transcripts().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert!(commands.len() >= 3, "the README shows the product working");
    for Transcript { command, expected } in commands {
        let mut program = Command::new(env!("CARGO_BIN_EXE_faultbed"));
        let output = program.args(arguments(&command)).current_dir(&root).output().expect("it runs");
        let printed = String::from_utf8(output.stdout).expect("it prints UTF-8");
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        assert!(
            matches(&expected, &printed),
            "the README says that `{command}` prints\n{}\nbut it prints\n{}\n{}",
            expected.join("\n"),
            printed.join("\n"),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

struct Transcript {
    command: String,
    expected: Vec<&'static str>,
}

fn transcripts() -> impl Iterator<Item = Transcript> {
    let blocks = README.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap_or(rest));
    let commands = blocks.flat_map(|block| block.split("$ ").filter(|text| !text.trim().is_empty()));
    commands.filter_map(|text| {
        let mut lines = text.lines();
        let command = lines.next()?;
        let words = command.strip_prefix("cargo run --release -- ").or_else(|| command.strip_prefix("faultbed "))?;
        let mut expected: Vec<&str> = lines.map(str::trim_end).collect();
        while expected.last().is_some_and(|line| line.is_empty()) {
            expected.pop();
        }
        Some(Transcript { command: words.to_owned(), expected })
    })
}

/// Splits a command line into arguments, at blanks outside of single quotes.
fn arguments(command: &str) -> Vec<String> {
    let quoted = command.split('\'').enumerate();
    quoted
        .flat_map(|(part, text)| match part % 2 {
            0 => text.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![text.to_owned()],
        })
        .collect()
}

/// Whether `printed` is `expected`, where `...` stands for any number of lines.
fn matches(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.iter().all(|line| line.is_empty()),
        Some((&"...", rest)) => (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| first == line && matches(rest, others))
        }
    }
}

#[test]
fn a_transcript_that_is_not_true_is_found() {
    assert!(matches(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(!matches(&["a", "...", "d"], &["a", "b", "c"]));
    assert!(!matches(&["a"], &["a", "b"]));
    assert_eq!(arguments("run --set 'a=[\"b c\"]' x"), ["run", "--set", "a=[\"b c\"]", "x"]);
}

#[test]
fn every_dependency_has_its_reason_in_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let [manifest, architecture] =
        ["Cargo.toml", "ARCHITECTURE.md"].map(|file| std::fs::read_to_string(root.join(file)).unwrap());
    let (_, from_here) = manifest.split_once("[workspace.dependencies]").unwrap();
    let (dependencies, _) = from_here.split_once("\n[").unwrap();
    let rows = architecture.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<&str> = rows.filter_map(|row| row.split(" | ").next()).collect();
    let named = dependencies.lines().filter_map(|line| line.split_once(" = "));
    for (name, _) in named.filter(|(_, version)| !version.contains("path")) {
        assert!(rows.iter().any(|row| row.contains(&format!("`{name}`"))), "{name} has no reason in ARCHITECTURE.md");
    }
}
