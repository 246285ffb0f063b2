//! What can be set about nodes.

use parts::bounds::{check_ranges, check_spans};
use parts::timeouts::lease_within;
use raft::RaftConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::LockFlaw;
use super::tree::MOST_NODES;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LockConfig {
    /// How many nodes are holders, the first ones. The next one is the storage, and all others are instances of the
    /// lock service. At least 1.
    pub holders: u32,
    /// Who grants locks.
    pub service: Service,
    /// What an instance does about the keys that it had when it boots.
    pub restart: Restart,
    /// Whether whoever gets a lock gets a token, and the storage turns away all who come with a lower one than it has
    /// seen. Without, what a holder does is exclusive only while nodes act at once, and messages take at most half of
    /// `margin` and arrive in order, over connections (`fifo`, `connections`).
    pub fencing: bool,
    /// How long a lock is granted for. Above zero.
    pub ttl: Duration,
    /// How long a holder waits for grants before it gives them back. Above zero and below `ttl`. Locks are granted where
    /// messages take at most a sixth of it, and an eighth of a lease.
    pub acquire_timeout: Duration,
    /// The shortest and the longest time before a holder that has not got a lock tries again.
    pub retry_delay: (Duration, Duration),
    /// How long a holder waits for the storage before it asks again. Above zero.
    pub retry_interval: Duration,
    /// How long before its lease ends a holder stops. Below half of `ttl`.
    pub margin: Duration,
    /// How long it takes from the moment at which a holder has looked whether it still has the lock until what it asks
    /// of the storage leaves the node. A pause may fall there. Without `fencing`, at most a quarter of `margin`.
    pub send_delay: Duration,
    /// How much clocks may gain or lose for leases to be exclusive, in parts per million. Below a million.
    pub clock_drift_bound_ppm: u32,
    /// Known bugs to switch on.
    pub flaws: Flaws<LockFlaw>,
}

/// Who grants locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// The first instance alone.
    Single,
    /// A majority of the instances, which do not know of each other: Redlock.
    Redlock,
    /// The first three instances, which have a log in common: ZooKeeper's recipe.
    Log,
}

/// What an instance does about the keys that it had when it boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// It has them on its disk, durable before it grants them. How much of their time is left it cannot know: they get
    /// all of it anew.
    Durable,
    /// It has them in memory, and grants nothing until all that it may have had have expired.
    Delayed,
}

const MILLION: u32 = 1_000_000;

/// How many messages after one another it takes to get a lock: two there and back, with Redlock and tokens, and as much
/// as one more there and back for the disks in between.
const TRIPS_TO_ACQUIRE: u64 = 6;

/// How many messages after one another a lease lasts for. Its second half is for renewing it: there and back, once more
/// if that is lost.
const TRIPS_IN_A_LEASE: u64 = 8;

/// How many servers have a log in common.
const SERVERS: u32 = 3;

impl Default for LockConfig {
    fn default() -> Self {
        Self {
            holders: 3,
            service: Service::Single,
            restart: Restart::Durable,
            fencing: true,
            ttl: Duration::from_millis(100),
            acquire_timeout: Duration::from_millis(45),
            retry_delay: (Duration::from_millis(5), Duration::from_millis(50)),
            retry_interval: Duration::from_millis(50),
            margin: Duration::from_millis(4),
            send_delay: Duration::from_millis(1),
            clock_drift_bound_ppm: 100_000,
            flaws: Flaws::default(),
        }
    }
}

/// Which node is what.
#[derive(Clone, Debug)]
pub(super) struct Roles<'a> {
    pub(super) holders: &'a [NodeId],
    pub(super) storage: NodeId,
    /// The instances that the service has.
    pub(super) instances: &'a [NodeId],
}

impl LockConfig {
    pub(super) fn roles<'a>(&self, nodes: &'a [NodeId]) -> Roles<'a> {
        let (holders, others) = nodes.split_at(self.holders as usize);
        let instances = match self.service {
            Service::Single => &others[1..2],
            Service::Redlock => &others[1..],
            Service::Log => &others[1..=SERVERS as usize],
        };
        Roles { holders, storage: others[0], instances }
    }

    /// For how long whoever asks for a lock has it, by its own clock, counted from when it asked.
    pub(super) fn lease(&self) -> Duration {
        let drift = if self.flaws.has(LockFlaw::IgnoresDrift) { 0 } else { self.clock_drift_bound_ppm };
        lease_within(self.ttl, drift)
    }

    /// How often a holder says that its session is alive, and servers look which are not.
    pub(super) fn beat_interval(&self) -> Duration {
        (self.ttl / 3).max(Duration::from_millis(1))
    }

    /// How long messages may take for locks to be granted, and renewed before they end.
    fn timely(&self) -> Duration {
        let usable = self.lease().max(self.margin) - self.margin;
        (self.acquire_timeout / TRIPS_TO_ACQUIRE).min(usable / TRIPS_IN_A_LEASE)
    }

    /// Whether the instance itself numbers its grants. Otherwise holders find the next number.
    pub(super) fn instance_numbers(&self) -> bool {
        self.fencing && self.service == Service::Single
    }
}

impl ProtocolConfig for LockConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "service", values: &[r#""single""#, r#""redlock""#, r#""log""#] },
        Switch { key: "restart", values: &[r#""durable""#, r#""delayed""#] },
        Switch { key: "ttl", values: &[r#""120ms""#, r#""200ms""#] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::new(key, message));
        check_spans(&[
            ("ttl", self.ttl),
            ("retry_delay", self.retry_delay.1),
            ("retry_interval", self.retry_interval),
            ("margin", self.margin),
            ("send_delay", self.send_delay),
        ])?;
        check_ranges(&[("retry_delay", self.retry_delay)])?;
        match self {
            Self { holders: 0, .. } => wrong("holders", "somebody must want the lock".to_owned()),
            Self { holders, .. } if nodes < 3 || *holders > nodes - 2 => {
                let message = format!("of {nodes} nodes one must be the storage and at least one an instance");
                wrong("holders", message)
            }
            Self { service: Service::Log, holders, .. } if *holders + 1 + SERVERS > nodes => {
                wrong("service", format!("of {nodes} nodes {SERVERS} must be instances that have a log in common"))
            }
            Self { service: Service::Log, .. } if nodes > MOST_NODES => {
                wrong("service", format!("with a log there may be at most {MOST_NODES} nodes"))
            }
            Self { clock_drift_bound_ppm: MILLION.., .. } => {
                wrong("clock_drift_bound_ppm", "must be below 1000000: a clock does not stand still".to_owned())
            }
            Self { acquire_timeout, ttl, .. } if acquire_timeout.is_zero() || acquire_timeout >= ttl => {
                wrong("acquire_timeout", format!("must be above zero and below `ttl`, which is {ttl}"))
            }
            Self { retry_interval, .. } if retry_interval.is_zero() => {
                wrong("retry_interval", "a holder that asks all the time does nothing else".to_owned())
            }
            Self { margin, ttl, .. } if *margin + *margin >= *ttl => {
                wrong("margin", format!("must be below half of `ttl`, which is {ttl}: nothing would be left"))
            }
            Self { retry_delay: (shortest, _), .. } if shortest.is_zero() => {
                wrong("retry_delay", "must be above zero: two holders would be in each other's way for ever".to_owned())
            }
            Self { fencing: false, send_delay, margin, .. } if *send_delay * 4 > *margin => wrong(
                "send_delay",
                format!("must be at most a quarter of `margin`, which is {margin}, without fencing"),
            ),
            _ => Ok(()),
        }
    }

    /// Leases are exclusive where clocks keep their rate, and locks are granted where messages are much faster than
    /// leases end. With tokens nothing else of time is asked. Without them, what a holder has decided while it had the
    /// lock must be done before others can have it.
    fn model(&self) -> FaultModel {
        let mut safety = vec![
            Assumption::DurableDisks,
            Assumption::IntactMessages,
            Assumption::ClockRate { ppm: self.clock_drift_bound_ppm },
        ];
        if !self.fencing {
            safety.push(Assumption::Synchronous { within: self.margin / 2 });
            safety.push(Assumption::OrderedLinks);
        }
        let timely = Assumption::Synchronous { within: self.timely() };
        let liveness = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        FaultModel::of(safety).live(liveness).after_heal(vec![timely])
    }

    /// Locks of holders that have crashed expire, and instances that have crashed wait for as long.
    fn settles_within(&self) -> Duration {
        let election =
            if self.service == Service::Log { RaftConfig::default().settles_within() } else { Duration::ZERO };
        (self.ttl + self.retry_delay.1) * 4 + election
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut LockConfig)| refused_key(5, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.holders = 0), Some("holders"));
        assert_eq!(refused(|config| config.holders = 4), Some("holders"));
        assert_eq!(refused(|config| config.service = Service::Log), Some("service"));
        assert_eq!(refused(|config| config.ttl = LONGEST + LONGEST), Some("ttl"));
        assert_eq!(refused(|config| config.acquire_timeout = config.ttl), Some("acquire_timeout"));
        assert_eq!(refused(|config| config.acquire_timeout = Duration::ZERO), Some("acquire_timeout"));
        assert_eq!(refused(|config| config.retry_delay.0 = Duration::ZERO), Some("retry_delay"));
        assert_eq!(refused(|config| config.retry_delay.1 = Duration::ZERO), Some("retry_delay"));
        assert_eq!(refused(|config| config.retry_interval = Duration::ZERO), Some("retry_interval"));
        assert_eq!(refused(|config| config.margin = config.ttl / 2), Some("margin"));
        assert_eq!(refused(|config| config.clock_drift_bound_ppm = MILLION), Some("clock_drift_bound_ppm"));
        let unfenced = |config: &mut LockConfig| {
            config.fencing = false;
            config.send_delay = config.margin / 2;
        };
        assert_eq!(refused(unfenced), Some("send_delay"));
    }
}
