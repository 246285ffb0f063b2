//! What can be set about a node.

use parts::bounds::{check_counts, check_ranges, check_spans};
use parts::quorums::Group;
use parts::timeouts::lease_within;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::PaxosFlaw;
use super::members::Members;

/// The configuration of every node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaxosConfig {
    /// The shortest and the longest time that a node waits for a leader, or for its own ballot to be promised, before
    /// it tries the next ballot. Each wait is drawn anew: that is the random back-off of proposers that duel.
    pub election_timeout: (Duration, Duration),
    /// How often a leader tells that it is there, and proposes again what is not chosen yet. Below the shortest
    /// election timeout.
    pub heartbeat_interval: Duration,
    /// How many acceptors it takes to promise; without, as many as are needed to meet every quorum of phase 2. From 1
    /// to the number of acceptors, and more than there are without a quorum of phase 2 (Howard, Malkhi and Spiegelman
    /// 2016). Where the acceptors change, it takes more if it must.
    pub phase1_quorum: Option<u32>,
    /// How many acceptors it takes to choose; without, a majority. From 1 to the number of acceptors; where they
    /// become fewer, all of them.
    pub phase2_quorum: Option<u32>,
    /// α: a leader proposes in no instance that lies so far behind the last before which it knows everything to be
    /// chosen, and a change of the acceptors holds from so many instances behind its own on. From 1 to 1,000.
    pub alpha: u64,
    /// After how many applied commands a node takes a snapshot and forgets them; 0 is never.
    pub snapshot_every: u64,
    /// How many commands a node that is behind is sent at once. At least 1.
    pub commands_per_message: u32,
    /// Whether an acceptor that hears from a leader answers no `Prepare` of another: so a node that is half cut off
    /// does not depose it.
    pub stable_leader: bool,
    /// How reads are answered.
    pub reads: Reads,
    /// How many of the nodes, the first ones, are acceptors when the run begins; the others learn, and wait to be
    /// added by an operator. From 1 to the number of nodes; without, all are.
    pub acceptors: Option<u32>,
    /// By how much clocks are trusted to run fast or slow at most, in millionths: what leases rest on.
    pub clock_drift_bound_ppm: u32,
    /// Known bugs to switch on.
    pub flaws: Flaws<PaxosFlaw>,
}

/// How reads are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// As commands, like writes.
    Log,
    /// By the leader at once while it has a lease (Chandra, Griesemer and Redstone 2007, 5.2), else as commands.
    /// Needs `stable_leader`, and trusts clocks.
    Lease,
}

impl Default for PaxosConfig {
    fn default() -> Self {
        Self {
            election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            heartbeat_interval: Duration::from_millis(50),
            phase1_quorum: None,
            phase2_quorum: None,
            alpha: 8,
            snapshot_every: 64,
            commands_per_message: 16,
            stable_leader: true,
            reads: Reads::Log,
            acceptors: None,
            clock_drift_bound_ppm: 100_000,
            flaws: Flaws::default(),
        }
    }
}

const MILLION: u64 = 1_000_000;

impl PaxosConfig {
    /// How many of so many acceptors it takes to promise, and how many to choose.
    pub(crate) fn quorums(&self, acceptors: usize) -> (usize, usize) {
        let majority = Group::crash_tolerant(acceptors).majority();
        let second = self.phase2_quorum.map_or(majority, |size| size as usize).min(acceptors);
        let meeting = acceptors + 1 - second;
        let first = self.phase1_quorum.map_or(meeting, |size| size as usize).clamp(meeting, acceptors);
        if self.flaws.has(PaxosFlaw::QuorumsApart) { (meeting - 1, second) } else { (first, second) }
    }

    /// Whether these nodes include enough of the acceptors to promise.
    pub(crate) fn has_phase1_quorum(&self, members: &Members, nodes: &[NodeId]) -> bool {
        members.count_in(nodes) >= self.quorums(members.as_slice().len()).0
    }

    /// Whether these nodes include enough of the acceptors to choose.
    pub(crate) fn has_phase2_quorum(&self, members: &Members, nodes: &[NodeId]) -> bool {
        members.count_in(nodes) >= self.quorums(members.as_slice().len()).1
    }

    /// How long after it sent a heartbeat a leader may answer reads by its own clock, once a quorum of phase 2 has
    /// returned it. For the shortest election timeout these answer no other proposer.
    pub(crate) fn lease(&self) -> Duration {
        let drift = if self.flaws.has(PaxosFlaw::LeaseIgnoresDrift) { 0 } else { self.clock_drift_bound_ppm };
        lease_within(self.election_timeout.0, drift)
    }

    /// The acceptors with which a cluster of these nodes begins.
    ///
    /// # Panics
    /// If there are none: [`validate`](ProtocolConfig::validate) has refused that.
    pub(crate) fn initial_members(&self, nodes: &[NodeId]) -> Members {
        let count = self.acceptors.map_or(nodes.len(), |acceptors| acceptors as usize);
        Members::of(nodes.iter().copied().take(count)).expect("there is an acceptor")
    }

    fn check_bounds(&self) -> Result<(), ConfigError> {
        let (shortest, longest) = self.election_timeout;
        check_counts(&[
            ("snapshot_every", self.snapshot_every),
            ("commands_per_message", self.commands_per_message.into()),
        ])?;
        check_ranges(&[("election_timeout", self.election_timeout)])?;
        check_spans(&[
            ("election_timeout", shortest),
            ("election_timeout", longest),
            ("heartbeat_interval", self.heartbeat_interval),
        ])
    }

    fn check_quorums(&self, acceptors: u32) -> Result<(), ConfigError> {
        let sizes = [("phase1_quorum", self.phase1_quorum), ("phase2_quorum", self.phase2_quorum)];
        for (key, size) in sizes {
            if size.is_some_and(|size| size == 0 || size > acceptors) {
                let why = format!("must be at least 1 and at most {acceptors}, the number of acceptors");
                return Err(ConfigError::new(key, why));
            }
        }
        let meeting = self.phase2_quorum.map(|second| acceptors + 1 - second);
        let meeting = meeting.unwrap_or_else(|| acceptors - acceptors / 2);
        if let Some(first) = self.phase1_quorum.filter(|first| *first < meeting) {
            let why = format!(
                "{first} of {acceptors} acceptors need not meet a quorum of phase 2: it takes {meeting} at least"
            );
            return Err(ConfigError::new("phase1_quorum", why));
        }
        Ok(())
    }
}

/// A change of the acceptors has so many no-ops proposed, and never more.
const MOST_ALPHA: u64 = 1_000;

/// How many times a message may cross the network within the shortest election timeout: both phases, and the state
/// for a proposer that is behind.
const TRIPS: u64 = 5;

/// How many election timeouts it may take until somebody leads: ballots compete, and whoever is behind is first
/// brought up to date.
const ELECTIONS: u64 = 5;

impl ProtocolConfig for PaxosConfig {
    /// What a nemesis may draw: the defence of leaders, linearizable reads of each kind, quorums, and sizes by which
    /// more or less travels at once.
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "stable_leader", values: &["true", "false"] },
        Switch { key: "reads", values: &[r#""lease""#, r#""log""#] },
        Switch { key: "phase2_quorum", values: &["null", "2"] },
        Switch { key: "alpha", values: &["1", "3", "8"] },
        Switch { key: "snapshot_every", values: &["5", "20", "60"] },
        Switch { key: "commands_per_message", values: &["1", "16"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let (shortest, _) = self.election_timeout;
        self.check_bounds()?;
        let refuse = |key, message: String| Err(ConfigError::new(key, message));
        if nodes == 0 {
            refuse("nodes", "a cluster has at least one node".to_owned())
        } else if shortest.is_zero() {
            refuse("election_timeout", "an election timeout must be above zero".to_owned())
        } else if self.heartbeat_interval.is_zero() || self.heartbeat_interval >= shortest {
            let key = "heartbeat_interval";
            refuse(key, format!("must be above zero and below the shortest election timeout, {shortest}"))
        } else if self.alpha == 0 || self.alpha > MOST_ALPHA {
            refuse("alpha", format!("must be from 1 to {MOST_ALPHA}"))
        } else if self.commands_per_message == 0 {
            refuse("commands_per_message", "must be at least 1: nobody could catch up".to_owned())
        } else if self.reads == Reads::Lease && !self.stable_leader {
            refuse("reads", "a lease rests on `stable_leader`: switch it on".to_owned())
        } else if u64::from(self.clock_drift_bound_ppm) >= MILLION {
            refuse("clock_drift_bound_ppm", "must be below 1000000: a clock does not stand still".to_owned())
        } else if self.acceptors.is_some_and(|acceptors| acceptors == 0 || acceptors > nodes) {
            refuse("acceptors", format!("must be at least 1 and at most {nodes}, the number of nodes"))
        } else {
            self.check_quorums(self.acceptors.unwrap_or(nodes))
        }
    }

    /// Paxos is safe whatever becomes of messages, processes and clocks, as long as disks keep what they have made
    /// durable (Lamport 2001, 2.1); leases trust clocks as well. A node that has lost its disk may stop for good, so
    /// liveness takes them for granted, too. Besides, messages must arrive well within an election timeout, so that
    /// one proposer has the time for both phases before another begins (2.4).
    fn model(&self) -> FaultModel {
        let mut safety = vec![Assumption::DurableDisks, Assumption::NoPhantomWrites, Assumption::IntactMessages];
        if self.reads == Reads::Lease {
            safety.push(Assumption::ClockRate { ppm: self.clock_drift_bound_ppm });
        }
        let timely = Assumption::Synchronous { within: self.election_timeout.0 / TRIPS };
        FaultModel::of(safety).live(vec![Assumption::DurableDisks]).after_heal(vec![timely])
    }

    fn settles_within(&self) -> Duration {
        self.election_timeout.1 * ELECTIONS
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    fn check(change: impl FnOnce(&mut PaxosConfig), expected: Option<&'static str>) {
        assert_eq!(refused_key(4, change), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let ms = Duration::from_millis;
        check(|_| (), None);
        check(|c| c.election_timeout = (ms(200), ms(100)), Some("election_timeout"));
        check(|c| c.election_timeout = (ms(0), ms(100)), Some("election_timeout"));
        check(|c| c.heartbeat_interval = ms(150), Some("heartbeat_interval"));
        check(|c| c.heartbeat_interval = ms(0), Some("heartbeat_interval"));
        check(|c| c.alpha = 0, Some("alpha"));
        check(|c| c.alpha = 1_001, Some("alpha"));
        check(|c| c.commands_per_message = 0, Some("commands_per_message"));
        check(|c| c.stable_leader = false, None);
        check(|c| (c.reads, c.stable_leader) = (Reads::Lease, false), Some("reads"));
        check(|c| c.clock_drift_bound_ppm = 1_000_000, Some("clock_drift_bound_ppm"));
        check(|c| c.acceptors = Some(4), None);
        check(|c| c.acceptors = Some(5), Some("acceptors"));
        check(|c| c.acceptors = Some(0), Some("acceptors"));
    }

    #[test]
    fn quorums_that_need_not_meet_are_refused() {
        let sizes = |first, second| move |c: &mut PaxosConfig| (c.phase1_quorum, c.phase2_quorum) = (first, second);
        check(sizes(Some(2), None), None);
        check(sizes(Some(1), None), Some("phase1_quorum"));
        check(sizes(None, Some(1)), None);
        check(sizes(Some(4), Some(1)), None);
        check(sizes(Some(3), Some(1)), Some("phase1_quorum"));
        check(sizes(Some(1), Some(4)), None);
        check(sizes(None, Some(0)), Some("phase2_quorum"));
        check(sizes(None, Some(5)), Some("phase2_quorum"));
        check(sizes(Some(5), None), Some("phase1_quorum"));
        check(|c| (c.acceptors, c.phase2_quorum) = (Some(3), Some(4)), Some("phase2_quorum"));
    }

    #[test]
    fn quorums_meet_whatever_becomes_of_the_acceptors() {
        let sizes = [None, Some(1), Some(2), Some(3), Some(4)];
        for (phase1_quorum, phase2_quorum) in sizes.into_iter().flat_map(|one| sizes.map(|two| (one, two))) {
            let config = PaxosConfig { phase1_quorum, phase2_quorum, ..PaxosConfig::default() };
            for acceptors in 1..=7 {
                let (first, second) = config.quorums(acceptors);
                assert!(first + second > acceptors && first.max(second) <= acceptors, "{config:?} {acceptors}");
            }
        }
        assert_eq!(PaxosConfig::default().quorums(4), (2, 3), "a quorum of phase 1 need not be a majority");
    }

    #[test]
    fn a_file_may_name_flaws_and_nothing_unknown() {
        let parse = serde_json::from_str::<PaxosConfig>;
        let config = parse(r#"{ "alpha": 1, "flaws": ["ignores-accepted"], "reads": "lease" }"#).unwrap();
        assert!(config.flaws.has(PaxosFlaw::IgnoresAccepted) && config.reads == Reads::Lease && config.alpha == 1);
        assert!(parse(r#"{ "flaws": ["ignores"] }"#).is_err());
        assert!(parse(r#"{ "quorum": 3 }"#).is_err());
    }
}
