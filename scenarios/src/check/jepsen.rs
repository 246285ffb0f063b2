//! Jepsen's histories: EDN maps, and the lines of its log.
//!
//! A map is an event: `{:process 0, :type :invoke, :f :write, :key "x", :value 5}`, where `:key` is
//! as Porcupine has it; other keys are not looked at. A log line has the same in columns or as a map, after
//! whatever the logger writes first: `INFO  jepsen.util - 0  :invoke  :write  5`. In a log, what others
//! write is passed over, and so are the lines over which it goes on, such as stack traces.

use std::ops::Range;

use reports::Client;
use sim_core::consistency::models::Datum;

use super::Unreadable;
use super::edn::{Cursor, Form, Node, datum};
use super::event::{Dialect, Event, EventKind, Field, Sink};
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
    let mut is_first = true;
    while let Some(node) = cursor.next_form()? {
        record_map(cursor.text(), &node, independent, sink).map_err(|error| error.after(is_first))?;
        is_first = false;
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

/// Reads lines, one event each. In a log, what is no event is passed over.
pub(super) fn read_log(mut text: Text, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let mut is_log = false;
    loop {
        is_log |= is_header(text.lines());
        if let Some(start) = start_of_event(&text, is_log)? {
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
    let no_history = |message: &str| Unreadable::NoHistory(Box::new(text.mistake(map.range.clone(), message)));
    let Form::Map(entries) = &map.form else {
        return Err(no_history("expected a map, `{:process …}`"));
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
    if parts.kind.is_none() && parts.process.is_none() && parts.function.is_none() {
        return Err(no_history("this is no event: `:type` is missing"));
    }
    Ok(parts.record(text, &map.range, independent, sink)?)
}

/// Where the event begins that the line tells; `None` if it tells none. In a log there are other lines than
/// events.
fn start_of_event(text: &Text, is_log: bool) -> Result<Option<usize>, Diagnostic> {
    let line = text.lines();
    let from_end = |rest: &str| Some(line.len() - rest.trim_start().len());
    if let Some(rest) = message_of_jepsen(line) {
        return Ok(from_end(rest).filter(|_| is_meant_as_event(rest)));
    }
    let is_process = |word: &str| word == NEMESIS || is_number(word);
    let (first, second) = first_words(line);
    let is_indented = line.starts_with(char::is_whitespace);
    // One whose logger's name is damaged still has the columns of an event.
    let is_damaged = || {
        let words: Vec<&str> = line.split_whitespace().collect();
        is_header(line) && words.windows(2).any(|pair| is_process(pair[0]) && is_type(pair[1]))
    };
    match is_log {
        _ if first.is_empty() => Ok(None),
        _ if is_type(second) && !is_indented && (!is_log || is_process(first)) => Ok(from_end(line)),
        true if !is_damaged() => Ok(None),
        false if is_process(first) => Ok(from_end(line)),
        _ => {
            let start = line.len() - line.trim_start().len();
            let mistake = text.mistake(start..line.trim_end().len(), "this is no line of Jepsen's log");
            Err(mistake.with_help("expected columns: process, type, function and value, `0  :invoke  :write  5`"))
        }
    }
}

/// Whether the line is one of a log, or an event in columns, whatever it says.
pub(super) fn is_of_log(line: &str) -> bool {
    is_header(line) && line.contains("jepsen") || line.split_whitespace().any(is_type)
}

/// Whether a logger begins a message here.
fn is_header(line: &str) -> bool {
    let is_level = |word: &str| ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].contains(&word);
    let has_message = line.contains(" - ") || line.contains(": ");
    has_message && line.split_whitespace().take(4).any(is_level)
}

/// What the logger wrote that tells events.
fn message_of_jepsen(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("jepsen.util")?;
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    Some(rest.strip_prefix('-').unwrap_or(rest))
}

/// Whether the message is an event, perhaps a damaged one: that logger writes other things too.
fn is_meant_as_event(message: &str) -> bool {
    let (first, second) = first_words(message);
    let is_map = message.trim_start().starts_with(['{', '#']);
    is_map || first == NEMESIS || is_number(first) || is_type(first) || is_type(second)
}

fn first_words(text: &str) -> (&str, &str) {
    let mut words = text.split_whitespace();
    (words.next().unwrap_or(""), words.next().unwrap_or(""))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the word is the type of an event, as log lines have it.
fn is_type(word: &str) -> bool {
    word.strip_prefix(':').is_some_and(|name| EventKind::named(name).is_some())
}

fn record_line(text: &mut Text, start: usize, independent: bool, sink: &mut dyn Sink) -> Result<(), Unreadable> {
    let mut cursor = Cursor::in_line(text, start);
    let process = cursor.next_form()?;
    if let Some(map) = process.as_ref().filter(|node| matches!(node.form, Form::Map(_))) {
        return record_map(cursor.text(), map, independent, sink);
    }
    let [kind, function] = [cursor.next_form()?, cursor.next_form()?];
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
        let key = self.key.map(|node| said(text, node)).transpose()?;
        let wants_value = match kind {
            EventKind::Invoke => true,
            EventKind::End(end) => sink.wants_value(end),
        };
        let value = self.value.filter(|_| wants_value).map(|node| said(text, node)).transpose()?;
        let event = Event { client, session: 0, kind, function, key, value, dialect: Dialect::Jepsen };
        let event = if independent && wants_value { event.independent() } else { Ok(event) };
        event.and_then(|event| sink.record(event, text.first_line())).map_err(|complaint| {
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

fn client(text: &Text, process: &Node) -> Result<Client, Diagnostic> {
    let client = match &process.form {
        Form::Int(number) => u32::try_from(*number).ok().map(Client::Number),
        Form::Text(name) => Some(Client::Name(name.as_str().into())),
        // In columns a name stands without quotes.
        Form::Symbol => Some(Client::Name(text.lines()[process.range.clone()].into())),
        _ => None,
    };
    client.ok_or_else(|| {
        let message = format!("expected a process: a number from 0 to {}, a name, or `{NEMESIS}`", u32::MAX);
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
