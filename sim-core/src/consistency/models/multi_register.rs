//! Several registers, of which a transaction reads and writes any number at once.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::super::SequentialModel;
use super::{Action, Datum, Op, Reply};

/// A step of a transaction over several registers.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegisterStep {
    /// The register.
    pub register: Datum,
    /// What is written to it; `None` if it is read.
    pub write: Option<Datum>,
}

/// One set of registers a key. A transaction is one operation: it takes effect as a whole, and a read
/// in it sees the writes before it. So a linearizable history is a strict serializable one, and a
/// sequential history a strong session serializable one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiRegister {
    initial: Datum,
}

impl MultiRegister {
    /// Registers that each hold this at the start.
    #[must_use]
    pub const fn new(initial: Datum) -> Self {
        Self { initial }
    }
}

impl SequentialModel for MultiRegister {
    type Op = Op;
    type Reply = Reply;
    /// What the registers hold that were written.
    type State = Rc<BTreeMap<Datum, Datum>>;
    type Key = Datum;

    fn initial(&self) -> Self::State {
        Rc::default()
    }

    fn apply(&self, state: &Self::State, op: &Op, reply: Option<&Reply>) -> Option<Self::State> {
        let Action::Transact(steps) = &op.action else { return None };
        let told = match reply {
            None => None,
            Some(Reply::Value(Datum::List(told))) if told.len() == steps.len() => Some(&**told),
            Some(_) => return None,
        };
        let mut next = Rc::clone(state);
        for (place, step) in steps.iter().enumerate() {
            if let Some(value) = &step.write {
                Rc::make_mut(&mut next).insert(step.register.clone(), value.clone());
            }
            let holds = next.get(&step.register).unwrap_or(&self.initial);
            if told.is_some_and(|told| told[place] != *holds) {
                return None;
            }
        }
        Some(next)
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, op: &Op, _: Option<&Reply>) -> bool {
        matches!(&op.action, Action::Transact(steps) if steps.iter().all(|step| step.write.is_none()))
    }

    fn heap_bytes(&self, state: &Self::State) -> u64 {
        (size_of::<(Datum, Datum)>() * state.len()) as u64
    }
}

/// As in `r "x"` and `w "x" 5`.
impl fmt::Debug for RegisterStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.write {
            Some(value) => write!(f, "w {:?} {value:?}", self.register),
            None => write!(f, "r {:?}", self.register),
        }
    }
}
