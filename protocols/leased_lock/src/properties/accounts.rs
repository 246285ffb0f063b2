//! What clients are told, beside what accounts would tell them that are used one after the other.

use sim_core::History;
use sim_core::consistency::models::{Action, Counter, Datum, Op, Reply};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, SequentialModel, check_level_by_order};

use crate::operations::{LockOp, LockReply};

/// The [counter](Counter) of the simulator, one for each account, asked in this protocol's words.
#[derive(Debug, Default)]
struct Accounts(Counter);

impl SequentialModel for Accounts {
    type Op = LockOp;
    type Reply = LockReply;
    type State = i128;
    type Key = u32;

    fn initial(&self) -> i128 {
        self.0.initial()
    }

    fn apply(&self, state: &i128, op: &LockOp, reply: Option<&LockReply>) -> Option<i128> {
        let action = match op {
            LockOp::Add { amount, .. } => Action::Add(i64::from(*amount)),
            LockOp::Read { .. } => Action::Read,
        };
        let reply = reply.map(|LockReply::Value(value)| Reply::Value(Datum::Int(*value)));
        self.0.apply(state, &Op { key: Datum::Nil, action }, reply.as_ref())
    }

    fn key(&self, op: &LockOp) -> Option<u32> {
        Some(op.account())
    }

    fn is_read(&self, op: &LockOp, _: Option<&LockReply>) -> bool {
        matches!(op, LockOp::Read { .. })
    }
}

/// Decides whether a history keeps a level of consistency, as that of accounts that begin with nothing.
pub(crate) fn check(level: Level, history: &History<LockOp, LockReply>, budget: Budget) -> Answer<Counterexample> {
    check_level_by_order(&Accounts::default(), history, level, budget)
}
