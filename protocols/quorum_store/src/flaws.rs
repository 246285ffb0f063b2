//! Ways to get a store with quorums wrong. Each one is a deviation in a single place of the code, found by searching for
//! its name.

use sim_core::PROGRESS;

use super::names::{
    ACKNOWLEDGED_WRITES_ARE_FOUND, ACKNOWLEDGED_WRITES_ARE_KEPT, ASKS_ALL_REPLICAS, DECLARED_LEVEL,
    DELETED_STAYS_DELETED, EACH_KEY_HAS_ONE_PARTITION, KEEPS_THE_MAXIMAL, KEYS_MOVE_ONLY_WITH_NODES, MERGES_KEEP_ALL,
    NEVER_GOES_BACK, ONE_VERSION_A_WRITE, ONE_WRITE_A_VERSION, READS_RETURN_THE_NEWEST, REPLICAS_CONVERGE,
    TREES_TELL_ALL, VERSIONS_FOLLOW_SESSIONS,
};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum QuorumFlaw {
        /// A node keeps what is for others in memory alone: a crash loses it.
        HintLost {
            name: "hint-lost",
            source: "textbook code, got wrong: hints are taken for a cache. Dynamo, section 4.6, keeps them in a database of their own",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT],
        },
        /// A node forgets what it has kept for another as soon as it has sent it.
        HintDroppedEarly {
            name: "hint-dropped-early",
            source: "Dynamo, section 4.6: the hint may be deleted once the transfer succeeds; got wrong",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT],
        },
        /// One node stands in for two replicas, and counts twice.
        HintsAtOneNode {
            name: "hints-at-one-node",
            source: "textbook code, got wrong: copies are counted, and not the nodes that have them",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT, READS_RETURN_THE_NEWEST],
        },
        /// A coordinator stamps a write by its wall clock, whatever the session has seen.
        LwwSkew {
            name: "lww-skew",
            source: "classic; the timestamps of Apache Cassandra, as Kingsbury tells of them (Jepsen, 2013)",
            violates: &[VERSIONS_FOLLOW_SESSIONS, DECLARED_LEVEL],
        },
        /// A replica forgets a deletion at once: another that has not heard of it brings the value back.
        GossipResurrect {
            name: "gossip-resurrect",
            source: "chitchat#155, #121; Demers et al. 1987, section 2",
            violates: &[DELETED_STAYS_DELETED],
        },
        /// A replica that is repaired by a read takes over what it is sent, also if it has something newer.
        RepairsBackwards {
            name: "repairs-backwards",
            source: "textbook code, got wrong: repair that writes without comparing",
            violates: &[NEVER_GOES_BACK, KEEPS_THE_MAXIMAL],
        },
        /// A read returns what was answered first.
        FirstValue {
            name: "first-value",
            source: "textbook code, got wrong: the first value is returned, and not the newest",
            violates: &[READS_RETURN_THE_NEWEST, DECLARED_LEVEL],
        },
        /// A coordinator asks no more replicas than it needs, so that none of them may be down.
        AsksFew {
            name: "asks-few",
            source: "textbook code, got wrong: writes go to W replicas, reads to R",
            violates: &[ASKS_ALL_REPLICAS],
        },
        /// A coordinator counts answers, and not replicas: one that answers twice counts twice.
        CountsTwice {
            name: "counts-twice",
            source: "textbook code, got wrong: quorums as a number of replies",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT, READS_RETURN_THE_NEWEST],
        },
        /// A coordinator takes an answer to an earlier operation of a client for one to the present operation.
        CountsOlderPhases {
            name: "counts-older-phases",
            source: "textbook code, left out: replies that do not say which request they answer",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT, READS_RETURN_THE_NEWEST, DECLARED_LEVEL],
        },
        /// Phases are numbered from the start after each boot: an answer from before a crash counts after it.
        ReusesPhases {
            name: "reuses-phases",
            source: "Guerraoui and Levy 2004: a process that recovers must tell replies to what it asked before it crashed",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT, READS_RETURN_THE_NEWEST, DECLARED_LEVEL],
        },
        /// Versions are compared the wrong way round: the older one stays.
        KeepsOldest {
            name: "keeps-oldest",
            source: "textbook code, got wrong: the test for newer versions inverted",
            violates: &[KEEPS_THE_MAXIMAL, NEVER_GOES_BACK],
        },
        /// Of two versions that did not know of each other a replica keeps its own.
        DropsRemote {
            name: "drops-remote",
            source: "textbook code, got wrong: a conflict drops the remote value, so that replicas diverge",
            violates: &[KEEPS_THE_MAXIMAL, REPLICAS_CONVERGE],
        },
        /// One clock counts the versions of all keys, and whoever has seen a version counts as having seen all before
        /// it: a write takes the place of what its author has not seen.
        OneClock {
            name: "one-clock",
            source: "textbook code, got wrong: one vector clock for all keys",
            violates: &[VERSIONS_FOLLOW_SESSIONS],
        },
        /// Whoever has read several versions writes the value of one of them, instead of all merged.
        KeepsOneSide {
            name: "keeps-one-side",
            source: "textbook code, got wrong: a conflict is resolved by taking the first of the versions",
            violates: &[MERGES_KEEP_ALL],
        },
        /// Replicas do not compare what they have: what has not reached one of them never will.
        NoAntiEntropy {
            name: "no-anti-entropy",
            source: "textbook code, left out: a lost replication is never repeated",
            violates: &[REPLICAS_CONVERGE],
        },
        /// The Merkle tree is not told of a deletion: replicas of which one has not heard of it seem alike.
        StaleTree {
            name: "stale-tree",
            source: "textbook code, got wrong: the index is brought up to date on writes alone",
            violates: &[TREES_TELL_ALL, REPLICAS_CONVERGE],
        },
        /// A node that restarts counts its versions from the start, under the same name.
        ReusesDots {
            name: "reuses-dots",
            source: "Gonçalves et al. 2015: a node that loses its counter must take another name",
            violates: &[ONE_WRITE_A_VERSION],
        },
        /// A node acknowledges what is not durable.
        AckBeforeSync {
            name: "ack-before-sync",
            source: "the default commitlog_sync: periodic of Apache Cassandra",
            violates: &[NEVER_GOES_BACK, ACKNOWLEDGED_WRITES_ARE_KEPT],
        },
        /// A node that boots answers with what it finds on its disk, which a crash before the sync has left there and a
        /// power loss can still take away.
        RecoversUnsynced {
            name: "recovers-unsynced",
            source: "Rebello et al. 2020: what can be read after a crash need not be durable",
            violates: &[NEVER_GOES_BACK, ACKNOWLEDGED_WRITES_ARE_KEPT, ONE_VERSION_A_WRITE, ONE_WRITE_A_VERSION],
        },
        /// After a failed sync a node boots, reads what is there, and syncs again: what the sync before has dropped it
        /// takes for durable, and a power loss takes it away.
        RetriesSync {
            name: "retries-sync",
            source: "PostgreSQL's \"fsyncgate\", 2018; Rebello et al. 2020",
            violates: &[NEVER_GOES_BACK, ACKNOWLEDGED_WRITES_ARE_KEPT, ONE_VERSION_A_WRITE, ONE_WRITE_A_VERSION, PROGRESS],
        },
        /// A coordinator sends a version out before it is durable of which write it is the version.
        UnsyncedVersions {
            name: "unsynced-versions",
            source: "Guerraoui and Levy 2004, what a writer logs before it writes, logged too late",
            violates: &[ONE_VERSION_A_WRITE, ONE_WRITE_A_VERSION],
        },
        /// A read takes over what another read of the same key has been told that is under way, also what was said
        /// before it began.
        JoinsReads {
            name: "joins-reads",
            source: "textbook code, got wrong: concurrent reads of one value are joined",
            violates: &[READS_RETURN_THE_NEWEST, DECLARED_LEVEL],
        },
        /// A client that gets no answer asks for its write at the next node, which makes a second version of it: the
        /// value comes back after it was overwritten.
        RetriesElsewhere {
            name: "retries-elsewhere",
            source: "textbook code, got wrong: a retry at another node is taken to be harmless",
            violates: &[ONE_VERSION_A_WRITE, DECLARED_LEVEL],
        },
        /// A coordinator that restarts does not know of which requests it has made versions.
        ForgetsRequests {
            name: "forgets-requests",
            source: "Lee et al., RIFL, SOSP 2015: completion records must be as durable as what they are about",
            violates: &[ONE_VERSION_A_WRITE],
        },
        /// A node that a key moves away from forgets what it has of it, and nobody is told.
        ForgetsHandOver {
            name: "forgets-hand-over",
            source: "textbook code, left out: nodes are added to the ring and taken from it, and no data moves",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT, ACKNOWLEDGED_WRITES_ARE_FOUND, DECLARED_LEVEL],
        },
        /// A node that a key moves to answers for it before it has what others have.
        AnswersEarly {
            name: "answers-early",
            source: "Apache Cassandra with auto_bootstrap: false, which a new node must not be started with",
            violates: &[ACKNOWLEDGED_WRITES_ARE_FOUND, DECLARED_LEVEL],
        },
        /// A node that a key moves to takes over what one of the replicas has, which may lack what others have.
        AsksOneOwner {
            name: "asks-one-owner",
            source: "CASSANDRA-2434: range movements can violate consistency",
            violates: &[ACKNOWLEDGED_WRITES_ARE_FOUND, DECLARED_LEVEL],
        },
        /// The nodes of a key follow from the key modulo how many members there are: nearly all keys move with every
        /// change.
        MovesOtherKeys {
            name: "moves-other-keys",
            source: "Karger et al. 1997, section 1: what consistent hashing is there to avoid",
            violates: &[KEYS_MOVE_ONLY_WITH_NODES],
        },
        /// The nodes that keep a range cut it behind the key at which it is split, and all others in front of it: that key
        /// is in both halves.
        SplitsBehind {
            name: "splits-behind",
            source: "textbook code, got wrong: ranges that have both of their ends, where the next begins with the end of the one before",
            violates: &[EACH_KEY_HAS_ONE_PARTITION],
        },
        /// A coordinator that is asked again for a write of which it has made a version says that it is done.
        AnswersRepeated {
            name: "answers-repeated",
            source: "textbook code, got wrong: duplicates are suppressed by what was begun, not by what is complete",
            violates: &[ACKNOWLEDGED_WRITES_ARE_KEPT],
        },
    }
}
