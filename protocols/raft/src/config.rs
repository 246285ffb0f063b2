//! What can be set about a Raft node.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::configuration::Configuration;
use super::flaws::RaftFlaw;
use parts::bounds::{check_counts, check_ranges, check_spans};
use parts::timeouts::lease_within;

/// The configuration of every node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RaftConfig {
    /// The shortest and the longest election timeout. Each node draws its own.
    pub election_timeout: (Duration, Duration),
    /// How often a leader tells its followers that it is alive. Below the shortest election
    /// timeout.
    pub heartbeat_interval: Duration,
    /// How a leader replicates its log.
    pub replication: Replication,
    /// How many log entries one message carries at most; 0 is all.
    pub max_entries_per_message: u32,
    /// After how many applied entries a node takes a snapshot and forgets them; 0 is never.
    pub snapshot_every: u64,
    /// How many pieces of a snapshot, keys and sessions of clients, one message carries at most; 0 is
    /// all.
    pub snapshot_chunk: u32,
    /// Whether a node asks if it could win before it raises its term (thesis 9.6). Needs
    /// `check_quorum`.
    pub pre_vote: bool,
    /// Whether a leader that hears from no majority for an election timeout steps down, and a
    /// node that hears from a leader refuses to vote (thesis 6.2 and 4.2.3).
    pub check_quorum: bool,
    /// How reads are answered, and by whom.
    pub reads: Reads,
    /// How many of the nodes, the first ones, are members when the run begins; the others wait to be
    /// added by an operator. From 1 to the number of nodes; without, all are members.
    pub members: Option<u32>,
    /// How many of the clients, the first ones, each live beside a node, client 0 beside n0 and so on:
    /// they ask that one first each time, as workers of Jepsen do. The others ask first whoever
    /// answered last, and so move away from a leader that was deposed.
    pub resident_clients: u32,
    /// By how much clocks are trusted to run fast or slow at most, in millionths: what lease reads
    /// rest on.
    pub clock_drift_bound_ppm: u32,
    /// Known bugs to switch on.
    pub flaws: Flaws<RaftFlaw>,
}

/// How a leader replicates its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Replication {
    /// It sends entries; a follower deletes what conflicts with them, and keeps what lies behind
    /// them (5.3). That is right in whatever order messages arrive.
    Entries,
    /// It sends all that it has behind some entry, and a follower replaces with that what it
    /// has there itself. An older message would undo a newer one: that is right only over links
    /// that keep the order of messages (`fifo`), also when an end boots again (`connections`).
    /// Needs `max_entries_per_message` to be 0.
    Suffix,
}

/// How reads are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// After a majority has confirmed that it still leads (thesis 6.4).
    ReadIndex,
    /// At once, while a majority is sure not to elect another: trusts the clocks (thesis 6.4.1).
    Lease,
    /// As an entry of the log, like a write.
    Log,
    /// By any node, a follower too, once it has applied all that the session of the client has seen
    /// (thesis 6.4, at the end; ZooKeeper reads so). Histories are sequential, not linearizable.
    Follower,
    /// Each as the level demands that it asks for (`levels` in the workload): strong ones by the leader after a
    /// majority has confirmed it, others by any node that has applied enough. What asks for no level is strong.
    Chosen,
}

impl Default for RaftConfig {
    fn default() -> Self {
        Self {
            election_timeout: (Duration::from_millis(150), Duration::from_millis(300)),
            heartbeat_interval: Duration::from_millis(50),
            replication: Replication::Entries,
            max_entries_per_message: 2,
            snapshot_every: 64,
            snapshot_chunk: 64,
            pre_vote: true,
            check_quorum: true,
            reads: Reads::ReadIndex,
            members: None,
            resident_clients: 0,
            clock_drift_bound_ppm: 100_000,
            flaws: Flaws::default(),
        }
    }
}

const MILLION: u64 = 1_000_000;

impl RaftConfig {
    /// How many log entries one message carries at most, if there is a limit.
    #[inline]
    pub(crate) fn entries_limit(&self) -> Option<u32> {
        Some(self.max_entries_per_message).filter(|limit| *limit > 0)
    }

    /// How many pieces of a snapshot one message carries at most.
    pub(crate) const fn chunk_limit(&self) -> usize {
        if self.snapshot_chunk == 0 { usize::MAX } else { self.snapshot_chunk as usize }
    }

    /// How long after it sent a heartbeat a leader may answer reads by its own clock, once a
    /// majority has acknowledged it. They will not elect another for the shortest election timeout;
    /// their clocks may be as fast, and the leader's as slow, as the bound says.
    pub(crate) fn lease(&self) -> Duration {
        let drift = if self.flaws.has(RaftFlaw::LeaseWithoutMargin) { 0 } else { self.clock_drift_bound_ppm };
        lease_within(self.election_timeout.0, drift)
    }

    /// The membership with which a cluster of these nodes begins. Every log begins with it, also
    /// those of nodes outside.
    pub(crate) fn initial_configuration(&self, nodes: &[NodeId]) -> Configuration {
        let members = self.members.map_or(nodes.len(), |members| members as usize);
        Configuration::of(nodes.iter().copied().take(members))
    }

    fn check_bounds(&self) -> Result<(), ConfigError> {
        let (shortest, longest) = self.election_timeout;
        check_counts(&[
            ("max_entries_per_message", self.max_entries_per_message.into()),
            ("snapshot_every", self.snapshot_every),
            ("snapshot_chunk", self.snapshot_chunk.into()),
        ])?;
        check_ranges(&[("election_timeout", self.election_timeout)])?;
        check_spans(&[
            ("election_timeout", shortest),
            ("election_timeout", longest),
            ("heartbeat_interval", self.heartbeat_interval),
        ])
    }
}

/// How many times a message may cross the network within the shortest election timeout: the pre-vote,
/// the vote and their replies, and the first heartbeat.
const TRIPS: u64 = 5;

/// How many election timeouts it may take until an election succeeds: votes split, and whoever is
/// behind must be asked in vain first.
const ELECTIONS: u64 = 5;

impl ProtocolConfig for RaftConfig {
    /// What a nemesis may draw: the defences of elections, linearizable reads of each kind, and sizes by
    /// which more or less travels at once.
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "check_quorum", values: &["true", "false"] },
        Switch { key: "pre_vote", values: &["true", "false"] },
        Switch { key: "reads", values: &[r#""read-index""#, r#""lease""#, r#""log""#] },
        Switch { key: "max_entries_per_message", values: &["1", "2", "8"] },
        Switch { key: "snapshot_every", values: &["5", "20", "60"] },
        Switch { key: "snapshot_chunk", values: &["1", "3", "0"] },
        Switch { key: "resident_clients", values: &["0", "3"] },
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
        } else if self.replication == Replication::Suffix && self.entries_limit().is_some() {
            let why = "a message that replaces the suffix of a log must carry all of it: set this to 0";
            refuse("max_entries_per_message", why.to_owned())
        } else if self.reads == Reads::Lease && !self.check_quorum {
            refuse("reads", "lease reads rest on `check_quorum`: switch it on".to_owned())
        } else if self.pre_vote && !self.check_quorum {
            let why = "`pre_vote` rests on it: a leader that has lost its quorum would refuse pre-votes for ever";
            refuse("check_quorum", why.to_owned())
        } else if u64::from(self.clock_drift_bound_ppm) >= MILLION {
            refuse("clock_drift_bound_ppm", "must be below 1000000: a clock does not stand still".to_owned())
        } else if self.members.is_some_and(|members| members == 0 || members > nodes) {
            refuse("members", format!("must be at least 1 and at most {nodes}, the number of nodes"))
        } else {
            Ok(())
        }
    }

    /// Raft is safe whatever becomes of messages, processes and clocks, as long as disks keep what they
    /// have made durable (paper 5, thesis 3.8); leases trust clocks as well (thesis 6.4.1), and followers
    /// that replace what they have by what they are sent trust the order of messages. A node that has
    /// lost its disk may stop for good, so liveness takes them for granted, too. Besides, messages must
    /// arrive well within an election timeout (5.6): a leader must be heard before its followers give it
    /// up, and an election takes two round trips.
    fn model(&self) -> FaultModel {
        let mut safety = vec![Assumption::DurableDisks, Assumption::NoPhantomWrites, Assumption::IntactMessages];
        if self.reads == Reads::Lease {
            safety.push(Assumption::ClockRate { ppm: self.clock_drift_bound_ppm });
        }
        if self.replication == Replication::Suffix {
            safety.push(Assumption::OrderedLinks);
        }
        let timely = Assumption::Synchronous { within: self.election_timeout.0 / TRIPS };
        FaultModel::of(safety).live(vec![Assumption::DurableDisks]).after_heal(vec![timely])
    }

    /// What Raft's time-outs may cost after a heal.
    fn settles_within(&self) -> Duration {
        self.election_timeout.1 * ELECTIONS
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    fn check(change: impl FnOnce(&mut RaftConfig), expected: Option<&'static str>) {
        assert_eq!(refused_key(3, change), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let ms = Duration::from_millis;
        check(|_| (), None);
        check(|c| c.election_timeout = (ms(200), ms(100)), Some("election_timeout"));
        check(|c| c.election_timeout = (ms(0), ms(100)), Some("election_timeout"));
        check(|c| c.heartbeat_interval = ms(150), Some("heartbeat_interval"));
        check(|c| c.heartbeat_interval = ms(0), Some("heartbeat_interval"));
        check(|c| c.max_entries_per_message = 0, None);
        check(|c| c.replication = Replication::Suffix, Some("max_entries_per_message"));
        check(|c| (c.replication, c.max_entries_per_message) = (Replication::Suffix, 0), None);
        check(|c| c.clock_drift_bound_ppm = 1_000_000, Some("clock_drift_bound_ppm"));
        check(|c| (c.reads, c.check_quorum) = (Reads::Lease, false), Some("reads"));
        check(|c| c.check_quorum = false, Some("check_quorum"));
        check(|c| (c.pre_vote, c.check_quorum) = (false, false), None);
        check(|c| c.pre_vote = false, None);
        check(|c| c.snapshot_every = 0, None);
        check(|c| c.members = Some(3), None);
        check(|c| c.members = Some(4), Some("members"));
        check(|c| c.members = Some(0), Some("members"));
    }

    #[test]
    fn the_first_nodes_are_the_members() {
        let nodes = [0, 1, 2, 3].map(NodeId::node);
        let voters = |members| RaftConfig { members, ..RaftConfig::default() }.initial_configuration(&nodes).voters;
        assert_eq!(voters(None), nodes);
        assert_eq!(voters(Some(2)), nodes[..2]);
    }

    #[test]
    fn a_file_may_name_flaws_and_nothing_unknown() {
        let parse = serde_json::from_str::<RaftConfig>;
        let config = parse(r#"{ "election_timeout": ["1s", "2s"], "flaws": ["figure-8"], "reads": "log" }"#);
        let config = config.unwrap();
        assert!(config.flaws.has(RaftFlaw::Figure8) && config.reads == Reads::Log && config.pre_vote);
        assert!(parse(r#"{ "flaws": ["figure-9"] }"#).is_err());
        assert!(parse(r#"{ "prevote": true }"#).is_err());
    }
}
