//! What can be set about nodes.

use parts::bounds::{check_ranges, check_spans};
use parts::quorums::Group;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, NodeId, ProtocolConfig, Switch};

use super::flaws::CommitFlaw;

/// The configuration of every node and client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CommitConfig {
    /// How a transaction is committed.
    pub commit: CommitProtocol,
    /// How many nodes, the first ones, keep accounts; the others only coordinate. If it is not given, all do.
    pub shards: Option<u32>,
    /// In Paxos Commit, how many nodes, the first ones, are acceptors. If it is not given, all are.
    pub acceptors: Option<u32>,
    /// Whether a participant that has only read votes so, and is done then (Mohan, Lindsay and Obermarck 1986, section
    /// 2). If not, it votes and is told like all others, as it always is in Paxos Commit.
    pub read_only_votes: bool,
    /// Whether a participant in doubt also asks the others, and not only the coordinator (Bernstein, Hadzilacos and
    /// Goodman 1987, section 7.4).
    pub cooperative_termination: bool,
    /// How long a coordinator waits before it asks those again that have not answered. Above zero. In three-phase
    /// commit, whoever has not answered by then is taken for crashed: messages must arrive within half of it.
    pub retransmit_interval: Duration,
    /// How long a participant does not hear of a transaction before it aborts it, or asks what was decided if it has
    /// voted yes; and then how long before it asks again. Above `retransmit_interval`, in three-phase commit at least
    /// twice that.
    pub silence_timeout: Duration,
    /// How long a coordinator tries to carry out what a client asked for before it aborts that.
    pub transaction_timeout: Duration,
    /// How long a coordinator waits before it begins a transaction again that has died: the shortest, above zero, and
    /// the longest.
    pub restart_after: (Duration, Duration),
    /// Known bugs to switch on.
    pub flaws: Flaws<CommitFlaw>,
}

/// How a transaction is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommitProtocol {
    /// Two-phase commit with presumed abort: safe in any case, and it may block.
    TwoPhase,
    /// Three-phase commit (Skeen 1981): participants that hear nothing of the coordinator decide without it. It does
    /// not block while one of them stays up, and is safe only where messages arrive in time.
    ThreePhase,
    /// Paxos Commit (Gray and Lamport 2006): acceptors agree on each participant's vote, and anybody can find out what
    /// was decided. It is safe in any case, and does not block while most of the acceptors are up.
    PaxosCommit,
}

impl Default for CommitConfig {
    fn default() -> Self {
        Self {
            commit: CommitProtocol::TwoPhase,
            shards: None,
            acceptors: None,
            read_only_votes: true,
            cooperative_termination: true,
            retransmit_interval: Duration::from_millis(40),
            silence_timeout: Duration::from_millis(150),
            transaction_timeout: Duration::from_millis(600),
            restart_after: (Duration::from_millis(5), Duration::from_millis(30)),
            flaws: Flaws::default(),
        }
    }
}

/// Timeouts of three-phase commit leave this much room, in parts per million.
const MOST_DRIFT: u32 = 50_000;

impl CommitConfig {
    /// Whether participants end transactions without their coordinator.
    pub(super) fn is_three_phase(&self) -> bool {
        self.commit == CommitProtocol::ThreePhase
    }

    /// Whether acceptors agree on votes.
    pub(super) fn is_paxos(&self) -> bool {
        self.commit == CommitProtocol::PaxosCommit
    }

    /// Whether a participant that has only read is done when it has said so. In Paxos Commit others may decide without
    /// the coordinator, and would not know of it.
    pub(super) fn counts_read_only(&self) -> bool {
        self.read_only_votes && !self.is_paxos()
    }

    /// The nodes that keep accounts, of these.
    pub(super) fn shards<'a>(&self, nodes: &'a [NodeId]) -> &'a [NodeId] {
        self.shards.map_or(nodes, |shards| &nodes[..shards as usize])
    }

    /// The acceptors, of these nodes.
    pub(super) fn acceptors<'a>(&self, nodes: &'a [NodeId]) -> &'a [NodeId] {
        self.acceptors.map_or(nodes, |acceptors| &nodes[..acceptors as usize])
    }

    /// How many acceptors are a majority.
    pub(super) fn majority(&self, nodes: &[NodeId]) -> usize {
        Group::crash_tolerant(self.acceptors(nodes).len()).majority()
    }
}

impl ProtocolConfig for CommitConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "read_only_votes", values: &["true", "false"] },
        Switch { key: "cooperative_termination", values: &["true", "false"] },
    ];

    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        check_spans(&[
            ("retransmit_interval", self.retransmit_interval),
            ("silence_timeout", self.silence_timeout),
            ("transaction_timeout", self.transaction_timeout),
            ("restart_after", self.restart_after.1),
        ])?;
        for (key, first) in [("shards", self.shards), ("acceptors", self.acceptors)] {
            if first.is_some_and(|first| first == 0 || first > nodes) {
                return wrong(key, &format!("must be from 1 to {nodes}, the number of nodes"));
            }
        }
        if self.retransmit_interval.is_zero() {
            return wrong("retransmit_interval", "a coordinator that asks again all the time does nothing else");
        }
        if self.silence_timeout <= self.retransmit_interval {
            return wrong("silence_timeout", "must be above `retransmit_interval`, after which it is heard again");
        }
        if self.is_three_phase() && self.silence_timeout < self.retransmit_interval + self.retransmit_interval {
            let message = "must be at least twice `retransmit_interval` in three-phase commit: a coordinator takes as \
                           long to decide";
            return wrong("silence_timeout", message);
        }
        if self.transaction_timeout.is_zero() {
            return wrong("transaction_timeout", "without time no transaction commits");
        }
        if self.restart_after.0.is_zero() {
            return wrong(
                "restart_after",
                "a transaction that dies again and again would do so for ever at one moment",
            );
        }
        check_ranges(&[("restart_after", self.restart_after)])
    }

    /// Two-phase and Paxos Commit ask nothing of time, of how many fail, or of what links lose. Three-phase commit lives by
    /// timeouts: it takes a synchronous system for granted, without partitions.
    fn model(&self) -> FaultModel {
        let mut safety = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        if self.is_three_phase() {
            safety.push(Assumption::ReliableLinks);
            safety.push(Assumption::Synchronous { within: self.retransmit_interval / 2 });
            safety.push(Assumption::ClockRate { ppm: MOST_DRIFT });
        }
        FaultModel::of(safety).live(vec![Assumption::DurableDisks])
    }

    /// A transaction may have been begun right before the heal by a coordinator that is down, and its locks are in the
    /// way until the participants have found out. In Paxos Commit they may outbid each other twice before one has.
    fn settles_within(&self) -> Duration {
        let ballots = if self.is_paxos() { self.silence_timeout * 4 } else { Duration::ZERO };
        self.silence_timeout + self.transaction_timeout + ballots
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::{LONGEST, refused_key};

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut CommitConfig)| refused_key(3, change);
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|config| config.shards = Some(3)), None);
        assert_eq!(refused(|config| config.shards = Some(0)), Some("shards"));
        assert_eq!(refused(|config| config.shards = Some(4)), Some("shards"));
        assert_eq!(refused(|config| config.acceptors = Some(3)), None);
        assert_eq!(refused(|config| config.acceptors = Some(0)), Some("acceptors"));
        assert_eq!(refused(|config| config.acceptors = Some(4)), Some("acceptors"));
        assert_eq!(refused(|config| config.retransmit_interval = Duration::ZERO), Some("retransmit_interval"));
        assert_eq!(refused(|config| config.silence_timeout = config.retransmit_interval), Some("silence_timeout"));
        let three_phase = |config: &mut CommitConfig| {
            config.commit = CommitProtocol::ThreePhase;
            config.silence_timeout = config.retransmit_interval + Duration::from_millis(10);
        };
        assert_eq!(refused(three_phase), Some("silence_timeout"));
        assert_eq!(refused(|config| config.silence_timeout = LONGEST + LONGEST), Some("silence_timeout"));
        assert_eq!(refused(|config| config.transaction_timeout = Duration::ZERO), Some("transaction_timeout"));
        assert_eq!(refused(|config| config.restart_after.0 = Duration::ZERO), Some("restart_after"));
        assert_eq!(refused(|config| config.restart_after.1 = Duration::ZERO), Some("restart_after"));
    }
}
