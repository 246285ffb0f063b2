//! What is replicated: a map whose updates are stamped with a time and given a ticket by lot.

use parts::kv::{KvOp, KvReply, KvState};
use parts::machine::{Sessions, StateMachine};
use serde::Serialize;
use sim_core::{RequestId, TraceHasher};

/// What is not deterministic of an operation. Given this, all is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Decision {
    /// What a clock showed.
    pub stamp: u64,
    /// What was drawn: which of the free tickets.
    pub draw: u32,
}

/// An operation that is to be executed, with what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Who asked for it.
    pub request: RequestId,
    /// The operation.
    pub op: KvOp,
    /// What is decided.
    pub decision: Decision,
}

/// What an update is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// When it was, later than any before.
    pub stamp: u64,
    /// A number that no other update has.
    pub ticket: u32,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// What the map answers.
    pub reply: KvReply,
    /// For an update.
    pub receipt: Option<Receipt>,
}

/// How many tickets are in the drum. When the last is drawn, the next ones come in.
const DRUM: u32 = 32;

/// The state of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Service {
    map: KvState,
    /// The stamp of the last update.
    stamp: u64,
    /// How many tickets have been in the drum.
    tickets: u32,
    /// Those that are.
    free: Vec<u32>,
}

/// How an operation is executed: all of it right, unless there is a flaw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// A clock that is behind the last stamp does not count.
    pub(super) raises_stamps: bool,
    /// By how many places the tickets in the drum are turned as this replica sees them.
    pub(super) turn: u32,
}

impl Service {
    /// Executes an operation.
    pub(super) fn apply(&mut self, op: &KvOp, decision: Decision, way: Way) -> Output {
        let reply = self.map.apply(op);
        if op.is_read() {
            return Output { reply, receipt: None };
        }
        let least = if way.raises_stamps { self.stamp + 1 } else { 0 };
        self.stamp = decision.stamp.max(least);
        if self.free.is_empty() {
            self.free = (self.tickets..self.tickets + DRUM).collect();
            self.tickets += DRUM;
        }
        let place = (u64::from(decision.draw) + u64::from(way.turn)) % self.free.len() as u64;
        let ticket = self.free.remove(place as usize);
        Output { reply, receipt: Some(Receipt { stamp: self.stamp, ticket }) }
    }

    /// A flaw: this was put over a state, and not in its place. Keys that are absent here have the values from there.
    pub(super) fn put_over(&mut self, before: &Self) {
        for (key, value) in before.map.values() {
            if self.map.get(key).is_empty() {
                self.map.set(key, value.to_vec());
            }
        }
    }

    /// A bit has flipped: the value of this key is lost, or there is one that nobody has written.
    pub(super) fn spoil(&mut self, key: u32) {
        let value = if self.map.get(key).is_empty() { vec![NOBODYS] } else { Vec::new() };
        self.map.set(key, value);
    }
}

/// A write that nobody has asked for.
pub(super) const NOBODYS: parts::kv::WriteId = parts::kv::WriteId { client: u32::MAX, index: u32::MAX };

/// All that a replica has executed, and what came of it: what a copy is a copy of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Image {
    /// How many commands.
    pub executed: u64,
    /// The state that they have led to.
    pub service: Service,
    /// What clients were told last.
    pub sessions: Sessions<Output>,
}

impl Image {
    /// What it comes to.
    pub fn digest(&self) -> u64 {
        let mut hasher = TraceHasher::new();
        hasher.value(self);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use parts::kv::WriteId;

    use super::*;

    const WAY: Way = Way { raises_stamps: true, turn: 0 };

    #[test]
    fn stamps_rise_and_no_ticket_is_drawn_twice() {
        let mut service = Service::default();
        let mut tickets = BTreeSet::new();
        let mut last = 0;
        for (index, stamp) in [5, 9, 3, 9, 100].into_iter().cycle().take(100).enumerate() {
            let op = KvOp::Append { key: 0, write: WriteId { client: 0, index: index as u32 } };
            let output = service.apply(&op, Decision { stamp, draw: 7 * index as u32 }, WAY);
            let receipt = output.receipt.expect("an update has a receipt");
            assert!(receipt.stamp > last && receipt.stamp >= stamp && tickets.insert(receipt.ticket), "{receipt:?}");
            last = receipt.stamp;
        }
        assert_eq!(service.apply(&KvOp::Get { key: 1 }, Decision { stamp: 0, draw: 0 }, WAY).receipt, None);
    }

    #[test]
    fn what_is_spoilt_shows() {
        let (good, mut spoilt) = (Service::default(), Service::default());
        spoilt.spoil(3);
        assert_ne!(good, spoilt);
        spoilt.spoil(3);
        assert_eq!(good, spoilt);
    }
}
