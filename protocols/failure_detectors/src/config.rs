//! What can be set about nodes, and what each detector claims with it.

use parts::bounds::{check_counts, check_spans};
use parts::detectors::{DEVIATIONS, MetricLimits, PhiSettings, quantile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, Switch};

use super::flaws::DetectorFlaw;
use super::message::Sign;

/// The configuration of every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// By what peers are suspected.
    pub detector: DetectorKind,
    /// η: how long it is from one heartbeat, ping or gossip to the next. Above zero.
    pub interval: Duration,
    /// How many beats may be missed: the timeout of `heartbeat`, `ping`, `gossip`, `hybrid` and `metrics`, in
    /// intervals. For `gossip`, those that a counter needs to come around are added. At least 1.
    pub missed_beats: u32,
    /// The threshold of φ, above 0 and at most 300.
    pub phi: f64,
    /// How many samples `phi`, `nfd-e` and `metrics` remember. At least 1.
    pub window: u32,
    /// The least deviation that `phi` and `jacobson` reckon with.
    pub min_deviation: Duration,
    /// α of `nfd-e` and δ of `nfd-s`: how long after it is due a beat may come.
    pub margin: Duration,
    /// The longest timeout of those detectors that adapt theirs. Above zero.
    pub longest: Duration,
    /// How long a suspicion lasts until the peer is taken for crashed. Above zero.
    pub confirm: Duration,
    /// How many others are asked to try a peer that does not answer a `ping`.
    pub proxies: u32,
    /// What the votes of a `hybrid` weigh. One at least is above 0.
    pub weights: Weights,
    /// From where on `metrics` take a peer for sick.
    pub limits: Limits,
    /// Δ: the longest time that a message takes, in the end. Detectors whose timeouts leave room for it claim to make
    /// no mistakes any more then.
    pub message_delay: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<DetectorFlaw>,
}

/// By what peers are suspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DetectorKind {
    /// Heartbeats, and a fixed timeout.
    Heartbeat,
    /// Heartbeats, and a timeout that follows the gaps between them (Jacobson 1988).
    Jacobson,
    /// Pings, direct and by way of others.
    Ping,
    /// Heartbeat counters that are gossiped (van Renesse et al. 1998).
    Gossip,
    /// Heartbeats, and how improbable silence is (Hayashibara et al. 2004).
    Phi,
    /// Heartbeats by synchronised clocks (Chen et al. 2002).
    NfdS,
    /// Heartbeats whose arrival is estimated (Chen et al. 2002).
    NfdE,
    /// A weighted vote of `heartbeat`, `phi` and `ping`.
    Hybrid,
    /// Answers to pings that are durable before they are given: their latencies, how many are missing, and queues
    /// (Huang et al. 2017).
    Metrics,
}

/// What the votes of a hybrid weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Heartbeats with a fixed timeout.
    pub heartbeat: u32,
    /// φ.
    pub phi: u32,
    /// Pings.
    pub ping: u32,
}

/// From where on a peer is taken for sick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Which quantile of the latencies is looked at, from 0 to 1.
    pub quantile: f64,
    /// The longest that it may be. Above zero.
    pub latency: Duration,
    /// The highest share of pings without an answer, above 0 and at most 1.
    pub errors: f64,
    /// The longest queue. At least 1.
    pub queue: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { heartbeat: 1, phi: 1, ping: 1 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { quantile: 0.75, latency: Duration::from_millis(60), errors: 0.4, queue: 20 }
    }
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            detector: DetectorKind::Phi,
            interval: Duration::from_millis(50),
            missed_beats: 4,
            phi: 8.0,
            window: 20,
            min_deviation: Duration::from_millis(10),
            margin: Duration::from_millis(50),
            longest: Duration::from_millis(500),
            confirm: Duration::from_millis(200),
            proxies: 2,
            weights: Weights::default(),
            limits: Limits::default(),
            message_delay: Duration::from_millis(20),
            flaws: Flaws::default(),
        }
    }
}

/// What is claimed of a detector, or of one of those that vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// What it takes for signs of life.
    pub(super) sign: Sign,
    /// A peer that has given a sign since is not suspected.
    pub(super) after: Duration,
    /// A peer that has given none for longer is.
    pub(super) within: Duration,
    /// What its vote weighs.
    pub(super) weight: u32,
    /// Whether it makes no mistakes once no message is lost or takes longer than Δ.
    pub(super) is_accurate: bool,
}

/// Rounding may put the moment at which φ reaches its threshold off by so much.
const ROUNDING: Duration = Duration::from_micros(1);

impl DetectorConfig {
    /// How long a peer may be silent where the timeout is fixed, among so many nodes.
    pub(super) fn timeout(&self, nodes: usize) -> Duration {
        let rounds = match self.detector {
            DetectorKind::Gossip => nodes as u64 - 1,
            _ => 0,
        };
        self.interval * (u64::from(self.missed_beats) + rounds)
    }

    pub(super) fn phi_settings(&self) -> PhiSettings {
        let Self { phi: threshold, window, min_deviation, longest, .. } = *self;
        PhiSettings { threshold, window: window as usize, min_deviation, longest }
    }

    pub(super) fn metric_limits(&self) -> MetricLimits {
        let Limits { quantile, latency, errors, queue } = self.limits;
        let (window, silence) = (self.window as usize, self.timeout(1));
        MetricLimits { quantile, latency, errors, queue: u64::from(queue), window, silence }
    }

    /// Whether nodes send heartbeats to all others.
    pub(super) const fn beats(&self) -> bool {
        use DetectorKind::{Heartbeat, Hybrid, Jacobson, NfdE, NfdS, Phi};
        matches!(self.detector, Heartbeat | Jacobson | Phi | NfdS | NfdE | Hybrid)
    }

    /// Whether nodes ping those that they monitor.
    pub(super) const fn pings(&self) -> bool {
        matches!(self.detector, DetectorKind::Ping | DetectorKind::Hybrid | DetectorKind::Metrics)
    }

    /// What is claimed of the detector among so many nodes, or of each of those that vote.
    pub(super) fn claims(&self, nodes: usize) -> Vec<Claim> {
        use DetectorKind::{Gossip, Heartbeat, Hybrid, Jacobson, Metrics, NfdE, NfdS, Phi, Ping};
        let (interval, delay, longest) = (self.interval, self.message_delay, self.longest);
        let timeout = self.timeout(nodes);
        // Beats that are due one interval apart come at most this far apart, and answers come later by a way.
        let (of_beats, of_acks) = (interval + delay, interval + delay * 2);
        let one = |sign, after, within, is_accurate| Claim { sign, after, within, weight: 1, is_accurate };
        // Where the mean is that of few gaps, it may be too low by Δ itself.
        let deviating = |deviations: f64, weight| {
            let room = Duration::from_nanos((deviations.max(0.0) * self.min_deviation.as_nanos() as f64) as u64);
            let after = Duration::from_nanos(room.as_nanos().saturating_sub(ROUNDING.as_nanos()));
            let is_accurate = room > delay * 2 && longest > of_beats;
            Claim { weight, ..one(Sign::Beat, after.min(longest), longest, is_accurate) }
        };
        let phi = |weight| deviating(quantile(self.phi), weight);
        match self.detector {
            Heartbeat => vec![one(Sign::Beat, timeout, timeout, timeout > of_beats)],
            Jacobson => vec![deviating(DEVIATIONS, 1)],
            Ping => vec![one(Sign::Ack, timeout, timeout, timeout > of_acks)],
            Gossip => vec![one(Sign::Counter, timeout, timeout, timeout > interval * (nodes as u64 - 1) + of_beats)],
            Phi => vec![phi(1)],
            NfdS => {
                let within = interval + self.margin;
                vec![one(Sign::Beat, Duration::ZERO, within, self.margin > delay)]
            }
            NfdE => vec![one(Sign::Beat, Duration::ZERO, longest, self.margin > delay && longest > of_beats)],
            Hybrid => vec![
                Claim { weight: self.weights.heartbeat, ..one(Sign::Beat, timeout, timeout, timeout > of_beats) },
                phi(self.weights.phi),
                Claim { weight: self.weights.ping, ..one(Sign::Ack, timeout, timeout, timeout > of_acks) },
            ],
            Metrics => {
                let is_accurate = timeout > of_acks && self.limits.latency > delay * 2;
                vec![one(Sign::Ack, Duration::ZERO, timeout, is_accurate)]
            }
        }
    }

    /// How long after a crash all others suspect the node, if no sign of life is under way any more, but for a counter
    /// that comes around.
    pub(super) fn detects_within(&self, nodes: usize) -> Duration {
        let within = self.claims(nodes).iter().map(|claim| claim.within).max().unwrap_or_default();
        let rounds = if self.detector == DetectorKind::Gossip { nodes as u64 } else { 1 };
        within + self.interval * rounds
    }

    /// How long after the heal there are no mistakes any more: what was learnt before has left the windows, and the
    /// smoothed means.
    pub(super) fn unlearns_within(&self, nodes: usize) -> Duration {
        use DetectorKind::{Gossip, Heartbeat, Hybrid, Jacobson, Metrics, NfdE, NfdS, Phi, Ping};
        let signs = match self.detector {
            Heartbeat | Ping | Gossip | NfdS => 0,
            // Of what there was before, less than a hundredth is left.
            Jacobson => 40,
            // And those that were on their way.
            Phi | NfdE | Hybrid | Metrics => self.window + 10,
        };
        self.interval * u64::from(signs) + self.detects_within(nodes) * 2 + self.confirm
    }
}

impl ProtocolConfig for DetectorConfig {
    /// Not `nfd-s`: it wants clocks that agree.
    const SWITCHES: &'static [Switch] = &[
        Switch {
            key: "detector",
            values: &[
                r#""heartbeat""#,
                r#""jacobson""#,
                r#""ping""#,
                r#""gossip""#,
                r#""phi""#,
                r#""nfd-e""#,
                r#""hybrid""#,
                r#""metrics""#,
            ],
        },
        Switch { key: "window", values: &["4", "10", "20"] },
        Switch { key: "proxies", values: &["0", "2"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        let Limits { quantile, latency, errors, queue } = self.limits;
        let weights = [self.weights.heartbeat, self.weights.phi, self.weights.ping];
        if nodes < 2 {
            return wrong("nodes", "somebody else must be there to be monitored");
        }
        match self {
            Self { interval, .. } if interval.is_zero() => {
                wrong("interval", "a node that beats all the time does nothing else")
            }
            Self { missed_beats: 0, .. } => wrong("missed_beats", "whoever has missed no beat is not silent"),
            Self { phi, .. } if !(*phi > 0.0 && *phi <= 300.0) => wrong("phi", "must be above 0 and at most 300"),
            Self { window: 0, .. } => wrong("window", "must be at least 1"),
            Self { longest, .. } if longest.is_zero() => wrong("longest", "must be above zero"),
            Self { confirm, .. } if confirm.is_zero() => wrong("confirm", "a suspicion must last for a while"),
            _ if weights == [0; 3] => wrong("weights", "at least one weight must be above 0"),
            _ if !(0.0..=1.0).contains(&quantile) => wrong("limits.quantile", "must be from 0 to 1"),
            _ if latency.is_zero() => wrong("limits.latency", "must be above zero"),
            _ if !(errors > 0.0 && errors <= 1.0) => wrong("limits.errors", "must be above 0 and at most 1"),
            _ if queue == 0 => wrong("limits.queue", "must be at least 1"),
            Self {
                interval,
                missed_beats,
                window,
                min_deviation,
                margin,
                longest,
                confirm,
                proxies,
                message_delay,
                ..
            } => {
                check_spans(&[
                    ("interval", *interval),
                    ("min_deviation", *min_deviation),
                    ("margin", *margin),
                    ("longest", *longest),
                    ("confirm", *confirm),
                    ("limits.latency", latency),
                    ("message_delay", *message_delay),
                ])?;
                check_counts(&[
                    ("missed_beats", u64::from(*missed_beats)),
                    ("window", u64::from(*window)),
                    ("proxies", u64::from(*proxies)),
                    ("weights", u64::from(weights.into_iter().max().unwrap_or(0))),
                    ("limits.queue", u64::from(queue)),
                ])
            }
        }
    }

    /// Completeness needs no synchrony, and what is said of accuracy is about the time after the heal. NFD-S counts on
    /// clocks that agree.
    fn model(&self) -> FaultModel {
        let mut assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        if self.detector == DetectorKind::NfdS {
            assumptions.extend([Assumption::SteadyWallClocks, Assumption::ClockRate { ppm: 0 }]);
        }
        let synchrony = vec![Assumption::Synchronous { within: self.message_delay }];
        FaultModel::of(assumptions.clone()).live(assumptions).after_heal(synchrony)
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};
    use sim_core::ms;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut DetectorConfig)| refused_key(3, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused_key(1, |_: &mut DetectorConfig| ()), Some("nodes"));
        assert_eq!(refused(|config| config.interval = Duration::ZERO), Some("interval"));
        assert_eq!(refused(|config| config.missed_beats = 0), Some("missed_beats"));
        assert_eq!(refused(|config| config.phi = f64::NAN), Some("phi"));
        assert_eq!(refused(|config| config.phi = 0.0), Some("phi"));
        assert_eq!(refused(|config| config.phi = 301.0), Some("phi"));
        assert_eq!(refused(|config| config.window = 0), Some("window"));
        assert_eq!(refused(|config| config.longest = Duration::ZERO), Some("longest"));
        assert_eq!(refused(|config| config.confirm = Duration::ZERO), Some("confirm"));
        assert_eq!(refused(|config| config.confirm = LONGEST + LONGEST), Some("confirm"));
        assert_eq!(refused(|config| config.weights = Weights { heartbeat: 0, phi: 0, ping: 0 }), Some("weights"));
        assert_eq!(refused(|config| config.limits.quantile = 1.1), Some("limits.quantile"));
        assert_eq!(refused(|config| config.limits.latency = Duration::ZERO), Some("limits.latency"));
        assert_eq!(refused(|config| config.limits.errors = 0.0), Some("limits.errors"));
        assert_eq!(refused(|config| config.limits.queue = 0), Some("limits.queue"));
    }

    fn is_accurate(change: impl FnOnce(&mut DetectorConfig)) -> bool {
        let mut config = DetectorConfig::default();
        change(&mut config);
        config.claims(4).iter().all(|claim| claim.is_accurate)
    }

    #[test]
    fn a_timeout_without_room_for_delays_claims_no_accuracy() {
        use DetectorKind::{Gossip, Heartbeat, Hybrid, Jacobson, Metrics, NfdE, NfdS, Phi, Ping};
        for detector in [Heartbeat, Jacobson, Ping, Gossip, Phi, NfdS, NfdE, Hybrid, Metrics] {
            assert!(detector == Jacobson || is_accurate(|config| config.detector = detector), "{detector:?}");
            let hurried = |config: &mut DetectorConfig| {
                config.detector = detector;
                config.message_delay = ms(300);
            };
            assert!(!is_accurate(hurried), "{detector:?}");
        }
        let steadier = |config: &mut DetectorConfig| (config.detector, config.min_deviation) = (Jacobson, ms(12));
        assert!(is_accurate(steadier));
    }
}
