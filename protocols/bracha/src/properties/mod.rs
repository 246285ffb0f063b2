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

use sim_core::PropertyRow;

use super::names::{CONSISTENCY, INTEGRITY, TOTALITY, VALIDITY};
use super::node::Bracha;

pub use consistency::Consistency;
pub use integrity::Integrity;
pub use totality::Totality;
pub use validity::Validity;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Bracha>] = &[
    PropertyRow {
        name: CONSISTENCY,
        summary: "No two correct nodes deliver different payloads of one broadcast.",
        source: "Bracha 1987, section 3, Lemma 2; Cachin et al. 2011, BRB4",
        make: |_| Box::<Consistency>::default(),
    },
    PropertyRow {
        name: INTEGRITY,
        summary: "A correct node delivers each broadcast at most once, and of a correct origin only what it broadcast.",
        source: "Cachin et al. 2011, BRB2 and BRB3",
        make: |_| Box::<Integrity>::default(),
    },
    PropertyRow {
        name: TOTALITY,
        summary: "What one correct node delivers, every correct node delivers.",
        source: "Bracha 1987, section 3, Lemma 3; Cachin et al. 2011, BRB5",
        make: |config| Box::new(Totality::new(config)),
    },
    PropertyRow {
        name: VALIDITY,
        summary: "What a correct node broadcasts, every correct node delivers.",
        source: "Bracha 1987, section 3, Lemma 4; Cachin et al. 2011, BRB1",
        make: |_| Box::new(Validity),
    },
];
