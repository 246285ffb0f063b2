//! What clients ask and are told, and how their histories are judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sim_core::consistency::{
    Answer, Arbitration, Budget, Counterexample, Facts, Level, SessionGuarantee, WhiteBox, check_level,
    check_session_facts, check_sessions,
};
use sim_core::{History, Kinds};

use parts::clocks::{CausalContext, Dot, Stamp};
use parts::kv::WriteId;
use parts::registers::{RegisterAnswer, RegisterOp, Registers};

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

impl From<RegisterOp> for LwwOp {
    fn from(op: RegisterOp) -> Self {
        match op {
            RegisterOp::Get { key } => Self::Get { key },
            RegisterOp::Put { key, write } => Self::Put { key, write },
        }
    }
}

/// What is asked, without the token.
impl From<&LwwOp> for RegisterOp {
    fn from(op: &LwwOp) -> Self {
        match op {
            LwwOp::Get { key } => Self::Get { key: *key },
            LwwOp::Put { key, write } => Self::Put { key: *key, write: *write },
            LwwOp::After { op, .. } => Self::from(&**op),
        }
    }
}

impl From<&LwwReply> for RegisterAnswer {
    fn from(reply: &LwwReply) -> Self {
        match reply {
            LwwReply::Value { write, .. } => Self::Value(*write),
            LwwReply::Done { .. } => Self::Done,
        }
    }
}

/// Decides whether a history keeps a level: the session guarantees by what the replies tell of the
/// inside, all others by what clients saw.
pub(super) fn check(level: Level, history: &History<LwwOp, LwwReply>, budget: Budget) -> Answer<Counterexample> {
    let asked = history.map_ops(|op| RegisterOp::from(op));
    let inside = |guarantee| {
        check_session_facts(&Registers::default(), &asked, &facts(history), guarantee, budget)
            .map(Counterexample::Session)
    };
    match SessionGuarantee::ALL.into_iter().find(|guarantee| guarantee.level() == level) {
        Some(guarantee) => inside(guarantee),
        None if level == Level::Session => check_sessions(inside),
        None => check_level(&Registers::default(), &asked, level, budget),
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
