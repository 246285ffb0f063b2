//! A register in which the last writer wins.

use parts::kv::WriteId;
use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Stamp, Value};
use crate::flaws::CrdtFlaw;

/// The write with the highest stamp.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LwwRegister {
    last: Option<(Stamp, WriteId)>,
}

impl LwwRegister {
    fn take(&mut self, stamp: Stamp, write: WriteId, flaws: Flaws<CrdtFlaw>) {
        let is_newer = self.last.is_none_or(|(last, _)| {
            if flaws.has(CrdtFlaw::TiesByArrival) { stamp.time >= last.time } else { stamp > last }
        });
        if is_newer {
            self.last = Some((stamp, write));
        }
    }
}

impl Crdt for LwwRegister {
    /// The new value.
    type Update = WriteId;
    /// The same, and its stamp.
    type Effect = (Stamp, WriteId);

    fn delta(&self, write: &WriteId, at: At) -> Self {
        Self { last: Some((at.stamp, *write)) }
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        other.last.iter().for_each(|(stamp, write)| self.take(*stamp, *write, flaws));
    }

    fn beyond(&self, known: &Self) -> Self {
        Self { last: self.last.filter(|_| self.last > known.last) }
    }

    fn prepare(&self, write: &WriteId, at: At) -> (Stamp, WriteId) {
        (at.stamp, *write)
    }

    fn effect(&mut self, (stamp, write): &(Stamp, WriteId), flaws: Flaws<CrdtFlaw>) {
        self.take(*stamp, *write, flaws);
    }

    fn value(&self) -> Value {
        Value::Written(self.last.iter().map(|(_, write)| *write).collect())
    }
}
