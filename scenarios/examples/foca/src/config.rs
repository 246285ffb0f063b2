//! What can be set about a node.

use std::num::{NonZeroU8, NonZeroUsize};

use foca::PeriodicParams;
use parts::bounds::{check_counts, check_spans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use crate::flaws::Flaw;

/// The configuration of every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How often a member pings another: `probe_period`.
    pub(crate) probe_period: Duration,
    /// How long an answer may take before others are asked to ping: `probe_rtt`. Shorter than `probe_period`.
    pub(crate) probe_rtt: Duration,
    /// How many others: `num_indirect_probes`. At least 1.
    pub(crate) indirect_probes: u32,
    /// How often each update is told: `max_transmissions`. From 1 to 255.
    pub(crate) transmissions: u32,
    /// How long a member is suspected before it is down: `suspect_to_down_after`.
    pub(crate) suspect_to_down_after: Duration,
    /// How long it is remembered that a member is down: `remove_down_after`.
    pub(crate) remove_down_after: Duration,
    /// How often a member gossips, and asks another for all members, and one of those that are down:
    /// `periodic_gossip`, `periodic_announce`, `periodic_announce_to_down_members`.
    pub(crate) periodic: Duration,
    /// How often a node asks a contact for all members. The contacts are the first three nodes.
    pub(crate) contact_every: Duration,
    /// Known mistakes of adapters to switch on.
    pub(crate) flaws: Flaws<Flaw>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            probe_period: Duration::from_millis(100),
            probe_rtt: Duration::from_millis(40),
            indirect_probes: 3,
            transmissions: 10,
            suspect_to_down_after: Duration::from_millis(300),
            remove_down_after: Duration::from_secs(3600),
            periodic: Duration::from_millis(200),
            contact_every: Duration::from_millis(200),
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for Config {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "indirect_probes", values: &["1", "3"] },
        Switch { key: "transmissions", values: &["2", "10"] },
    ];

    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        let spans = [
            ("probe_period", self.probe_period),
            ("probe_rtt", self.probe_rtt),
            ("suspect_to_down_after", self.suspect_to_down_after),
            ("remove_down_after", self.remove_down_after),
            ("periodic", self.periodic),
            ("contact_every", self.contact_every),
        ];
        if let Some((key, _)) = spans.iter().find(|(_, span)| span.is_zero()) {
            return wrong(key, "must be above zero");
        }
        match self {
            Self { probe_rtt, probe_period, .. } if probe_rtt >= probe_period => {
                wrong("probe_rtt", "must be shorter than probe_period")
            }
            Self { indirect_probes: 0, .. } => wrong("indirect_probes", "must be at least 1"),
            Self { transmissions: 0 | 256.., .. } => wrong("transmissions", "must be from 1 to 255"),
            Self { indirect_probes, .. } => {
                check_spans(&spans)?;
                check_counts(&[("indirect_probes", u64::from(*indirect_probes))])
            }
        }
    }

    /// What the crate asks for is that identities are unique. After the heal a ping and its answer fit into a period.
    fn model(&self) -> FaultModel {
        let assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        let timely = Assumption::Synchronous { within: self.probe_period / 3 };
        FaultModel::of(assumptions.clone()).live(assumptions).after_heal(vec![timely])
    }
}

impl Config {
    /// The same as the crate has it.
    pub(crate) fn of_crate(&self) -> foca::Config {
        let one = NonZeroUsize::MIN;
        let periodic = PeriodicParams { frequency: std_duration(self.periodic), num_members: one };
        let forgets = self.flaws.has(Flaw::ForgetsDown);
        let remove_down_after = if forgets { self.probe_rtt } else { self.remove_down_after };
        foca::Config {
            probe_period: std_duration(self.probe_period),
            probe_rtt: std_duration(self.probe_rtt),
            num_indirect_probes: NonZeroUsize::new(self.indirect_probes as usize).unwrap_or(one),
            max_transmissions: u8::try_from(self.transmissions).ok().and_then(NonZeroU8::new).unwrap_or(NonZeroU8::MAX),
            suspect_to_down_after: std_duration(self.suspect_to_down_after),
            remove_down_after: Some(std_duration(remove_down_after)),
            notify_down_members: !self.flaws.has(Flaw::NeverNotifiesDown),
            periodic_announce: Some(periodic.clone()),
            periodic_announce_to_down_members: Some(periodic.clone()),
            periodic_gossip: Some(periodic),
            ..foca::Config::simple()
        }
    }
}

const fn std_duration(span: Duration) -> std::time::Duration {
    std::time::Duration::from_nanos(span.as_nanos())
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut Config)| refused_key(3, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.periodic = Duration::ZERO), Some("periodic"));
        assert_eq!(refused(|config| config.probe_rtt = config.probe_period), Some("probe_rtt"));
        assert_eq!(refused(|config| config.indirect_probes = 0), Some("indirect_probes"));
        assert_eq!(refused(|config| config.transmissions = 256), Some("transmissions"));
    }
}
