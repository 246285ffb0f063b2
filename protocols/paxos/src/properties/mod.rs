//! What Paxos claims, and what its proofs rest on.
//!
//! Each property costs what a step changed. They look at the node that the step touched, which is never in the middle of a
//! step; of what it has accepted and learned they read what it says was touched; and what they must know of the others they
//! remember. They are keyed by process, so they see through restarts.

mod acceptors;
mod ballots;
pub(crate) mod ghost;
mod leaders;
mod leases;
mod refusals;
mod same_state;
mod snapshots;
mod values;

use sim_core::{PropertyRow, StepKind};

use super::flaws::PaxosFlaw;
use super::names::{
    ACCEPTANCES_ARE_KEPT, ACCEPTED_WITHIN_PROMISE, AGREEMENT, CHANGES_DO_NOT_WAIT, CHOSEN_BY_QUORUM,
    LEASE_IS_EXCLUSIVE, LEASE_IS_KEPT, LOG_IS_TRUNCATED, ONE_CHANGE_AT_A_TIME, ONE_PROPOSER_A_BALLOT,
    ONE_VALUE_A_BALLOT, P2C, PROMISE_NEVER_DECREASES, PROMISES_ARE_KEPT, PROMISES_WERE_MADE, QUORUMS_MEET,
    READS_BY_LEASE, REFUSALS_ARE_TOLD, ROUNDS_ARE_LEASES, SAME_STATE, UNHEARD_STEPS_DOWN, VALIDITY, WAITING_ANSWERED,
    WITHIN_ALPHA,
};
use super::node::Paxos;

pub use acceptors::{AcceptancesAreKept, AcceptedWithinPromise, PromiseNeverDecreases, PromisesAreKept, Voter};
pub use ballots::{OneProposerABallot, PromisesWereMade, QuorumsMeet};
pub use leaders::{ChangesDoNotWait, OneChangeAtATime, WhoIsNotHeardStepsDown, WhoeverWaitsIsAnswered};
pub use leases::{LeaseIsExclusive, LeaseIsKept, LeasedReadsAreAnswered, RoundsAreLeases};
pub use refusals::RefusalsAreTold;
pub use same_state::SameState;
pub use snapshots::TheLogIsTruncated;
pub use values::{Agreement, ChosenByQuorum, OneValueABallot, P2c, ProposalsWithinAlpha, Validity};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Paxos>] = &[
    PropertyRow {
        name: ONE_PROPOSER_A_BALLOT,
        summary: "Every ballot is begun once, by one node.",
        source: "Lamport 1998, B1; Lamport 2001, 2.2",
        make: |_| Box::<OneProposerABallot>::default(),
    },
    PropertyRow {
        name: PROMISE_NEVER_DECREASES,
        summary: "No acceptor goes back to a lower promise, whether it restarts or not.",
        source: "Lamport 2001, 2.2, 2.3",
        make: |_| Box::<PromiseNeverDecreases>::default(),
    },
    PropertyRow {
        name: PROMISES_ARE_KEPT,
        summary: "No acceptor accepts anything below what it has promised.",
        source: "Lamport 2001, P1a",
        make: |_| Box::<PromisesAreKept>::default(),
    },
    PropertyRow {
        name: ACCEPTED_WITHIN_PROMISE,
        summary: "No acceptor has accepted anything above its promise: to accept is to promise.",
        source: "Lamport's Paxos.tla, of maxVBal and maxBal",
        make: |_| Box::<AcceptedWithinPromise>::default(),
    },
    PropertyRow {
        name: ACCEPTANCES_ARE_KEPT,
        summary: "No acceptor forgets what it has accepted before it knows what was chosen, whether it restarts or not.",
        source: "Lamport 2001, 2.3",
        make: |_| Box::<AcceptancesAreKept>::default(),
    },
    PropertyRow {
        name: PROMISES_WERE_MADE,
        summary: "Every acceptor whose promise a leader counts has promised its ballot.",
        source: "Lamport's Paxos.tla, Phase2a",
        make: |_| Box::<PromisesWereMade>::default(),
    },
    PropertyRow {
        name: QUORUMS_MEET,
        summary: "Those who promised a leader its ballot meet every quorum that can choose.",
        source: "Howard, Malkhi and Spiegelman 2016; Lamport 1998, B2",
        make: |config| Box::new(QuorumsMeet::new(config)),
    },
    PropertyRow {
        name: LEASE_IS_EXCLUSIVE,
        summary: "While a leader has a lease, nobody else leads in a higher ballot.",
        source: "Chandra, Griesemer and Redstone 2007, 5.2",
        make: |_| Box::<LeaseIsExclusive>::default(),
    },
    PropertyRow {
        name: LEASE_IS_KEPT,
        summary: "While a leader has a lease, no quorum of phase 1 is ready to promise a higher ballot.",
        source: "Chandra, Griesemer and Redstone 2007, 5.2",
        make: |_| Box::<LeaseIsKept>::default(),
    },
    PropertyRow {
        name: ROUNDS_ARE_LEASES,
        summary: "A leader has a lease from each round that a quorum of all acceptors to come has returned.",
        source: "Chandra, Griesemer and Redstone 2007, 5.2",
        make: |_| Box::<RoundsAreLeases>::default(),
    },
    PropertyRow {
        name: UNHEARD_STEPS_DOWN,
        summary: "A leader steps down once too few acceptors have answered it for an election timeout, and not while enough do.",
        source: "Ng, Haridi and Carbone 2023, 2; Chandra, Griesemer and Redstone 2007, 5.2",
        make: |_| Box::<WhoIsNotHeardStepsDown>::default(),
    },
    PropertyRow {
        name: ONE_CHANGE_AT_A_TIME,
        summary: "No leader begins a change of the acceptors while it knows of another that does not hold yet, or one that changes \
                  nothing.",
        source: "Lamport 2001, 3; Ongaro's thesis 4.1",
        make: |_| Box::<OneChangeAtATime>::default(),
    },
    PropertyRow {
        name: LOG_IS_TRUNCATED,
        summary: "A node takes a snapshot when one is due, and keeps nothing of what was chosen or accepted before it.",
        source: "Chandra, Griesemer and Redstone 2007, 5.5",
        make: |_| Box::<TheLogIsTruncated>::default(),
    },
    PropertyRow {
        name: WITHIN_ALPHA,
        summary: "No leader proposes in an instance of which it cannot know who the acceptors are, or knows what was chosen.",
        source: "Lamport 2001, 3",
        make: |config| Box::new(ProposalsWithinAlpha::new(config)),
    },
    PropertyRow {
        name: ONE_VALUE_A_BALLOT,
        summary: "In one ballot one value at most is accepted in an instance.",
        source: "Lamport's Voting.tla, OneValuePerBallot",
        make: |config| Box::new(OneValueABallot::new(config)),
    },
    PropertyRow {
        name: P2C,
        summary: "What is proposed is what the highest ballot below had that some quorum has accepted in, if any.",
        source: "Lamport 2001, P2c; Lamport 1998, B3",
        make: |config| Box::new(P2c::new(config)),
    },
    PropertyRow {
        name: CHOSEN_BY_QUORUM,
        summary: "What a node takes for chosen, a quorum has accepted in one ballot.",
        source: "Lamport 2001, 2.1, 2.3",
        make: |config| Box::new(ChosenByQuorum::new(config)),
    },
    PropertyRow {
        name: AGREEMENT,
        summary: "No two nodes take different commands for chosen in one instance.",
        source: "Lamport 2001, 2.1",
        make: |_| Box::<Agreement>::default(),
    },
    PropertyRow {
        name: VALIDITY,
        summary: "Nothing is chosen but no-ops and what clients and operators have asked for.",
        source: "Lamport 2001, 2.1",
        make: |_| Box::<Validity>::default(),
    },
    PropertyRow {
        name: SAME_STATE,
        summary: "Nodes that have applied all up to the same instance are in the same state, sessions included.",
        source: "Lamport 2001, 3; Chandra, Griesemer and Redstone 2007, 5.5",
        make: |config| Box::new(SameState::new(!config.flaws.has(PaxosFlaw::RepeatsOperations))),
    },
    PropertyRow {
        name: REFUSALS_ARE_TOLD,
        summary: "An acceptor that has promised a higher ballot says so, and says so only then.",
        source: "Lamport 2001, 2.2 and 2.4: an acceptor that ignores a request tells the proposer, which should give it up",
        make: |_| Box::new(RefusalsAreTold),
    },
    PropertyRow {
        name: WAITING_ANSWERED,
        summary: "A leader leaves no client waiting for a request that it has executed.",
        source: "Lamport 2001, 3: the leader tells the client",
        make: |_| Box::new(WhoeverWaitsIsAnswered),
    },
    PropertyRow {
        name: READS_BY_LEASE,
        summary: "A leader that has a lease answers reads by itself, and does not have them chosen.",
        source: "Chandra, Griesemer and Redstone 2007, 5.2",
        make: |_| Box::<LeasedReadsAreAnswered>::default(),
    },
    PropertyRow {
        name: CHANGES_DO_NOT_WAIT,
        summary: "A leader with a change of the acceptors ahead of it proposes until that holds.",
        source: "Lamport 2001, 3: no-ops let a change take effect at once",
        make: |_| Box::new(ChangesDoNotWait),
    },
];

/// Whether a handler of the node ran in such a step: it takes a snapshot that is due when it begins, and proposes when it ends.
const fn is_handler(kind: StepKind) -> bool {
    matches!(kind, StepKind::Message | StepKind::Timer | StepKind::Request | StepKind::Operator)
}
