//! JSON, the form for programs without a form of their own: an object an event, in the order in which the
//! events happened. They stand one in a line, or in an array, or one after the other over several lines.
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
//! | `client` | who, a number or a name |
//! | `session` | the client's session, a number; 0 if missing. A session asks one thing at a time |
//! | `type` | `invoke`; `ok`, it took effect; `fail`, it certainly had no effect; `info`, nobody knows |
//! | `op` | what is asked: `read`, `write`, `cas`, …, as the model has it; `txn` for a transaction; at the end of an operation it may be missing |
//! | `key` | of which object, any value; missing if there is but one |
//! | `value` | with `invoke`, what the operation is done with (`cas` takes `[OLD, NEW]`, `transfer` `[FROM, TO, AMOUNT]`, `txn` steps such as `["append", KEY, VALUE]`, `["w", KEY, VALUE]` and `["r", KEY, null]`); with `ok`, what the client was told: the value read, null if there was none to take, true or false, the steps with what was read, or missing if no more than that it is done |
//! | `time_ns` | when; for readers, as the order of the lines decides |
//!
//! An operation that has no end is one that nobody knows the outcome of. Numbers may have any number of digits, all
//! of which count.
//!
//! Jepsen's names are known as well: `process` for `client` and `f` for `op`. An event that has one of them
//! is read as Jepsen means it: `value` with `ok` then repeats what was asked, unless that was a question;
//! the process `nemesis` is no client; and `index`, `time` and `error` are not looked at.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use reports::Client;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sim_core::consistency::models::Datum;

use super::Unreadable;
use super::event::{Dialect, Event, EventKind, Field, Sink};
use super::exact::with_exact_numbers;
use super::text::Text;
use crate::source::{Diagnostic, Label, help_with_name, quoted};

/// Reads lines, one event each. Blank ones are passed over.
pub(super) fn read_lines(mut text: Text, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let mut is_first = true;
    loop {
        if !text.lines().trim().is_empty() {
            record(&text, 0..text.lines().len(), independent, sink).map_err(|error| error.after(is_first))?;
            is_first = false;
        }
        if !text.advance()? {
            return Ok(());
        }
    }
}

/// Reads objects, one after the other or in an array. They may span several lines.
pub(super) fn read_objects(text: Text, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let mut cursor = Cursor { text, at: 0 };
    let is_array = cursor.next()? == Some(b'[');
    if is_array {
        cursor.at += 1;
    }
    // Between the objects of an array there are commas, and none after the last.
    let mut is_due = !is_array || cursor.next()? != Some(b']');
    let mut is_first = true;
    loop {
        match cursor.next()? {
            Some(b'{') if is_due => {
                let range = cursor.object()?;
                record(&cursor.text, range, independent, sink).map_err(|error| error.after(is_first))?;
                is_first = false;
                is_due = !is_array;
            }
            Some(b',') if is_array && !is_due => {
                cursor.at += 1;
                is_due = true;
            }
            Some(b']') if is_array && !is_due => {
                cursor.at += 1;
                return match cursor.next()? {
                    None => Ok(()),
                    Some(_) => Err(cursor.mistake("nothing more is expected after the array")),
                };
            }
            None if is_array => return Err(cursor.mistake("the array of events does not end: `]` is missing")),
            None => return Ok(()),
            Some(_) if is_due => return Err(cursor.mistake("expected an event, an object `{\"client\": …}`")),
            Some(_) => return Err(cursor.mistake("expected a comma before the next event, or `]`")),
        }
    }
}

/// A place in a text of objects.
struct Cursor {
    text: Text,
    at: usize,
}

impl Cursor {
    /// The next character that is not blank. All lines before it are forgotten.
    fn next(&mut self) -> Result<Option<u8>, Unreadable> {
        loop {
            let rest = &self.text.lines()[self.at..];
            self.at += rest.len() - rest.trim_start().len();
            if let Some(byte) = self.byte() {
                self.at -= self.text.forget(self.at);
                return Ok(Some(byte));
            }
            if !self.text.grow()? {
                return Ok(None);
            }
        }
    }

    /// Goes past the object that begins here, and says where it is.
    fn object(&mut self) -> Result<Range<usize>, Unreadable> {
        let start = self.at;
        let (mut depth, mut string) = (0_usize, None);
        loop {
            let Some(byte) = self.byte() else {
                if self.text.grow()? {
                    continue;
                }
                let end = self.text.lines().trim_end().len();
                let mistake = self.text.mistake(end..end, "the object does not end: `}` is missing");
                return Err(mistake.with_secondary(self.text.label(start..start + 1, "it was opened here")).into());
            };
            match (byte, string) {
                (b'\n', Some(begun)) => {
                    return Err(self.text.mistake(begun..self.at, "the string does not end in its line").into());
                }
                (b'\\', Some(_)) => self.at += 1,
                (b'"', Some(_)) => string = None,
                (_, Some(_)) => {}
                (b'"', None) => string = Some(self.at),
                (b'{' | b'[', None) => depth += 1,
                (b'}' | b']', None) => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(start..self.at);
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.lines().as_bytes().get(self.at).copied()
    }

    fn mistake(&self, message: &str) -> Unreadable {
        let length = self.text.lines()[self.at..].chars().next().map_or(0, char::len_utf8);
        self.text.mistake(self.at..self.at + length, message).into()
    }
}

/// An event as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(default, deserialize_with = "who")]
    client: Option<Client>,
    #[serde(default, deserialize_with = "who")]
    process: Option<Client>,
    #[serde(default)]
    session: u64,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    op: Option<Cow<'a, str>>,
    #[serde(borrow)]
    f: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "said")]
    key: Option<Said>,
    #[serde(default, deserialize_with = "said")]
    value: Option<Said>,
    #[serde(rename = "time_ns")]
    _time_ns: Option<u64>,
    #[serde(default, rename = "index")]
    _index: IgnoredAny,
    #[serde(default, rename = "time")]
    _time: IgnoredAny,
    #[serde(default, rename = "error")]
    _error: IgnoredAny,
}

/// What of an event may have numbers of any length.
#[derive(Deserialize)]
struct Exact {
    #[serde(default, deserialize_with = "said")]
    key: Option<Said>,
    #[serde(default, deserialize_with = "said")]
    value: Option<Said>,
}

/// The process by which Jepsen records what it did to the system. It is no client.
const NEMESIS: &str = "nemesis";

/// Records the event of this part of the text.
fn record(text: &Text, range: Range<usize>, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let object = &text.lines()[range.clone()];
    let mistake = |error| mistake_in(text, &range, &error);
    let mut line: Line<'_> = serde_json::from_str(object).map_err(mistake)?;
    if [&line.key, &line.value].into_iter().flatten().any(|said| !said.is_exact) {
        let exact: Exact = serde_json::from_str(&with_exact_numbers(object)).map_err(mistake)?;
        (line.key, line.value) = (exact.key, exact.value);
    }
    let Line { client, process, session, kind, op, f, key, value, .. } = line;
    if matches!(&process, Some(Client::Name(name)) if **name == *NEMESIS) {
        return Ok(());
    }
    let complain = |message: &str| text.mistake(range.clone(), message);
    let dialect = if process.is_some() || f.is_some() { Dialect::Jepsen } else { Dialect::Faultbed };
    let client = match (client, process) {
        (Some(_), Some(_)) => return Err(complain("both `client` and `process` say whose it is").into()),
        (None, None) => return Err(complain("missing key `client`, or `process` as Jepsen calls it").into()),
        (client, process) => client.or(process),
    };
    let function = match (op, f) {
        (Some(_), Some(_)) => return Err(complain("both `op` and `f` say what is asked").into()),
        (op, f) => op.or(f),
    };
    let kind = EventKind::named(&kind).ok_or_else(|| {
        let mistake = text.mistake(place(text, &range, Field::Kind), format!("there is no type {}", quoted(&kind)));
        help_with_name("type", &kind, &EventKind::names()).into_iter().fold(mistake, Diagnostic::with_help)
    })?;
    let wants_value = match kind {
        EventKind::Invoke => true,
        EventKind::End(end) => sink.wants_value(end),
    };
    let [key, value] = [key, value].map(|said| said.map(|said| said.datum));
    let event = Event { client, session, kind, function: function.as_deref(), key, value, dialect };
    let event = if independent && wants_value { event.independent() } else { Ok(event) };
    let recorded = event.and_then(|event| sink.record(event, text.line_of(range.start)));
    Ok(recorded.map_err(|complaint| {
        let place = place(text, &range, complaint.about);
        complaint.at(text, place)
    })?)
}

/// What is wrong with an object, in the words of scenario files; they allow more than plain JSON, and
/// where that is the mistake, the parser's own words have to do.
fn mistake_in(text: &Text, range: &Range<usize>, error: &serde_json::Error) -> Unreadable {
    let document = text.part(range.clone()).parse();
    let is_other = document.as_ref().is_ok_and(|document| !looks_like_event(&document.to_json_value()));
    let explained = document.and_then(|document| document.deserialize::<Line<'_>>().map(drop));
    let moved = |label: &Label| {
        let Range { start, end } = label.range();
        text.label(range.start + start..range.start + end, label.text())
    };
    let mistake = explained.err().map_or_else(
        || {
            let object = &text.lines()[range.clone()];
            let line: usize = object.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            let at = range.start + line + error.column().saturating_sub(1);
            let message = error.to_string();
            let words = message.split(" at line ").next().unwrap_or(&message);
            text.mistake(at..at + 1, format!("this is not plain JSON: {words}"))
        },
        |mistake| Diagnostic {
            primary: moved(&mistake.primary),
            secondary: mistake.secondary.iter().map(moved).collect(),
            ..mistake
        },
    );
    if is_other { Unreadable::NoHistory(Box::new(mistake)) } else { mistake.into() }
}

/// Whether the object says whose it is, or that something begins or ends.
fn looks_like_event(object: &serde_json::Value) -> bool {
    let kind = object.get("type").and_then(serde_json::Value::as_str).and_then(EventKind::named);
    kind.is_some() || object.get("client").is_some() || object.get("process").is_some()
}

/// Where a part of the event stands in its object, which is whole JSON.
fn place(text: &Text, object: &Range<usize>, field: Field) -> Range<usize> {
    let keys = match field {
        Field::Client => ["client", "process"],
        Field::Kind => ["type", "type"],
        Field::Function => ["op", "f"],
        Field::Key => ["key", "value"],
        Field::Value => ["value", "value"],
    };
    let found = text.part(object.clone()).parse().ok().and_then(|document| {
        let span = keys.iter().find_map(|key| document.span_of(&[key]))?;
        let Range { start, end } = document.label(span, "").range();
        Some(object.start + start..object.start + end)
    });
    found.unwrap_or_else(|| object.start..object.start + text.lines()[object.clone()].trim_end().len())
}

/// A client: a number or a name.
fn who<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Client>, D::Error> {
    deserializer.deserialize_any(ClientVisitor).map(Some)
}

struct ClientVisitor;

impl Visitor<'_> for ClientVisitor {
    type Value = Client;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a client: a number or a name")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Client, E> {
        let large = || E::custom(format!("the number of a client is at most {}", u32::MAX));
        u32::try_from(number).map(Client::Number).map_err(|_| large())
    }

    fn visit_str<E>(self, name: &str) -> Result<Client, E> {
        Ok(Client::Name(name.into()))
    }
}

/// A value that is there, null included.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Said>, D::Error> {
    Said::deserialize(deserializer).map(Some)
}

/// Any JSON, as a value to be compared. Objects are lists of their entries, in order of the keys;
/// numbers that are no 64-bit integers are the texts that stand for them.
#[derive(Debug)]
struct Said {
    datum: Datum,
    /// Whether all digits are there of all numbers in it.
    is_exact: bool,
}

impl Said {
    fn exactly(datum: impl Into<Datum>) -> Self {
        Self { datum: datum.into(), is_exact: true }
    }
}

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
        Ok(Said::exactly(Datum::Nil))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Said, E> {
        Ok(Said::exactly(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Said, E> {
        Ok(Said::exactly(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Said, E> {
        Ok(i64::try_from(number).map_or_else(|_| Said::exactly(&*number.to_string()), Said::exactly))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Said, E> {
        Ok(Said { is_exact: false, ..Said::exactly(&*number.to_string()) })
    }

    fn visit_str<E>(self, text: &str) -> Result<Said, E> {
        Ok(Said::exactly(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Said, A::Error> {
        let (mut list, mut all_exact) = (Vec::new(), true);
        while let Some(Said { datum, is_exact }) = items.next_element()? {
            list.push(datum);
            all_exact &= is_exact;
        }
        Ok(Said { datum: list.into_iter().collect(), is_exact: all_exact })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Said, A::Error> {
        let (mut list, mut all_exact) = (Vec::new(), true);
        while let Some((key, Said { datum, is_exact })) = entries.next_entry::<Said, Said>()? {
            list.push([key.datum, datum].into_iter().collect::<Datum>());
            all_exact &= is_exact;
        }
        list.sort_unstable();
        Ok(Said { datum: list.into_iter().collect(), is_exact: all_exact })
    }
}
