//! The configuration of a protocol.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::FaultModel;
use crate::time::Duration;

/// What is written under `protocol` in a scenario file, and what the protocol claims if it is so
/// configured.
pub trait ProtocolConfig:
    Clone + Debug + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// Settings that a nemesis may draw. What the protocol claims with a value is what
    /// [`model`](Self::model) and [`can_progress`](super::LivenessClaims::can_progress) say of the
    /// configuration.
    const SWITCHES: &'static [Switch] = &[];

    /// Whether it makes sense for this many nodes.
    ///
    /// # Errors
    /// The key that does not, and why.
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let _ = nodes;
        Ok(())
    }

    /// What the protocol takes for granted. Whatever is not listed it claims to survive.
    fn model(&self) -> FaultModel {
        FaultModel::default()
    }

    /// How long after a heal the protocol's own time-outs and back-off may keep it from making
    /// progress: no scenario may ask for it sooner.
    fn settles_within(&self) -> Duration {
        Duration::ZERO
    }
}

/// A setting that hides some bugs and bares others: a defence that can be switched off, a size. Where
/// all runs have the same, whatever that defends against is never seen.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Its key in the configuration.
    pub key: &'static str,
    /// Values worth drawing, as JSON.
    pub values: &'static [&'static str],
}

/// What makes no sense in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The key, from the configuration's top, and below it with dots: `election_timeout`. If it is
    /// the number of nodes that makes no sense: `nodes`.
    pub key: &'static str,
    /// What is wrong with it.
    pub message: String,
}
