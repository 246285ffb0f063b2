//! What can be set about a HotStuff replica.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::HotStuffFlaw;
use parts::bounds::{check_counts, check_spans};

/// The configuration of every replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HotStuffConfig {
    /// How many replicas may be Byzantine, the paper's f. At least 1; there must be 3f + 1 replicas
    /// or more.
    pub faulty: u32,
    /// How long a replica waits for a view to end before it gives it up.
    pub view_timeout: Duration,
    /// The timeout doubles with every view that is given up in a row, up to this.
    pub view_timeout_max: Duration,
    /// How many views in a row have the same leader. A block is committed by the blocks of the next
    /// three views: with one view each, four leaders in a row would have to be correct, and with
    /// n = 4 and one Byzantine replica they never are (Giridharan et al., BeeGees, PODC 2023).
    pub views_per_leader: u32,
    /// How long a leader that has nothing to propose waits before it proposes an empty block. Below
    /// `view_timeout`.
    pub idle: Duration,
    /// How many commands a block has at most.
    pub batch: u32,
    /// After how many executed blocks a replica keeps its state and forgets them.
    pub checkpoint_every: u64,
    /// Known bugs to switch on.
    pub flaws: Flaws<HotStuffFlaw>,
}

impl Default for HotStuffConfig {
    fn default() -> Self {
        Self {
            faulty: 1,
            view_timeout: Duration::from_millis(200),
            view_timeout_max: Duration::from_millis(1600),
            views_per_leader: 4,
            idle: Duration::from_millis(50),
            batch: 8,
            checkpoint_every: 32,
            flaws: Flaws::default(),
        }
    }
}

impl HotStuffConfig {
    /// How long a replica waits in a view after `failures` views that were given up in a row.
    pub(super) fn timeout(&self, failures: u32) -> Duration {
        let doublings = failures.min(16);
        (self.view_timeout * (1 << doublings)).min(self.view_timeout_max)
    }

    /// How long it takes to ask again for blocks that did not come.
    pub(super) fn fetch_retry(&self) -> Duration {
        self.view_timeout / 2
    }

    /// How many views in a row have the same leader.
    pub(super) fn tenure(&self) -> u64 {
        if self.flaws.has(HotStuffFlaw::RotatesEveryView) { 1 } else { u64::from(self.views_per_leader) }
    }

    fn check_bounds(&self) -> Result<(), ConfigError> {
        check_counts(&[
            ("views_per_leader", self.views_per_leader.into()),
            ("batch", self.batch.into()),
            ("checkpoint_every", self.checkpoint_every),
        ])?;
        check_spans(&[
            ("view_timeout", self.view_timeout),
            ("view_timeout_max", self.view_timeout_max),
            ("idle", self.idle),
        ])
    }
}

/// How many times a message crosses the network until a block is decided.
const TRIPS: u64 = 8;

impl ProtocolConfig for HotStuffConfig {
    /// What a nemesis may draw: sizes by which more or less is under way at once.
    const SWITCHES: &'static [Switch] =
        &[Switch { key: "batch", values: &["1", "4"] }, Switch { key: "checkpoint_every", values: &["4", "12", "40"] }];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        self.check_bounds()?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        let least = 3 * u64::from(self.faulty) + 1;
        if self.faulty == 0 {
            refuse("faulty", "at least 1: for crashes alone there are simpler protocols".to_owned())
        } else if u64::from(nodes) < least {
            let faulty = self.faulty;
            refuse("nodes", format!("with {faulty} Byzantine, there must be at least {least} nodes"))
        } else if self.view_timeout.is_zero() {
            refuse("view_timeout", "must be above zero".to_owned())
        } else if self.view_timeout_max < self.view_timeout {
            refuse("view_timeout_max", format!("must not be below `view_timeout`, {}", self.view_timeout))
        } else if self.views_per_leader == 0 {
            refuse("views_per_leader", "a leader must have at least one view".to_owned())
        } else if self.idle.is_zero() || self.idle >= self.view_timeout {
            refuse("idle", format!("must be above zero and below `view_timeout`, {}", self.view_timeout))
        } else if self.batch == 0 {
            refuse("batch", "a block must have room for at least one command".to_owned())
        } else if self.checkpoint_every == 0 {
            refuse("checkpoint_every", "must be at least 1: blocks are not kept for ever".to_owned())
        } else {
            Ok(())
        }
    }

    /// HotStuff is safe whatever becomes of messages, processes and clocks, as long as at most f
    /// replicas are Byzantine and the others keep what they have made durable (section 3). It makes
    /// progress once messages take less than the pacemaker allows for a view (section 3: partial
    /// synchrony): new-view, three phases and a decision.
    fn model(&self) -> FaultModel {
        let both = vec![
            Assumption::DurableDisks,
            Assumption::ByzantineAtMost(self.faulty),
            Assumption::NoPhantomWrites,
            Assumption::IntactMessages,
        ];
        let timely = Assumption::Synchronous { within: self.view_timeout_max / TRIPS };
        FaultModel::of(both.clone()).live(both).after_heal(vec![timely])
    }

    /// The longest timeouts that may pass until there is a correct leader that all correct replicas
    /// follow: one to come into the same view, one for each faulty leader in a row, and as many for what
    /// goes wrong by chance.
    fn settles_within(&self) -> Duration {
        self.view_timeout_max * (2 * (u64::from(self.faulty) + 1))
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    fn check(nodes: u32, change: impl FnOnce(&mut HotStuffConfig), expected: Option<&'static str>) {
        assert_eq!(refused_key(nodes, change), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check(4, |_| (), None);
        check(5, |_| (), None);
        check(3, |_| (), Some("nodes"));
        check(6, |c| c.faulty = 2, Some("nodes"));
        check(7, |c| c.faulty = 2, None);
        check(4, |c| c.faulty = 0, Some("faulty"));
        check(4, |c| c.view_timeout = Duration::ZERO, Some("view_timeout"));
        check(4, |c| c.view_timeout_max = Duration::from_millis(100), Some("view_timeout_max"));
        check(4, |c| c.views_per_leader = 0, Some("views_per_leader"));
        check(4, |c| c.idle = Duration::from_millis(200), Some("idle"));
        check(4, |c| c.batch = 0, Some("batch"));
        check(4, |c| c.checkpoint_every = 0, Some("checkpoint_every"));
    }

    #[test]
    fn timeouts_double_up_to_a_bound() {
        let timeouts = [0, 1, 2, 3, 4, 100].map(|failures| HotStuffConfig::default().timeout(failures));
        assert_eq!(timeouts, [200, 400, 800, 1600, 1600, 1600].map(Duration::from_millis));
    }
}
