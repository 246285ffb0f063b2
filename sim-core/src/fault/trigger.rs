//! When a fault begins.

use super::Selector;
use crate::process::NodeId;
use crate::time::{Duration, Time};

/// When a fault begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// At this time.
    At(Time),
    /// This long after the step before in the sequence.
    Wait(Duration),
    /// When something has happened in the run: since its beginning, or since the step before in
    /// the sequence.
    After(Milestone),
    /// In the middle of a step of the one node that it hits. Only for crashes.
    InStep(Boundary),
}

/// A place in a run where a node can stop: between two effects of a step, before the first or after the
/// last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Boundary {
    /// The step, as traces number them.
    pub step: u64,
    /// How many effects of the step are carried out. Lines of a log do not count.
    pub after: u64,
}

/// Something that happens in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// An event of this kind is announced for the `count`th time.
    Event {
        /// The event's kind: the name of its variant.
        event: String,
        /// Whose announcements count, a node or [`Selector::Same`]; without, everybody's.
        by: Option<Selector>,
        /// Which of them, counted from 1.
        count: u64,
    },
    /// So many operations of clients have completed.
    Operations {
        /// How many, from 1.
        count: u64,
    },
    /// A message of this kind is sent for the `count`th time: the fault begins while it is under
    /// way.
    Message {
        /// The message's kind: the name of its variant.
        kind: String,
        /// By whom; without, by anybody.
        from: Option<NodeId>,
        /// To whom; without, to anybody.
        to: Option<NodeId>,
        /// Which of them, counted from 1.
        count: u64,
    },
    /// Somebody takes this role for the `count`th time.
    Role {
        /// Which role.
        role: String,
        /// Who, a node or [`Selector::Same`]; without, anybody.
        by: Option<Selector>,
        /// Which of the times, counted from 1.
        count: u64,
    },
    /// A node comes into a state for which the protocol has this name.
    State {
        /// One of the protocol's [`STATES`](crate::Protocol::STATES).
        state: String,
        /// Which node, or [`Selector::Same`]; without, any.
        on: Option<Selector>,
    },
}

impl Milestone {
    /// An event of this kind is announced for the `count`th time, by whomever.
    pub fn event(event: impl Into<String>, count: u64) -> Self {
        Self::Event { event: event.into(), by: None, count }
    }

    /// Somebody takes this role for the `count`th time.
    pub fn role(role: impl Into<String>, count: u64) -> Self {
        Self::Role { role: role.into(), by: None, count }
    }

    /// A node, whichever it is, comes into a state for which the protocol has this name.
    pub fn state(state: impl Into<String>) -> Self {
        Self::State { state: state.into(), on: None }
    }

    /// A message of this kind is sent for the `count`th time, by and to whomever.
    pub fn message(kind: impl Into<String>, count: u64) -> Self {
        Self::Message { kind: kind.into(), from: None, to: None, count }
    }

    /// So many operations of clients have completed.
    pub const fn operations(count: u64) -> Self {
        Self::Operations { count }
    }

    /// How often it must happen.
    pub const fn count(&self) -> u64 {
        match self {
            Self::Event { count, .. }
            | Self::Operations { count }
            | Self::Message { count, .. }
            | Self::Role { count, .. } => *count,
            Self::State { .. } => 1,
        }
    }

    /// The nodes that it is about.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let of = |selector: &Option<Selector>| match selector {
            Some(Selector::Node(id)) => Some(*id),
            _ => None,
        };
        let (one, other) = match self {
            Self::Event { by, .. } | Self::Role { by, .. } => (of(by), None),
            Self::Message { from, to, .. } => (*from, *to),
            Self::State { on, .. } => (of(on), None),
            Self::Operations { .. } => (None, None),
        };
        one.into_iter().chain(other)
    }

    /// The same, to be changed.
    pub(crate) fn nodes_mut(&mut self) -> Vec<&mut NodeId> {
        let of = |selector| match selector {
            &mut Some(Selector::Node(ref mut id)) => Some(id),
            _ => None,
        };
        match self {
            Self::Event { by, .. } | Self::Role { by, .. } => of(by).into_iter().collect(),
            Self::Message { from, to, .. } => from.iter_mut().chain(to).collect(),
            Self::State { on, .. } => of(on).into_iter().collect(),
            Self::Operations { .. } => Vec::new(),
        }
    }

    /// Whose doing it is, if that is told by a selector.
    pub(crate) const fn whose(&self) -> Option<&Selector> {
        match self {
            Self::Event { by: whose, .. } | Self::Role { by: whose, .. } | Self::State { on: whose, .. } => {
                whose.as_ref()
            }
            Self::Operations { .. } | Self::Message { .. } => None,
        }
    }
}
