//! Ways to get chain replication wrong. Each one is a deviation in a single place of the code, found by searching for
//! its name.

use sim_core::PROGRESS;

use super::names::{
    ACKNOWLEDGED_IS_KEPT, CHAINS_AGREE, CLEAN_READS_ARE_LOCAL, DECLARED_LEVEL, FAILED_ARE_REMOVED, HISTORIES_MATCH,
    INPROCESS_REQUESTS, LEASES_ARE_KEPT, LENGTH_IS_RESTORED, ONLY_RISE, READS_ARE_COMMITTED, READS_ARE_CONFIRMED,
    READS_ARE_CURRENT, STALENESS_IS_BOUNDED, UPDATE_PROPAGATION, VERSIONS_ARE_TOLD,
};

/// What goes wrong where something is lost that was acknowledged.
const LOST: &[&str] = &[
    ACKNOWLEDGED_IS_KEPT,
    INPROCESS_REQUESTS,
    UPDATE_PROPAGATION,
    HISTORIES_MATCH,
    READS_ARE_CURRENT,
    READS_ARE_COMMITTED,
    STALENESS_IS_BOUNDED,
    DECLARED_LEVEL,
    PROGRESS,
];

/// What goes wrong where there are two chains.
const SPLIT: &[&str] = &[
    ONLY_RISE,
    CHAINS_AGREE,
    HISTORIES_MATCH,
    UPDATE_PROPAGATION,
    INPROCESS_REQUESTS,
    ACKNOWLEDGED_IS_KEPT,
    LEASES_ARE_KEPT,
    READS_ARE_CONFIRMED,
    READS_ARE_CURRENT,
    READS_ARE_COMMITTED,
    STALENESS_IS_BOUNDED,
    DECLARED_LEVEL,
    PROGRESS,
];

/// What goes wrong where a strong read misses something.
const STALE: &[&str] = &[READS_ARE_CONFIRMED, READS_ARE_CURRENT, DECLARED_LEVEL];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum ChainFlaw {
        /// Any server answers reads with what it knows to be committed, and asks nobody.
        AnyServerReads {
            name: "any-server-reads",
            source: "van Renesse and Schneider 2004, section 2: queries are directed to the tail; textbook code, got wrong",
            violates: STALE,
        },
        /// A server answers a read with the newest version that it has, committed or not.
        ReadsDirty {
            name: "reads-dirty",
            source: "Terrace and Freedman 2009, section 2.3: of a dirty object the tail is asked; left out",
            violates: &[READS_ARE_COMMITTED, DECLARED_LEVEL],
        },
        /// What tells a server that one version is committed makes all its versions clean.
        AckCleansAll {
            name: "ack-cleans-all",
            source: "Terrace and Freedman 2009, section 2.3: an acknowledgement is for one version of an object; got wrong",
            violates: LOST,
        },
        /// A strong read is answered without a lease, and nobody is asked: by a server too that was removed.
        ReadsUnfenced {
            name: "reads-unfenced",
            source: "van Renesse and Schneider 2004, section 3: servers are fail-stop; taken for granted where they are not",
            violates: STALE,
        },
        /// Leases are taken to last as long by all clocks.
        LeaseIgnoresClocks {
            name: "lease-ignores-clocks",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 5: clocks drift",
            violates: &[LEASES_ARE_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// The master removes a server that may still have a lease.
        LeaseOutlived {
            name: "lease-outlived",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 2: whoever changes something waits until leases run out",
            violates: &[LEASES_ARE_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// A master that has booted takes it that nobody has a lease.
        LeasesForgotten {
            name: "leases-forgotten",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 2: who recovers waits as long as any lease that was granted lasts; left out",
            violates: &[LEASES_ARE_KEPT, READS_ARE_CURRENT, DECLARED_LEVEL],
        },
        /// The master goes on granting leases to a server that is to be removed, and waits for their end.
        RenewsForTheFailed {
            name: "renews-for-the-failed",
            source: "Gray and Cheriton, Leases, SOSP 1989, section 2: whoever waits for the end of a lease grants none; left out",
            violates: &[FAILED_ARE_REMOVED],
        },
        /// A server confirms whatever configuration it is asked of, also one before that which it knows.
        ConfirmsOlder {
            name: "confirms-older",
            source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: an acceptor answers no lower ballot; left out",
            violates: STALE,
        },
        /// The tail tells nobody what is committed: who reads something waits until the last update of it is confirmed.
        VersionsUntold {
            name: "versions-untold",
            source: "Terrace and Freedman 2009, section 2.3: of a dirty object the tail is asked; left out",
            violates: &[VERSIONS_ARE_TOLD],
        },
        /// The master believes that a server cannot be reached, whoever says so and of whatever configuration.
        BelievesOldReports {
            name: "believes-old-reports",
            source: "textbook code, left out: a report is about a configuration; it may be late",
            violates: &[FAILED_ARE_REMOVED],
        },
        /// A server asks the tail for every read.
        AsksAlways {
            name: "asks-always",
            source: "Terrace and Freedman 2009, section 2.3: a clean version is returned at once; left out",
            violates: &[CLEAN_READS_ARE_LOCAL],
        },
        /// A tail that hands over goes on answering reads of what the next tail may have committed.
        OldTailReadsOn {
            name: "old-tail-reads-on",
            source: "van Renesse and Schneider 2004, section 3.1: the old tail is told that it is the tail no longer, and discards queries; left out",
            violates: &[VERSIONS_ARE_TOLD, READS_ARE_CURRENT, READS_ARE_CONFIRMED, DECLARED_LEVEL],
        },
        /// A server takes part in any configuration, also in one before that which it knows.
        NoFencing {
            name: "no-fencing",
            source: "textbook code of replication, left out: no fencing; taken for needless where a master says who is in the chain",
            violates: SPLIT,
        },
        /// A server knows in memory alone in which configurations it takes no part any more.
        PromiseInMemory {
            name: "promise-in-memory",
            source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: what an acceptor promises to a new ballot is stable",
            violates: SPLIT,
        },
        /// A server that has booted goes on in its place, and has forgotten that it has handed over.
        ResumesInPlace {
            name: "resumes-in-place",
            source: "van Renesse and Schneider 2004, section 3: servers are fail-stop, and one that comes back is a new one; got wrong",
            violates: SPLIT,
        },
        /// A server sends on and acknowledges what is not on its disk yet.
        AcksBeforeStored {
            name: "acks-before-stored",
            source: "textbook code, left out: what is acknowledged is durable; HyperDex's issue 13 asks what is persisted",
            violates: LOST,
        },
        /// The head acknowledges an update when it has ordered it.
        HeadAcknowledges {
            name: "head-acknowledges",
            source: "van Renesse and Schneider 2004, section 2: replies are generated by the tail; textbook code, got wrong",
            violates: LOST,
        },
        /// A new head drops what is not committed as far as it knows, and its successors keep it.
        HeadDropsPending {
            name: "head-drops-pending",
            source: "van Renesse and Schneider 2004, section 3.1: with the head, only what it has not sent on is lost; got wrong",
            violates: LOST,
        },
        /// When a middle server was removed, the new successor is sent what is new, and not the rest of what was on its
        /// way.
        NotResent {
            name: "not-resent",
            source: "van Renesse and Schneider 2004, section 3.1: the predecessor first forwards all of Sent; left out",
            violates: LOST,
        },
        /// In a new configuration, servers take what was on its way for done.
        SentForgotten {
            name: "sent-forgotten",
            source: "van Renesse and Schneider 2004, section 3.1: the Inprocess Requests Invariant; textbook code, got wrong",
            violates: LOST,
        },
        /// A server takes updates as they come, whatever is missing in between.
        TakesGaps {
            name: "takes-gaps",
            source: "van Renesse and Schneider 2004, section 2: links are reliable and FIFO; taken for granted where they are not",
            violates: LOST,
        },
        /// A server that joins keeps updates that its predecessor does not have.
        KeepsDiverged {
            name: "keeps-diverged",
            source: "Kafka's KIP-101: a replica that comes back has entries that no other has",
            violates: SPLIT,
        },
        /// A server that joins, and has updates that its predecessor does not have, is not sent anything.
        RefusesDiverged {
            name: "refuses-diverged",
            source: "3FS's issues 229 and 345: a storage target that comes back with a newer version stays offline or syncing for ever",
            violates: &[LENGTH_IS_RESTORED],
        },
        /// A server that joins is the tail at once.
        JoinsAtOnce {
            name: "joins-at-once",
            source: "van Renesse and Schneider 2004, section 3.1: the new tail first gets the history; textbook code, left out",
            violates: LOST,
        },
        /// The tail says that another can become the tail, and goes on committing without that.
        CountsLate {
            name: "counts-late",
            source: "van Renesse and Schneider 2004, section 3.1: updates that come meanwhile are forwarded to the new tail; got wrong",
            violates: LOST,
        },
        /// The tail hands over to a server that has what is committed, and has perhaps not removed yet what the tail
        /// does not have.
        HandsOverUnlinked {
            name: "hands-over-unlinked",
            source: "3FS's issue 345: a target that comes back has an update that its predecessor has not; got wrong as this code had it at first",
            violates: SPLIT,
        },
        /// A server takes its successor for dead that confirms nothing new.
        IdleIsDead {
            name: "idle-is-dead",
            source: "textbook code of a heartbeat, got wrong: data is taken for it, and a link without any for a broken one",
            violates: &[LENGTH_IS_RESTORED],
        },
        /// The tail says once that another can become the tail, and not again if that is lost.
        HandoverToldOnce {
            name: "handover-told-once",
            source: "textbook code, left out: what is lost is never repeated",
            violates: &[LENGTH_IS_RESTORED, PROGRESS],
        },
        /// What clients have asked already is known to the head alone, and not part of what is replicated.
        SessionsAtHead {
            name: "sessions-at-head",
            source: "van Renesse and Schneider 2004, section 2: clients ask again, and what must not take effect twice is for them; Ongaro's thesis, 6.3",
            violates: &[DECLARED_LEVEL],
        },
        /// Where all servers of the chain have failed, others begin anew, without what it had.
        StartsAnew {
            name: "starts-anew",
            source: "CorfuDB's issue 1708: the servers of the layout are down, and others come up, clean up and go on",
            violates: LOST,
        },
        /// The master knows the chain in memory alone.
        ChainsInMemory {
            name: "chains-in-memory",
            source: "textbook code, got wrong: a coordinator in a hash map",
            violates: SPLIT,
        },
        /// The master tells of a configuration before it is durable: after a power loss it gives the same number once
        /// more.
        ChainsNotSynced {
            name: "chains-not-synced",
            source: "Oki and Liskov, Viewstamped Replication, 1988, section 4: the number of the view is on stable storage",
            violates: SPLIT,
        },
        /// A bounded read is answered however long ago the server has heard that it is in the chain.
        AgeIgnored {
            name: "age-ignored",
            source: "Terrace and Freedman 2009, section 2.4: maximum-bounded inconsistency; left out",
            violates: &[STALENESS_IS_BOUNDED],
        },
        /// A bounded read is answered however many versions are not committed.
        VersionsIgnored {
            name: "versions-ignored",
            source: "Terrace and Freedman 2009, section 2.4: maximum-bounded inconsistency; left out",
            violates: &[STALENESS_IS_BOUNDED],
        },
    }
}
