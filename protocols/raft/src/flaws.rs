//! Bugs that people really made when they implemented Raft. Each one is a deviation in a single
//! place of the code, found by searching for its name.

use sim_core::Guarantee;
use sim_core::consistency::Level;
use sim_core::consistency::isolation::IsolationLevel;

use super::names as p;

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

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum RaftFlaw {
        /// A candidate counts a vote that was granted for an older term.
        StaleVoteReply {
            name: "stale-vote-reply",
            source: "Xraft#33; little_raft#44",
            violates: &[p::VOTES_WERE_GRANTED, p::ELECTION_SAFETY],
        },
        /// The vote is not durable: after a restart a node votes again in the same term.
        VoteAmnesia {
            name: "vote-amnesia",
            source: "akka-raft#56, found by DEMi (Scott et al., NSDI 2016)",
            violates: &[p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY],
        },
        /// Neither term nor vote is durable: a restarted node begins at term 0.
        TermAmnesia {
            name: "term-amnesia",
            source: "PySyncObj#201, #202",
            violates: &[p::TERM_NEVER_DECREASES, p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY, p::LEADER_COMPLETENESS],
        },
        /// Term and vote are written but not synced before the node answers; a power loss undoes them.
        UnsyncedVote {
            name: "unsynced-vote",
            source: "tikv#1610 (etcd#7317)",
            violates: &[p::TERM_NEVER_DECREASES, p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY],
        },
        /// A node grants its vote without looking whether it has voted in this term.
        DoubleVote {
            name: "double-vote",
            source: "Raft Figure 2, RequestVote rule 2, left out",
            violates: &[p::ONE_VOTE_A_TERM, p::ELECTION_SAFETY],
        },
        /// A candidate is elected by half of the voters: of four, by two.
        HalfIsAMajority {
            name: "half-is-a-majority",
            source: "Raft 5.2, misread; CCF, \"Incorrect election quorum tally\" (Howard et al., NSDI 2025), is a relative",
            violates: &[
                p::ELECTION_SAFETY,
                p::LEADER_COMPLETENESS,
                p::STATE_MACHINE_SAFETY,
                p::COMMITTED_ON_QUORUM,
                p::LOG_MATCHING,
                LINEARIZABILITY,
            ],
        },
        /// A node grants its vote to a candidate whose log is behind its own.
        VotesForStaleLog {
            name: "votes-for-stale-log",
            source: "Raft 5.4.1, left out",
            violates: COMPLETENESS_AND_MORE,
        },
        /// A leader commits an entry of an earlier term by counting its replicas.
        Figure8 {
            name: "figure-8",
            source: "Raft 5.4.2 and Figure 8; PySyncObj#169",
            violates: COMPLETENESS_AND_MORE,
        },
        /// A delayed AppendEntries erases entries behind it that the follower has acknowledged.
        HeartbeatTruncates {
            name: "heartbeat-truncates",
            source: "RaftOS#26; willemt/raft#37",
            violates: QUORUM_AND_MORE,
        },
        /// A follower takes what it has at an index for what the leader sent, without comparing terms.
        StaleSuffixKept {
            name: "stale-suffix-kept",
            source: "willemt/raft#118",
            violates: MATCHING_AND_MORE,
        },
        /// A follower appends entries without comparing the term of the entry before them.
        SkipsPrevCheck {
            name: "skips-prev-check",
            source: "Raft Figure 2, AppendEntries rule 2, left out",
            violates: MATCHING_AND_MORE,
        },
        /// A new leader deletes its uncommitted entries of earlier terms, which it must not commit
        /// directly.
        LeaderOverwritesLog {
            name: "leader-overwrites-log",
            source: "Raft 5.3 and 5.4.2, misread",
            violates: &[p::LEADER_APPEND_ONLY, p::COMMITTED_ON_QUORUM, p::LEADER_COMPLETENESS, LINEARIZABILITY],
        },
        /// A follower commits min(leader's commit, last entry it has), not the last entry it was sent.
        CommitPastMatch {
            name: "commit-past-match",
            source: "scylladb#9965",
            violates: &[
                p::STATE_MACHINE_SAFETY,
                p::COMMITTED_ON_QUORUM,
                p::LEADER_COMPLETENESS,
                LINEARIZABILITY,
            ],
        },
        /// A follower takes over a commit index that is below its own.
        CommitRegress {
            name: "commit-regress",
            source: "PySyncObj#166, found by SandTable (Tang et al., EuroSys 2024)",
            violates: &[p::COMMIT_INDEX_NEVER_DECREASES],
        },
        /// A leader stops at the first entry of an earlier term when it looks for what to commit.
        CommitStalls {
            name: "commit-stalls",
            source: "RaftOS#30",
            violates: &[PROGRESS],
        },
        /// A follower deletes everything behind the previous entry, good entries too, and then appends; a
        /// crash between the two loses acknowledged entries.
        TornAppend {
            name: "torn-append",
            source: "openraft 9540c904",
            violates: QUORUM_AND_MORE,
        },
        /// A follower acknowledges entries before they are durable; a power loss undoes them.
        AckBeforeSync {
            name: "ack-before-sync",
            source: "dragonboat#201; robustmq#2039",
            violates: QUORUM_AND_MORE,
        },
        /// A follower acknowledges up to the end of its log, not up to the last entry that it was sent.
        InaccurateAck {
            name: "inaccurate-ack",
            source: "CCF, \"Inaccurate AE-ACK\" (Howard et al., NSDI 2025)",
            violates: &[
                p::MATCH_INDEX_IS_REPLICATED,
                p::STATE_MACHINE_SAFETY,
                p::COMMITTED_ON_QUORUM,
                p::LEADER_COMPLETENESS,
                LINEARIZABILITY,
            ],
        },
        /// A follower takes over the leader's commit index though it lacks entries up to there.
        CommitBeyondLog {
            name: "commit-beyond-log",
            source: "Raft Figure 2, AppendEntries rule 5, misread",
            violates: &[p::COMMIT_INDEX_WITHIN_LOG, p::STATE_MACHINE_SAFETY],
        },
        /// A leader takes a late acknowledgement at its word, and the follower for having less than it has.
        MatchIndexRegress {
            name: "match-index-regress",
            source: "raftos#25; PySyncObj#167, found by SandTable (Tang et al., EuroSys 2024); CCF#5324",
            violates: &[p::MATCH_INDEX_NEVER_DECREASES],
        },
        /// A leader goes back to where a late refusal asks it to begin, though the follower has
        /// acknowledged more since.
        StaleRejection {
            name: "stale-rejection",
            source: "etcd#1207; raft-rs#555; CCF#5341",
            violates: &[p::NEXT_INDEX_ABOVE_MATCH_INDEX],
        },
        /// A leader counts its own copy of an entry before it is durable.
        LeaderCountsUnsynced {
            name: "leader-counts-unsynced",
            source: "Ongaro's thesis 10.2.1, misread",
            violates: QUORUM_AND_MORE,
        },
        /// A leader answers reads from its own state without asking whether it still leads.
        LocalRead {
            name: "local-read",
            source: "Xraft-KV#40",
            violates: &[LINEARIZABILITY],
        },
        /// A leader answers reads as if it had a lease that never runs out: it waits for its no-op, but
        /// asks nobody whether it still leads.
        LeaseReadSkew {
            name: "lease-read-skew",
            source: "raft-rs#140, #141; sofa-jraft#25",
            violates: &[LINEARIZABILITY],
        },
        /// A leader keeps its lease although it has asked another to take over, who is voted for in spite
        /// of it. Shows where `reads` is `lease`.
        TransferKeepsLease {
            name: "transfer-keeps-lease",
            source: "openraft#1747, #1748; tikv#1593; Ongaro's thesis 6.4.1, misread",
            violates: &[p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
        },
        /// A lease lasts for a whole election timeout, as if the clocks of all nodes ran at the same rate.
        /// Shows where `reads` is `lease`.
        LeaseWithoutMargin {
            name: "lease-without-margin",
            source: "tikv#1127; etcd#6005; Ongaro's thesis 6.4.1, left out",
            violates: &[p::LEASE_IS_KEPT, p::LEASE_IS_EXCLUSIVE, LINEARIZABILITY],
        },
        /// An operation that a client retries is applied once for each try.
        KvNoDedup {
            name: "kv-no-dedup",
            source: "Ongaro's thesis 6.3, left out",
            violates: &[LINEARIZABILITY],
        },
        /// Snapshots leave out the sessions of the clients; a retry is applied again after a restart.
        SnapshotWithoutSessions {
            name: "snapshot-without-sessions",
            source: "Ongaro's thesis 6.3, left out",
            violates: &[p::SAME_STATE, LINEARIZABILITY],
        },
        /// A follower installs a delayed snapshot over a newer state of its own.
        StaleSnapshotInstalled {
            name: "stale-snapshot-installed",
            source: "eBay/NuRaft#407, found by Jepsen",
            violates: &[p::COMMIT_INDEX_NEVER_DECREASES, p::MATCH_INDEX_IS_REPLICATED, p::COMMITTED_ON_QUORUM],
        },
        /// A follower puts chunks of snapshots together by their offsets, without comparing of which
        /// snapshot they are.
        MixedSnapshots {
            name: "mixed-snapshots",
            source: "camunda#4346; smg#837; Raft Figure 13, lastIncludedIndex and lastIncludedTerm left out",
            violates: &[p::SAME_STATE, LINEARIZABILITY],
        },
        /// A follower that installs a snapshot keeps entries behind it that conflict with it.
        SnapshotKeepsSuffix {
            name: "snapshot-keeps-suffix",
            source: "hashicorp/raft#697, #704",
            violates: &[p::LOG_TERMS_NEVER_DECREASE, p::LOG_MATCHING, p::MATCH_INDEX_IS_REPLICATED],
        },
        /// A leader that has forgotten the entries that a follower needs sends it those behind its
        /// snapshot, as if they came next.
        SnapshotVsAppend {
            name: "snapshot-vs-append",
            source: "willemt/raft#118; RedisLabs/raft#49",
            violates: MATCHING_AND_MORE,
        },
        /// A leader changes the membership before it has committed an entry in its term: changes of two
        /// leaders can have majorities without a node in common.
        OneServerChange {
            name: "one-server-change",
            source: "Ongaro on raft-dev, 2015; atomix/copycat#23",
            violates: &[
                p::LEADER_COMPLETENESS,
                p::ELECTION_SAFETY,
                p::STATE_MACHINE_SAFETY,
                p::COMMITTED_ON_QUORUM,
                LINEARIZABILITY,
            ],
        },
        /// A leader begins a change of the membership before the one before is committed.
        OverlappingChanges {
            name: "overlapping-changes",
            source: "Ongaro's thesis 4.1, left out",
            violates: &[p::ONE_CHANGE_AT_A_TIME],
        },
        /// A leader goes from one set of voters to any other in one entry, without the joint configuration.
        SkipsJointConsensus {
            name: "skips-joint-consensus",
            source: "Raft 6 and Figure 10, left out",
            violates: &[p::CONFIGURATIONS_OVERLAP],
        },
        /// Requests of an earlier term are dropped without an answer. With pre-vote and check-quorum nobody
        /// then learns of the term of a node that is ahead, and the two sides elect nobody.
        PreVoteCheckQuorum {
            name: "prevote-check-quorum",
            source: "raft-rs#83, #84; etcd#8501",
            violates: &[PROGRESS],
        },
        /// A leader that no longer hears from a majority goes on, and whoever still hears from it elects
        /// nobody else.
        QuorumLossBridge {
            name: "quorum-loss-bridge",
            source: "OmniPaxos (Ng et al., EuroSys 2023); Cloudflare's incident of November 2020",
            violates: &[PROGRESS],
        },
        /// Any node answers reads from what it has applied, without looking at how much the session of the
        /// client has seen.
        ReadsWithoutSessionIndex {
            name: "reads-without-session-index",
            source: "ZooKeeper's clients hand their zxid to the next server for this; Ongaro's thesis 6.4, at the end, left out",
            violates: &[
                Guarantee::Level(Level::ReadYourWrites).property(),
                Guarantee::Level(Level::MonotonicReads).property(),
                Guarantee::Level(Level::Session).property(),
                Guarantee::Level(Level::Sequential).property(),
                Guarantee::Level(Level::Causal).property(),
                LINEARIZABILITY,
                p::STRONG_READS,
                p::SEQUENTIAL_READS,
                p::CAUSAL_READS,
                p::SESSION_READS,
            ],
        },
        /// Any node answers strong reads once it has applied the session's index. Shows where `reads` is `chosen`.
        StrongReadAsSequential {
            name: "strong-read-as-sequential",
            source: "teleport#16941, with etcd's serializable reads",
            violates: &[p::STRONG_READS, LINEARIZABILITY],
        },
        /// A sequential read does not wait for the session's own puts and deletes, but remembers them. Shows where
        /// `reads` is `chosen`.
        SequentialReadAsCausal {
            name: "sequential-read-as-causal",
            source: "relatives: ClickHouse#90016; zookeeper-client-rust#32, where the index of the session gets lost",
            violates: &[p::SEQUENTIAL_READS],
        },
        /// A causal read waits for what the session has read of the same key only. Shows where `reads` is `chosen`.
        CausalReadAsSession {
            name: "causal-read-as-session",
            source: "azure-cosmos-dotnet-v3#2876: each partition has a session token of its own",
            violates: &[p::CAUSAL_READS],
        },
        /// A read at the session level is answered at once, whatever the session has done or seen. Shows where
        /// `reads` is `chosen`.
        SessionReadAsEventual {
            name: "session-read-as-eventual",
            source: "azure-sdk-for-rust#4625",
            violates: &[p::SESSION_READS],
        },
        /// A client keeps what an eventual read returned of a key, and never looks at another answer. Shows where
        /// `reads` is `chosen`.
        EventualReadCached {
            name: "eventual-read-cached",
            source: "etcd#14665; pulsar#2785",
            violates: &[p::EVENTUAL_READS],
        },
        /// A leader answers a transaction with what it had applied when it was asked: only what the
        /// transaction writes goes through the log. Shows where clients ask for transactions.
        TransactionReadsEarly {
            name: "transaction-reads-early",
            source: "Raft 8, misread: of a transaction, the reads need the log too",
            violates: &[
                Guarantee::Isolation(IsolationLevel::StrictSerializable).property(),
                Guarantee::Isolation(IsolationLevel::StrongSessionSerializable).property(),
                Guarantee::Isolation(IsolationLevel::Serializable).property(),
                Guarantee::Isolation(IsolationLevel::RepeatableRead).property(),
                Guarantee::Isolation(IsolationLevel::StrongSnapshotIsolation).property(),
                Guarantee::Isolation(IsolationLevel::StrongSessionSnapshotIsolation).property(),
                Guarantee::Isolation(IsolationLevel::SnapshotIsolation).property(),
                Guarantee::Isolation(IsolationLevel::ParallelSnapshotIsolation).property(),
                LINEARIZABILITY,
            ],
        },
    }
}
