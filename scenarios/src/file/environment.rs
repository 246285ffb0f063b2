//! Disks and clocks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ClockProfile, DiskProfile, Duration};

use super::place::{LONGEST_SPAN, Mistakes, Place};
use super::range::TimeRange;
use super::whole::Whole;

/// How disks behave when nothing is wrong with them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Disk {
    /// How long a sync takes: at least and at most, or always.
    sync: TimeRange,
    /// Whether a power loss may tear the first write that it loses.
    torn_writes: bool,
}

/// How wrong clocks are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Clocks {
    /// How much a clock gains or loses at most, in parts per million.
    #[schemars(range(max = 999_999))]
    drift_ppm: Whole,
    /// How much a wall clock is ahead or behind at most when the run begins.
    offset: Duration,
}

/// A clock that loses a million parts per million stands still.
const MOST_DRIFT: u64 = 999_999;
/// A wall clock may be off by a year.
pub(super) const MOST_OFFSET: Duration = Duration::from_secs(365 * 24 * 3600);

impl Default for Clocks {
    fn default() -> Self {
        let ClockProfile { drift_ppm, offset } = ClockProfile::default();
        Self { drift_ppm: drift_ppm.into(), offset }
    }
}

impl Default for Disk {
    fn default() -> Self {
        let DiskProfile { sync, torn_writes } = DiskProfile::default();
        Self { sync: sync.into(), torn_writes }
    }
}

impl Disk {
    pub(crate) fn read(&self, place: &Place<'_>, mistakes: &mut Mistakes) -> DiskProfile {
        let sync = self.sync.read(&place.key("sync"), LONGEST_SPAN, mistakes);
        DiskProfile { sync, torn_writes: self.torn_writes }
    }
}

impl Clocks {
    pub(crate) fn read(&self, place: &Place<'_>, mistakes: &mut Mistakes) -> ClockProfile {
        let drift = mistakes.check_number(&place.key("drift_ppm"), "a drift", self.drift_ppm, 0, MOST_DRIFT);
        mistakes.check_span(&place.key("offset"), self.offset, MOST_OFFSET);
        ClockProfile { drift_ppm: drift as u32, offset: self.offset }
    }
}
