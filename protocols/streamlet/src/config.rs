//! What can be set about a node, and what follows from it about epochs and quorums.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Time, TraceHasher};

use super::flaws::StreamletFlaw;
use parts::bounds::check_spans;
use parts::quorums::Group;

/// The configuration of all nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StreamletConfig {
    /// How many nodes may be Byzantine. There must be more than three times as many.
    pub f: u32,
    /// The paper's Δ: how long a message takes at most when the network is well. An epoch takes
    /// twice as long.
    pub delta: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<StreamletFlaw>,
}

impl Default for StreamletConfig {
    fn default() -> Self {
        Self { f: 1, delta: Duration::from_millis(30), flaws: Flaws::default() }
    }
}

/// When the first epoch begins, by everybody's wall clock.
const GENESIS: Time = Time::from_nanos(1_000_000_000_000_000_000);

impl StreamletConfig {
    /// How long an epoch takes.
    pub fn epoch_length(&self) -> Duration {
        self.delta * 2
    }

    /// The epoch, counted from 1, at a time of the wall clock, and how much of it is left.
    pub(crate) fn epoch(&self, wall: Time) -> (u64, Duration) {
        let length = self.epoch_length().as_nanos();
        let passed = wall.since(GENESIS).as_nanos();
        (passed / length + 1, Duration::from_nanos(length - passed % length))
    }

    /// The leader of an epoch: a hash of its number chooses.
    pub(crate) fn leader(epoch: u64, nodes: &[NodeId]) -> NodeId {
        let mut hasher = TraceHasher::new();
        hasher.value(&epoch);
        nodes[(hasher.finish() % nodes.len() as u64) as usize]
    }

    /// How many of `nodes` nodes must vote for a block to notarize it: two thirds.
    pub(crate) fn quorum(&self, nodes: usize) -> usize {
        let group = Group { n: nodes, f: self.f as usize };
        if self.flaws.has(StreamletFlaw::SmallQuorum) { group.one_correct() } else { group.two_thirds() }
    }
}

/// How many epochs it may take until five leaders in a row are honest. With one of four nodes
/// Byzantine, and leaders drawn at random, it takes 13 on average.
const EPOCHS: u64 = 40;

impl ProtocolConfig for StreamletConfig {
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        check_spans(&[("delta", self.delta)])?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        let f = u64::from(self.f);
        if u64::from(nodes) <= 3 * f {
            refuse("nodes", format!("to survive {f} Byzantine nodes takes more than {} in all", 3 * f))
        } else if self.delta.is_zero() {
            refuse("delta", "must be above zero: messages take time".to_owned())
        } else {
            Ok(())
        }
    }

    /// Safety holds whatever becomes of messages and clocks; for progress messages must arrive within Δ
    /// after the heal, and epochs begin at the same time everywhere (2.1), and have done so before: a
    /// node that has once voted in an epoch far ahead does not vote again until then.
    fn model(&self) -> FaultModel {
        let safety = vec![
            Assumption::DurableDisks,
            Assumption::ByzantineAtMost(self.f),
            Assumption::NoPhantomWrites,
            Assumption::IntactMessages,
        ];
        let clocks = [Assumption::SteadyWallClocks, Assumption::ClockRate { ppm: 0 }];
        let liveness = safety.iter().copied().chain(clocks).collect();
        let timely = Assumption::Synchronous { within: self.delta };
        FaultModel::of(safety).live(liveness).after_heal(vec![timely])
    }

    /// What it may cost after a heal.
    fn settles_within(&self) -> Duration {
        self.epoch_length() * EPOCHS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |nodes, f, delta, expected: Result<(), &str>| {
            let config = StreamletConfig { f, delta, ..StreamletConfig::default() };
            assert_eq!(config.validate(nodes).map_err(|error| error.key), expected, "{config:?}");
        };
        let delta = Duration::from_millis(1);
        check(4, 1, delta, Ok(()));
        check(3, 1, delta, Err("nodes"));
        check(1, 0, delta, Ok(()));
        check(7, u32::MAX, delta, Err("nodes"));
        check(4, 1, Duration::ZERO, Err("delta"));
    }

    #[test]
    fn epochs_follow_the_wall_clock() {
        let config = StreamletConfig::default();
        let at = |millis| config.epoch(GENESIS + Duration::from_millis(millis));
        assert_eq!(at(0), (1, Duration::from_millis(60)));
        assert_eq!(at(59), (1, Duration::from_millis(1)));
        assert_eq!(at(60), (2, Duration::from_millis(60)));
        assert_eq!(config.epoch(Time::ZERO).0, 1, "a clock that is far behind");
    }

    #[test]
    fn everybody_leads_now_and_then() {
        let nodes: Vec<NodeId> = (0..4).map(NodeId::node).collect();
        for node in &nodes {
            let led = (1..=1000).filter(|epoch| StreamletConfig::leader(*epoch, &nodes) == *node).count();
            assert!((200..300).contains(&led), "{node} leads {led} of 1000 epochs");
        }
    }

    #[test]
    fn two_thirds_are_a_quorum() {
        let quorum = |nodes| StreamletConfig::default().quorum(nodes);
        assert_eq!([4, 5, 6, 7].map(quorum), [3, 4, 4, 5]);
    }
}
