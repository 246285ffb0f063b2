//! One file of `faultbed check`, from its bytes to what is read of it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use reports::{CheckEnd, Mistake};

use super::super::progress::Progress;
use super::super::refusal::Refusal;
use super::files::{self, Candidate, is_stdin};
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
}

impl<'a> Input<'a> {
    pub(super) fn new(candidate: &'a Candidate, format: Option<Format>, progress: &'a Progress) -> Self {
        let path = &candidate.path;
        Self { path, name: files::name(path), format, progress, place: String::new() }
    }

    /// The same as one of several files.
    pub(super) fn at(self, place: String) -> Self {
        Self { place, ..self }
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
        let reader = self.open().map_err(|error| Unjudged::unreadable(&self.name, &error))?;
        read(self.name.clone(), reader).map_err(|error| match error {
            Unreadable::Mistake(mistake) => Unjudged::at(*mistake, Why::Invalid),
            Unreadable::NoHistory(mistake) => Unjudged::at(*mistake, Why::NoHistory),
            Unreadable::Io(error) => Unjudged::unreadable(&self.name, &error),
        })
    }

    /// The bytes of the file, decompressed if need be. The progress counts those on the disk.
    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        let mut reader: Box<dyn BufRead> = match is_stdin(self.path) {
            true => Box::new(io::stdin().lock()),
            false => Box::new(BufReader::new(self.progress.counts(File::open(self.path)?))),
        };
        let mut head = Vec::new();
        (&mut reader).take(GZIP.len() as u64).read_to_end(&mut head)?;
        let is_gzip = head == GZIP;
        let whole = io::Cursor::new(head).chain(reader);
        Ok(if is_gzip { Box::new(BufReader::new(Gunzip(MultiGzDecoder::new(whole)))) } else { Box::new(whole) })
    }
}

/// What every gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Decompresses, and says in clear words what is wrong with the data.
struct Gunzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::other("its gzip data ends too early"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                io::Error::other(format!("its gzip data is damaged: {error}"))
            }
            _ => error,
        })
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

    /// What became of the file, and what to tell the user of it besides. One that the user did not name need
    /// not be a history.
    pub(super) fn told(self, is_named: bool) -> (CheckEnd, Option<Refusal>) {
        let Self { refusal, mistake, why } = self;
        match why {
            Why::NoHistory if !is_named => (CheckEnd::Skipped(mistake), None),
            Why::Invalid | Why::NoHistory => (CheckEnd::Invalid(mistake), Some(refusal)),
            Why::Empty => (CheckEnd::Empty(mistake), Some(refusal)),
        }
    }
}
