//! What can be set about nodes.

use parts::bounds::{check_counts, check_heartbeats, check_spans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::CounterFlaw;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CounterConfig {
    /// t: at how many replicas a change is durable before it is acknowledged. It survives the loss of the disks of one
    /// less. At least 1.
    pub copies: u32,
    /// How many replicas there are at first. At least `copies`.
    pub replicas: u32,
    /// The most replicas that there may be, however many an operator asks for. At least `replicas`.
    pub threshold: u32,
    /// How reads are carried out.
    pub reads: Reads,
    /// How often a node tells the keeper that it is up. Above zero.
    pub heartbeat_interval: Duration,
    /// How long the keeper hears nothing of a replica until it suspects it. Above `heartbeat_interval`.
    pub suspect_after: Duration,
    /// How long a replica waits before it asks those again that have not answered. Above zero.
    pub retransmit_interval: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<CounterFlaw>,
}

/// How reads are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// It asks until so many replicas have the same state that no other read can miss it: linearizable.
    Agreed,
    /// It asks so many once, and merges what they know: it sees every change that was acknowledged before, and may see
    /// one that a later read does not see.
    Merged,
}

impl Default for CounterConfig {
    fn default() -> Self {
        Self {
            copies: 2,
            replicas: 3,
            threshold: 4,
            reads: Reads::Agreed,
            heartbeat_interval: Duration::from_millis(50),
            suspect_after: Duration::from_millis(250),
            retransmit_interval: Duration::from_millis(50),
            flaws: Flaws::default(),
        }
    }
}

impl CounterConfig {
    /// The node that says who the replicas are.
    pub const KEEPER: NodeId = NodeId::node(0);

    /// How many replicas have what is acknowledged.
    pub(super) const fn copies(&self) -> usize {
        self.copies as usize
    }
}

impl ProtocolConfig for CounterConfig {
    const SWITCHES: &'static [Switch] =
        &[Switch { key: "copies", values: &["2", "3"] }, Switch { key: "threshold", values: &["3", "4", "5"] }];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::new(key, message));
        let Self { copies, replicas, threshold, heartbeat_interval, suspect_after, retransmit_interval, .. } = self;
        check_spans(&[
            ("heartbeat_interval", *heartbeat_interval),
            ("suspect_after", *suspect_after),
            ("retransmit_interval", *retransmit_interval),
        ])?;
        check_counts(&[("threshold", u64::from(*threshold))])?;
        if *copies == 0 {
            return wrong("copies", "what no replica has is lost".to_owned());
        }
        if replicas < copies {
            return wrong("replicas", format!("{copies} copies need as many replicas"));
        }
        if threshold < replicas {
            return wrong("threshold", format!("there are {replicas} replicas at first"));
        }
        if nodes <= *replicas {
            return wrong("nodes", format!("{replicas} replicas and a keeper are more than {nodes} nodes"));
        }
        check_heartbeats(*heartbeat_interval, *suspect_after, None)?;
        if retransmit_interval.is_zero() {
            let message = "a replica that asks again all the time does nothing else";
            return wrong("retransmit_interval", message.to_owned());
        }
        Ok(())
    }

    /// Nothing of time, and nothing of what links lose. However many disks are lost, nothing wrong is told; but where more
    /// nodes than `copies` less one are down at a time, or have lost their disks and not been promoted anew, what was
    /// acknowledged may be gone for good, and the counter with it.
    fn model(&self) -> FaultModel {
        let safety = vec![Assumption::NeverFails(Self::KEEPER), Assumption::IntactMessages];
        let most_down = Assumption::DownAtMost(self.copies.saturating_sub(1));
        let liveness = safety.iter().copied().chain([most_down]).collect();
        FaultModel::of(safety).live(liveness)
    }

    /// A replica is suspected, and the others are asked for their states, with all that links may lose meanwhile.
    fn settles_within(&self) -> Duration {
        self.suspect_after + self.heartbeat_interval * 4 + self.retransmit_interval
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut CounterConfig)| refused_key(5, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused_key::<CounterConfig>(3, |_| ()), Some("nodes"));
        assert_eq!(refused(|config| config.copies = 0), Some("copies"));
        assert_eq!(refused(|config| config.copies = 4), Some("replicas"));
        assert_eq!(refused(|config| config.threshold = 2), Some("threshold"));
        assert_eq!(refused(|config| config.threshold = u32::MAX), Some("threshold"));
        assert_eq!(refused(|config| config.heartbeat_interval = Duration::ZERO), Some("heartbeat_interval"));
        assert_eq!(refused(|config| config.suspect_after = config.heartbeat_interval), Some("suspect_after"));
        assert_eq!(refused(|config| config.suspect_after = LONGEST + LONGEST), Some("suspect_after"));
        assert_eq!(refused(|config| config.retransmit_interval = Duration::ZERO), Some("retransmit_interval"));
    }
}
