//! Bugs that people make when they implement the Synod. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use sim_core::Guarantee;
use sim_core::consistency::Level;

use crate::names as p;

/// The check of the clients' history.
const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();

/// What can go wrong once an acceptor forgets, or breaks what it has promised.
const ANY_SAFETY: &[&str] = &[
    p::PROMISE_NEVER_DECREASES,
    p::PROMISES_ARE_KEPT,
    p::ACCEPTANCES_ARE_KEPT,
    p::ONE_VALUE_A_BALLOT,
    p::P2C,
    p::CHOSEN_BY_QUORUM,
    p::AGREEMENT,
    LINEARIZABILITY,
];
/// What can go wrong once a value is proposed that is not the one that may have been chosen.
const P2C_AND_MORE: &[&str] = &[p::P2C, p::AGREEMENT, LINEARIZABILITY];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum SynodFlaw {
        /// An acceptor does not write its promises to the disk.
        ForgetsPromise {
            name: "forgets-promise",
            source: "textbook code, left out: nothing durable; Lamport 2001, 2.3",
            violates: ANY_SAFETY,
        },
        /// An acceptor does not write to the disk what it accepts.
        ForgetsAccepted {
            name: "accepted-in-memory",
            source: "textbook code, left out: nothing durable; Lamport 2001, 2.3",
            violates: ANY_SAFETY,
        },
        /// An acceptor accepts whatever it has promised.
        AcceptsAnything {
            name: "accepts-anything",
            source: "Lamport 2001, P1a, left out",
            violates: ANY_SAFETY,
        },
        /// Ballots are numbers without the name of a node: two proposers use the same.
        SameNumbers {
            name: "same-numbers",
            source: "textbook code, got wrong; Lamport 2001, 2.2: different proposers choose from disjoint sets",
            violates: ANY_SAFETY,
        },
        /// A proposer proposes its own value although phase 1 has returned one.
        PrefersOwnValue {
            name: "prefers-own-value",
            source: "Lamport 2001, P2c, left out",
            violates: P2C_AND_MORE,
        },
        /// Of the values that phase 1 returns a proposer takes that of the lowest ballot.
        TakesLowestAccepted {
            name: "takes-lowest-accepted",
            source: "Lamport 2001, P2c, got wrong",
            violates: P2C_AND_MORE,
        },
        /// An acceptor that has accepted nothing says that it has accepted 0, in no ballot; a proposer that is told so
        /// proposes it.
        NothingIsZero {
            name: "nothing-is-zero",
            source: "textbook code, got wrong: the value of a variable that was never set",
            violates: &[p::VALIDITY, LINEARIZABILITY],
        },
        /// Half of an even number of acceptors is enough to propose.
        ProposesAtHalf {
            name: "proposes-at-half",
            source: "Lamport 1998, B2: any two quorums meet; got wrong",
            violates: P2C_AND_MORE,
        },
        /// A refusal makes a proposer give up what it tries now, whichever ballot was refused.
        GivesUpOnAnyRefusal {
            name: "gives-up-on-any-refusal",
            source: "textbook code, left out: an answer to an older round says nothing of this one",
            violates: &[p::ONLY_THE_REFUSED],
        },
        /// A learner counts how often a proposal was accepted, not by whom.
        LearnerCountsMessages {
            name: "learner-counts-messages",
            source: "textbook code, got wrong: one acceptor counted twice, where links duplicate",
            violates: &[p::CHOSEN_BY_QUORUM, p::AGREEMENT, LINEARIZABILITY],
        },
        /// A learner counts acceptors, whatever the ballots in which they have accepted.
        LearnerMixesBallots {
            name: "learner-mixes-ballots",
            source: "Lamport 2001, 2.1, 2.3, got wrong: chosen is what a majority has accepted of one proposal",
            violates: &[p::CHOSEN_BY_QUORUM, p::AGREEMENT, LINEARIZABILITY],
        },
    }
}
