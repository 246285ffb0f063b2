//! What a fault does: the kinds, and a row of facts for each.

use std::slice;

use super::FaultClass::{Byzantine, Crash, Network, Omission, Operator, Storage, Timing};
use super::FaultSeverity::{Critical, Fatal, Major, Minor};
use super::{Aim, Ends, FaultFacts, LinkTrouble, MessageFilter, Selector};
use crate::byzantine::Misconduct;
use crate::network::{CutMode, Latency};
use crate::random::Probability;
use crate::time::Duration;

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// The targets stop. They lose their memory and, on a power loss, unsynced writes.
    Crash {
        /// Which processes.
        targets: Selector,
        /// What the crash does to the disk.
        severity: CrashSeverity,
        /// When it falls, relative to a node's steps.
        moment: CrashMoment,
        /// How long after its crash each boots again; by default, at the heal.
        restart_after: Option<Duration>,
        /// Whether it comes back with an empty disk.
        wiped: bool,
        /// Which unsynced writes a power loss takes; by default, that is a choice.
        lost: Option<LostWrites>,
    },
    /// The targets that are down boot.
    Restart {
        /// Which processes.
        targets: Selector,
    },
    /// The targets boot for the first time: until then they do not exist.
    Join {
        /// Which nodes, by name.
        targets: Selector,
    },
    /// Processes in different groups cannot reach each other. A process may be in several groups;
    /// one that is in none keeps all its links.
    Partition {
        /// The groups. A client goes with its node unless it is named.
        groups: Vec<Vec<Selector>>,
        /// What happens to messages.
        mode: CutMode,
        /// Only messages of these rounds are affected, from first to last; by default, all. A
        /// partition that is aimed at rounds drops messages.
        rounds: Option<(u64, u64)>,
    },
    /// The other nodes are split into two halves, and only the targets reach both.
    Bridge {
        /// Who reaches everybody.
        targets: Selector,
        /// What happens to messages.
        mode: CutMode,
    },
    /// Each node reaches a majority that includes itself, and no two reach the same one: nodes form
    /// a ring in random order, and each reaches its nearest neighbours on either side.
    MajorityRing {
        /// What happens to messages.
        mode: CutMode,
    },
    /// Each link between two nodes is cut with this probability, each direction independently.
    RandomLinks {
        /// How many are.
        rate: Probability,
        /// What happens to messages.
        mode: CutMode,
    },
    /// A random subset of the targets is cut off, one by one, and then reconnected in random order.
    /// Each of the two takes half of the fault's duration.
    Swizzle {
        /// Of which nodes.
        targets: Selector,
        /// What happens to messages.
        mode: CutMode,
    },
    /// Messages from one set to the other do not get through; in the other direction they do.
    OneWay {
        /// Whose messages.
        from: Selector,
        /// Messages to whom.
        to: Selector,
        /// What happens to them.
        mode: CutMode,
    },
    /// Messages are lost: those from some processes, those to some, or those from some to others.
    Omission {
        /// Whose messages; by default, everybody's.
        from: Option<Selector>,
        /// Messages to whom; by default, to everybody.
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
    /// Of the matching messages in flight or held back, the one sent first arrives now. If there is
    /// none, the fault waits until one is sent.
    Deliver {
        /// Whose message.
        from: Selector,
        /// To whom.
        to: Selector,
        /// Of which kind, by the name of the variant; by default, of any.
        kind: Option<String>,
    },
    /// An armed timer of the targets fires now. If none is armed, the fault waits until one is.
    Fire {
        /// Whose.
        targets: Selector,
        /// Which, by the name of its variant.
        timer: String,
    },
    /// Other faults end.
    End {
        /// Those with this label.
        label: String,
    },
    /// The targets do nothing until the fault ends, and do not notice. The order in which they then
    /// handle what is due is a choice.
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
    /// Both clocks of the targets run fast or slow. Pending timers move with them.
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
    /// One random record on each target's disk becomes unreadable. Only a recovery notices.
    CorruptRecord {
        /// Whose disk.
        targets: Selector,
    },
    /// Syncs of the targets' disks fail: the writes that they cover are not durable. A node that
    /// does not handle [`DiskEvent::Failed`](crate::DiskEvent::Failed) stops.
    FailingSync {
        /// Whose.
        targets: Selector,
        /// How many of them.
        rate: Probability,
        /// What happens to those writes.
        writes: FailedWrites,
        /// How long after it stopped for that reason a node boots again; by default, at the heal.
        restart_after: Option<Duration>,
    },
    /// A target that boots cannot read one of its records, chosen at random. The device reports the
    /// error, and may be able to read the record at the next boot. A node that does not handle
    /// [`DiskEvent::ReadFailed`](crate::DiskEvent::ReadFailed) stops.
    ReadError {
        /// Whose disk.
        targets: Selector,
        /// At how many of the boots.
        rate: Probability,
        /// How long after it stopped for that reason a node boots again; by default, at the heal.
        restart_after: Option<Duration>,
    },
    /// The targets' disks take no more records. A node that does not handle
    /// [`DiskEvent::Full`](crate::DiskEvent::Full) stops.
    FullDisk {
        /// Whose.
        targets: Selector,
        /// How long after it stopped for that reason a node boots again; by default, at the heal.
        restart_after: Option<Duration>,
    },
    /// An operator asks the targets for one of the protocol's
    /// [`ACTIONS`](crate::Protocol::ACTIONS). Nodes that are down do not hear it.
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
    /// A second process runs under the target's identity, beside the first: it receives what is
    /// sent to that identity, and sends under it. It starts with a copy of the disk, and stops when
    /// the fault ends.
    Twin {
        /// Whose, by name.
        targets: Selector,
    },
    /// The targets do not send the right messages.
    Lie {
        /// Who.
        targets: Selector,
        /// To whom; nobody is everybody.
        to: Vec<Selector>,
        /// Which messages.
        messages: MessageFilter,
        /// What they do instead.
        misconduct: Misconduct,
    },
    /// One script acts for all targets together, instead of their code. When the fault ends, they
    /// boot from their disks.
    Adversary {
        /// Which of the protocol's scripts.
        name: String,
        /// For whom.
        targets: Vec<Selector>,
    },
}

/// The kinds that hit those of one selector.
macro_rules! of_targets {
    ($targets:ident) => {
        FaultKind::Crash { targets: $targets, .. }
            | FaultKind::Restart { targets: $targets }
            | FaultKind::Join { targets: $targets }
            | FaultKind::Bridge { targets: $targets, .. }
            | FaultKind::Swizzle { targets: $targets, .. }
            | FaultKind::Links { ends: Ends::Of($targets), .. }
            | FaultKind::Fire { targets: $targets, .. }
            | FaultKind::Pause { targets: $targets }
            | FaultKind::Slow { targets: $targets, .. }
            | FaultKind::ClockJump { targets: $targets, .. }
            | FaultKind::Drift { targets: $targets, .. }
            | FaultKind::LateTimers { targets: $targets, .. }
            | FaultKind::SlowDisk { targets: $targets, .. }
            | FaultKind::CorruptRecord { targets: $targets }
            | FaultKind::FailingSync { targets: $targets, .. }
            | FaultKind::ReadError { targets: $targets, .. }
            | FaultKind::FullDisk { targets: $targets, .. }
            | FaultKind::Twin { targets: $targets }
            | FaultKind::Upgrade { targets: $targets, .. }
    };
}

/// The facts, a row for each name that reports have for a fault.
#[expect(missing_docs, reason = "each row is that of its name")]
impl FaultFacts {
    pub const CRASH: Self = Self::instant("crash", Crash, Major).takes_down();
    pub const POWER_LOSS: Self = Self::instant("power_loss", Crash, Critical).takes_down();
    pub const REORDERED_POWER_LOSS: Self = Self::instant("reordered_power_loss", Crash, Critical).takes_down();
    pub const WIPED_CRASH: Self = Self::instant("wiped_crash", Storage, Fatal).takes_down();
    pub const RESTART: Self = Self::instant("restart", Operator, Minor);
    pub const JOIN: Self = Self::instant("join", Operator, Minor).hits_all_at_once().only_once();

    pub const PARTITION: Self = Self::cut("partition");
    pub const BRIDGE: Self = Self::cut("bridge");
    pub const MAJORITY_RING: Self = Self::cut("majority_ring");
    pub const RANDOM_LINKS: Self = Self::cut("random_links");
    pub const SWIZZLE: Self = Self::cut("swizzle").only_once();
    pub const ONE_WAY: Self = Self::cut("one_way");

    pub const SEND_OMISSION: Self = Self::lasting("send_omission", Omission, Major).hits_all_at_once();
    pub const RECEIVE_OMISSION: Self = Self::lasting("receive_omission", Omission, Major).hits_all_at_once();
    pub const LINK_OMISSION: Self = Self::lasting("link_omission", Omission, Major).hits_all_at_once();
    pub const LINKS: Self = Self::lasting("links", Network, Minor);
    pub const LINK: Self = Self::lasting("link", Network, Minor).hits_all_at_once();
    pub const REPLAY: Self = Self::lasting("replay", Network, Minor);
    pub const BANDWIDTH: Self = Self::lasting("bandwidth", Network, Minor);
    pub const CORRUPTION: Self = Self::lasting("corruption", Network, Major);
    pub const WITHHOLD: Self = Self::lasting("withhold", Network, Major);

    pub const DELIVER: Self = Self::instant("deliver", Timing, Minor).hits_all_at_once();
    pub const FIRE: Self = Self::instant("fire", Timing, Minor).takes_time();
    pub const END: Self = Self::instant("end", Operator, Minor).hits_all_at_once();

    pub const PAUSE: Self = Self::lasting("pause", Timing, Minor).takes_time();
    pub const SLOW: Self = Self::lasting("slow", Timing, Minor).takes_time();
    pub const CLOCK_JUMP: Self = Self::lasting("clock_jump", Timing, Major).only_of_clocks();
    pub const DRIFT: Self = Self::lasting("drift", Timing, Minor).only_of_clocks();
    pub const LATE_TIMERS: Self = Self::lasting("late_timers", Timing, Minor).takes_time();

    pub const SLOW_DISK: Self = Self::lasting("slow_disk", Storage, Minor).takes_time();
    pub const CORRUPT_RECORD: Self = Self::instant("corrupt_record", Storage, Fatal);
    pub const FAILING_SYNC: Self = Self::lasting("failing_sync", Storage, Major).takes_down();
    pub const PHANTOM_WRITES: Self = Self::lasting("phantom_writes", Storage, Critical).takes_down();
    pub const READ_ERROR: Self = Self::lasting("read_error", Storage, Major).takes_down();
    pub const FULL_DISK: Self = Self::lasting("full_disk", Storage, Major).takes_down();

    pub const OPERATE: Self = Self::instant("operate", Operator, Minor);
    pub const UPGRADE: Self = Self::instant("upgrade", Operator, Minor).takes_down();

    pub const TWIN: Self = Self::lasting("twin", Byzantine, Fatal).hits_all_at_once();
    pub const MUTATE: Self = Self::lasting("mutate", Byzantine, Fatal);
    pub const SILENCE: Self = Self::lasting("silence", Byzantine, Fatal);
    pub const STALL: Self = Self::lasting("stall", Byzantine, Fatal);
    pub const STALE: Self = Self::lasting("stale", Byzantine, Fatal);
    pub const ADVERSARY: Self = Self::lasting("adversary", Byzantine, Fatal).hits_all_at_once().only_once();
}

/// What a crash does to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum CrashSeverity {
    /// Only the process dies: everything that it has written is kept.
    #[default]
    Process,
    /// The power fails: only a prefix of the unsynced writes is kept, and the first lost write may
    /// leave a corrupt record.
    PowerLoss,
    /// The power fails: any subset of the unsynced writes is kept, because the disk has reordered
    /// them.
    ReorderingPowerLoss,
}

/// Which of the unsynced writes of a disk a power loss takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LostWrites {
    /// The last so many of them.
    Last {
        /// How many: all, if there are not so many.
        count: u64,
        /// Whether the first of them leaves a corrupt record, if it appends one: not if none is lost.
        torn: bool,
    },
    /// Those at these places, counted from 0, oldest first: the disk has reordered them.
    At(Vec<u64>),
}

/// What happens to the writes that a failed sync covers (Rebello et al., ATC 2020).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum FailedWrites {
    /// They stay in the cache: a later sync covers them.
    #[default]
    Unsynced,
    /// They are dropped, and so is everything written since: the file system goes back to what it last
    /// made durable. Until the node is told, all its syncs fail.
    Gone,
    /// No later sync writes them, but they can be read until the power fails: the pages are marked clean
    /// (PostgreSQL's "fsyncgate", 2018). This applies to appends; if one of the writes is not an append,
    /// all stay in the cache.
    Phantom,
}

/// When a crash falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CrashMoment {
    /// Between two steps, or while the node waits for its disk.
    #[default]
    AtOnce,
    /// In the middle of the target's next step that has effects: its last few effects are not
    /// carried out. How many is a choice.
    MidStep,
}

impl CrashSeverity {
    /// The same for a disk that keeps the order of writes.
    pub(crate) const fn in_order(self) -> Self {
        match self {
            Self::ReorderingPowerLoss => Self::PowerLoss,
            Self::PowerLoss | Self::Process => self,
        }
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

    /// Whom it is aimed at.
    pub(crate) fn aim(&self) -> Aim<'_> {
        match self {
            Self::Partition { groups, .. } => Aim::Groups(groups),
            Self::OneWay { from, to, .. }
            | Self::Deliver { from, to, .. }
            | Self::Links { ends: Ends::Between { from, to }, .. } => Aim::Sides(Some(from), Some(to)),
            Self::Omission { from, to, .. } => Aim::Sides(from.as_ref(), to.as_ref()),
            Self::Operator { targets, nodes, .. } => Aim::About(targets, nodes),
            Self::Lie { targets, to, .. } => Aim::About(targets, to),
            Self::MajorityRing { .. } | Self::RandomLinks { .. } => Aim::Everybody,
            Self::Adversary { targets, .. } => Aim::At(targets),
            Self::End { .. } => Aim::At(&[]),
            of_targets!(targets) => Aim::At(slice::from_ref(targets)),
        }
    }

    /// Everything that it names, to be changed.
    pub(crate) fn selectors_mut(&mut self) -> Vec<&mut Selector> {
        match self {
            Self::Partition { groups, .. } => groups.iter_mut().flatten().collect(),
            Self::OneWay { from, to, .. }
            | Self::Deliver { from, to, .. }
            | Self::Links { ends: Ends::Between { from, to }, .. } => vec![from, to],
            Self::Omission { from, to, .. } => from.iter_mut().chain(to).collect(),
            Self::Operator { targets, nodes: others, .. } | Self::Lie { targets, to: others, .. } => {
                [targets].into_iter().chain(others).collect()
            }
            Self::MajorityRing { .. } | Self::RandomLinks { .. } | Self::End { .. } => Vec::new(),
            Self::Adversary { targets, .. } => targets.iter_mut().collect(),
            of_targets!(targets) => vec![targets],
        }
    }

    /// Which messages it is about, to be changed.
    pub(crate) const fn messages_mut(&mut self) -> Option<&mut MessageFilter> {
        match self {
            Self::Omission { messages, .. } | Self::Links { messages, .. } | Self::Lie { messages, .. } => {
                Some(messages)
            }
            _ => None,
        }
    }

    /// The times in it that are not drawn, to be changed.
    pub(crate) fn times_mut(&mut self) -> Vec<&mut Duration> {
        match self {
            Self::Slow { step_takes: time, .. }
            | Self::ClockJump { by: time, .. }
            | Self::Upgrade { restart_after: time, .. } => vec![time],
            Self::SlowDisk { sync: (least, most), .. } => vec![least, most],
            _ => self.restart_after_mut().and_then(Option::as_mut).into_iter().collect(),
        }
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

    /// How long the nodes that it takes down stay down, if that is known.
    pub(crate) const fn restart_after_mut(&mut self) -> Option<&mut Option<Duration>> {
        match self {
            Self::Crash { restart_after, .. }
            | Self::FailingSync { restart_after, .. }
            | Self::ReadError { restart_after, .. }
            | Self::FullDisk { restart_after, .. } => Some(restart_after),
            _ => None,
        }
    }

    /// The same, but the nodes that it takes down stay down.
    pub(crate) fn for_good(mut self) -> Self {
        if let Some(restart_after) = self.restart_after_mut() {
            *restart_after = None;
        }
        self
    }

    /// What is true of all faults that have its name in reports, on the same kind of links.
    pub fn facts(&self) -> FaultFacts {
        match self {
            Self::Crash { wiped: true, .. } => FaultFacts::WIPED_CRASH,
            Self::Crash { severity: CrashSeverity::Process, .. } => FaultFacts::CRASH,
            Self::Crash { severity: CrashSeverity::PowerLoss, .. } => FaultFacts::POWER_LOSS,
            Self::Crash { severity: CrashSeverity::ReorderingPowerLoss, .. } => FaultFacts::REORDERED_POWER_LOSS,
            Self::Restart { .. } => FaultFacts::RESTART,
            Self::Join { .. } => FaultFacts::JOIN,
            Self::Partition { .. } => FaultFacts::PARTITION,
            Self::Bridge { .. } => FaultFacts::BRIDGE,
            Self::MajorityRing { .. } => FaultFacts::MAJORITY_RING,
            Self::RandomLinks { .. } => FaultFacts::RANDOM_LINKS,
            Self::Swizzle { .. } => FaultFacts::SWIZZLE,
            Self::OneWay { .. } => FaultFacts::ONE_WAY,
            Self::Omission { to: None, .. } => FaultFacts::SEND_OMISSION,
            Self::Omission { from: None, .. } => FaultFacts::RECEIVE_OMISSION,
            Self::Omission { .. } => FaultFacts::LINK_OMISSION,
            Self::Links { ends: Ends::Of(_), trouble, .. } => *trouble.facts().unwrap_or(&FaultFacts::LINKS),
            Self::Links { ends: Ends::Between { .. }, trouble, .. } => {
                trouble.facts().unwrap_or(&FaultFacts::LINK).hits_all_at_once()
            }
            Self::Deliver { .. } => FaultFacts::DELIVER,
            Self::Fire { .. } => FaultFacts::FIRE,
            Self::End { .. } => FaultFacts::END,
            Self::Pause { .. } => FaultFacts::PAUSE,
            Self::Slow { .. } => FaultFacts::SLOW,
            Self::ClockJump { .. } => FaultFacts::CLOCK_JUMP,
            Self::Drift { .. } => FaultFacts::DRIFT,
            Self::LateTimers { .. } => FaultFacts::LATE_TIMERS,
            Self::SlowDisk { .. } => FaultFacts::SLOW_DISK,
            Self::CorruptRecord { .. } => FaultFacts::CORRUPT_RECORD,
            Self::FailingSync { writes: FailedWrites::Phantom, .. } => FaultFacts::PHANTOM_WRITES,
            Self::FailingSync { .. } => FaultFacts::FAILING_SYNC,
            Self::ReadError { .. } => FaultFacts::READ_ERROR,
            Self::FullDisk { .. } => FaultFacts::FULL_DISK,
            Self::Operator { .. } => FaultFacts::OPERATE,
            Self::Upgrade { .. } => FaultFacts::UPGRADE,
            Self::Twin { .. } => FaultFacts::TWIN,
            Self::Lie { misconduct: Misconduct::Mutate, .. } => FaultFacts::MUTATE,
            Self::Lie { misconduct: Misconduct::Silence, .. } => FaultFacts::SILENCE,
            Self::Lie { misconduct: Misconduct::Stall(_), .. } => FaultFacts::STALL,
            Self::Lie { misconduct: Misconduct::Stale, .. } => FaultFacts::STALE,
            Self::Adversary { .. } => FaultFacts::ADVERSARY,
        }
    }

    /// The kind's name in reports: as in scenario files, except that some modifiers change it. Links
    /// with only one thing wrong are `replay`, `corruption`, `bandwidth` or `withhold`; a `crash` with
    /// `wiped` is a `wiped_crash`, a `power_loss` with `reordered` is a `reordered_power_loss`, and a
    /// `failing_sync` that leaves phantoms is `phantom_writes`.
    pub fn name(&self) -> &'static str {
        self.facts().name
    }

    /// Whether it is instant, and so has no duration.
    pub fn is_instant(&self) -> bool {
        self.facts().is_instant
    }

    /// Whether it hits nodes individually, and so can hit one after the other.
    pub fn hits_each(&self) -> bool {
        self.facts().hits_each
    }

    /// Whether it makes its targets Byzantine.
    pub fn is_byzantine(&self) -> bool {
        self.facts().class == Byzantine
    }

    /// Whether messages or steps take longer than usual.
    pub(crate) fn takes_time(&self) -> bool {
        match self {
            Self::Links { trouble, .. } => trouble.delays(),
            _ => self.facts().takes_time,
        }
    }

    /// Whether messages are lost.
    pub(crate) fn loses_messages(&self) -> bool {
        match self {
            Self::Partition { mode, .. }
            | Self::Bridge { mode, .. }
            | Self::MajorityRing { mode }
            | Self::RandomLinks { mode, .. }
            | Self::Swizzle { mode, .. }
            | Self::OneWay { mode, .. } => *mode == CutMode::Drop,
            Self::Omission { messages, .. } => messages.hits_any(),
            Self::Links { trouble, .. } => trouble.loses(),
            _ => false,
        }
    }
}
