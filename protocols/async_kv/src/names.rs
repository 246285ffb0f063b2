//! The names of the properties of the service.

pub(super) const ONE_VOTE_A_TERM: &str = "One Vote A Term";
pub(super) const ELECTED_BY_MAJORITY: &str = "Elected By Majority";
pub(super) const ELECTION_SAFETY: &str = "Election Safety";
pub(super) const LOG_MATCHING: &str = "Log Matching";
pub(super) const LEADER_COMPLETENESS: &str = "Leader Completeness";
pub(super) const COMMITTED_ON_MAJORITY: &str = "Committed On Majority";
pub(super) const STATE_MACHINE_SAFETY: &str = "State Machine Safety";
pub(super) const APPLIED_IN_ORDER: &str = "Applied In Order";
