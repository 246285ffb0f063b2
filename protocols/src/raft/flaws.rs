//! Bugs that people really made when they implemented Raft. Each one is a deviation in a single
//! place of the code, found by searching for its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::Level;
use sim_core::{FlawInfo, Guarantee};

use super::properties as p;

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RaftFlaw {
    /// A candidate counts a vote that was granted for an older term.
    StaleVoteReply,
    /// The vote is not written to the disk.
    VoteAmnesia,
    /// Neither the term nor the vote is ever written to the disk.
    TermAmnesia,
    /// The term and the vote are written, but answered before they are durable.
    UnsyncedVote,
    /// A vote is granted although another candidate has had this term's.
    DoubleVote,
    /// A candidate takes half of the votes for a majority.
    HalfIsAMajority,
    /// A vote is granted to a candidate whose log is behind.
    VotesForStaleLog,
    /// A leader commits entries of earlier terms by counting replicas.
    #[serde(rename = "figure-8")]
    Figure8,
    /// A follower cuts off everything behind what an AppendEntries carries.
    HeartbeatTruncates,
    /// A follower keeps what it has at an index, whatever the leader sent for it.
    StaleSuffixKept,
    /// A follower accepts entries without looking at the term of the one before them.
    SkipsPrevCheck,
    /// A new leader throws away what it has not committed.
    LeaderOverwritesLog,
    /// A follower commits as far as its log reaches, beyond what the leader has confirmed.
    CommitPastMatch,
    /// A follower takes the leader's commit index over even if it is below its own.
    CommitRegress,
    /// A leader stops at the first entry of an earlier term when it looks for what to commit.
    CommitStalls,
    /// A follower deletes all entries behind the matching point, good ones too, then writes anew.
    TornAppend,
    /// A follower acknowledges entries before they are durable.
    AckBeforeSync,
    /// A follower acknowledges all of its log, beyond what it was sent.
    InaccurateAck,
    /// A follower commits as far as the leader has, whether it has the entries or not.
    CommitBeyondLog,
    /// A leader takes what a late acknowledgement says for all that the follower has.
    MatchIndexRegress,
    /// A leader goes back to what a late refusal asks for, whatever was acknowledged since.
    StaleRejection,
    /// A leader counts itself for entries that are not durable yet.
    LeaderCountsUnsynced,
    /// A leader answers reads from its own state.
    LocalRead,
    /// A leader trusts its lease for as long as it believes that it leads.
    LeaseReadSkew,
    /// A leader keeps its lease although it has asked another to take over.
    TransferKeepsLease,
    /// A leader trusts all clocks to run at the same rate.
    LeaseWithoutMargin,
    /// A retried operation is applied again.
    KvNoDedup,
    /// A snapshot does not carry the sessions of the clients.
    SnapshotWithoutSessions,
    /// A follower installs a snapshot that is older than its own state.
    StaleSnapshotInstalled,
    /// A follower puts chunks together by their offsets, whichever snapshot they are of.
    MixedSnapshots,
    /// A follower that installs a snapshot keeps the entries behind it though they conflict.
    SnapshotKeepsSuffix,
    /// A leader sends what it still has of the log where a snapshot is due.
    SnapshotVsAppend,
    /// A leader changes the membership before it has committed an entry in its term.
    OneServerChange,
    /// A leader begins a change of the membership before the one before is committed.
    OverlappingChanges,
    /// A leader goes from one set of voters to any other without the joint configuration.
    SkipsJointConsensus,
    /// What a node of an earlier term asks is dropped without an answer.
    #[serde(rename = "prevote-check-quorum")]
    PreVoteCheckQuorum,
    /// A leader that hears from no majority goes on.
    QuorumLossBridge,
    /// A node answers reads without looking at what the session has seen.
    ReadsWithoutSessionIndex,
}

const fn flaw(
    name: &'static str,
    summary: &'static str,
    source: &'static str,
    violates: &'static [&'static str],
) -> FlawInfo {
    FlawInfo { name, summary, source, violates }
}

/// The check of the clients' history.
const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();
/// The check that something happens after the heal.
const PROGRESS: &str = "Progress";

/// What can go wrong once a leader lacks a committed entry.
const COMPLETENESS_AND_MORE: &[&str] =
    &[p::LEADER_COMPLETENESS, p::STATE_MACHINE_SAFETY, p::COMMITTED_ON_QUORUM, LINEARIZABILITY];
/// What can go wrong once a committed entry is lost on a node.
const QUORUM_AND_MORE: &[&str] = &[
    p::MATCH_INDEX_IS_REPLICATED,
    p::COMMITTED_ON_QUORUM,
    p::LEADER_COMPLETENESS,
    p::STATE_MACHINE_SAFETY,
    LINEARIZABILITY,
    PROGRESS,
    p::COMMIT_INDEX_WITHIN_LOG,
];
/// What can go wrong once logs differ behind entries that are the same.
const MATCHING_AND_MORE: &[&str] = &[
    p::LOG_TERMS_NEVER_DECREASE,
    p::LOG_MATCHING,
    p::MATCH_INDEX_IS_REPLICATED,
    p::STATE_MACHINE_SAFETY,
    p::COMMITTED_ON_QUORUM,
    p::LEADER_COMPLETENESS,
    LINEARIZABILITY,
];

/// All flaws, in the order of [`RaftFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    flaw(
        "stale-vote-reply",
        "A candidate counts a vote that was granted for an older term.",
        "Xraft#33; little_raft#44",
        &[p::VOTES_WERE_GRANTED, p::ELECTION_SAFETY],
    ),
    flaw(
        "vote-amnesia",
        "The vote is not durable: after a restart a node votes again in the same term.",
        "akka-raft#56, found by DEMi (Scott et al., NSDI 2016)",
        &[p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY],
    ),
    flaw(
        "term-amnesia",
        "Neither term nor vote is durable: a restarted node begins at term 0.",
        "PySyncObj#201, #202",
        &[p::TERM_NEVER_DECREASES, p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY, p::LEADER_COMPLETENESS],
    ),
    flaw(
        "unsynced-vote",
        "Term and vote are written but not synced before the node answers; a power loss undoes them.",
        "tikv#1610 (etcd#7317)",
        &[p::TERM_NEVER_DECREASES, p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY],
    ),
    flaw(
        "double-vote",
        "A node grants its vote without looking whether it has voted in this term.",
        "Raft Figure 2, RequestVote rule 2, left out",
        &[p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY],
    ),
    flaw(
        "half-is-a-majority",
        "A candidate is elected by half of the voters: of four, by two.",
        "Raft 5.2, misread; CCF, \"Incorrect election quorum tally\" (Howard et al., NSDI 2025), is a relative",
        &[
            p::ELECTION_SAFETY,
            p::LEADER_COMPLETENESS,
            p::STATE_MACHINE_SAFETY,
            p::COMMITTED_ON_QUORUM,
            p::LOG_MATCHING,
            LINEARIZABILITY,
        ],
    ),
    flaw(
        "votes-for-stale-log",
        "A node grants its vote to a candidate whose log is behind its own.",
        "Raft 5.4.1, left out",
        COMPLETENESS_AND_MORE,
    ),
    flaw(
        "figure-8",
        "A leader commits an entry of an earlier term by counting its replicas.",
        "Raft 5.4.2 and Figure 8; PySyncObj#169",
        COMPLETENESS_AND_MORE,
    ),
    flaw(
        "heartbeat-truncates",
        "A delayed AppendEntries erases entries behind it that the follower has acknowledged.",
        "RaftOS#26; willemt/raft#37",
        QUORUM_AND_MORE,
    ),
    flaw(
        "stale-suffix-kept",
        "A follower takes what it has at an index for what the leader sent, without comparing terms.",
        "willemt/raft#118",
        MATCHING_AND_MORE,
    ),
    flaw(
        "skips-prev-check",
        "A follower appends entries without comparing the term of the entry before them.",
        "Raft Figure 2, AppendEntries rule 2, left out",
        MATCHING_AND_MORE,
    ),
    flaw(
        "leader-overwrites-log",
        "A new leader deletes its uncommitted entries of earlier terms, which it must not commit directly.",
        "Raft 5.3 and 5.4.2, misread",
        &[p::LEADER_APPEND_ONLY, p::COMMITTED_ON_QUORUM, p::LEADER_COMPLETENESS, LINEARIZABILITY],
    ),
    flaw(
        "commit-past-match",
        "A follower commits min(leader's commit, last entry it has), not the last entry it was sent.",
        "scylladb#9965",
        &[p::STATE_MACHINE_SAFETY, p::COMMITTED_ON_QUORUM, p::LEADER_COMPLETENESS, LINEARIZABILITY],
    ),
    flaw(
        "commit-regress",
        "A follower takes over a commit index that is below its own.",
        "PySyncObj#166, found by SandTable (Tang et al., EuroSys 2024)",
        &[p::COMMIT_INDEX_NEVER_DECREASES],
    ),
    flaw(
        "commit-stalls",
        "A leader stops at the first entry of an earlier term when it looks for what to commit.",
        "RaftOS#30",
        &[PROGRESS],
    ),
    flaw(
        "torn-append",
        "A follower deletes everything behind the previous entry, good entries too, and then appends; \
         a crash between the two loses acknowledged entries.",
        "openraft 9540c904",
        QUORUM_AND_MORE,
    ),
    flaw(
        "ack-before-sync",
        "A follower acknowledges entries before they are durable; a power loss undoes them.",
        "dragonboat#201; robustmq#2039",
        QUORUM_AND_MORE,
    ),
    flaw(
        "inaccurate-ack",
        "A follower acknowledges up to the end of its log, not up to the last entry that it was sent.",
        "CCF, \"Inaccurate AE-ACK\" (Howard et al., NSDI 2025)",
        &[
            p::MATCH_INDEX_IS_REPLICATED,
            p::STATE_MACHINE_SAFETY,
            p::COMMITTED_ON_QUORUM,
            p::LEADER_COMPLETENESS,
            LINEARIZABILITY,
        ],
    ),
    flaw(
        "commit-beyond-log",
        "A follower takes over the leader's commit index though it lacks entries up to there.",
        "Raft Figure 2, AppendEntries rule 5, misread",
        &[p::COMMIT_INDEX_WITHIN_LOG, p::STATE_MACHINE_SAFETY],
    ),
    flaw(
        "match-index-regress",
        "A leader takes a late acknowledgement at its word, and the follower for having less than it has.",
        "raftos#25; PySyncObj#167, found by SandTable (Tang et al., EuroSys 2024); CCF#5324",
        &[p::MATCH_INDEX_NEVER_DECREASES],
    ),
    flaw(
        "stale-rejection",
        "A leader goes back to where a late refusal asks it to begin, though the follower has acknowledged more since.",
        "etcd#1207; raft-rs#555; CCF#5341",
        &[p::NEXT_INDEX_ABOVE_MATCH_INDEX],
    ),
    flaw(
        "leader-counts-unsynced",
        "A leader counts its own copy of an entry before it is durable.",
        "Ongaro's thesis 10.2.1, misread",
        QUORUM_AND_MORE,
    ),
    flaw(
        "local-read",
        "A leader answers reads from its own state without asking whether it still leads.",
        "Xraft-KV#40",
        &[LINEARIZABILITY],
    ),
    flaw(
        "lease-read-skew",
        "A leader answers reads as if it had a lease that never runs out: it waits for its no-op, but asks \
         nobody whether it still leads.",
        "raft-rs#140, #141; sofa-jraft#25",
        &[LINEARIZABILITY],
    ),
    flaw(
        "transfer-keeps-lease",
        "A leader keeps its lease although it has asked another to take over, who is voted for in spite of it. \
         Shows where `reads` is `lease`.",
        "openraft#1747, #1748; tikv#1593; Ongaro's thesis 6.4.1, misread",
        &[p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
    ),
    flaw(
        "lease-without-margin",
        "A lease lasts for a whole election timeout, as if the clocks of all nodes ran at the same rate. \
         Shows where `reads` is `lease`.",
        "tikv#1127; etcd#6005; Ongaro's thesis 6.4.1, left out",
        &[p::LEASE_IS_KEPT, p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
    ),
    flaw(
        "kv-no-dedup",
        "An operation that a client retries is applied once for each try.",
        "Ongaro's thesis 6.3, left out",
        &[LINEARIZABILITY],
    ),
    flaw(
        "snapshot-without-sessions",
        "Snapshots leave out the sessions of the clients; a retry is applied again after a restart.",
        "Ongaro's thesis 6.3, left out",
        &[p::SAME_STATE, LINEARIZABILITY],
    ),
    flaw(
        "stale-snapshot-installed",
        "A follower installs a delayed snapshot over a newer state of its own.",
        "eBay/NuRaft#407, found by Jepsen",
        &[p::COMMIT_INDEX_NEVER_DECREASES, p::MATCH_INDEX_IS_REPLICATED, p::COMMITTED_ON_QUORUM],
    ),
    flaw(
        "mixed-snapshots",
        "A follower puts chunks of snapshots together by their offsets, without comparing of which snapshot \
         they are.",
        "camunda#4346; smg#837; Raft Figure 13, lastIncludedIndex and lastIncludedTerm left out",
        &[p::SAME_STATE, LINEARIZABILITY],
    ),
    flaw(
        "snapshot-keeps-suffix",
        "A follower that installs a snapshot keeps entries behind it that conflict with it.",
        "hashicorp/raft#697, #704",
        &[p::LOG_TERMS_NEVER_DECREASE, p::LOG_MATCHING, p::MATCH_INDEX_IS_REPLICATED],
    ),
    flaw(
        "snapshot-vs-append",
        "A leader that has forgotten the entries that a follower needs sends it those behind its snapshot, \
         as if they came next.",
        "willemt/raft#118; RedisLabs/raft#49",
        MATCHING_AND_MORE,
    ),
    flaw(
        "one-server-change",
        "A leader changes the membership before it has committed an entry in its term: changes of two leaders \
         can have majorities without a node in common.",
        "Ongaro on raft-dev, 2015; atomix/copycat#23",
        &[p::LEADER_COMPLETENESS, p::ELECTION_SAFETY, p::STATE_MACHINE_SAFETY, p::COMMITTED_ON_QUORUM, LINEARIZABILITY],
    ),
    flaw(
        "overlapping-changes",
        "A leader begins a change of the membership before the one before is committed.",
        "Ongaro's thesis 4.1, left out",
        &[p::ONE_CHANGE_AT_A_TIME],
    ),
    flaw(
        "skips-joint-consensus",
        "A leader goes from one set of voters to any other in one entry, without the joint configuration.",
        "Raft 6 and Figure 10, left out",
        &[p::CONFIGURATIONS_OVERLAP],
    ),
    flaw(
        "prevote-check-quorum",
        "Requests of an earlier term are dropped without an answer. With pre-vote and check-quorum nobody \
         then learns of the term of a node that is ahead, and the two sides elect nobody.",
        "raft-rs#83, #84; etcd#8501",
        &[PROGRESS],
    ),
    flaw(
        "quorum-loss-bridge",
        "A leader that no longer hears from a majority goes on, and whoever still hears from it elects nobody else.",
        "OmniPaxos (Ng et al., EuroSys 2023); Cloudflare's incident of November 2020",
        &[PROGRESS],
    ),
    flaw(
        "reads-without-session-index",
        "Any node answers reads from what it has applied, without looking at how much the session of the client \
         has seen.",
        "ZooKeeper's clients hand their zxid to the next server for this; Ongaro's thesis 6.4, at the end, left out",
        &[
            Guarantee::Level(Level::ReadYourWrites).property(),
            Guarantee::Level(Level::MonotonicReads).property(),
            Guarantee::Level(Level::Sequential).property(),
            Guarantee::Level(Level::Causal).property(),
            LINEARIZABILITY,
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_flaw_has_its_name_in_the_configuration() {
        let mut last = None;
        for info in FLAWS {
            let flaw: RaftFlaw = serde_json::from_str(&format!("{:?}", info.name)).unwrap();
            assert!(last < Some(flaw), "{} is out of order", info.name);
            assert!(!info.violates.is_empty());
            last = Some(flaw);
        }
        assert_eq!(last.map(|last| last as usize + 1), Some(FLAWS.len()), "a flaw is not listed");
    }
}
