//! Levels of consistency that each read asks for by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, SimRng};

use crate::bounds::check_weights;
use crate::weights;

/// How fresh a read must be, strongest first: the levels of the textbooks' store interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadLevel {
    /// Linearizable: what was written before it was asked.
    Strong,
    /// In one order with all updates and all reads as strong, which keeps the order of each session.
    Sequential,
    /// After all that its session has done or seen, and what that depends on.
    Causal,
    /// By the four session guarantees (Terry et al. 1994).
    Session,
    /// Whatever is at hand, which is not out of date for ever.
    Eventual,
}

impl ReadLevel {
    /// All of them, each before the weaker ones.
    pub const ALL: [Self; 5] = [Self::Strong, Self::Sequential, Self::Causal, Self::Session, Self::Eventual];

    /// Whether a read at this level is among those that the `other` speaks of: it is as strong.
    #[must_use]
    pub fn is_at_least(self, other: Self) -> bool {
        self <= other
    }
}

/// How often reads of a key ask for each level, relative to the others. One that is left out is not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KvLevels {
    /// Linearizable reads.
    pub strong: u32,
    /// Sequential reads.
    pub sequential: u32,
    /// Causal reads.
    pub causal: u32,
    /// Reads by the session guarantees.
    pub session: u32,
    /// Eventual reads.
    pub eventual: u32,
}

impl KvLevels {
    /// All levels alike.
    pub const ALIKE: Self = Self { strong: 1, sequential: 1, causal: 1, session: 1, eventual: 1 };

    /// Nothing but reads at this level.
    #[must_use]
    pub fn only(level: ReadLevel) -> Self {
        let weight = |of| u32::from(of == level);
        let [strong, sequential, causal, session, eventual] = ReadLevel::ALL.map(weight);
        Self { strong, sequential, causal, session, eventual }
    }

    const fn weights(&self) -> [(ReadLevel, u32); 5] {
        [
            (ReadLevel::Strong, self.strong),
            (ReadLevel::Sequential, self.sequential),
            (ReadLevel::Causal, self.causal),
            (ReadLevel::Session, self.session),
            (ReadLevel::Eventual, self.eventual),
        ]
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check_weights("levels", &self.weights().map(|(_, weight)| weight))
    }

    pub(super) fn draw(&self, rng: &mut SimRng) -> ReadLevel {
        weights::draw(&self.weights(), rng)
    }
}
