//! What a node writes to its disk, and how it finds itself again after a crash.
//!
//! The disk holds a log of records. A write adds one; only a snapshot replaces all of them by
//! what is still needed. Recovery reads them from the front, so the last word on anything wins.

use serde::Serialize;
use sim_core::{NodeId, Stored};

use super::configuration::Configuration;
use super::log::{Entry, Log, LogPosition};
use super::snapshot::Snapshot;
use parts::journal::{BrokenDisk, good_records_while};
use parts::kv::Machine;

/// One durable record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// The term or the vote has changed.
    HardState(HardState),
    /// An entry was appended; it replaces all that was at its index and behind it.
    Entry {
        /// At this index.
        index: u64,
        /// Behind an entry of this term: where that is not so, a disk that reorders its writes has
        /// lost what was written in between.
        previous_term: u64,
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

impl Record {
    /// The entry at `index` of `log`.
    pub(super) fn of_entry(index: u64, entry: &Entry, log: &Log) -> Self {
        let previous_term = log.term_at(index - 1).unwrap_or_default();
        Self::Entry { index, previous_term, entry: entry.clone() }
    }
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
}

/// Reads what survived of a node of a cluster that began with `initial` members.
///
/// # Errors
/// If a record before the last is corrupt.
pub fn recover(initial: &Configuration, records: &[Stored<Record>]) -> Result<Recovered, BrokenDisk> {
    let mut found = Recovered::nothing(initial.clone());
    good_records_while(records, |record| found.replay(record))?;
    Ok(found)
}

impl Recovered {
    /// What a node finds on an empty disk whose cluster begins with `initial` members.
    pub(super) fn nothing(initial: Configuration) -> Self {
        Self {
            hard_state: HardState::default(),
            log: Log::new(LogPosition::default(), initial),
            machine: Machine::default(),
        }
    }

    /// Whether the record fits to those before it; then it is taken into account.
    pub(super) fn replay(&mut self, record: &Record) -> bool {
        match record {
            Record::HardState(hard_state) => self.hard_state = *hard_state,
            Record::Entry { index, previous_term, entry } => {
                if *index <= self.log.base().index || self.log.term_at(index - 1) != Some(*previous_term) {
                    return false;
                }
                self.log.truncate_from(*index);
                self.log.append(entry.clone());
            }
            Record::TruncateSuffix { from } => self.log.truncate_from(*from),
            Record::Snapshot(snapshot) => {
                self.log.install(snapshot.last, snapshot.configuration.clone());
                self.machine = snapshot.machine.clone();
            }
        }
        true
    }
}

/// All that a node needs on its disk: what replaces older records when there is a new snapshot.
pub(crate) fn compacted(hard_state: HardState, snapshot: Snapshot, log: &Log) -> Vec<Record> {
    let first = log.base().index + 1;
    let head = [Record::HardState(hard_state), Record::Snapshot(Box::new(snapshot))];
    let entries = (first..).zip(log.entries()).map(|(index, entry)| Record::of_entry(index, entry, log));
    head.into_iter().chain(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::super::log::Command;
    use super::*;

    const fn entry(term: u64) -> Entry {
        Entry { term, command: Command::NoOp }
    }

    /// The entry of a term at an index, behind one of another term.
    fn behind(previous_term: u64, index: u64, term: u64) -> Stored<Record> {
        Stored::Readable(Record::Entry { index, previous_term, entry: entry(term) })
    }

    fn written(index: u64, term: u64) -> Stored<Record> {
        behind(if index == 1 { 0 } else { term }, index, term)
    }

    fn cut(from: u64) -> Stored<Record> {
        Stored::Readable(Record::TruncateSuffix { from })
    }

    fn voted(term: u64) -> Stored<Record> {
        Stored::Readable(Record::HardState(HardState { term, voted_for: Some(NodeId::node(1)) }))
    }

    fn members(count: u32) -> Configuration {
        Configuration::of((0..count).map(NodeId::node))
    }

    fn snapshot(index: u64, term: u64) -> Snapshot {
        Snapshot { last: LogPosition { index, term }, configuration: members(3), machine: Machine::default() }
    }

    /// `expected`: the term, the index of the snapshot, the terms of the entries behind it.
    fn check(records: &[Stored<Record>], expected: (u64, u64, &[u64])) {
        let found = recover(&members(3), records).expect("the disk is good");
        let terms: Vec<u64> = found.log.entries().iter().map(|entry| entry.term).collect();
        assert_eq!((found.hard_state.term, found.log.base().index, terms.as_slice()), expected);
    }

    #[test]
    fn the_last_word_wins() {
        check(&[], (0, 0, &[]));
        check(&[voted(1), written(1, 1), written(2, 1), voted(3)], (3, 0, &[1, 1]));
        check(&[written(1, 1), written(2, 1), cut(2), behind(1, 2, 4)], (0, 0, &[1, 4]));
        let base = Stored::Readable(Record::Snapshot(Box::new(snapshot(7, 2))));
        check(&[voted(2), base, written(8, 2)], (2, 7, &[2]));
    }

    #[test]
    fn what_a_reordering_disk_has_kept_behind_what_it_lost_is_cut_off() {
        check(&[written(1, 1), written(3, 1), voted(7)], (0, 0, &[1]));
        check(&[written(1, 1), written(2, 1), behind(4, 3, 4)], (0, 0, &[1, 1]));
        // What cut the log off is lost, and what was written instead of it is there.
        check(&[written(1, 1), written(2, 1), behind(1, 2, 4)], (0, 0, &[1, 4]));
    }

    #[test]
    fn what_a_snapshot_leaves_recovers_to_the_same() {
        let mut log = Log::new(LogPosition { index: 5, term: 2 }, members(3));
        for term in [2, 3] {
            log.append(entry(term));
        }
        let hard_state = HardState { term: 4, voted_for: None };
        log.append(Entry { term: 3, command: Command::Configuration(Box::new(members(4))) });
        let records = compacted(hard_state, snapshot(5, 2), &log);
        let stored: Vec<_> = records.into_iter().map(Stored::Readable).collect();
        check(&stored, (4, 5, &[2, 3, 3]));
        let recovered = recover(&members(1), &stored).expect("the disk is good").log;
        assert_eq!((recovered.configuration(), recovered.configuration_at(7)), (&members(4), &members(3)));
    }
}
