//! What Streamlet claims, and what its proof rests on (Chan and Shi 2020, section 3).

mod consistency;
mod one_vote;
mod unique_notarization;

use sim_core::{Property, PropertyInfo};

use super::node::Streamlet;

pub use consistency::Consistency;
pub use one_vote::OneVoteAnEpoch;
pub use unique_notarization::UniqueNotarization;

pub(super) const CONSISTENCY: &str = "Consistency";
pub(super) const UNIQUE_NOTARIZATION: &str = "Unique Notarization";
pub(super) const ONE_VOTE: &str = "One Vote An Epoch";

/// All properties, in the order of [`all`].
pub(super) const PROPERTIES: &[PropertyInfo] = &[
    PropertyInfo {
        name: ONE_VOTE,
        summary: "No correct node votes for two blocks in one epoch, whether it restarts or not.",
        source: "Chan and Shi 2020, section 3",
    },
    PropertyInfo {
        name: UNIQUE_NOTARIZATION,
        summary: "At most one block of an epoch is notarized in the view of correct nodes.",
        source: "Chan and Shi 2020, Lemma 1",
    },
    PropertyInfo {
        name: CONSISTENCY,
        summary: "Of the final chains of two correct nodes, one is a prefix of the other, or they are the same.",
        source: "Chan and Shi 2020, Theorem 3",
    },
];

/// The properties for one run.
pub(super) fn all() -> Vec<Box<dyn Property<Streamlet>>> {
    vec![Box::<OneVoteAnEpoch>::default(), Box::<UniqueNotarization>::default(), Box::<Consistency>::default()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_listed_in_their_order() {
        let listed: Vec<_> = PROPERTIES.iter().map(|info| info.name.to_owned()).collect();
        let made: Vec<_> = all().iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
