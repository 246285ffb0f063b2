//! Registers by number, which are read and written and no more: what their clients ask, and must be told.

use std::fmt::Debug;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::{Access, RegisterModel, SequentialModel};
use sim_core::{ConfigError, Kinds, OperationKind, SimRng, Workload};

use crate::bounds::check_counts;
use crate::kv::{KvOp, WriteId};

/// What a client asks of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum RegisterOp {
    /// Reads the value.
    Get {
        /// Of which register.
        key: u32,
    },
    /// Writes a value.
    Put {
        /// To which register.
        key: u32,
        /// The new value.
        write: WriteId,
    },
}

impl RegisterOp {
    /// The register that it reads or writes.
    pub const fn key(&self) -> u32 {
        match *self {
            Self::Get { key } | Self::Put { key, .. } => key,
        }
    }

    /// Whether it is a read or a write, for who looks for progress.
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Get { .. } => OperationKind::Read,
            Self::Put { .. } => OperationKind::Write,
        }
    }
}

/// The same, asked of a map: so the [model of the map](crate::kv::KvModel) serves registers, too.
impl From<RegisterOp> for KvOp {
    fn from(op: RegisterOp) -> Self {
        match op {
            RegisterOp::Get { key } => Self::Get { key },
            RegisterOp::Put { key, write } => Self::Put { key, write },
        }
    }
}

/// What a client is told, as far as registers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// To a get: the last write, if there is one.
    Value(Option<WriteId>),
    /// To a put.
    Done,
}

/// Registers as one client alone would see them, empty at first. `R` is what a protocol replies, which may say
/// more than an answer.
#[derive(Clone, Copy, Debug)]
pub struct Registers<R>(PhantomData<fn(R)>);

impl<R> Default for Registers<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<R: PartialEq + Debug> SequentialModel for Registers<R>
where
    for<'a> &'a R: Into<RegisterAnswer>,
{
    type Op = RegisterOp;
    type Reply = R;
    type State = Option<WriteId>;
    type Key = u32;

    fn initial(&self) -> Option<WriteId> {
        None
    }

    fn apply(&self, state: &Option<WriteId>, op: &RegisterOp, reply: Option<&R>) -> Option<Option<WriteId>> {
        match (op, reply.map(Into::into)) {
            (RegisterOp::Get { .. }, None) => Some(*state),
            (RegisterOp::Get { .. }, Some(RegisterAnswer::Value(write))) => (write == *state).then_some(*state),
            (RegisterOp::Put { write, .. }, None | Some(RegisterAnswer::Done)) => Some(Some(*write)),
            _ => None,
        }
    }

    fn key(&self, op: &RegisterOp) -> Option<u32> {
        Some(op.key())
    }

    fn is_read(&self, op: &RegisterOp, _: Option<&R>) -> bool {
        matches!(op, RegisterOp::Get { .. })
    }
}

impl<R: PartialEq + Debug> RegisterModel for Registers<R>
where
    for<'a> &'a R: Into<RegisterAnswer>,
{
    type Value = Option<WriteId>;

    fn initial_value(&self, _: &u32) -> Option<WriteId> {
        None
    }

    fn access(&self, op: &RegisterOp, reply: Option<&R>) -> Option<Access<u32, Option<WriteId>>> {
        match (*op, reply.map(Into::into)) {
            (RegisterOp::Get { key }, None) => Some(Access::nothing(key)),
            (RegisterOp::Get { key }, Some(RegisterAnswer::Value(write))) => Some(Access::read(key, write)),
            (RegisterOp::Put { key, write }, None | Some(RegisterAnswer::Done)) => {
                Some(Access::write(key, Some(write)))
            }
            _ => None,
        }
    }
}

/// What clients ask: how many registers there are, and how many operations in a hundred write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegisterWorkload {
    /// How many keys there are. The fewer, the more operations meet on one.
    pub keys: u32,
    /// How many operations in a hundred are writes.
    pub writes_percent: u32,
}

impl Default for RegisterWorkload {
    fn default() -> Self {
        Self { keys: 3, writes_percent: 40 }
    }
}

impl Workload for RegisterWorkload {
    type Op = RegisterOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { keys: 0, .. } => wrong("keys", "there must be at least one key"),
            Self { writes_percent: 101.., .. } => wrong("writes_percent", "must be from 0 to 100"),
            Self { keys, .. } => check_counts(&[("keys", u64::from(*keys))]),
        }
    }

    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> RegisterOp {
        let key = rng.below(u64::from(self.keys)) as u32;
        if rng.below(100) < u64::from(self.writes_percent) {
            RegisterOp::Put { key, write: WriteId { client, index } }
        } else {
            RegisterOp::Get { key }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |keys, writes_percent, expected| {
            let workload = RegisterWorkload { keys, writes_percent };
            assert_eq!(workload.validate().map_err(|error| error.key), expected, "{workload:?}");
        };
        check(1, 100, Ok(()));
        check(0, 100, Err("keys"));
        check(1, 101, Err("writes_percent"));
        check(1_000_001, 0, Err("keys"));
    }

    #[test]
    fn writes_are_as_frequent_as_the_workload_says() {
        let writes = |writes_percent| {
            let workload = RegisterWorkload { keys: 2, writes_percent };
            let mut rng = SimRng::new(1, 1);
            let ops = (0..1000).map(|index| workload.operation(0, index, &mut rng));
            ops.filter(|op| op.kind() == OperationKind::Write && op.key() < 2).count()
        };
        assert_eq!((writes(0), writes(100)), (0, 1000));
        assert!((350..450).contains(&writes(40)), "{}", writes(40));
    }
}
