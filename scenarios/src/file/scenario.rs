//! The whole file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Duration, Sabotage};

use super::clients::Clients;
use super::deviation::DeviationEntry;
use super::environment::{Clocks, Disk};
use super::expect::Expect;
use super::fault::FaultEntry;
use super::heal::HealKindText;
use super::limits::Limits;
use super::nemesis::Nemesis;
use super::network::Network;
use super::seeds::Seeds;
use super::selector::SelectorText;
use super::whole::Whole;
use super::zones::ZoneEntry;

/// A scenario: a protocol, the world it runs in, what goes wrong there, and what is expected.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFile {
    /// Where editors find the schema of this file. It has no effect.
    #[serde(rename = "$schema", default)]
    pub(crate) schema: Option<String>,
    /// What the scenario shows.
    #[serde(default)]
    pub(crate) description: String,
    /// The protocol, and its configuration.
    pub(crate) protocol: ProtocolName,
    /// How many nodes there are.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) nodes: Whole,
    /// The seeds that a plain run covers; without, 0 to 99.
    #[serde(default)]
    pub(crate) seeds: Option<Seeds>,
    /// How links behave.
    #[serde(default)]
    pub(crate) network: Network,
    /// Which nodes are close to one another, and how far others are.
    #[serde(default)]
    pub(crate) zones: BTreeMap<String, ZoneEntry>,
    /// How disks behave.
    #[serde(default)]
    pub(crate) disk: Disk,
    /// How wrong clocks are.
    #[serde(default)]
    pub(crate) clocks: Clocks,
    /// Who asks the nodes for something; without, nobody.
    #[serde(default)]
    pub(crate) clients: Option<Clients>,
    /// Configurations that nodes can be upgraded to: each is that of `protocol` with these keys
    /// replaced.
    #[serde(default)]
    pub(crate) configurations: BTreeMap<String, serde_json::Value>,
    /// What goes wrong.
    #[serde(default)]
    #[schemars(transform = super::fault::no_next_steps)]
    pub(crate) faults: Vec<FaultEntry>,
    /// What goes wrong at random.
    #[serde(default)]
    pub(crate) nemesis: Option<Nemesis>,
    /// When everything is repaired; without, never.
    #[serde(default)]
    pub(crate) heal_at: Option<Duration>,
    /// What the heal repairs: these nodes, the links between them, and the clients; without,
    /// everything.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) heal_core: Option<Vec<SelectorText>>,
    /// What becomes of the nodes that the heal does not repair: each seed draws one of the two
    /// (`drawn`), nothing passes between them and the core (`sealed`), or they stay as they are,
    /// half-broken (`open`).
    #[serde(default)]
    pub(crate) heal_kind: Option<HealKindText>,
    /// How long messages between repaired nodes take at most after the heal; without, the longest
    /// latency of the links, or ten times the mean where there is none.
    #[serde(default)]
    pub(crate) delta_after_heal: Option<Duration>,
    /// Whether links lose and double messages after the heal as before. Then a share of the runs is
    /// judged, and no single one.
    #[serde(default)]
    pub(crate) lossy_after_heal: bool,
    /// A promise that the engine breaks, to see whether anybody notices.
    #[serde(default)]
    pub(crate) sabotage: Option<Sabotage>,
    /// How long a run takes, in virtual time.
    #[serde(default = "usual_run")]
    pub(crate) run_for: Duration,
    /// After how many steps a run is cut: it is inconclusive then. Without, after 10,000,000.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) step_limit: Option<u64>,
    /// How much else a run may consist of before it is cut.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// What is expected of the runs beyond the protocol's own properties.
    #[serde(default)]
    pub(crate) expect: Option<Expect>,
    /// What each client asks, a list for each, instead of what is drawn.
    #[serde(default)]
    pub(crate) operations: Option<Vec<Vec<serde_json::Value>>>,
    /// The answers to all choices that are not calm, instead of the seed.
    #[serde(default)]
    pub(crate) deviations: Option<Vec<DeviationEntry>>,
}

/// The name of the protocol. The other keys are its own, and read by it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ProtocolName {
    pub(crate) name: String,
}

const fn usual_run() -> Duration {
    Duration::from_secs(10)
}
