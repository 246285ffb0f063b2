//! Faults of disks.

use sim_core::{Duration, FailedWrites, FaultFacts, FaultKind, Probability, Selector};

use super::FaultEntry;
use super::entry::WritesEntry;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::place::LONGEST_SPAN;
use crate::file::range::TimeRange;

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::SLOW_DISK, FaultEntry::read_slow_disk, &[&["sync_takes"]]),
    FaultRow::new(FaultFacts::CORRUPT_RECORD, FaultEntry::read_corrupt_record, &[]),
    FaultRow::new(FaultFacts::FAILING_SYNC, FaultEntry::read_failing_sync, &[&["rate", "writes", "restart_after"]]),
    FaultRow::new(FaultFacts::READ_ERROR, FaultEntry::read_read_error, &[&["rate", "restart_after"]]),
    FaultRow::new(FaultFacts::FULL_DISK, FaultEntry::read_full_disk, &[&["restart_after"]]),
];

impl FaultEntry {
    fn read_slow_disk(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("slow_disk", &self.slow_disk)?;
        let sync = reader.required("slow_disk", "sync_takes", self.sync_takes, "[\"10ms\", \"100ms\"]")?;
        let sync = sync.read(&reader.place.key("sync_takes"), LONGEST_SPAN, reader.mistakes);
        Some(FaultKind::SlowDisk { targets, sync })
    }

    pub(super) fn write_slow_disk(&mut self, targets: &Selector, sync: (Duration, Duration)) {
        (self.slow_disk, self.sync_takes) = (Some(targets.into()), Some(TimeRange::from(sync)));
    }

    fn read_corrupt_record(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        Some(FaultKind::CorruptRecord { targets: reader.node_target("corrupt_record", &self.corrupt_record)? })
    }

    pub(super) fn write_corrupt_record(&mut self, targets: &Selector) {
        self.corrupt_record = Some(targets.into());
    }

    fn read_failing_sync(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("failing_sync", &self.failing_sync)?;
        let rate = self.rate.unwrap_or(Probability::ALWAYS);
        let writes = self.writes.map(FailedWrites::from).unwrap_or_default();
        Some(FaultKind::FailingSync { targets, rate, writes, restart_after: self.restart_after })
    }

    pub(super) fn write_failing_sync(
        &mut self,
        targets: &Selector,
        rate: Probability,
        writes: FailedWrites,
        restart_after: Option<Duration>,
    ) {
        (self.failing_sync, self.rate) = (Some(targets.into()), Some(rate));
        self.writes = (writes != FailedWrites::Unsynced).then(|| writes.into());
        self.restart_after = restart_after;
    }

    fn read_read_error(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("read_error", &self.read_error)?;
        let rate = self.rate.unwrap_or(Probability::ALWAYS);
        Some(FaultKind::ReadError { targets, rate, restart_after: self.restart_after })
    }

    pub(super) fn write_read_error(&mut self, targets: &Selector, rate: Probability, restart_after: Option<Duration>) {
        (self.read_error, self.rate, self.restart_after) = (Some(targets.into()), Some(rate), restart_after);
    }

    fn read_full_disk(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("full_disk", &self.full_disk)?;
        Some(FaultKind::FullDisk { targets, restart_after: self.restart_after })
    }

    pub(super) fn write_full_disk(&mut self, targets: &Selector, restart_after: Option<Duration>) {
        (self.full_disk, self.restart_after) = (Some(targets.into()), restart_after);
    }
}

impl From<WritesEntry> for FailedWrites {
    fn from(entry: WritesEntry) -> Self {
        match entry {
            WritesEntry::Unsynced => Self::Unsynced,
            WritesEntry::Gone => Self::Gone,
            WritesEntry::Phantom => Self::Phantom,
        }
    }
}

impl From<FailedWrites> for WritesEntry {
    fn from(writes: FailedWrites) -> Self {
        match writes {
            FailedWrites::Unsynced => Self::Unsynced,
            FailedWrites::Gone => Self::Gone,
            FailedWrites::Phantom => Self::Phantom,
        }
    }
}
