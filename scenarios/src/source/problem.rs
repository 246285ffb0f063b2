//! The error of deserialisation before it becomes a diagnostic.
//!
//! `serde` makes its errors where nothing is known about the text. A
//! [`Problem`] therefore starts without a place, and the innermost container
//! which sees it pass adds the place of the value it was reading. Only then is
//! the message made, because it may quote the text of the value.

use std::error::Error;
use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::diagnostic::{Diagnostic, Label};
use super::suggest::{help_with_name, valid_names};
use super::tree::{Node, NodeValue, Span};
use super::wording::{expectation, integer_range, printable, quoted, values};

/// What is wrong with a value, and where once that is known.
#[derive(Debug)]
pub(super) struct Problem {
    what: What,
    place: Option<Span>,
}

#[derive(Debug)]
enum What {
    /// A message which is complete.
    Message(String),
    /// An object lacks this key.
    Missing { key: &'static str },
    /// Something else was expected.
    Mismatch { expected: String, found: Found },
    /// A name which is none of the known ones.
    Unknown { role: Role, name: String, known: &'static [&'static str] },
    /// Neither a string nor an object with one key, where one of several forms
    /// was expected.
    NoForm { found: String, known: &'static [&'static str] },
}

/// How a value which does not fit is called in the message.
#[derive(Debug)]
enum Found {
    /// By these words.
    Words(String),
    /// By the number as the user wrote it. When the type and not the value is
    /// at fault, it is repeated only where a whole number was expected.
    Number { literal: String, fault: Fault },
}

/// What about a value is not as expected.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Type,
    Value,
}

/// Whether a name stands as a key or as a value.
#[derive(Clone, Copy, Debug)]
enum Role {
    Key,
    Value,
}

impl Problem {
    /// A problem in words of its own.
    pub(super) fn message(message: impl Into<String>) -> Problem {
        What::Message(message.into()).nowhere()
    }

    /// One of several forms was expected, and `node` has the shape of none.
    pub(super) fn no_form(node: &Node, known: &'static [&'static str]) -> Problem {
        let found = match &node.value {
            NodeValue::Object(entries) => format!("object with {} keys", entries.len()),
            _ => node.kind().to_owned(),
        };
        What::NoForm { found, known }.nowhere()
    }

    /// Adds the place of `node`, if there is none yet.
    pub(super) fn at(mut self, node: &Node) -> Problem {
        if self.place.is_none()
            && let What::Mismatch { found, .. } = &mut self.what
            && let (Found::Number { literal, .. }, NodeValue::Number(number)) = (found, &node.value)
        {
            literal.clone_from(&number.literal);
        }
        self.at_span(node.span)
    }

    /// Adds the place of the value of a key, if there is none yet. What is missing in an object is
    /// missing at the key of that.
    pub(super) fn at_value_of(self, key: Span, value: &Node) -> Problem {
        match self.what {
            What::Missing { .. } => self.at_span(key),
            _ => self.at(value),
        }
    }

    /// Adds a place, if there is none yet.
    pub(super) fn at_span(mut self, span: Span) -> Problem {
        self.place.get_or_insert(span);
        self
    }

    /// Adds the place of a key, if there is none yet; an unknown name is then
    /// an unknown key.
    pub(super) fn at_key(mut self, span: Span) -> Problem {
        if self.place.is_none()
            && let What::Unknown { role, .. } = &mut self.what
        {
            *role = Role::Key;
        }
        self.at_span(span)
    }

    /// The diagnostic, where `label` makes the label of a place.
    pub(super) fn into_diagnostic(self, label: impl FnOnce(Span) -> Label) -> Diagnostic {
        let place = self.place.expect("the root adds its place to every problem");
        let mut diagnostic = Diagnostic::new(self.what.message(), label(place));
        diagnostic.help = self.what.help();
        diagnostic
    }
}

impl What {
    fn nowhere(self) -> Problem {
        Problem { what: self, place: None }
    }

    fn message(&self) -> String {
        match self {
            What::Message(message) => message.clone(),
            What::Missing { key } => format!("missing key {}", quoted(key)),
            What::Mismatch { expected, found } => mismatch(expected, found),
            What::Unknown { role, name, .. } => {
                format!("unknown {} {}", role.word(), quoted(name))
            }
            What::NoForm { found, .. } => {
                format!("expected a string or an object with one key, found {found}")
            }
        }
    }

    fn help(&self) -> Vec<String> {
        match self {
            What::Message(_) | What::Missing { .. } | What::Mismatch { .. } => Vec::new(),
            What::Unknown { role, name, known } => help_with_name(role.word(), name, known),
            What::NoForm { known, .. } => vec![valid_names("name", known)],
        }
    }
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Role::Key => "key",
            Role::Value => "value",
        }
    }
}

fn mismatch(expected: &str, found: &Found) -> String {
    let words = expectation(expected);
    match (found, integer_range(expected)) {
        (Found::Words(found), _) => format!("expected {words}, found {found}"),
        (Found::Number { literal, .. }, Some((least, most))) => {
            let literal = printable(literal);
            if literal.contains(['.', 'e', 'E']) {
                format!("expected {words}, found {literal}")
            } else {
                format!("expected {words} from {least} to {most}, found {literal}")
            }
        }
        (Found::Number { literal, fault }, None) => match fault {
            Fault::Type => format!("expected {words}, found number"),
            Fault::Value => format!("expected {words}, found {}", printable(literal)),
        },
    }
}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // Types with several forms report by their Rust name when no form fits.
        let no_form_fits =
            message.starts_with("data did not match any variant of ") || message.starts_with("no variant of enum ");
        if no_form_fits {
            return Problem::message("this value has none of the forms which are valid here");
        }
        Problem::message(message)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = number(unexpected, Fault::Type);
        mismatched(expected, found.unwrap_or_else(|| kind(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match unexpected {
            Unexpected::Bool(boolean) => Found::Words(boolean.to_string()),
            Unexpected::Str(string) => Found::Words(format!("\"{}\"", printable(string))),
            _ => number(unexpected, Fault::Value).unwrap_or_else(|| kind(unexpected)),
        };
        mismatched(expected, found)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        mismatched(expected, Found::Words(values(length)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        unknown(Role::Value, variant, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        unknown(Role::Key, field, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        What::Missing { key: field }.nowhere()
    }

    fn duplicate_field(field: &'static str) -> Self {
        // The tree holds no key twice, but a key may have two spellings.
        Problem::message(format!("the key {} is given twice", quoted(field)))
    }
}

fn unknown(role: Role, name: &str, known: &'static [&'static str]) -> Problem {
    let name = name.to_owned();
    What::Unknown { role, name, known }.nowhere()
}

fn mismatched(expected: &dyn Expected, found: Found) -> Problem {
    let expected = expected.to_string();
    What::Mismatch { expected, found }.nowhere()
}

/// A number, in the words of `serde` until the text is at hand.
fn number(unexpected: Unexpected<'_>, fault: Fault) -> Option<Found> {
    let literal = match unexpected {
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => format!("{number:?}"),
        _ => return None,
    };
    Some(Found::Number { literal, fault })
}

/// What kind of value was found, as JSON calls it.
fn kind(unexpected: Unexpected<'_>) -> Found {
    let kind = match unexpected {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "array",
        Unexpected::Map | Unexpected::StructVariant => "object",
        Unexpected::Other(words) => words,
        _ => "value",
    };
    Found::Words(kind.to_owned())
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what.message())
    }
}

impl Error for Problem {}
