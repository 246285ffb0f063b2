//! From events to a history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reports::Client;
use sim_core::consistency::models::{Action, Datum, ModelKind, Op, Reply};
use sim_core::{History, OperationId};

use super::event::{Complaint, End, Event, EventKind, Field, Sink};
use super::numbers::Numbers;
use super::vocabulary::{DRAIN, Function};
use super::{ObjectModel, Recorded};
use crate::source::quoted;

/// Adds events to a history, in the order in which they happened.
#[derive(Debug)]
pub(super) struct Recorder {
    model: ObjectModel,
    failed_cas_differs: bool,
    history: History<Op, Reply>,
    clients: Numbers<Client>,
    /// What each session waits for, by client and session.
    open: BTreeMap<(u32, u64), Open>,
    /// All keys, so that each stands in memory once.
    keys: BTreeSet<Datum>,
    reads_nil: bool,
    /// What drains took out of a queue. The history has a dequeue for each of them, until all is read.
    drains: BTreeMap<OperationId, Arc<[Datum]>>,
}

/// An operation that has not ended.
#[derive(Debug)]
struct Open {
    id: OperationId,
    /// `None` for a drain.
    function: Option<&'static Function>,
}

impl Recorder {
    pub(super) fn new(model: ObjectModel, failed_cas_differs: bool) -> Self {
        Self {
            model,
            failed_cas_differs,
            history: History::of_lines(),
            clients: Numbers::default(),
            open: BTreeMap::new(),
            keys: BTreeSet::new(),
            reads_nil: false,
            drains: BTreeMap::new(),
        }
    }

    /// All that was recorded. What has not ended never will.
    pub(super) fn finish(mut self) -> Result<Recorded, Complaint> {
        if let Some(drain) = self.open.values().find(|open| open.function.is_none()) {
            let line = self.history.get(drain.id).invoked.time_ns;
            return Err(Complaint::new(Field::Kind, format!("line {line} begins a drain, and {UNKNOWN_DRAIN}")));
        }
        if !self.drains.is_empty() {
            self.history = expanded(&self.history, &self.drains);
        }
        for (client, number) in self.clients.iter() {
            match client {
                Client::Number(own) if *own == number => {}
                Client::Number(own) => self.history.name_client(number, own.to_string().into()),
                Client::Name(name) => self.history.name_client(number, Arc::clone(name)),
            }
        }
        Ok(Recorded { history: self.history, reads_nil: self.reads_nil })
    }

    fn invoke(&mut self, client: u32, who: &Client, event: Event<'_>, line: u64) -> Result<(), Complaint> {
        let Event { session, function, key, value, .. } = event;
        if let Some(open) = self.open.get(&(client, session)) {
            let since = self.history.get(open.id).invoked.time_ns;
            let message = format!("client {who} still waits for {}, which it asked in line {since}", open.name());
            return Err(Complaint::new(Field::Kind, message));
        }
        let name = function.ok_or_else(|| Complaint::new(Field::Function, "what is asked is missing"))?;
        let is_drain = name == DRAIN && self.model.kind() == ModelKind::Queue;
        let function = if is_drain { None } else { Some(Function::named(self.model, name)?) };
        if value.is_none() && function.is_some_and(Function::needs_value) {
            return Err(Complaint::new(Field::Function, format!("the value of {} is missing", quoted(name))));
        }
        let key = self.kept(key.unwrap_or_default());
        let mut op = match function {
            Some(function) => function.op(client, key, value.unwrap_or_default())?,
            None => Op { key, action: Action::Dequeue },
        };
        if self.model == ObjectModel::Mutex {
            op.action = without_holder(op.action);
        }
        let id = self.history.invoke(client, session, op, line);
        self.open.insert((client, session), Open { id, function });
        Ok(())
    }

    fn end(&mut self, client: u32, who: &Client, event: Event<'_>, end: End, line: u64) -> Result<(), Complaint> {
        let Event { session, function, key, value, dialect, .. } = event;
        let Some(open) = self.open.remove(&(client, session)) else {
            return Err(Complaint::new(Field::Kind, format!("client {who} has asked nothing that this could end")));
        };
        if let Some(other) = function.filter(|name| *name != open.function_name()) {
            let message = format!("client {who} has asked for {}, not for {}", open.name(), quoted(other));
            return Err(Complaint::new(Field::Function, message));
        }
        let op = &self.history.get(open.id).op;
        if let Some(other) = key.filter(|key| *key != op.key) {
            let message = format!("client {who} has asked {} of {:?}, not of {other:?}", open.name(), op.key);
            return Err(Complaint::new(Field::Key, message));
        }
        match (open.function, end) {
            (Some(function), End::Ok) => {
                let reply = function.reply(op, value, dialect)?;
                self.reads_nil |= reply == Reply::Value(Datum::Nil);
                self.history.ok(open.id, reply, line);
            }
            (Some(function), End::Failed) if self.failed_cas_differs && function.is_cas() => {
                self.history.ok(open.id, Reply::Flag(false), line);
            }
            (None, End::Ok) => {
                let Some(Datum::List(taken)) = value else {
                    return Err(Complaint::new(Field::Value, "the answer to `drain` is a list of elements"));
                };
                self.drains.insert(open.id, taken);
                self.history.ok(open.id, Reply::Done, line);
            }
            (None, End::Unknown) => {
                return Err(Complaint::new(Field::Kind, format!("this drain may have ended early: {UNKNOWN_DRAIN}")));
            }
            (_, End::Failed) => self.history.failed(open.id, line),
            (Some(_), End::Unknown) => self.history.unknown(open.id),
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
    fn record(&mut self, mut event: Event<'_>, line: usize) -> Result<(), Complaint> {
        let who = event.client.take().ok_or_else(|| Complaint::new(Field::Client, "`:process` is missing"))?;
        let client = self.clients.of(&who, who.number());
        match event.kind {
            EventKind::Invoke => self.invoke(client, &who, event, line as u64),
            EventKind::End(end) => self.end(client, &who, event, end, line as u64),
        }
    }
}

impl Open {
    fn function_name(&self) -> &'static str {
        self.function.map_or(DRAIN, Function::name)
    }

    fn name(&self) -> String {
        quoted(self.function_name())
    }
}

/// Why a drain without an answer is refused.
const UNKNOWN_DRAIN: &str = "nobody knows how many elements it took";

/// The same for whoever acquires or releases.
fn without_holder(action: Action) -> Action {
    match action {
        Action::Acquire(_) => Action::Acquire(Datum::Nil),
        Action::Release(_) => Action::Release(Datum::Nil),
        action => action,
    }
}

/// The history in which a dequeue stands for each element that a drain took. Each may have taken effect at any
/// time of the drain: in which order they did is not held against the system.
fn expanded(history: &History<Op, Reply>, drains: &BTreeMap<OperationId, Arc<[Datum]>>) -> History<Op, Reply> {
    let invocations = history.iter().map(|(id, operation)| (operation.invoked, false, id));
    let returns = history.iter().filter_map(|(id, operation)| Some((operation.returned()?, true, id)));
    let mut moments: Vec<_> = invocations.chain(returns).collect();
    moments.sort_unstable_by_key(|(at, ..)| at.order);
    let mut expanded = History::of_lines();
    let mut ids: BTreeMap<OperationId, Vec<OperationId>> = BTreeMap::new();
    for (at, is_return, id) in moments {
        let operation = history.get(id);
        let taken = drains.get(&id);
        if !is_return {
            let count = taken.map_or(1, |taken| taken.len());
            let invoke = |_| expanded.invoke(operation.client, operation.session, operation.op.clone(), at.time_ns);
            ids.insert(id, (0..count).map(invoke).collect());
            continue;
        }
        for (place, new) in ids.remove(&id).unwrap_or_default().into_iter().enumerate() {
            match (taken, operation.reply()) {
                (Some(taken), _) => expanded.ok(new, Reply::Value(taken[place].clone()), at.time_ns),
                (None, Some(reply)) => expanded.ok(new, reply.clone(), at.time_ns),
                (None, None) => expanded.failed(new, at.time_ns),
            }
        }
    }
    expanded
}
