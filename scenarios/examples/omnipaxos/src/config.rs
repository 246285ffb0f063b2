//! What can be set about a server.

use omnipaxos::{ClusterConfig, OmniPaxosConfig, ServerConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, Duration, Flaws, NodeId, ProtocolConfig};

use crate::flaws::Flaw;

/// The configuration of every server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How often a server calls `tick`, by which the crate measures time.
    pub(crate) tick: Duration,
    /// After how many ticks a round of heartbeats ends: `election_tick_timeout`. A round should
    /// last longer than a message and its answer take.
    pub(crate) election_ticks: u64,
    /// After how many ticks an unanswered message is sent again: `resend_message_tick_timeout`.
    pub(crate) resend_ticks: u64,
    /// How many entries a server gathers before it accepts them: `batch_size`. With 1 it waits for
    /// none.
    pub(crate) batch_size: u32,
    /// After how many ticks it accepts what it has gathered so far: `flush_batch_tick_timeout`.
    pub(crate) flush_ticks: u64,
    /// Known mistakes of adapters to switch on.
    pub(crate) flaws: Flaws<Flaw>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tick: Duration::from_millis(10),
            election_ticks: 5,
            resend_ticks: 10,
            batch_size: 1,
            flush_ticks: 2,
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for Config {
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let refuse = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            _ if nodes < 2 => refuse("nodes", "the crate refuses clusters of fewer than 2 servers"),
            Self { tick, .. } if tick.is_zero() => refuse("tick", "must be above zero"),
            Self { election_ticks: 0, .. } => refuse("election_ticks", "must be above 0"),
            Self { resend_ticks: 0, .. } => refuse("resend_ticks", "must be above 0"),
            Self { batch_size: 0, .. } => refuse("batch_size", "must be above 0"),
            Self { flush_ticks: 0, .. } => refuse("flush_ticks", "must be above 0"),
            Self { .. } => Ok(()),
        }
    }
}

impl Config {
    /// The same as the crate has it, for the server `me` of `nodes`.
    pub(crate) fn of_server(&self, me: NodeId, nodes: &[NodeId]) -> OmniPaxosConfig {
        OmniPaxosConfig {
            cluster_config: ClusterConfig {
                configuration_id: 1,
                nodes: nodes.iter().copied().map(pid).collect(),
                flexible_quorum: None,
            },
            server_config: ServerConfig {
                pid: pid(me),
                election_tick_timeout: self.election_ticks,
                resend_message_tick_timeout: self.resend_ticks,
                batch_size: self.batch_size as usize,
                flush_batch_tick_timeout: self.flush_ticks,
                // The buffers that a server begins with: it is rebuilt at every restart.
                buffer_size: 16,
                ..ServerConfig::default()
            },
        }
    }
}

/// What the crate calls a server: it counts from 1.
pub(crate) fn pid(node: NodeId) -> omnipaxos::util::NodeId {
    u64::from(node.index()) + 1
}

/// The server that the crate calls `pid`.
pub(crate) fn node(pid: omnipaxos::util::NodeId) -> NodeId {
    NodeId::node(u32::try_from(pid - 1).expect("the crate knows only the servers it was told of"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Config), nodes: u32, expected: Result<(), &'static str>) {
        let mut config = Config::default();
        change(&mut config);
        assert_eq!(config.validate(nodes).map_err(|error| error.key), expected, "{config:?}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check(|_| (), 2, Ok(()));
        check(|_| (), 1, Err("nodes"));
        check(|c| c.tick = Duration::ZERO, 3, Err("tick"));
        check(|c| c.election_ticks = 0, 3, Err("election_ticks"));
        check(|c| c.resend_ticks = 0, 3, Err("resend_ticks"));
        check(|c| c.batch_size = 0, 3, Err("batch_size"));
        check(|c| c.flush_ticks = 0, 3, Err("flush_ticks"));
    }

    #[test]
    fn the_crate_accepts_what_is_not_refused() {
        let nodes = [0, 1, 2].map(NodeId::node);
        for me in nodes {
            assert!(Config::default().of_server(me, &nodes).validate().is_ok());
            assert_eq!(node(pid(me)), me);
        }
    }
}
