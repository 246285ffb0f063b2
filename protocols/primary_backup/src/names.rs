//! The names of the properties of primary–backup replication.

pub(super) const VIEWS_AGREE: &str = "Views Agree";
pub(super) const ONE_PRIMARY: &str = "One Primary A View";
pub(super) const VIEWS_ONLY_RISE: &str = "Views Only Rise";
pub(super) const FAILOVERS_HAVE_A_CAUSE: &str = "Failovers Have A Cause";
pub(super) const FAILED_IS_REPLACED: &str = "A Failed Primary Is Replaced";
pub(super) const SECONDARIES_ARE_REMOVED: &str = "Failed Secondaries Are Removed";
pub(super) const ANNOUNCED_IS_SO: &str = "What Is Announced Is So";
pub(super) const LEASES_ARE_KEPT: &str = "Leases Are Kept";
pub(super) const BEST_IS_PROMOTED: &str = "The Most Up-To-Date Is Promoted";
pub(super) const REPLICAS_ARE_SPREAD: &str = "Replicas Are Spread";
pub(super) const LOGS_MATCH: &str = "Logs Match";
pub(super) const MAP_IS_OF_THE_LOG: &str = "The Map Is That Of The Log";
pub(super) const ACKNOWLEDGED_IS_KEPT: &str = "At Most The Lag Is Lost";
pub(super) const NO_DEPOSED_ACKNOWLEDGES: &str = "No Deposed Primary Acknowledges";
pub(super) const READS_ARE_CURRENT: &str = "Reads Are Current";
pub(super) const FACTOR_IS_RESTORED: &str = "The Factor Is Restored";
pub(super) const AVAILABLE: &str = "Available With f - 1 Failed";
pub(super) const DECLARED_LEVEL: &str = "Declared Level";
