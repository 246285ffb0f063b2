//! Why a command is not carried out.

use anstream::adapter::strip_str;

use super::output::{Output, OutputError};
use super::shell::{command, program};
use crate::exit;
use crate::library::LookupError;
use crate::run::{Case, Defect};
use crate::source::Diagnostic;

/// A message for the user, and the exit code that goes with it.
#[derive(Debug)]
pub(super) struct Refusal {
    code: u8,
    messages: Vec<Message>,
}

#[derive(Debug)]
enum Message {
    Line(String),
    Diagnostic(Box<Diagnostic>),
}

impl Refusal {
    /// The command line makes no sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { code: exit::USAGE, messages: vec![Message::Line(message.into())] }
    }

    /// There is nothing to be done.
    pub(super) fn nothing(message: impl Into<String>) -> Self {
        Self { code: exit::NOTHING_TESTED, messages: vec![Message::Line(message.into())] }
    }

    /// A signal came before it was done.
    pub(super) fn interrupted(message: impl Into<String>) -> Self {
        Self { code: exit::INTERRUPTED, ..Self::usage(message) }
    }

    /// It is not the user's fault.
    pub(super) fn defect(message: impl Into<String>) -> Self {
        Self { code: exit::DEFECT, messages: vec![Message::Line(message.into())] }
    }

    /// The engine panicked in a run.
    pub(super) fn defect_of(case: &Case, seed: u64, Defect(message): &Defect) -> Self {
        let again = case.replay.of(seed);
        Self::defect(format!("a defect of Faultbed, please report it: {message}\nsee it again: {again}"))
    }

    /// A file cannot be used, and nothing in it can be pointed at.
    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        Self { code: exit::INVALID, ..Self::usage(message) }
    }

    /// Mistakes in scenarios and other files.
    pub(super) fn invalid(mistakes: Vec<Diagnostic>) -> Self {
        Self { code: exit::INVALID, messages: mistakes.into_iter().map(|m| Message::Diagnostic(Box::new(m))).collect() }
    }

    /// A mistake in the text of a `--set`.
    pub(super) fn bad_override(mistake: Diagnostic) -> Self {
        Self::invalid(vec![mistake]).of_usage()
    }

    /// The same, for a mistake of the command line.
    pub(super) fn of_usage(self) -> Self {
        Self { code: exit::USAGE, ..self }
    }

    /// All messages of both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.code = exit::worst([self.code, other.code]);
        self.messages.extend(other.messages);
        self
    }

    /// How many things are wrong.
    pub(super) const fn len(&self) -> usize {
        self.messages.len()
    }

    /// What the user is told, without colours.
    pub(super) fn text(&self) -> String {
        let messages: String = self.messages.iter().map(Message::render).collect();
        strip_str(&messages).to_string()
    }

    /// Tells the user, and returns the exit code.
    pub(super) fn report(&self) -> u8 {
        let mut errors = Output::stderr();
        for message in &self.messages {
            errors.write(&message.render());
        }
        self.code
    }
}

impl Message {
    fn render(&self) -> String {
        match self {
            Self::Line(message) => format!("{}\n", reports::error_line(message)),
            Self::Diagnostic(diagnostic) => format!("{}\n\n", diagnostic.render(true)),
        }
    }
}

impl From<LookupError> for Refusal {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NotText(diagnostic) => Self::invalid(vec![*diagnostic]),
            LookupError::NotAFile(_) | LookupError::Unreadable { .. } => Self::unreadable(error.to_string()),
            LookupError::Empty(_) => Self::nothing(error.to_string()),
            LookupError::Unknown { .. } => {
                let list = command([program().as_str(), "list", "scenarios"]);
                Self::usage(format!("{error}\n`{list}` names all; a path names a file or a directory"))
            }
            LookupError::Ambiguous { .. } => Self::usage(error.to_string()),
        }
    }
}

impl From<OutputError> for Refusal {
    fn from(error: OutputError) -> Self {
        let code = if matches!(error, OutputError::Lost(_)) { exit::OUTPUT } else { exit::USAGE };
        Self { code, ..Self::usage(error.to_string()) }
    }
}
