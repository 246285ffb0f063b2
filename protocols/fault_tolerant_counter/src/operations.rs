//! What clients ask of the counter, and are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::models::{Action, Counter, Datum, Op, Reply};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, SequentialModel, check_level_by_order};
use sim_core::{ConfigError, History, Kinds, OperationKind, SimRng, Workload};

use super::state::Entry;

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum CounterOp {
    /// Changes the counter.
    Add {
        /// By how much: a decrement is below zero.
        amount: i32,
        /// The entry in which alone it may be counted, where the client has been told of one.
        #[serde(default)]
        entry: Option<Entry>,
    },
    /// Reads the counter.
    Read,
}

impl CounterOp {
    /// Whether it is a read or a write, for who looks for progress.
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Add { .. } => OperationKind::Write,
            Self::Read => OperationKind::Read,
        }
    }
}

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CounterReply {
    /// The change is counted, and survives the loss of all replicas but those that cannot be lost.
    Done,
    /// The value.
    Value(i64),
    /// Nothing was counted: ask again, and name this entry.
    CountAt {
        /// The entry that was named, in which nothing is counted any more.
        instead_of: Option<Entry>,
        /// The entry to name from now on.
        entry: Entry,
    },
}

/// The [counter](Counter) of the simulator, asked in this protocol's words.
#[derive(Debug, Default)]
struct CounterModel(Counter);

impl SequentialModel for CounterModel {
    type Op = CounterOp;
    type Reply = CounterReply;
    type State = i128;
    type Key = ();

    fn initial(&self) -> i128 {
        self.0.initial()
    }

    fn apply(&self, state: &i128, op: &CounterOp, reply: Option<&CounterReply>) -> Option<i128> {
        let action = match op {
            CounterOp::Add { amount, .. } => Action::Add(i64::from(*amount)),
            CounterOp::Read => Action::Read,
        };
        let reply = match reply {
            None => None,
            Some(CounterReply::Done) => Some(Reply::Done),
            Some(CounterReply::Value(value)) => Some(Reply::Value(Datum::Int(*value))),
            // It ends no operation.
            Some(CounterReply::CountAt { .. }) => return None,
        };
        self.0.apply(state, &Op { key: Datum::Nil, action }, reply.as_ref())
    }

    fn key(&self, _: &CounterOp) -> Option<()> {
        Some(())
    }

    fn is_read(&self, op: &CounterOp, _: Option<&CounterReply>) -> bool {
        *op == CounterOp::Read
    }
}

/// Decides whether a history keeps a level of consistency, as that of a counter from zero.
pub(super) fn check(
    level: Level,
    history: &History<CounterOp, CounterReply>,
    budget: Budget,
) -> Answer<Counterexample> {
    check_level_by_order(&CounterModel::default(), history, level, budget)
}

/// What clients ask: reads and changes, by chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CounterWorkload {
    /// How many operations in a hundred are reads.
    pub reads_percent: u32,
    /// How many changes in a hundred are decrements.
    pub decrements_percent: u32,
    /// The most by which an operation changes the counter. At least 1.
    pub largest: u32,
}

impl Default for CounterWorkload {
    fn default() -> Self {
        Self { reads_percent: 40, decrements_percent: 40, largest: 1000 }
    }
}

impl Workload for CounterWorkload {
    type Op = CounterOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { reads_percent: 101.., .. } => wrong("reads_percent", "must be from 0 to 100"),
            Self { decrements_percent: 101.., .. } => wrong("decrements_percent", "must be from 0 to 100"),
            Self { largest: 0, .. } => wrong("largest", "a change by nothing changes nothing"),
            Self { largest, .. } => parts::bounds::check_counts(&[("largest", u64::from(*largest))]),
        }
    }

    fn operation(&self, _: u32, _: u32, rng: &mut SimRng) -> CounterOp {
        if rng.below(100) < u64::from(self.reads_percent) {
            return CounterOp::Read;
        }
        let amount = rng.between(1, u64::from(self.largest)) as i32;
        let is_decrement = rng.below(100) < u64::from(self.decrements_percent);
        CounterOp::Add { amount: if is_decrement { -amount } else { amount }, entry: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut CounterWorkload)| {
            let mut workload = CounterWorkload::default();
            change(&mut workload);
            workload.validate().err().map(|error| error.key)
        };
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|workload| workload.reads_percent = 101), Some("reads_percent"));
        assert_eq!(refused(|workload| workload.decrements_percent = 101), Some("decrements_percent"));
        assert_eq!(refused(|workload| workload.largest = 0), Some("largest"));
        assert_eq!(refused(|workload| workload.largest = 1_000_001), Some("largest"));
    }
}
