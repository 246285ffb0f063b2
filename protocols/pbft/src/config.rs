//! What can be set about a replica.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::PbftFlaw;
use parts::bounds::{check_counts, check_spans};

/// The configuration of every replica of a group, and of its clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PbftConfig {
    /// How many replicas may be faulty: f. There must be at least 3f + 1 of them.
    pub faulty: u32,
    /// After how many sequence numbers a replica takes a checkpoint: K.
    pub checkpoint_interval: u64,
    /// How many sequence numbers behind the last stable checkpoint are open at a time: L. At least
    /// twice `checkpoint_interval`, so that nobody waits for a checkpoint to become stable.
    pub log_size: u64,
    /// How many requests a batch holds at most.
    pub max_batch: u32,
    /// How many batches a primary has in the making at most; requests that come meanwhile are put
    /// together into the next batch.
    pub pipeline: u64,
    /// How long a backup waits for a request to be executed, and for a new view to begin, before it
    /// asks for the next view.
    pub view_change_timeout: Duration,
    /// Up to where that time grows: it doubles with every view in which nothing is executed.
    pub max_view_change_timeout: Duration,
    /// How often a replica tells the others how far it is, for them to send again what it lacks.
    pub status_interval: Duration,
    /// Whether clients ask all replicas for reads at once, without ordering them (OSDI 5.1.3). Then
    /// they wait for a quorum of matching replies to everything, and not for f + 1.
    pub read_only: bool,
    /// Known bugs to switch on.
    pub flaws: Flaws<PbftFlaw>,
}

impl Default for PbftConfig {
    fn default() -> Self {
        Self {
            faulty: 1,
            checkpoint_interval: 16,
            log_size: 32,
            max_batch: 8,
            pipeline: 2,
            view_change_timeout: Duration::from_millis(100),
            max_view_change_timeout: Duration::from_millis(1600),
            status_interval: Duration::from_millis(100),
            read_only: false,
            flaws: Flaws::default(),
        }
    }
}

impl PbftConfig {
    fn check_bounds(&self) -> Result<(), ConfigError> {
        check_counts(&[
            ("checkpoint_interval", self.checkpoint_interval),
            ("log_size", self.log_size),
            ("max_batch", self.max_batch.into()),
            ("pipeline", self.pipeline),
        ])?;
        check_spans(&[
            ("view_change_timeout", self.view_change_timeout),
            ("max_view_change_timeout", self.max_view_change_timeout),
            ("status_interval", self.status_interval),
        ])
    }
}

/// How many times a message crosses the network from a view change to a reply: view-change and
/// new-view, three phases, and as many again to fetch what is missing.
const TRIPS: u64 = 10;

impl ProtocolConfig for PbftConfig {
    /// What a nemesis may draw: sizes by which more or less is under way at once, and reads of each kind.
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "checkpoint_interval", values: &["2", "8"] },
        Switch { key: "log_size", values: &["16", "32"] },
        Switch { key: "max_batch", values: &["1", "8"] },
        Switch { key: "pipeline", values: &["1", "4"] },
        Switch { key: "read_only", values: &["false", "true"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        self.check_bounds()?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        let needed = 3 * u64::from(self.faulty) + 1;
        if u64::from(nodes) < needed {
            let message = format!("to tolerate {} faulty replicas takes at least {needed} of them", self.faulty);
            refuse("nodes", message)
        } else if self.checkpoint_interval == 0 {
            refuse("checkpoint_interval", "must be above zero: without checkpoints the log fills up".to_owned())
        } else if self.log_size < 2 * self.checkpoint_interval {
            let least = 2 * self.checkpoint_interval;
            refuse("log_size", format!("must be at least {least}, twice the checkpoint interval"))
        } else if self.max_batch == 0 {
            refuse("max_batch", "a batch must hold at least one request".to_owned())
        } else if self.pipeline == 0 {
            refuse("pipeline", "a primary must have at least one batch in the making".to_owned())
        } else if self.view_change_timeout.is_zero() {
            refuse("view_change_timeout", "must be above zero".to_owned())
        } else if self.max_view_change_timeout < self.view_change_timeout {
            let least = self.view_change_timeout;
            refuse("max_view_change_timeout", format!("must be at least {least}, where the timeout begins"))
        } else if self.status_interval.is_zero() {
            refuse("status_interval", "must be above zero".to_owned())
        } else {
            Ok(())
        }
    }

    /// PBFT is safe whatever becomes of messages, processes and clocks, as long as at most f replicas do
    /// not follow it (OSDI 2). A correct replica that loses what it has written is no longer one. It makes
    /// progress once messages take no longer than its time-outs grow (OSDI 2 and 4.5.2): a view change
    /// and three phases must fit into the longest.
    fn model(&self) -> FaultModel {
        let assumptions = vec![
            Assumption::ByzantineAtMost(self.faulty),
            Assumption::DurableDisks,
            Assumption::NoPhantomWrites,
            Assumption::IntactMessages,
        ];
        let timely = Assumption::Synchronous { within: self.max_view_change_timeout / TRIPS };
        FaultModel::of(assumptions.clone()).live(assumptions).after_heal(vec![timely])
    }

    /// What PBFT's time-outs may cost after a heal: the replicas may be in different views with their
    /// timeouts as long as they get, and the next f primaries may be faulty. Then a batch is executed, and
    /// whoever was left behind is told of it.
    fn settles_within(&self) -> Duration {
        self.max_view_change_timeout * (u64::from(self.faulty) + 1) + self.status_interval * 2
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    fn check(change: impl FnOnce(&mut PbftConfig), expected: Option<&'static str>) {
        assert_eq!(refused_key(4, change), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check(|_| (), None);
        check(|c| c.faulty = 0, None);
        check(|c| c.faulty = 2, Some("nodes"));
        check(|c| c.checkpoint_interval = 0, Some("checkpoint_interval"));
        check(|c| c.log_size = 31, Some("log_size"));
        check(|c| c.max_batch = 0, Some("max_batch"));
        check(|c| c.pipeline = 0, Some("pipeline"));
        check(|c| c.view_change_timeout = Duration::ZERO, Some("view_change_timeout"));
        check(|c| c.max_view_change_timeout = Duration::from_millis(99), Some("max_view_change_timeout"));
        check(|c| c.status_interval = Duration::ZERO, Some("status_interval"));
    }

    #[test]
    fn too_few_replicas_are_refused_in_words() {
        let error = PbftConfig::default().validate(3).expect_err("three are too few");
        assert_eq!(error.message, "to tolerate 1 faulty replicas takes at least 4 of them");
    }
}
