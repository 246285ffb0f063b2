//! Ways to get atomic commitment wrong. Each one is a deviation in one or two places of the code, found by searching for
//! its name.

use sim_core::consistency::isolation::IsolationLevel;
use sim_core::{Guarantee, PROGRESS};

use super::bank::Posting;
use super::names::{
    ATOMICITY, BEGUN_AGAIN, COMMIT_NEEDS_ALL, CONSERVED, COVERED, DECISIONS_STAND, DOUBT_ASKS, DURABLE,
    IN_THEIR_SHARDS, NOBODY_OVERTAKES, NOBODY_UNCERTAIN, OLDER_WAIT, ONE_COMMIT, ONE_VOTE_CHOSEN, QUESTIONS_ANSWERED,
    REFUSED_WHEN_SHORT, STRICT_LOCKING, TRANSACTIONS_END,
};
use super::node::AtomicCommit;

const ISOLATION: &str = Guarantee::Isolation(IsolationLevel::StrictSerializable).property();

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum CommitFlaw {
        /// A participant has its vote in memory only: after a restart it knows nothing of it.
        ParticipantAmnesia {
            name: "2pc-amnesia",
            source: "textbook code, left out: participant state in memory only",
            violates: &[DURABLE, ATOMICITY, CONSERVED, ISOLATION],
        },
        /// A coordinator has its decision to commit in memory only: after a restart it presumes abort.
        CoordinatorAmnesia {
            name: "2pc-amnesia-coordinator",
            source: "Mohan, Lindsay and Obermarck 1986, section 2: the commit record is forced; left out",
            violates: &[DURABLE, ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// A coordinator tells its decision before that is durable.
        TellsBeforeSync {
            name: "tells-before-sync",
            source: "Mohan, Lindsay and Obermarck 1986, section 2: the commit record is forced before it is sent; got wrong",
            violates: &[DURABLE, ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// A participant votes yes before it is durable that it does.
        VotesBeforeSync {
            name: "votes-before-sync",
            source: "Gray 1978, section 5.8.3.3: a participant that agrees to commit must survive a restart; got wrong",
            violates: &[DURABLE, ATOMICITY, CONSERVED, ISOLATION],
        },
        /// A participant acknowledges a commit before it is durable: the coordinator forgets the transaction, and
        /// presumes abort when it is asked once more.
        AcksBeforeSync {
            name: "acks-before-sync",
            source: "Mohan, Lindsay and Obermarck 1986, section 3: a commit record is forced before the acknowledgement; got wrong",
            violates: &[DURABLE, ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// A participant that has voted yes and hears nothing for a while aborts by itself.
        AbortsAfterYes {
            name: "aborts-after-yes",
            source: "XA 1991, heuristic decisions; textbook code, got wrong: a timeout after the vote is taken for an abort",
            violates: &[ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// A coordinator tells its decision once, and forgets it: a participant that missed it is told to abort when it
        /// asks.
        DecidesOnce {
            name: "decides-once",
            source: "textbook code, got wrong: the decision stops at a participant that cannot be reached",
            violates: &[ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// A coordinator that is asked for a transaction that it does not know says that it was committed, although it
        /// writes nothing before it asks for votes.
        PresumesCommit {
            name: "presumes-commit",
            source: "Mohan, Lindsay and Obermarck 1986, section 4: presumed commit needs a collecting record; left out",
            violates: &[CONSERVED, ATOMICITY, DECISIONS_STAND, ONE_COMMIT, COMMIT_NEEDS_ALL, ISOLATION],
        },
        /// A coordinator counts votes and not participants: one that votes twice counts for another.
        CountsVotes {
            name: "counts-votes",
            source: "textbook code, got wrong: a number of votes is waited for",
            violates: &[COMMIT_NEEDS_ALL, ATOMICITY, CONSERVED, ISOLATION],
        },
        /// A participant votes yes for a transaction of which it knows nothing: it has restarted since, and nothing of
        /// it will be posted.
        VotesForForgotten {
            name: "votes-for-forgotten",
            source: "textbook code, left out: whether there is anything to commit",
            violates: &[COMMIT_NEEDS_ALL, DECISIONS_STAND, DURABLE, CONSERVED, ISOLATION],
        },
        /// A participant begins a transaction when it is asked to write: it does not notice that it has restarted, and
        /// has let go of what was locked for reading.
        JoinsLate {
            name: "joins-late",
            source: "XA 1991, section 3.2: a branch begins implicitly; textbook code, got wrong: locks that a restart has lost",
            violates: &[QUESTIONS_ANSWERED, ISOLATION, COMMIT_NEEDS_ALL, COVERED],
        },
        /// A participant that restarts does not lock again what it is in doubt about.
        RecoversWithoutLocks {
            name: "recovers-without-locks",
            source: "Mohan et al., ARIES 1992, section 6.4: locks of prepared transactions are acquired again; left out",
            violates: &[STRICT_LOCKING, COVERED, ISOLATION],
        },
        /// A participant lets go of its locks when it votes.
        ReleasesAtPrepare {
            name: "releases-at-prepare",
            source: "Bernstein, Hadzilacos and Goodman 1987, section 3.2: locks of writes are held until the commit; left out",
            violates: &[STRICT_LOCKING, COVERED, ISOLATION],
        },
        /// A participant posts when it votes, lets go of its locks, and takes it back when it is told to abort.
        PostsAtPrepare {
            name: "posts-at-prepare",
            source: "Berenson et al. 1995, A1: dirty reads",
            violates: &[STRICT_LOCKING, COVERED, ISOLATION],
        },
        /// A participant lets go of a lock as soon as what it protects is read.
        ShortReadLocks {
            name: "short-read-locks",
            source: "Gray et al. 1976, degree 2 of consistency",
            violates: &[STRICT_LOCKING, COVERED, ISOLATION],
        },
        /// A transaction writes what others have locked for reading.
        UpgradeForgotten {
            name: "upgrade-forgotten",
            source: "textbook code, left out: a lock for reading is not one for writing",
            violates: &[STRICT_LOCKING, COVERED, ISOLATION],
        },
        /// A transaction waits for whoever has the lock that it wants, an older one too: some wait in a circle.
        WaitsInCircles {
            name: "waits-in-circles",
            source: "Rosenkrantz, Stearns and Lewis 1978, wait-die, left out",
            violates: &[OLDER_WAIT, NOBODY_OVERTAKES, PROGRESS],
        },
        /// Transactions that only read an account exclude each other.
        ReadersExclude {
            name: "readers-exclude",
            source: "Eswaran et al. 1976: locks for reading are shared; left out",
            violates: &[OLDER_WAIT],
        },
        /// Each coordinator counts from itself when it reckons where an account is.
        CountsFromItself {
            name: "counts-from-itself",
            source: "textbook code, got wrong: a placement that depends on who asks",
            violates: &[IN_THEIR_SHARDS, ISOLATION],
        },
        /// A participant that is asked to write for a transaction that it has forgotten says nothing.
        SilentOnForgotten {
            name: "silent-on-forgotten",
            source: "Mohan, Lindsay and Obermarck 1986, section 2: no information is an answer as well; left out",
            violates: &[QUESTIONS_ANSWERED],
        },
        /// A participant in doubt asks the coordinator alone, whatever it is set to.
        AsksCoordinatorAlone {
            name: "asks-coordinator-alone",
            source: "Bernstein, Hadzilacos and Goodman 1987, section 7.4: the others are asked too; left out",
            violates: &[DOUBT_ASKS],
        },
        /// A transaction may lock for reading what others have locked so, and an older one waits to write: while there
        /// are readers, it waits.
        ReadersOvertake {
            name: "readers-overtake",
            source: "Courtois, Heymans and Parnas 1971, the first problem: writers may starve; textbook code",
            violates: &[NOBODY_OVERTAKES, PROGRESS],
        },
        /// A participant that is told of a commit again does not acknowledge it again: the coordinator tells it for ever.
        AcksOnce {
            name: "acks-once",
            source: "Mohan, Lindsay and Obermarck 1986, section 2: who does not know the transaction acknowledges as well; left out",
            violates: &[TRANSACTIONS_END],
        },
        /// A transaction that has died stays so, until the time for it is up.
        NeverBeginsAgain {
            name: "never-begins-again",
            source: "Rosenkrantz, Stearns and Lewis 1978: who dies is begun again; left out",
            violates: &[BEGUN_AGAIN],
        },
        /// A transfer that would leave nothing in the account is refused.
        RefusesToEmpty {
            name: "refuses-to-empty",
            source: "textbook code, got wrong: more than what is paid, in place of as much",
            violates: &[REFUSED_WHEN_SHORT],
        },
        /// A transaction that has died goes on with what it had read before.
        KeepsOldReads {
            name: "keeps-old-reads",
            source: "textbook code, got wrong: a retry of the commit in place of the whole transaction",
            violates: &[ISOLATION, COVERED],
        },
        /// A coordinator that is out of time tells all to abort, and yet counts votes that come late.
        CommitsAfterTimeout {
            name: "commits-after-timeout",
            source: "textbook code, got wrong: a timeout that is answered and not decided",
            violates: &[DECISIONS_STAND, ATOMICITY, CONSERVED, ISOLATION],
        },
        /// A participant that has not voted tells another that it may abort, and votes yes after that.
        AnswersAndVotes {
            name: "answers-and-votes",
            source: "Bernstein, Hadzilacos and Goodman 1987, section 7.4: whoever has not voted decides to abort, and then answers; left out",
            violates: &[ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// A coordinator that restarts does not know what became of requests, and carries one out again.
        ForgetsOutcomes {
            name: "forgets-outcomes",
            source: "Lee et al., RIFL, SOSP 2015: completion records must be as durable as what they are about; left out",
            violates: &[ONE_COMMIT, ISOLATION],
        },
        /// A coordinator does not make durable that it has refused a transfer: the request comes a second time after a
        /// restart, and is carried out.
        ForgetsRefusals {
            name: "forgets-refusals",
            source: "Lee et al., RIFL, SOSP 2015: also a failed operation has a completion record; left out",
            violates: &[ISOLATION],
        },
        /// A coordinator carries out a request again that comes late: it has answered a later one of the same client.
        RepeatsOlderRequests {
            name: "repeats-older-requests",
            source: "Ongaro's thesis, section 6.3: a request with an older serial number is not executed; left out",
            violates: &[ONE_COMMIT, ISOLATION],
        },
        /// A node that boots goes on with what it finds on its disk, which a crash before the sync has left there and a
        /// power loss can still take away.
        ResumesUnsynced {
            name: "resumes-unsynced",
            source: "Rebello et al. 2020: what can be read after a crash need not be durable",
            violates: &[DURABLE, DECISIONS_STAND, ATOMICITY, CONSERVED, COMMIT_NEEDS_ALL, OLDER_WAIT, ISOLATION],
        },
        /// A client that gets no answer asks another coordinator for the same transfer.
        AsksAnotherCoordinator {
            name: "asks-another-coordinator",
            source: "textbook code, got wrong: a retry elsewhere is taken to be harmless",
            violates: &[ONE_COMMIT, ISOLATION],
        },
        /// Transactions are numbered from the start after each boot: what was decided about one is taken for the end of
        /// another.
        ReusesTransactionNumbers {
            name: "reuses-transaction-numbers",
            source: "Gray 1978: names of transactions are unique for all time; left out",
            violates: &[ATOMICITY, DECISIONS_STAND, COMMIT_NEEDS_ALL, CONSERVED, DURABLE, PROGRESS, ISOLATION],
        },
        /// A participant in doubt waits for the coordinator, which has forgotten the transaction.
        NeverInquires {
            name: "never-inquires",
            source: "Mohan, Lindsay and Obermarck 1986, section 2: a recovery process asks; left out",
            violates: &[TRANSACTIONS_END, PROGRESS],
        },
        /// In three-phase commit, a coordinator commits as soon as all have voted yes, and tells nobody so before.
        SkipsPreCommit {
            name: "skips-pre-commit",
            source: "Skeen 1981, the second phase, left out",
            violates: &[NOBODY_UNCERTAIN, ATOMICITY, CONSERVED, ISOLATION],
        },
        /// In Paxos Commit, an acceptor has what it has promised and accepted in memory only.
        AcceptorAmnesia {
            name: "acceptor-amnesia",
            source: "Gray and Lamport 2006, section 3.1: acceptors have stable storage; left out",
            violates: &[DURABLE, ONE_VOTE_CHOSEN, ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// In Paxos Commit, whoever leads a later ballot does not ask what was accepted, and lets all votes be to abort.
        SkipsPhase1 {
            name: "skips-phase-1",
            source: "Gray and Lamport 2006, section 4.2: phase 1 may be left out in ballot 0 alone; got wrong",
            violates: &[ONE_VOTE_CHOSEN, ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// In Paxos Commit, whoever leads a later ballot takes a vote that nobody has accepted for one to commit.
        SilenceIsYes {
            name: "silence-is-yes",
            source: "Gray and Lamport 2006, section 4.2: where nothing was accepted the leader proposes to abort; got wrong",
            violates: &[COMMIT_NEEDS_ALL, ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// In Paxos Commit, a coordinator that is out of time aborts by itself when participants may have voted.
        AbortsAlone {
            name: "aborts-alone",
            source: "Gray and Lamport 2006, section 4.2: a leader learns what was chosen before it aborts; got wrong",
            violates: &[ATOMICITY, DECISIONS_STAND, CONSERVED, ISOLATION],
        },
        /// In three-phase commit, a participant that has restarted takes part in decisions as if it had been up.
        CountsTheRestarted {
            name: "counts-the-restarted",
            source: "Bernstein, Hadzilacos and Goodman 1987, section 7.5: a process that recovers asks and does not take part; left out",
            violates: &[ATOMICITY, DECISIONS_STAND, NOBODY_UNCERTAIN, CONSERVED, ISOLATION],
        },
    }
}

impl AtomicCommit {
    /// What `posts-at-prepare` undoes.
    pub(super) fn take_back(&mut self, postings: &[(u32, Posting)]) {
        for (account, posting) in postings {
            self.ledgers.entry(*account).or_default().0.retain(|other| other != posting);
        }
    }
}
