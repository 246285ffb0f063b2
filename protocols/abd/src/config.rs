//! What can be set about nodes.

use parts::bounds::check_spans;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::AbdFlaw;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AbdConfig {
    /// Who writes to a register.
    pub writers: Writers,
    /// Whether a read is complete after its first phase if all replicas of a majority have answered with the same
    /// tag (Georgiou, Nicolaou and Shvartsman 2009). In the papers of 1995 and 1997 it never is.
    pub fast_reads: bool,
    /// How long a coordinator waits before it asks those again that have not answered. Above zero.
    pub retransmit_interval: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<AbdFlaw>,
}

/// Who writes to a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Writers {
    /// Any node, after it has asked for the latest tag (Lynch and Shvartsman 1997).
    Multi,
    /// One node, to which others redirect clients (Attiya, Bar-Noy and Dolev 1995): to register k of n nodes node
    /// k modulo n.
    Single,
}

impl Default for AbdConfig {
    fn default() -> Self {
        Self {
            writers: Writers::Multi,
            fast_reads: false,
            retransmit_interval: Duration::from_millis(50),
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for AbdConfig {
    const SWITCHES: &'static [Switch] = &[Switch { key: "fast_reads", values: &["false", "true"] }];

    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        if self.retransmit_interval.is_zero() {
            let message = "a coordinator that asks again all the time does nothing else".to_owned();
            return Err(ConfigError::new("retransmit_interval", message));
        }
        check_spans(&[("retransmit_interval", self.retransmit_interval)])
    }

    /// Nothing of time, of how many fail, or of what links lose: it is safe in any case.
    fn model(&self) -> FaultModel {
        let safety = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        FaultModel::of(safety).live(vec![Assumption::DurableDisks])
    }

    fn settles_within(&self) -> Duration {
        self.retransmit_interval
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut AbdConfig)| refused_key(3, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.retransmit_interval = Duration::ZERO), Some("retransmit_interval"));
        assert_eq!(refused(|config| config.retransmit_interval = LONGEST + LONGEST), Some("retransmit_interval"));
    }
}
