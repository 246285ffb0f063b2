//! What Raft claims (Figure 3 of the paper), and what its proofs rest on.
//!
//! Each property costs what a step changed. They look at the node that the step touched, which is
//! never in the middle of a step; of its log they read what the log says was
//! [changed](super::Log::changed_from); and what they must know of the others they remember. They
//! are keyed by process, so they see through restarts.

mod chosen_reads;
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

use parts::kv::ReadLevel;
use sim_core::PropertyRow;
use sim_core::consistency::Level;

use super::flaws::RaftFlaw;
use super::names::{
    CAUSAL_READS, COMMIT_INDEX_NEVER_DECREASES, COMMIT_INDEX_WITHIN_LOG, COMMITTED_ON_QUORUM, CONFIGURATIONS_OVERLAP,
    ELECTION_SAFETY, EVENTUAL_READS, LEADER_APPEND_ONLY, LEADER_COMPLETENESS, LEASE_IS_EXCLUSIVE, LEASE_IS_KEPT,
    LOG_MATCHING, LOG_TERMS_NEVER_DECREASE, MATCH_INDEX_IS_REPLICATED, MATCH_INDEX_NEVER_DECREASES,
    NEXT_INDEX_ABOVE_MATCH_INDEX, ONE_CHANGE_AT_A_TIME, ONE_VOTE_A_TERM, SAME_STATE, SEQUENTIAL_READS, SESSION_READS,
    STATE_MACHINE_SAFETY, STRONG_READS, TERM_NEVER_DECREASES, VOTES_WERE_GRANTED,
};
use super::node::Raft;
use chosen_reads::where_chosen;

pub use chosen_reads::{EventualReads, ReadsKeepLevel};
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

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Raft>] = &[
    PropertyRow {
        name: ONE_VOTE_A_TERM,
        summary: "No node votes for two candidates in one term, whether it restarts or not.",
        source: "Raft 5.2",
        make: |_| Box::<OneVoteATerm>::default(),
    },
    PropertyRow {
        name: TERM_NEVER_DECREASES,
        summary: "No node goes back to an earlier term, whether it restarts or not.",
        source: "Raft 5.1",
        make: |_| Box::<TermNeverDecreases>::default(),
    },
    PropertyRow {
        name: VOTES_WERE_GRANTED,
        summary: "Every node whose vote a candidate counts has voted for it in its term.",
        source: "Ongaro's raft.tla, votesGranted; etcd's specification, VotesGrantedInv",
        make: |_| Box::<VotesWereGranted>::default(),
    },
    PropertyRow {
        name: ELECTION_SAFETY,
        summary: "At most one leader is elected in a term.",
        source: "Raft Figure 3, 5.2",
        make: |_| Box::<ElectionSafety>::default(),
    },
    PropertyRow {
        name: LEASE_IS_EXCLUSIVE,
        summary: "While a leader has a lease, nobody else is elected.",
        source: "Ongaro's thesis 6.4.1; Gray and Cheriton, SOSP 1989",
        make: |_| Box::<LeaseIsExclusive>::default(),
    },
    PropertyRow {
        name: LEASE_IS_KEPT,
        summary: "While a leader has a lease, no quorum is ready to vote for another.",
        source: "Ongaro's thesis 6.4.1, 4.2.3",
        make: |_| Box::<LeaseIsKept>::default(),
    },
    PropertyRow {
        name: LEADER_APPEND_ONLY,
        summary: "A leader never overwrites or deletes entries of its log; it only appends.",
        source: "Raft Figure 3, 5.3",
        make: |_| Box::<LeaderAppendOnly>::default(),
    },
    PropertyRow {
        name: LOG_TERMS_NEVER_DECREASE,
        summary: "The terms of a log grow with the index, up to the term of its node.",
        source: "Ongaro's thesis, appendix B; CCF's specification, MonoLogInv",
        make: |_| Box::<LogTermsNeverDecrease>::default(),
    },
    PropertyRow {
        name: LOG_MATCHING,
        summary: "Logs that hold an entry of the same index and term are the same up to it.",
        source: "Raft Figure 3, 5.3",
        make: |_| Box::<LogMatching>::default(),
    },
    PropertyRow {
        name: LEADER_COMPLETENESS,
        summary: "An entry committed in a term is in the logs of the leaders of all later terms.",
        source: "Raft Figure 3, 5.4",
        make: |_| Box::<LeaderCompleteness>::default(),
    },
    PropertyRow {
        name: STATE_MACHINE_SAFETY,
        summary: "No two nodes apply different entries at the same index.",
        source: "Raft Figure 3, 5.4.3",
        make: |_| Box::<StateMachineSafety>::default(),
    },
    PropertyRow {
        name: SAME_STATE,
        summary: "Nodes that have applied the log up to the same index are in the same state, sessions included.",
        source: "Raft 2, 7; Ongaro's thesis 5, 6.3",
        make: |config| Box::new(SameState::new(!config.flaws.has(RaftFlaw::KvNoDedup))),
    },
    PropertyRow {
        name: MATCH_INDEX_NEVER_DECREASES,
        summary: "How far a leader knows a follower's log to match its own only grows.",
        source: "Raft Figure 2; CCF's specification, MonotonicMatchIndexProp",
        make: |_| Box::<MatchIndexNeverDecreases>::default(),
    },
    PropertyRow {
        name: MATCH_INDEX_IS_REPLICATED,
        summary: "Up to where a leader takes a follower's log to match its own, it does, on the disk too.",
        source: "Raft Figure 2, 5.3",
        make: |_| Box::<MatchIndexIsReplicated>::default(),
    },
    PropertyRow {
        name: NEXT_INDEX_ABOVE_MATCH_INDEX,
        summary: "What a leader sends a follower next lies behind what it knows the follower to have.",
        source: "Raft Figure 2; etcd's Progress; CCF's specification, MatchIndexLowerBoundNextIndexInv",
        make: |_| Box::<NextIndexAboveMatchIndex>::default(),
    },
    PropertyRow {
        name: COMMITTED_ON_QUORUM,
        summary: "What any node knows to be committed is on the disks of a quorum, and stays there.",
        source: "Raft 5.3, 5.4.2; Ongaro's thesis, appendix B",
        make: |_| Box::<CommittedOnQuorum>::default(),
    },
    PropertyRow {
        name: COMMIT_INDEX_NEVER_DECREASES,
        summary: "A node's commit index only grows until the node restarts.",
        source: "Raft Figure 2",
        make: |_| Box::<CommitIndexNeverDecreases>::default(),
    },
    PropertyRow {
        name: COMMIT_INDEX_WITHIN_LOG,
        summary: "No node has applied more than is committed, nor takes more to be committed than it has.",
        source: "Raft Figure 2, AppendEntries rule 5",
        make: |_| Box::<CommitIndexWithinLog>::default(),
    },
    PropertyRow {
        name: ONE_CHANGE_AT_A_TIME,
        summary: "No leader changes the membership before the change before is committed.",
        source: "Ongaro's thesis 4.1",
        make: |_| Box::<OneChangeAtATime>::default(),
    },
    PropertyRow {
        name: CONFIGURATIONS_OVERLAP,
        summary: "Every quorum of a configuration has a node in common with every quorum of the next.",
        source: "Raft 6; Ongaro's thesis 4.1",
        make: |_| Box::<ConfigurationsOverlap>::default(),
    },
    PropertyRow {
        name: STRONG_READS,
        summary: "All updates and the strong reads are linearizable.",
        source: "Herlihy and Wing 1990; Ongaro's thesis 6.4",
        make: |config| where_chosen(config, ReadsKeepLevel::new(ReadLevel::Strong, Level::Linearizable)),
    },
    PropertyRow {
        name: SEQUENTIAL_READS,
        summary: "All updates and the reads that are sequential or stronger are sequential.",
        source: "Lamport 1979; Ongaro's thesis 6.4, at the end",
        make: |config| where_chosen(config, ReadsKeepLevel::new(ReadLevel::Sequential, Level::Sequential)),
    },
    PropertyRow {
        name: CAUSAL_READS,
        summary: "All updates and the reads that are causal or stronger are causally convergent.",
        source: "Burckhardt 2014; Bouajjani et al. 2017",
        make: |config| where_chosen(config, ReadsKeepLevel::new(ReadLevel::Causal, Level::Causal)),
    },
    PropertyRow {
        name: SESSION_READS,
        summary: "All updates and the reads at the session level or stronger keep the four session guarantees.",
        source: "Terry et al. 1994",
        make: |config| where_chosen(config, ReadsKeepLevel::new(ReadLevel::Session, Level::Session)),
    },
    PropertyRow {
        name: EVENTUAL_READS,
        summary: "Once faults have long been over, no read is out of date for long.",
        source: "Vogels 2009; Golab, Li and Shah 2011",
        make: |config| where_chosen(config, EventualReads::new(config)),
    },
];
