//! Jepsen's histories: EDN maps, and the lines of its log.
//!
//! A map is an event: `{:process 0, :type :invoke, :f :write, :key "x", :value 5}`, where `:key` is
//! as Porcupine has it; other keys are not looked at. A log line has the same in columns, after
//! whatever the logger writes first: `INFO  jepsen.util - 0  :invoke  :write  5`.

use std::ops::Range;

use sim_core::consistency::models::Datum;

use super::Unreadable;
use super::edn::{Cursor, Form, Node, datum};
use super::event::{Event, EventKind, Field, Sink};
use super::text::Text;
use crate::source::{Diagnostic, help_with_name, quoted};

/// The process by which Jepsen records what it did to the system. It is no client.
const NEMESIS: &str = ":nemesis";

/// Reads maps, one after the other or in a vector.
pub(super) fn read_maps(mut text: Text, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let mut cursor = Cursor::new(&mut text);
    let closing = if cursor.take(b'[')? {
        Some(b']')
    } else if cursor.take(b'(')? {
        Some(b')')
    } else {
        None
    };
    while let Some(node) = cursor.next_form()? {
        record_map(cursor.text(), &node, independent, sink)?;
    }
    match closing {
        Some(closing) if !cursor.take(closing)? => {
            let end = cursor.text().lines().len();
            let message = format!(
                "the vector of operations does not end: {} is missing",
                quoted(&char::from(closing).to_string())
            );
            Err(cursor.mistake(end..end, message))
        }
        _ => cursor.expect_end(),
    }
}

/// Reads lines, one event each. Those of other loggers are passed over.
pub(super) fn read_log(mut text: Text, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    loop {
        if let Some(start) = start_of_event(&text)? {
            record_line(&mut text, start, independent, sink)?;
        }
        if !text.advance()? {
            return Ok(());
        }
    }
}

/// The parts of an event as they stand in the text. Only what an event needs must be there.
#[derive(Debug, Default)]
struct Parts<'n> {
    process: Option<&'n Node>,
    kind: Option<&'n Node>,
    function: Option<&'n Node>,
    key: Option<&'n Node>,
    value: Option<&'n Node>,
}

fn record_map(text: &Text, map: &Node, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let Form::Map(entries) = &map.form else {
        return Err(text.mistake(map.range.clone(), "expected a map, `{:process …}`").into());
    };
    let find = |name: &str| {
        let mut found = entries.iter().filter(|(key, _)| text.lines()[key.range.clone()] == *name);
        match (found.next(), found.next()) {
            (_, Some((key, _))) => Err(text.mistake(key.range.clone(), format!("{} is given twice", quoted(name)))),
            (found, None) => Ok(found.map(|(_, value)| value)),
        }
    };
    let parts = Parts {
        process: find(":process")?,
        kind: find(":type")?,
        function: find(":f")?,
        key: find(":key")?,
        value: find(":value")?,
    };
    Ok(parts.record(text, &map.range, independent, sink)?)
}

/// Where the event begins that the line tells; `None` if another logger wrote the line.
fn start_of_event(text: &Text) -> Result<Option<usize>, Diagnostic> {
    let line = text.lines();
    let from_end = |rest: &str| Some(line.len() - rest.trim_start().len());
    if let Some((_, rest)) = line.split_once("jepsen.util") {
        let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
        return Ok(from_end(rest.strip_prefix('-').unwrap_or(rest)));
    }
    let is_level = |word: &str| ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].contains(&word);
    let words = || line.split_whitespace();
    let has_message = line.contains(" - ") || line.contains(": ");
    match words().next() {
        None => Ok(None),
        Some(word) if word == NEMESIS || word.bytes().all(|byte| byte.is_ascii_digit()) => Ok(from_end(line)),
        // One whose own name is damaged still has the type of an event.
        Some(_) if has_message && words().take(4).any(is_level) && !words().any(is_type) => Ok(None),
        Some(_) => {
            let start = line.len() - line.trim_start().len();
            let mistake = text.mistake(start..line.trim_end().len(), "this is no line of Jepsen's log");
            Err(mistake.with_help("expected columns: process, type, function and value, `0  :invoke  :write  5`"))
        }
    }
}

/// Whether the word is the type of an event, as log lines have it.
pub(super) fn is_type(word: &str) -> bool {
    word.strip_prefix(':').is_some_and(|name| EventKind::named(name).is_some())
}

fn record_line(text: &mut Text, start: usize, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let mut cursor = Cursor::in_line(text, start);
    let [process, kind, function] = [cursor.next_form()?, cursor.next_form()?, cursor.next_form()?];
    // What follows otherwise is the reason, which need not be EDN.
    let kind_text = kind.as_ref().map(|kind| &cursor.text().lines()[kind.range.clone()]);
    let value = if matches!(kind_text, Some(":invoke" | ":ok")) { cursor.next_form()? } else { None };
    let [process, kind, function, value] = [&process, &kind, &function, &value].map(Option::as_ref);
    let parts = Parts { process, kind, function, key: None, value };
    let end = cursor.text().lines().trim_end().len();
    Ok(parts.record(cursor.text(), &(start..end), independent, sink)?)
}

impl Parts<'_> {
    /// Adds the event of these parts, which lie in `whole`, to the history.
    fn record(
        &self,
        text: &Text,
        whole: &Range<usize>,
        independent: bool,
        sink: &mut dyn Sink,
    ) -> Result<(), Diagnostic> {
        let client = match self.process {
            Some(process) if is_nemesis(text, process) => return Ok(()),
            Some(process) => Some(client(text, process)?),
            None => None,
        };
        let kind = self.kind(text, whole)?;
        let function = self.function.map(|node| name(text, node, "a function, such as `:read`")).transpose()?;
        let (mut key, mut value) = (self.key.map(|node| said(text, node)).transpose()?, None);
        let wants_value = match kind {
            EventKind::Invoke => true,
            EventKind::End(end) => sink.wants_value(end),
        };
        if wants_value {
            value = self.value.map(|node| said(text, node)).transpose()?;
            if independent {
                (key, value) = self.independent(text, whole, value.as_ref())?;
            }
        }
        let event = Event { client, session: 0, kind, function, key, value };
        sink.record(event, text.first_line()).map_err(|complaint| {
            let range = self.place(complaint.about).unwrap_or_else(|| whole.clone());
            complaint.at(text, range)
        })
    }

    fn kind(&self, text: &Text, whole: &Range<usize>) -> Result<EventKind, Diagnostic> {
        let Some(node) = self.kind else {
            return Err(text.mistake(whole.clone(), "`:type` is missing"));
        };
        let name = name(text, node, "a type, such as `:invoke`")?;
        EventKind::named(name).ok_or_else(|| {
            let help = help_with_name("type", name, &EventKind::names());
            let mistake = text.mistake(node.range.clone(), format!("there is no type {}", quoted(name)));
            help.into_iter().fold(mistake, Diagnostic::with_help)
        })
    }

    /// Key and value out of a pair of both.
    fn independent(
        &self,
        text: &Text,
        whole: &Range<usize>,
        value: Option<&Datum>,
    ) -> Result<(Option<Datum>, Option<Datum>), Diagnostic> {
        match value {
            Some(Datum::List(items)) if let [key, value] = &**items => Ok((Some(key.clone()), Some(value.clone()))),
            _ => {
                let range = self.place(Field::Value).unwrap_or_else(|| whole.clone());
                let mistake = text.mistake(range, "with `--independent` a value is a pair, `[KEY VALUE]`");
                Err(mistake)
            }
        }
    }

    fn place(&self, field: Field) -> Option<Range<usize>> {
        let node = match field {
            Field::Client => self.process,
            Field::Kind => self.kind,
            Field::Function => self.function,
            Field::Key => self.key,
            Field::Value => self.value,
        };
        node.map(|node| node.range.clone())
    }
}

fn is_nemesis(text: &Text, process: &Node) -> bool {
    matches!(process.form, Form::Keyword) && text.lines()[process.range.clone()] == *NEMESIS
}

fn client(text: &Text, process: &Node) -> Result<u32, Diagnostic> {
    let number = if let Form::Int(number) = process.form { u32::try_from(number).ok() } else { None };
    number.ok_or_else(|| {
        let message = format!("expected a process: a number from 0 to {}, or `{NEMESIS}`", u32::MAX);
        text.mistake(process.range.clone(), message)
    })
}

/// The name that a keyword says.
fn name<'t>(text: &'t Text, node: &Node, expected: &str) -> Result<&'t str, Diagnostic> {
    match node.form {
        Form::Keyword => Ok(&text.lines()[node.range.start + 1..node.range.end]),
        _ => Err(text.mistake(node.range.clone(), format!("expected {expected}"))),
    }
}

/// The value that a form says.
fn said(text: &Text, node: &Node) -> Result<Datum, Diagnostic> {
    let refuse = || text.mistake(node.range.clone(), "a symbol is no value: texts stand in quotes");
    datum(node, text.lines()).ok_or_else(refuse)
}
