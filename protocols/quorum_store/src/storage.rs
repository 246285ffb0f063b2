//! What a node writes to its disk, and what it knows again after a crash.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;
use parts::journal::good_records;
use parts::placement::Ring;
use serde::Serialize;
use sim_core::{Flaws, NodeId, RequestId, Stored};

use super::flaws::QuorumFlaw;
use super::rings::Change;
use super::version::{Cell, Version};

/// A record on a node's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It has booted for this time.
    Boot(u64),
    /// As a replica it has this version.
    Version {
        /// Of which key.
        key: u32,
        /// The version.
        version: Version,
    },
    /// As a coordinator it has made this version of the write that a request asks for.
    Made {
        /// The request.
        request: RequestId,
        /// To which key.
        key: u32,
        /// The version.
        version: Version,
    },
    /// It keeps this version for a replica that did not answer.
    Hint {
        /// The replica.
        replica: NodeId,
        /// Of which key.
        key: u32,
        /// The version.
        version: Version,
    },
    /// The replica has these.
    HandedOff {
        /// The replica.
        replica: NodeId,
        /// Of which key.
        key: u32,
        /// The versions.
        dots: Vec<Dot>,
    },
    /// It has forgotten that a key was deleted.
    Collected {
        /// The key.
        key: u32,
    },
    /// It is no replica of a key any more.
    Given {
        /// The key.
        key: u32,
        /// The version of the ring by which it is none, where rings are agreed; else 0.
        ring: u64,
        /// What it had, for those that are to have it.
        versions: Vec<Version>,
    },
    /// Its ring is this.
    Ring(Ring),
    /// The ring has changed.
    Change {
        /// To this version.
        version: u64,
        /// By this.
        change: Change,
    },
    /// A replica of the ring before has told all that it had of the keys that a ring gave this node.
    Told {
        /// Which ring.
        version: u64,
        /// Who has told it.
        from: NodeId,
    },
    /// A record of a ring master.
    Raft(raft::Record),
}

/// What a node must not forget.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// How often it has booted.
    pub(super) boots: u64,
    /// As a replica, by key.
    pub(super) cells: BTreeMap<u32, Cell>,
    /// What it keeps for others, by replica and key.
    pub(super) hints: BTreeMap<(NodeId, u32), Cell>,
    /// The latest write of each client of which it has made a version, and the request for it.
    pub(super) made: BTreeMap<NodeId, (RequestId, u32, Version)>,
    /// What it had of keys that it was a replica of, for replicas that ask for it: by key, and by the version of the
    /// ring by which it is none any more.
    pub(super) given: BTreeMap<(u32, u64), Cell>,
    /// The ring, if rings are gossiped and it has changed.
    pub(super) ring: Option<Ring>,
    /// All changes of the ring, if rings are agreed.
    pub(super) changes: Vec<Change>,
    /// Which replicas have told all that they had, of the keys that which ring gave this node.
    pub(super) told: BTreeSet<(u64, NodeId)>,
}

impl Memory {
    /// Knows what a record says.
    pub(super) fn recall(&mut self, record: &Record, flaws: Flaws<QuorumFlaw>) {
        match record {
            Record::Boot(boots) => self.boots = *boots,
            Record::Version { key, version } => _ = self.cells.entry(*key).or_default().take(version, flaws),
            Record::Made { request, key, version } => {
                self.made.insert(request.client, (*request, *key, version.clone()));
            }
            Record::Hint { replica, key, version } => {
                self.hints.entry((*replica, *key)).or_default().take(version, flaws);
            }
            Record::HandedOff { replica, key, dots } => self.drop_hints(*replica, *key, dots),
            Record::Collected { key } => _ = self.cells.remove(key),
            Record::Given { key, ring, versions } => self.give(*key, *ring, versions),
            Record::Ring(ring) => self.ring = Some(ring.clone()),
            // A power loss may have left a later change on the disk without an earlier one: then that is asked for again.
            Record::Change { version, change } if *version == self.changes.len() as u64 + 1 => {
                self.changes.push(*change);
            }
            Record::Change { .. } => {}
            Record::Told { version, from } => _ = self.told.insert((*version, *from)),
            Record::Raft(_) => {}
        }
    }

    /// Has nothing of a key as a replica any more, and keeps what it had for those that ask for it.
    pub(super) fn give(&mut self, key: u32, ring: u64, versions: &[Version]) {
        self.cells.remove(&key);
        let given = self.given.entry((key, ring)).or_default();
        for version in versions {
            given.take(version, Flaws::default());
        }
    }

    /// Forgets what was kept for a replica.
    pub(super) fn drop_hints(&mut self, replica: NodeId, key: u32, dots: &[Dot]) {
        if let Some(hints) = self.hints.get_mut(&(replica, key)) {
            hints.drop(dots);
            if hints.is_empty() {
                self.hints.remove(&(replica, key));
            }
        }
    }

    /// The records of all that it knows.
    pub(super) fn records(&self) -> Vec<Record> {
        let boot = [Record::Boot(self.boots)].into_iter();
        let versions = self.cells.iter().flat_map(|(key, cell)| {
            cell.versions().iter().map(|version| Record::Version { key: *key, version: version.clone() })
        });
        let made = self.made.values().map(|(request, key, version)| Record::Made {
            request: *request,
            key: *key,
            version: version.clone(),
        });
        let hints = self.hints.iter().flat_map(|((replica, key), cell)| {
            let hint = |version: &Version| Record::Hint { replica: *replica, key: *key, version: version.clone() };
            cell.versions().iter().map(hint)
        });
        let given = self.given.iter().map(|((key, ring), cell)| Record::Given {
            key: *key,
            ring: *ring,
            versions: cell.versions().to_vec(),
        });
        let ring = self.ring.iter().cloned().map(Record::Ring);
        let changes = (1..).zip(&self.changes).map(|(version, change)| Record::Change { version, change: *change });
        let told = self.told.iter().map(|(version, from)| Record::Told { version: *version, from: *from });
        // What was given comes before what it is a replica of again.
        let rings = ring.chain(changes).chain(told);
        boot.chain(given).chain(versions).chain(made).chain(hints).chain(rings).collect()
    }

    /// What is on a disk; nothing if that is broken.
    pub(super) fn on(records: &[Stored<Record>], flaws: Flaws<QuorumFlaw>) -> Self {
        let mut memory = Self::default();
        good_records(records).unwrap_or_default().into_iter().for_each(|record| memory.recall(record, flaws));
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_changes_of_the_ring_that_were_lost_in_part_only_the_first_ones_are_known() {
        let change = |number| Change::Leave(NodeId::node(number));
        let record = |version| Record::Change { version, change: change(version as u32) };
        let check = |found: &[u64], expected: u32| {
            let mut memory = Memory::default();
            found.iter().for_each(|version| memory.recall(&record(*version), Flaws::default()));
            assert_eq!(memory.changes, (1..=expected).map(change).collect::<Vec<_>>(), "{found:?}");
            assert_eq!(memory.records()[1..], (1..=expected.into()).map(record).collect::<Vec<_>>());
        };
        check(&[1, 2, 3], 3);
        check(&[1, 3], 1);
        check(&[2, 3], 0);
        check(&[3, 1, 2], 2);
    }
}
