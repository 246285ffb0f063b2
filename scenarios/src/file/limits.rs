//! How much a run may consist of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::place::{Mistakes, Place};

/// Bounds beyond which a run is cut. They are far above what most scenarios need.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Messages, timers and syncs that are pending at a time.
    #[schemars(range(min = 1, max = 16_000_000))]
    pub(crate) pending_events: u64,
    /// Bytes of the messages that are under way at a time.
    #[schemars(range(min = 1))]
    pub(crate) bytes_in_flight: u64,
    /// Records on all disks together.
    #[schemars(range(min = 1))]
    pub(crate) records: u64,
    /// Operations that clients have asked for.
    #[schemars(range(min = 1))]
    pub(crate) operations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let sim_core::Limits { steps: _, pending_events, bytes_in_flight, records, operations } =
            sim_core::Limits::default();
        Self { pending_events, bytes_in_flight, records, operations }
    }
}

/// Pending events that the simulator has room for.
const MOST_PENDING: u64 = 16_000_000;

impl Limits {
    pub(crate) fn read(&self, steps: Option<u64>, place: &Place<'_>, mistakes: &mut Mistakes) -> sim_core::Limits {
        let Self { pending_events, bytes_in_flight, records, operations } = *self;
        mistakes.check_number(&place.key("pending_events"), "a number of events", pending_events, 1, MOST_PENDING);
        for (key, what, limit) in [
            ("bytes_in_flight", "a number of bytes", bytes_in_flight),
            ("records", "a number of records", records),
            ("operations", "a number of operations", operations),
        ] {
            mistakes.check_number(&place.key(key), what, limit, 1, u64::MAX);
        }
        let steps = steps.unwrap_or(sim_core::Limits::default().steps);
        sim_core::Limits { steps, pending_events, bytes_in_flight, records, operations }
    }
}
