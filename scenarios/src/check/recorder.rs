//! From events to a history.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::consistency::models::{Datum, ModelKind, Op, Reply};
use sim_core::{History, OperationId};

use super::Recorded;
use super::event::{Complaint, Dialect, End, Event, EventKind, Field, Sink};
use super::vocabulary::Function;
use crate::source::quoted;

/// Adds events to a history, in the order in which they happened.
#[derive(Debug)]
pub(super) struct Recorder {
    model: ModelKind,
    dialect: Dialect,
    history: History<Op, Reply>,
    /// What each session waits for, by client and session.
    open: BTreeMap<(u32, u64), Open>,
    /// All keys, so that each stands in memory once.
    keys: BTreeSet<Datum>,
    reads_nil: bool,
}

/// An operation that has not ended.
#[derive(Debug)]
struct Open {
    id: OperationId,
    function: &'static Function,
}

impl Recorder {
    pub(super) fn new(model: ModelKind, dialect: Dialect) -> Self {
        let (open, keys) = (BTreeMap::new(), BTreeSet::new());
        Self { model, dialect, history: History::of_lines(), open, keys, reads_nil: false }
    }

    /// All that was recorded. What has not ended never will.
    pub(super) fn finish(self) -> Recorded {
        Recorded { history: self.history, reads_nil: self.reads_nil }
    }

    fn invoke(&mut self, client: u32, event: Event<'_>, line: u64) -> Result<(), Complaint> {
        let Event { session, function, key, value, .. } = event;
        if let Some(open) = self.open.get(&(client, session)) {
            let since = self.history.get(open.id).invoked.time_ns;
            let message = format!("client {client} still waits for {}, which it asked in line {since}", open.name());
            return Err(Complaint::new(Field::Kind, message));
        }
        let name = function.ok_or_else(|| Complaint::new(Field::Function, "what is asked is missing"))?;
        let function = Function::named(self.model, name)?;
        let key = self.kept(key.unwrap_or_default());
        let op = function.op(client, key, value.unwrap_or_default())?;
        let id = self.history.invoke(client, session, op, line);
        self.open.insert((client, session), Open { id, function });
        Ok(())
    }

    fn end(&mut self, client: u32, event: Event<'_>, end: End, line: u64) -> Result<(), Complaint> {
        let Event { session, function, key, value, .. } = event;
        let Some(open) = self.open.remove(&(client, session)) else {
            return Err(Complaint::new(Field::Kind, format!("client {client} has asked nothing that this could end")));
        };
        if let Some(other) = function.filter(|name| *name != open.function.name()) {
            let message = format!("client {client} has asked for {}, not for {}", open.name(), quoted(other));
            return Err(Complaint::new(Field::Function, message));
        }
        let op = &self.history.get(open.id).op;
        if let Some(other) = key.filter(|key| *key != op.key) {
            let message = format!("client {client} has asked {} of {:?}, not of {other:?}", open.name(), op.key);
            return Err(Complaint::new(Field::Key, message));
        }
        match end {
            End::Ok => {
                let reply = open.function.reply(op, value, self.dialect)?;
                self.reads_nil |= reply == Reply::Value(Datum::Nil);
                self.history.ok(open.id, reply, line);
            }
            End::Failed => self.history.failed(open.id, line),
            End::Unknown => self.history.unknown(open.id),
        }
        Ok(())
    }

    /// The key as it stands in memory already, if it does.
    fn kept(&mut self, key: Datum) -> Datum {
        if let Some(kept) = self.keys.get(&key) {
            return kept.clone();
        }
        self.keys.insert(key.clone());
        key
    }
}

impl Sink for Recorder {
    fn record(&mut self, event: Event<'_>, line: usize) -> Result<(), Complaint> {
        let client = event.client.ok_or_else(|| Complaint::new(Field::Client, "`:process` is missing"))?;
        match event.kind {
            EventKind::Invoke => self.invoke(client, event, line as u64),
            EventKind::End(end) => self.end(client, event, end, line as u64),
        }
    }
}

impl Open {
    fn name(&self) -> String {
        quoted(self.function.name())
    }
}
