//! Ways to get a causal store wrong. Each one is a deviation in a single place of the code, found by searching for
//! its name.

use sim_core::{Guarantee, PROGRESS};

use super::names::{
    CAUSAL_PLUS, CLOCK_CONDITION, DEPENDENCIES_FIRST, LAST_WRITER_WINS, NO_UPDATE_LOST, SESSION_GUARANTEES,
    UNIQUE_VERSIONS,
};

const CONVERGENCE: &str = Guarantee::Eventual.property();

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum CausalFlaw {
        /// Data centres are told of a put and not of what it depends on.
        DropsDependencies {
            name: "drops-dependencies",
            source: "Lloyd et al. 2011, section 4.4, left out: replication that is asynchronous and no more",
            violates: &[DEPENDENCIES_FIRST, CAUSAL_PLUS],
        },
        /// A client keeps of its dependencies the one with the highest stamp, as if it depended on all others.
        PrunesByStamp {
            name: "prunes-by-stamp",
            source: "Mattern 1989: that Lamport's clock of one event is lower does not say that it was before the other",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A client that has read a version drops its other dependencies, as after a put.
        ReadStandsForAll {
            name: "read-stands-for-all",
            source: "Lloyd et al. 2011, section 4.3, got wrong: only a put depends on what its session has seen",
            violates: &[DEPENDENCIES_FIRST, CLOCK_CONDITION, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A put takes the place of what the session has read before, and the session does not take it for something
        /// read: gets that ask for monotonic reads alone come after nothing.
        PutStandsForNoRead {
            name: "put-stands-for-no-read",
            source: "made in a draft of this implementation: the context of Lloyd et al. 2011 beside the two sets of \
                     Terry et al. 1994",
            violates: &[SESSION_GUARANTEES],
        },
        /// A client that goes to another data centre begins there with an empty context.
        ForgetsOnSwitch {
            name: "forgets-on-switch",
            source: "textbook code, left out: a session kept where it began (Terry et al. 1994 have the client keep it)",
            violates: &[DEPENDENCIES_FIRST, CLOCK_CONDITION, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A get is not held up for the session's own writes.
        IgnoresReadYourWrites {
            name: "ignores-read-your-writes",
            source: "Terry et al. 1994, table 1: the write set is checked on reads, left out",
            violates: &[SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A get is not held up for what the session has read.
        IgnoresMonotonicReads {
            name: "ignores-monotonic-reads",
            source: "Terry et al. 1994, table 1: the read set is checked on reads, left out",
            violates: &[SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A put does not depend on the session's earlier writes.
        IgnoresMonotonicWrites {
            name: "ignores-monotonic-writes",
            source: "Terry et al. 1994, table 1: the write set is checked on writes, left out",
            violates: &[DEPENDENCIES_FIRST, CLOCK_CONDITION, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A put does not depend on what the session has read.
        IgnoresWritesFollowReads {
            name: "ignores-writes-follow-reads",
            source: "Terry et al. 1994, table 1: the read set is checked on writes, left out",
            violates: &[DEPENDENCIES_FIRST, CLOCK_CONDITION, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A node reads at once and checks the session's dependencies afterwards: it answers with what it had before
        /// they were there.
        ReadsBeforeCheck {
            name: "reads-before-check",
            source: "Terry et al. 1994, section 4, got wrong: the server is checked before the operation",
            violates: &[LAST_WRITER_WINS, CAUSAL_PLUS],
        },
        /// A node checks those dependencies that are keys of its own partition, and takes the others for met.
        ChecksOwnPartition {
            name: "checks-own-partition",
            source: "Lloyd et al. 2011, section 4.4, left out: the node that has the key is asked",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A dependency counts as met where a higher version of the key is there: that one may be concurrent, and
        /// what the dependency depends on may be missing.
        NewerIsEnough {
            name: "newer-is-enough",
            source: "Lloyd et al. 2011, section 4.4: a node waits until the needed version has been written",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A node counts the answers to its checks and does not look from whom they are: one that comes twice stands
        /// for another one.
        CountsReplies {
            name: "counts-replies",
            source: "textbook code, got wrong: a countdown of answers",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// Checks are numbered from the start after each boot: the answer to one from before a crash counts for another
        /// one.
        ReusesCheckNumbers {
            name: "reuses-check-numbers",
            source: "textbook code, got wrong: numbers of requests that are kept in memory alone",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// What has asked fifty times for its dependencies goes on without them.
        GivesUpWaiting {
            name: "gives-up-waiting",
            source: "textbook code, got wrong: a timeout that takes silence for consent",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
        /// A check whose answer was lost is never made again.
        NeverAsksAgain {
            name: "never-asks-again",
            source: "textbook code, left out: messages that are lost",
            violates: &[CONVERGENCE, PROGRESS],
        },
        /// A node answers checks, and acknowledges versions, before they are durable.
        ConfirmsBeforeSync {
            name: "confirms-before-sync",
            source: "the default commitlog_sync: periodic of Apache Cassandra, on the way between nodes",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CONVERGENCE, NO_UPDATE_LOST, PROGRESS, CAUSAL_PLUS],
        },
        /// A node acknowledges what it is sent, although it is not visible yet and a crash takes it away.
        AcknowledgesOnReceipt {
            name: "acknowledges-on-receipt",
            source: "textbook code, got wrong: received taken for done",
            violates: &[CONVERGENCE, PROGRESS],
        },
        /// A node that boots does not go on to replicate what others have not acknowledged.
        ForgetsUnacknowledged {
            name: "forgets-unacknowledged",
            source: "textbook code: a lost replication is never repeated",
            violates: &[CONVERGENCE, PROGRESS],
        },
        /// A put is replicated before it is durable: after a power loss its stamp is given again.
        ReplicatesBeforeSync {
            name: "replicates-before-sync",
            source: "textbook code, got wrong: replication beside the write to the disk and not after it",
            violates: &[UNIQUE_VERSIONS, CONVERGENCE, NO_UPDATE_LOST, DEPENDENCIES_FIRST],
        },
        /// A client is told of its put before that is durable.
        RepliesBeforeSync {
            name: "replies-before-sync",
            source: "the default commitlog_sync: periodic of Apache Cassandra",
            violates: &[
                SESSION_GUARANTEES, UNIQUE_VERSIONS, DEPENDENCIES_FIRST, NO_UPDATE_LOST, CONVERGENCE, PROGRESS,
                CAUSAL_PLUS,
            ],
        },
        /// A node that boots uses what it finds on its disk, which a crash before the sync has left there and a power
        /// loss can still take away.
        RecoversUnsynced {
            name: "recovers-unsynced",
            source: "Rebello et al., ATC 2020",
            violates: &[NO_UPDATE_LOST, DEPENDENCIES_FIRST, SESSION_GUARANTEES, CONVERGENCE, PROGRESS, UNIQUE_VERSIONS],
        },
        /// After a failed sync a node boots, reads what is there, and syncs again: what the sync before has dropped it
        /// takes for durable.
        RetriesSync {
            name: "retries-sync",
            source: "PostgreSQL's \"fsyncgate\", 2018; Rebello et al. 2020",
            violates: &[NO_UPDATE_LOST, DEPENDENCIES_FIRST, SESSION_GUARANTEES, CONVERGENCE, PROGRESS, UNIQUE_VERSIONS],
        },
        /// A node that boots empties its log and writes it anew: a power loss in between leaves nothing.
        TruncatesFirst {
            name: "truncates-first",
            source: "Pillai et al., All File Systems Are Not Created Equal, OSDI 2014: files that are replaced in place",
            violates: &[NO_UPDATE_LOST, DEPENDENCIES_FIRST, SESSION_GUARANTEES, CONVERGENCE, PROGRESS, UNIQUE_VERSIONS],
        },
        /// A node remembers the last eight puts of each client: an earlier one that comes again is made twice.
        RemembersEightRequests {
            name: "remembers-eight-requests",
            source: "Apache Kafka, KAFKA-5494, got wrong: the last few batches of a producer are kept, and what is older is \
                     refused",
            violates: &[UNIQUE_VERSIONS],
        },
        /// A node that boots has forgotten which puts it has carried out: one that comes again is made twice.
        ForgetsRequests {
            name: "forgets-requests",
            source: "textbook code, left out: a table of requests that is not durable",
            violates: &[UNIQUE_VERSIONS],
        },
        /// The stamp of a put is not raised by what the put depends on.
        StampIgnoresDependencies {
            name: "stamp-ignores-dependencies",
            source: "Lamport 1978, implementation rule 2, left out",
            violates: &[CLOCK_CONDITION, CAUSAL_PLUS],
        },
        /// Stamps do not say which node has given them: two data centres give one to different writes.
        TiesUnbroken {
            name: "ties-unbroken",
            source: "Lloyd et al. 2011, section 4.2, left out: the lower bits of a version are the node's",
            violates: &[UNIQUE_VERSIONS, CONVERGENCE],
        },
        /// A node keeps the version that it hears of last, whatever its stamp.
        ArrivalOrder {
            name: "arrival-order",
            source: "Lloyd et al. 2011, section 3: without convergent conflict handling data centres stay different",
            violates: &[LAST_WRITER_WINS, CONVERGENCE, CAUSAL_PLUS],
        },
        /// A node that boots takes the last version on its disk for the latest, whatever its stamp.
        RecoversInLogOrder {
            name: "recovers-in-log-order",
            source: "textbook code, got wrong: recovery that does not compare as normal operation does",
            violates: &[LAST_WRITER_WINS, CONVERGENCE, CAUSAL_PLUS],
        },
        /// A node that boots takes, of two versions with the same time, the later one on its disk for the latest.
        RecoversTiesInLogOrder {
            name: "recovers-ties-in-log-order",
            source: "Lloyd et al. 2011, section 4.2, got wrong in recovery alone: the node's number decides",
            violates: &[LAST_WRITER_WINS, CONVERGENCE, CAUSAL_PLUS],
        },
        /// A node that boots keeps a version although a power loss has taken one of its own from which that depends:
        /// the disk has written the later of two records first.
        KeepsReordered {
            name: "keeps-reordered",
            source: "made in this implementation, and found by its general scenario",
            violates: &[DEPENDENCIES_FIRST, SESSION_GUARANTEES, CAUSAL_PLUS],
        },
    }
}
