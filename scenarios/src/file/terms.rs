//! What the parts of a scenario must agree with: how many nodes there are, what the protocol knows.

use sim_core::{Duration, NodeId, Switch};

/// What the rest of a scenario says, as far as its parts depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// The name of the protocol.
    pub(crate) protocol: &'static str,
    /// The kinds of messages that its nodes and clients send; empty if it does not tell them.
    pub(crate) messages: Vec<&'static str>,
    /// What can be measured of its runs.
    pub(crate) figures: Vec<&'static str>,
    /// The kinds of events that it announces.
    pub(crate) events: &'static [&'static str],
    /// The roles that its nodes can have.
    pub(crate) roles: Vec<&'static str>,
    /// What an operator can ask of its nodes.
    pub(crate) actions: &'static [&'static str],
    /// Scripts that can act for its nodes.
    pub(crate) adversaries: Vec<&'static str>,
    /// Settings of the protocol that a nemesis can draw.
    pub(crate) switches: &'static [Switch],
    /// The twins that faults of the plan bring.
    pub(crate) twins: Vec<NodeId>,
    /// The labels of faults of the plan.
    pub(crate) labels: Vec<String>,
    /// States of its nodes that faults can wait for.
    pub(crate) states: Vec<&'static str>,
    /// The zones of the scenario.
    pub(crate) zones: Vec<String>,
    /// The configurations that nodes can be upgraded to.
    pub(crate) configurations: Vec<String>,
    /// How many nodes there are.
    pub(crate) nodes: u32,
    /// How many clients there are.
    pub(crate) clients: u32,
    /// When faults end: at the heal, or with the run.
    pub(crate) faults_end: Duration,
    /// Whether they end with a heal.
    pub(crate) heals: bool,
    /// Whether links keep the order of messages.
    pub(crate) fifo: bool,
    /// Whether this is about a fault that another comes before in a sequence.
    pub(crate) follows: bool,
    /// Whether it is about the core of a heal.
    pub(crate) heals_core: bool,
}

impl Terms {
    /// The terms of a fault that another comes before in a sequence.
    pub(crate) fn of_next_step(&self) -> Self {
        Self { follows: true, ..self.clone() }
    }
}
