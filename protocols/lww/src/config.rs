//! What a scenario can say of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig};

use super::flaws::LwwFlaw;
use parts::bounds::check_spans;
use parts::stickiness::Stickiness;

/// The configuration of every replica and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LwwConfig {
    /// What must be applied before an update.
    pub delivery: OrderOfDelivery,
    /// What decides between writes.
    pub stamps: Stamps,
    /// How often a replica tells each other one which updates it has.
    pub anti_entropy_interval: Duration,
    /// Which replica a client asks.
    pub sessions: Stickiness,
    /// Whether clients carry the updates that their session has seen or made, and replicas wait for
    /// them.
    pub tokens: bool,
    /// Known bugs to switch on.
    pub flaws: Flaws<LwwFlaw>,
}

/// What must be applied before an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderOfDelivery {
    /// All that its replica had applied when it made the update.
    Causal,
    /// All that its replica had made before.
    Fifo,
    /// Nothing.
    Unordered,
}

/// What decides between writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stamps {
    /// A logical clock, ahead of all that the replica has seen (Lamport 1978).
    Lamport,
    /// The replica's wall clock, which trusts all clocks to agree.
    WallClock,
}

impl Default for LwwConfig {
    fn default() -> Self {
        Self {
            delivery: OrderOfDelivery::Causal,
            stamps: Stamps::Lamport,
            anti_entropy_interval: Duration::from_millis(100),
            sessions: Stickiness::Sticky,
            tokens: false,
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for LwwConfig {
    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        if self.anti_entropy_interval.is_zero() {
            let message = "replicas that do nothing but tell what they have get nothing done".to_owned();
            return Err(ConfigError::new("anti_entropy_interval", message));
        }
        check_spans(&[("anti_entropy_interval", self.anti_entropy_interval)])
    }

    fn model(&self) -> FaultModel {
        FaultModel::of(vec![Assumption::DurableDisks]).live(vec![Assumption::DurableDisks])
    }
}
