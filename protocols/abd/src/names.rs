//! The names of the properties of registers.

pub(super) const TAG_NEVER_DECREASES: &str = "Tag Never Decreases";
pub(super) const COMPLETE_AT_MAJORITY: &str = "Complete At Majority";
pub(super) const TAGS_FOLLOW_REAL_TIME: &str = "Tags Follow Real Time";
pub(super) const ONE_WRITE_A_TAG: &str = "One Write A Tag";
pub(super) const ONE_TAG_A_WRITE: &str = "One Tag A Write";
pub(super) const READS_RETURN_WRITES: &str = "Reads Return Writes";
