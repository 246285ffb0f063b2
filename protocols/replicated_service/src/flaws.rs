//! Ways to get active and semi-active replication wrong. Each one is a deviation in a single place of the code, or one of
//! each mode, found by searching for its name.

use sim_core::consistency::Level;
use sim_core::{Guarantee, PROGRESS};

use super::names::{ACCUSED, AGREEMENT, KEPT, MASKED, ONCE, ONE_LEADER, OUTPUTS, REPAIRED, STAMPS, STOPPED};

/// What clients see is not one map.
const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();

/// What goes wrong where replicas do not do the same.
const APART: &[&str] = &[AGREEMENT, OUTPUTS, MASKED, ACCUSED, REPAIRED, ONCE, KEPT, LINEARIZABILITY, PROGRESS, STAMPS];

/// What goes wrong where something is lost that was answered, and others do their own.
const LOST: &[&str] = &[KEPT, AGREEMENT, OUTPUTS, ONCE, MASKED, STAMPS, REPAIRED, LINEARIZABILITY, PROGRESS];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum ServiceFlaw {
        /// Each replica draws by itself when it executes a command.
        OwnDraw {
            name: "own-draw",
            source: "Schneider, Implementing Fault-Tolerant Services Using the State Machine Approach, 1990, section 1: a state \
                     machine is deterministic; got wrong",
            violates: APART,
        },
        /// Each replica reads its own clock when it executes a command.
        OwnClock {
            name: "own-clock",
            source: "Powell et al., The Delta-4 approach to dependability, 1988, and Barrett et al., The Delta-4 extra performance \
                     architecture, 1990: the leader imposes its decisions on the followers; left out",
            violates: APART,
        },
        /// Each replica goes through the tickets in the drum in an order of its own.
        OwnOrder {
            name: "own-order",
            source: "Rust's HashMap and Go's map: the order of iteration differs from process to process; textbook code of state \
                     machines, got wrong",
            violates: APART,
        },
        /// A clock that is behind the last stamp counts all the same.
        StampsFallBack {
            name: "stamps-fall-back",
            source: "Ongaro's thesis 2014, section 6.3: time that commands carry must not go back when another node leads; left out",
            violates: &[STAMPS],
        },
        /// A command that comes up once more is executed once more.
        ExecutesAgain {
            name: "executes-again",
            source: "Ongaro's thesis 2014, section 6.3: duplicates are filtered when a command is executed; left out",
            violates: &[ONCE, OUTPUTS, MASKED, LINEARIZABILITY],
        },
        /// An active replica executes what is in its log, committed or not.
        ExecutesUncommitted {
            name: "executes-uncommitted",
            source: "textbook code of Raft, got wrong: commit is taken from the length of the log",
            violates: APART,
        },
        /// A client takes the first output that comes.
        FirstOutput {
            name: "first-output",
            source: "Schneider 1990, section 3: with value faults the output of the ensemble is that of the majority; left out",
            violates: &[MASKED, LINEARIZABILITY],
        },
        /// A client counts the outputs that have come, and not those that are alike.
        CountsOutputs {
            name: "counts-outputs",
            source: "textbook code of voting, got wrong: enough answers are taken for agreement, and the last one is returned",
            violates: &[MASKED, LINEARIZABILITY],
        },
        /// A client counts a replica that answers twice as two.
        CountsTwice {
            name: "counts-twice",
            source: "Castro and Liskov 1999, section 4.1: replies from different replicas; textbook code of voting, got wrong",
            violates: &[MASKED, LINEARIZABILITY],
        },
        /// Replicas compare what their states come to whether they have executed as much or not.
        ComparesUneven {
            name: "compares-uneven",
            source: "Schneider 1990, section 3: replicas that have processed the same requests have the same state; textbook code of \
                     comparison, got wrong",
            violates: &[ACCUSED, REPAIRED, PROGRESS],
        },
        /// A replica that is outvoted goes on as it is.
        KeepsOddState {
            name: "keeps-odd-state",
            source: "Schneider 1990, section 7: a faulty replica is reintegrated with a correct state; left out",
            violates: &[REPAIRED],
        },
        /// A leader answers when it has executed a command, whatever the followers know of that.
        AnswersAlone {
            name: "answers-alone",
            source: "Powell (ed.), Delta-4: A Generic Architecture for Dependable Distributed Computing, 1991: followers \
                     know of a decision before it shows; textbook code of semi-active replication, left out",
            violates: LOST,
        },
        /// A leader answers when one follower knows, and not all.
        AnswersAfterOne {
            name: "answers-after-one",
            source: "textbook code of replication, got wrong: one acknowledgement is taken for all (MySQL's \
                     rpl_semi_sync_master_wait_for_slave_count is 1), and another follower takes over",
            violates: LOST,
        },
        /// A leader that is asked again answers at once with what the followers may not know yet.
        AnswersRepeatsEarly {
            name: "answers-repeats-early",
            source: "Oki and Liskov, Viewstamped Replication, 1988, and Liskov and Cowling 2012, section 4.1: the client table \
                     answers when the operation is committed; left out",
            violates: LOST,
        },
        /// A follower takes over with what it has itself, and decides anew what others have executed already.
        TakesOverAlone {
            name: "takes-over-alone",
            source: "textbook code of failover, got wrong: the first replica is promoted, not the best",
            violates: LOST,
        },
        /// A follower takes over when most of the others have said what they have executed.
        TakesOverEarly {
            name: "takes-over-early",
            source: "quorums where there are none: a majority of reports is taken for enough, as in Paxos, where values are chosen by \
                     a majority too (Lamport 1998)",
            violates: LOST,
        },
        /// A follower executes what a leader had sent that is replaced by now.
        NoEpochs {
            name: "no-epochs",
            source: "Oki and Liskov 1988: messages of an earlier view are ignored; textbook code of failover, left out",
            violates: LOST,
        },
        /// A follower executes notifications in the order in which they come.
        AsItComes {
            name: "as-it-comes",
            source: "Barrett et al. 1990: notifications are executed in the order of the leader; textbook code, left out",
            violates: APART,
        },
        /// A copy for a spare, or for one that is behind, is without what clients were told last.
        CopyWithoutSessions {
            name: "copy-without-sessions",
            source: "Ongaro's thesis 2014, section 6.3: sessions are part of snapshots; left out",
            violates: &[ONCE, AGREEMENT, OUTPUTS, MASKED, LINEARIZABILITY, REPAIRED],
        },
        /// A copy is put over the state of who is behind, and not in its place: keys that were deleted meanwhile are
        /// there again.
        CopiesOver {
            name: "copies-over",
            source: "textbook code of checkpoints, got wrong: what is in the checkpoint is restored, and the rest stays",
            violates: &[OUTPUTS, REPAIRED, MASKED, LINEARIZABILITY],
        },
        /// Who takes over forgets what clients were told last.
        ForgetsSessions {
            name: "forgets-sessions",
            source: "textbook code of failover, left out: the table of answered requests belongs to the old leader",
            violates: &[ONCE, AGREEMENT, OUTPUTS, MASKED, LINEARIZABILITY, REPAIRED],
        },
        /// A spare counts when it has said that it has its copy, and not from when that was made.
        CountsSparesLate {
            name: "counts-spares-late",
            source: "Kafka, KIP-497: a leader counts the maximal in-sync set while a change of it is under way; got wrong",
            violates: LOST,
        },
        /// A node that is not heard for a while is taken for stopped.
        SuspectsSlow {
            name: "suspects-slow",
            source: "Chandra and Toueg 1996: without synchrony no detector based on time is perfect; textbook code of a heartbeat, \
                     where Delta-4 asks for fail-silent nodes",
            violates: &[STOPPED, ONE_LEADER, KEPT, AGREEMENT, OUTPUTS, ONCE, MASKED, STAMPS, REPAIRED, LINEARIZABILITY, PROGRESS],
        },
        /// A leader goes on waiting for a follower that has stopped.
        WaitsForTheStopped {
            name: "waits-for-the-stopped",
            source: "textbook code of primary-backup, got wrong: one dead replica fails a write",
            violates: &[PROGRESS],
        },
    }
}
