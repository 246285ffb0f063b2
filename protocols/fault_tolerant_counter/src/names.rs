//! The names of the properties of the counter.

pub(super) const CONFIGURATIONS_AGREE: &str = "Configurations Agree";
pub(super) const AT_MOST_THRESHOLD: &str = "At Most Threshold Replicas";
pub(super) const ONLY_OPEN_SERVE: &str = "Only Open Configurations Serve";
pub(super) const ENTRIES_ONLY_GROW: &str = "Entries Only Grow";
pub(super) const COUNTS_ONCE: &str = "A Change Counts Once";
pub(super) const STATES_ARE_EXPLAINED: &str = "States Are Explained";
pub(super) const ACKNOWLEDGED_IS_COVERED: &str = "Acknowledged Changes Are Covered";
pub(super) const PROMOTED_KNOW_ALL: &str = "Promoted Replicas Know All";
pub(super) const READS_SEE_ACKNOWLEDGED: &str = "Reads See Acknowledged Changes";
