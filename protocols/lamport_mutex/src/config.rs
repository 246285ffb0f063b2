//! What can be set about a process.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig};

use super::flaws::LamportMutexFlaw;
use parts::bounds::{check_counts, check_ranges, check_spans};

/// The configuration of all processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LamportMutexConfig {
    /// How many times each process asks for the resource, one after the other.
    pub requests: u32,
    /// The shortest and the longest time for which a process does without it.
    pub idle: (Duration, Duration),
    /// The shortest and the longest time for which a process has it. Above zero.
    pub hold: (Duration, Duration),
    /// What *eventually* comes to: after the last fault no request waits for longer. The algorithm knows
    /// no bound; it is a matter of how long messages take, and of how many processes there are.
    pub granted_within: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<LamportMutexFlaw>,
}

impl Default for LamportMutexConfig {
    fn default() -> Self {
        Self {
            requests: 5,
            idle: (Duration::ZERO, Duration::from_millis(200)),
            hold: (Duration::from_millis(1), Duration::from_millis(20)),
            granted_within: Duration::from_secs(2),
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for LamportMutexConfig {
    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        let Self { requests, idle, hold, granted_within, flaws: _ } = self;
        check_counts(&[("requests", (*requests).into())])?;
        check_spans(&[("idle", idle.1), ("hold", hold.1), ("granted_within", *granted_within)])?;
        check_ranges(&[("idle", *idle), ("hold", *hold)])?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        if *requests == 0 {
            refuse("requests", "somebody must ask at least once".to_owned())
        } else if hold.0.is_zero() {
            refuse("hold", "must be above zero".to_owned())
        } else if *granted_within <= hold.1 {
            refuse("granted_within", format!("must be above the longest time that a process has it, {}", hold.1))
        } else {
            Ok(())
        }
    }

    /// "The messages sent from Pi to Pj are received in the same order as they are sent", "every message
    /// is eventually received", and no process fails.
    fn model(&self) -> FaultModel {
        let assumptions = vec![
            Assumption::OrderedLinks,
            Assumption::ReliableLinks,
            Assumption::IntactMessages,
            Assumption::DownAtMost(0),
        ];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }

    fn settles_within(&self) -> Duration {
        self.granted_within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |change: fn(&mut LamportMutexConfig), expected: Result<(), &str>| {
            let mut config = LamportMutexConfig::default();
            change(&mut config);
            assert_eq!(config.validate(3).map_err(|error| error.key), expected, "{config:?}");
        };
        let ms = Duration::from_millis;
        check(|_| (), Ok(()));
        check(|c| c.requests = 0, Err("requests"));
        check(|c| c.idle = (Duration::ZERO, Duration::ZERO), Ok(()));
        check(|c| c.idle.0 = c.idle.1 + c.idle.1, Err("idle"));
        check(|c| c.hold.0 = c.hold.1 + c.hold.1, Err("hold"));
        check(|c| c.hold.0 = Duration::ZERO, Err("hold"));
        check(|c| c.granted_within = c.hold.1, Err("granted_within"));
        assert_eq!(LamportMutexConfig::default().settles_within(), ms(2000));
    }
}
