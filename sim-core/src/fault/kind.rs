//! What a fault does.

use super::Selector;
use crate::byzantine::Misconduct;
use crate::network::{CutMode, Latency};
use crate::random::Probability;
use crate::time::Duration;

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// The targets stop. They lose their memory and, on a power loss, what was not synced.
    Crash {
        /// Which processes.
        targets: Selector,
        /// What the crash does to the disk.
        severity: CrashSeverity,
        /// When in the course of a node's steps it falls.
        moment: CrashMoment,
        /// How long after its crash each boots again; without, at the heal.
        restart_after: Option<Duration>,
        /// Whether it comes back with an empty disk.
        wiped: bool,
    },
    /// The targets boot, those of them that are down.
    Restart {
        /// Which processes.
        targets: Selector,
    },
    /// The targets boot for the first time: until then they have not been there.
    Join {
        /// Which nodes, by name.
        targets: Selector,
    },
    /// Processes in different groups do not reach each other. A process may be in several groups;
    /// one that is in none keeps all its links.
    Partition {
        /// The groups. A client goes with its node unless it is named.
        groups: Vec<Vec<Selector>>,
        /// What becomes of messages.
        mode: CutMode,
        /// Only messages of these rounds suffer, from the first to the last; without, all. Those of
        /// a partition that is aimed at rounds are dropped.
        rounds: Option<(u64, u64)>,
    },
    /// The other nodes fall apart into two halves, which only the targets reach both.
    Bridge {
        /// Who reaches everybody.
        targets: Selector,
        /// What becomes of messages.
        mode: CutMode,
    },
    /// Each node reaches a majority, itself among them, and no two the same one: nodes in random
    /// order form a ring, in which each reaches the nearest on either side.
    MajorityRing {
        /// What becomes of messages.
        mode: CutMode,
    },
    /// Each link between two nodes is cut with this probability, each direction for itself.
    RandomLinks {
        /// How many are.
        rate: Probability,
        /// What becomes of messages.
        mode: CutMode,
    },
    /// A random subset of the targets is cut off, one by one, and joined again in random order:
    /// half of the time that the fault lasts goes by while they go, half while they come back.
    Swizzle {
        /// Of which nodes.
        targets: Selector,
        /// What becomes of messages.
        mode: CutMode,
    },
    /// Messages from the one set to the other do not get through; the other way they do.
    OneWay {
        /// Whose messages.
        from: Selector,
        /// Messages to whom.
        to: Selector,
        /// What becomes of them.
        mode: CutMode,
    },
    /// Messages are lost: what the ones send, what is sent to the others, or what the ones send to
    /// the others.
    Omission {
        /// Whose messages; without, everybody's.
        from: Option<Selector>,
        /// Messages to whom; without, to everybody.
        to: Option<Selector>,
        /// Which of them.
        messages: MessageFilter,
    },
    /// Some links behave worse than usual.
    Links {
        /// Which links.
        ends: Ends,
        /// What is wrong with them.
        trouble: LinkTrouble,
        /// Which messages suffer.
        messages: MessageFilter,
    },
    /// A message that is under way or held back arrives now: of those that match, the one that was sent
    /// first. If there is none, the fault waits until one is sent.
    Deliver {
        /// Whose message.
        from: Selector,
        /// To whom.
        to: Selector,
        /// Of which kind, by the name of the variant; without, of any.
        kind: Option<String>,
    },
    /// A timer of the targets that is armed fires now. If none is armed, the fault waits until one is.
    Fire {
        /// Whose.
        targets: Selector,
        /// Which, by the name of its variant.
        timer: String,
    },
    /// Other faults end.
    End {
        /// Those that bear this label.
        label: String,
    },
    /// The targets do nothing, and notice nothing of it, until the fault ends. In which order they
    /// then take up what is due is a choice.
    Pause {
        /// Which processes.
        targets: Selector,
    },
    /// Each step of the targets takes this long before they can begin the next.
    Slow {
        /// Which processes.
        targets: Selector,
        /// How long a step takes.
        step_takes: Duration,
    },
    /// The wall clocks of the targets jump; when the fault ends, they jump back.
    ClockJump {
        /// Whose.
        targets: Selector,
        /// How far.
        by: Duration,
        /// Whether back instead of forward.
        backward: bool,
    },
    /// The clocks of the targets, both of them, run fast or slow. Pending timers move with them.
    Drift {
        /// Whose.
        targets: Selector,
        /// How much they gain, in parts per million; below zero they lose. Above -1,000,000.
        ppm: i32,
    },
    /// Timers that the targets arm fire late.
    LateTimers {
        /// Whose.
        targets: Selector,
        /// How late.
        by: Latency,
        /// Only timers of this kind, by the name of the variant.
        timer: Option<String>,
    },
    /// Syncs of the targets' disks take this long, at least and at most.
    SlowDisk {
        /// Whose.
        targets: Selector,
        /// How long.
        sync: (Duration, Duration),
    },
    /// One record on each target's disk, a random one, is not readable any more. Only a recovery
    /// finds that out.
    CorruptRecord {
        /// Whose disk.
        targets: Selector,
    },
    /// Syncs of the targets' disks fail: what they were to cover is not durable. A node that does
    /// not handle [`DiskEvent::Failed`](crate::DiskEvent::Failed) stops.
    FailingSync {
        /// Whose.
        targets: Selector,
        /// How many of them.
        rate: Probability,
        /// What becomes of what they were to cover.
        writes: FailedWrites,
        /// How long after it stopped for that reason a node boots again; without, at the heal.
        restart_after: Option<Duration>,
    },
    /// A target that boots cannot read one of its records, a random one. The device reports the error,
    /// and may well read the record at the next boot. A node that does not handle
    /// [`DiskEvent::ReadFailed`](crate::DiskEvent::ReadFailed) stops.
    ReadError {
        /// Whose disk.
        targets: Selector,
        /// At how many of the boots.
        rate: Probability,
        /// How long after it stopped for that reason a node boots again; without, at the heal.
        restart_after: Option<Duration>,
    },
    /// The targets' disks take no more records. A node that does not handle
    /// [`DiskEvent::Full`](crate::DiskEvent::Full) stops.
    FullDisk {
        /// Whose.
        targets: Selector,
        /// How long after it stopped for that reason a node boots again; without, at the heal.
        restart_after: Option<Duration>,
    },
    /// An operator asks the targets for one of the protocol's
    /// [`ACTIONS`](crate::Protocol::ACTIONS). Nodes that are down do not hear of it.
    Operator {
        /// Who is asked.
        targets: Selector,
        /// For what.
        action: String,
        /// About whom.
        nodes: Vec<Selector>,
    },
    /// The targets stop and boot again with another configuration, which they keep.
    Upgrade {
        /// Which nodes.
        targets: Selector,
        /// The name of the configuration.
        configuration: String,
        /// How long that takes.
        restart_after: Duration,
    },
    /// A second process runs under the target's identity, beside the first: it hears what is sent
    /// to it, and speaks as it. It begins with a copy of the disk. When the fault ends it stops.
    Twin {
        /// Whose, by name.
        targets: Selector,
    },
    /// The targets do not send what they should.
    Lie {
        /// Who.
        targets: Selector,
        /// To whom; nobody is everybody.
        to: Vec<Selector>,
        /// Which messages.
        messages: MessageFilter,
        /// What they do instead of it.
        misconduct: Misconduct,
    },
    /// A script acts for the targets, all of them together, instead of their code. When the
    /// fault ends they boot from their disks.
    Adversary {
        /// Which of the protocol's scripts.
        name: String,
        /// For whom.
        targets: Vec<Selector>,
    },
}

/// What a crash does to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum CrashSeverity {
    /// Only the process dies: all that it has written is kept.
    #[default]
    Process,
    /// The power fails: of the writes that no sync has covered only a prefix is kept, and the first
    /// that is lost may leave a corrupt record.
    PowerLoss,
    /// The power fails, and of the writes that no sync has covered any subset is kept: the disk has
    /// reordered them.
    ReorderingPowerLoss,
}

/// What becomes of the writes that a failed sync was to cover (Rebello et al., ATC 2020).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum FailedWrites {
    /// They stay in the cache: a later sync covers them.
    #[default]
    Unsynced,
    /// They are dropped, and with them all that was written since: the file system goes back to what it
    /// last made durable. Until the node is told, all its syncs fail.
    Gone,
    /// They are dropped from what a later sync will write, and can still be read until the power fails:
    /// the pages are marked clean (PostgreSQL's "fsyncgate", 2018). So it is with appends; if one of the
    /// writes is not one, all stay in the cache.
    Phantom,
}

/// Which links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Those of these processes, in both directions.
    Of(Selector),
    /// Those from the ones to the others.
    Between {
        /// Whose messages.
        from: Selector,
        /// Messages to whom.
        to: Selector,
    },
}

/// When a crash falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CrashMoment {
    /// Between two steps, or while the node waits for its disk.
    #[default]
    AtOnce,
    /// In the middle of the target's next step that has effects: the last few of its effects, how
    /// many is a choice, are not carried out.
    MidStep,
}

/// Which messages are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFilter {
    /// Of which kind, by the name of the variant; without, of any.
    pub kind: Option<String>,
    /// How many of these.
    pub rate: Probability,
    /// Or exactly these, numbered from 1 in the order in which they are sent while the fault is
    /// there. Ascending; if there are any, `rate` has no part.
    pub nth: Vec<u64>,
    /// Only of these rounds, from the first to the last; without, of any and of none.
    pub rounds: Option<(u64, u64)>,
}

/// What is wrong with links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkTrouble {
    /// How many messages are lost, on top of what the links lose anyway.
    pub loss: Probability,
    /// How many arrive twice.
    pub duplicate: Probability,
    /// How much longer they take.
    pub delay: Option<Latency>,
    /// Which come once more, much later.
    pub replays: Option<Replays>,
    /// Whether they are held back until the fault ends. A link that keeps the order holds back what is
    /// sent after them, too.
    pub hold: bool,
    /// How much gets through.
    pub bandwidth: Option<Bandwidth>,
    /// How many are corrupted on their way.
    pub corruption: Probability,
    /// Whether a checksum catches that, so that they are lost. Otherwise they arrive as something else
    /// that the receiver can read: one of the protocol's
    /// [mutations](crate::SystemUnderTest::MUTATIONS). What has no such form is lost.
    pub checksum: bool,
}

/// How much gets through a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// Bytes a second, of messages in their canonical form. Above zero.
    pub bytes_per_second: u64,
    /// How many bytes wait for their turn; more is lost. Without, all waits.
    pub queue: Option<u64>,
}

/// Old messages that arrive once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replays {
    /// How many of all messages.
    pub rate: Probability,
    /// How long after they were sent.
    pub after: Latency,
}

impl LinkTrouble {
    /// What reports call it if one thing only is wrong that has a name of its own.
    fn name(&self) -> Option<&'static str> {
        let none = Self::default();
        [
            ("replay", Self { replays: self.replays, ..none }),
            ("corruption", Self { corruption: self.corruption, checksum: self.checksum, ..none }),
            ("bandwidth", Self { bandwidth: self.bandwidth, ..none }),
            ("withhold", Self { hold: self.hold, ..none }),
        ]
        .into_iter()
        .find_map(|(name, only)| (only == *self && only != none).then_some(name))
    }

    /// Whether nothing gets through while it lasts.
    pub(crate) const fn shuts(&self) -> bool {
        self.loss.is_always() || self.hold || self.corruption.is_always() && self.checksum
    }

    /// Whether messages are lost for good.
    pub(crate) fn loses(&self) -> bool {
        let overflows = self.bandwidth.is_some_and(|bandwidth| bandwidth.queue.is_some());
        !self.loss.is_never() || overflows || !self.corruption.is_never()
    }
}

impl Bandwidth {
    /// How long it takes to put a message of so many bytes on the link.
    pub(crate) const fn time_for(self, bytes: u64) -> Duration {
        let nanos = bytes as u128 * 1_000_000_000 / self.bytes_per_second as u128;
        Duration::from_nanos(if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 })
    }

    /// Whether there is room for a message of so many bytes behind what takes so long.
    pub(crate) fn has_room(self, bytes: u64, backlog: Duration) -> bool {
        let waiting = u128::from(backlog.as_nanos()) * u128::from(self.bytes_per_second) / 1_000_000_000;
        waiting == 0 || self.queue.is_none_or(|queue| waiting + u128::from(bytes) <= u128::from(queue))
    }
}

impl Ends {
    /// All links.
    pub const ALL: Self = Self::Of(Selector::All);

    fn selectors(&self) -> Vec<&Selector> {
        match self {
            Self::Of(targets) => vec![targets],
            Self::Between { from, to } => vec![from, to],
        }
    }
}

impl MessageFilter {
    /// Whether messages of this kind and round are among those of which some are hit.
    pub(crate) fn touches(&self, kind: &str, round: Option<u64>) -> bool {
        let is_of_round = |(first, last)| round.is_some_and(|round| (first..=last).contains(&round));
        self.kind.as_deref().is_none_or(|of| of == kind) && self.rounds.is_none_or(is_of_round)
    }

    /// All messages.
    pub const ALL: Self = Self::rate(Probability::ALWAYS);

    /// A random part of all messages.
    pub const fn rate(rate: Probability) -> Self {
        Self { kind: None, rate, nth: Vec::new(), rounds: None }
    }
}

impl FaultKind {
    /// Something is wrong with all messages on all links of some processes.
    pub const fn links(targets: Selector, trouble: LinkTrouble) -> Self {
        Self::Links { ends: Ends::Of(targets), trouble, messages: MessageFilter::ALL }
    }

    /// All timers that some processes arm fire late.
    pub const fn late_timers(targets: Selector, by: Latency) -> Self {
        Self::LateTimers { targets, by, timer: None }
    }

    /// Some syncs fail, and what they were to cover stays in the cache.
    pub const fn failing_sync(targets: Selector, rate: Probability, restart_after: Option<Duration>) -> Self {
        Self::FailingSync { targets, rate, writes: FailedWrites::Unsynced, restart_after }
    }

    /// All that it is aimed at, in the order in which random targets are drawn.
    pub(crate) fn selectors(&self) -> Vec<&Selector> {
        match self {
            Self::Partition { groups, .. } => groups.iter().flatten().collect(),
            Self::OneWay { from, to, .. } | Self::Deliver { from, to, .. } => vec![from, to],
            Self::Links { ends, .. } => ends.selectors(),
            Self::Omission { from, to, .. } => from.iter().chain(to).collect(),
            Self::Operator { targets, nodes, .. } => [targets].into_iter().chain(nodes).collect(),
            Self::Lie { targets, to, .. } => [targets].into_iter().chain(to).collect(),
            Self::Adversary { targets, .. } => targets.iter().collect(),
            Self::MajorityRing { .. } | Self::RandomLinks { .. } | Self::End { .. } => Vec::new(),
            Self::Crash { targets, .. }
            | Self::Restart { targets }
            | Self::Join { targets }
            | Self::Bridge { targets, .. }
            | Self::Swizzle { targets, .. }
            | Self::Fire { targets, .. }
            | Self::Pause { targets }
            | Self::Slow { targets, .. }
            | Self::ClockJump { targets, .. }
            | Self::Drift { targets, .. }
            | Self::LateTimers { targets, .. }
            | Self::SlowDisk { targets, .. }
            | Self::CorruptRecord { targets }
            | Self::FailingSync { targets, .. }
            | Self::ReadError { targets, .. }
            | Self::FullDisk { targets, .. }
            | Self::Twin { targets }
            | Self::Upgrade { targets, .. } => vec![targets],
        }
    }

    /// Whether it is over as soon as it has happened, so that it has no duration.
    pub const fn is_instant(&self) -> bool {
        matches!(
            self,
            Self::Crash { .. }
                | Self::Restart { .. }
                | Self::Join { .. }
                | Self::CorruptRecord { .. }
                | Self::Deliver { .. }
                | Self::Fire { .. }
                | Self::End { .. }
                | Self::Operator { .. }
                | Self::Upgrade { .. }
        )
    }

    /// Whether it hits nodes each for itself, so that it can hit one after the other.
    pub const fn hits_each(&self) -> bool {
        !matches!(
            self,
            Self::Partition { .. }
                | Self::Bridge { .. }
                | Self::MajorityRing { .. }
                | Self::RandomLinks { .. }
                | Self::Swizzle { .. }
                | Self::OneWay { .. }
                | Self::Omission { .. }
                | Self::Links { ends: Ends::Between { .. }, .. }
                | Self::Deliver { .. }
                | Self::End { .. }
                | Self::Join { .. }
                | Self::Twin { .. }
                | Self::Adversary { .. }
        )
    }

    /// Whether it may take nodes down.
    pub(crate) const fn takes_down(&self) -> bool {
        matches!(
            self,
            Self::Crash { .. }
                | Self::Upgrade { .. }
                | Self::FailingSync { .. }
                | Self::ReadError { .. }
                | Self::FullDisk { .. }
        )
    }

    /// Whether nodes boot again because of it.
    pub fn restarts(&self) -> bool {
        match self {
            Self::Restart { .. } | Self::Upgrade { .. } => true,
            Self::Crash { restart_after, .. }
            | Self::FailingSync { restart_after, .. }
            | Self::ReadError { restart_after, .. }
            | Self::FullDisk { restart_after, .. } => restart_after.is_some(),
            _ => false,
        }
    }

    /// How long whom it takes down stays down, if that can be told of it.
    pub(super) const fn restart_after_mut(&mut self) -> Option<&mut Option<Duration>> {
        match self {
            Self::Crash { restart_after, .. }
            | Self::FailingSync { restart_after, .. }
            | Self::ReadError { restart_after, .. }
            | Self::FullDisk { restart_after, .. } => Some(restart_after),
            _ => None,
        }
    }

    /// The same, but that whom it takes down stays down.
    pub(crate) fn for_good(mut self) -> Self {
        if let Some(restart_after) = self.restart_after_mut() {
            *restart_after = None;
        }
        self
    }

    /// Whether it makes its targets Byzantine.
    pub const fn is_byzantine(&self) -> bool {
        matches!(self, Self::Twin { .. } | Self::Lie { .. } | Self::Adversary { .. })
    }

    /// Whether clocks go wrong and nothing else does.
    pub(crate) const fn is_about_clocks(&self) -> bool {
        matches!(self, Self::ClockJump { .. } | Self::Drift { .. })
    }

    /// The kind's name in reports: as in scenario files, but that what a modifier makes a fault of its
    /// own has a name of its own. Links of which nothing is wrong but one thing are `replay`,
    /// `corruption`, `bandwidth` or `withhold`; `wiped` makes a `crash` a `wiped_crash`, `reordered` a
    /// `power_loss` a `reordered_power_loss`, and a `failing_sync` that leaves phantoms is
    /// `phantom_writes`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Crash { wiped: true, .. } => "wiped_crash",
            Self::Crash { severity: CrashSeverity::Process, .. } => "crash",
            Self::Crash { severity: CrashSeverity::PowerLoss, .. } => "power_loss",
            Self::Crash { severity: CrashSeverity::ReorderingPowerLoss, .. } => "reordered_power_loss",
            Self::Restart { .. } => "restart",
            Self::Join { .. } => "join",
            Self::Partition { .. } => "partition",
            Self::Bridge { .. } => "bridge",
            Self::MajorityRing { .. } => "majority_ring",
            Self::RandomLinks { .. } => "random_links",
            Self::Swizzle { .. } => "swizzle",
            Self::OneWay { .. } => "one_way",
            Self::Omission { to: None, .. } => "send_omission",
            Self::Omission { from: None, .. } => "receive_omission",
            Self::Omission { .. } => "link_omission",
            Self::Links { ends: Ends::Between { .. }, trouble, .. } => trouble.name().unwrap_or("link"),
            Self::Links { trouble, .. } => trouble.name().unwrap_or("links"),
            Self::Deliver { .. } => "deliver",
            Self::Fire { .. } => "fire",
            Self::End { .. } => "end",
            Self::Pause { .. } => "pause",
            Self::Slow { .. } => "slow",
            Self::ClockJump { .. } => "clock_jump",
            Self::Drift { .. } => "drift",
            Self::LateTimers { .. } => "late_timers",
            Self::SlowDisk { .. } => "slow_disk",
            Self::CorruptRecord { .. } => "corrupt_record",
            Self::FailingSync { writes: FailedWrites::Phantom, .. } => "phantom_writes",
            Self::FailingSync { .. } => "failing_sync",
            Self::ReadError { .. } => "read_error",
            Self::FullDisk { .. } => "full_disk",
            Self::Operator { .. } => "operate",
            Self::Upgrade { .. } => "upgrade",
            Self::Twin { .. } => "twin",
            Self::Lie { misconduct: Misconduct::Mutate, .. } => "mutate",
            Self::Lie { misconduct: Misconduct::Silence, .. } => "silence",
            Self::Lie { misconduct: Misconduct::Stall(_), .. } => "stall",
            Self::Lie { misconduct: Misconduct::Stale, .. } => "stale",
            Self::Adversary { .. } => "adversary",
        }
    }
}
