//! What can be set about a server.

use parts::bounds::{check_counts, check_ranges, check_spans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::AsyncKvFlaw;

/// The configuration of every server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AsyncKvConfig {
    /// The shortest and the longest time after which a server that hears of no leader stands for election, and after
    /// which it stands again. Each draws its own.
    pub election_timeout: (Duration, Duration),
    /// How often a leader is heard at least. Above zero, and below the shortest election timeout.
    pub heartbeat_interval: Duration,
    /// How many entries of the log one message has at most. At least 1.
    pub max_entries_per_message: u32,
    /// How long a leader waits for a client's operation to be applied before it gives up to answer. Above zero.
    pub answer_within: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<AsyncKvFlaw>,
}

impl Default for AsyncKvConfig {
    fn default() -> Self {
        Self {
            election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            heartbeat_interval: Duration::from_millis(50),
            max_entries_per_message: 2,
            answer_within: Duration::from_secs(1),
            flaws: Flaws::default(),
        }
    }
}

/// How many times a message may cross the network within the shortest election timeout: an election and its news.
const TRIPS: u64 = 4;

/// How many election timeouts it may take until an election succeeds.
const ELECTIONS: u64 = 6;

impl ProtocolConfig for AsyncKvConfig {
    /// By which more or less travels at once.
    const SWITCHES: &'static [Switch] = &[Switch { key: "max_entries_per_message", values: &["1", "2", "8"] }];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let (shortest, longest) = self.election_timeout;
        check_ranges(&[("election_timeout", self.election_timeout)])?;
        check_spans(&[
            ("election_timeout", longest),
            ("heartbeat_interval", self.heartbeat_interval),
            ("answer_within", self.answer_within),
        ])?;
        check_counts(&[("max_entries_per_message", self.max_entries_per_message.into())])?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        if nodes == 0 {
            refuse("nodes", "somebody must serve".to_owned())
        } else if shortest.is_zero() {
            refuse("election_timeout", "must be above zero".to_owned())
        } else if self.heartbeat_interval.is_zero() || self.heartbeat_interval >= shortest {
            let why = format!("must be above zero and below the shortest election timeout, {shortest}");
            refuse("heartbeat_interval", why)
        } else if self.max_entries_per_message == 0 {
            refuse("max_entries_per_message", "with no entries in messages logs do not grow".to_owned())
        } else if self.answer_within.is_zero() {
            refuse("answer_within", "must be above zero".to_owned())
        } else {
            Ok(())
        }
    }

    /// As Raft: safe whatever becomes of messages, processes and clocks, as long as disks keep what they have made
    /// durable (Raft 5); and heard in time, to have a leader at all (5.6).
    fn model(&self) -> FaultModel {
        let safety = vec![Assumption::DurableDisks, Assumption::NoPhantomWrites, Assumption::IntactMessages];
        let timely = Assumption::Synchronous { within: self.election_timeout.0 / TRIPS };
        FaultModel::of(safety).live(vec![Assumption::DurableDisks]).after_heal(vec![timely])
    }

    fn settles_within(&self) -> Duration {
        self.election_timeout.1 * ELECTIONS
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut AsyncKvConfig)| refused_key(3, change);
        let ms = Duration::from_millis;
        assert_eq!(refused(|_| ()), None);
        assert_eq!(
            refused(|config| config.election_timeout.0 = config.election_timeout.1 * 2),
            Some("election_timeout")
        );
        assert_eq!(refused(|config| config.election_timeout.0 = Duration::ZERO), Some("election_timeout"));
        assert_eq!(refused(|config| config.heartbeat_interval = Duration::ZERO), Some("heartbeat_interval"));
        assert_eq!(refused(|config| config.heartbeat_interval = config.election_timeout.0), Some("heartbeat_interval"));
        assert_eq!(refused(|config| config.max_entries_per_message = 0), Some("max_entries_per_message"));
        assert_eq!(refused(|config| config.answer_within = Duration::ZERO), Some("answer_within"));
        assert_eq!(AsyncKvConfig::default().settles_within(), ms(1800));
    }
}
