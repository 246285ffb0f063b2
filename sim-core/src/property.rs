//! What must hold: properties of the world, checked during a run and at its end.
use std::fmt;

use crate::model::PropertyClass;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::Time;
use crate::world::World;

/// The property that an operation completes in time after the heal.
pub const PROGRESS: &str = "Progress";
/// The name under which a run is inconclusive that has reached one of its [`Limits`](crate::Limits).
pub const LIMITS: &str = "Limits";
/// The property that no node stops itself, unless its disk has failed or its protocol declares that it may.
pub const NO_HALT: &str = "No Halt";
/// The property that the code of the protocol does not panic.
pub const NO_PANIC: &str = "No Panic";
/// The property that a run does not stay at one point of virtual time forever.
pub const TIME_GOES_ON: &str = "Time Goes On";

/// Something that must hold in every run.
///
/// A property is checked after every completed step and once more at the end of the run. It may remember
/// what it saw (ghost state). Its cost should depend on what the step changed, not on the size of the
/// world: it runs millions of times a second.
///
/// It gets its name where it is added: see [`Simulation::property`](crate::Simulation::property).
pub trait Property<P: Protocol> {
    /// Whether it is a safety or a liveness property.
    fn class(&self) -> PropertyClass {
        PropertyClass::Safety
    }

    /// Whether it looks at messages. Where no property of a run does, it does not pay for showing them:
    /// [`Step::received`] and [`Step::sent`] are empty.
    fn looks_at_messages(&self) -> bool {
        false
    }

    /// Looks at the world after a step.
    ///
    /// # Errors
    /// What was seen that must not happen, and on which nodes.
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        let _ = (world, step);
        Ok(())
    }

    /// Looks at the world at the end of a run in which nothing was violated.
    ///
    /// Faults may last until then. What must happen *in the end* can only be required if the faults have
    /// been over for long enough: see [`World::calm_since`]. If they have not, the judgement is
    /// [inconclusive](Judgement::Inconclusive).
    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let _ = world;
        Judgement::Holds
    }
}

/// The step that has just completed.
#[derive(Debug)]
pub struct Step<'a, P: Protocol> {
    /// Its number, counted from 1.
    pub number: u64,
    /// The process whose state it may have changed. Apart from the network, nothing else has changed.
    pub process: ProcessId,
    /// The kind of step.
    pub kind: StepKind,
    /// The events that the process announced in it.
    pub events: &'a [P::Event],
    /// The message of another node that was delivered in it, if a property
    /// [looks at messages](Property::looks_at_messages).
    pub received: Option<&'a Received<P::Message>>,
    /// What the node sent in it to which other node, in that order, if a property
    /// [looks at messages](Property::looks_at_messages). The network may still lose or change it.
    pub sent: &'a [(NodeId, P::Message)],
}

/// A message that another node has sent.
#[derive(Clone, Debug)]
pub struct Received<M> {
    /// Who sent it.
    pub from: NodeId,
    /// The number of the [step](Step::number) in which it was sent. A step that waits for its disk is shown when it is over,
    /// with the number that it has then; what it sent before it waited has a lower one.
    pub sent_in: u64,
    /// What it says, as it arrived.
    pub message: M,
}

/// The kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepKind {
    /// A node booted, for the first time or again.
    Boot,
    /// A message was delivered.
    Message,
    /// A timer fired.
    Timer,
    /// A client's request was delivered.
    Request,
    /// The disk reported.
    Disk,
    /// An operator asked for something.
    Operator,
    /// The failure detector reported a node.
    Detection,
    /// A process went down.
    Crash,
    /// A client did something.
    Client,
}

/// What a property saw that must not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The nodes on which it was seen.
    pub nodes: Vec<NodeId>,
    /// What was seen: values, terms, indexes.
    pub what: String,
    /// The step in which it came about, and when. `None` means the step being checked.
    pub came_about: Option<(u64, Time)>,
}

impl Breach {
    /// A breach seen on `nodes`, each named once.
    pub fn new(nodes: impl IntoIterator<Item = NodeId>, what: impl Into<String>) -> Self {
        let mut seen_on = Vec::new();
        for node in nodes {
            if !seen_on.contains(&node) {
                seen_on.push(node);
            }
        }
        Self { nodes: seen_on, what: what.into(), came_about: None }
    }

    /// Sets the earlier step in which it came about.
    #[must_use]
    pub fn in_step(self, step: u64, time: Time) -> Self {
        Self { came_about: Some((step, time)), ..self }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// A property's verdict on a whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It held.
    Holds,
    /// It did not.
    Violated(Breach),
    /// It cannot be decided, for this reason: a search gave up, or a deadline lies past the end.
    Inconclusive(String),
}
