//! What can be set about nodes.

use parts::bounds::{check_counts, check_heartbeats, check_spans};
use parts::timeouts::lease_within;
use raft::RaftConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::BackupFlaw;

/// The configuration of every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackupConfig {
    /// The replication factor: how many replicas there should be, the primary among them. At least 1, and no more than
    /// there are nodes beside the view service.
    pub replicas: u32,
    /// What the view service is, which is the first nodes.
    pub view_service: ViewServiceKind,
    /// When a write is acknowledged.
    pub shipping: Shipping,
    /// With asynchronous shipping: by how many entries any secondary may lag behind what is acknowledged. So many
    /// acknowledged writes may be lost with a primary.
    pub max_lag: u32,
    /// How a primary makes sure that it is none of the past when it answers a read.
    pub reads: Reads,
    /// Who decides that another replica becomes the primary.
    pub failover: Failover,
    /// In how many zones the replicas are. The i-th node after the view service is in zone i modulo this, counted from
    /// 0. At least 1.
    pub zones: u32,
    /// How often a replica tells the view service that it is up. Above zero.
    pub heartbeat_interval: Duration,
    /// How long the view service hears nothing of a replica until it suspects it. Above `heartbeat_interval`.
    pub suspect_after: Duration,
    /// For how long the view service promises a primary, each time that it hears from it, to make nobody else the
    /// primary. Above `heartbeat_interval`.
    pub lease: Duration,
    /// How often the primary ships to each replica what that lacks. With synchronous shipping it also ships each entry
    /// at once. Above zero.
    pub ship_interval: Duration,
    /// By how much clocks are trusted to run fast or slow at most, in millionths: what leases rest on. Below 1000000.
    pub clock_drift_bound_ppm: u32,
    /// With a view service that never fails: how long an operation may take at most while fewer than `replicas` nodes
    /// have failed, and nobody is cut off.
    pub available_within: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<BackupFlaw>,
}

/// What the view service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ViewServiceKind {
    /// One node. It may crash, and comes back. It suspects whoever it does not hear of.
    Single,
    /// Three nodes, which have a log of all views in common by Raft. Whoever leads them acts as the single one does.
    Raft,
    /// One node that never fails. A perfect failure detector tells it who has failed, and such nodes never come back.
    Infallible,
}

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shipping {
    /// When all secondaries of the view have it on their disks.
    Synchronous,
    /// When the primary has it on its disk, and no secondary of the view lags too far behind it.
    Asynchronous,
}

/// How a primary makes sure that it is none of the past when it answers a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// It has a lease from the view service.
    Leased,
    /// All secondaries of the view confirm that they know of no later one.
    Confirmed,
}

/// Who decides that another replica becomes the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failover {
    /// The view service, when it suspects the primary; or an operator.
    Automatic,
    /// An operator alone.
    Operator,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self {
            replicas: 3,
            view_service: ViewServiceKind::Single,
            shipping: Shipping::Synchronous,
            max_lag: 5,
            reads: Reads::Leased,
            failover: Failover::Automatic,
            zones: 2,
            heartbeat_interval: Duration::from_millis(50),
            suspect_after: Duration::from_millis(200),
            lease: Duration::from_millis(300),
            ship_interval: Duration::from_millis(50),
            clock_drift_bound_ppm: 100_000,
            available_within: Duration::from_secs(2),
            flaws: Flaws::default(),
        }
    }
}

const MILLION: u32 = 1_000_000;

impl BackupConfig {
    /// How many nodes the view service is.
    pub const fn servers(&self) -> u32 {
        match self.view_service {
            ViewServiceKind::Single | ViewServiceKind::Infallible => 1,
            ViewServiceKind::Raft => 3,
        }
    }

    /// Whether a node is one of the view service. The others are replicas, or can become replicas.
    pub const fn is_server(&self, node: NodeId) -> bool {
        node.index() < self.servers()
    }

    /// The nodes of the view service.
    pub(super) fn servers_of<'a>(&self, nodes: &'a [NodeId]) -> &'a [NodeId] {
        &nodes[..self.servers() as usize]
    }

    /// All nodes but those.
    pub(super) fn replicas_of<'a>(&self, nodes: &'a [NodeId]) -> impl Iterator<Item = NodeId> + Clone + use<'a> {
        nodes.iter().copied().skip(self.servers() as usize)
    }

    pub(super) fn is_infallible(&self) -> bool {
        self.view_service == ViewServiceKind::Infallible
    }

    /// The zone of a replica.
    pub const fn zone(&self, node: NodeId) -> u32 {
        (node.index() - self.servers()) % self.zones
    }

    /// How far what is acknowledged may be ahead of a secondary.
    pub(super) const fn lag(&self) -> u64 {
        match self.shipping {
            Shipping::Synchronous => 0,
            Shipping::Asynchronous => self.max_lag as u64,
        }
    }

    /// How long after it asked for a lease a primary may rely on it, by its own clock.
    pub(super) fn lease_of_primary(&self) -> Duration {
        let drift = if self.flaws.has(BackupFlaw::LeaseIgnoresClocks) { 0 } else { self.clock_drift_bound_ppm };
        lease_within(self.lease, drift)
    }
}

impl ProtocolConfig for BackupConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "shipping", values: &[r#""synchronous""#, r#""asynchronous""#] },
        Switch { key: "reads", values: &[r#""leased""#, r#""confirmed""#] },
        Switch { key: "failover", values: &[r#""automatic""#, r#""automatic""#, r#""operator""#] },
        Switch { key: "max_lag", values: &["2", "5"] },
        Switch { key: "view_service", values: &[r#""single""#, r#""single""#, r#""raft""#] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        let Self { heartbeat_interval, suspect_after, lease, ship_interval, available_within, .. } = self;
        check_spans(&[
            ("heartbeat_interval", *heartbeat_interval),
            ("suspect_after", *suspect_after),
            ("lease", *lease),
            ("ship_interval", *ship_interval),
            ("available_within", *available_within),
        ])?;
        check_counts(&[("max_lag", self.max_lag.into()), ("zones", self.zones.into())])?;
        if self.replicas == 0 {
            return wrong("replicas", "somebody must be the primary");
        }
        if self.replicas > nodes.saturating_sub(self.servers()) {
            let Self { replicas, .. } = self;
            let message =
                format!("{replicas} replicas and a view service of {} are more than {nodes} nodes", self.servers());
            return wrong("replicas", &message);
        }
        if self.zones == 0 {
            return wrong("zones", "each replica is somewhere");
        }
        check_heartbeats(*heartbeat_interval, *suspect_after, Some(*lease))?;
        if ship_interval.is_zero() {
            return wrong("ship_interval", "a primary that ships all the time does nothing else");
        }
        if self.clock_drift_bound_ppm >= MILLION {
            return wrong("clock_drift_bound_ppm", "must be below 1000000: a clock does not stand still");
        }
        Ok(())
    }

    /// Nothing of time but for leases, on which reads may rest and what a primary acknowledges by itself.
    ///
    /// With a view service that never fails there is more: nodes that stop never come back, and a perfect failure
    /// detector tells of them. Then it gets on until as many nodes have failed as there are replicas (Budhiraja et al.
    /// 1993).
    fn model(&self) -> FaultModel {
        let mut safety = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        if self.reads == Reads::Leased || self.shipping == Shipping::Asynchronous {
            safety.push(Assumption::ClockRate { ppm: self.clock_drift_bound_ppm });
        }
        if !self.is_infallible() {
            return FaultModel::of(safety.clone()).live(safety);
        }
        safety.push(Assumption::NeverFails(NodeId::node(0)));
        safety.push(Assumption::PerfectDetector { within: self.suspect_after });
        let mut liveness = safety.clone();
        liveness.push(Assumption::DownAtMost(self.replicas - 1));
        FaultModel::of(safety).live(liveness)
    }

    /// Somebody is suspected, a lease runs out, and the replicas agree on the log of the new primary. Where the view
    /// service is on Raft, before that it elects a leader, which waits as long for leases as if it had granted one.
    fn settles_within(&self) -> Duration {
        let fails_over = self.suspect_after + self.lease + self.heartbeat_interval * 4 + self.ship_interval * 4;
        match self.view_service {
            ViewServiceKind::Single | ViewServiceKind::Infallible => fails_over,
            ViewServiceKind::Raft => fails_over + self.lease + RaftConfig::default().settles_within(),
        }
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut BackupConfig)| refused_key(4, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.replicas = 0), Some("replicas"));
        assert_eq!(refused(|config| config.replicas = 4), Some("replicas"));
        assert_eq!(refused(|config| config.view_service = ViewServiceKind::Raft), Some("replicas"));
        assert_eq!(refused(|config| config.view_service = ViewServiceKind::Infallible), None);
        assert_eq!(refused(|config| config.max_lag = u32::MAX), Some("max_lag"));
        assert_eq!(refused(|config| config.zones = 0), Some("zones"));
        assert_eq!(refused(|config| config.heartbeat_interval = Duration::ZERO), Some("heartbeat_interval"));
        assert_eq!(refused(|config| config.suspect_after = config.heartbeat_interval), Some("suspect_after"));
        assert_eq!(refused(|config| config.lease = config.heartbeat_interval), Some("lease"));
        assert_eq!(refused(|config| config.lease = LONGEST + LONGEST), Some("lease"));
        assert_eq!(refused(|config| config.ship_interval = Duration::ZERO), Some("ship_interval"));
        assert_eq!(refused(|config| config.available_within = LONGEST + LONGEST), Some("available_within"));
        assert_eq!(refused(|config| config.clock_drift_bound_ppm = MILLION), Some("clock_drift_bound_ppm"));
    }
}
