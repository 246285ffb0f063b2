//! Where text goes: standard output, standard error or a file.
//!
//! Colours are stripped unless a terminal shows them. A reader that goes away on purpose, such as
//! `head`, is not an error: from then on nothing is written, and nobody is told. Whatever else keeps
//! text from being written is an error, and a part of the results is lost.
//!
//! A file appears, or is replaced, when all of it has been written, unless it is to be read while it grows.

mod replacing;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use reports::Stopped;

pub(crate) use replacing::Appears;
use replacing::Replacing;

/// A place to write to.
pub(crate) struct Output {
    writer: Writer,
    colour: bool,
    /// The first error; nothing is written after it.
    error: Option<io::Error>,
}

enum Writer {
    Stream(Box<dyn Write>),
    File(Replacing),
}

/// Why something cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// The file cannot be made.
    #[error("cannot write {}: {error}", path.display())]
    CannotMake {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    /// The file is one of those that are read.
    #[error("{} is read, and would be overwritten: write to another file", .0.display())]
    IsInput(PathBuf),
    /// A part of the text has not been written.
    #[error("cannot write the output, and not all of it is there: {0}")]
    Lost(#[source] io::Error),
}

impl Output {
    /// The file, made anew, or without one standard output. `inputs` are the files that are read.
    ///
    /// # Errors
    /// The file cannot be made, or is an input.
    pub(crate) fn to<'p>(
        file: Option<&Path>,
        mut inputs: impl Iterator<Item = &'p Path>,
        appears: Appears,
    ) -> Result<Self, OutputError> {
        let Some(path) = file else { return Ok(Self::stdout()) };
        if inputs.any(|input| is_same_file(path, input)) {
            return Err(OutputError::IsInput(path.to_owned()));
        }
        let file =
            Replacing::new(path, appears).map_err(|error| OutputError::CannotMake { path: path.to_owned(), error })?;
        Ok(Self { writer: Writer::File(file), colour: false, error: None })
    }

    pub(crate) fn stdout() -> Self {
        let colour = shows_colour(&io::stdout());
        let writer: Box<dyn Write> = if colour { Box::new(anstream::stdout()) } else { Box::new(io::stdout()) };
        Self { writer: Writer::Stream(writer), colour, error: None }
    }

    pub(crate) fn stderr() -> Self {
        let colour = shows_colour(&io::stderr());
        let writer: Box<dyn Write> = if colour { Box::new(anstream::stderr()) } else { Box::new(io::stderr()) };
        Self { writer: Writer::Stream(writer), colour, error: None }
    }

    /// Writes the text, which bears colours or not.
    pub(crate) fn write(&mut self, text: &str) {
        if self.error.is_some() {
            return;
        }
        match self.colour {
            true => self.write_exactly(text),
            false => self.write_exactly(&strip_str(text).to_string()),
        }
    }

    /// Writes machine-readable text, in which nothing is a colour.
    pub(crate) fn write_exactly(&mut self, text: &str) {
        if self.error.is_none() {
            self.error = self.writer.get().write_all(text.as_bytes()).err();
        }
    }

    /// Lets a reader see now what has been written.
    pub(crate) fn flush(&mut self) {
        if self.error.is_none() {
            self.error = self.writer.get().flush().err();
        }
    }

    /// Why it is of no use to write anything more, if it is not.
    pub(crate) fn closed(&self) -> Option<Stopped> {
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        self.error.as_ref().map(|error| if is_gone(error) { Stopped::NobodyListens } else { Stopped::CannotWrite })
    }

    /// Writes what is still buffered; a file is there from now on.
    ///
    /// # Errors
    /// Not all was written. That the reader went away is no error.
    pub(crate) fn finish(mut self) -> Result<(), OutputError> {
        self.flush();
        if let (None, Writer::File(file)) = (&self.error, &mut self.writer) {
            self.error = file.finish().err();
        }
        match (self.closed(), self.error) {
            (Some(Stopped::CannotWrite), Some(error)) => Err(OutputError::Lost(error)),
            _ => Ok(()),
        }
    }
}

impl Writer {
    fn get(&mut self) -> &mut dyn Write {
        match self {
            Self::Stream(stream) => stream,
            Self::File(file) => file,
        }
    }
}

/// Whether both are one file, were it under two names.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (one.canonicalize(), other.canonicalize()) else { return false };
    one == other || is_linked(&one, &other)
}

/// Whether both are names of one file on the disk.
#[cfg(unix)]
fn is_linked(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |path: &Path| path.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok();
    place(one).is_some_and(|one| place(other) == Some(one))
}

#[cfg(not(unix))]
fn is_linked(_: &Path, _: &Path) -> bool {
    false
}

fn shows_colour(stream: &(impl anstream::stream::RawStream + IsTerminal)) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}
