//! The disk of a process: an ordered log of records, of which the tail may not have reached the
//! platter yet.
//!
//! Every write (append, truncate, replace) is atomic and volatile until a sync covers it. The disk
//! keeps the records as the node sees them, and for each write that is not synced how to undo it.

use crate::time::Duration;

/// One record as recovery finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored<R> {
    /// It reads back as it was written.
    Readable(R),
    /// Its checksum does not match: it was torn by a power loss or has rotted.
    Corrupt,
}

impl<R> Stored<R> {
    /// The record, if it is readable.
    pub const fn readable(&self) -> Option<&R> {
        match self {
            Self::Readable(record) => Some(record),
            Self::Corrupt => None,
        }
    }
}

/// One write.
#[derive(Clone, Debug)]
pub(crate) enum Write<R> {
    Append(R),
    /// Keeps this many records from the front.
    Truncate(u64),
    Replace(Vec<R>),
}

/// The records of one process.
#[derive(Debug)]
pub(crate) struct Disk<R> {
    records: Vec<Stored<R>>,
    /// How to undo the writes that no sync covers, oldest first.
    unsynced: Vec<Undo<R>>,
    /// Writes since the beginning; the number of a write is what this was before it.
    writes: u64,
}

#[derive(Debug)]
enum Undo<R> {
    Append,
    Truncate(Vec<Stored<R>>),
    Replace(Vec<Stored<R>>),
}

impl<R> Disk<R> {
    pub(crate) const fn new() -> Self {
        Self { records: Vec::new(), unsynced: Vec::new(), writes: 0 }
    }

    /// The records, synced or not.
    pub(crate) fn records(&self) -> &[Stored<R>] {
        &self.records
    }

    /// How many writes no sync covers.
    pub(crate) const fn unsynced(&self) -> u64 {
        self.unsynced.len() as u64
    }

    /// How many writes there have been: a sync that begins now covers them all.
    pub(crate) const fn writes(&self) -> u64 {
        self.writes
    }

    pub(crate) fn write(&mut self, write: Write<R>) {
        let undo = match write {
            Write::Append(record) => {
                self.records.push(Stored::Readable(record));
                Undo::Append
            }
            Write::Truncate(keep) => {
                let keep = usize::try_from(keep).unwrap_or(usize::MAX).min(self.records.len());
                Undo::Truncate(self.records.split_off(keep))
            }
            Write::Replace(records) => {
                let new = records.into_iter().map(Stored::Readable).collect();
                Undo::Replace(std::mem::replace(&mut self.records, new))
            }
        };
        self.unsynced.push(undo);
        self.writes += 1;
    }

    /// A sync that began after `writes` writes has completed.
    pub(crate) fn synced(&mut self, writes: u64) {
        let first = self.writes - self.unsynced.len() as u64;
        let covered = writes.saturating_sub(first) as usize;
        self.unsynced.drain(..covered);
    }

    /// The power fails: the last `lost` of the unsynced writes never reached the platter, the
    /// others did. If the first lost one appended a record and was `torn`, it left a corrupt one.
    pub(crate) fn lose_tail(&mut self, lost: u64, torn: bool) {
        let keep = self.unsynced.len() - lost as usize;
        let mut first_lost_appended = false;
        for undo in self.unsynced.drain(keep..).rev() {
            first_lost_appended = matches!(undo, Undo::Append);
            match undo {
                Undo::Append => {
                    self.records.pop();
                }
                Undo::Truncate(cut_off) => self.records.extend(cut_off),
                Undo::Replace(old) => self.records = old,
            }
        }
        self.unsynced.clear();
        if torn && first_lost_appended {
            self.records.push(Stored::Corrupt);
        }
    }
}

/// How the disks of a run behave when nothing is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskProfile {
    /// How long a sync takes at least and at most. With zero, a sync completes at once.
    pub sync: (Duration, Duration),
    /// Whether a power loss may tear the first write that it loses.
    pub torn_writes: bool,
}

/// A sync takes 0.1 ms to 1 ms, and a power loss may tear a record.
impl Default for DiskProfile {
    fn default() -> Self {
        Self { sync: (Duration::from_micros(100), Duration::from_millis(1)), torn_writes: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(synced: &[u32]) -> Disk<u32> {
        let mut disk = Disk::new();
        synced.iter().for_each(|record| disk.write(Write::Append(*record)));
        disk.synced(disk.writes());
        disk
    }

    fn check(disk: &Disk<u32>, expected: &[u32]) {
        let found: Vec<u32> = disk.records().iter().map(|r| *r.readable().unwrap_or(&0)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_power_loss_keeps_a_prefix_of_the_unsynced_writes() {
        let writes = || [Write::Append(3), Write::Truncate(1), Write::Append(4), Write::Replace(vec![9, 8])];
        let expected: [&[u32]; 5] = [&[1, 2], &[1, 2, 3], &[1], &[1, 4], &[9, 8]];
        for (kept, expected) in expected.into_iter().enumerate() {
            let mut disk = disk(&[1, 2]);
            writes().into_iter().for_each(|write| disk.write(write));
            disk.lose_tail(4 - kept as u64, false);
            check(&disk, expected);
            assert_eq!(disk.unsynced(), 0, "what survived is on the platter");
        }
    }

    #[test]
    fn only_a_torn_append_leaves_a_corrupt_record() {
        let mut torn = disk(&[1]);
        torn.write(Write::Append(2));
        torn.write(Write::Append(3));
        torn.lose_tail(2, true);
        check(&torn, &[1, 0]);
        let mut replaced = disk(&[1]);
        replaced.write(Write::Replace(vec![5]));
        replaced.lose_tail(1, true);
        check(&replaced, &[1]);
    }

    #[test]
    fn a_sync_covers_what_was_written_before_it_began() {
        let mut disk = disk(&[1]);
        disk.write(Write::Append(2));
        let began = disk.writes();
        disk.write(Write::Append(3));
        disk.synced(began);
        disk.lose_tail(disk.unsynced(), false);
        check(&disk, &[1, 2]);
    }
}
