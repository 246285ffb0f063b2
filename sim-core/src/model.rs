//! What a protocol claims to survive, and whether a run asked more of it.

use std::fmt;

use crate::fault::{FailedWrites, FaultKind};
use crate::network::LinkProfile;
use crate::process::NodeId;
use crate::time::Duration;

/// An assumption of a protocol. A run in which it did not hold is outside the protocol's model: what goes
/// wrong there is reported, but is no failure of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// What a sync has made durable can always be read afterwards, under the same identity.
    DurableDisks,
    /// What can be read after a failed sync is durable, or will be after a later one.
    NoPhantomWrites,
    /// Messages arrive as they were sent.
    IntactMessages,
    /// Clocks gain or lose at most this much, in parts per million.
    ClockRate {
        /// How much.
        ppm: u32,
    },
    /// Wall clocks do not jump.
    SteadyWallClocks,
    /// At most this many nodes at a time are down, or up and still [recovering](crate::State::recovering).
    DownAtMost(u32),
    /// This node never stops: the coordinator of a paper that lets only the others fail.
    NeverFails(NodeId),
    /// There is a perfect failure detector (Chandra, Toueg 1996), and nodes that stop never come back:
    /// not after a crash, and not with the heal. The engine provides it: all other nodes are
    /// [told](crate::Protocol::on_stopped) of a node that has stopped, and never of one that is only
    /// paused or cut off.
    PerfectDetector {
        /// The longest time from the stop to the report.
        within: Duration,
    },
    /// Messages between nodes that are up arrive eventually.
    ReliableLinks,
    /// Messages arrive in time, and nodes that are up act at once when something is due: a synchronous
    /// system.
    Synchronous {
        /// The longest time a message takes.
        within: Duration,
    },
    /// At most this many nodes do not follow the protocol. If a model does not say, all do.
    ByzantineAtMost(u32),
    /// Messages arrive in the order in which they were sent, and a message sent before either end booted
    /// does not arrive after that boot.
    OrderedLinks,
}

/// The models of a protocol: what must hold for it to be safe, and what must hold for it to make progress.
/// It survives whatever is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultModel {
    /// For safety properties.
    pub safety: Vec<Assumption>,
    /// For liveness, all the time.
    pub liveness: Vec<Assumption>,
    /// For liveness, from the heal on: synchrony, links that lose nothing, right clocks. Nothing that
    /// happened before the heal breaks these.
    pub after_heal: Vec<Assumption>,
}

/// Whether a property is about safety or liveness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PropertyClass {
    /// Nothing bad happens.
    #[default]
    Safety,
    /// Something good happens in time.
    Liveness,
}

/// The assumptions of a protocol's models that a run broke, in words. A run is inside a model if there are
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Of the safety model.
    pub safety: Vec<String>,
    /// Of the liveness model.
    pub liveness: Vec<String>,
}

impl Outside {
    /// Those of one class.
    pub fn of(&self, class: PropertyClass) -> &[String] {
        match class {
            PropertyClass::Safety => &self.safety,
            PropertyClass::Liveness => &self.liveness,
        }
    }
}

impl FaultModel {
    /// A model that makes these assumptions for safety, and no more for liveness.
    pub const fn of(safety: Vec<Assumption>) -> Self {
        Self { safety, liveness: Vec::new(), after_heal: Vec::new() }
    }

    /// Adds these assumptions for liveness, all the time.
    #[must_use]
    pub fn live(self, liveness: Vec<Assumption>) -> Self {
        Self { liveness, ..self }
    }

    /// Adds these assumptions for liveness, from the heal on.
    #[must_use]
    pub fn after_heal(self, after_heal: Vec<Assumption>) -> Self {
        Self { after_heal, ..self }
    }

    /// The assumption that links of this kind break in every run, if there is one: over such links the
    /// protocol cannot be tested.
    pub fn ruled_out_by(&self, links: &LinkProfile) -> Option<Assumption> {
        let keep_order = links.fifo && links.connections;
        self.always().find(|assumption| **assumption == Assumption::OrderedLinks && !keep_order).copied()
    }

    /// How much clocks may gain or lose for the protocol to stay safe, if there is a bound.
    pub(crate) fn clock_rate(&self) -> Option<u32> {
        let rates = self.safety.iter().filter_map(|assumption| match assumption {
            Assumption::ClockRate { ppm } => Some(*ppm),
            _ => None,
        });
        rates.min()
    }

    /// The most Byzantine nodes with which the protocol stays safe.
    pub fn most_byzantine(&self) -> u32 {
        let bounds = self.safety.iter().filter_map(|assumption| match assumption {
            Assumption::ByzantineAtMost(count) => Some(*count),
            _ => None,
        });
        bounds.min().unwrap_or(0)
    }

    /// How soon the failure detector reports nodes that have stopped, if there is one.
    pub fn detects_within(&self) -> Option<Duration> {
        let bounds = self.always().filter_map(|assumption| match assumption {
            Assumption::PerfectDetector { within } => Some(*within),
            _ => None,
        });
        bounds.min()
    }

    /// Whether messages must arrive eventually for the protocol to keep its promises.
    pub(crate) fn has_reliable_links(&self) -> bool {
        self.always().any(|assumption| *assumption == Assumption::ReliableLinks)
    }

    /// Whether messages must arrive as they were sent for the protocol to keep its promises.
    pub(crate) fn has_intact_messages(&self) -> bool {
        self.always().any(|assumption| *assumption == Assumption::IntactMessages)
    }

    /// Whether the protocol claims to survive when this node is down, and this many nodes in all.
    pub(crate) fn survives_loss_of(&self, node: NodeId, down: u32) -> bool {
        self.always().all(|assumption| match assumption {
            Assumption::DownAtMost(most) => down <= *most,
            Assumption::NeverFails(never) => *never != node,
            _ => true,
        })
    }

    /// Whether there is a bound on which nodes may be down, or how many.
    pub(crate) fn bounds_crashes(&self) -> bool {
        self.always().any(|of| matches!(of, Assumption::DownAtMost(_) | Assumption::NeverFails(_)))
    }

    /// What must hold all the time, for safety or for liveness.
    fn always(&self) -> impl Iterator<Item = &Assumption> {
        self.safety.iter().chain(&self.liveness)
    }
}

impl Assumption {
    /// Whether a fault of this kind breaks the assumption wherever it strikes.
    pub fn is_broken_by(&self, kind: &FaultKind) -> bool {
        match self {
            Self::DurableDisks => {
                matches!(kind, FaultKind::Crash { wiped: true, .. } | FaultKind::CorruptRecord { .. })
            }
            Self::NoPhantomWrites => matches!(kind, FaultKind::FailingSync { writes: FailedWrites::Phantom, .. }),
            Self::IntactMessages => {
                matches!(kind, FaultKind::Links { trouble, .. } if !trouble.corruption.is_never() && !trouble.checksum)
            }
            Self::ClockRate { .. } if matches!(kind, FaultKind::Fire { .. }) => true,
            Self::ClockRate { ppm } => matches!(kind, FaultKind::Drift { ppm: by, .. } if by.unsigned_abs() > *ppm),
            Self::SteadyWallClocks => matches!(kind, FaultKind::ClockJump { .. }),
            Self::DownAtMost(_) | Self::NeverFails(_) | Self::ByzantineAtMost(_) => false,
            Self::PerfectDetector { .. } => kind.restarts(),
            Self::ReliableLinks => kind.loses_messages(),
            Self::OrderedLinks => matches!(kind, FaultKind::Links { trouble, .. } if trouble.replays.is_some()),
            Self::Synchronous { .. } => kind.loses_messages() || kind.takes_time(),
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DurableDisks => f.write_str("durable records stay readable under the same identity"),
            Self::NoPhantomWrites => f.write_str("what can be read after a failed sync is or becomes durable"),
            Self::IntactMessages => f.write_str("messages arrive as they were sent"),
            Self::ClockRate { ppm } => write!(f, "clocks gain or lose at most {ppm} parts per million"),
            Self::SteadyWallClocks => f.write_str("wall clocks do not jump"),
            Self::DownAtMost(count) => write!(f, "at most {count} nodes are down at a time"),
            Self::NeverFails(node) => write!(f, "{node} never stops"),
            Self::PerfectDetector { within } => {
                write!(f, "nodes that stop never come back, and all are told of them within {within}")
            }
            Self::ReliableLinks => f.write_str("messages between nodes that are up arrive"),
            Self::Synchronous { within } => write!(f, "messages arrive within {within}, and nodes act at once"),
            Self::ByzantineAtMost(0) => f.write_str("all nodes follow the protocol"),
            Self::ByzantineAtMost(count) => write!(f, "at most {count} nodes are Byzantine"),
            Self::OrderedLinks => f.write_str("messages arrive in the order in which they were sent"),
        }
    }
}
