//! The names of the properties.

pub(super) const RECOVERING_TAKES_NO_PART: &str = "A Recovering Replica Takes Part In Nothing";
pub(super) const CRASH_NUMBERS_GROW: &str = "Crash Numbers Grow";
pub(super) const QUORUMS_ARE_MAJORITIES: &str = "Quorums Are Majorities";
pub(super) const QUORUMS_ARE_CRASH_CONSISTENT: &str = "Quorums Are Crash-Consistent";
pub(super) const NEVER_BACK: &str = "Never Back To A Lower View";
pub(super) const VIEW_SURVIVES: &str = "The View Survives A Crash";
pub(super) const A_VIEW_STARTS_ONCE: &str = "A View Starts Once";
pub(super) const HEARD_PRIMARY_STAYS: &str = "A Primary That Is Heard Stays";
pub(super) const LOGS_GROW: &str = "Logs Only Grow In A View";
pub(super) const LOG_IS_BOUNDED: &str = "Checkpoints Bound The Log";
pub(super) const ONE_OP_NUMBER: &str = "A Request Has One Op-Number";
pub(super) const COMMITTED_BY_QUORUM: &str = "Committed By Quorum";
pub(super) const COMMITTED_IN_LATER_VIEWS: &str = "A Committed Operation Is In Every Later View";
pub(super) const AGREEMENT: &str = "Agreement";
pub(super) const SAME_STATE: &str = "Same State At Same Op-Number";
