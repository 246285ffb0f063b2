//! What a run came to.

use std::fmt;

use crate::choices::{ChoiceName, Deviation};
use crate::crash_site::CrashSite;
use crate::fault::{Fault, FaultClass, FaultSeverity};
use crate::figure::Figure;
use crate::history::History;
use crate::liveness::Liveness;
use crate::model::{Outside, PropertyClass};
use crate::process::NodeId;
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::trace::{Trace, TraceKind};

/// The end of a run, and what was seen on the way.
#[derive(Debug)]
pub struct Outcome<P: Protocol> {
    /// The facts that do not depend on the protocol's types.
    pub summary: Summary,
    /// What the clients asked and were told.
    pub history: History<P::Op, P::Reply>,
    /// All events, if they were asked for.
    pub trace: Option<Trace>,
    /// The run as plan and deviations, if that was asked for.
    pub recording: Option<Recording<P>>,
    /// Where nodes could have crashed, if that was asked for.
    pub sites: Vec<CrashSite>,
}

impl<P: Protocol> Outcome<P> {
    /// What was announced, and by whom, in the order of time. Empty without a trace.
    #[must_use]
    pub fn announced(&self) -> Vec<String> {
        let events = self.trace.iter().flat_map(|trace| &trace.events);
        let said = events.filter_map(|event| match (&event.kind, event.who) {
            (TraceKind::Announce { event }, Some(who)) => Some(format!("{who} {event}")),
            _ => None,
        });
        said.collect()
    }
}

/// The end of a run in a few facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Whether everything held.
    pub verdict: Verdict,
    /// Steps that the run took.
    pub steps: u64,
    /// Virtual time at its end.
    pub time: Time,
    /// Since when nothing has kept nodes apart or down, if the run lived to see its end and nothing does.
    pub calm_since: Option<Time>,
    /// Messages delivered.
    pub delivered: u64,
    /// The hash of what happened: equal hashes, equal runs.
    pub trace_hash: u64,
    /// Violations that the protocol's models excuse and that did not end the run, because it was to be
    /// [followed](crate::Simulation::follow_beyond_model).
    pub excused: Vec<Violation>,
    /// What became of each fault of the plan, in the plan's order.
    pub faults: Vec<FaultRecord>,
    /// Which assumptions of the protocol did not hold in the run.
    pub outside: Outside,
    /// What became of the system after the heal.
    pub liveness: Liveness,
    /// For each goal, whether the run reached it.
    pub goals: Vec<bool>,
    /// The figures that were to be measured, in the order of the description.
    pub figures: Vec<Figure>,
    /// Recorded deviations that no question asked for, in a replay, in the order of the recording.
    pub unused: Vec<ChoiceName>,
}

/// Whether everything held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Passed,
    /// Something did not.
    Violated(Violation),
    /// It cannot be told.
    Inconclusive {
        /// Which property cannot be judged.
        property: String,
        /// Why not.
        reason: String,
    },
}

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub property: String,
    /// Which kind of promise it is.
    pub class: PropertyClass,
    /// What was seen.
    pub what: String,
    /// On which nodes.
    pub nodes: Vec<NodeId>,
    /// The step in which it came about, or after which it was seen.
    pub step: u64,
    /// When.
    pub time: Time,
}

/// What became of a fault of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultRecord {
    /// Its kind: see [`FaultKind::name`](crate::FaultKind::name).
    pub kind: &'static str,
    /// What goes wrong.
    pub class: FaultClass,
    /// How much it asks of the protocol.
    pub severity: FaultSeverity,
    /// What the plan calls it.
    pub label: Option<String>,
    /// When it began; nothing if it never did.
    pub began: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// Whom it hit.
    pub hit: Vec<NodeId>,
    /// How often it struck: more than once if it repeats, or hits one target after the other.
    pub blows: u32,
    /// How often it did not strike a node because more would have been down than the protocol claims
    /// to survive.
    pub withheld: u32,
    /// How many messages there were that it is aimed at, if it is aimed at messages.
    pub messages: Option<u64>,
    /// What came of it.
    pub effects: FaultEffects,
}

impl FaultRecord {
    /// Whether it began and there was something for it to hit.
    pub fn has_struck(&self) -> bool {
        self.began.is_some() && self.messages != Some(0)
    }
}

/// What a fault did to the system, as far as the run shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultEffects {
    /// Operations that were under way while it lasted and failed, or whose outcome is unknown.
    pub operations_failed: u64,
    /// Operations that were under way while it lasted and took longer than a client's patience for
    /// one attempt.
    pub operations_delayed: u64,
    /// Records that had been durable, that it destroyed, and that were readable on no other disk.
    pub records_lost: u64,
    /// From its end to the first completion of an operation after it.
    pub recovered_after: Option<Duration>,
}

/// A run as data: its plan and where it departed from calm. It replays without its seed.
#[derive(Debug)]
pub struct Recording<P: Protocol> {
    /// What each client asks, in order.
    pub operations: Vec<Vec<P::Op>>,
    /// The faults, those of the nemesis among them.
    pub faults: Vec<Fault>,
    /// Every answer that was not calm.
    pub deviations: Vec<Deviation>,
}

impl<P: Protocol> Clone for Recording<P> {
    fn clone(&self) -> Self {
        Self { operations: self.operations.clone(), faults: self.faults.clone(), deviations: self.deviations.clone() }
    }
}

impl Summary {
    /// Why a violation is no failure of the protocol, if one is none: the run did not keep to what
    /// the protocol takes for granted. Nothing if there is no violation or no excuse.
    pub fn excuse(&self) -> &[String] {
        self.verdict.violation().map_or(&[], |violation| self.outside.of(violation.class))
    }
}

impl Verdict {
    /// Whether everything held.
    pub const fn is_passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// What was violated.
    pub const fn violation(&self) -> Option<&Violation> {
        match self {
            Self::Violated(violation) => Some(violation),
            _ => None,
        }
    }

    /// One word: `passed`, `violated` or `inconclusive`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Violated(_) => "violated",
            Self::Inconclusive { .. } => "inconclusive",
        }
    }

    /// The property that was violated or cannot be judged.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Violated(violation) => Some(&violation.property),
            Self::Inconclusive { property, .. } => Some(property),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violated at step {}, {}: {}", self.property, self.step, self.time, self.what)?;
        if !self.nodes.is_empty() {
            let nodes: Vec<String> = self.nodes.iter().map(NodeId::to_string).collect();
            write!(f, " (seen on {})", nodes.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Violated(violation) => violation.fmt(f),
            Self::Inconclusive { property, reason } => write!(f, "{property} inconclusive: {reason}"),
        }
    }
}
