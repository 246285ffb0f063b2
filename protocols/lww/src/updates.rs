//! Updates.

use serde::Serialize;
use sim_core::RequestId;

use parts::clocks::{Dot, Stamp, VectorClock};
use parts::kv::WriteId;

/// A write, as replicas tell each other of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    /// Its name: the replica that made it, under the name it had then, and its number there. A replica has
    /// another name after each boot.
    pub dot: Dot,
    /// Where it stands among all.
    pub stamp: Stamp,
    /// What is to be applied first: of each origin, all up to some number.
    pub after: VectorClock,
    /// The request that asked for it.
    pub request: RequestId,
    /// Which key is written.
    pub key: u32,
    /// The new value.
    pub write: WriteId,
}
