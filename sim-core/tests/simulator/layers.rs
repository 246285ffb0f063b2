//! Walls inside of the crate: what a part may know of the rest.

use std::fs;
use std::path::{Path, PathBuf};

/// All Rust files of a part: its folder, and the file of its name.
fn files(part: &str) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut left) = (Vec::new(), vec![source.join(part), source.join(format!("{part}.rs"))]);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && path.exists() {
            found.push(path);
        }
    }
    found
}

/// The modules of the crate that a text names.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).map(|rest| rest.split(|c: char| c != '_' && !c.is_ascii_lowercase()).next().unwrap())
}

/// A part names itself and these modules, and nothing else of the crate.
#[track_caller]
fn check(part: &str, may_know: &[&str]) {
    let files = files(part);
    assert!(!files.is_empty(), "there is no part {part}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for module in named(&text) {
            assert!(module == part || may_know.contains(&module), "{} knows {module}", file.display());
        }
    }
}

/// What checks histories knows nothing of runs, and serves any history.
#[test]
fn checkers_know_histories_and_no_engine() {
    check("consistency", &["history", "time"]);
    check("history", &["process", "time"]);
    check("canonical", &["process"]);
    check("process", &["time"]);
    check("time", &[]);
}

#[test]
fn a_breach_of_a_wall_is_found() {
    let text = "use crate::history::{History};\nuse super::x;\npub(crate) fn f() -> crate::world::World {}";
    assert_eq!(named(text).collect::<Vec<_>>(), ["history", "world"]);
    assert!(files("consistency").len() > 10);
}
