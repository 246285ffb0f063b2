//! What a causal store claims.

mod dependencies;
mod replicas;
mod session_guarantees;
mod sessions;
mod versions;
mod visible;

use parts::clocks::Stamp;
use sim_core::consistency::{Level, SessionGuarantee};
use sim_core::{Judgement, KeepsLevel, Property, PropertyRow, World};

use super::config::CausalConfig;
use super::message::Version;
use super::names::{
    CAUSAL_PLUS, CLOCK_CONDITION, DEPENDENCIES_FIRST, LAST_WRITER_WINS, NO_UPDATE_LOST, SESSION_GUARANTEES,
    UNIQUE_VERSIONS,
};
use super::node::Causal;

pub use dependencies::{ClockCondition, DependenciesFirst, SessionWrites};
pub use replicas::{Convergence, NoUpdateLost};
pub use session_guarantees::SessionReads;
pub use versions::{LastWriterWins, UniqueVersions};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Causal>] = &[
    PropertyRow {
        name: UNIQUE_VERSIONS,
        summary: "No two writes have the same version, and no write has two.",
        source: "Lloyd et al. 2011, section 4.2: a version is Lamport's clock and the number of the node",
        make: |_| Box::<UniqueVersions>::default(),
    },
    PropertyRow {
        name: CLOCK_CONDITION,
        summary: "The stamp of a version is higher than those of all that it depends on.",
        source: "Lamport 1978",
        make: |config| Box::new(ClockCondition::of(config.guarantees.iter().copied())),
    },
    PropertyRow {
        name: DEPENDENCIES_FIRST,
        summary: "A version is visible in a data centre only after what it depends on.",
        source: "Lloyd et al. 2011, section 3; Terry et al. 1994, monotonic writes and writes follow reads",
        make: |config| Box::new(DependenciesFirst::of(config.guarantees.iter().copied())),
    },
    PropertyRow {
        name: SESSION_GUARANTEES,
        summary: "Where a session reads, what it has written and read is visible, if it asks for that or stays there.",
        source: "Terry et al. 1994, read your writes and monotonic reads",
        make: |config| Box::new(SessionReads::of(given(config))),
    },
    PropertyRow {
        name: LAST_WRITER_WINS,
        summary: "A get returns the highest version of those that its node has.",
        source: "Lloyd et al. 2011, section 4.2; RFC 677, 1975",
        make: |_| Box::<LastWriterWins>::default(),
    },
    PropertyRow {
        name: NO_UPDATE_LOST,
        summary: "A node that boots has every version that it has ever said is visible.",
        source: "Lloyd et al. 2011, section 4: a data centre does not lose what it has",
        make: |_| Box::<NoUpdateLost>::default(),
    },
    PropertyRow {
        name: CAUSAL_PLUS,
        summary: "Histories are causally convergent, if sessions get all four guarantees.",
        source: "Lloyd et al. 2011, section 3; Brzezinski et al. 2004",
        make: |config| Box::new(CausalPlus(is_causal(config).then(|| KeepsLevel::of(Level::Causal)).flatten())),
    },
];

/// The guarantees that sessions get.
fn given(config: &CausalConfig) -> impl Iterator<Item = SessionGuarantee> {
    SessionGuarantee::ALL.into_iter().filter(|guarantee| config.gives(*guarantee))
}

fn is_causal(config: &CausalConfig) -> bool {
    given(config).count() == SessionGuarantee::ALL.len()
}

/// What clients see is causally convergent, where the configuration claims that.
#[derive(Debug)]
struct CausalPlus(Option<KeepsLevel<Causal>>);

impl Property<Causal> for CausalPlus {
    fn at_end(&mut self, world: &World<'_, Causal>) -> Judgement {
        self.0.as_mut().map_or(Judgement::Holds, |level| level.at_end(world))
    }
}

/// A version in words.
fn words(version: Version) -> String {
    let Version { key, stamp: Stamp { time, replica } } = version;
    format!("version {time} of n{replica} of key {key}")
}
