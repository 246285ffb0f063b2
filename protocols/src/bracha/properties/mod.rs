//! What reliable broadcast promises: Bracha 1987, section 3, under the names of Cachin, Guerraoui
//! and Rodrigues 2011, Module 3.12 (Byzantine reliable broadcast).
//!
//! Validity and Totality say that something is delivered *eventually*. They are judged at the end of
//! a run, and only if nothing is on its way any more that could still bring it about.

mod consistency;
mod deliveries;
mod integrity;
mod pending;
mod totality;
mod validity;

use sim_core::{Property, PropertyInfo};

use super::config::BrachaConfig;
use super::node::Bracha;

pub use consistency::Consistency;
pub use integrity::Integrity;
pub use totality::Totality;
pub use validity::Validity;

pub(super) const VALIDITY: &str = "Validity";
pub(super) const CONSISTENCY: &str = "Consistency";
pub(super) const INTEGRITY: &str = "Integrity";
pub(super) const TOTALITY: &str = "Totality";

/// All properties, in the order of [`all`].
pub(super) const PROPERTIES: &[PropertyInfo] = &[
    PropertyInfo {
        name: CONSISTENCY,
        summary: "No two correct nodes deliver different payloads of one broadcast.",
        source: "Bracha 1987, section 3, Lemma 2; Cachin et al. 2011, BRB4",
    },
    PropertyInfo {
        name: INTEGRITY,
        summary: "A correct node delivers each broadcast at most once, and of a correct origin only what it broadcast.",
        source: "Cachin et al. 2011, BRB2 and BRB3",
    },
    PropertyInfo {
        name: TOTALITY,
        summary: "What one correct node delivers, every correct node delivers.",
        source: "Bracha 1987, section 3, Lemma 3; Cachin et al. 2011, BRB5",
    },
    PropertyInfo {
        name: VALIDITY,
        summary: "What a correct node broadcasts, every correct node delivers.",
        source: "Bracha 1987, section 3, Lemma 4; Cachin et al. 2011, BRB1",
    },
];

/// The properties for one run.
pub(super) fn all(config: &BrachaConfig) -> Vec<Box<dyn Property<Bracha>>> {
    vec![
        Box::<Consistency>::default(),
        Box::<Integrity>::default(),
        Box::new(Totality::new(config)),
        Box::new(Validity),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_listed_in_their_order() {
        let listed: Vec<_> = PROPERTIES.iter().map(|info| info.name.to_owned()).collect();
        let made: Vec<_> = all(&BrachaConfig::default()).iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
