//! One file of `faultbed check`, from its bytes to what is read of it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reports::{CheckEnd, Finding, HistoryOf, JudgedHistory, Mistake};
use sim_core::OutcomeCounts;

use super::super::progress::Progress;
use super::super::refusal::Refusal;
use super::files::{self, Candidate, is_stdin};
use super::gunzip::{GZIP, Gunzip};
use crate::check::{Format, Unreadable};
use crate::source::Diagnostic;

/// The file that is checked.
pub(super) struct Input<'a> {
    path: &'a Path,
    /// How the user knows it.
    pub(super) name: String,
    pub(super) format: Option<Format>,
    progress: &'a Progress,
    /// Which of the files it is, if there are several.
    place: String,
    /// Is told what is known, as soon as it is.
    pub(super) known: &'a Known,
}

/// What is known so far of a history that is being judged.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<JudgedHistory>>);

impl Known {
    /// The history has been read, and is to be held against these levels.
    pub(super) fn begin(&self, of: HistoryOf, counts: OutcomeCounts, levels: impl Iterator<Item = &'static str>) {
        let findings = levels.map(Finding::not_judged).collect();
        *self.lock() = Some(JudgedHistory { of, counts, findings, strongest: None });
    }

    /// This is known of one of the levels.
    pub(super) fn found(&self, finding: Finding) {
        let mut known = self.lock();
        let all = known.iter_mut().flat_map(|judged| &mut judged.findings);
        all.filter(|of| of.level == finding.level).for_each(|of| *of = finding.clone());
    }

    /// All that is known; nothing if the history has not been read.
    pub(super) fn taken(&self) -> Option<JudgedHistory> {
        self.lock().take()
    }

    /// Nobody panics while holding it.
    fn lock(&self) -> MutexGuard<'_, Option<JudgedHistory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a file was not judged.
pub(super) struct Unjudged {
    pub(super) refusal: Refusal,
    mistake: Mistake,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Invalid,
    Empty,
    NoHistory,
    Interrupted,
}

impl<'a> Input<'a> {
    /// `place` says which of several files it is.
    pub(super) fn new(
        candidate: &'a Candidate,
        format: Option<Format>,
        progress: &'a Progress,
        known: &'a Known,
        place: String,
    ) -> Self {
        let path = &candidate.path;
        Self { path, name: files::name(path), format, progress, place, known }
    }

    /// Tells what is being done with the file.
    pub(super) fn tell(&self, what: &str) {
        self.progress.name(&format!("{}{}: {what}", self.place, self.name));
    }

    /// What `read` makes of the file.
    pub(super) fn read<R>(
        &self,
        read: impl FnOnce(String, Box<dyn BufRead>) -> Result<R, Unreadable>,
    ) -> Result<R, Unjudged> {
        self.tell("reading");
        let unreadable = |error| Unjudged::unreadable(&self.name, &error);
        let (reader, is_gzip) = self.open().map_err(unreadable)?;
        let damage = || if is_gzip { self.damage() } else { None };
        read(self.name.clone(), reader).map_err(|error| match (error, damage()) {
            // What comes of damaged data may be anything.
            (_, Some(damage)) => unreadable(damage),
            (Unreadable::Mistake(mistake), None) => Unjudged::at(*mistake, Why::Invalid),
            (Unreadable::NoHistory(mistake), None) => Unjudged::at(*mistake, Why::NoHistory),
            (Unreadable::Io(error), None) => unreadable(error),
        })
    }

    /// What is wrong with the compressed data as a whole, if the file can be read once more.
    fn damage(&self) -> Option<io::Error> {
        let (mut reader, _) = (!is_stdin(self.path)).then(|| self.open()).and_then(Result::ok)?;
        io::copy(&mut reader, &mut io::sink()).err()
    }

    /// The bytes of the file, decompressed if need be, and whether they were compressed. The progress counts those
    /// on the disk.
    fn open(&self) -> io::Result<(Box<dyn BufRead>, bool)> {
        let mut reader: Box<dyn BufRead> = match is_stdin(self.path) {
            true => Box::new(io::stdin().lock()),
            false => Box::new(BufReader::new(self.progress.counts(File::open(self.path)?))),
        };
        let mut head = Vec::new();
        (&mut reader).take(GZIP.len() as u64).read_to_end(&mut head)?;
        let is_gzip = head == GZIP;
        let whole = io::Cursor::new(head).chain(reader);
        let reader: Box<dyn BufRead> =
            if is_gzip { Box::new(BufReader::new(Gunzip::new(whole))) } else { Box::new(whole) };
        Ok((reader, is_gzip))
    }
}

/// How many bytes the file has, if that is known.
pub(super) fn length(path: &Path) -> u64 {
    if is_stdin(path) { 0 } else { path.metadata().map_or(0, |metadata| metadata.len()) }
}

impl Unjudged {
    fn at(mistake: Diagnostic, why: Why) -> Self {
        let (line, column) = mistake.line_column();
        let told = Mistake { message: mistake.message.clone(), line: Some(line), column: Some(column) };
        Self { refusal: Refusal::invalid(vec![mistake]), mistake: told, why }
    }

    /// A file that the system does not let anyone read.
    pub(super) fn unreadable(name: &str, error: &io::Error) -> Self {
        let refusal = Refusal::unreadable(format!("cannot read {name}: {error}"));
        let message = format!("cannot be read: {error}");
        Self { refusal, mistake: Mistake { message, line: None, column: None }, why: Why::Invalid }
    }

    /// A file with a mistake in this line of it.
    pub(super) fn in_line(name: &str, line: u64, message: String) -> Self {
        let refusal = Refusal::unreadable(format!("{name}:{line}: {message}"));
        let line = usize::try_from(line).ok();
        Self { refusal, mistake: Mistake { message, line, column: None }, why: Why::Invalid }
    }

    /// Something in which there is nothing to be judged.
    pub(super) fn empty(message: String) -> Self {
        let refusal = Refusal::nothing(message.clone());
        Self { refusal, mistake: Mistake { message, line: None, column: None }, why: Why::Empty }
    }

    /// A file that was not read before a signal came.
    pub(super) fn interrupted(name: &str) -> Self {
        let refusal = Refusal::interrupted(format!("a signal came before {name} was judged"));
        let message = "a signal came before it was judged".to_owned();
        Self { refusal, mistake: Mistake { message, line: None, column: None }, why: Why::Interrupted }
    }

    /// What became of the file, and what to tell the user of it besides. One that the user did not name need
    /// not be a history.
    pub(super) fn told(self, is_named: bool) -> (CheckEnd, Option<Refusal>) {
        let Self { refusal, mistake, why } = self;
        match why {
            Why::NoHistory if !is_named => (CheckEnd::Skipped(mistake), None),
            Why::Invalid | Why::NoHistory => (CheckEnd::Invalid(mistake), Some(refusal)),
            Why::Empty => (CheckEnd::Empty(mistake), Some(refusal)),
            Why::Interrupted => (CheckEnd::Interrupted(mistake), Some(refusal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_are_not_judged_yet_are_unknown() {
        let known = Known::default();
        assert!(known.taken().is_none(), "nothing has been read");
        known.begin(HistoryOf::Operations, OutcomeCounts::default(), ["sequential", "causal"].into_iter());
        known.found(Finding { word: "violated", ..Finding::not_judged("causal") });
        let judged = known.taken().expect("it has begun");
        let words: Vec<_> = judged.findings.iter().map(|finding| (finding.level, finding.word)).collect();
        assert_eq!(words, [("sequential", "unknown"), ("causal", "violated")]);
        assert!(judged.block().contains("a signal came before it was judged"));
    }
}
