//! What can be set about a node.

use parts::bounds::{check_ranges, check_spans};
use parts::quorums::Group;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::SynodFlaw;

/// The configuration of every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SynodConfig {
    /// How many of the nodes, the first ones, propose. From 1 to the number of nodes; without, all do.
    pub proposers: Option<u32>,
    /// How many of the nodes, the last ones, accept. From 1 to the number of nodes; without, all do.
    pub acceptors: Option<u32>,
    /// How many of the nodes, the first ones, learn. From 1 to the number of nodes; without, all do. A proposer learns
    /// of its own ballots in any case.
    pub learners: Option<u32>,
    /// The shortest and the longest time that a proposer waits before it tries the next ballot, drawn anew each time:
    /// the random back-off that ends duels. The shortest is above zero.
    pub back_off: (Duration, Duration),
    /// Known bugs to switch on.
    pub flaws: Flaws<SynodFlaw>,
}

impl Default for SynodConfig {
    fn default() -> Self {
        Self {
            proposers: None,
            acceptors: None,
            learners: None,
            back_off: (Duration::from_millis(50), Duration::from_millis(200)),
            flaws: Flaws::default(),
        }
    }
}

/// Which nodes do what.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    pub(super) proposers: Vec<NodeId>,
    pub(super) acceptors: Vec<NodeId>,
    pub(super) learners: Vec<NodeId>,
}

impl Roles {
    /// How many acceptors are more than half.
    pub(super) const fn majority(&self) -> usize {
        Group::crash_tolerant(self.acceptors.len()).majority()
    }

    /// Whether these include a majority of the acceptors.
    pub(super) fn has_quorum(&self, nodes: &[NodeId]) -> bool {
        self.acceptors.iter().filter(|acceptor| nodes.contains(acceptor)).count() >= self.majority()
    }
}

impl SynodConfig {
    pub(super) fn roles(&self, nodes: &[NodeId]) -> Roles {
        let count = |setting: Option<u32>| setting.map_or(nodes.len(), |count| nodes.len().min(count as usize));
        Roles {
            proposers: nodes[..count(self.proposers)].to_vec(),
            acceptors: nodes[nodes.len() - count(self.acceptors)..].to_vec(),
            learners: nodes[..count(self.learners)].to_vec(),
        }
    }
}

/// How many times a message may cross the network within the shortest back-off: both phases.
const TRIPS: u64 = 4;

/// How many back-offs it may take until a proposer is alone for long enough.
const ATTEMPTS: u64 = 5;

impl ProtocolConfig for SynodConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "proposers", values: &["null", "1", "2"] },
        Switch { key: "acceptors", values: &["null", "3"] },
        Switch { key: "learners", values: &["null", "1"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let roles = [("proposers", self.proposers), ("acceptors", self.acceptors), ("learners", self.learners)];
        for (key, count) in roles {
            if count.is_some_and(|count| count == 0 || count > nodes) {
                let why = format!("must be at least 1 and at most {nodes}, the number of nodes");
                return Err(ConfigError::new(key, why));
            }
        }
        let (shortest, longest) = self.back_off;
        if nodes == 0 {
            return Err(ConfigError::new("nodes", "somebody has to accept"));
        } else if shortest.is_zero() {
            return Err(ConfigError::new("back_off", "a back-off must be above zero"));
        }
        check_ranges(&[("back_off", self.back_off)])?;
        check_spans(&[("back_off", shortest), ("back_off", longest)])
    }

    /// The Synod is safe whatever becomes of messages, processes and clocks, as long as disks keep what they have made
    /// durable (2.1). It ends when messages are so fast that a proposer has the time for both phases (2.4).
    fn model(&self) -> FaultModel {
        let safety = vec![Assumption::DurableDisks, Assumption::NoPhantomWrites, Assumption::IntactMessages];
        let timely = Assumption::Synchronous { within: self.back_off.0 / TRIPS };
        FaultModel::of(safety).live(vec![Assumption::DurableDisks]).after_heal(vec![timely])
    }

    fn settles_within(&self) -> Duration {
        self.back_off.1 * ATTEMPTS
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |change: fn(&mut SynodConfig), expected| assert_eq!(refused_key(4, change), expected);
        check(|_| (), None);
        check(|c| c.proposers = Some(0), Some("proposers"));
        check(|c| c.acceptors = Some(5), Some("acceptors"));
        check(|c| c.learners = Some(4), None);
        check(|c| c.back_off.0 = Duration::ZERO, Some("back_off"));
        check(|c| c.back_off = (c.back_off.1, c.back_off.0), Some("back_off"));
    }

    #[test]
    fn roles_share_nodes_where_there_are_not_enough_for_each() {
        let nodes = [0, 1, 2, 3, 4].map(NodeId::node);
        let roles = |proposers, acceptors| {
            let config = SynodConfig { proposers, acceptors, ..SynodConfig::default() };
            let roles = config.roles(&nodes);
            (roles.proposers.len(), roles.acceptors[0], roles.learners.len())
        };
        assert_eq!(roles(None, None), (5, nodes[0], 5));
        assert_eq!(roles(Some(2), Some(3)), (2, nodes[2], 5));
    }
}
