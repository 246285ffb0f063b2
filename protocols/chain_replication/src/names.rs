//! The names of the properties of chain replication.

pub(super) const CHAINS_AGREE: &str = "Configurations Agree";
pub(super) const ONLY_RISE: &str = "Configurations Only Rise";
pub(super) const LEASES_ARE_KEPT: &str = "Leases Are Kept";
pub(super) const FAILED_ARE_REMOVED: &str = "The Failed Are Removed";
pub(super) const HISTORIES_MATCH: &str = "Histories Match";
pub(super) const UPDATE_PROPAGATION: &str = "Update Propagation Invariant";
pub(super) const INPROCESS_REQUESTS: &str = "Inprocess Requests Invariant";
pub(super) const ACKNOWLEDGED_IS_KEPT: &str = "No Acknowledged Update Is Lost";
pub(super) const READS_ARE_CONFIRMED: &str = "Reads Are Confirmed";
pub(super) const READS_ARE_CURRENT: &str = "Reads Are Current";
pub(super) const READS_ARE_COMMITTED: &str = "Reads Are Committed";
pub(super) const CLEAN_READS_ARE_LOCAL: &str = "Clean Reads Are Local";
pub(super) const VERSIONS_ARE_TOLD: &str = "Versions Are Told";
pub(super) const STALENESS_IS_BOUNDED: &str = "Staleness Is Bounded";
pub(super) const LENGTH_IS_RESTORED: &str = "The Length Is Restored";
pub(super) const DECLARED_LEVEL: &str = "Declared Level";
