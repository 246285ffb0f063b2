//! Where text goes: standard output, standard error or a file.
//!
//! Colours are stripped unless a terminal shows them. A reader that goes away, such as `head`, is
//! not an error: from then on nothing is written, and whoever writes can ask whether it is of use.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

/// A place to write to.
pub(crate) struct Output {
    writer: Box<dyn Write>,
    colour: bool,
    /// The first error; nothing is written after it.
    error: Option<io::Error>,
}

/// Something cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {what}: {error}")]
pub(crate) struct WriteError {
    what: String,
    #[source]
    error: io::Error,
}

impl Output {
    /// The file, made anew, or without one standard output.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn to(file: Option<&Path>) -> Result<Self, WriteError> {
        let Some(path) = file else { return Ok(Self::stdout()) };
        let refuse = |error| WriteError { what: path.display().to_string(), error };
        let file = File::create(path).map_err(refuse)?;
        Ok(Self { writer: Box::new(BufWriter::new(file)), colour: false, error: None })
    }

    pub(crate) fn stdout() -> Self {
        let colour = shows_colour(&io::stdout());
        let writer: Box<dyn Write> = if colour { Box::new(anstream::stdout()) } else { Box::new(io::stdout()) };
        Self { writer, colour, error: None }
    }

    pub(crate) fn stderr() -> Self {
        let colour = shows_colour(&io::stderr());
        let writer: Box<dyn Write> = if colour { Box::new(anstream::stderr()) } else { Box::new(io::stderr()) };
        Self { writer, colour, error: None }
    }

    /// Writes the text, which bears colours or not.
    pub(crate) fn write(&mut self, text: &str) {
        if self.error.is_some() {
            return;
        }
        let result = match self.colour {
            true => self.writer.write_all(text.as_bytes()),
            false => self.writer.write_all(strip_str(text).to_string().as_bytes()),
        };
        self.error = result.err();
    }

    /// Writes machine-readable text, in which nothing is a colour.
    pub(crate) fn write_exactly(&mut self, text: &str) {
        if self.error.is_none() {
            self.error = self.writer.write_all(text.as_bytes()).err();
        }
    }

    /// Whether anything more that is written is lost.
    pub(crate) const fn is_closed(&self) -> bool {
        self.error.is_some()
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// Not all was written. That the reader went away is no error.
    pub(crate) fn finish(mut self) -> Result<(), WriteError> {
        match self.error.or_else(|| self.writer.flush().err()) {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(WriteError { what: "the output".to_owned(), error })
            }
            _ => Ok(()),
        }
    }
}

fn shows_colour(stream: &(impl anstream::stream::RawStream + IsTerminal)) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}
