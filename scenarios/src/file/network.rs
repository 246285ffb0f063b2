//! How links behave.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{LinkProfile, Probability};

use super::bandwidth::BandwidthEntry;
use super::latency::Latency;
use super::place::{Mistakes, Place};

/// How links behave when no fault touches them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    /// How long a message takes.
    pub(crate) latency: Latency,
    /// How likely a message is lost.
    pub(crate) loss: Probability,
    /// How likely a message arrives twice.
    pub(crate) duplicate: Probability,
    /// Whether messages arrive in the order in which they were sent.
    pub(crate) fifo: bool,
    /// Whether a message is lost that is due after its sender or its receiver has booted again
    /// since it was sent, as over TCP.
    pub(crate) connections: bool,
    /// How much gets through each link, if there is a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    bandwidth: Option<BandwidthEntry>,
}

impl Default for Network {
    fn default() -> Self {
        let LinkProfile { latency, loss, duplicate, fifo, connections, bandwidth } = LinkProfile::default();
        let bandwidth = bandwidth.map(BandwidthEntry::from);
        Self { latency: Latency::from(latency), loss, duplicate, fifo, connections, bandwidth }
    }
}

impl Network {
    pub(crate) fn read(&self, place: &Place<'_>, mistakes: &mut Mistakes) -> LinkProfile {
        LinkProfile {
            latency: self.latency.read(&place.key("latency"), mistakes),
            loss: self.loss,
            duplicate: self.duplicate,
            fifo: self.fifo,
            connections: self.connections,
            bandwidth: self.bandwidth.map(|bandwidth| bandwidth.read(&place.key("bandwidth"), mistakes)),
        }
    }
}
