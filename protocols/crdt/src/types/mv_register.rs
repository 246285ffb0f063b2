//! A register that keeps what was written concurrently.

use parts::clocks::Dot;
use parts::kv::WriteId;

use super::dots::{Causal, DotFun, DotSet, Mutate};
use super::{At, Value};
use crate::flaws::CrdtFlaw;

/// The writes that no other write had seen, by their dots: the *multi-value register*.
pub type MvRegister = Causal<DotFun<WriteId>>;

impl Mutate for DotFun<WriteId> {
    /// The new value.
    type Update = WriteId;

    fn change(&self, write: &WriteId, at: At) -> (Self, DotSet) {
        let own_only = at.flaws.has(CrdtFlaw::OverwritesOwnOnly);
        let is_overwritten = |dot: &Dot| !own_only || dot.origin == at.stamp.dot.origin;
        let overwritten = self.keys().copied().filter(is_overwritten).collect();
        ([(at.stamp.dot, *write)].into(), overwritten)
    }

    fn value(&self) -> Value {
        Value::Written(self.values().copied().collect())
    }
}
