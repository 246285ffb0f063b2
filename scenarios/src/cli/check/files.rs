//! The files that the arguments of `faultbed check` name.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A file to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    /// Whether the user named it, and not only a folder that it stands in.
    pub(super) is_named: bool,
}

/// What the arguments name.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files, those of a folder in the order of their paths.
    pub(super) files: Vec<Candidate>,
    /// Folders in which there is nothing to be checked.
    pub(super) empty: Vec<PathBuf>,
    /// What cannot be read.
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
    /// What was passed over although it may be meant, and why.
    pub(super) passed_over: Vec<(PathBuf, &'static str)>,
}

/// How the names of histories end. Each may be followed by `.gz`.
pub(super) const EXTENSIONS: [&str; 6] = ["edn", "json", "jsonl", "log", "ndjson", "txt"];

/// Finds what the arguments name: a file as it is, and of a folder all files that may be histories by their
/// names. Links to folders inside of one are not followed, because they may lead round in circles. What is named
/// several times is one file.
pub(super) fn find(arguments: &[PathBuf]) -> Found {
    let (mut found, mut seen) = (Found::default(), BTreeSet::new());
    for argument in arguments {
        let before = found.files.len();
        if argument.is_dir() {
            found.read_folder(argument);
        } else {
            found.files.push(Candidate { path: argument.clone(), is_named: true });
        }
        let new = found.files.split_off(before).into_iter();
        let is_new = |of: &Candidate| seen.insert(of.path.canonicalize().unwrap_or_else(|_| of.path.clone()));
        found.files.extend(new.filter(is_new));
    }
    found
}

/// Whether the argument stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// How the user knows the file.
pub(super) fn name(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

impl Found {
    fn read_folder(&mut self, folder: &Path) {
        let (before, failed) = (self.files.len(), self.unreadable.len());
        self.collect(folder);
        self.files[before..].sort_by(|one, other| one.path.cmp(&other.path));
        if self.files.len() == before && self.unreadable.len() == failed {
            self.empty.push(folder.to_owned());
        }
    }

    fn collect(&mut self, folder: &Path) {
        if let Err(error) = self.collect_readable(folder) {
            self.unreadable.push((folder.to_owned(), error));
        }
    }

    fn collect_readable(&mut self, folder: &Path) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.collect(&path);
            } else if kind.is_symlink() && path.is_dir() {
                self.passed_over.push((path, "a link to a folder, and is not followed"));
            } else if is_history_by_name(&path) {
                // Whoever reads a pipe waits until somebody writes.
                match path.metadata().is_ok_and(|it| !it.is_file()) {
                    true => self.passed_over.push((path, "no regular file, and is not read")),
                    false => self.files.push(Candidate { path, is_named: false }),
                }
            }
        }
        Ok(())
    }
}

fn is_history_by_name(path: &Path) -> bool {
    let is = |path: &Path, wanted: &[&str]| {
        let extension = path.extension().and_then(std::ffi::OsStr::to_str);
        extension.is_some_and(|extension| wanted.contains(&extension))
    };
    let inner = path.file_stem().filter(|_| is(path, &["gz"])).map(Path::new);
    is(inner.unwrap_or(path), &EXTENSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_are_known_by_their_names() {
        for name in ["history.edn", "a/jepsen.log", "x.json.gz", "b.c.jsonl", "history.txt", "y.ndjson.gz"] {
            assert!(is_history_by_name(Path::new(name)), "{name}");
        }
        for name in ["edn", "timeline.html", "test.jepsen", "x.gz", "edn.gz", "x.edn.zst", "x.gz.edn.bak"] {
            assert!(!is_history_by_name(Path::new(name)), "{name}");
        }
    }
}
