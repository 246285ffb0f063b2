//! What clients ask and are told, and how their histories are judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sim_core::consistency::{
    Access, Answer, Arbitration, Budget, Counterexample, Facts, Level, RegisterModel, SequentialModel,
    SessionGuarantee, WhiteBox, check_level, check_session_facts, check_sessions,
};
use sim_core::{History, Kinds};

use super::updates::Stamp;
use parts::clocks::{CausalContext, Dot};
use parts::kv::WriteId;
use parts::registers::RegisterOp;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum LwwOp {
    /// Reads a value.
    Get {
        /// Of which key.
        key: u32,
    },
    /// Writes a value.
    Put {
        /// Of which key.
        key: u32,
        /// The new value.
        write: WriteId,
    },
    /// One of these, by a client that carries a token. In histories there is only what is inside.
    After {
        /// What the session has seen or made.
        token: CausalContext,
        /// What is asked.
        op: Box<LwwOp>,
    },
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum LwwReply {
    /// To a get: the value, if there is one.
    Value {
        /// The last write.
        write: Option<WriteId>,
        /// What the replica had applied.
        visible: CausalContext,
    },
    /// To a put.
    Done {
        /// The name of the update that was made of it.
        dot: Dot,
        /// Its stamp.
        stamp: Stamp,
    },
}

impl LwwOp {
    /// The key that it reads or writes.
    pub fn key(&self) -> u32 {
        match self {
            Self::Get { key } | Self::Put { key, .. } => *key,
            Self::After { op, .. } => op.key(),
        }
    }
}

impl From<RegisterOp> for LwwOp {
    fn from(op: RegisterOp) -> Self {
        match op {
            RegisterOp::Get { key } => Self::Get { key },
            RegisterOp::Put { key, write } => Self::Put { key, write },
        }
    }
}

/// The store as one client alone would see it: a register for each key, empty at first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Registers;

impl SequentialModel for Registers {
    type Op = LwwOp;
    type Reply = LwwReply;
    type State = Option<WriteId>;
    type Key = u32;

    fn initial(&self) -> Option<WriteId> {
        None
    }

    fn apply(&self, state: &Option<WriteId>, op: &LwwOp, reply: Option<&LwwReply>) -> Option<Option<WriteId>> {
        match (op, reply) {
            (LwwOp::Get { .. }, None) => Some(*state),
            (LwwOp::Get { .. }, Some(LwwReply::Value { write, .. })) => (write == state).then_some(*state),
            (LwwOp::Put { write, .. }, None | Some(LwwReply::Done { .. })) => Some(Some(*write)),
            (LwwOp::After { op, .. }, reply) => self.apply(state, op, reply),
            _ => None,
        }
    }

    fn key(&self, op: &LwwOp) -> Option<u32> {
        Some(op.key())
    }

    fn is_read(&self, op: &LwwOp, _: Option<&LwwReply>) -> bool {
        matches!(op, LwwOp::Get { .. })
    }
}

impl RegisterModel for Registers {
    type Value = Option<WriteId>;

    fn initial_value(&self, _: &u32) -> Option<WriteId> {
        None
    }

    fn access(&self, op: &LwwOp, reply: Option<&LwwReply>) -> Option<Access<u32, Option<WriteId>>> {
        match (op, reply) {
            (LwwOp::Get { key }, None) => Some(Access::nothing(*key)),
            (LwwOp::Get { key }, Some(LwwReply::Value { write, .. })) => Some(Access::read(*key, *write)),
            (LwwOp::Put { key, write }, None | Some(LwwReply::Done { .. })) => Some(Access::write(*key, Some(*write))),
            (LwwOp::After { op, .. }, reply) => self.access(op, reply),
            _ => None,
        }
    }
}

/// Decides whether a history keeps a level: the session guarantees by what the replies tell of the
/// inside, all others by what clients saw.
pub(super) fn check(level: Level, history: &History<LwwOp, LwwReply>, budget: Budget) -> Answer<Counterexample> {
    let inside = |guarantee| {
        check_session_facts(&Registers, history, &facts(history), guarantee, budget).map(Counterexample::Session)
    };
    match SessionGuarantee::ALL.into_iter().find(|guarantee| guarantee.level() == level) {
        Some(guarantee) => inside(guarantee),
        None if level == Level::Session => check_sessions(inside),
        None => check_level(&Registers, history, level, budget),
    }
}

fn facts(history: &History<LwwOp, LwwReply>) -> WhiteBox {
    let told = |reply: &LwwReply| match reply {
        LwwReply::Value { visible, .. } => Facts { visible: Some(visible.into()), ..Facts::default() },
        LwwReply::Done { dot, stamp } => {
            let arbitration = Arbitration { time: stamp.time, tie_break: u64::from(stamp.replica) };
            Facts { version: Some((*dot).into()), arbitration: Some(arbitration), ..Facts::default() }
        }
    };
    let facts = history.iter().filter_map(|(id, operation)| Some((id, told(operation.reply()?))));
    facts.collect::<BTreeMap<_, _>>()
}
