//! The text of a history, of which only what is being read stands in memory.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use super::Unreadable;
use crate::source::{Diagnostic, Label, Source, not_utf8};

/// The longest line that is read, in bytes. A file that is no text may have no line at all.
const LONGEST_LINE: u64 = 256 << 20;

/// A file that is read from its beginning to its end: some whole lines of it at a time.
pub(super) struct Text {
    reader: Box<dyn BufRead>,
    name: String,
    lines: String,
    /// Where each of the lines begins.
    starts: Vec<usize>,
    /// The number of the first of the lines, counted from 1.
    first_line: usize,
}

impl Text {
    /// The text that `reader` gives, with its first line read. The user knows it by `name`.
    ///
    /// # Errors
    /// There is no first line, or it cannot be read.
    pub(super) fn new(name: String, reader: Box<dyn BufRead>) -> Result<Self, Unreadable> {
        let mut text = Self { reader, name, lines: String::new(), starts: Vec::new(), first_line: 1 };
        if !text.grow()? {
            return Err(text.mistake(0..0, "the file is empty").into());
        }
        if text.lines.starts_with('\u{feff}') {
            text.lines.drain(..'\u{feff}'.len_utf8());
        }
        Ok(text)
    }

    /// The lines that are being read.
    pub(super) fn lines(&self) -> &str {
        &self.lines
    }

    /// The number of the first of them, counted from 1.
    pub(super) fn first_line(&self) -> usize {
        self.first_line
    }

    /// Reads the next line instead of those that were read; at the end of the file says
    /// `false` and leaves things as they are.
    pub(super) fn advance(&mut self) -> Result<bool, Unreadable> {
        let end = self.lines.len();
        let is_there = self.grow()?;
        if is_there {
            self.forget(end);
        }
        Ok(is_there)
    }

    /// Reads one line more; at the end of the file says `false`.
    pub(super) fn grow(&mut self) -> Result<bool, Unreadable> {
        let end = self.lines.len();
        let mut line = Vec::new();
        let length = (&mut self.reader).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        match String::from_utf8(line) {
            Ok(line) => self.lines.push_str(&line),
            Err(error) => return Err(not_utf8(&self.name, self.first_line + self.starts.len(), &error).into()),
        }
        if length > 0 {
            self.starts.push(end);
        }
        if length as u64 == LONGEST_LINE {
            self.lines.truncate(self.lines.floor_char_boundary(end + SHOWN));
            return Err(self.mistake(end..end, format!("a line of more than {} MiB", LONGEST_LINE >> 20)).into());
        }
        Ok(length > 0)
    }

    /// Forgets all lines before the one that `offset` lies in, and says how many bytes they had.
    pub(super) fn forget(&mut self, offset: usize) -> usize {
        let forgotten = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let bytes = self.starts.get(forgotten).copied().unwrap_or(0);
        if forgotten > 0 {
            self.lines.drain(..bytes);
            self.starts.drain(..forgotten);
            self.starts.iter_mut().for_each(|start| *start -= bytes);
            self.first_line += forgotten;
        }
        bytes
    }

    /// A mistake in this part of the lines that are being read.
    pub(super) fn mistake(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message, self.label(range, ""))
    }

    /// A part of the lines that are being read, with a remark.
    pub(super) fn label(&self, range: Range<usize>, remark: &str) -> Label {
        Label::new(self.source(), range, remark)
    }

    /// The lines that are being read.
    fn source(&self) -> Source {
        Source::excerpt(&self.name, &*self.lines, self.first_line)
    }

    /// A part of them on its own.
    pub(super) fn part(&self, range: Range<usize>) -> Source {
        Source::excerpt(&self.name, &self.lines[range.clone()], self.line_of(range.start))
    }

    /// The number of the line that `offset` lies in, counted from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.first_line + self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }
}

/// How many bytes are shown of a line that is too long.
const SHOWN: usize = 80;

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
