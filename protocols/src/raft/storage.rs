//! What a node writes to its disk, and how it finds itself again after a crash.
//!
//! The disk holds a log of records. A write adds one; only a snapshot replaces all of them by
//! what is still needed. Recovery reads them from the front, so the last word on anything wins.

use serde::Serialize;
use sim_core::{NodeId, Stored};

use super::log::{Entry, Log, LogPosition};
use super::machine::{Machine, Snapshot};

/// One durable record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// The term or the vote has changed.
    HardState(HardState),
    /// An entry was appended.
    Entry {
        /// At this index, the one behind the last.
        index: u64,
        /// The entry.
        entry: Entry,
    },
    /// The entry at `from` and all behind it were cut off.
    TruncateSuffix {
        /// The first index that is gone.
        from: u64,
    },
    /// The state up to an entry; stands at the beginning.
    Snapshot(Box<Snapshot>),
}

/// What must survive a crash besides the log (Figure 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HardState {
    /// The latest term that the node has seen.
    pub term: u64,
    /// To whom it has given its vote in that term.
    pub voted_for: Option<NodeId>,
}

/// What a node finds on its disk.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// Term and vote.
    pub hard_state: HardState,
    /// The entries behind the snapshot.
    pub log: Log,
    /// The state of the snapshot.
    pub machine: Machine,
    /// How many records are good, if there is a torn one behind them that must be cut off.
    pub torn_after: Option<u64>,
}

/// The disk holds what no crash can have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenDisk;

/// Reads what survived.
///
/// A power loss can tear the record that was being written, which is then the last one. No sync
/// covered it, so nobody was told of it, and it may be cut off. A corrupt record anywhere else
/// was durable once: what it said may have been promised to others, so the node must not go on.
///
/// # Errors
/// If a record before the last is corrupt, or the records do not fit together.
pub fn recover(records: &[Stored<Record>]) -> Result<Recovered, BrokenDisk> {
    let torn = matches!(records.last(), Some(Stored::Corrupt));
    let good = records.len() - usize::from(torn);
    let mut found = Recovered::nothing();
    for record in &records[..good] {
        found.replay(record.readable().ok_or(BrokenDisk)?)?;
    }
    found.torn_after = torn.then_some(good as u64);
    Ok(found)
}

impl Recovered {
    fn nothing() -> Self {
        Self {
            hard_state: HardState::default(),
            log: Log::new(LogPosition::default()),
            machine: Machine::default(),
            torn_after: None,
        }
    }

    fn replay(&mut self, record: &Record) -> Result<(), BrokenDisk> {
        match record {
            Record::HardState(hard_state) => self.hard_state = *hard_state,
            Record::Entry { index, entry } => {
                if self.log.append(*entry) != *index {
                    return Err(BrokenDisk);
                }
            }
            Record::TruncateSuffix { from } => self.log.truncate_from(*from),
            Record::Snapshot(snapshot) => {
                self.log.install(snapshot.last);
                self.machine = snapshot.machine.clone();
            }
        }
        Ok(())
    }
}

/// All that a node needs on its disk: what replaces older records when there is a new snapshot.
pub(crate) fn compacted(hard_state: HardState, snapshot: Snapshot, log: &Log) -> Vec<Record> {
    let first = log.base().index + 1;
    let head = [Record::HardState(hard_state), Record::Snapshot(Box::new(snapshot))];
    let entries = (first..).zip(log.entries()).map(|(index, entry)| Record::Entry { index, entry: *entry });
    head.into_iter().chain(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::super::log::Command;
    use super::*;

    const fn entry(term: u64) -> Entry {
        Entry { term, command: Command::NoOp }
    }

    fn written(index: u64, term: u64) -> Stored<Record> {
        Stored::Readable(Record::Entry { index, entry: entry(term) })
    }

    fn cut(from: u64) -> Stored<Record> {
        Stored::Readable(Record::TruncateSuffix { from })
    }

    fn voted(term: u64) -> Stored<Record> {
        Stored::Readable(Record::HardState(HardState { term, voted_for: Some(NodeId::node(1)) }))
    }

    fn snapshot(index: u64, term: u64) -> Snapshot {
        Snapshot { last: LogPosition { index, term }, machine: Machine::default() }
    }

    /// `expected`: the term, the index of the snapshot, the terms of the entries behind it.
    fn check(records: &[Stored<Record>], expected: (u64, u64, &[u64]), torn_after: Option<u64>) {
        let found = recover(records).expect("the disk is good");
        let terms: Vec<u64> = found.log.entries().iter().map(|entry| entry.term).collect();
        assert_eq!((found.hard_state.term, found.log.base().index, terms.as_slice()), expected);
        assert_eq!(found.torn_after, torn_after);
    }

    #[test]
    fn the_last_word_wins() {
        check(&[], (0, 0, &[]), None);
        check(&[voted(1), written(1, 1), written(2, 1), voted(3)], (3, 0, &[1, 1]), None);
        check(&[written(1, 1), written(2, 1), cut(2), written(2, 4)], (0, 0, &[1, 4]), None);
        let base = Stored::Readable(Record::Snapshot(Box::new(snapshot(7, 2))));
        check(&[voted(2), base, written(8, 2)], (2, 7, &[2]), None);
    }

    #[test]
    fn a_torn_tail_is_cut_off() {
        check(&[voted(2), written(1, 1), Stored::Corrupt], (2, 0, &[1]), Some(2));
        check(&[Stored::Corrupt], (0, 0, &[]), Some(0));
    }

    #[test]
    fn a_disk_that_no_crash_leaves_is_broken() {
        let broken = |records: &[Stored<Record>]| assert_eq!(recover(records).unwrap_err(), BrokenDisk);
        broken(&[written(1, 1), Stored::Corrupt, written(2, 1)]);
        broken(&[Stored::Corrupt, Stored::Corrupt]);
        broken(&[written(1, 1), written(3, 1)]);
    }

    #[test]
    fn what_a_snapshot_leaves_recovers_to_the_same() {
        let mut log = Log::new(LogPosition { index: 5, term: 2 });
        for term in [2, 3] {
            log.append(entry(term));
        }
        let hard_state = HardState { term: 4, voted_for: None };
        let records = compacted(hard_state, snapshot(5, 2), &log);
        let stored: Vec<_> = records.into_iter().map(Stored::Readable).collect();
        check(&stored, (4, 5, &[2, 3]), None);
    }
}
