//! The fault model, as data.
//!
//! A fault says what happens, to whom, when it begins and how long it lasts. A run's faults are an
//! explicit list; a [nemesis](crate::Nemesis) draws such a list from the seed.

use crate::network::{CutMode, Latency};
use crate::process::NodeId;
use crate::random::Probability;
use crate::time::{Duration, Time};

/// One fault of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub trigger: Trigger,
    /// What it does.
    pub kind: FaultKind,
    /// How long it lasts; without, until the heal or the end of the run. A crash has no duration:
    /// see [`FaultKind::Crash`].
    pub lasts: Option<Duration>,
    /// What reports call it. It has no effect.
    pub label: Option<String>,
}

/// When a fault begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// At this time.
    At(Time),
    /// When an event of this kind has been announced this many times, by whichever node.
    After {
        /// The event's kind: the name of its variant.
        event: String,
        /// Which of the announcements, counted from 1.
        count: u64,
    },
}

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
    },
    /// Processes in different groups do not reach each other. A process may be in several groups;
    /// one that is in none keeps all its links.
    Partition {
        /// The groups. A client goes with its node unless it is named.
        groups: Vec<Vec<Selector>>,
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
    /// Each message that the targets send (or receive) is lost with this probability.
    Omission {
        /// Which processes.
        targets: Selector,
        /// Which of their messages.
        side: Side,
        /// How many are lost.
        rate: Probability,
    },
    /// The links of the targets, in both directions, behave worse than usual.
    Links {
        /// Which processes.
        targets: Selector,
        /// How many messages are lost, on top of what the links lose anyway.
        loss: Probability,
        /// How many arrive twice.
        duplicate: Probability,
        /// How much longer they take.
        delay: Option<Latency>,
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

/// Which messages of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Those that it sends.
    Send,
    /// Those that are sent to it.
    Receive,
}

/// Names processes, some of them only at the moment when the fault begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// This node, or this client.
    Node(NodeId),
    /// Whoever announced last that it has this role. If nobody has it, the fault waits.
    Role(String),
    /// All nodes that no other selector of the fault names.
    Others,
    /// This many nodes, drawn from those that no earlier selector of the fault names.
    Random(u32),
    /// As many random nodes as can fail while a majority is left.
    Minority,
    /// The smallest majority, of random nodes.
    Majority,
    /// All nodes.
    All,
    /// All clients.
    Clients,
}

impl Fault {
    /// A fault that begins at `at` and lasts until the heal or the end of the run.
    pub fn at(at: Time, kind: FaultKind) -> Self {
        Self { trigger: Trigger::At(at), kind, lasts: None, label: None }
    }

    /// A fault that begins with the `count`-th announcement of an event of this kind.
    pub fn after(event: impl Into<String>, count: u64, kind: FaultKind) -> Self {
        Self { trigger: Trigger::After { event: event.into(), count }, kind, lasts: None, label: None }
    }

    /// The same for this long.
    #[must_use]
    pub fn lasting(self, lasts: Duration) -> Self {
        Self { lasts: Some(lasts), ..self }
    }
}

impl FaultKind {
    /// All that it is aimed at.
    pub(crate) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let (groups, one, other): (&[Vec<Selector>], _, _) = match self {
            Self::Partition { groups, .. } => (groups, None, None),
            Self::OneWay { from, to, .. } => (&[], Some(from), Some(to)),
            Self::Crash { targets, .. }
            | Self::Omission { targets, .. }
            | Self::Links { targets, .. }
            | Self::Pause { targets }
            | Self::Slow { targets, .. } => (&[], Some(targets), None),
        };
        groups.iter().flatten().chain(one).chain(other)
    }

    /// The kind's name, as scenario files and reports have it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Crash { severity: CrashSeverity::Process, .. } => "crash",
            Self::Crash { severity: CrashSeverity::PowerLoss, .. } => "power_loss",
            Self::Partition { .. } => "partition",
            Self::OneWay { .. } => "one_way",
            Self::Omission { side: Side::Send, .. } => "send_omission",
            Self::Omission { side: Side::Receive, .. } => "receive_omission",
            Self::Links { .. } => "links",
            Self::Pause { .. } => "pause",
            Self::Slow { .. } => "slow",
        }
    }
}
