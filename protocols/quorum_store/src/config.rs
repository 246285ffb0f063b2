//! What a scenario can say of the store and of what its clients ask.

use parts::bounds::{check_counts, check_spans};
use parts::kv::WriteId;
use parts::quorums::Group;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::Level;
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, SimRng, Switch, Workload};

use super::flaws::QuorumFlaw;
use super::operations::QuorumOp;
use super::rings::MASTERS;

/// More places of one node change nothing about how even shares are, and only take time.
const MOST_VIRTUAL_NODES: u32 = 1024;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QuorumConfig {
    /// N: how many nodes are replicas of a key. From 1 to the number of nodes.
    pub replication: u32,
    /// Which nodes are the replicas of a key.
    pub placement: Placement,
    /// In how many places of the ring each node stands. At least 1; it has nothing to do with N. Only consistent hashing
    /// goes by it.
    pub virtual_nodes: u32,
    /// R: how many replicas must answer a read. From 1 to `replication`.
    pub read_quorum: u32,
    /// W: how many replicas must have a write before it is acknowledged.
    pub write_availability: WriteAvailability,
    /// Which nodes make up quorums.
    pub quorums: Quorums,
    /// What becomes of writes that did not know of each other.
    pub conflicts: Conflicts,
    /// Where the stamps come from by which the last write is told. Only with `"conflicts": "last-write-wins"`.
    pub stamps: Stamps,
    /// When a read brings up to date the replicas that it found behind.
    pub read_repair: ReadRepair,
    /// What becomes of a read that too few replicas answer in time.
    pub stale_reads: StaleReads,
    /// How the ring changes when an operator asks for that.
    pub rings: Rings,
    /// How many nodes, the first of those that can be, are members of the first ring; the others can join. From
    /// `replication` to how many there are; without, all are.
    pub members: Option<u32>,
    /// How many zones there are, of nodes that fail together: one node after another is in the next zone. The replicas
    /// of a key are in different zones, if there are enough. With 0 each node is in a zone of its own. Only with consistent
    /// hashing.
    pub zones: u32,
    /// Which node a client asks.
    pub sessions: Stickiness,
    /// How long a coordinator waits before it asks those again that have not answered. After the first time it asks
    /// fallback nodes, too, if quorums are sloppy; after the second it returns stale values, if that is allowed.
    /// Above zero.
    pub retransmit_interval: Duration,
    /// How often a node offers the hints that it keeps to those that they are for. Above zero.
    pub hint_interval: Duration,
    /// How often a node compares what it has with another one, each in turn. Above zero.
    pub anti_entropy_interval: Duration,
    /// How often a node tells another one its ring, or asks for changes of it. Above zero.
    pub ring_interval: Duration,
    /// How long a replica keeps the tombstone of a deleted key. If a node is cut off for longer, or is done with a
    /// hand-over only later, what was deleted may come back.
    pub tombstone_grace: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<QuorumFlaw>,
}

/// Which nodes are the replicas of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// The N members from the hash of the key on, modulo how many members there are. Only with `"rings": "fixed"`: with
    /// one member more, nearly every key would move.
    Simple,
    /// The first N nodes from the place of the key on a ring (Karger et al. 1997; Dynamo, sections 4.2 and 4.3).
    ConsistentHashing,
    /// The primary and the N - 1 other replicas of the range that the key is in. There is one range of all keys at first;
    /// ranges are split, merged and moved when operators ask their primaries for that (as the tablets of Chang et al.,
    /// *Bigtable*, OSDI 2006). Only with `"rings": "agreed"`, and not with sloppy quorums.
    Ranges,
}

/// How many replicas must have a write before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteAvailability {
    /// More than half of the replicas.
    Majority,
    /// One, whichever: there is a master wherever there is a replica.
    AnyReplica,
    /// So many. From 1 to `replication`.
    Quorum(u32),
}

/// Which nodes make up quorums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quorums {
    /// The replicas of the key alone, and so many that a read has one in common with every write: R + W > N (Gifford
    /// 1979).
    Strict,
    /// So many, but other nodes stand in for replicas that do not answer, and hand over later (Dynamo, section 4.6).
    Sloppy,
    /// The replicas of the key, of which a read and a write need not have one in common (Bailis et al. 2012).
    Partial,
}

/// What becomes of writes that did not know of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conflicts {
    /// One wins: that with the highest stamp.
    LastWriteWins,
    /// All are kept side by side, and a read returns all.
    Siblings,
    /// The same, and who writes next writes the union of all that it has read (the shopping cart of Dynamo).
    Merge,
}

/// Where stamps come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stamps {
    /// A hybrid logical clock that the client's session carries, ahead of all that it has read and written.
    Hybrid,
    /// The coordinator's wall clock, which trusts all clocks to agree.
    WallClock,
}

/// When a read brings replicas up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadRepair {
    /// Never.
    Off,
    /// After it has returned (Dynamo, section 5).
    AfterReply,
    /// Before: a read returns what enough replicas have for any later read to find it.
    BeforeReply,
}

/// What becomes of a read that too few replicas answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StaleReads {
    /// It returns the newest of what some replicas have.
    Allowed,
    /// It waits.
    Refused,
}

/// How the ring changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rings {
    /// It does not.
    Fixed,
    /// Nodes change their rings and tell each other (Dynamo, section 4.8): they may have different ones, and nothing is
    /// claimed but that what was acknowledged reaches the replicas in the end.
    Gossiped,
    /// The first three nodes, the ring masters, agree on the changes by Raft, and keep no data. Nodes refuse operations
    /// that go by another ring than theirs.
    Agreed,
}

/// Which node a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stickiness {
    /// The same as long as it answers.
    Sticky,
    /// The next one with every operation.
    Roaming,
}

impl Default for QuorumConfig {
    fn default() -> Self {
        Self {
            replication: 3,
            placement: Placement::ConsistentHashing,
            virtual_nodes: 8,
            read_quorum: 2,
            write_availability: WriteAvailability::Quorum(2),
            quorums: Quorums::Strict,
            conflicts: Conflicts::LastWriteWins,
            stamps: Stamps::Hybrid,
            read_repair: ReadRepair::AfterReply,
            stale_reads: StaleReads::Refused,
            rings: Rings::Fixed,
            members: None,
            zones: 0,
            sessions: Stickiness::Sticky,
            retransmit_interval: Duration::from_millis(50),
            hint_interval: Duration::from_millis(100),
            anti_entropy_interval: Duration::from_millis(100),
            ring_interval: Duration::from_millis(100),
            tombstone_grace: Duration::from_secs(10),
            flaws: Flaws::default(),
        }
    }
}

impl QuorumConfig {
    /// W.
    pub const fn write_quorum(&self) -> usize {
        match self.write_availability {
            WriteAvailability::Majority => Group::crash_tolerant(self.replication as usize).majority(),
            WriteAvailability::AnyReplica => 1,
            WriteAvailability::Quorum(needed) => needed as usize,
        }
    }

    /// Whether every read has a replica in common with every write that was acknowledged before.
    pub(super) fn reads_meet_writes(&self) -> bool {
        let agree = self.rings != Rings::Gossiped;
        agree && self.quorums == Quorums::Strict && self.stale_reads == StaleReads::Refused
    }

    /// What clients see at least, as levels of consistency; nothing beyond what replicas promise where a read may miss
    /// a write.
    pub fn levels(&self) -> &'static [Level] {
        use Level::{Causal, MonotonicReads, MonotonicWrites, ReadYourWrites};
        if !self.reads_meet_writes() {
            return &[];
        }
        let one_wins = self.conflicts == Conflicts::LastWriteWins;
        match (one_wins, self.stamps, self.read_repair) {
            (true, Stamps::Hybrid, ReadRepair::BeforeReply) => &[Causal],
            (true, Stamps::Hybrid, _) => &[ReadYourWrites, MonotonicWrites],
            (_, _, ReadRepair::BeforeReply) => &[ReadYourWrites, MonotonicReads],
            _ => &[ReadYourWrites],
        }
    }
}

impl ProtocolConfig for QuorumConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "placement", values: &[r#""simple""#, r#""consistent-hashing""#, r#""ranges""#] },
        Switch { key: "read_quorum", values: &["1", "2"] },
        Switch { key: "write_availability", values: &[r#""majority""#, r#""any-replica""#, r#"{"quorum":3}"#] },
        Switch { key: "quorums", values: &[r#""strict""#, r#""sloppy""#, r#""partial""#] },
        Switch { key: "conflicts", values: &[r#""last-write-wins""#, r#""siblings""#, r#""merge""#] },
        Switch { key: "read_repair", values: &[r#""off""#, r#""after-reply""#, r#""before-reply""#] },
        Switch { key: "stale_reads", values: &[r#""allowed""#, r#""refused""#] },
        Switch { key: "rings", values: &[r#""fixed""#, r#""gossiped""#, r#""agreed""#] },
        Switch { key: "sessions", values: &[r#""sticky""#, r#""roaming""#] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::new(key, message));
        let is_quorum = |count: u64| (1..=u64::from(self.replication)).contains(&count);
        let masters = if self.rings == Rings::Agreed { MASTERS as u32 } else { 0 };
        let stores = nodes.saturating_sub(masters);
        if !(1..=stores).contains(&self.replication) {
            let besides = if masters == 0 { String::new() } else { format!(" besides {masters} ring masters") };
            return wrong("replication", format!("must be from 1 to the number of nodes{besides}, {stores}"));
        }
        if self.members.is_some_and(|members| !(self.replication..=stores).contains(&members)) {
            return wrong("members", format!("must be from the replication factor, {}, to {stores}", self.replication));
        }
        if self.placement == Placement::Simple && self.rings != Rings::Fixed {
            let message = "with one member more or less, nearly every key would move: `simple` needs rings `fixed`";
            return wrong("placement", message.to_owned());
        }
        if self.placement == Placement::Ranges && self.rings != Rings::Agreed {
            let message = "nodes must agree on who the primary of a range is: `ranges` need rings `agreed`";
            return wrong("placement", message.to_owned());
        }
        if self.placement == Placement::Ranges && self.quorums == Quorums::Sloppy {
            return wrong(
                "quorums",
                "nobody stands in for the primary of a range: not `sloppy` with ranges".to_owned(),
            );
        }
        if self.placement != Placement::ConsistentHashing && self.zones > 0 {
            return wrong("zones", "only consistent hashing puts replicas into different zones".to_owned());
        }
        if !(1..=MOST_VIRTUAL_NODES).contains(&self.virtual_nodes) {
            return wrong("virtual_nodes", format!("must be from 1 to {MOST_VIRTUAL_NODES}"));
        }
        if !is_quorum(self.read_quorum.into()) {
            return wrong("read_quorum", format!("must be from 1 to the replication factor, {}", self.replication));
        }
        let write_quorum = self.write_quorum() as u64;
        if !is_quorum(write_quorum) {
            return wrong(
                "write_availability",
                format!("must be from 1 to the replication factor, {}", self.replication),
            );
        }
        let meet = u64::from(self.read_quorum) + write_quorum > u64::from(self.replication);
        if self.quorums != Quorums::Partial && !meet {
            let message = format!(
                "with R = {}, W = {write_quorum} and N = {}, a read may miss the last write: R + W must be above N, or \
                 quorums `partial`",
                self.read_quorum, self.replication
            );
            return wrong("read_quorum", message);
        }
        if self.conflicts != Conflicts::LastWriteWins && self.stamps != Stamps::Hybrid {
            return wrong("stamps", "there are none where no write wins".to_owned());
        }
        let spans = [
            ("retransmit_interval", self.retransmit_interval),
            ("hint_interval", self.hint_interval),
            ("anti_entropy_interval", self.anti_entropy_interval),
            ("ring_interval", self.ring_interval),
        ];
        if let Some((key, _)) = spans.into_iter().find(|(_, span)| span.is_zero()) {
            return wrong(key, "a node that does nothing else gets nothing done".to_owned());
        }
        check_spans(&spans)?;
        check_spans(&[("tombstone_grace", self.tombstone_grace)])
    }

    /// Nothing of time, of how many fail, or of what links lose: what may be lost then follows from the other settings.
    fn model(&self) -> FaultModel {
        let assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }

    fn settles_within(&self) -> Duration {
        self.retransmit_interval
    }
}

/// What clients ask: how many keys there are, how many operations in a hundred write, and how many of these delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QuorumWorkload {
    /// How many keys there are. The fewer, the more operations meet on one.
    pub keys: u32,
    /// How many operations in a hundred write or delete.
    pub writes_percent: u32,
    /// How many of these in a hundred delete.
    pub deletes_percent: u32,
}

impl Default for QuorumWorkload {
    fn default() -> Self {
        Self { keys: 3, writes_percent: 50, deletes_percent: 0 }
    }
}

impl Workload for QuorumWorkload {
    type Op = QuorumOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { keys: 0, .. } => wrong("keys", "there must be at least one key"),
            Self { writes_percent: 101.., .. } => wrong("writes_percent", "must be from 0 to 100"),
            Self { deletes_percent: 101.., .. } => wrong("deletes_percent", "must be from 0 to 100"),
            Self { keys, .. } => check_counts(&[("keys", u64::from(*keys))]),
        }
    }

    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> QuorumOp {
        let key = rng.below(u64::from(self.keys)) as u32;
        let write = WriteId { client, index };
        if rng.below(100) >= u64::from(self.writes_percent) {
            QuorumOp::Get { key }
        } else if rng.below(100) < u64::from(self.deletes_percent) {
            QuorumOp::Delete { key, write }
        } else {
            QuorumOp::Put { key, write }
        }
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut QuorumConfig)| refused_key(5, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.replication = 6), Some("replication"));
        assert_eq!(refused(|config| config.replication = 0), Some("replication"));
        assert_eq!(refused(|config| config.virtual_nodes = 0), Some("virtual_nodes"));
        assert_eq!(refused(|config| config.read_quorum = 4), Some("read_quorum"));
        assert_eq!(
            refused(|config| config.write_availability = WriteAvailability::Quorum(0)),
            Some("write_availability")
        );
        assert_eq!(refused(|config| config.hint_interval = Duration::ZERO), Some("hint_interval"));
        assert_eq!(refused(|config| config.tombstone_grace = LONGEST + LONGEST), Some("tombstone_grace"));
        let clocks = |config: &mut QuorumConfig| {
            config.conflicts = Conflicts::Siblings;
            config.stamps = Stamps::WallClock;
        };
        assert_eq!(refused(clocks), Some("stamps"));
    }

    #[test]
    fn ring_masters_are_no_replicas() {
        let refused = |nodes, members| {
            refused_key(nodes, |config: &mut QuorumConfig| {
                config.rings = Rings::Agreed;
                config.members = members;
            })
        };
        assert_eq!((refused(6, None), refused(5, None)), (None, Some("replication")));
        assert_eq!((refused(8, Some(5)), refused(8, Some(3))), (None, None));
        assert_eq!((refused(8, Some(6)), refused(8, Some(2))), (Some("members"), Some("members")));
        let never = |config: &mut QuorumConfig| config.ring_interval = Duration::ZERO;
        assert_eq!(refused_key(5, never), Some("ring_interval"));
    }

    #[test]
    fn simple_placement_is_for_members_that_stay_and_knows_no_zones() {
        let refused = |rings, zones| {
            refused_key(6, |config: &mut QuorumConfig| {
                (config.placement, config.rings, config.zones) = (Placement::Simple, rings, zones);
            })
        };
        assert_eq!((refused(Rings::Fixed, 0), refused(Rings::Fixed, 2)), (None, Some("zones")));
        assert_eq!([Rings::Gossiped, Rings::Agreed].map(|rings| refused(rings, 0)), [Some("placement"); 2]);
    }

    #[test]
    fn ranges_need_agreement_and_their_primaries() {
        let refused = |rings, quorums| {
            refused_key(6, |config: &mut QuorumConfig| {
                (config.placement, config.rings, config.quorums) = (Placement::Ranges, rings, quorums);
            })
        };
        assert_eq!(refused(Rings::Agreed, Quorums::Strict), None);
        assert_eq!(refused(Rings::Agreed, Quorums::Sloppy), Some("quorums"));
        assert_eq!(
            [Rings::Fixed, Rings::Gossiped].map(|rings| refused(rings, Quorums::Strict)),
            [Some("placement"); 2]
        );
    }

    #[test]
    fn only_partial_quorums_need_not_meet() {
        for (quorums, expected) in
            [(Quorums::Strict, Some("read_quorum")), (Quorums::Sloppy, Some("read_quorum")), (Quorums::Partial, None)]
        {
            let change = |config: &mut QuorumConfig| {
                config.quorums = quorums;
                config.write_availability = WriteAvailability::AnyReplica;
            };
            assert_eq!(refused_key(5, change), expected, "{quorums:?}");
        }
    }

    #[test]
    fn a_workload_that_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut QuorumWorkload)| {
            let mut workload = QuorumWorkload::default();
            change(&mut workload);
            workload.validate().err().map(|error| error.key)
        };
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|workload| workload.keys = 0), Some("keys"));
        assert_eq!(refused(|workload| workload.writes_percent = 101), Some("writes_percent"));
        assert_eq!(refused(|workload| workload.deletes_percent = 101), Some("deletes_percent"));
    }
}
