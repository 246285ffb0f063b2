//! Operations as lines of a witness, which outlives the history it is about.

use std::fmt::{self, Debug};

use crate::history::{History, OperationId};

/// How many operations of a list are shown.
pub(super) const SHOWN: usize = 6;

/// How many characters of a state or an operation are shown.
const SHOWN_CHARS: usize = 160;

/// An operation: its name and what it says, in one line.
pub(super) fn line<O: Debug, R: Debug>(history: &History<O, R>, id: OperationId) -> String {
    let line = clip(history.line(id));
    match history.get(id).request {
        Some(_) => line,
        None => format!("{id:<5} {line}"),
    }
}

/// Writes lines, indented.
pub(super) fn write_lines(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

/// No more of a text than a person wants to read.
pub(super) fn clip(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
