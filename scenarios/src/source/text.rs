//! The text of one source, and the name under which the user knows it.

use std::fmt;
use std::ops::Range;
use std::string::FromUtf8Error;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Label};
use super::document::Document;

/// A file, or an argument of the command line, as text with a name.
///
/// Cloning is cheap: every [`Label`] holds its source, so that a
/// [`Diagnostic`] can be shown long after the reading is over.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    inner: Arc<Inner>,
}

#[derive(PartialEq, Eq)]
struct Inner {
    name: String,
    text: String,
    /// The number of the first line, 1 unless it is a part of a larger text.
    first_line: usize,
}

/// How many bytes are shown of a line after its mistake, at the most.
const SHOWN_AFTER: usize = 1000;

impl Source {
    /// Makes a source from text. A byte order mark at the start is dropped.
    ///
    /// `name` is shown to the user, usually the path as the user gave it.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Source::excerpt(name, text, 1)
    }

    /// Makes a source from some lines of a larger text, the first of which has the number
    /// `first_line`, counted from 1.
    #[must_use]
    pub fn excerpt(name: impl Into<String>, text: impl Into<String>, first_line: usize) -> Source {
        Source { inner: Arc::new(Inner { name: name.into(), text: text.into(), first_line }) }
    }

    /// Makes a source from the bytes of a file.
    ///
    /// # Errors
    ///
    /// When the bytes are not UTF-8; the diagnostic points at the first byte
    /// which is not.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Source, Diagnostic> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, text)),
            Err(error) => Err(not_utf8(&name.into(), 1, &error)),
        }
    }

    /// Parses the text as JSON with comments and trailing commas.
    ///
    /// # Errors
    ///
    /// The first mistake in the text: what is not JSON, a key given twice in
    /// one object, a number outside the range of a 64-bit float, or arrays and
    /// objects nested deeper than 128 levels.
    pub fn parse(&self) -> Result<Document, Diagnostic> {
        Document::parse(self)
    }

    /// The name under which the user knows this source.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The number of the first line, counted from 1.
    #[must_use]
    pub fn first_line_number(&self) -> usize {
        self.inner.first_line
    }

    /// The line and the column of a byte offset, both counted from 1; a column
    /// is one Unicode scalar value. An offset past the end counts as the end.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text()[..self.text().floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.first_line_number() + before.matches('\n').count();
        (line, before[line_start..].chars().count() + 1)
    }

    /// The part of `range` which can be shown: whole characters inside the
    /// text. What lies after the last visible character becomes the empty range
    /// just behind it, because nobody finds an error on a blank last line.
    pub(super) fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text();
        let visible = text.trim_end().len();
        if range.start >= visible {
            return visible..visible;
        }
        let start = text.floor_char_boundary(range.start);
        start..text.ceil_char_boundary(range.end.max(start))
    }

    /// The lines in which these ranges begin, and those between; of the last one no more than anybody looks at.
    /// What is shown costs by its length, and a file may be long.
    pub(super) fn around(&self, ranges: impl Iterator<Item = Range<usize>>) -> Range<usize> {
        let text = self.text();
        let places = ranges.map(|range| self.first_line(range));
        let all = places.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end)).unwrap_or(0..0);
        let start = text[..all.start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &text[all.end..];
        let rest = &rest[..rest.floor_char_boundary(SHOWN_AFTER)];
        start..all.end + rest.find('\n').map_or(rest.len(), |newline| newline + 1)
    }

    /// The part of `range` on the line where it starts, without the line end.
    pub(super) fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let first = self.text()[range.clone()].split('\n').next().unwrap_or("");
        range.start..range.start + first.trim_end_matches('\r').len()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Source({:?}, {} bytes)", self.name(), self.text().len())
    }
}

/// What is wrong with lines that are not UTF-8, the first of which has the number `first_line`.
pub(crate) fn not_utf8(name: &str, first_line: usize, error: &FromUtf8Error) -> Diagnostic {
    // Up to the first bad byte the lossy text is the same as the bytes, so the
    // offset holds in both, save for a byte order mark which is dropped.
    let lossy = String::from_utf8_lossy(error.as_bytes());
    let text = lossy.strip_prefix('\u{feff}').unwrap_or(&lossy);
    let offset = error.utf8_error().valid_up_to();
    let start = offset - (lossy.len() - text.len());
    let source = Source::excerpt(name, text, first_line);
    let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
    let remark = format!("the byte 0x{:02x} is not valid here", error.as_bytes()[offset]);
    Diagnostic::new("the file is not UTF-8 text", Label::new(source, start..end, remark))
        .with_help("save the file as UTF-8")
}
