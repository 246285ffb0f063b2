//! A log of writes that one node after the other decides on, each under a number of its own, its epoch.
//!
//! An epoch and an offset name an entry, and all those before it, if no two nodes add to a log under one epoch.

mod logs_match;

use serde::Serialize;
use sim_core::RequestId;

use crate::kv::KvOp;

pub use logs_match::LogsMatch;

/// A write, and the epoch in which it was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The epoch: the number of a view or of a configuration.
    pub epoch: u64,
    /// Who asked for it.
    pub request: RequestId,
    /// The write.
    pub op: KvOp,
}

/// How far a log has come. Of two logs, that with the greater position is more up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The epoch of the last entry; 0 if there is none.
    pub epoch: u64,
    /// How many entries there are.
    pub end: u64,
}

impl Position {
    /// Whether a log whose epochs end here has the last entry of this one.
    pub fn is_in(self, epochs: &[Self]) -> bool {
        epochs.iter().find(|of| of.end >= self.end).is_some_and(|of| of.epoch == self.epoch)
    }
}

/// The entries, of which the first has offset 1. Epochs never fall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(Vec<Entry>);

impl Log {
    /// How many entries there are, which is the offset of the last.
    pub const fn end(&self) -> u64 {
        self.0.len() as u64
    }

    /// How far it has come.
    pub fn position(&self) -> Position {
        Position { epoch: self.0.last().map_or(0, |entry| entry.epoch), end: self.end() }
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The entry with this offset.
    pub fn get(&self, offset: u64) -> Option<&Entry> {
        self.0.get(usize::try_from(offset.checked_sub(1)?).ok()?)
    }

    /// The entries after this offset.
    pub fn after(&self, offset: u64) -> &[Entry] {
        &self.0[(offset as usize).min(self.0.len())..]
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// Keeps so many entries.
    pub fn truncate(&mut self, end: u64) {
        self.0.truncate(end as usize);
    }

    /// The last epoch up to this one of which there are entries, and where it ends (KIP-101, KIP-279).
    pub fn end_of_epoch(&self, epoch: u64) -> Position {
        let end = self.0.partition_point(|entry| entry.epoch <= epoch);
        Position { epoch: self.0[..end].last().map_or(0, |entry| entry.epoch), end: end as u64 }
    }

    /// The position of the log up to this offset.
    pub fn position_at(&self, offset: u64) -> Position {
        Position { epoch: self.get(offset).map_or(0, |entry| entry.epoch), end: offset }
    }

    /// Where each epoch of which there are entries ends.
    pub fn epochs(&self) -> Vec<Position> {
        let offsets = 1..=self.end();
        let ends = offsets.filter(|offset| self.position_at(*offset).epoch != self.position_at(*offset + 1).epoch);
        ends.map(|offset| self.position_at(offset)).collect()
    }

    /// How many entries it has in common with a log whose epochs end here.
    pub fn in_common_with(&self, epochs: &[Position]) -> u64 {
        let ends = self.epochs();
        let of_both =
            |theirs: &Position| ends.iter().find(|own| own.epoch == theirs.epoch).map(|own| own.end.min(theirs.end));
        epochs.iter().filter_map(of_both).max().unwrap_or(0)
    }

    /// The offset of the entry for this request.
    pub fn find(&self, request: RequestId) -> Option<u64> {
        self.0.iter().rposition(|entry| entry.request == request).map(|place| place as u64 + 1)
    }
}

/// Follows the records of a log on a disk that may reorder its writes: it can have lost an entry, or that entries were
/// removed, and have kept what follows.
#[derive(Debug, Default)]
pub struct Continuity {
    end: u64,
}

impl Continuity {
    /// Whether an entry with this offset may come next.
    pub fn adds(&mut self, offset: u64) -> bool {
        std::mem::replace(&mut self.end, offset) + 1 == offset
    }

    /// Whether the log may be cut to so many entries next.
    pub fn cuts(&mut self, to: u64) -> bool {
        std::mem::replace(&mut self.end, to) >= to
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;

    fn log(epochs: &[u64]) -> Log {
        let request = |sequence| RequestId { client: NodeId::client(0), session: 0, sequence };
        let entry = |(place, epoch): (usize, &u64)| Entry {
            epoch: *epoch,
            request: request(place as u32),
            op: KvOp::Delete { key: 0 },
        };
        Log(epochs.iter().enumerate().map(entry).collect())
    }

    #[test]
    fn epochs_end_where_the_next_one_begins() {
        let log = log(&[1, 1, 4, 4, 4, 6]);
        let end = |epoch| log.end_of_epoch(epoch);
        assert_eq!(end(1), Position { epoch: 1, end: 2 });
        assert_eq!(end(3), Position { epoch: 1, end: 2 }, "of the last one before");
        assert_eq!(end(4), Position { epoch: 4, end: 5 });
        assert_eq!(end(9), log.position());
        assert_eq!(end(0), Position::default());
        assert_eq!(log.epochs(), [end(1), end(4), end(6)]);
    }

    #[test]
    fn logs_part_where_they_last_have_an_epoch_in_common() {
        let one = log(&[1, 1, 4, 4, 4, 6]);
        let common = |other: &Log| one.in_common_with(&other.epochs());
        assert_eq!(common(&one), 6);
        assert_eq!(common(&log(&[])), 0);
        assert_eq!(common(&log(&[1, 1, 1])), 2);
        assert_eq!(common(&log(&[1, 1, 4, 4, 5, 5])), 4, "nobody else has the epoch 5");
        assert_eq!(common(&log(&[1, 1, 4, 4, 4, 6, 6])), 6);
    }

    #[test]
    fn the_later_epoch_is_more_up_to_date_than_the_longer_log() {
        assert!(log(&[1, 2]).position() > log(&[1, 1, 1]).position());
        assert!(log(&[1, 1, 1]).position() > log(&[1, 1]).position());
    }
}
