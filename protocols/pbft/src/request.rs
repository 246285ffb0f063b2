//! What clients ask, how it is bundled, and how it is named.

use serde::{Deserialize, Serialize};
use sim_core::{Kinds, RequestId, Signed, TraceHasher};

use parts::kv::{KvOp, KvReply};

/// An operation of the key-value map, and how it is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub struct Op {
    /// What is to be done.
    pub op: KvOp,
    /// Whether it is to be answered at once from the state that the replica has, which is possible
    /// for reads only.
    #[serde(default)]
    pub read_only: bool,
}

impl From<KvOp> for Op {
    fn from(op: KvOp) -> Self {
        Self { op, read_only: false }
    }
}

/// The answer of one replica. A client believes it when enough others say the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Reply {
    /// The replica's view, by which clients find the primary.
    pub view: u64,
    /// Whether the operation was answered without being ordered.
    pub read_only: bool,
    /// What came of the operation.
    pub result: KvReply,
}

/// A request with its client's signature. Everybody can pass it on, and nobody can make it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Request(pub Signed<(RequestId, Op)>);

impl Request {
    /// Whether the client has signed it.
    pub fn is_genuine(&self) -> bool {
        self.0.verify().is_some_and(|(id, _)| id.client == self.0.signer())
    }

    /// Which operation of which client it is.
    pub const fn id(&self) -> RequestId {
        self.0.content().0
    }

    /// What is asked.
    pub const fn op(&self) -> &KvOp {
        &self.0.content().1.op
    }
}

/// Requests that are ordered together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Batch(pub Vec<Request>);

impl Batch {
    /// Its name.
    pub fn digest(&self) -> Digest {
        if self.0.is_empty() { Digest::NULL } else { Digest::of(self) }
    }

    /// Whether clients have asked for all that is in it.
    pub fn is_genuine(&self) -> bool {
        self.0.iter().all(Request::is_genuine)
    }
}

/// Stands for a batch or a state: nobody finds two with the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Digest(pub u64);

impl Digest {
    /// The null request: a place in the order at which nothing is done (OSDI 4.4).
    pub const NULL: Self = Self(0);

    /// The digest of anything that can be sent.
    pub(crate) fn of(value: &impl Serialize) -> Self {
        let mut hasher = TraceHasher::new();
        hasher.value(value);
        Self(hasher.finish())
    }
}

/// As in `#1a2b3c4d`.
impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::NULL { f.write_str("null") } else { write!(f, "#{:08x}", self.0 >> 32) }
    }
}
