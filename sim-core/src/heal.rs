//! The heal: when the world becomes one in which progress is owed.
//!
//! What is repaired and what is not is told in [`liveness`](crate::Liveness); this is what can be
//! asked for.

use crate::fault::Selector;
use crate::network::{Latency, LinkProfile};
use crate::time::{Duration, Time};

/// What becomes of the nodes that a heal does not repair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealKind {
    /// Each seed draws one of the two.
    #[default]
    Drawn,
    /// Nothing passes between the core and the rest: the core is on its own.
    Sealed,
    /// The rest stays as it is, half-broken, and in touch with the core as far as its links allow.
    Open,
}

/// The heal of a simulation.
#[derive(Clone, Debug, Default)]
pub struct Heal {
    /// When it comes, if it does.
    pub at: Option<Time>,
    /// Whom it repairs; nobody in particular is everybody.
    pub core: Vec<Selector>,
    /// What becomes of the others.
    pub kind: HealKind,
    /// How long messages between repaired processes take at most; without, what their links declare.
    pub delta: Option<Duration>,
    /// Where repaired links lose and double messages as their profile says: the share of the runs
    /// that must make progress all the same.
    pub lossy: Option<f64>,
}

impl Heal {
    /// Δ: how long messages between repaired processes take at most, over links of this profile
    /// and these further latencies.
    pub(crate) fn delta(&self, profile: &LinkProfile, further: impl Iterator<Item = Latency>) -> Duration {
        self.delta.unwrap_or_else(|| profile.longest(further))
    }
}
