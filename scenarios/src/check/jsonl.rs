//! JSON lines, the form in which Faultbed itself and programs without a form of their own write
//! histories: an event a line, in the order in which the events happened.
//!
//! ```text
//! {"client": 0, "type": "invoke", "op": "write", "key": "x", "value": 5}
//! {"client": 1, "type": "invoke", "op": "read", "key": "x"}
//! {"client": 0, "type": "ok"}
//! {"client": 1, "type": "ok", "value": 5}
//! ```
//!
//! | key | meaning |
//! |---|---|
//! | `client` | who, a number |
//! | `session` | the client's session, a number; 0 if missing. A session asks one thing at a time |
//! | `type` | `invoke`; `ok`, it took effect; `fail`, it certainly had no effect; `info`, nobody knows |
//! | `op` | what is asked: `read`, `write`, `cas`, …, as the model has it; `txn` for a transaction; at the end of an operation it may be missing |
//! | `key` | of which object, any value; missing if there is but one |
//! | `value` | with `invoke`, what the operation is done with (`cas` takes `[OLD, NEW]`, `transfer` `[FROM, TO, AMOUNT]`, `txn` steps such as `["append", KEY, VALUE]`, `["w", KEY, VALUE]` and `["r", KEY, null]`); with `ok`, what the client was told: the value read, null if there was none to take, true or false, the steps with what was read, or missing if no more than that it is done |
//! | `time_ns` | when; for readers, as the order of the lines decides |
//!
//! An operation that has no end is one that nobody knows the outcome of.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use sim_core::consistency::models::Datum;

use super::Unreadable;
use super::event::{Event, EventKind, Field, Sink};
use super::text::Text;
use crate::source::{Diagnostic, help_with_name, quoted};

/// Reads lines, one event each. Blank ones are passed over.
pub(super) fn read_lines(mut text: Text, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    loop {
        if !text.lines().trim().is_empty() {
            record_line(&text, sink)?;
        }
        if !text.advance()? {
            return Ok(());
        }
    }
}

/// A line as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    client: u32,
    #[serde(default)]
    session: u64,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    op: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "said")]
    key: Option<Datum>,
    #[serde(default, deserialize_with = "said")]
    value: Option<Datum>,
    #[serde(rename = "time_ns")]
    _time_ns: Option<u64>,
}

fn record_line(text: &Text, sink: &mut dyn Sink) -> Result<(), Diagnostic> {
    let line: Line<'_> = serde_json::from_str(text.lines()).map_err(|error| mistake_in(text, &error))?;
    let kind = EventKind::named(&line.kind).ok_or_else(|| {
        let mistake = text.mistake(place(text, Field::Kind), format!("there is no type {}", quoted(&line.kind)));
        help_with_name("type", &line.kind, &EventKind::names()).into_iter().fold(mistake, Diagnostic::with_help)
    })?;
    let Line { client, session, op, key, value, .. } = line;
    let event = Event { client: Some(client), session, kind, function: op.as_deref(), key, value };
    let result = sink.record(event, text.first_line());
    result.map_err(|complaint| {
        let range = place(text, complaint.about);
        complaint.at(text, range)
    })
}

/// What is wrong with a line, in the words of scenario files; they allow more than plain JSON, and
/// where that is the mistake, the parser's own words have to do.
fn mistake_in(text: &Text, error: &serde_json::Error) -> Diagnostic {
    let explained = text.source().parse().and_then(|document| document.deserialize::<Line<'_>>().map(drop));
    explained.err().unwrap_or_else(|| {
        let at = error.column().saturating_sub(1);
        let message = error.to_string();
        let words = message.split(" at line ").next().unwrap_or(&message);
        text.mistake(at..at + 1, format!("this is not plain JSON: {words}"))
    })
}

/// Where a part of the event stands in its line, which is whole JSON.
fn place(text: &Text, field: Field) -> std::ops::Range<usize> {
    let key = match field {
        Field::Client => "client",
        Field::Kind => "type",
        Field::Function => "op",
        Field::Key => "key",
        Field::Value => "value",
    };
    let found = text.source().parse().ok().and_then(|document| {
        let span = document.span_of(&[key])?;
        Some(document.label(span, "").range())
    });
    found.unwrap_or(0..text.lines().trim_end().len())
}

/// A value that is there, null included.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Datum>, D::Error> {
    Said::deserialize(deserializer).map(|Said(datum)| Some(datum))
}

/// Any JSON, as a value to be compared. Objects are lists of their entries, in order of the keys;
/// numbers that are no 64-bit integers are the texts that stand for them.
struct Said(Datum);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Said, E> {
        Ok(Said(Datum::Nil))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Said, E> {
        Ok(Said(Datum::from(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Said, E> {
        Ok(Said(Datum::from(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Said, E> {
        let large = || Datum::from(number.to_string().as_str());
        Ok(Said(i64::try_from(number).map_or_else(|_| large(), Datum::from)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Said, E> {
        Ok(Said(Datum::from(number.to_string().as_str())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Said, E> {
        Ok(Said(Datum::from(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Said, A::Error> {
        let mut list = Vec::new();
        while let Some(Said(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Said(list.into_iter().collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Said, A::Error> {
        let mut list = Vec::new();
        while let Some((Said(key), Said(value))) = entries.next_entry()? {
            list.push([key, value].into_iter().collect::<Datum>());
        }
        list.sort_unstable();
        Ok(Said(list.into_iter().collect()))
    }
}
