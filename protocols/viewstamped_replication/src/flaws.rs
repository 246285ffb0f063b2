//! Bugs that people make when they implement Viewstamped Replication, and those of the paper. Each one is a deviation in a
//! single place of the code, found by searching for its name.

use sim_core::Guarantee;
use sim_core::consistency::Level;

use super::names as p;

/// The check of the clients' history.
const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();
/// The check that something happens after the heal.
const PROGRESS: &str = "Progress";

/// What can go wrong once a replica forgets what it has promised, or a view starts with another log.
const ANY_SAFETY: &[&str] = &[
    p::RECOVERING_TAKES_NO_PART,
    p::CRASH_NUMBERS_GROW,
    p::QUORUMS_ARE_MAJORITIES,
    p::QUORUMS_ARE_CRASH_CONSISTENT,
    p::NEVER_BACK,
    p::VIEW_SURVIVES,
    p::A_VIEW_STARTS_ONCE,
    p::LOGS_GROW,
    p::COMMITTED_BY_QUORUM,
    p::COMMITTED_IN_LATER_VIEWS,
    p::AGREEMENT,
    p::SAME_STATE,
    LINEARIZABILITY,
];
/// What can go wrong once a request gets lost that was committed, or is taken for committed.
const LOST: &[&str] =
    &[p::COMMITTED_BY_QUORUM, p::COMMITTED_IN_LATER_VIEWS, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum VrFlaw {
        /// Recovery as first published, without crash vectors: what a replica has said before a crash counts, though it
        /// recovers to a state in which it would not say it.
        VrrDisklessRecovery {
            name: "vrr-diskless-recovery",
            source: "Liskov and Cowling 2012, 4.3; Michael et al. 2017, 6, with the trace in appendix B.1 of the extended report, UW-CSE-17-08-01",
            violates: ANY_SAFETY,
        },
        /// A replica that recovers takes part in a change to a view that it has not heard of.
        RecoveringInViewchange {
            name: "recovering-in-viewchange",
            source: "UWSysLab/tapir#15",
            violates: ANY_SAFETY,
        },
        /// The view is not written to the disk that is there for it. Without such a disk it does nothing.
        ViewNotDurable {
            name: "view-not-durable",
            source: "Oki and Liskov 1988, the one write to stable storage, left out; relative: tigerbeetle/tigerbeetle#650",
            violates: ANY_SAFETY,
        },
        /// A replica says what it has before a majority takes part in no lower view.
        ReportsAtOnce {
            name: "reports-at-once",
            source: "Liskov and Cowling 2012, 4.2, left out: the StartViewChange of others, which stands for the write to a disk",
            violates: ANY_SAFETY,
        },
        /// A replica takes crash number 1 whenever it recovers, without asking which one it had.
        NumberNotRead {
            name: "number-not-read",
            source: "Michael et al. 2017, 3, left out: an incarnation ID is distinct from all earlier ones",
            violates: ANY_SAFETY,
        },
        /// Crash vectors are merged, and answers count whatever they say of their senders' crashes.
        CountsPastAnswers {
            name: "counts-past-answers",
            source: "Michael et al. 2017, Algorithm 1, lines 53 to 57, left out",
            violates: ANY_SAFETY,
        },
        /// A replica that recovers counts answers to questions that it has asked before an earlier crash.
        NonceIgnored {
            name: "nonce-ignored",
            source: "Liskov and Cowling 2012, 4.3, left out: all answers contain the nonce",
            violates: ANY_SAFETY,
        },
        /// A replica recovers with one answer too few.
        RecoversFromTooFew {
            name: "recovers-from-too-few",
            source: "Liskov and Cowling 2012, 4.3, got wrong: f + 1 others, as it does not count itself",
            violates: ANY_SAFETY,
        },
        /// A replica takes the log of whoever is in the latest view, primary or not.
        RecoversFromAnyone {
            name: "recovers-from-anyone",
            source: "Liskov and Cowling 2012, 4.3, left out: one answer is that of the primary",
            violates: ANY_SAFETY,
        },
        /// A replica that waits for a view to start helps another to recover to the view in which it was before.
        AnswersInViewChange {
            name: "answers-in-view-change",
            source: "Liskov and Cowling 2012, 4.3, left out: a replica answers only if its status is normal",
            violates: ANY_SAFETY,
        },
        /// The state that a replica recovers to has no client table.
        ClientTableNotTransferred {
            name: "client-table-not-transferred",
            source: "Liskov and Cowling 2012, 5.1, got wrong: the client table is part of a checkpoint",
            violates: &[p::SAME_STATE, LINEARIZABILITY],
        },
        /// The primary of a view that is to start counts messages, not who sent them.
        CountsReportsTwice {
            name: "counts-reports-twice",
            source: "textbook code, got wrong: messages are repeated; Liskov and Cowling 2012, 4.2: from different replicas",
            violates: &[p::QUORUMS_ARE_MAJORITIES, p::COMMITTED_IN_LATER_VIEWS, p::AGREEMENT, p::SAME_STATE, LINEARIZABILITY],
        },
        /// A view starts with the longest log, whatever the last view was in which its owner took part.
        LongestLog {
            name: "longest-log",
            source: "Liskov and Cowling 2012, 4.2, got wrong: the largest v' comes before the largest n",
            violates: LOST,
        },
        /// A view starts without what is not known to be committed.
        ForgetsSuffix {
            name: "forgets-suffix",
            source: "textbook code, got wrong: what was not known to be committed may have been",
            violates: ANY_SAFETY,
        },
        /// The primary of a new view takes all of its log for committed.
        CommitsWholeLog {
            name: "commits-whole-log",
            source: "textbook code, got wrong: commit taken from the log's length",
            violates: LOST,
        },
        /// A replica that has heard of a later view removes what it does not know to be committed before it has what comes
        /// instead.
        TruncatesBeforeTransfer {
            name: "truncates-before-transfer",
            source: "Liskov and Cowling 2012, 5.2, as published; J. Vanlightly, VR Revisited: State Transfer (part 3), 2022",
            violates: ANY_SAFETY,
        },
        /// A replica that has missed a view keeps what it does not know to be committed, and asks for what is behind that.
        KeepsOlderSuffix {
            name: "keeps-older-suffix",
            source: "Liskov and Cowling 2012, 5.2, left out: requests might have been reordered in the view change",
            violates: &[
                p::AGREEMENT,
                p::ONE_OP_NUMBER,
                p::COMMITTED_BY_QUORUM,
                p::COMMITTED_IN_LATER_VIEWS,
                p::SAME_STATE,
                LINEARIZABILITY,
            ],
        },
        /// A backup acknowledges a request though it lacks earlier ones.
        AcknowledgesOverGaps {
            name: "acknowledges-over-gaps",
            source: "Liskov and Cowling 2012, 4.1, left out: a backup waits for all earlier requests",
            violates: LOST,
        },
        /// The primary commits with one acknowledgement too few.
        CommitsBelowQuorum {
            name: "commits-below-quorum",
            source: "textbook code, got wrong: success reported whatever the others do; Liskov and Cowling 2012, 4.1: f of them",
            violates: LOST,
        },
        /// The primary counts acknowledgements of an earlier view.
        CountsOlderPrepareOks {
            name: "counts-older-prepare-oks",
            source: "textbook code, left out: replies that do not say which request they answer",
            violates: LOST,
        },
        /// The primary gives a request that is repeated another op-number as long as it is not executed.
        NumbersAgain {
            name: "numbers-again",
            source: "Liskov and Cowling 2012, 4.1, got wrong: the client table has a request when it comes, not when it is executed",
            violates: &[p::ONE_OP_NUMBER],
        },
        /// A replica takes no checkpoints, and its log grows for ever.
        LogGrows {
            name: "log-grows",
            source: "Liskov and Cowling 2012, 5.1, left out",
            violates: &[p::LOG_IS_BOUNDED],
        },
        /// A request that a client repeats takes effect again.
        ExecutesTwice {
            name: "executes-twice",
            source: "Liskov and Cowling 2012, 4.1, left out: the client table; Jepsen's class",
            violates: &[p::ONE_OP_NUMBER, LINEARIZABILITY],
        },
        /// The primary answers reads at once.
        PrimaryReadsAlone {
            name: "primary-reads-alone",
            source: "Liskov and Cowling 2012, 6.3, left out: the leases of the backups, without which another may be the primary",
            violates: &[LINEARIZABILITY],
        },
        /// The primary says nothing as long as no client asks for anything.
        NoCommitMessage {
            name: "no-commit-message",
            source: "Liskov and Cowling 2012, 4.1, left out: a Commit in place of the next Prepare, if there is none",
            violates: &[p::HEARD_PRIMARY_STAYS],
        },
        /// A replica that waits for a view to start waits for ever.
        WaitsForView {
            name: "waits-for-view",
            source: "textbook code, left out: the primary of the next view may have failed as well",
            violates: &[PROGRESS],
        },
    }
}
