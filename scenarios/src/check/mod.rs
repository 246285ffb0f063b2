//! Histories that were recorded elsewhere, read for `faultbed check`.
//!
//! The way of a file through this module:
//!
//! 1. [`Text`](text::Text) reads it line by line, and [`Format`] tells what it is written in.
//! 2. The reader of its format ([`jepsen`] for EDN maps and log lines, [`jsonl`]) makes an
//!    [`Event`](event::Event) of each map or line: a client asks, or learns what came of it.
//! 3. The [`Recorder`](recorder::Recorder) checks that the event makes sense after those before it,
//!    translates it by the [vocabulary](vocabulary) of the model, and adds it to the history. The
//!    [`TransactionRecorder`] does so for transactions, whose [steps] name their keys themselves.
//!
//! Nothing but the history outlives the line it was read from. The order of the events in the file
//! is the order in which they happened; times are not read. What is wrong is told as for scenario
//! files, with the text at fault underlined.

mod detect;
mod edn;
mod event;
mod jepsen;
mod jsonl;
mod recorder;
mod steps;
#[cfg(test)]
mod tests;
mod text;
mod transactions;
mod vocabulary;

use std::io::{self, BufRead};

use sim_core::History;
use sim_core::consistency::models::{ModelKind, Op, Reply};

pub(crate) use self::detect::Format;
pub(crate) use self::edn::parse_value;
use self::event::Sink;
use self::recorder::Recorder;
use self::text::Text;
use self::transactions::TransactionRecorder;
pub(crate) use self::transactions::{Knows, RecordedTransactions, TransactionModel};
use crate::source::Diagnostic;

/// What the operations of a history are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckedModel {
    /// An object, which is held against consistency levels.
    Object(ModelKind),
    /// Transactions, which are held against isolation levels.
    Transactions(TransactionModel),
}

impl CheckedModel {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let objects = ModelKind::ALL.iter().copied().map(Self::Object);
        objects.chain(TransactionModel::ALL.into_iter().map(Self::Transactions))
    }

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Object(kind) => kind.name(),
            Self::Transactions(model) => model.name(),
        }
    }
}

/// How a history is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// What it is written in; `None` to tell from its first line.
    pub(crate) format: Option<Format>,
    /// What its operations are about.
    pub(crate) model: ModelKind,
    /// Whether values are pairs of a key and the value proper, as `jepsen.independent` has them.
    pub(crate) independent: bool,
}

/// A history that was read.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Its operations; their times are lines of the file.
    pub(crate) history: History<Op, Reply>,
    /// Whether something was read and there was nothing.
    pub(crate) reads_nil: bool,
}

/// A history cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// There is a mistake in it.
    Mistake(Box<Diagnostic>),
    /// The system refuses.
    Io(io::Error),
}

/// Reads a history, which the user knows by `name`.
///
/// # Errors
/// The first mistake, at its place.
pub(crate) fn read(name: String, reader: Box<dyn BufRead>, how: Reading) -> Result<Recorded, Unreadable> {
    let (text, format) = begin(name, reader, how.format)?;
    let mut recorder = Recorder::new(how.model, format.dialect());
    read_events(text, format, how.independent, &mut recorder)?;
    Ok(recorder.finish())
}

/// Reads a history of transactions, which the user knows by `name`.
///
/// # Errors
/// The first mistake, at its place.
pub(crate) fn read_transactions(
    name: String,
    reader: Box<dyn BufRead>,
    format: Option<Format>,
    model: TransactionModel,
) -> Result<RecordedTransactions, Unreadable> {
    let (text, format) = begin(name, reader, format)?;
    let mut recorder = TransactionRecorder::new(model);
    read_events(text, format, false, &mut recorder)?;
    recorder.finish().map_err(|complaint| Unreadable::Io(io::Error::other(complaint.message)))
}

/// The text with what it is written in.
fn begin(name: String, reader: Box<dyn BufRead>, format: Option<Format>) -> Result<(Text, Format), Unreadable> {
    let mut text = Text::new(name, reader)?;
    let format = match format {
        Some(format) => format,
        None => detect::detect(&mut text)?,
    };
    Ok((text, format))
}

fn read_events(text: Text, format: Format, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    match format {
        Format::Edn => jepsen::read_maps(text, independent, sink),
        Format::JepsenLog => jepsen::read_log(text, independent, sink),
        Format::Jsonl => jsonl::read_lines(text, sink),
    }
}

impl From<Diagnostic> for Unreadable {
    fn from(mistake: Diagnostic) -> Self {
        Self::Mistake(Box::new(mistake))
    }
}
