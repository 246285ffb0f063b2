//! What Raft claims (Figure 3 of the paper), and what its proofs rest on.
//!
//! Each property costs what a step changed. They look at the node that the step touched, which is
//! never in the middle of a step; of its log they read what the log says was
//! [changed](super::Log::changed_from); and what they must know of the others they remember. They
//! are keyed by process, so they see through restarts.

mod commit_index;
mod commit_within_log;
mod committed_on_quorum;
mod configurations_overlap;
mod election_safety;
mod ghost;
mod leader_append_only;
mod leader_completeness;
mod lease;
mod log_matching;
mod log_terms;
mod match_index;
mod one_change;
mod one_vote;
mod same_state;
mod state_machine_safety;
mod terms;
mod votes_granted;

use sim_core::{Property, PropertyInfo};

use super::config::RaftConfig;
use super::flaws::RaftFlaw;
use super::node::Raft;

pub use commit_index::CommitIndexNeverDecreases;
pub use commit_within_log::CommitIndexWithinLog;
pub use committed_on_quorum::CommittedOnQuorum;
pub use configurations_overlap::ConfigurationsOverlap;
pub use election_safety::ElectionSafety;
pub use leader_append_only::LeaderAppendOnly;
pub use leader_completeness::LeaderCompleteness;
pub use lease::{LeaseIsExclusive, LeaseIsKept};
pub use log_matching::LogMatching;
pub use log_terms::LogTermsNeverDecrease;
pub use match_index::{MatchIndexIsReplicated, MatchIndexNeverDecreases, NextIndexAboveMatchIndex};
pub use one_change::OneChangeAtATime;
pub use one_vote::OneVoteATerm;
pub use same_state::SameState;
pub use state_machine_safety::StateMachineSafety;
pub use terms::TermNeverDecreases;
pub use votes_granted::VotesWereGranted;

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
pub(super) const CONFIGURATIONS_OVERLAP: &str = "Configurations Overlap";

const fn property(name: &'static str, summary: &'static str, source: &'static str) -> PropertyInfo {
    PropertyInfo { name, summary, source }
}

/// All properties, in the order of [`all`].
pub(super) const PROPERTIES: &[PropertyInfo] = &[
    property(ONE_VOTE_A_TERM, "No node votes for two candidates in one term, whether it restarts or not.", "Raft 5.2"),
    property(TERM_NEVER_DECREASES, "No node goes back to an earlier term, whether it restarts or not.", "Raft 5.1"),
    property(
        VOTES_WERE_GRANTED,
        "Every node whose vote a candidate counts has voted for it in its term.",
        "Ongaro's raft.tla, votesGranted; etcd's specification, VotesGrantedInv",
    ),
    property(ELECTION_SAFETY, "At most one leader is elected in a term.", "Raft Figure 3, 5.2"),
    property(
        LEASE_IS_EXCLUSIVE,
        "While a leader has a lease, nobody else is elected.",
        "Ongaro's thesis 6.4.1; Gray and Cheriton, SOSP 1989",
    ),
    property(
        LEASE_IS_KEPT,
        "While a leader has a lease, no quorum is ready to vote for another.",
        "Ongaro's thesis 6.4.1, 4.2.3",
    ),
    property(
        LEADER_APPEND_ONLY,
        "A leader never overwrites or deletes entries of its log; it only appends.",
        "Raft Figure 3, 5.3",
    ),
    property(
        LOG_TERMS_NEVER_DECREASE,
        "The terms of a log grow with the index, up to the term of its node.",
        "Ongaro's thesis, appendix B; CCF's specification, MonoLogInv",
    ),
    property(
        LOG_MATCHING,
        "Logs that hold an entry of the same index and term are the same up to it.",
        "Raft Figure 3, 5.3",
    ),
    property(
        LEADER_COMPLETENESS,
        "An entry committed in a term is in the logs of the leaders of all later terms.",
        "Raft Figure 3, 5.4",
    ),
    property(STATE_MACHINE_SAFETY, "No two nodes apply different entries at the same index.", "Raft Figure 3, 5.4.3"),
    property(
        SAME_STATE,
        "Nodes that have applied the log up to the same index are in the same state, sessions included.",
        "Raft 2, 7; Ongaro's thesis 5, 6.3",
    ),
    property(
        MATCH_INDEX_NEVER_DECREASES,
        "How far a leader knows a follower's log to match its own only grows.",
        "Raft Figure 2; CCF's specification, MonotonicMatchIndexProp",
    ),
    property(
        MATCH_INDEX_IS_REPLICATED,
        "Up to where a leader takes a follower's log to match its own, it does, on the disk too.",
        "Raft Figure 2, 5.3",
    ),
    property(
        NEXT_INDEX_ABOVE_MATCH_INDEX,
        "What a leader sends a follower next lies behind what it knows the follower to have.",
        "Raft Figure 2; etcd's Progress; CCF's specification, MatchIndexLowerBoundNextIndexInv",
    ),
    property(
        COMMITTED_ON_QUORUM,
        "What any node knows to be committed is on the disks of a quorum, and stays there.",
        "Raft 5.3, 5.4.2; Ongaro's thesis, appendix B",
    ),
    property(
        COMMIT_INDEX_NEVER_DECREASES,
        "A node's commit index only grows until the node restarts.",
        "Raft Figure 2",
    ),
    property(
        COMMIT_INDEX_WITHIN_LOG,
        "No node has applied more than is committed, nor takes more to be committed than it has.",
        "Raft Figure 2, AppendEntries rule 5",
    ),
    property(
        ONE_CHANGE_AT_A_TIME,
        "No leader changes the membership before the change before is committed.",
        "Ongaro's thesis 4.1",
    ),
    property(
        CONFIGURATIONS_OVERLAP,
        "Every quorum of a configuration has a node in common with every quorum of the next.",
        "Raft 6; Ongaro's thesis 4.1",
    ),
];

/// The properties for one run.
pub(super) fn all(config: &RaftConfig) -> Vec<Box<dyn Property<Raft>>> {
    vec![
        Box::<OneVoteATerm>::default(),
        Box::<TermNeverDecreases>::default(),
        Box::<VotesWereGranted>::default(),
        Box::<ElectionSafety>::default(),
        Box::<LeaseIsExclusive>::default(),
        Box::<LeaseIsKept>::default(),
        Box::<LeaderAppendOnly>::default(),
        Box::<LogTermsNeverDecrease>::default(),
        Box::<LogMatching>::default(),
        Box::<LeaderCompleteness>::default(),
        Box::<StateMachineSafety>::default(),
        Box::new(SameState::new(!config.flaws.has(RaftFlaw::KvNoDedup))),
        Box::<MatchIndexNeverDecreases>::default(),
        Box::<MatchIndexIsReplicated>::default(),
        Box::<NextIndexAboveMatchIndex>::default(),
        Box::<CommittedOnQuorum>::default(),
        Box::<CommitIndexNeverDecreases>::default(),
        Box::<CommitIndexWithinLog>::default(),
        Box::<OneChangeAtATime>::default(),
        Box::<ConfigurationsOverlap>::default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_listed_in_their_order() {
        let listed: Vec<_> = PROPERTIES.iter().map(|info| info.name.to_owned()).collect();
        let made: Vec<_> = all(&RaftConfig::default()).iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
