//! Who runs: identities, processes and the requests of clients.
//!
//! An *identity* is what messages carry and what a protocol knows of its peers.
//! A *process* is what runs: it has its own disk, clock, timers and links.
//! Usually there is one process for an identity; twins are two processes that share one.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

/// The identity under which a process speaks. Nodes are `n0`, `n1`, … and clients `c0`, `c1`, ….
///
/// In faults and traces `n1'` names the second of two processes that share the identity `n1`. No
/// protocol ever sees that name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// Set in the identities of clients, so that an identity tells by itself what it is.
const CLIENT: u32 = 1 << 31;
/// Set in the names of twins.
const TWIN: u32 = 1 << 30;

impl NodeId {
    /// The identity of node `index`, below 2^30.
    #[inline]
    pub const fn node(index: u32) -> Self {
        assert!(index < TWIN);
        Self(index)
    }

    /// The identity of client `index`, below 2^30.
    pub const fn client(index: u32) -> Self {
        assert!(index < TWIN);
        Self(index | CLIENT)
    }

    /// The name of the second process under a node's identity.
    #[must_use]
    pub const fn twin(self) -> Self {
        Self(self.0 | TWIN)
    }

    /// Whether it names the second of two processes that share an identity.
    pub const fn is_twin(self) -> bool {
        self.0 & TWIN != 0
    }

    /// The identity under which a process of this name speaks.
    #[inline]
    #[must_use]
    pub const fn identity(self) -> Self {
        Self(self.0 & !TWIN)
    }

    /// Whether it is a client's.
    #[inline]
    pub const fn is_client(self) -> bool {
        self.0 & CLIENT != 0
    }

    /// All of it as a number, for hashes.
    #[inline]
    pub(crate) const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// Its number among the nodes, or among the clients.
    #[inline]
    pub const fn index(self) -> u32 {
        self.0 & !(CLIENT | TWIN)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_client() { 'c' } else { 'n' };
        let twin = if self.is_twin() { "'" } else { "" };
        f.pad(&format!("{kind}{}{twin}", self.index()))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a node such as n2, its twin n2', or a client such as c0")]
pub struct NodeIdError;

/// Reads what is printed, and nothing else: no sign, no superfluous zeros.
impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        let index = |digits: &str| digits.parse().ok().filter(|&index: &u32| index < TWIN);
        let node = |name: &str| name.strip_prefix('n').and_then(index).map(Self::node);
        let node = text.strip_suffix('\'').map_or_else(|| node(text), |original| node(original).map(Self::twin));
        let id = node.or_else(|| text.strip_prefix('c').and_then(index).map(Self::client));
        id.filter(|id| id.to_string() == text).ok_or(NodeIdError)
    }
}

/// As it is printed for people and files; as a number in the canonical encoding.
impl Serialize for NodeId {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u32(self.0) }
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            u32::deserialize(deserializer).map(Self)
        }
    }
}

/// The place of a process in the run: nodes first, then twins, then clients.
/// It outlives crashes: a restarted node is the same process in its next incarnation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcessId(pub u32);

impl ProcessId {
    /// As an index into tables that have a row for each process.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// Names one operation of one client, the same at every retry of it, so that a protocol can
/// suppress duplicates.
///
/// A client has one operation in flight at a time. Within a session the sequence grows by one for
/// each operation; after an operation whose outcome stays unknown the client goes on under the
/// next session. So for one client `(session, sequence)` only ever grows, and a protocol that
/// remembers the latest pair it applied for each client knows every older one to be stale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// Who asks.
    pub client: NodeId,
    /// The client's session, counted from 0.
    pub session: u32,
    /// The operation's number in its session, counted from 0.
    pub sequence: u32,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}", self.client, self.session, self.sequence))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        let (node, client) = (NodeId::node(TWIN - 1), NodeId::client(TWIN - 1));
        for id in [NodeId::node(0), NodeId::node(0).twin(), node, node.twin(), NodeId::client(0), client] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["", "2", "n", "n-1", "n+1", "n01", "nn", "N1", "n1073741824", "n1''", "c1'", "'"] {
            assert_eq!(text.parse::<NodeId>(), Err(NodeIdError), "{text}");
        }
    }

    #[test]
    fn files_hold_the_names_of_nodes_and_clients() {
        let request = RequestId { client: NodeId::client(1), session: 0, sequence: 7 };
        let json = serde_json::to_string(&request).expect("a request can be written");
        assert_eq!(json, r#"{"client":"c1","session":0,"sequence":7}"#);
        assert_eq!(serde_json::from_str::<RequestId>(&json).expect("and read"), request);
        assert!(serde_json::from_str::<NodeId>("2147483649").is_err());
    }
}
