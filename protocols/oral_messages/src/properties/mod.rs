//! What OM(m) claims (Lamport, Shostak and Pease 1982, section 1): the conditions of interactive
//! consistency, and that it comes to an end.

mod ic1;
mod ic2;
mod termination;

use sim_core::PropertyRow;

use super::names::{IC1, IC2, TERMINATION};
use super::node::General;

pub use ic1::Ic1;
pub use ic2::Ic2;
pub use termination::Termination;

/// All properties, in the order in which they look at a step. IC2 comes first: where the commander is loyal, it says
/// more than IC1.
pub(super) const PROPERTIES: &[PropertyRow<General>] = &[
    PropertyRow {
        name: IC2,
        summary: "If the commanding general is loyal, then every loyal lieutenant obeys the order he sends.",
        source: "Lamport et al. 1982, section 1",
        make: |_| Box::<Ic2>::default(),
    },
    PropertyRow {
        name: IC1,
        summary: "All loyal lieutenants obey the same order.",
        source: "Lamport et al. 1982, section 1",
        make: |_| Box::<Ic1>::default(),
    },
    PropertyRow {
        name: TERMINATION,
        summary: "Every loyal lieutenant obeys one order, at the end of round m + 1.",
        source: "Lamport et al. 1982, section 3; Lynch, Distributed Algorithms, 6.1",
        make: |config| Box::new(Termination::new(config)),
    },
];
