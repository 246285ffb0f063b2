//! Ways to get primary–backup replication wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use sim_core::PROGRESS;

use super::names::{
    ACKNOWLEDGED_IS_KEPT, ANNOUNCED_IS_SO, AVAILABLE, BEST_IS_PROMOTED, DECLARED_LEVEL, FACTOR_IS_RESTORED,
    FAILED_IS_REPLACED, FAILOVERS_HAVE_A_CAUSE, LEASES_ARE_KEPT, LOGS_MATCH, MAP_IS_OF_THE_LOG,
    NO_DEPOSED_ACKNOWLEDGES, ONE_PRIMARY, READS_ARE_CURRENT, REPLICAS_ARE_SPREAD, SECONDARIES_ARE_REMOVED, VIEWS_AGREE,
    VIEWS_ONLY_RISE,
};

/// What goes wrong where something is lost that was acknowledged.
const LOST: &[&str] = &[ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL];

/// What goes wrong where there are two primaries.
const SPLIT: &[&str] = &[
    VIEWS_ONLY_RISE,
    LEASES_ARE_KEPT,
    NO_DEPOSED_ACKNOWLEDGES,
    ACKNOWLEDGED_IS_KEPT,
    READS_ARE_CURRENT,
    DECLARED_LEVEL,
    LOGS_MATCH,
    PROGRESS,
];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum BackupFlaw {
        /// A replica takes part in any view, also in one before that which it knows or is sealed for.
        SplitBrain {
            name: "split-brain",
            source: "textbook code of primary-backup, left out: no fencing; Alsberg and Day 1976, section 5, leave it to operators",
            violates: SPLIT,
        },
        /// A secondary knows in memory alone which views it takes no part in any more.
        PromiseInMemory {
            name: "promise-in-memory",
            source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: what an acceptor promises to a new ballot is stable",
            violates: SPLIT,
        },
        /// Any node can be promoted, one too that was no replica for a while and knows nothing of that time.
        PromotesStale {
            name: "promotes-stale",
            source: "Kafka's unclean.leader.election.enable; textbook code of primary-backup, got wrong",
            violates: &[FACTOR_IS_RESTORED, ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// A replica can be promoted that is still being synchronised.
        PromotesRecovering {
            name: "promotes-recovering",
            source: "textbook code of primary-backup, got wrong: whoever answers is promoted, synchronised or not",
            violates: LOST,
        },
        /// The first replica is promoted, and not the one that is most up to date.
        PromotesFirst {
            name: "promotes-first",
            source: "textbook code of primary-backup, got wrong: the first of the list is promoted, not the best",
            violates: &[BEST_IS_PROMOTED],
        },
        /// To be promoted a replica must be active, which no secondary is.
        PromotesNobody {
            name: "promotes-nobody",
            source: "textbook code of primary-backup, got wrong: promotion demands a state that no secondary is in",
            violates: &[FAILED_IS_REPLACED, PROGRESS],
        },
        /// Success is reported when the primary has a write on its own disk, with synchronous shipping too.
        AcknowledgesAlone {
            name: "acknowledges-alone",
            source: "textbook code of primary-backup, got wrong: success is reported whatever the secondaries did",
            violates: LOST,
        },
        /// A write fails that a secondary has not stored in time, although it is in the log.
        FailsWhatIsLogged {
            name: "fails-what-is-logged",
            source: "textbook code of primary-backup, got wrong: called asynchronous, but one dead replica fails a write that is \
                     in the log already",
            violates: &[DECLARED_LEVEL],
        },
        /// With asynchronous shipping nobody looks how far secondaries lag behind.
        LagUnbounded {
            name: "lag-unbounded",
            source: "asynchronous replication of MySQL and Redis by default: min-replicas-max-lag is left out",
            violates: &[ACKNOWLEDGED_IS_KEPT],
        },
        /// A failover begins anew at every look at a primary that has failed, whether one is under way or done.
        FailsOverAgain {
            name: "fails-over-again",
            source: "textbook code of a heartbeat detector, got wrong: failover begins anew at every tick",
            violates: &[FAILOVERS_HAVE_A_CAUSE, FAILED_IS_REPLACED, PROGRESS],
        },
        /// That a node has failed is announced, and not that it is back.
        TellsFailuresOnly {
            name: "tells-failures-only",
            source: "textbook code of failure detection, left out: failures are told, and recoveries are not",
            violates: &[ANNOUNCED_IS_SO],
        },
        /// The view service goes by heartbeats alone, and keeps a secondary that the primary does not reach.
        KeepsTheUnreachable {
            name: "keeps-the-unreachable",
            source: "Alfatafta et al., Toward a Generic Fault Tolerance Technique for Partial Network Partitioning, \
                     OSDI 2020: nodes that all reach the master and not each other; left out",
            violates: &[SECONDARIES_ARE_REMOVED],
        },
        /// Failover is automatic although it is for an operator to decide.
        OperatorNotAsked {
            name: "operator-not-asked",
            source: "textbook code of primary-backup, left out: the failover policy is stored and never read",
            violates: &[FAILOVERS_HAVE_A_CAUSE],
        },
        /// A secondary that meets a new view keeps what it knows to be acknowledged, and asks for the rest again. If it is
        /// promoted before that comes, the rest is lost.
        HwTruncation {
            name: "hw-truncation",
            source: "Kafka, KIP-101: followers truncate to the high watermark, of which they hear late",
            violates: &[FACTOR_IS_RESTORED, LOGS_MATCH, ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL, PROGRESS],
        },
        /// The deposed primary keeps what nobody else has, and adds to that.
        KeepsDiverged {
            name: "keeps-diverged",
            source: "textbook code of primary-backup, left out: the deposed primary is not rewound (compare pg_rewind)",
            violates: &[LOGS_MATCH, ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// The deposed primary is rewound, and what the lost entries have made of its map is not.
        KeepsApplied {
            name: "keeps-applied",
            source: "textbook code of primary-backup, got wrong: the log is rewound, and not what was made of it",
            violates: &[MAP_IS_OF_THE_LOG],
        },
        /// A primary answers reads for as long as it does not know that it is deposed.
        DeposedReads {
            name: "deposed-reads",
            source: "Gray and Cheriton, Leases, SOSP 1989: what a lease is for; left out",
            violates: &[READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// A primary takes its clock for as fast as that of the view service.
        LeaseIgnoresClocks {
            name: "lease-ignores-clocks",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 5: clocks may drift; left out",
            violates: &[LEASES_ARE_KEPT, NO_DEPOSED_ACKNOWLEDGES, READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// Another primary is made before the lease of the last one has run out.
        LeaseOutlived {
            name: "lease-outlived",
            source: "Gray and Cheriton, Leases, SOSP 1989: the server waits for the lease to expire; left out",
            violates: &[LEASES_ARE_KEPT, NO_DEPOSED_ACKNOWLEDGES, READS_ARE_CURRENT, ACKNOWLEDGED_IS_KEPT, DECLARED_LEVEL],
        },
        /// The view service goes on granting leases to a primary that is to be replaced, and waits for their end.
        RenewsInFailover {
            name: "renews-in-failover",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 2: whoever waits for the end of a lease grants \
                     none; left out",
            violates: &[FAILED_IS_REPLACED],
        },
        /// A secondary says that it has stored what it has not made durable.
        StoredBeforeSynced {
            name: "stored-before-synced",
            source: "the default flush.messages of Kafka, with one zone for all replicas",
            violates: &[PROGRESS, ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL, LOGS_MATCH],
        },
        /// A secondary that has caught up counts when the view service has said so, and not before: what is acknowledged in
        /// between it may lack.
        CountsLate {
            name: "counts-late",
            source: "Kafka, KIP-497: a leader counts the maximal in-sync set while a change of it is under way",
            violates: LOST,
        },
        /// A primary says once that a secondary has caught up, and not again if that is lost.
        CaughtUpToldOnce {
            name: "caught-up-told-once",
            source: "textbook code, left out: what is lost is never repeated",
            violates: &[FACTOR_IS_RESTORED],
        },
        /// The view service knows its views in memory alone.
        ViewsInMemory {
            name: "views-in-memory",
            source: "textbook code, got wrong: a coordinator in a hash map",
            violates: &[VIEWS_AGREE, PROGRESS],
        },
        /// The view service tells of views, and of what it needs for them, before that is durable: after a power loss it gives
        /// the same numbers once more.
        ViewsNotSynced {
            name: "views-not-synced",
            source: "Oki and Liskov, Viewstamped Replication, 1988, section 4: the number of the view is on stable storage",
            violates: &[VIEWS_AGREE, ONE_PRIMARY, LOGS_MATCH, ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL, PROGRESS],
        },
        /// A new primary serves before its secondaries have its log.
        ServesUnreconciled {
            name: "serves-unreconciled",
            source: "Lin et al., PacificA, MSR-TR-2008-25, section 3.3: reconciliation, left out",
            violates: LOST,
        },
        /// A primary does without a secondary that does not answer, and tells nobody.
        ShrinksAlone {
            name: "shrinks-alone",
            source: "Lin et al., PacificA, MSR-TR-2008-25, section 2.3: configurations are changed by their manager; got wrong",
            violates: LOST,
        },
        /// Where the view service is on Raft, whoever leads acts on what it decides before that is committed.
        ActsUncommitted {
            name: "acts-uncommitted",
            source: "Ongaro and Ousterhout, Raft, 2014, section 5.3: an entry is applied when it is \
                     committed; got wrong",
            violates: &[VIEWS_AGREE, ONE_PRIMARY, LOGS_MATCH, ACKNOWLEDGED_IS_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL, PROGRESS],
        },
        /// Where the view service is on Raft, a node that comes to lead does not wait for leases that the last one may
        /// have granted.
        LeadsAtOnce {
            name: "leads-at-once",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 3: after a crash a server waits for the longest lease; \
                     left out where it is another server",
            violates: &[LEASES_ARE_KEPT, NO_DEPOSED_ACKNOWLEDGES, READS_ARE_CURRENT, ACKNOWLEDGED_IS_KEPT, DECLARED_LEVEL],
        },
        /// Where the view service is on Raft, whoever leads grants leases without asking the others whether it still
        /// does.
        GrantsUnconfirmed {
            name: "grants-unconfirmed",
            source: "Ongaro, Consensus, 2014, section 6.4: a leader may have been deposed without knowing it; left out",
            violates: &[LEASES_ARE_KEPT, NO_DEPOSED_ACKNOWLEDGES, READS_ARE_CURRENT, ACKNOWLEDGED_IS_KEPT, DECLARED_LEVEL],
        },
        /// A replica is promoted only if most of the replicas that there should be are sealed, as if it were elected.
        PromotesByMajority {
            name: "promotes-by-majority",
            source: "textbook code, got wrong: f - 1 failed replicas are said to be survived, and a majority is asked for",
            violates: &[FAILED_IS_REPLACED, AVAILABLE, PROGRESS],
        },
        /// A replica that is lost is replaced by the first node that is free, in whatever zone.
        ZonesIgnored {
            name: "zones-ignored",
            source: "textbook code of replica placement, left out: zones are stored and never read",
            violates: &[REPLICAS_ARE_SPREAD],
        },
    }
}
