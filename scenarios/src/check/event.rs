//! What a history says in one map or line, whatever it is written in.

use std::ops::Range;

use reports::Client;
use sim_core::consistency::models::Datum;

use super::text::Text;
use crate::source::Diagnostic;

/// A client asks, or learns what came of it.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// The client; `None` if the event does not say who.
    pub(super) client: Option<Client>,
    /// Its session.
    pub(super) session: u64,
    /// Which of both.
    pub(super) kind: EventKind,
    /// The name of what is asked; may be missing when an operation ends.
    pub(super) function: Option<&'a str>,
    /// The object it is about, if the event names one.
    pub(super) key: Option<Datum>,
    /// What the operation is done with, or what came of it.
    pub(super) value: Option<Datum>,
    /// What the value stands for at the end of an operation.
    pub(super) dialect: Dialect,
}

/// Whether an operation begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    /// The client asks.
    Invoke,
    /// The client learns what came of it.
    End(End),
}

/// How an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It took effect.
    Ok,
    /// It certainly had no effect.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// What a value stands for in the event that ends an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Jepsen: the answer to a question, such as a read; otherwise a repetition of what was asked.
    Jepsen,
    /// Faultbed: always the answer.
    Faultbed,
}

/// Takes the events of a history, in the order in which they happened.
pub(super) trait Sink {
    /// Adds the event of this line of the file. Lines never go back.
    fn record(&mut self, event: Event<'_>, line: usize) -> Result<(), Complaint>;

    /// Whether the value matters of an event that ends an operation without success.
    fn wants_value(&self, end: End) -> bool {
        end == End::Ok
    }
}

/// A part of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Who.
    Client,
    /// Whether it begins or ends.
    Kind,
    /// What is asked.
    Function,
    /// Of what.
    Key,
    /// With what, or the answer.
    Value,
}

/// Why an event makes no sense.
#[derive(Debug)]
pub(super) struct Complaint {
    /// The part of it that is at fault.
    pub(super) about: Field,
    /// What is wrong.
    pub(super) message: String,
    /// What would be right.
    pub(super) help: Vec<String>,
}

impl EventKind {
    /// The kinds by their names, which all formats share.
    const NAMES: [(&'static str, Self); 4] = [
        ("invoke", Self::Invoke),
        ("ok", Self::End(End::Ok)),
        ("fail", Self::End(End::Failed)),
        ("info", Self::End(End::Unknown)),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// All names.
    pub(super) fn names() -> [&'static str; 4] {
        Self::NAMES.map(|(name, _)| name)
    }
}

impl Event<'_> {
    /// The same event, whose value is a pair of the key and the value proper, as `jepsen.independent` has it.
    pub(super) fn independent(self) -> Result<Self, Complaint> {
        match &self.value {
            Some(Datum::List(items)) if let [key, value] = &**items => {
                let (key, value) = (Some(key.clone()), Some(value.clone()));
                Ok(Self { key, value, ..self })
            }
            _ => Err(Complaint::new(Field::Value, "with `--independent` a value is a pair, `[KEY VALUE]`")),
        }
    }
}

impl Complaint {
    pub(super) fn new(about: Field, message: impl Into<String>) -> Self {
        Self { about, message: message.into(), help: Vec::new() }
    }

    pub(super) fn with_help(self, help: Vec<String>) -> Self {
        Self { help, ..self }
    }

    /// The complaint at its place in the text: `range` is that of the part at fault.
    pub(super) fn at(self, text: &Text, range: Range<usize>) -> Diagnostic {
        self.help.into_iter().fold(text.mistake(range, self.message), Diagnostic::with_help)
    }
}
