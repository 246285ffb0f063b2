//! How much a run may consist of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::place::{Mistakes, Place};
use super::whole::Whole;

/// Bounds beyond which a run is cut. They are far above what most scenarios need.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Messages, timers and syncs that are pending at a time.
    #[schemars(range(min = 1, max = 16_000_000))]
    pub(crate) pending_events: Whole,
    /// Bytes of the messages that are under way at a time.
    #[schemars(range(min = 1))]
    pub(crate) bytes_in_flight: Whole,
    /// Records on all disks together.
    #[schemars(range(min = 1))]
    pub(crate) records: Whole,
    /// Operations that clients have asked for.
    #[schemars(range(min = 1))]
    pub(crate) operations: Whole,
}

impl Default for Limits {
    fn default() -> Self {
        let sim_core::Limits { steps: _, pending_events, bytes_in_flight, records, operations } =
            sim_core::Limits::default();
        Self {
            pending_events: pending_events.into(),
            bytes_in_flight: bytes_in_flight.into(),
            records: records.into(),
            operations: operations.into(),
        }
    }
}

/// Pending events that the simulator has room for.
const MOST_PENDING: u64 = 16_000_000;

impl Limits {
    pub(crate) fn read(&self, steps: Option<u64>, place: &Place<'_>, mistakes: &mut Mistakes) -> sim_core::Limits {
        let mut check = |key, what, limit, most| mistakes.check_number(&place.key(key), what, limit, 1, most);
        sim_core::Limits {
            steps: steps.unwrap_or(sim_core::Limits::default().steps),
            pending_events: check("pending_events", "a number of events", self.pending_events, MOST_PENDING),
            bytes_in_flight: check("bytes_in_flight", "a number of bytes", self.bytes_in_flight, u64::MAX),
            records: check("records", "a number of records", self.records, u64::MAX),
            operations: check("operations", "a number of operations", self.operations, u64::MAX),
        }
    }
}
