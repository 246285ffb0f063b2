//! The whole file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Duration;

use super::clients::Clients;
use super::deviation::DeviationEntry;
use super::environment::{Clocks, Disk};
use super::expect::Expect;
use super::fault::FaultEntry;
use super::nemesis::Nemesis;
use super::network::Network;
use super::seeds::Seeds;

/// A scenario: a protocol, the world it runs in, what goes wrong there, and what is expected.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFile {
    /// Where editors find the schema of this file. It has no effect.
    #[serde(rename = "$schema", default)]
    pub(crate) schema: Option<String>,
    /// What the scenario shows.
    pub(crate) description: String,
    /// The protocol, and its configuration.
    pub(crate) protocol: ProtocolName,
    /// How many nodes there are.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) nodes: u64,
    /// The seeds that a plain run covers; without, 0 to 99.
    #[serde(default)]
    pub(crate) seeds: Option<Seeds>,
    /// How links behave.
    #[serde(default)]
    pub(crate) network: Network,
    /// How disks behave.
    #[serde(default)]
    pub(crate) disk: Disk,
    /// How wrong clocks are.
    #[serde(default)]
    pub(crate) clocks: Clocks,
    /// Who asks the nodes for something; without, nobody.
    #[serde(default)]
    pub(crate) clients: Option<Clients>,
    /// What goes wrong.
    #[serde(default)]
    pub(crate) faults: Vec<FaultEntry>,
    /// What goes wrong at random.
    #[serde(default)]
    pub(crate) nemesis: Option<Nemesis>,
    /// When everything is repaired; without, never.
    #[serde(default)]
    pub(crate) heal_at: Option<Duration>,
    /// How long a run takes, in virtual time.
    #[serde(default = "usual_run")]
    pub(crate) run_for: Duration,
    /// After how many steps a run ends at the latest.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) step_limit: Option<u64>,
    /// What is expected of the runs beyond the protocol's own properties.
    #[serde(default)]
    pub(crate) expect: Option<Expect>,
    /// What each client asks, a list for each, in the place of what is drawn.
    #[serde(default)]
    pub(crate) operations: Option<Vec<Vec<serde_json::Value>>>,
    /// The answers to all choices that are not calm, in the place of the seed.
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
