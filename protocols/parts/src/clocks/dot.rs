//! The name of one event.

use serde::{Deserialize, Serialize};
use sim_core::consistency::Version;

/// Names an event, such as an update: the process that it happened at, and its number there. Whoever gives
/// dots gives none twice, not after a crash either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot {
    /// The process, under the name that it had then.
    pub origin: u64,
    /// Its number there, from 1.
    pub number: u64,
}

impl From<Dot> for Version {
    fn from(Dot { origin, number }: Dot) -> Self {
        Self { origin, number }
    }
}
