//! The names of the properties of Raft.

pub(super) const ELECTION_SAFETY: &str = "Election Safety";
pub(super) const LEADER_APPEND_ONLY: &str = "Leader Append-Only";
pub(super) const LOG_MATCHING: &str = "Log Matching";
pub(super) const LEADER_COMPLETENESS: &str = "Leader Completeness";
pub(super) const STATE_MACHINE_SAFETY: &str = "State Machine Safety";
pub(super) const SAME_STATE: &str = "Same State At Same Index";
pub(super) const COMMITTED_ON_QUORUM: &str = "Committed Entries On Quorum";
pub(super) const TERM_NEVER_DECREASES: &str = "Term Never Decreases";
pub(super) const COMMIT_INDEX_NEVER_DECREASES: &str = "Commit Index Never Decreases";
pub(super) const ONE_VOTE_A_TERM: &str = "One Vote A Term";
pub(super) const LEASE_IS_EXCLUSIVE: &str = "Lease Is Exclusive";
pub(super) const LEASE_IS_KEPT: &str = "Lease Is Kept";
pub(super) const VOTES_WERE_GRANTED: &str = "Votes Were Granted";
pub(super) const LOG_TERMS_NEVER_DECREASE: &str = "Log Terms Never Decrease";
pub(super) const MATCH_INDEX_NEVER_DECREASES: &str = "Match Index Never Decreases";
pub(super) const MATCH_INDEX_IS_REPLICATED: &str = "Match Index Is Replicated";
pub(super) const NEXT_INDEX_ABOVE_MATCH_INDEX: &str = "Next Index Above Match Index";
pub(super) const COMMIT_INDEX_WITHIN_LOG: &str = "Commit Index Within Log";
pub(super) const ONE_CHANGE_AT_A_TIME: &str = "One Change At A Time";
pub(super) const STRONG_READS: &str = "Strong Reads";
pub(super) const SEQUENTIAL_READS: &str = "Sequential Reads";
pub(super) const CAUSAL_READS: &str = "Causal Reads";
pub(super) const SESSION_READS: &str = "Session Reads";
pub(super) const EVENTUAL_READS: &str = "Eventual Reads";
pub(super) const CONFIGURATIONS_OVERLAP: &str = "Configurations Overlap";
