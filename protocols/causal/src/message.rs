//! What nodes tell each other, write down, wait for and announce.

use std::fmt;

use parts::clocks::Stamp;
use parts::kv::WriteId;
use serde::{Deserialize, Serialize};
use sim_core::{Kinds, NodeId, RequestId};

/// Names one version of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// The key.
    pub key: u32,
    /// Its place among the versions of the key, and of all.
    pub stamp: Stamp,
}

/// Short: key 3 at time 5 of node 1 is `3@5.1`.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, stamp: Stamp { time, replica } } = self;
        write!(f, "{key}@{time}.{replica}")
    }
}

/// A write with its version: what data centres tell each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Put {
    /// The version.
    pub version: Version,
    /// The value.
    pub write: WriteId,
    /// The dependencies: what must be visible in a data centre before it.
    pub after: Vec<Version>,
    /// The node that has given it its version.
    pub origin: NodeId,
    /// The request that asked for it.
    pub request: RequestId,
}

/// The messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// To the equivalent nodes of other data centres: these writes were made.
    Replicate(Vec<Put>),
    /// To their origin: these versions are visible here, durably.
    Acknowledge(Vec<Version>),
    /// Within a data centre, `dep_check`: tell me once you have all these versions.
    DepCheck {
        /// Which question this is.
        check: Check,
        /// Versions of keys of the receiver.
        versions: Vec<Version>,
    },
    /// They are all there.
    DepMet(Check),
}

/// Names a question of a node: no two of its questions have the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Check {
    /// Which of its boots it asks in.
    pub boot: u64,
    /// Its number since then.
    pub number: u64,
}

/// What a node writes to its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It has booted for this time.
    Boot(u64),
    /// It has this version.
    Version(Put),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// It is time to say again what nobody has answered.
    Retry,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has carried out a client's put: the version is visible here.
    Wrote(Put),
    /// A version of another data centre is visible here.
    Committed {
        /// The version.
        version: Version,
        /// Its value.
        write: WriteId,
    },
    /// It has booted, and still has this version of another data centre.
    Recovered(Version),
    /// It has booted, and still has this version, which it had made itself.
    RecoveredOwn(Put),
    /// It answers a get.
    Read {
        /// Which one.
        request: RequestId,
        /// The key.
        key: u32,
        /// What it tells: the stamp of the version and its value, if there is one.
        latest: Option<(Stamp, WriteId)>,
    },
    /// What a client asks, or a version of another data centre, has to wait for versions that are not here.
    Blocked,
}
