//! The disk of a process: an ordered log of records, of which the tail may not have reached the
//! platter yet.
//!
//! Every write (append, truncate, replace) is atomic and volatile until a sync covers it. The disk
//! keeps the records as the node sees them, and for each write that is not synced how to undo it.

use std::collections::BTreeSet;

use crate::fault::FailedWrites;
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

impl<R> Write<R> {
    /// Whether it leaves more than these `room` records.
    pub(crate) fn makes_longer(&self, room: usize) -> bool {
        match self {
            Self::Append(_) => true,
            Self::Truncate(_) => false,
            Self::Replace(records) => records.len() > room,
        }
    }
}

/// The records of one process.
#[derive(Clone, Debug)]
pub(crate) struct Disk<R> {
    records: Vec<Stored<R>>,
    /// How to undo the writes that no sync covers, oldest first.
    unsynced: Vec<Undo<R>>,
    /// Writes since the beginning; the number of a write is what this was before it.
    writes: u64,
    /// The places of records that can be read and are not on the platter: a sync that was to cover them
    /// has failed, and no later one will. Of records that a truncation has cut off, too, as long as no
    /// other has taken their place.
    phantoms: BTreeSet<usize>,
    /// Syncs that began after fewer writes than this have nothing left to make durable: it is gone.
    voided: u64,
    /// Whether it has gone back to what was durable and its node does not know: until it is told, no sync
    /// succeeds.
    has_gone_back: bool,
}

#[derive(Clone, Debug)]
enum Undo<R> {
    Append {
        /// Whether it took the place of a phantom that was cut off.
        over_phantom: bool,
    },
    Truncate(Vec<Stored<R>>),
    Replace(Vec<Stored<R>>, BTreeSet<usize>),
}

/// A write that was taken back, to be done after all.
enum Redo<R> {
    Append(Stored<R>),
    Truncate(usize),
    Replace(Vec<Stored<R>>),
}

impl<R> Disk<R> {
    pub(crate) const fn new() -> Self {
        Self::holding(Vec::new())
    }

    /// A disk with these records, all of them durable.
    pub(crate) const fn holding(records: Vec<Stored<R>>) -> Self {
        Self { records, unsynced: Vec::new(), writes: 0, phantoms: BTreeSet::new(), voided: 0, has_gone_back: false }
    }

    /// The records, synced or not.
    pub(crate) fn records(&self) -> &[Stored<R>] {
        &self.records
    }

    /// How many writes no sync covers.
    pub(crate) const fn unsynced(&self) -> u64 {
        self.unsynced.len() as u64
    }

    /// Of each write that no sync covers, oldest first, whether it appends a record.
    pub(crate) fn unsynced_appends(&self) -> impl Iterator<Item = bool> {
        self.unsynced.iter().map(|undo| matches!(undo, Undo::Append { .. }))
    }

    /// How many writes there have been: a sync that begins now covers them all.
    pub(crate) const fn writes(&self) -> u64 {
        self.writes
    }

    pub(crate) fn write(&mut self, write: Write<R>) {
        let undo = match write {
            Write::Append(record) => self.append(Stored::Readable(record)),
            Write::Truncate(keep) => self.truncate(usize::try_from(keep).unwrap_or(usize::MAX)),
            Write::Replace(records) => self.replace(records.into_iter().map(Stored::Readable).collect()),
        };
        self.unsynced.push(undo);
        self.writes += 1;
    }

    fn append(&mut self, record: Stored<R>) -> Undo<R> {
        let over_phantom = self.phantoms.remove(&self.records.len());
        self.records.push(record);
        Undo::Append { over_phantom }
    }

    fn truncate(&mut self, keep: usize) -> Undo<R> {
        Undo::Truncate(self.records.split_off(keep.min(self.records.len())))
    }

    fn replace(&mut self, records: Vec<Stored<R>>) -> Undo<R> {
        Undo::Replace(std::mem::replace(&mut self.records, records), std::mem::take(&mut self.phantoms))
    }

    /// Takes back the last write that was not taken back yet.
    fn take_back(&mut self, undo: Undo<R>) -> Option<Redo<R>> {
        match undo {
            Undo::Append { over_phantom } => {
                let record = self.records.pop();
                if over_phantom {
                    self.phantoms.insert(self.records.len());
                }
                record.map(Redo::Append)
            }
            Undo::Truncate(cut_off) => {
                let keep = self.records.len();
                self.records.extend(cut_off);
                Some(Redo::Truncate(keep))
            }
            Undo::Replace(old, phantoms) => {
                self.phantoms = phantoms;
                Some(Redo::Replace(std::mem::replace(&mut self.records, old)))
            }
        }
    }

    /// Of the unsynced writes those are undone that are `lost`; there is an answer for each, oldest
    /// first. Says how to undo the others.
    fn undo(&mut self, lost: &[bool]) -> Vec<Undo<R>> {
        let undone: Vec<Undo<R>> = self.unsynced.drain(..).collect();
        let redo: Vec<Option<Redo<R>>> = undone.into_iter().rev().map(|undo| self.take_back(undo)).collect();
        let kept = redo.into_iter().rev().zip(lost).filter(|(_, lost)| !**lost);
        kept.filter_map(|(redo, _)| {
            Some(match redo? {
                Redo::Append(record) => self.append(record),
                Redo::Truncate(keep) => self.truncate(keep),
                Redo::Replace(records) => self.replace(records),
            })
        })
        .collect()
    }

    /// How many of the unsynced writes a sync covers that began after `writes` writes.
    fn covered(&self, writes: u64) -> usize {
        let first = self.writes - self.unsynced.len() as u64;
        writes.saturating_sub(first) as usize
    }

    /// A sync that began after `writes` writes has completed.
    pub(crate) fn synced(&mut self, writes: u64) {
        let covered = self.covered(writes);
        self.unsynced.drain(..covered);
    }

    /// A sync that began after `writes` writes has failed.
    pub(crate) fn fail(&mut self, writes: u64, become_of: FailedWrites) {
        let covered = self.covered(writes);
        match become_of {
            FailedWrites::Unsynced => {}
            FailedWrites::Gone => {
                self.go_back();
                self.has_gone_back = true;
            }
            FailedWrites::Phantom => {
                if self.unsynced.iter().all(|undo| matches!(undo, Undo::Append { .. })) {
                    let first = self.records.len() - self.unsynced.len();
                    self.phantoms.extend(first..first + covered);
                    self.unsynced.drain(..covered);
                }
            }
        }
    }

    /// All that is not durable is gone.
    fn go_back(&mut self) {
        self.undo(&vec![true; self.unsynced.len()]);
        self.writes += 1;
        self.voided = self.writes;
    }

    /// Whether a sync that began after `writes` writes fails because of one that has failed before.
    pub(crate) const fn has_lost(&self, writes: u64) -> bool {
        self.has_gone_back || writes < self.voided
    }

    /// The node learns of a failed sync, or boots. What it has written since then is gone, too.
    pub(crate) fn told(&mut self) {
        if std::mem::take(&mut self.has_gone_back) {
            self.go_back();
        }
    }

    /// The power has failed: what was never on the platter is gone, and leaves a hole where something
    /// is behind it.
    fn lose_phantoms(&mut self) {
        let phantoms = std::mem::take(&mut self.phantoms);
        while self.records.len().checked_sub(1).is_some_and(|last| phantoms.contains(&last)) {
            self.records.pop();
        }
        let holes = phantoms.into_iter().take_while(|place| *place < self.records.len()).collect::<Vec<_>>();
        holes.into_iter().for_each(|place| self.records[place] = Stored::Corrupt);
    }

    /// How many records from the front are as they were when they were synced.
    pub(crate) fn durable(&self) -> usize {
        let (mut count, mut untouched) = (self.records.len(), self.records.len());
        for undo in self.unsynced.iter().rev() {
            match undo {
                Undo::Append { .. } => count -= 1,
                Undo::Truncate(cut_off) => count += cut_off.len(),
                Undo::Replace(old, _) => (count, untouched) = (old.len(), 0),
            }
            untouched = untouched.min(count);
        }
        self.phantoms.first().map_or(untouched, |first| untouched.min(*first))
    }

    /// A record rots. Returns what it said if it was durable and readable.
    pub(crate) fn corrupt(&mut self, index: u64) -> Option<Stored<R>> {
        let index = index as usize;
        let is_durable = index < self.durable();
        let old = std::mem::replace(self.records.get_mut(index)?, Stored::Corrupt);
        Some(old).filter(|old| is_durable && old.readable().is_some())
    }

    /// What is durable, and nothing else.
    pub(crate) fn into_synced(mut self) -> Vec<Stored<R>> {
        self.lose_tail(self.unsynced(), false);
        self.records
    }

    /// The power fails, and of the unsynced writes those did not reach the platter that are `lost`;
    /// there is an answer for each, oldest first.
    pub(crate) fn lose(&mut self, lost: &[bool]) {
        self.undo(lost);
        self.lose_phantoms();
    }

    /// The disk forgets the last `count` of its durable records and all that is behind them, as if
    /// they had never been synced.
    pub(crate) fn lose_synced(&mut self, count: u64) {
        let keep = self.durable() - count as usize;
        self.unsynced.clear();
        self.phantoms.clear();
        self.records.truncate(keep);
    }

    /// The power fails: the last `lost` of the unsynced writes never reached the platter, the
    /// others did. If the first lost one appended a record and was `torn`, it left a corrupt one.
    pub(crate) fn lose_tail(&mut self, lost: u64, torn: bool) {
        let keep = self.unsynced.len() - lost as usize;
        let mut first_lost_appended = false;
        for undo in self.unsynced.split_off(keep).into_iter().rev() {
            first_lost_appended = matches!(undo, Undo::Append { .. });
            self.take_back(undo);
        }
        self.unsynced.clear();
        self.lose_phantoms();
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
    fn a_disk_that_reorders_keeps_any_of_the_unsynced_writes() {
        let check_kept = |kept: [bool; 3], expected: &[u32]| {
            let mut disk = disk(&[1, 2]);
            [Write::Append(3), Write::Truncate(1), Write::Append(4)].into_iter().for_each(|write| disk.write(write));
            disk.lose(&kept.map(|kept| !kept));
            check(&disk, expected);
        };
        check_kept([true, true, true], &[1, 4]);
        check_kept([false, false, true], &[1, 2, 4]);
        check_kept([true, false, true], &[1, 2, 3, 4]);
        check_kept([false, true, false], &[1]);
        check_kept([false, false, false], &[1, 2]);
    }

    #[test]
    fn only_what_was_durable_counts_as_lost() {
        let mut disk = disk(&[1, 2, 3]);
        disk.write(Write::Truncate(2));
        disk.write(Write::Append(4));
        assert_eq!(disk.corrupt(2), None, "it was not durable yet");
        assert_eq!(disk.corrupt(1), Some(Stored::Readable(2)));
        check(&disk, &[1, 0, 0]);
        assert_eq!(disk.into_synced(), [Stored::Readable(1), Stored::Corrupt, Stored::Readable(3)]);
    }

    #[test]
    fn what_a_failed_sync_was_to_cover_stays_is_gone_or_is_a_phantom() {
        let failed = |become_of| {
            let mut disk = disk(&[1]);
            [2, 3].into_iter().for_each(|record| disk.write(Write::Append(record)));
            let began = disk.writes();
            disk.write(Write::Append(4));
            disk.fail(began, become_of);
            disk
        };
        let synced = |become_of| {
            let mut disk: Disk<u32> = failed(become_of);
            assert_eq!(disk.has_lost(disk.writes()), become_of == FailedWrites::Gone);
            disk.told();
            disk.synced(disk.writes());
            disk
        };
        check(&failed(FailedWrites::Unsynced), &[1, 2, 3, 4]);
        check(&failed(FailedWrites::Gone), &[1]);
        check(&failed(FailedWrites::Phantom), &[1, 2, 3, 4]);
        for (become_of, durable, after_power_loss) in [
            (FailedWrites::Unsynced, 4, &[1, 2, 3, 4][..]),
            (FailedWrites::Gone, 1, &[1]),
            // Two holes, for the write behind them was synced.
            (FailedWrites::Phantom, 1, &[1, 0, 0, 4]),
        ] {
            let mut disk = synced(become_of);
            assert_eq!(disk.durable(), durable, "{become_of:?}");
            disk.lose_tail(0, false);
            check(&disk, after_power_loss);
        }
        let mut at_the_end = failed(FailedWrites::Phantom);
        at_the_end.lose_tail(1, false);
        check(&at_the_end, &[1]);
        let mut written_again = failed(FailedWrites::Phantom);
        written_again.write(Write::Replace(vec![1, 2, 3, 4]));
        written_again.synced(written_again.writes());
        written_again.lose_tail(0, false);
        check(&written_again, &[1, 2, 3, 4]);
    }

    #[test]
    fn a_phantom_that_is_cut_off_and_comes_back_is_one_still() {
        let mut disk = disk(&[1]);
        disk.write(Write::Append(2));
        disk.fail(disk.writes(), FailedWrites::Phantom);
        [Write::Truncate(1), Write::Append(5)].into_iter().for_each(|write| disk.write(write));
        disk.lose(&[true, true]);
        check(&disk, &[1]);
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
