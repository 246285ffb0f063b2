//! Ways to get a server of async functions wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use sim_core::consistency::Level;
use sim_core::{Guarantee, PROGRESS};

use super::names::{
    APPLIED_IN_ORDER, COMMITTED_ON_MAJORITY, ELECTED_BY_MAJORITY, ELECTION_SAFETY, LEADER_COMPLETENESS, LOG_MATCHING,
    ONE_VOTE_A_TERM, STATE_MACHINE_SAFETY,
};

/// The check of the clients' history.
const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();

/// What can go wrong once committed entries are lost.
const LOST_ENTRIES: &[&str] =
    &[COMMITTED_ON_MAJORITY, LEADER_COMPLETENESS, STATE_MACHINE_SAFETY, APPLIED_IN_ORDER, LINEARIZABILITY];
/// What can go wrong once there are two leaders in a term.
const TWO_LEADERS: &[&str] = &[
    ELECTED_BY_MAJORITY,
    ELECTION_SAFETY,
    LOG_MATCHING,
    COMMITTED_ON_MAJORITY,
    LEADER_COMPLETENESS,
    STATE_MACHINE_SAFETY,
    APPLIED_IN_ORDER,
    LINEARIZABILITY,
];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum AsyncKvFlaw {
        /// A server looks whether it may vote, waits for its disk, and votes then, whatever has changed meanwhile: two
        /// tasks that wait at a time vote for two candidates.
        VotesOverAwait {
            name: "votes-over-await",
            source: "Raft 5.2; CWE-367, time of check to time of use, with an `await` between the two",
            violates: &[
                ONE_VOTE_A_TERM, ELECTED_BY_MAJORITY, ELECTION_SAFETY, LOG_MATCHING, COMMITTED_ON_MAJORITY,
                LEADER_COMPLETENESS,
            ],
        },
        /// A server that is asked for a vote that it has given repeats it at once, though the task that gave it may
        /// still wait for the disk.
        RepeatsVotesEarly {
            name: "repeats-votes-early",
            source: "Raft Figure 2, persistent state is updated before responding; left out for copies",
            violates: &[ONE_VOTE_A_TERM, ELECTED_BY_MAJORITY, ELECTION_SAFETY],
        },
        /// Who has waited for votes leads in the term in which it is by then.
        LeadsWhateverTerm {
            name: "leads-whatever-term",
            source: "Raft 5.2; CWE-367, time of check to time of use, with an `await` between the two",
            violates: TWO_LEADERS,
        },
        /// Votes that come late, for an earlier term, count in the present one.
        CountsLateVotes {
            name: "counts-late-votes",
            source: "Xraft#33; little_raft#44",
            violates: TWO_LEADERS,
        },
        /// The tasks that replicate the log are not ended when the server no longer leads, and send what is in its log
        /// in the name of the term that has come.
        ReplicatesForEver {
            name: "replicates-for-ever",
            source: "tokio, `JoinHandle`: a task that was spawned goes on when its handle is dropped",
            violates: &[
                PROGRESS, LOG_MATCHING, COMMITTED_ON_MAJORITY, LEADER_COMPLETENESS, STATE_MACHINE_SAFETY,
                APPLIED_IN_ORDER, LINEARIZABILITY,
            ],
        },
        /// What a server has answered to the leader of an earlier term counts in the present one.
        CountsLateAnswers {
            name: "counts-late-answers",
            source: "Gjengset, Students' Guide to Raft (2016), term confusion",
            violates: LOST_ENTRIES,
        },
        /// A leader counts itself before the entry is on its disk.
        CountsItselfEarly {
            name: "counts-itself-early",
            source: "Ongaro's thesis 10.2.1: a leader that writes in parallel counts itself when that is durable",
            violates: LOST_ENTRIES,
        },
        /// A server answers its leader without waiting for the disk.
        AnswersBeforeSync {
            name: "answers-before-sync",
            source: "Raft Figure 2, persistent state is updated before responding; left out",
            violates: LOST_ENTRIES,
        },
        /// A server that boots takes what is on its disk for durable.
        ServesBeforeSync {
            name: "serves-before-sync",
            source: "Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020",
            violates: LOST_ENTRIES,
        },
        /// A server replaces all that it has behind the entries that it is sent, also by entries that are late.
        LateEntriesReplace {
            name: "late-entries-replace",
            source: "Gjengset, Students' Guide to Raft (2016); willemt/raft#37",
            violates: LOST_ENTRIES,
        },
        /// A leader commits an entry of an earlier term by counting its replicas.
        CommitsOlderTerms {
            name: "commits-older-terms",
            source: "Raft 5.4.2 and Figure 8",
            violates: LOST_ENTRIES,
        },
        /// The next entry to apply is taken by a future that waits for the disk, and is dropped with the entry when it
        /// takes too long.
        TakesInSelect {
            name: "takes-in-select",
            source: "summerset#11; Xline#339: a future that was dropped in `select!` had taken a message",
            violates: &[APPLIED_IN_ORDER, LINEARIZABILITY, PROGRESS],
        },
        /// When it takes too long to apply an operation the client is told that it had no effect.
        RejectsLate {
            name: "rejects-late",
            source: "tokio, `timeout`: what the future has begun goes on elsewhere when its time is up",
            violates: &[LINEARIZABILITY],
        },
        /// Whoever waits for an entry of the log to be applied takes it for its own, though the leader has changed and
        /// the entry with it.
        AnswersByIndex {
            name: "answers-by-index",
            source: "Gjengset, Students' Guide to Raft (2016), applying client operations",
            violates: &[LINEARIZABILITY],
        },
        /// A leader answers reads at once, without the log.
        ReadsAtOnce {
            name: "reads-at-once",
            source: "Raft 8: a leader might have been deposed before it answers",
            violates: &[LINEARIZABILITY],
        },
    }
}
