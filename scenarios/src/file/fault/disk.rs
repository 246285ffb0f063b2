//! Faults of disks.

use sim_core::{FailedWrites, FaultKind, Probability};

use super::FaultEntry;
use super::entry::WritesEntry;
use super::reader::Reader;
use crate::file::place::LONGEST_SPAN;

impl FaultEntry {
    pub(super) fn read_slow_disk(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("slow_disk", &self.slow_disk)?;
        let sync = reader.required("slow_disk", "sync_takes", self.sync_takes, "[\"10ms\", \"100ms\"]")?;
        let sync = sync.read(&reader.place.key("sync_takes"), LONGEST_SPAN, reader.mistakes);
        Some(FaultKind::SlowDisk { targets, sync })
    }

    pub(super) fn read_corrupt_record(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        Some(FaultKind::CorruptRecord { targets: reader.node_target("corrupt_record", &self.corrupt_record)? })
    }

    pub(super) fn read_failing_sync(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("failing_sync", &self.failing_sync)?;
        let rate = self.rate.unwrap_or(Probability::ALWAYS);
        let writes = self.writes.map(FailedWrites::from).unwrap_or_default();
        Some(FaultKind::FailingSync { targets, rate, writes, restart_after: self.restart_after })
    }

    pub(super) fn read_read_error(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("read_error", &self.read_error)?;
        let rate = self.rate.unwrap_or(Probability::ALWAYS);
        Some(FaultKind::ReadError { targets, rate, restart_after: self.restart_after })
    }

    pub(super) fn read_full_disk(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("full_disk", &self.full_disk)?;
        Some(FaultKind::FullDisk { targets, restart_after: self.restart_after })
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
