//! The environment of a protocol, independent of which protocol it is.

use std::sync::Arc;

use crate::choices::Deviation;
use crate::clock::ClockProfile;
use crate::disk::DiskProfile;
use crate::fault::Fault;
use crate::heal::Heal;
use crate::limits::Limits;
use crate::liveness::Sign;
use crate::nemesis::Nemesis;
use crate::network::{Latency, LinkProfile, Zone};
use crate::sabotage::Sabotage;
use crate::time::{Duration, Time};

/// The environment of the protocol of a [`Simulation`](super::Simulation), and what its runs are to show:
/// everything that does not depend on the protocol's types.
///
/// The default is that of [`Simulation::new`](super::Simulation::new), for one node.
#[derive(Clone, Debug)]
pub struct Environment {
    /// How many nodes there are, from 1 to 2^24.
    pub nodes: u32,
    /// How links behave.
    pub network: LinkProfile,
    /// How disks behave.
    pub disk: DiskProfile,
    /// How inaccurate clocks are.
    pub clocks: ClockProfile,
    /// The zones that nodes are in.
    pub zones: Vec<Zone>,
    /// The plan: the declared faults.
    pub faults: Vec<Fault>,
    /// The nemesis that draws more faults from the seed.
    pub nemesis: Option<Nemesis>,
    /// The deviations, if the run is a recorded one.
    pub deviations: Option<Arc<[Deviation]>>,
    /// Events that some run of a sweep must announce.
    pub goals: Vec<String>,
    /// The figures that are measured, by name.
    pub figures: Vec<String>,
    /// The property that some run must violate.
    pub wanted: Option<String>,
    /// The promise that the engine breaks.
    pub sabotage: Option<Sabotage>,
    /// What counts as progress after the heal.
    pub signs: Vec<Sign>,
    /// When and how everything is repaired.
    pub heal: Heal,
    /// Whether runs continue after a violation that the protocol's model excuses.
    pub follows_beyond_model: bool,
    /// How soon progress must be seen, after the heal and from then on.
    pub progress_within: Option<Duration>,
    /// When runs end.
    pub run_for: Time,
    /// The limits at which runs are cut off.
    pub limits: Limits,
    /// In how many runs at most a failing [`check`](super::Simulation::check) shrinks its seed.
    pub shrink_runs: u64,
}

impl Environment {
    /// Δ: the longest time that messages between repaired processes take after the heal.
    #[must_use]
    pub fn delta(&self) -> Duration {
        self.heal.delta(&self.network, self.zone_to_zone())
    }

    /// How long messages take between zones.
    pub(crate) fn zone_to_zone(&self) -> impl Iterator<Item = Latency> {
        self.zones.iter().flat_map(|zone| zone.latencies.values().copied())
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            nodes: 1,
            network: LinkProfile::default(),
            disk: DiskProfile::default(),
            clocks: ClockProfile::default(),
            zones: Vec::new(),
            faults: Vec::new(),
            nemesis: None,
            deviations: None,
            goals: Vec::new(),
            figures: Vec::new(),
            wanted: None,
            sabotage: None,
            signs: vec![Sign::Operation],
            heal: Heal::default(),
            follows_beyond_model: false,
            progress_within: None,
            run_for: Time::ZERO + Duration::from_secs(10),
            limits: Limits::default(),
            shrink_runs: 2_000,
        }
    }
}
