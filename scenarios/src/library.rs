//! Where scenarios are found: in the library that is built into the program, or on the disk.

use std::io;
use std::path::{Path, PathBuf};

use crate::source::{Diagnostic, Source, closest, quoted, quoted_list};

/// The names and texts of the library, in the order of the names.
const LIBRARY: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// A scenario of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryScenario {
    /// Its name: `raft/general`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Why a scenario cannot be found or read.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// There is neither a scenario nor a file of this name.
    #[error("there is no scenario {}{}", quoted(name), did_you_mean(.suggestion.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What was perhaps meant.
        suggestion: Option<String>,
    },
    /// Several scenarios of the library have this name.
    #[error("{} can be any of {}", quoted(name), quoted_list(candidates))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Those that it can be.
        candidates: Vec<&'static str>,
    },
    /// A directory has no scenario in it.
    #[error("there are no `.json` files in {}", .0.display())]
    Empty(PathBuf),
    /// It is something else than a file that can be read to its end, such as a pipe.
    #[error("cannot read {}: it is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// The disk refuses.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// Why it cannot be.
        #[source]
        error: io::Error,
    },
    /// The file is not text.
    #[error(transparent)]
    NotText(Box<Diagnostic>),
}

impl LibraryScenario {
    /// Its text, for [`load`](crate::load).
    #[must_use]
    pub fn source(&self) -> Source {
        Source::new(self.name, self.text)
    }
}

/// All scenarios of the library, in the order of their names.
pub fn library() -> impl ExactSizeIterator<Item = LibraryScenario> {
    LIBRARY.iter().map(|(name, text)| LibraryScenario { name, text })
}

/// The scenarios that an argument of the command line names, at least one.
///
/// That is a file; a scenario of the library by its name, or by the last part of it if no other has
/// the same; all of a folder of the library; or all `.json` files below a directory. The library
/// comes before directories: those can always be written with a leading `./`.
///
/// # Errors
/// There is nothing of this name, or more than one thing, or it cannot be read.
pub fn find(argument: &str) -> Result<Vec<Source>, LookupError> {
    find_each(argument).into_iter().collect()
}

/// The same, where what is wrong with one file does not hide the others.
pub(crate) fn find_each(argument: &str) -> Vec<Result<Source, LookupError>> {
    let path = Path::new(argument);
    let found = std::fs::metadata(path);
    if found.as_ref().is_ok_and(std::fs::Metadata::is_file) {
        return vec![read_file(path)];
    }
    match find_in_library(argument, LIBRARY) {
        Err(error) => return vec![Err(error)],
        Ok(named) if !named.is_empty() => {
            return named.into_iter().map(|(name, text)| Ok(Source::new(*name, *text))).collect();
        }
        Ok(_) => {}
    }
    match found {
        Ok(found) if found.is_dir() => read_directory(path),
        Ok(_) => vec![read_file(path)],
        Err(error) if is_absence(&error) => vec![Err(unknown(argument, LIBRARY))],
        Err(error) => vec![Err(unreadable(path, error))],
    }
}

/// Whether there is nothing of this name, and nothing is wrong with it.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}

type Entry = (&'static str, &'static str);

fn find_in_library<'l>(name: &str, library: &'l [Entry]) -> Result<Vec<&'l Entry>, LookupError> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    let all = |fits: &dyn Fn(&str) -> bool| -> Vec<&'l Entry> { library.iter().filter(|(of, _)| fits(of)).collect() };
    let exact = all(&|of| of == name);
    if !exact.is_empty() {
        return Ok(exact);
    }
    let folder = format!("{}/", name.trim_end_matches('/'));
    let inside = all(&|of| of.starts_with(&folder));
    if !inside.is_empty() {
        return Ok(inside);
    }
    let short = all(&|of| of.rsplit('/').next() == Some(name));
    if short.len() > 1 {
        let candidates = short.into_iter().map(|(of, _)| *of).collect();
        return Err(LookupError::Ambiguous { name: name.to_owned(), candidates });
    }
    Ok(short)
}

fn unknown(name: &str, library: &[Entry]) -> LookupError {
    let last_part = |of: &'static str| of.rsplit('/').next().unwrap_or(of);
    let known: Vec<&str> = library.iter().flat_map(|(of, _)| [*of, last_part(of)]).collect();
    LookupError::Unknown { name: name.to_owned(), suggestion: closest(name, &known).map(str::to_owned) }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(": did you mean {}?", quoted(name)))
}

fn read_file(path: &Path) -> Result<Source, LookupError> {
    let refuse = |error| unreadable(path, error);
    // A command that shows a run again must be able to name it.
    let name = path.to_str().ok_or_else(|| refuse(io::Error::other("its path is not UTF-8")))?;
    if !std::fs::metadata(path).map_err(refuse)?.is_file() {
        return Err(LookupError::NotAFile(path.to_owned()));
    }
    let bytes = std::fs::read(path).map_err(refuse)?;
    Source::from_bytes(name.to_owned(), bytes).map_err(|error| LookupError::NotText(Box::new(error)))
}

fn read_directory(directory: &Path) -> Vec<Result<Source, LookupError>> {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    collect(directory, &mut files, &mut errors);
    files.sort();
    if files.is_empty() && errors.is_empty() {
        return vec![Err(LookupError::Empty(directory.to_owned()))];
    }
    files.iter().map(|path| read_file(path)).chain(errors.into_iter().map(Err)).collect()
}

/// Adds the scenario files below a directory, and what keeps it from being read. Links to directories
/// are not followed, because they may lead round in circles; hidden directories and caches, such as what
/// cargo builds, hold no scenarios.
fn collect(directory: &Path, files: &mut Vec<PathBuf>, errors: &mut Vec<LookupError>) {
    if let Err(error) = collect_readable(directory, files, errors) {
        errors.push(unreadable(directory, error));
    }
}

fn collect_readable(directory: &Path, files: &mut Vec<PathBuf>, errors: &mut Vec<LookupError>) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !is_hidden && !path.join("CACHEDIR.TAG").exists() {
                collect(&path, files, errors);
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: io::Error) -> LookupError {
    LookupError::Unreadable { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[Entry] = &[("faults/crash", ""), ("raft/crash", ""), ("raft/general", "{}")];

    #[track_caller]
    fn check(name: &str, expected: &[&str]) {
        let found: Vec<&str> = find_in_library(name, SAMPLE).unwrap().into_iter().map(|(name, _)| *name).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn a_name_is_whole_or_the_last_part_or_a_folder() {
        check("raft/general", &["raft/general"]);
        check("general", &["raft/general"]);
        check("general.json", &["raft/general"]);
        check("raft", &["raft/crash", "raft/general"]);
        check("raft/", &["raft/crash", "raft/general"]);
        check("./raft", &[]);
        check("gen", &[]);
    }

    #[test]
    fn a_name_that_can_be_several_is_refused() {
        let error = find_in_library("crash", SAMPLE).unwrap_err();
        assert_eq!(error.to_string(), "`crash` can be any of `faults/crash`, `raft/crash`");
    }

    #[test]
    fn a_misspelt_name_gets_a_suggestion() {
        let message = |name| unknown(name, SAMPLE).to_string();
        assert_eq!(message("genral"), "there is no scenario `genral`: did you mean `general`?");
        assert_eq!(message("raft/genral"), "there is no scenario `raft/genral`: did you mean `raft/general`?");
        assert_eq!(message("paxos"), "there is no scenario `paxos`");
    }

    #[test]
    fn files_and_directories_are_found_on_the_disk() {
        let directory = Path::new(env!("OUT_DIR")).join("library-test");
        std::fs::create_dir_all(directory.join("below")).unwrap();
        std::fs::write(directory.join("b.json"), "{}").unwrap();
        std::fs::write(directory.join("below/a.json"), "[]").unwrap();
        std::fs::write(directory.join("notes.txt"), "").unwrap();
        let texts = |path: &Path| -> Vec<String> {
            find(path.to_str().unwrap()).unwrap().iter().map(|source| source.text().to_owned()).collect()
        };
        assert_eq!(texts(&directory), ["{}", "[]"]);
        assert_eq!(texts(&directory.join("below/a.json")), ["[]"]);
        std::fs::write(directory.join("below/a.json"), [0xff, 0xfe]).unwrap();
        assert!(matches!(find(directory.to_str().unwrap()), Err(LookupError::NotText(_))));
    }
}
