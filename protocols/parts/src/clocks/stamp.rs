//! Timestamps that order all writes.

use serde::{Deserialize, Serialize};

/// A timestamp, made different from all others by the replica that gave it (Lamport, *Time, Clocks, and the
/// Ordering of Events in a Distributed System*, 1978): all replicas put two of them in the same order. Where the
/// last writer wins, that is the order of the writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Lamport's clock, or a wall clock in nanoseconds.
    pub time: u64,
    /// The replica's number, which decides where times are equal.
    pub replica: u32,
}
