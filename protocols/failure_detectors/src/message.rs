//! What travels between nodes, what they write down, wait for, and announce, and what clients ask.

use parts::detectors::{Counters, Stamp, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Kinds, NodeId, SimRng, Workload};

/// Names a round of pings: whoever asks gets it back with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Echo {
    /// The boot of the node that asks.
    pub boot: u64,
    /// Its round.
    pub round: u64,
}

/// The messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// A heartbeat.
    Beat(Stamp),
    /// A question whether the receiver is there.
    Ping {
        /// Who wants to know.
        asker: NodeId,
        /// In which round.
        echo: Echo,
    },
    /// The answer, straight to the asker or by way of a proxy.
    Ack {
        /// Who wanted to know.
        asker: NodeId,
        /// Who is there.
        about: NodeId,
        /// In which boot.
        boot: u64,
        /// Which round it answers.
        echo: Echo,
        /// How many answers wait for the disk of who is there.
        queue: u64,
    },
    /// A question whether the receiver, a proxy, can reach somebody.
    PingRequest {
        /// Whom.
        target: NodeId,
        /// In which round of the sender.
        echo: Echo,
    },
    /// All heartbeat counters that the sender knows.
    Gossip(Counters),
}

/// What counts as a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Sign {
    /// A heartbeat.
    Beat,
    /// An answer to a ping.
    Ack,
    /// A counter that has grown.
    Counter,
}

/// What a message says of a node: it was there when it gave this sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// Of whom.
    pub about: NodeId,
    /// What kind of sign.
    pub sign: Sign,
    /// In which boot, and which of the signs; for an answer, the round.
    pub stamp: Stamp,
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// To give signs of life, and to ask for them.
    Tick,
    /// To look at a peer again.
    Judge(NodeId),
    /// To ask others to try a peer that has not answered in this round.
    Indirect(NodeId, u64),
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It boots for this time, and monitors all others.
    Booted(u64),
    /// It monitors this peer from now on.
    Monitors(NodeId),
    /// It no longer does.
    Unmonitored(NodeId),
    /// It suspects a peer.
    Suspected(NodeId),
    /// A suspicion has reached its deadline.
    Failed(NodeId),
    /// A peer that was suspected has booted since and is there again.
    Recovered(NodeId),
    /// A peer that was suspected is there, and was all the time.
    FalsePositive(NodeId),
}

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum DetectorOp {
    /// What the node makes of the others.
    View,
}

/// What a client is told: the status of each peer that the node monitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View(pub Vec<(NodeId, Status)>);

/// What clients ask: always for the view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorWorkload {}

impl Workload for DetectorWorkload {
    type Op = DetectorOp;

    fn operation(&self, _: u32, _: u32, _: &mut SimRng) -> DetectorOp {
        DetectorOp::View
    }
}
