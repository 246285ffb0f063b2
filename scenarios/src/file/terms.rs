//! What the parts of a scenario must agree with: how many nodes there are, what the protocol knows.

use sim_core::Duration;

/// What the rest of a scenario says, as far as its parts depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// The name of the protocol.
    pub(crate) protocol: &'static str,
    /// The kinds of events that it announces.
    pub(crate) events: &'static [&'static str],
    /// The roles that its nodes can have.
    pub(crate) roles: &'static [&'static str],
    /// How many nodes there are.
    pub(crate) nodes: u32,
    /// How many clients there are.
    pub(crate) clients: u32,
    /// When faults end: at the heal, or with the run.
    pub(crate) faults_end: Duration,
    /// Whether they end with a heal.
    pub(crate) heals: bool,
}
