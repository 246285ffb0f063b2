//! The configuration of a protocol.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::FaultModel;
use crate::time::Duration;

/// What is written under `protocol` in a scenario file, and what the protocol claims with that
/// configuration.
pub trait ProtocolConfig:
    Clone + Debug + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// Settings that a nemesis may draw. [`model`](Self::model) and
    /// [`can_progress`](super::LivenessClaims::can_progress) say what the protocol claims with the
    /// drawn values.
    const SWITCHES: &'static [Switch] = &[];

    /// Checks that it is valid for this many nodes.
    ///
    /// # Errors
    /// The invalid key, and why.
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let _ = nodes;
        Ok(())
    }

    /// What the protocol assumes. It claims to survive whatever is not listed.
    fn model(&self) -> FaultModel {
        FaultModel::default()
    }

    /// How long after a heal the protocol's own timeouts and back-off may delay progress: no
    /// scenario may require it sooner.
    fn settles_within(&self) -> Duration {
        Duration::ZERO
    }
}

/// A setting that hides some bugs and exposes others: a defence that can be turned off, a size. If
/// all runs use the same value, whatever that defends against is never seen.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Its key in the configuration.
    pub key: &'static str,
    /// Values worth drawing, as JSON.
    pub values: &'static [&'static str],
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The key, from the top of the configuration, with dots below that: `election_timeout`. If the
    /// number of nodes is invalid: `nodes`.
    pub key: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl ConfigError {
    /// The value of `key` is wrong, for this reason.
    pub fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self { key, message: message.into() }
    }
}
