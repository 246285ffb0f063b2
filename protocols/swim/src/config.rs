//! What can be set about members.

use parts::bounds::{check_counts, check_spans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::SwimFlaw;

/// The configuration of every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SwimConfig {
    /// How a member chooses whom to ping.
    pub targets: Targets,
    /// What a node knows of the others when it boots for the first time.
    pub start: Start,
    /// The protocol period: a member pings one other in each. Above zero.
    pub period: Duration,
    /// How long a member waits for an answer before it asks others to ping in its stead. Above zero, and shorter than
    /// the period.
    pub ping_timeout: Duration,
    /// How many others it asks: the paper's *k*. With 0 it asks nobody.
    pub proxies: u32,
    /// For how long a member is suspected before it is held for dead: so many periods, times the logarithm of the
    /// number of nodes (to the base 2, rounded up). At least 1.
    pub suspicion: u32,
    /// How often a member tells each update: so often, times the same logarithm. The paper's *λ*. At least 1.
    pub dissemination: u32,
    /// How many updates ride on a message at most. At least 1.
    pub piggyback: u32,
    /// After how many periods a member exchanges all that it knows with another, dead ones among them. At least 1.
    pub sync_every: u32,
    /// How many nodes, the first ones, all others know from the beginning: a node joins through them. At least 1.
    pub contacts: u32,
    /// For how many periods who leaves still says so, and answers. At least 1.
    pub linger: u32,
    /// After how many periods those are forgotten that are dead or have left. At least 1.
    pub forget_after: u32,
    /// Whether members do as Lifeguard does: who gets no answers takes itself for slow and has more patience, a
    /// suspicion lasts longer unless others share it, and who is suspected hears it with the next ping.
    pub lifeguard: bool,
    /// With Lifeguard: a suspicion that nobody shares lasts so many times longer. At least 1.
    pub suspicion_spread: u32,
    /// With Lifeguard: how unwell a member can take itself for. A period is so many times longer then, and one.
    pub most_unwell: u32,
    /// Known bugs to switch on.
    pub flaws: Flaws<SwimFlaw>,
}

/// How a member chooses whom to ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// By chance (section 3.1).
    Random,
    /// One after the other, in an order that is drawn anew each time (section 4.3).
    RoundRobin,
}

/// What a node knows of the others when it boots for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// All nodes are members, and know it.
    Converged,
    /// It knows the contacts, and joins through one of them.
    Joining,
}

impl Default for SwimConfig {
    fn default() -> Self {
        Self {
            targets: Targets::RoundRobin,
            start: Start::Converged,
            period: Duration::from_millis(1000),
            ping_timeout: Duration::from_millis(300),
            proxies: 3,
            suspicion: 2,
            dissemination: 3,
            piggyback: 6,
            sync_every: 10,
            contacts: 3,
            linger: 5,
            forget_after: 1000,
            lifeguard: false,
            suspicion_spread: 6,
            most_unwell: 8,
            flaws: Flaws::default(),
        }
    }
}

impl SwimConfig {
    /// The logarithm of the number of nodes, rounded up.
    const fn log(nodes: u32) -> u32 {
        nodes.ilog2() + 1
    }

    /// For how many periods a member is suspected at least.
    pub fn suspicion_periods(&self, nodes: u32) -> u64 {
        u64::from(self.suspicion) * u64::from(Self::log(nodes))
    }

    /// For how many periods a member is suspected at most, if nobody refutes it.
    pub fn longest_suspicion(&self, nodes: u32) -> u64 {
        let spread = if self.lifeguard { self.suspicion_spread } else { 1 };
        self.suspicion_periods(nodes) * u64::from(spread)
    }

    /// How often a member tells an update.
    pub fn retransmissions(&self, nodes: u32) -> u32 {
        self.dissemination * Self::log(nodes)
    }

    /// Within how many of its own periods a member pings each other: `2n − 1` in rounds. By chance there is no bound;
    /// it is longer with a probability of e⁻⁴⁰.
    pub fn probed_within(&self, nodes: u32) -> u64 {
        match self.targets {
            Targets::RoundRobin => (2 * u64::from(nodes.saturating_sub(1))).saturating_sub(1),
            Targets::Random => 40 * u64::from(nodes),
        }
    }

    /// Within how many of its own periods a member holds one for dead that has crashed.
    pub fn dead_within(&self, nodes: u32) -> u64 {
        // One period in which it does not answer.
        self.probed_within(nodes) + 1 + self.longest_suspicion(nodes)
    }

    /// How long it takes at most, when nothing goes wrong, until all members know what all others say.
    pub fn converges_within(&self, nodes: u32) -> Duration {
        let unwell = if self.lifeguard { u64::from(self.most_unwell) } else { 0 };
        // A member gets well by one step in each period, and its periods are longer until then.
        let recovery = (unwell + 1) * (unwell + 2) / 2;
        // A member exchanges all with each other in two rounds at most: one to hear what the contacts know, and one to
        // be heard by all. Where there are many, what is told by everybody to somebody reaches all much sooner.
        let exchanges = (4 * u64::from(nodes)).min(20 * u64::from(Self::log(nodes)));
        let detection = match self.targets {
            Targets::RoundRobin => self.dead_within(nodes),
            // Somebody pings it soon, and tells.
            Targets::Random => 40 + self.longest_suspicion(nodes),
        };
        let periods = recovery + detection + exchanges * u64::from(self.sync_every) + u64::from(self.linger);
        self.period * (periods + 10)
    }
}

impl ProtocolConfig for SwimConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "targets", values: &[r#""random""#, r#""round-robin""#] },
        Switch { key: "start", values: &[r#""converged""#, r#""joining""#] },
        Switch { key: "lifeguard", values: &["false", "true"] },
        Switch { key: "proxies", values: &["0", "1", "3"] },
        Switch { key: "piggyback", values: &["1", "2", "6"] },
        Switch { key: "forget_after", values: &["20", "1000"] },
    ];

    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { period, .. } if period.is_zero() => wrong("period", "must be above zero"),
            Self { ping_timeout, .. } if ping_timeout.is_zero() => wrong("ping_timeout", "must be above zero"),
            Self { ping_timeout, period, .. } if ping_timeout >= period => {
                wrong("ping_timeout", "must be shorter than the period, or nobody is ever asked to ping for another")
            }
            Self { suspicion: 0, .. } => wrong("suspicion", "must be at least 1"),
            Self { dissemination: 0, .. } => wrong("dissemination", "an update that nobody tells reaches nobody"),
            Self { piggyback: 0, .. } => wrong("piggyback", "an update that rides on no message reaches nobody"),
            Self { sync_every: 0, .. } => wrong("sync_every", "must be at least 1"),
            Self { contacts: 0, .. } => wrong("contacts", "a node that knows nobody cannot join"),
            Self { linger: 0, .. } => wrong("linger", "who leaves must have a period in which to say so"),
            Self { forget_after: 0, .. } => wrong("forget_after", "must be at least 1"),
            Self { suspicion_spread: 0, .. } => wrong("suspicion_spread", "must be at least 1"),
            Self { .. } => {
                check_spans(&[("period", self.period), ("ping_timeout", self.ping_timeout)])?;
                let counts = [
                    ("proxies", self.proxies),
                    ("suspicion", self.suspicion),
                    ("dissemination", self.dissemination),
                    ("piggyback", self.piggyback),
                    ("sync_every", self.sync_every),
                    ("contacts", self.contacts),
                    ("linger", self.linger),
                    ("forget_after", self.forget_after),
                ];
                check_counts(&counts.map(|(key, count)| (key, u64::from(count))))?;
                self.check_lifeguard()
            }
        }
    }

    /// Nothing of time, of how many fail, or of what links lose: in a network that loses messages members are taken
    /// for dead that are not, and the paper promises no more than that this is rare. After the heal a ping and its
    /// answer fit into a period.
    fn model(&self) -> FaultModel {
        let assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        let timely = Assumption::Synchronous { within: self.period / TRIPS };
        FaultModel::of(assumptions.clone()).live(assumptions).after_heal(vec![timely])
    }

    /// A node that boots must have joined. Clients are answered before that too.
    fn settles_within(&self) -> Duration {
        self.period
    }
}

/// How often the longest trip fits into a period: there and back, and room for what takes time at the nodes.
const TRIPS: u64 = 3;

/// More makes no sense: a member that gets no answers would wait for hours.
const MOST_UNWELL: u32 = 1000;

impl SwimConfig {
    fn check_lifeguard(&self) -> Result<(), ConfigError> {
        for (key, value) in [("suspicion_spread", self.suspicion_spread), ("most_unwell", self.most_unwell)] {
            if value > MOST_UNWELL {
                return Err(ConfigError::new(key, format!("must be at most {MOST_UNWELL}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut SwimConfig)| refused_key(3, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.proxies = 0), None);
        assert_eq!(refused(|config| config.most_unwell = 0), None);
        assert_eq!(refused(|config| config.period = Duration::ZERO), Some("period"));
        assert_eq!(refused(|config| config.period = LONGEST + LONGEST), Some("period"));
        assert_eq!(refused(|config| config.ping_timeout = Duration::ZERO), Some("ping_timeout"));
        assert_eq!(refused(|config| config.ping_timeout = config.period), Some("ping_timeout"));
        assert_eq!(refused(|config| config.suspicion = 0), Some("suspicion"));
        assert_eq!(refused(|config| config.dissemination = 0), Some("dissemination"));
        assert_eq!(refused(|config| config.piggyback = 0), Some("piggyback"));
        assert_eq!(refused(|config| config.sync_every = 0), Some("sync_every"));
        assert_eq!(refused(|config| config.contacts = 0), Some("contacts"));
        assert_eq!(refused(|config| config.linger = 0), Some("linger"));
        assert_eq!(refused(|config| config.forget_after = 0), Some("forget_after"));
        assert_eq!(refused(|config| config.suspicion_spread = 0), Some("suspicion_spread"));
        assert_eq!(refused(|config| config.most_unwell = 1001), Some("most_unwell"));
    }

    #[test]
    fn bounds_are_those_of_the_paper() {
        let config = SwimConfig::default();
        // A member of 10 has 9 others: 2n - 1 of these.
        assert_eq!(config.probed_within(10), 17);
        assert_eq!((config.suspicion_periods(10), config.retransmissions(10)), (8, 12));
        assert_eq!(config.suspicion_periods(1000), 20);
    }
}
