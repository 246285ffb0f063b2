//! From events to a history of transactions.
//!
//! There are two kinds of files. In one, each transaction is invoked and ends, and the order of the
//! lines is that of time. In the other there are only ends, as in examples of Elle: then nobody knows
//! which transactions ran at the same time, and real time tells nothing. If the ends name no process
//! either, sessions tell nothing.

use std::collections::BTreeMap;
use std::fmt;

use reports::{Client, TransactionPlace};
use sim_core::consistency::isolation::{Key, MicroOp, Transaction, TransactionHistory, TransactionOutcome};
use sim_core::consistency::models::Datum;

use super::event::{Complaint, End, Event, EventKind, Field, Sink};
use super::numbers::Numbers;
use super::steps::{Act, Step, check_repetition, steps};
use crate::source::{help_with_name, quoted};

/// What transactions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionModel {
    /// Lists that are appended to.
    ListAppend,
    /// Registers that are written.
    RwRegister,
}

/// A history of transactions that was read.
#[derive(Debug)]
pub(crate) struct RecordedTransactions {
    /// Its transactions. Their moments are lines of the file, unless several events stand in one.
    pub(crate) history: TransactionHistory,
    /// Where the file has each of them.
    pub(crate) places: Vec<TransactionPlace>,
    /// What the file tells besides.
    pub(crate) knows: Knows,
}

/// What a file tells of the order of transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Knows {
    /// Which returned before another was called: there are invocations.
    pub(crate) real_time: bool,
    /// Which are of one session: there are processes.
    pub(crate) sessions: bool,
}

/// Adds events to a history of transactions.
#[derive(Debug)]
pub(super) struct TransactionRecorder {
    model: TransactionModel,
    history: TransactionHistory,
    places: Vec<TransactionPlace>,
    /// What the first event told.
    knows: Option<Knows>,
    clients: Numbers<Client>,
    /// What each session waits for, by client and session.
    open: BTreeMap<(u32, u64), Open>,
    sessions: Numbers<(u32, u64)>,
    keys: BTreeMap<Datum, Key>,
    last_moment: u64,
}

/// A transaction that has not ended.
#[derive(Debug)]
struct Open {
    client: Client,
    line: u64,
    moment: u64,
    asked: Datum,
}

/// How one transaction went.
struct Course<'d> {
    client: Option<Client>,
    session: Option<(u32, u64)>,
    invoked: Option<(u64, u64)>,
    ended: Option<(u64, u64)>,
    steps: &'d [Step<'d>],
    outcome: TransactionOutcome,
}

impl TransactionModel {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::ListAppend, Self::RwRegister];

    /// Its name on the command line, which is Elle's.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ListAppend => "list-append",
            Self::RwRegister => "rw-register",
        }
    }

    const fn acts(self) -> [Act; 2] {
        match self {
            Self::ListAppend => [Act::Append, Act::Read],
            Self::RwRegister => [Act::Write, Act::Read],
        }
    }

    /// The steps that a value lists.
    fn steps(self, value: &Datum) -> Result<Vec<Step<'_>>, Complaint> {
        let steps = steps(value, &self.acts())?;
        let (fits, expected): (fn(&Datum) -> bool, _) = match self {
            Self::ListAppend => (is_list_of_numbers, "a list of whole numbers, or nil"),
            Self::RwRegister => (|value| number(value).is_some(), "a whole number, or nil"),
        };
        for Step { act, key, value } in &steps {
            let (is_fit, expected) = match act {
                Act::Read => (**value == Datum::Nil || fits(value), expected),
                Act::Write | Act::Append => (number(value).is_some(), "a whole number"),
            };
            if !is_fit {
                let message = format!("{value:?} is no value of {key:?}: expected {expected}");
                return Err(Complaint::new(Field::Value, message));
            }
        }
        Ok(steps)
    }
}

impl TransactionRecorder {
    pub(super) fn new(model: TransactionModel) -> Self {
        Self {
            model,
            history: TransactionHistory::new(),
            places: Vec::new(),
            knows: None,
            clients: Numbers::default(),
            open: BTreeMap::new(),
            sessions: Numbers::default(),
            keys: BTreeMap::new(),
            last_moment: 0,
        }
    }

    /// All that was recorded. What has not ended never will.
    pub(super) fn finish(mut self) -> Result<RecordedTransactions, Complaint> {
        for (session, open) in std::mem::take(&mut self.open) {
            self.push_open(session, &open)?;
        }
        let knows = self.knows.unwrap_or(Knows { real_time: true, sessions: true });
        Ok(RecordedTransactions { history: self.history, places: self.places, knows })
    }

    /// A transaction that ends without an answer.
    fn push_open(&mut self, session: (u32, u64), open: &Open) -> Result<(), Complaint> {
        let steps = self.model.steps(&open.asked)?;
        let (invoked, outcome) = (Some((open.line, open.moment)), TransactionOutcome::Unknown);
        let client = Some(open.client.clone());
        self.push(&Course { client, session: Some(session), invoked, ended: None, steps: &steps, outcome })
    }

    fn invoke(&mut self, session: (u32, u64), open: Open) -> Result<(), Complaint> {
        if let Some(Open { client, line, .. }) = self.open.get(&session) {
            let message = format!("client {client} still waits for the transaction that it began in line {line}");
            return Err(Complaint::new(Field::Kind, message));
        }
        self.model.steps(&open.asked)?;
        self.open.insert(session, open);
        Ok(())
    }

    /// The end of a transaction that was invoked.
    fn end(
        &mut self,
        (client, session): (Client, (u32, u64)),
        end: End,
        at: (u64, u64),
        told: Option<&Datum>,
    ) -> Result<(), Complaint> {
        let Some(open) = self.open.remove(&session) else {
            let message = format!("client {client} has begun no transaction that this could end");
            return Err(Complaint::new(Field::Kind, message));
        };
        let outcome = match end {
            End::Unknown => return self.push_open(session, &open),
            End::Failed => TransactionOutcome::Aborted,
            End::Ok => TransactionOutcome::Committed,
        };
        let asked = self.model.steps(&open.asked)?;
        let steps = match told.filter(|_| end == End::Ok) {
            Some(told) => self.model.steps(told)?,
            None if end == End::Ok => return Err(missing_value()),
            None => asked.clone(),
        };
        check_repetition(&asked, &steps)?;
        let invoked = Some((open.line, open.moment));
        self.push(&Course {
            client: Some(client),
            session: Some(session),
            invoked,
            ended: Some(at),
            steps: &steps,
            outcome,
        })
    }

    /// The end of a transaction in a file without invocations.
    fn end_alone(
        &mut self,
        who: Option<(Client, (u32, u64))>,
        end: End,
        at: (u64, u64),
        told: Option<&Datum>,
    ) -> Result<(), Complaint> {
        let steps = self.model.steps(told.ok_or_else(missing_value)?)?;
        let outcome = match end {
            End::Ok => TransactionOutcome::Committed,
            End::Failed => TransactionOutcome::Aborted,
            End::Unknown => TransactionOutcome::Unknown,
        };
        let (client, session) = who.unzip();
        self.push(&Course { client, session, invoked: None, ended: Some(at), steps: &steps, outcome })
    }

    fn push(&mut self, course: &Course<'_>) -> Result<(), Complaint> {
        let Self { history, keys, .. } = self;
        let model = self.model;
        let is_committed = course.outcome == TransactionOutcome::Committed;
        // What is read of transactions that did not commit tells nothing.
        let counts = |step: &&Step<'_>| step.act != Act::Read || is_committed;
        let mut lists = Vec::new();
        for step in course.steps.iter().filter(counts) {
            let key = match keys.get(step.key) {
                Some(key) => *key,
                None => *keys.entry(step.key.clone()).or_insert(history.key(&format!("{:?}", step.key))),
            };
            lists.push((step.act, key, numbers(step.value)));
        }
        let ops = lists.iter().map(|(act, key, values)| {
            let (key, first) = (*key, values.first().copied());
            match (act, model) {
                (Act::Append, _) => MicroOp::Append { key, value: first.unwrap_or_default() },
                (Act::Write, _) => MicroOp::Write { key, value: first.unwrap_or_default() },
                (Act::Read, TransactionModel::ListAppend) => MicroOp::ReadList { key, values },
                (Act::Read, TransactionModel::RwRegister) => MicroOp::ReadRegister { key, value: first },
            }
        });
        let Course { session, invoked, ended, outcome, .. } = *course;
        let called = invoked.or(ended).map(|(_, moment)| moment).unwrap_or_default();
        let returned = ended.map(|(_, moment)| moment);
        let process = session.map_or(self.places.len() as u32, |session| self.sessions.of(&session, Some(session.0)));
        let transaction = Transaction { process, called, returned, outcome };
        history.push(transaction, ops).map_err(|error| Complaint::new(Field::Value, error.to_string()))?;
        let line = |at: Option<(u64, u64)>| at.map(|(line, _)| line);
        let client = course.client.clone();
        self.places.push(TransactionPlace { client, invoked_line: line(invoked), returned_line: line(ended) });
        Ok(())
    }

    /// Whether the file still tells as much as its first event did.
    fn check_kind_of_file(&mut self, event: &Event<'_>) -> Result<Knows, Complaint> {
        let says = Knows { real_time: event.kind == EventKind::Invoke, sessions: event.client.is_some() };
        let knows = *self.knows.get_or_insert(says);
        let complain = |field, message: &str| Err(Complaint::new(field, message));
        if event.client.is_none() && knows.sessions {
            complain(Field::Client, "`:process` is missing, and the first event has it")
        } else if event.client.is_some() && !knows.sessions {
            complain(Field::Client, "the first event has no `:process`: either all have it, or none")
        } else if says.real_time && !knows.real_time {
            complain(Field::Kind, "the first event has no invocation: either all have one, or none")
        } else if knows.real_time && !knows.sessions {
            complain(Field::Client, "`:process` is missing: it tells which invocation an end belongs to")
        } else {
            Ok(knows)
        }
    }
}

impl Sink for TransactionRecorder {
    fn record(&mut self, event: Event<'_>, line: usize) -> Result<(), Complaint> {
        let knows = self.check_kind_of_file(&event)?;
        if let Some(other) = event.function.filter(|name| *name != FUNCTION) {
            let message = format!("there is no function {} of a {}", quoted(other), self.model.name());
            return Err(Complaint::new(Field::Function, message).with_help(help_with_name(
                "function",
                other,
                &[FUNCTION],
            )));
        }
        let line = line as u64;
        let moment = line.max(self.last_moment + 1);
        self.last_moment = moment;
        let who = event.client.map(|client| {
            let number = self.clients.of(&client, client.number());
            (client, (number, event.session))
        });
        match (event.kind, who) {
            (EventKind::Invoke, Some((client, session))) => {
                let asked = event.value.ok_or_else(missing_value)?;
                self.invoke(session, Open { client, line, moment, asked })
            }
            (EventKind::End(end), Some(who)) if knows.real_time => {
                self.end(who, end, (line, moment), event.value.as_ref())
            }
            (EventKind::End(end), who) => self.end_alone(who, end, (line, moment), event.value.as_ref()),
            (EventKind::Invoke, None) => unreachable!("an invocation without a process was refused"),
        }
    }

    fn wants_value(&self, end: End) -> bool {
        end == End::Ok || self.knows.is_none_or(|knows| !knows.real_time)
    }
}

impl fmt::Display for TransactionModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What all operations are called.
const FUNCTION: &str = "txn";

fn missing_value() -> Complaint {
    Complaint::new(Field::Value, "the steps of the transaction are missing")
}

/// The numbers of a list; the number itself, if it is one; none for nil.
fn numbers(value: &Datum) -> Vec<i64> {
    match value {
        Datum::Int(number) => vec![*number],
        Datum::List(items) => items.iter().filter_map(number).collect(),
        _ => Vec::new(),
    }
}

fn is_list_of_numbers(value: &Datum) -> bool {
    matches!(value, Datum::List(items) if items.iter().all(|item| number(item).is_some()))
}

fn number(value: &Datum) -> Option<i64> {
    if let Datum::Int(number) = value { Some(*number) } else { None }
}
