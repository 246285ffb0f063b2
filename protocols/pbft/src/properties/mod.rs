//! What PBFT claims (OSDI 4.5; TOCS 2.4), and what its proofs rest on.
//!
//! They speak of correct replicas only: the simulator asks them after no step of another. Each costs
//! what a step changed, which the replica says itself (`Acts`) or has announced. They are keyed by
//! process, so they see through restarts.

mod agreement;
mod checkpoints;
mod committed;
mod exactly_once;
mod new_views;
mod prepared;
mod proposals;
mod stable;
mod total_order;
mod validity;
mod views;
mod watermarks;

use sim_core::PropertyRow;

use super::names::{
    AGREEMENT, CHECKPOINT_AGREEMENT, COMMITTED_IS_PREPARED, EXACTLY_ONCE, NEW_VIEW_KEEPS_COMMITTED,
    NEW_VIEW_OF_A_QUORUM, ONE_PROPOSAL, PREPARED_AGREEMENT, PREPARED_IS_KEPT, STABLE_IS_EXECUTED, TOTAL_ORDER,
    VALIDITY, VIEW_NEVER_DECREASES, WATERMARKS,
};
use super::node::Pbft;

pub use agreement::Agreement;
pub use checkpoints::CheckpointAgreement;
pub use committed::CommittedIsPrepared;
pub use exactly_once::ExactlyOnce;
pub use new_views::{NewViewKeepsCommitted, NewViewOfAQuorum};
pub use prepared::PreparedIsKept;
pub use proposals::{OneProposal, PreparedAgreement};
pub use stable::StableIsExecuted;
pub use total_order::TotalOrder;
pub use validity::Validity;
pub use views::ViewNeverDecreases;
pub use watermarks::Watermarks;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Pbft>] = &[
    PropertyRow {
        name: ONE_PROPOSAL,
        summary: "No correct replica makes or accepts two proposals for a place in a view, whether it restarts or not.",
        source: "OSDI 4.2",
        make: |_| Box::<OneProposal>::default(),
    },
    PropertyRow {
        name: VIEW_NEVER_DECREASES,
        summary: "No correct replica goes back to an earlier view, whether it restarts or not.",
        source: "OSDI 4.4",
        make: |_| Box::<ViewNeverDecreases>::default(),
    },
    PropertyRow {
        name: WATERMARKS,
        summary: "The log of a correct replica holds nothing outside of its watermarks.",
        source: "OSDI 4.2, 4.3",
        make: |config| Box::new(Watermarks::new(config.log_size)),
    },
    PropertyRow {
        name: PREPARED_AGREEMENT,
        summary: "No two correct replicas have prepared certificates for different batches at a place in a view.",
        source: "OSDI 4.2",
        make: |_| Box::<PreparedAgreement>::default(),
    },
    PropertyRow {
        name: PREPARED_IS_KEPT,
        summary: "What a correct replica has prepared it tells in every view change until a checkpoint is stable behind it, \
         whether it restarts or not.",
        source: "OSDI 4.4, the set P",
        make: |_| Box::<PreparedIsKept>::default(),
    },
    PropertyRow {
        name: COMMITTED_IS_PREPARED,
        summary: "What is committed at a correct replica f + 1 correct ones have prepared.",
        source: "OSDI 4.2, the invariant of the commit phase; Howard's pbft.tla, CommittedInv",
        make: |config| Box::new(CommittedIsPrepared::new(config.faulty)),
    },
    PropertyRow {
        name: NEW_VIEW_OF_A_QUORUM,
        summary: "A view begins, for a correct replica, with view changes of 2f + 1 replicas that ask for it.",
        source: "OSDI 4.4",
        make: |config| Box::new(NewViewOfAQuorum::new(config.faulty)),
    },
    PropertyRow {
        name: NEW_VIEW_KEEPS_COMMITTED,
        summary: "What is committed in a view every later view begins with, unless a checkpoint behind it is stable.",
        source: "OSDI 4.5.1",
        make: |_| Box::<NewViewKeepsCommitted>::default(),
    },
    PropertyRow {
        name: STABLE_IS_EXECUTED,
        summary: "A correct replica has the state of its stable checkpoint, or one behind it, whether it restarts or not.",
        source: "OSDI 4.3",
        make: |_| Box::<StableIsExecuted>::default(),
    },
    PropertyRow {
        name: AGREEMENT,
        summary: "No two correct replicas execute different batches at a place.",
        source: "OSDI 4.5.1",
        make: |_| Box::<Agreement>::default(),
    },
    PropertyRow {
        name: TOTAL_ORDER,
        summary: "A correct replica executes batches in their order, none left out, or takes over the state behind them.",
        source: "OSDI 4.2",
        make: |_| Box::<TotalOrder>::default(),
    },
    PropertyRow {
        name: EXACTLY_ONCE,
        summary: "No correct replica executes a request at two places.",
        source: "OSDI 4.1",
        make: |_| Box::<ExactlyOnce>::default(),
    },
    PropertyRow {
        name: CHECKPOINT_AGREEMENT,
        summary: "Correct replicas have the same state at a checkpoint, whether they got there or took it over.",
        source: "OSDI 4.3",
        make: |_| Box::<CheckpointAgreement>::default(),
    },
    PropertyRow {
        name: VALIDITY,
        summary: "What correct replicas execute a client has asked for, and the result that it believes is theirs.",
        source: "OSDI 4.1, 4.5.1",
        make: |_| Box::<Validity>::default(),
    },
];
