//! What can be set about nodes.

use parts::bounds::{check_counts, check_spans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::SagaFlaw;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SagaConfig {
    /// How many nodes are orchestrators, the first ones. The others are services. At least 1, and fewer than there
    /// are nodes.
    pub orchestrators: u32,
    /// What becomes of a saga with a step that is not answered.
    pub recovery: Recovery,
    /// How long an orchestrator waits for an answer before it asks again. Above zero.
    pub retry_interval: Duration,
    /// How often a step is asked for before its saga turns back, and how often a compensation may be refused before
    /// the saga needs an operator. At least 1.
    pub attempts: u32,
    /// What is in each account at first.
    pub opening: u32,
    /// What an account may have at most after a deposit.
    pub limit: u32,
    /// Known bugs to switch on.
    pub flaws: Flaws<SagaFlaw>,
}

/// What becomes of a saga with a step that is not answered (Garcia-Molina and Salem 1987).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// It is compensated. So are sagas that are found open after a crash.
    Backward,
    /// It goes on when the answer comes. Only a refusal turns it back.
    Forward,
}

impl Default for SagaConfig {
    fn default() -> Self {
        Self {
            orchestrators: 1,
            recovery: Recovery::Backward,
            retry_interval: Duration::from_millis(100),
            attempts: 3,
            opening: 100,
            limit: 200,
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for SagaConfig {
    const SWITCHES: &'static [Switch] = &[Switch { key: "recovery", values: &[r#""backward""#, r#""forward""#] }];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::new(key, message));
        match self {
            Self { orchestrators: 0, .. } => wrong("orchestrators", "somebody must run the sagas".to_owned()),
            Self { orchestrators, .. } if *orchestrators >= nodes => {
                wrong("orchestrators", format!("of {nodes} nodes at least one must be a service"))
            }
            Self { attempts: 0, .. } => wrong("attempts", "whoever never asks is never answered".to_owned()),
            Self { retry_interval, .. } if retry_interval.is_zero() => {
                wrong("retry_interval", "an orchestrator that asks all the time does nothing else".to_owned())
            }
            Self { opening, limit, .. } if limit < opening => {
                wrong("limit", format!("accounts begin with {opening}, which is more"))
            }
            Self { retry_interval, attempts, limit, .. } => {
                check_spans(&[("retry_interval", *retry_interval)])?;
                check_counts(&[("attempts", u64::from(*attempts)), ("limit", u64::from(*limit))])
            }
        }
    }

    /// Nothing of time, of how many fail, or of what links lose: it is safe in any case.
    fn model(&self) -> FaultModel {
        let assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }

    /// A saga on its way back may be refused so often before it says that it needs an operator.
    fn settles_within(&self) -> Duration {
        self.retry_interval * (u64::from(self.attempts) + 1)
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut SagaConfig)| refused_key(3, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.orchestrators = 2), None);
        assert_eq!(refused(|config| config.orchestrators = 0), Some("orchestrators"));
        assert_eq!(refused(|config| config.orchestrators = 3), Some("orchestrators"));
        assert_eq!(refused(|config| config.attempts = 0), Some("attempts"));
        assert_eq!(refused(|config| config.retry_interval = Duration::ZERO), Some("retry_interval"));
        assert_eq!(refused(|config| config.retry_interval = LONGEST + LONGEST), Some("retry_interval"));
        assert_eq!(refused(|config| config.limit = 99), Some("limit"));
    }
}
