//! Bounds of a run, so that none is without end.
//!
//! They are counted in what the run itself consists of, never in seconds or bytes of this machine:
//! a run that reaches one reaches it everywhere. They lie far above what an honest run needs. A
//! message storm is the doing of a scenario or of a protocol, and it is told which bound it reached.

/// How much a run may consist of. One that goes further is cut, and inconclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps.
    pub steps: u64,
    /// Events that are pending at a time: messages under way, timers, syncs. At most 16,000,000.
    pub pending_events: u64,
    /// Bytes of the messages that are under way at a time, in their canonical form.
    pub bytes_in_flight: u64,
    /// Records on all disks together.
    pub records: u64,
    /// Operations that clients have asked for.
    pub operations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 10_000_000,
            pending_events: 4_000_000,
            bytes_in_flight: 1 << 30,
            records: 10_000_000,
            operations: 5_000_000,
        }
    }
}
