//! What Streamlet claims, and what its proof rests on (Chan and Shi 2020, section 3).

mod consistency;
mod one_vote;
mod unique_notarization;

use sim_core::PropertyRow;

use super::names::{CONSISTENCY, ONE_VOTE, UNIQUE_NOTARIZATION};
use super::node::Streamlet;

pub use consistency::Consistency;
pub use one_vote::OneVoteAnEpoch;
pub use unique_notarization::UniqueNotarization;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Streamlet>] = &[
    PropertyRow {
        name: ONE_VOTE,
        summary: "No correct node votes for two blocks in one epoch, whether it restarts or not.",
        source: "Chan and Shi 2020, section 3",
        make: |_| Box::<OneVoteAnEpoch>::default(),
    },
    PropertyRow {
        name: UNIQUE_NOTARIZATION,
        summary: "At most one block of an epoch is notarized in the view of correct nodes.",
        source: "Chan and Shi 2020, Lemma 1",
        make: |_| Box::<UniqueNotarization>::default(),
    },
    PropertyRow {
        name: CONSISTENCY,
        summary: "Of the final chains of two correct nodes, one is a prefix of the other, or they are the same.",
        source: "Chan and Shi 2020, Theorem 3",
        make: |_| Box::<Consistency>::default(),
    },
];
