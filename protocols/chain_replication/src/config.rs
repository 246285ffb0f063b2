//! What can be set about nodes.

use parts::bounds::{check_counts, check_heartbeats, check_spans};
use parts::timeouts::lease_within;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::ChainFlaw;

/// The configuration of every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ChainConfig {
    /// How many servers the chain should have. At least 1, and fewer than there are nodes: the first node is the
    /// master.
    pub length: u32,
    /// How the master comes to know that a server has failed.
    pub detector: Detector,
    /// Who answers reads, and how fresh they are.
    pub reads: Reads,
    /// How a server makes sure that it is none of a past configuration when it answers a strong read. With the perfect
    /// detector it need not.
    pub fencing: Fencing,
    /// With bounded reads: how old an answer may be, that of a server too that has been removed and does not know it.
    pub max_age: Duration,
    /// With bounded reads: by how many versions of a key an answer may be ahead of what is committed.
    pub max_versions: u32,
    /// How often a server tells the master that it is up. Above zero.
    pub heartbeat_interval: Duration,
    /// How long the master hears nothing of a server until it suspects it. Above `heartbeat_interval`.
    pub suspect_after: Duration,
    /// For how long the master promises a server, each time that it hears from it, not to remove it. Above
    /// `heartbeat_interval`.
    pub lease: Duration,
    /// How often a server sends its successor again what that has not confirmed. Above zero.
    pub resend_interval: Duration,
    /// The most updates in a message, and on their way from one server to the next. At least 1.
    pub batch: u32,
    /// By how much clocks are trusted to run fast or slow at most, in millionths: what leases rest on. Below 1000000.
    pub clock_drift_bound_ppm: u32,
    /// Within which time the perfect detector tells of a crash.
    pub detects_within: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<ChainFlaw>,
}

/// How the master comes to know that a server has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Detector {
    /// It suspects servers of which it hears nothing, and may be wrong. Servers come back.
    Heartbeats,
    /// It is told of each crash in time, and never wrongly; a server that has crashed does not come back, and the
    /// master does not fail. This is what the paper takes for granted: fail-stop servers.
    Perfect,
}

/// Who answers reads, and how fresh they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// The tail: linearizable.
    Tail,
    /// CRAQ: any server of the chain, which asks the tail where it has versions that may not be committed:
    /// linearizable.
    Apportioned,
    /// CRAQ, eventual consistency: any server, with the newest version that it knows.
    Eventual,
    /// CRAQ, eventual consistency with maximum-bounded inconsistency: the newest version, within `max_age` and
    /// `max_versions`; beyond them as apportioned reads.
    Bounded,
}

/// How a server makes sure that it is none of a past configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fencing {
    /// It has a lease from the master.
    Leased,
    /// All other servers of the chain confirm that they know of no later configuration.
    Confirmed,
}

impl Reads {
    /// Whether any server may answer, and not the tail alone.
    pub(super) const fn are_apportioned(self) -> bool {
        !matches!(self, Self::Tail)
    }

    /// Whether an answer may be other than what is committed.
    pub(super) const fn are_weak(self) -> bool {
        matches!(self, Self::Eventual | Self::Bounded)
    }
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            length: 3,
            detector: Detector::Heartbeats,
            reads: Reads::Tail,
            fencing: Fencing::Leased,
            max_age: Duration::from_millis(500),
            max_versions: 2,
            heartbeat_interval: Duration::from_millis(50),
            suspect_after: Duration::from_millis(200),
            lease: Duration::from_millis(300),
            resend_interval: Duration::from_millis(50),
            batch: 8,
            clock_drift_bound_ppm: 100_000,
            detects_within: Duration::from_millis(200),
            flaws: Flaws::default(),
        }
    }
}

const MILLION: u32 = 1_000_000;

impl ChainConfig {
    /// The master.
    pub const MASTER: NodeId = NodeId::node(0);

    /// Whether the detector makes no mistakes.
    pub(super) fn is_perfect(&self) -> bool {
        self.detector == Detector::Perfect
    }

    /// Whether servers need leases.
    pub(super) fn has_leases(&self) -> bool {
        !self.is_perfect() && self.fencing == Fencing::Leased && self.reads != Reads::Eventual
    }

    /// How long after it asked for a lease a server may rely on it, by its own clock.
    pub(super) fn lease_of_server(&self) -> Duration {
        let drift = if self.flaws.has(ChainFlaw::LeaseIgnoresClocks) { 0 } else { self.clock_drift_bound_ppm };
        lease_within(self.lease, drift)
    }

    /// For how long, by its own clock, what a server knew of the chain is recent enough for bounded reads.
    pub(super) fn age_of_server(&self) -> Duration {
        lease_within(self.max_age, self.clock_drift_bound_ppm)
    }
}

impl ProtocolConfig for ChainConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch {
            key: "reads",
            values: &[r#""tail""#, r#""apportioned""#, r#""apportioned""#, r#""eventual""#, r#""bounded""#],
        },
        Switch { key: "fencing", values: &[r#""leased""#, r#""leased""#, r#""confirmed""#] },
        Switch { key: "batch", values: &["2", "8"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        let Self { heartbeat_interval, suspect_after, lease, resend_interval, .. } = self;
        check_spans(&[
            ("max_age", self.max_age),
            ("heartbeat_interval", *heartbeat_interval),
            ("suspect_after", *suspect_after),
            ("lease", *lease),
            ("resend_interval", *resend_interval),
            ("detects_within", self.detects_within),
        ])?;
        check_counts(&[("max_versions", self.max_versions.into()), ("batch", self.batch.into())])?;
        if self.length == 0 {
            return wrong("length", "a chain has a head");
        }
        if self.length >= nodes {
            let message = format!("{} servers and a master are more than {nodes} nodes", self.length);
            return wrong("length", &message);
        }
        check_heartbeats(*heartbeat_interval, *suspect_after, Some(*lease))?;
        if resend_interval.is_zero() {
            return wrong("resend_interval", "a server that sends all the time does nothing else");
        }
        if self.batch == 0 {
            return wrong("batch", "a message without updates brings nobody on");
        }
        if self.clock_drift_bound_ppm >= MILLION {
            return wrong("clock_drift_bound_ppm", "must be below 1000000: a clock does not stand still");
        }
        Ok(())
    }

    /// With heartbeats, nothing of time but for what leases and the age of bounded reads rest on. With the perfect
    /// detector, that it is perfect, and that the master does not fail; and for progress, that of as many servers as
    /// the chain should have, one is left.
    fn model(&self) -> FaultModel {
        let mut safety = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        if self.is_perfect() {
            safety.push(Assumption::PerfectDetector { within: self.detects_within });
            safety.push(Assumption::NeverFails(Self::MASTER));
        } else if self.has_leases() || self.reads == Reads::Bounded {
            safety.push(Assumption::ClockRate { ppm: self.clock_drift_bound_ppm });
        }
        let mut liveness = safety.clone();
        if self.is_perfect() {
            liveness.push(Assumption::DownAtMost(self.length.saturating_sub(1)));
        }
        FaultModel::of(safety).live(liveness)
    }

    /// A failure is detected, a lease runs out, and updates travel down the new chain.
    fn settles_within(&self) -> Duration {
        let detected = if self.is_perfect() { self.detects_within } else { self.suspect_after + self.lease };
        detected + self.heartbeat_interval * 4 + self.resend_interval * 4
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut ChainConfig)| refused_key(4, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.length = 0), Some("length"));
        assert_eq!(refused(|config| config.length = 4), Some("length"));
        assert_eq!(refused(|config| config.max_age = LONGEST + LONGEST), Some("max_age"));
        assert_eq!(refused(|config| config.max_versions = u32::MAX), Some("max_versions"));
        assert_eq!(refused(|config| config.heartbeat_interval = Duration::ZERO), Some("heartbeat_interval"));
        assert_eq!(refused(|config| config.suspect_after = config.heartbeat_interval), Some("suspect_after"));
        assert_eq!(refused(|config| config.lease = config.heartbeat_interval), Some("lease"));
        assert_eq!(refused(|config| config.resend_interval = Duration::ZERO), Some("resend_interval"));
        assert_eq!(refused(|config| config.batch = 0), Some("batch"));
        assert_eq!(refused(|config| config.detects_within = LONGEST + LONGEST), Some("detects_within"));
        assert_eq!(refused(|config| config.clock_drift_bound_ppm = MILLION), Some("clock_drift_bound_ppm"));
    }
}
