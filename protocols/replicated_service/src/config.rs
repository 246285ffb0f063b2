//! What can be set about nodes.

use parts::bounds::{check_counts, check_spans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::ServiceFlaw;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceConfig {
    /// How the service is replicated.
    pub mode: Mode,
    /// With active replication: how many replicas, the last ones, compute wrongly now and then. Clients believe what
    /// one more than that say alike, so there are at least twice as many nodes and one more.
    pub value_faults: u32,
    /// With semi-active replication: how many copies there should be, that of the leader among them. From 1 to the
    /// number of nodes. Nodes beyond that are spares.
    pub replicas: u32,
    /// With semi-active replication: how many nodes may stop in all. Without, one fewer than there are copies, which is
    /// sure to leave one. Where there are spares, more may, as long as one copy is left when a spare is given its own.
    pub may_stop: Option<u32>,
    /// With semi-active replication: by how many routes each message goes. 1 or 2: directly, and by another node too.
    pub routes: u32,
    /// With semi-active replication: how long after a node has stopped the failure detector tells of it at the latest.
    pub detect_within: Duration,
    /// With semi-active replication: how often a leader says again what was not acknowledged. Above zero.
    pub resend_interval: Duration,
    /// With active replication: how often replicas tell each other what their states come to. Above zero.
    pub compare_interval: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<ServiceFlaw>,
}

/// How a service is replicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Commands are put in order, all replicas execute them, and clients vote on what they answer.
    Active,
    /// The leader executes a command at once, and the others do as it did. It alone answers.
    SemiActive,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Active,
            value_faults: 1,
            replicas: 3,
            may_stop: None,
            routes: 1,
            detect_within: Duration::from_millis(100),
            resend_interval: Duration::from_millis(40),
            compare_interval: Duration::from_millis(60),
            flaws: Flaws::default(),
        }
    }
}

impl ServiceConfig {
    /// Whether replicas execute what is in order by consensus.
    pub(super) const fn is_active(&self) -> bool {
        matches!(self.mode, Mode::Active)
    }

    /// How many replicas must say the same: with fewer all may be wrong.
    pub(super) const fn votes(&self) -> usize {
        self.value_faults as usize + 1
    }

    /// Whether a replica may compute wrongly.
    pub fn may_err(&self, node: NodeId, nodes: &[NodeId]) -> bool {
        self.is_active() && nodes.iter().rev().take(self.value_faults as usize).any(|of| *of == node)
    }

    /// How long a node waits until it takes another one for stopped that it does not hear: one that has this flaw.
    pub(super) fn patience(&self) -> Duration {
        self.resend_interval * 4
    }
}

impl ProtocolConfig for ServiceConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "mode", values: &[r#""active""#, r#""semi-active""#] },
        Switch { key: "replicas", values: &["2", "3", "4"] },
        Switch { key: "routes", values: &["1", "2"] },
        Switch { key: "value_faults", values: &["0", "1", "2"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        check_spans(&[
            ("detect_within", self.detect_within),
            ("resend_interval", self.resend_interval),
            ("compare_interval", self.compare_interval),
        ])?;
        let may_stop = self.may_stop.unwrap_or(0);
        check_counts(&[("value_faults", self.value_faults.into()), ("may_stop", may_stop.into())])?;
        if self.replicas == 0 || self.replicas > nodes {
            return wrong("replicas", &format!("must be from 1 to {nodes}, the number of nodes"));
        }
        if self.is_active() && self.value_faults * 2 >= nodes {
            let message = format!("{nodes} nodes are too few to outvote {} that are wrong", self.value_faults);
            return wrong("value_faults", &message);
        }
        if !(1..=2).contains(&self.routes) {
            return wrong("routes", "must be 1 or 2");
        }
        if self.routes == 2 && self.is_active() {
            return wrong("routes", "consensus finds its way round broken links itself: set this to 1");
        }
        if self.routes == 2 && nodes < 3 {
            return wrong("routes", "there is no third node by which a message could go");
        }
        if self.resend_interval.is_zero() {
            return wrong("resend_interval", "a leader that says everything again all the time does nothing else");
        }
        if self.compare_interval.is_zero() {
            return wrong("compare_interval", "replicas that compare all the time do nothing else");
        }
        Ok(())
    }

    /// Active replication takes for granted what Raft does, and that no more replicas compute wrongly than are
    /// declared: those are a part of the nodes here. Semi-active replication takes nodes for fail-silent: they stop,
    /// for good, and all hear of it; for progress, so many may. It does without disks.
    fn model(&self) -> FaultModel {
        match self.mode {
            Mode::Active => {
                let safety = vec![Assumption::DurableDisks, Assumption::IntactMessages];
                FaultModel::of(safety).live(vec![Assumption::DurableDisks])
            }
            Mode::SemiActive => {
                let detector = Assumption::PerfectDetector { within: self.detect_within };
                let may_stop = self.may_stop.unwrap_or(self.replicas - 1);
                let safety = vec![Assumption::IntactMessages, detector];
                let mut liveness = safety.clone();
                liveness.push(Assumption::DownAtMost(may_stop));
                FaultModel::of(safety).live(liveness)
            }
        }
    }

    /// A leader is elected or told of, and what it knows is compared or told.
    fn settles_within(&self) -> Duration {
        match self.mode {
            Mode::Active => raft::RaftConfig::default().settles_within() + self.compare_interval,
            Mode::SemiActive => self.detect_within + self.resend_interval * 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut ServiceConfig)| refused_key(4, change);
        let semi_active = |config: &mut ServiceConfig| config.mode = Mode::SemiActive;
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(semi_active), None);
        assert_eq!(refused(|config| config.replicas = 0), Some("replicas"));
        assert_eq!(refused(|config| config.replicas = 5), Some("replicas"));
        assert_eq!(refused(|config| config.value_faults = 2), Some("value_faults"));
        assert_eq!(refused(|config| config.value_faults = u32::MAX), Some("value_faults"));
        assert_eq!(refused(|config| config.routes = 0), Some("routes"));
        assert_eq!(refused(|config| config.routes = 2), Some("routes"));
        let too_few = |config: &mut ServiceConfig| {
            *config = ServiceConfig { mode: Mode::SemiActive, routes: 2, replicas: 2, ..ServiceConfig::default() };
        };
        assert_eq!(refused(too_few), None);
        assert_eq!(refused_key(2, too_few), Some("routes"));
        assert_eq!(refused(|config| config.resend_interval = Duration::ZERO), Some("resend_interval"));
        assert_eq!(refused(|config| config.compare_interval = Duration::ZERO), Some("compare_interval"));
        assert_eq!(refused(|config| config.detect_within = LONGEST + LONGEST), Some("detect_within"));
    }

    #[test]
    fn the_last_ones_may_be_wrong() {
        let nodes: Vec<NodeId> = (0..5).map(NodeId::node).collect();
        let config = ServiceConfig { value_faults: 2, ..ServiceConfig::default() };
        let wrong: Vec<bool> = nodes.iter().map(|node| config.may_err(*node, &nodes)).collect();
        assert_eq!(wrong, [false, false, false, true, true]);
        assert_eq!(config.votes(), 3);
    }
}
