//! Disks that fail or are slow.

use super::{Draft, set};
use crate::fault::{FailedWrites, Fault, FaultKind, Selector};
use crate::random::Probability;
use crate::time::Duration;

/// See [`Fault::slow_disk`].
#[derive(Clone, Debug)]
pub enum DiskTrouble {}

/// See [`Fault::corrupt_record`].
#[derive(Clone, Debug)]
pub enum CorruptRecord {}

/// See [`Fault::failing_sync`].
#[derive(Clone, Debug)]
pub enum FailingSync {}

/// See [`Fault::read_error`].
#[derive(Clone, Debug)]
pub enum ReadError {}

/// See [`Fault::full_disk`].
#[derive(Clone, Debug)]
pub enum FullDisk {}

impl Fault {
    /// Syncs of the targets' disks take between `at_least` and `at_most`.
    pub fn slow_disk(targets: impl Into<Selector>, at_least: Duration, at_most: Duration) -> Draft<DiskTrouble> {
        Draft::new(FaultKind::SlowDisk { targets: targets.into(), sync: (at_least, at_most) })
    }

    /// A random record on each target's disk becomes unreadable.
    pub fn corrupt_record(targets: impl Into<Selector>) -> Draft<CorruptRecord> {
        Draft::new(FaultKind::CorruptRecord { targets: targets.into() })
    }

    /// All syncs of the targets' disks fail; the writes they should cover stay in the cache.
    ///
    /// ```
    /// use sim_core::{Fault, Probability, ms};
    ///
    /// let fsyncgate = Fault::failing_sync("n0").rate(Probability::ratio(1, 4)).phantom_writes().restart_after(ms(50));
    /// # let _ = fsyncgate;
    /// ```
    pub fn failing_sync(targets: impl Into<Selector>) -> Draft<FailingSync> {
        Draft::new(FaultKind::failing_sync(targets.into(), Probability::ALWAYS, None))
    }

    /// A target that boots cannot read one random record. The device reports the error, and may be able to
    /// read the record at the next boot.
    pub fn read_error(targets: impl Into<Selector>) -> Draft<ReadError> {
        Draft::new(FaultKind::ReadError { targets: targets.into(), rate: Probability::ALWAYS, restart_after: None })
    }

    /// The targets' disks take no more records.
    pub fn full_disk(targets: impl Into<Selector>) -> Draft<FullDisk> {
        Draft::new(FaultKind::FullDisk { targets: targets.into(), restart_after: None })
    }
}

impl Draft<FailingSync> {
    /// Sets the share of syncs that fail, instead of all.
    pub fn rate(self, rate: Probability) -> Self {
        set!(self, FailingSync.rate = rate)
    }

    /// Sets what happens to the writes that a failed sync should have covered.
    pub fn writes(self, writes: FailedWrites) -> Self {
        set!(self, FailingSync.writes = writes)
    }

    /// The writes that a failed sync should have covered stay readable until the power fails, and no later
    /// sync covers them.
    pub fn phantom_writes(self) -> Self {
        self.writes(FailedWrites::Phantom)
    }
}

impl Draft<ReadError> {
    /// Sets the share of boots at which it happens, instead of all.
    pub fn rate(self, rate: Probability) -> Self {
        set!(self, ReadError.rate = rate)
    }
}
