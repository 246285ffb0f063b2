//! The models by name, and which operations each of them knows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::by_name::by_name;
use super::{Action, Datum, Op, Reply};
use crate::history::{History, OperationId};

/// Which object a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Registers that are read and written.
    Register,
    /// Registers with compare-and-swap.
    CasRegister,
    /// A map with get, put, append and compare-and-swap.
    Kv,
    /// Counters.
    Counter,
    /// Sets.
    Set,
    /// Queues, first in, first out.
    Queue,
    /// Stacks, last in, first out.
    Stack,
    /// Logs that only grow.
    Log,
    /// Locks with holders.
    Lock,
    /// Banks, between whose accounts money is moved.
    Bank,
    /// Sets of registers that transactions read and write, each as one operation.
    MultiRegister,
}

/// An operation that the model does not know, or a reply that its operation never has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operation {operation} `{what}` is none of a {kind}: {expected}")]
pub struct Unfit {
    /// The first one of the history.
    pub operation: OperationId,
    /// What it asks, and what it was answered.
    pub what: String,
    /// The model.
    pub kind: ModelKind,
    /// What would have been possible.
    pub expected: &'static str,
}

impl ModelKind {
    /// All models.
    pub const ALL: &'static [Self] = &[
        Self::Register,
        Self::CasRegister,
        Self::Kv,
        Self::Counter,
        Self::Set,
        Self::Queue,
        Self::Stack,
        Self::Log,
        Self::Lock,
        Self::Bank,
        Self::MultiRegister,
    ];

    /// Its name on the command line and in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::CasRegister => "cas-register",
            Self::Kv => "kv",
            Self::Counter => "counter",
            Self::Set => "set",
            Self::Queue => "queue",
            Self::Stack => "stack",
            Self::Log => "log",
            Self::Lock => "lock",
            Self::Bank => "bank",
            Self::MultiRegister => "multi-register",
        }
    }

    /// Whether all operations of `history` and their replies are such as this model has.
    ///
    /// To be asked before a check: a model permits nothing that it does not know, so that a history
    /// of another object would be called inconsistent.
    ///
    /// # Errors
    /// The first operation that does not fit.
    pub fn check_fit(self, history: &History<Op, Reply>) -> Result<(), Unfit> {
        let mut appended = BTreeMap::new();
        let mut found = history.iter().filter(|(_, operation)| {
            !self.knows(&operation.op.action, operation.reply())
                || self == Self::Kv && !fits_what_is_appended(&mut appended, &operation.op)
        });
        let Some((id, operation)) = found.next() else {
            return Ok(());
        };
        let what = format!("{:?} -> {}", operation.op, operation.outcome);
        Err(Unfit { operation: id, what, kind: self, expected: self.expected() })
    }

    /// Whether such an object has this operation, whatever it is answered.
    #[must_use]
    pub fn has(self, action: &Action) -> bool {
        self.knows(action, None)
    }

    fn knows(self, action: &Action, reply: Option<&Reply>) -> bool {
        use Action::*;
        let is = |possible: fn(&Reply) -> bool| reply.is_none_or(possible);
        let is_done = || is(|reply| *reply == Reply::Done);
        let is_value = || is(|reply| matches!(reply, Reply::Value(_)));
        let is_number = || is(|reply| matches!(reply, Reply::Value(Datum::Int(_))));
        let is_list = || is(|reply| matches!(reply, Reply::Value(Datum::List(_))));
        let is_flag = || is(|reply| matches!(reply, Reply::Flag(_)));
        let is_value_or_empty = || is(|reply| matches!(reply, Reply::Value(_) | Reply::Empty));
        match (self, action) {
            (Self::Register | Self::CasRegister | Self::Kv, Read) => is_value(),
            (Self::Register | Self::CasRegister | Self::Kv, Write(_)) => is_done(),
            (Self::CasRegister | Self::Kv, Cas(_)) => is_flag(),
            (Self::Kv, Append(Datum::Text(_) | Datum::List(_))) => is_done(),
            (Self::Counter, Read) => is_number(),
            (Self::Counter, Add(_)) => is_done() || is_number(),
            (Self::Set | Self::Log | Self::Bank, Read) => is_list(),
            (Self::Set, Insert(_) | Remove(_)) => is_done() || is_flag(),
            (Self::Set, Contains(_)) => is_flag(),
            (Self::Queue, Enqueue(_)) | (Self::Stack, Push(_)) => is_done(),
            (Self::Queue, Dequeue) | (Self::Stack, Pop) | (Self::Log, ReadAt(_)) => is_value_or_empty(),
            (Self::Log, Append(_)) => is_done() || is_number(),
            (Self::MultiRegister, Transact(_)) => is_list(),
            (Self::Lock, Acquire(_) | Release(_)) | (Self::Bank, Transfer { .. }) => is_done() || is_flag(),
            _ => false,
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Register => "read -> VALUE, write VALUE -> done",
            Self::CasRegister => "read -> VALUE, write VALUE -> done, cas OLD NEW -> yes or no",
            Self::Kv => {
                "read -> VALUE, write VALUE -> done, cas OLD NEW -> yes or no, append TEXT or LIST -> done \
                 (to a key that holds nothing else)"
            }
            Self::Counter => "read -> NUMBER, add NUMBER -> done or the sum",
            Self::Set => "insert or remove VALUE -> done, yes or no; contains VALUE -> yes or no; read -> LIST",
            Self::Queue => "enqueue VALUE -> done, dequeue -> VALUE or empty",
            Self::Stack => "push VALUE -> done, pop -> VALUE or empty",
            Self::Log => "append VALUE -> done or its index, read -> LIST, read at INDEX -> VALUE or empty",
            Self::Lock => "acquire HOLDER, release HOLDER -> done, yes or no",
            Self::Bank => "transfer FROM TO AMOUNT -> done, yes or no; read -> LIST",
            Self::MultiRegister => "txn of reads and writes -> LIST, a value for each of them",
        }
    }
}

/// What is known of the values of a key.
struct Contents {
    has_append: bool,
    only_texts: bool,
    only_lists: bool,
}

/// Whether a key holds only texts, or only lists, if anything is appended to it. `seen` keeps what
/// is known of the keys so far.
fn fits_what_is_appended(seen: &mut BTreeMap<Datum, Contents>, op: &Op) -> bool {
    let (is_append, value) = match &op.action {
        Action::Append(value) => (true, value),
        Action::Write(value) => (false, value),
        Action::Cas(values) => (false, &values.1),
        _ => return true,
    };
    let fresh = || Contents { has_append: false, only_texts: true, only_lists: true };
    let contents = seen.entry(op.key.clone()).or_insert_with(fresh);
    contents.has_append |= is_append;
    contents.only_texts &= matches!(value, Datum::Text(_));
    contents.only_lists &= matches!(value, Datum::List(_));
    !contents.has_append || contents.only_texts || contents.only_lists
}

by_name!(ModelKind, ModelKindError, "model");
