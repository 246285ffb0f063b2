//! Histories that were recorded elsewhere, read for `faultbed check`.
//!
//! The way of a file through this module:
//!
//! 1. [`Text`](text::Text) reads it line by line, and [`Format`] tells what it is written in.
//! 2. The reader of its format ([`jepsen`] for EDN maps and log lines, [`json`]) makes an
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
mod exact;
mod jepsen;
mod json;
mod numbers;
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
use self::event::{Complaint, Sink};
use self::recorder::Recorder;
use self::text::Text;
use self::transactions::TransactionRecorder;
pub(crate) use self::transactions::{Knows, RecordedTransactions, TransactionModel};
use crate::source::Diagnostic;

/// What the operations of a history are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckedModel {
    /// An object, which is held against consistency levels.
    Object(ObjectModel),
    /// Transactions, which are held against isolation levels.
    Transactions(TransactionModel),
}

impl CheckedModel {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let objects = ModelKind::ALL.iter().map(|kind| ObjectModel::Kind(*kind)).chain([ObjectModel::Mutex]);
        objects.map(Self::Object).chain(TransactionModel::ALL.into_iter().map(Self::Transactions))
    }

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Object(model) => model.name(),
            Self::Transactions(model) => model.name(),
        }
    }
}

/// An object that a history may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectModel {
    /// One that the checkers have a model of.
    Kind(ModelKind),
    /// A lock that anybody may release, whoever acquired it.
    Mutex,
}

impl ObjectModel {
    /// The model that it is checked by: a mutex is a lock whose holders have no names.
    pub(crate) const fn kind(self) -> ModelKind {
        match self {
            Self::Kind(kind) => kind,
            Self::Mutex => ModelKind::Lock,
        }
    }

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Mutex => "mutex",
        }
    }
}

/// How a history is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// What it is written in; `None` to tell from its beginning.
    pub(crate) format: Option<Format>,
    /// What its operations are about.
    pub(crate) model: ObjectModel,
    /// Whether a compare-and-swap that failed tells that the value was another than the expected one.
    pub(crate) failed_cas_differs: bool,
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
    /// It does not look like a history at all.
    NoHistory(Box<Diagnostic>),
    /// The system refuses.
    Io(io::Error),
}

/// Reads a history, which the user knows by `name`.
///
/// # Errors
/// The first mistake, at its place.
pub(crate) fn read(name: String, reader: Box<dyn BufRead>, how: Reading) -> Result<Recorded, Unreadable> {
    let (text, format) = begin(name, reader, how.format)?;
    let mut recorder = Recorder::new(how.model, how.failed_cas_differs);
    read_events(text, format, how.independent, &mut recorder)?;
    recorder.finish().map_err(without_place)
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
    recorder.finish().map_err(without_place)
}

/// What is wrong with a history as a whole.
fn without_place(complaint: Complaint) -> Unreadable {
    Unreadable::Io(io::Error::other(complaint.message))
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
        Format::Json => json::read_objects(text, independent, sink),
        Format::Jsonl => json::read_lines(text, independent, sink),
    }
}

impl Unreadable {
    /// The same about an event that is the first of its file, or not: what begins with events is a history.
    fn after(self, is_first: bool) -> Self {
        match self {
            Self::NoHistory(mistake) if !is_first => Self::Mistake(mistake),
            error => error,
        }
    }
}

impl From<Diagnostic> for Unreadable {
    fn from(mistake: Diagnostic) -> Self {
        Self::Mistake(Box::new(mistake))
    }
}
