//! What links are like when no fault touches them.

use super::Latency;
use crate::fault::Bandwidth;
use crate::random::Probability;
use crate::time::Duration;

/// The behaviour of a link when no fault touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkProfile {
    /// How long a message takes.
    pub latency: Latency,
    /// How likely a message is lost.
    pub loss: Probability,
    /// How likely a message arrives twice.
    pub duplicate: Probability,
    /// Whether messages arrive in the order in which they were sent. The order holds between two
    /// incarnations and starts anew when either end restarts.
    pub fifo: bool,
    /// Whether messages travel over connections, as with TCP: a message that is due after either
    /// end has booted again since it was sent is lost. It survives a sender that is down and stays
    /// so. What a process sends itself is no exception: it dies with the incarnation.
    pub connections: bool,
    /// How much gets through each, if there is a limit. The heal lifts it between repaired processes, as it
    /// bounds how long their messages take.
    pub bandwidth: Option<Bandwidth>,
}

/// Where a distribution of latencies has no longest one, its longest is taken to be this many times the
/// mean (or median) of what comes on top of the shortest.
const LONG_TAIL: u64 = 10;

impl LinkProfile {
    /// Links as TCP makes them: messages arrive in order, over connections that end when either end boots
    /// again. Otherwise as the default.
    ///
    /// ```
    /// use sim_core::{Latency, LinkProfile, ms};
    ///
    /// let network = LinkProfile::tcp().taking(Latency::Uniform(ms(1), ms(50)));
    /// assert!(network.fifo && network.connections);
    /// ```
    #[must_use]
    pub fn tcp() -> Self {
        Self { fifo: true, connections: true, ..Self::default() }
    }

    /// The same links with this latency.
    #[must_use]
    pub const fn taking(self, latency: Latency) -> Self {
        Self { latency, ..self }
    }

    /// How long a message takes at most, over these links and those with these latencies.
    pub fn longest(&self, further: impl Iterator<Item = Latency>) -> Duration {
        let longest = |latency: Latency| match latency {
            Latency::Constant(delay) | Latency::Uniform(_, delay) => delay,
            Latency::Exponential { floor, mean: beyond } | Latency::LogNormal { floor, median: beyond, .. } => {
                floor + beyond * LONG_TAIL
            }
        };
        further.chain([self.latency]).map(longest).max().unwrap_or_default()
    }
}

/// 1 ms to 10 ms, nothing lost or doubled, any order, no connections, room for everything.
impl Default for LinkProfile {
    fn default() -> Self {
        Self {
            latency: Latency::Uniform(Duration::from_millis(1), Duration::from_millis(10)),
            loss: Probability::NEVER,
            duplicate: Probability::NEVER,
            fifo: false,
            connections: false,
            bandwidth: None,
        }
    }
}
