//! What OM(m) claims (Lamport, Shostak and Pease 1982, section 1): the conditions of interactive
//! consistency, and that it comes to an end.

mod ic1;
mod ic2;
mod termination;

use sim_core::{Property, PropertyInfo};

use super::config::OralMessagesConfig;
use super::node::General;

pub use ic1::Ic1;
pub use ic2::Ic2;
pub use termination::Termination;

pub(super) const IC1: &str = "IC1";
pub(super) const IC2: &str = "IC2";
pub(super) const TERMINATION: &str = "Termination";

/// All properties, in the order of [`all`]. IC2 comes first: where the commander is loyal, it says
/// more than IC1.
pub(super) const PROPERTIES: &[PropertyInfo] = &[
    PropertyInfo {
        name: IC2,
        summary: "If the commanding general is loyal, then every loyal lieutenant obeys the order he sends.",
        source: "Lamport et al. 1982, section 1",
    },
    PropertyInfo {
        name: IC1,
        summary: "All loyal lieutenants obey the same order.",
        source: "Lamport et al. 1982, section 1",
    },
    PropertyInfo {
        name: TERMINATION,
        summary: "Every loyal lieutenant obeys one order, at the end of round m + 1.",
        source: "Lamport et al. 1982, section 3; Lynch, Distributed Algorithms, 6.1",
    },
];

/// The properties for one run.
pub(super) fn all(config: &OralMessagesConfig) -> Vec<Box<dyn Property<General>>> {
    vec![Box::<Ic2>::default(), Box::<Ic1>::default(), Box::new(Termination::new(config))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_listed_in_their_order() {
        let listed: Vec<_> = PROPERTIES.iter().map(|info| info.name.to_owned()).collect();
        let made: Vec<_> = all(&OralMessagesConfig::default()).iter().map(|made| made.name().to_owned()).collect();
        assert_eq!(listed, made);
    }
}
