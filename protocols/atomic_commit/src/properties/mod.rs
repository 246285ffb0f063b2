//! What atomic commitment is (Bernstein, Hadzilacos and Goodman 1987, section 7.3), and what keeps the bank in order
//! beside it.

mod bank;
mod decisions;
mod durable;
mod ending;
mod histories;
mod locks;
mod questions;
mod requests;
mod votes;

use sim_core::PropertyRow;

use super::names::{
    ATOMICITY, BEGUN_AGAIN, COMMIT_NEEDS_ALL, CONSERVED, COVERED, DECISIONS_STAND, DOUBT_ASKS, DURABLE,
    IN_THEIR_SHARDS, NOBODY_OVERTAKES, NOBODY_UNCERTAIN, OLDER_WAIT, ONE_COMMIT, ONE_VOTE_CHOSEN, QUESTIONS_ANSWERED,
    REFUSED_WHEN_SHORT, STRICT_LOCKING, TRANSACTIONS_END,
};
use super::node::AtomicCommit;

pub use bank::{AccountsAreInTheirShards, AccountsStayCovered, MoneyIsConserved};
pub use decisions::{AtomicCommitment, CommitNeedsAllVotes, DecisionsStand, NobodyIsUncertain};
pub use durable::VotesAndDecisionsAreDurable;
pub use ending::{TheDeadAreBegunAgain, TransactionsEnd};
pub use histories::RefusedOnlyWhenShort;
pub(super) use histories::check_isolation;
pub use locks::{LocksAreHeld, NobodyOvertakes, OnlyOlderWait};
pub use questions::{QuestionsAreAnswered, WhoeverIsInDoubtAsks};
pub use requests::ARequestCommitsOnce;
pub use votes::OneVoteIsChosen;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<AtomicCommit>] = &[
    PropertyRow {
        name: ATOMICITY,
        summary: "No two nodes decide differently about a transaction.",
        source: "Bernstein, Hadzilacos and Goodman 1987, section 7.3, AC1; Gray and Lamport 2006, TCConsistent",
        make: |_| Box::<AtomicCommitment>::default(),
    },
    PropertyRow {
        name: DECISIONS_STAND,
        summary: "A node that has decided about a transaction never decides otherwise, not after a crash either.",
        source: "Bernstein, Hadzilacos and Goodman 1987, section 7.3, AC2",
        make: |_| Box::<DecisionsStand>::default(),
    },
    PropertyRow {
        name: COMMIT_NEEDS_ALL,
        summary: "A transaction is committed only if all participants have voted yes.",
        source: "Bernstein, Hadzilacos and Goodman 1987, section 7.3, AC3",
        make: |_| Box::<CommitNeedsAllVotes>::default(),
    },
    PropertyRow {
        name: NOBODY_UNCERTAIN,
        summary: "In three-phase commit, nobody commits while another that is up does not know that all have voted yes.",
        source: "Bernstein, Hadzilacos and Goodman 1987, section 7.5, NB; Skeen 1981",
        make: |_| Box::new(NobodyIsUncertain),
    },
    PropertyRow {
        name: ONE_VOTE_CHOSEN,
        summary: "In Paxos Commit, a majority of acceptors accepts one vote of a participant, and never another.",
        source: "Gray and Lamport 2006, section 3.1: consistency of consensus",
        make: |config| Box::new(OneVoteIsChosen::new(config)),
    },
    PropertyRow {
        name: DURABLE,
        summary: "A node that boots finds its votes, what it has accepted and its decisions on its disk.",
        source: "Gray 1978, section 5.8.3.3; Mohan, Lindsay and Obermarck 1986, section 3",
        make: |_| Box::<VotesAndDecisionsAreDurable>::default(),
    },
    PropertyRow {
        name: STRICT_LOCKING,
        summary: "A transaction has locked what it has read and writes until it ends, and nobody else has a lock in \
                  conflict with that.",
        source: "Eswaran et al. 1976; Bernstein, Hadzilacos and Goodman 1987, section 3.2",
        make: |_| Box::new(LocksAreHeld),
    },
    PropertyRow {
        name: OLDER_WAIT,
        summary: "A transaction waits only for younger ones, and so nobody waits for itself; it dies only where there is an \
                  older one. It waits for nobody who has a lock that can be shared with it.",
        source: "Rosenkrantz, Stearns and Lewis 1978, wait-die; Eswaran et al. 1976, locks for reading",
        make: |_| Box::<OnlyOlderWait>::default(),
    },
    PropertyRow {
        name: NOBODY_OVERTAKES,
        summary: "No transaction gets a lock for which an older one waits.",
        source: "Courtois, Heymans and Parnas 1971, the second problem: nobody starves",
        make: |_| Box::<NobodyOvertakes>::default(),
    },
    PropertyRow {
        name: IN_THEIR_SHARDS,
        summary: "A node reads and writes the accounts of its own shard, and no others.",
        source: "Gray 1978, section 5.8.3: each participant answers for what it keeps",
        make: |config| Box::new(AccountsAreInTheirShards::new(config)),
    },
    PropertyRow {
        name: QUESTIONS_ANSWERED,
        summary: "A participant that is asked for locks, and who is asked what was decided, answers what it knows.",
        source: "Mohan, Lindsay and Obermarck 1986, section 2: inquiries are answered, with no information as well",
        make: |_| Box::new(QuestionsAreAnswered),
    },
    PropertyRow {
        name: DOUBT_ASKS,
        summary: "A participant in doubt asks the coordinator, and with cooperative termination the other participants.",
        source: "Bernstein, Hadzilacos and Goodman 1987, section 7.4: the cooperative termination protocol",
        make: |config| Box::new(WhoeverIsInDoubtAsks::new(config)),
    },
    PropertyRow {
        name: ONE_COMMIT,
        summary: "What a client asks for is committed at most once, however often it asks.",
        source: "Lee et al., RIFL, SOSP 2015: exactly once",
        make: |_| Box::<ARequestCommitsOnce>::default(),
    },
    PropertyRow {
        name: CONSERVED,
        summary: "Where no commit is under way, all accounts together have what they began with.",
        source: "Gray and Reuter 1993, section 4.2: consistency of a transfer",
        make: |_| Box::<MoneyIsConserved>::default(),
    },
    PropertyRow {
        name: COVERED,
        summary: "No account is ever below zero.",
        source: "what a transfer checks before it pays",
        make: |_| Box::new(AccountsStayCovered),
    },
    PropertyRow {
        name: REFUSED_WHEN_SHORT,
        summary: "A transfer is refused only when there is too little in the account that should pay.",
        source: "what a transfer checks before it pays",
        make: |_| Box::new(RefusedOnlyWhenShort),
    },
    PropertyRow {
        name: TRANSACTIONS_END,
        summary: "When nothing goes wrong for long enough, all participants acknowledge each commit, and none stays in doubt.",
        source: "Mohan, Lindsay and Obermarck 1986, section 2: the coordinator forgets a transaction when all have",
        make: |config| Box::new(TransactionsEnd::new(config)),
    },
    PropertyRow {
        name: BEGUN_AGAIN,
        summary: "A transaction that has died is begun again soon, when nothing goes wrong.",
        source: "Rosenkrantz, Stearns and Lewis 1978, wait-die: who dies is begun again with its age",
        make: |config| Box::new(TheDeadAreBegunAgain::new(config)),
    },
];
