//! What PBFT claims (OSDI 4.5; TOCS 2.4), and what its proofs rest on.
//!
//! They speak of correct replicas only: the simulator asks them after no step of another. Each costs
//! what a step changed, which the replica says itself (`Acts`) or has announced. They are keyed by
//! process, so they see through restarts.

mod agreement;
mod checkpoints;
mod committed;
mod exactly_once;
mod ghost;
mod new_views;
mod prepared;
mod proposals;
mod stable;
mod total_order;
mod validity;
mod views;
mod watermarks;

use sim_core::{Property, PropertyInfo};

use super::config::PbftConfig;
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

pub(super) const ONE_PROPOSAL: &str = "One Proposal A Place";
pub(super) const VIEW_NEVER_DECREASES: &str = "View Never Decreases";
pub(super) const WATERMARKS: &str = "Watermarks";
pub(super) const PREPARED_AGREEMENT: &str = "Prepared Agreement";
pub(super) const PREPARED_IS_KEPT: &str = "Prepared Is Kept";
pub(super) const COMMITTED_IS_PREPARED: &str = "Committed Is Prepared";
pub(super) const NEW_VIEW_OF_A_QUORUM: &str = "New View Of A Quorum";
pub(super) const NEW_VIEW_KEEPS_COMMITTED: &str = "New View Keeps Committed";
pub(super) const STABLE_IS_EXECUTED: &str = "Stable Is Executed";
pub(super) const AGREEMENT: &str = "Agreement";
pub(super) const TOTAL_ORDER: &str = "Total Order";
pub(super) const EXACTLY_ONCE: &str = "Exactly Once";
pub(super) const CHECKPOINT_AGREEMENT: &str = "Checkpoint Agreement";
pub(super) const VALIDITY: &str = "Validity";

const fn property(name: &'static str, summary: &'static str, source: &'static str) -> PropertyInfo {
    PropertyInfo { name, summary, source }
}

/// All properties, in the order of [`all`].
pub(super) const PROPERTIES: &[PropertyInfo] = &[
    property(
        ONE_PROPOSAL,
        "No correct replica makes or accepts two proposals for a place in a view, whether it restarts or not.",
        "OSDI 4.2",
    ),
    property(
        VIEW_NEVER_DECREASES,
        "No correct replica goes back to an earlier view, whether it restarts or not.",
        "OSDI 4.4",
    ),
    property(WATERMARKS, "The log of a correct replica holds nothing outside of its watermarks.", "OSDI 4.2, 4.3"),
    property(
        PREPARED_AGREEMENT,
        "No two correct replicas have prepared certificates for different batches at a place in a view.",
        "OSDI 4.2",
    ),
    property(
        PREPARED_IS_KEPT,
        "What a correct replica has prepared it tells in every view change until a checkpoint is stable behind it, \
         whether it restarts or not.",
        "OSDI 4.4, the set P",
    ),
    property(
        COMMITTED_IS_PREPARED,
        "What is committed at a correct replica f + 1 correct ones have prepared.",
        "OSDI 4.2, the invariant of the commit phase; Howard's pbft.tla, CommittedInv",
    ),
    property(
        NEW_VIEW_OF_A_QUORUM,
        "A view begins, for a correct replica, with view changes of 2f + 1 replicas that ask for it.",
        "OSDI 4.4",
    ),
    property(
        NEW_VIEW_KEEPS_COMMITTED,
        "What is committed in a view every later view begins with, unless a checkpoint behind it is stable.",
        "OSDI 4.5.1",
    ),
    property(
        STABLE_IS_EXECUTED,
        "A correct replica has the state of its stable checkpoint, or one behind it, whether it restarts or not.",
        "OSDI 4.3",
    ),
    property(AGREEMENT, "No two correct replicas execute different batches at a place.", "OSDI 4.5.1"),
    property(
        TOTAL_ORDER,
        "A correct replica executes batches in their order, none left out, or takes over the state behind them.",
        "OSDI 4.2",
    ),
    property(EXACTLY_ONCE, "No correct replica executes a request at two places.", "OSDI 4.1"),
    property(
        CHECKPOINT_AGREEMENT,
        "Correct replicas have the same state at a checkpoint, whether they got there or took it over.",
        "OSDI 4.3",
    ),
    property(
        VALIDITY,
        "What correct replicas execute a client has asked for, and the result that it believes is theirs.",
        "OSDI 4.1, 4.5.1",
    ),
];

/// The properties for one run.
pub(super) fn all(config: &PbftConfig) -> Vec<Box<dyn Property<Pbft>>> {
    vec![
        Box::<OneProposal>::default(),
        Box::<ViewNeverDecreases>::default(),
        Box::new(Watermarks::new(config.log_size)),
        Box::<PreparedAgreement>::default(),
        Box::<PreparedIsKept>::default(),
        Box::new(CommittedIsPrepared::new(config.faulty)),
        Box::new(NewViewOfAQuorum::new(config.faulty)),
        Box::<NewViewKeepsCommitted>::default(),
        Box::<StableIsExecuted>::default(),
        Box::<Agreement>::default(),
        Box::<TotalOrder>::default(),
        Box::<ExactlyOnce>::default(),
        Box::<CheckpointAgreement>::default(),
        Box::<Validity>::default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_listed_in_their_order() {
        let listed: Vec<_> = PROPERTIES.iter().map(|info| info.name.to_owned()).collect();
        let made: Vec<_> = all(&PbftConfig::default()).iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
