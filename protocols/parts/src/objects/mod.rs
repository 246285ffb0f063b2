//! The usual objects to replicate: registers, maps, counters, sets, queues, stacks, logs, locks, banks and
//! registers under transactions. A protocol names them and need not write any.
//!
//! An operation ([`ObjectOp`]) says which kind of object it is for. So one protocol replicates all of them, and a
//! scenario file chooses: `"workload": { "object": "queue" }`. What clients see is compared with the sequential model
//! of that object ([`check`]).
//!
//! ```ignore
//! // impl Protocol for MyProtocol
//! type Op = ObjectOp;
//! type Reply = Reply;
//! // its nodes hold a `Machine<Objects>`, to which they apply what is decided
//!
//! // impl SystemUnderTest for MyProtocol
//! type Workload = ObjectWorkload;
//! const CHECK_LEVEL: CheckLevel<Self> = objects::check;
//! const CHECK_ISOLATION: CheckIsolation<Self> = objects::check_isolation;
//! ```
//!
//! They live here, and not in the simulator, because a state machine is part of a protocol, as a journal is. The
//! language of operations and the models that histories are compared with are the simulator's:
//! [`sim_core::consistency::models`]. `tests/objects` of this crate has a whole protocol, small enough to copy.

mod object;
mod transactions;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sim_core::consistency::models::{Bank, Op};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, SequentialModel as _, Undecided};
use sim_core::{History, Kinds, OperationKind};

use crate::machine::StateMachine;

pub use object::Object;
pub use sim_core::consistency::models::{Action, Datum, ModelKind, RegisterStep, Reply, Verb};
pub use transactions::check_isolation;
pub use workload::ObjectWorkload;

/// What a client asks of an object.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub struct ObjectOp {
    /// The kind of the object.
    pub object: ModelKind,
    /// Which of the objects of that kind.
    pub key: Datum,
    /// What is to be done to it.
    pub action: Action,
}

impl ObjectOp {
    /// The same without the kind of the object.
    #[must_use]
    pub fn op(&self) -> Op {
        Op { key: self.key.clone(), action: self.action.clone() }
    }

    /// Whether it is a read or a write, for who looks for progress.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        match self.action {
            Action::Read | Action::ReadAt(_) | Action::Contains(_) => OperationKind::Read,
            _ => OperationKind::Write,
        }
    }
}

/// As in `queue: enqueue 0 "c1#5"`.
impl fmt::Debug for ObjectOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.object, self.op())
    }
}

/// All objects that were ever asked for anything, of any kinds.
///
/// ```
/// use parts::machine::StateMachine;
/// use parts::objects::{Action, ModelKind, ObjectOp, Objects, Reply};
///
/// let transfer = Action::Transfer { from: 0, to: 1, amount: 40 };
/// let op = ObjectOp { object: ModelKind::Bank, key: "savings".into(), action: transfer };
/// let mut objects = Objects::default();
/// let replies: Vec<Reply> = (0..3).map(|_| objects.apply(&op)).collect();
/// assert_eq!(replies, [Reply::Flag(true), Reply::Flag(true), Reply::Flag(false)], "an account begins with 100");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Objects {
    /// Those that are not as they were at the start: it cannot be seen of the others that they were read.
    #[serde(serialize_with = "as_pairs")]
    changed: BTreeMap<(ModelKind, Datum), Object>,
}

impl StateMachine for Objects {
    type Op = ObjectOp;
    type Reply = Reply;

    /// # Panics
    /// If there is no such operation of such an object, as after a corruption that the protocol did not notice.
    fn apply(&mut self, op: &ObjectOp) -> Reply {
        let name = (op.object, op.key.clone());
        let mut object = self.changed.remove(&name).unwrap_or_else(|| Object::new(op.object));
        let reply = object.apply(&op.action).unwrap_or_else(|| panic!("there is no such operation: {op:?}"));
        if object != Object::new(op.object) {
            self.changed.insert(name, object);
        }
        reply
    }
}

/// The order of keys of different types is not that of what they are written as.
fn as_pairs<K, V, S>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
where
    K: Serialize,
    V: Serialize,
    S: Serializer,
{
    serializer.collect_seq(map)
}

/// Decides whether a history of objects of one kind keeps a consistency level: the
/// [`CHECK_LEVEL`](sim_core::SystemUnderTest::CHECK_LEVEL) of whatever replicates them.
pub fn check(level: Level, history: &History<ObjectOp, Reply>, budget: Budget) -> Option<Answer<Counterexample>> {
    Some(match kind_of(history) {
        Ok(None) => Answer::Satisfied,
        Ok(Some(kind)) => kind.judge(&history.map_ops(ObjectOp::op), &kind.default_initial(), level, budget),
        Err(why) => Answer::Unknown(why),
    })
}

/// The kind of all objects of a history; `None` if there are no operations.
///
/// # Errors
/// If there are objects of two kinds.
fn kind_of(history: &History<ObjectOp, Reply>) -> Result<Option<ModelKind>, Undecided> {
    let mut kinds = history.iter().map(|(_, operation)| operation.op.object);
    let Some(kind) = kinds.next() else { return Ok(None) };
    match kinds.find(|other| *other != kind) {
        Some(other) => {
            let what = format!("there are operations of a {kind} and of a {other}");
            Err(Undecided::Unclear { what })
        }
        None => Ok(Some(kind)),
    }
}

/// What the accounts of a bank begin with.
fn first_balances() -> Vec<i64> {
    Bank::new(&ModelKind::Bank.default_initial()).initial().to_vec()
}

#[cfg(test)]
mod tests {
    use sim_core::{SimRng, Workload as _};

    use super::*;

    /// What objects answer, asked one operation after the other, is what their models permit.
    #[test]
    fn objects_and_their_models_agree() {
        for &object in ModelKind::ALL {
            for seed in 0..20 {
                let workload = ObjectWorkload { object, keys: 2, ..ObjectWorkload::default() };
                let (mut objects, mut history) = (Objects::default(), History::new());
                let mut rng = SimRng::new(seed, 1);
                for index in 0..150 {
                    let op = workload.operation(index % 3, index / 3, &mut rng);
                    let reply = objects.apply(&op);
                    let id = history.invoke(index % 3, 0, op, u64::from(index));
                    history.ok(id, reply, u64::from(index));
                }
                let answer = |history| check(Level::Linearizable, history, Budget::default());
                assert_eq!(answer(&history), Some(Answer::Satisfied), "{history}");
                let plain = history.map_ops(ObjectOp::op);
                assert_eq!(object.check_fit(&plain), Ok(()), "{object} says what such an object says");
            }
        }
    }

    #[test]
    fn a_history_of_two_kinds_is_not_judged() {
        let mut history = History::new();
        let judged = |history: &_| check(Level::Linearizable, history, Budget::default());
        assert_eq!(judged(&history), Some(Answer::Satisfied));
        for object in [ModelKind::Queue, ModelKind::Stack] {
            history.invoke(0, 0, ObjectOp { object, key: Datum::Nil, action: Action::Read }, 0);
        }
        let what = "there are operations of a queue and of a stack".to_owned();
        assert_eq!(judged(&history), Some(Answer::Unknown(Undecided::Unclear { what })));
    }

    #[test]
    fn who_only_reads_changes_nothing() {
        let mut objects = Objects::default();
        for &object in ModelKind::ALL {
            if object.has(&Action::Read) {
                objects.apply(&ObjectOp { object, key: 1.into(), action: Action::Read });
            }
        }
        assert_eq!(objects, Objects::default());
    }

    #[test]
    #[should_panic(expected = "there is no such operation: lock: pop")]
    fn an_operation_of_another_object_is_a_mistake() {
        Objects::default().apply(&ObjectOp { object: ModelKind::Lock, key: Datum::Nil, action: Action::Pop });
    }
}
