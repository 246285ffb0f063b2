//! Operations each of which comes before the next, told to people.

use std::fmt::{self, Debug};

use super::graph::{Path, Why, straightened};
use super::lines::line;
use crate::history::{History, OperationId};

/// One operation of a witness that is a chain or a cycle of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternStep {
    /// The operation.
    pub operation: OperationId,
    /// What reports call it.
    pub name: String,
    /// What it says, in one line.
    pub line: String,
    /// Why it comes before the next, or before the first if it is the last of a cycle; `None` at
    /// the end of what is no cycle.
    pub link: Option<Link>,
}

/// Why one operation comes before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// They are of one session.
    Session,
    /// The other read what it wrote.
    ReadBy,
    /// The other's server had it, as the facts from inside the system say.
    VisibleTo,
    /// It read a value that the other replaced.
    Replaced,
    /// Both wrote the same register; a read has the first in its past and returns the other.
    Seen {
        /// The read.
        by: OperationId,
        /// What the read says, in one line.
        line: String,
    },
}

/// The steps of a path, and of the entry it leads to, if it is no cycle. `id` names an entry.
pub(super) fn steps<O: Debug, R: Debug>(
    history: &History<O, R>,
    id: impl Fn(u32) -> OperationId,
    path: Path,
    end: Option<u32>,
) -> Vec<PatternStep> {
    let link = |why: Why| match why {
        Why::Session => Link::Session,
        Why::Read => Link::ReadBy,
        Why::Visible => Link::VisibleTo,
        Why::Replaced => Link::Replaced,
        Why::Seen(read) => Link::Seen { by: id(read), line: line(history, id(read)) },
    };
    let path = straightened(path).into_iter().map(|(entry, why)| (entry, Some(why)));
    let step = |(entry, why): (u32, Option<Why>)| PatternStep {
        operation: id(entry),
        name: history.name(id(entry)),
        line: line(history, id(entry)),
        link: why.map(link),
    };
    path.chain(end.map(|end| (end, None))).map(step).collect()
}

/// The answers that make a witness of them: the read at its end or, in a cycle, all reads.
pub(super) fn telling(steps: &[PatternStep]) -> Vec<OperationId> {
    let of = |(place, step): (usize, &PatternStep)| match &step.link {
        None | Some(Link::Replaced) => Some(step.operation),
        Some(Link::ReadBy | Link::VisibleTo) => Some(steps[(place + 1) % steps.len()].operation),
        Some(Link::Seen { by, .. }) => Some(*by),
        Some(Link::Session) => None,
    };
    match steps {
        [.., end @ PatternStep { link: None, .. }] => vec![end.operation],
        cycle => cycle.iter().enumerate().filter_map(of).collect(),
    }
}

/// One line an operation, and between them why the first comes before the second.
pub(super) fn write_steps(f: &mut fmt::Formatter<'_>, steps: &[PatternStep]) -> fmt::Result {
    for step in steps {
        writeln!(f, "  {}", step.line)?;
        match &step.link {
            Some(Link::Session) => writeln!(f, "    before, in the same session:")?,
            Some(Link::ReadBy) => writeln!(f, "    read by:")?,
            Some(Link::VisibleTo) => writeln!(f, "    visible to:")?,
            Some(Link::Replaced) => writeln!(f, "    before what replaced the value it read:")?,
            Some(Link::Seen { line, .. }) => {
                writeln!(f, "    before the next, by a read that has it in its past and returns the next:")?;
                writeln!(f, "      {line}")?;
            }
            None => {}
        }
    }
    match steps {
        [first, .., PatternStep { link: Some(_), .. }] => writeln!(f, "  {} again", first.name),
        _ => Ok(()),
    }
}
