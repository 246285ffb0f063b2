//! What can be set about a replica.

use parts::bounds::{check_counts, check_ranges, check_spans};
use parts::quorums::Group;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::VrFlaw;

/// The configuration of every replica of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VrConfig {
    /// The shortest and the longest time that a replica waits for its primary, or for a view change to come to its
    /// end, before it begins the next view change. Each wait is drawn anew.
    pub view_change_timeout: (Duration, Duration),
    /// How often the primary says that it is there, and repeats what was not answered. Below the shortest timeout.
    pub heartbeat_interval: Duration,
    /// After how many executed requests a replica takes a checkpoint and forgets the log up to there; 0 is never.
    pub checkpoint_every: u64,
    /// f: how many replicas at a time may be down, or back and still recovering. There are at least 2f + 1.
    pub f: u32,
    /// What replicas keep through a crash.
    pub stable: Stable,
    /// Known bugs to switch on.
    pub flaws: Flaws<VrFlaw>,
}

/// What replicas keep through a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stable {
    /// Nothing: crash vectors make up for that (Michael et al. 2017).
    Nothing,
    /// The view, which is on the disk before anybody hears of it, as in the first version of the protocol (Oki and
    /// Liskov 1988). Recovery is as Liskov and Cowling have it, and to no lower view.
    View,
}

impl Default for VrConfig {
    fn default() -> Self {
        Self {
            view_change_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            heartbeat_interval: Duration::from_millis(50),
            checkpoint_every: 64,
            f: 1,
            stable: Stable::Nothing,
            flaws: Flaws::default(),
        }
    }
}

/// How many replicas it takes: more than half. Of 2f + 1 it is f + 1.
pub(crate) const fn majority(replicas: usize) -> usize {
    Group::crash_tolerant(replicas).majority()
}

/// How many times a message may cross the network within the shortest timeout: a view change, and the state for a
/// replica that has missed its end.
const TRIPS: u64 = 5;

/// How many timeouts it may take until a view starts: replicas are in each other's way, and primaries recover.
const VIEW_CHANGES: u64 = 5;

impl ProtocolConfig for VrConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "stable", values: &[r#""nothing""#, r#""nothing""#, r#""view""#] },
        Switch { key: "checkpoint_every", values: &["0", "5", "20"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let (shortest, longest) = self.view_change_timeout;
        check_counts(&[("checkpoint_every", self.checkpoint_every)])?;
        check_ranges(&[("view_change_timeout", self.view_change_timeout)])?;
        check_spans(&[
            ("view_change_timeout", shortest),
            ("view_change_timeout", longest),
            ("heartbeat_interval", self.heartbeat_interval),
        ])?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        if u64::from(nodes) <= 2 * u64::from(self.f) {
            let needed = 2 * u64::from(self.f) + 1;
            refuse("nodes", format!("it takes {needed} replicas for {} of them to fail", self.f))
        } else if shortest.is_zero() {
            refuse("view_change_timeout", "a timeout must be above zero".to_owned())
        } else if self.heartbeat_interval.is_zero() || self.heartbeat_interval >= shortest {
            let key = "heartbeat_interval";
            refuse(key, format!("must be above zero and below the shortest view change timeout, {shortest}"))
        } else {
            Ok(())
        }
    }

    /// At most f replicas are down or recovering: what more of them knew may be gone (Liskov and Cowling 2012, 2; Michael
    /// et al. 2017, 3). Nothing of disks, unless the view is to be on them; nothing of time. For progress, messages must
    /// arrive well within a timeout, and the same of the replicas: who has lost too much waits for ever.
    fn model(&self) -> FaultModel {
        let mut safety = vec![Assumption::DownAtMost(self.f), Assumption::IntactMessages];
        if self.stable == Stable::View {
            safety.extend([Assumption::DurableDisks, Assumption::NoPhantomWrites]);
        }
        let timely = Assumption::Synchronous { within: self.view_change_timeout.0 / TRIPS };
        FaultModel::of(safety.clone()).live(safety).after_heal(vec![timely])
    }

    fn settles_within(&self) -> Duration {
        self.view_change_timeout.1 * VIEW_CHANGES
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let ms = Duration::from_millis;
        let check = |change: fn(&mut VrConfig), expected| assert_eq!(refused_key(4, change), expected);
        check(|_| (), None);
        check(|c| c.view_change_timeout = (Duration::ZERO, Duration::from_millis(9)), Some("view_change_timeout"));
        check(|c| c.view_change_timeout.1 = Duration::ZERO, Some("view_change_timeout"));
        check(|c| c.heartbeat_interval = c.view_change_timeout.0, Some("heartbeat_interval"));
        check(|c| c.heartbeat_interval = Duration::ZERO, Some("heartbeat_interval"));
        check(|c| c.checkpoint_every = u64::MAX, Some("checkpoint_every"));
        check(|c| c.f = 2, Some("nodes"));
        check(|c| c.f = u32::MAX, Some("nodes"));
        assert_eq!(refused_key::<VrConfig>(5, |c| (c.f, c.heartbeat_interval) = (2, ms(149))), None);
        assert_eq!(refused_key::<VrConfig>(1, |c| c.f = 0), None);
        assert_eq!(refused_key::<VrConfig>(0, |c| c.f = 0), Some("nodes"));
    }

    #[test]
    fn a_file_may_name_flaws_and_nothing_unknown() {
        let parse = serde_json::from_str::<VrConfig>;
        let config = parse(r#"{ "stable": "view", "flaws": ["view-not-durable"] }"#).unwrap();
        assert!(config.flaws.has(VrFlaw::ViewNotDurable) && config.stable == Stable::View);
        assert!(parse(r#"{ "flaws": ["view"] }"#).is_err());
        assert!(parse(r#"{ "quorum": 3 }"#).is_err());
    }
}
