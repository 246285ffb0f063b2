//! The log that is shipped.

use parts::kv::KvOp;
use serde::Serialize;
use sim_core::RequestId;

/// A write, and the number of the view in which a primary added it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The number of the view.
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
    pub(super) fn after(&self, offset: u64) -> &[Entry] {
        &self.0[(offset as usize).min(self.0.len())..]
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// Keeps so many entries.
    pub(super) fn truncate(&mut self, end: u64) {
        self.0.truncate(end as usize);
    }

    /// The last epoch up to this one of which there are entries, and where it ends (KIP-101, KIP-279).
    pub(super) fn end_of_epoch(&self, epoch: u64) -> Position {
        let end = self.0.partition_point(|entry| entry.epoch <= epoch);
        Position { epoch: self.0[..end].last().map_or(0, |entry| entry.epoch), end: end as u64 }
    }

    /// The position of the log up to this offset.
    pub(super) fn position_at(&self, offset: u64) -> Position {
        Position { epoch: self.get(offset).map_or(0, |entry| entry.epoch), end: offset }
    }

    /// Where each epoch of which there are entries ends.
    pub(super) fn epochs(&self) -> Vec<Position> {
        let offsets = 1..=self.end();
        let ends = offsets.filter(|offset| self.position_at(*offset).epoch != self.position_at(*offset + 1).epoch);
        ends.map(|offset| self.position_at(offset)).collect()
    }

    /// The offset of the entry for this request.
    pub(super) fn find(&self, request: RequestId) -> Option<u64> {
        self.0.iter().rposition(|entry| entry.request == request).map(|place| place as u64 + 1)
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
    fn the_later_epoch_is_more_up_to_date_than_the_longer_log() {
        assert!(log(&[1, 2]).position() > log(&[1, 1, 1]).position());
        assert!(log(&[1, 1, 1]).position() > log(&[1, 1]).position());
    }
}
