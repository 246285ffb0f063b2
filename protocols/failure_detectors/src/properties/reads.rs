//! What properties read of a node, and nothing else does.

use parts::detectors::{Counters, Opinion};
use sim_core::{Duration, NodeId, Time};

use crate::message::Heard;
use crate::node::DetectorNode;

impl DetectorNode {
    /// What the detector makes of a peer at this time of the node's clock, if it is monitored.
    pub(super) fn opinion(&self, peer: NodeId, now: Time) -> Option<Opinion> {
        Some(self.peers.get(&peer)?.judge.opinion(now))
    }

    /// φ of a peer, if it is monitored and the detector has one.
    pub(super) fn phi(&self, peer: NodeId, now: Time) -> Option<f64> {
        self.peers.get(&peer)?.judge.phi(now)
    }

    pub(super) fn learnt_timeout(&self, peer: NodeId) -> Option<Duration> {
        self.peers.get(&peer)?.judge.learnt_timeout()
    }

    /// The latest round of pings to a peer.
    pub(super) fn round(&self, peer: NodeId) -> Option<u64> {
        Some(self.known.get(&peer)?.rounds.begun())
    }

    /// The latest round of pings to a peer for which others were asked to try it, and how many of them.
    pub(super) fn asked(&self, peer: NodeId) -> (u64, usize) {
        self.known.get(&peer).map_or((0, 0), |known| known.asked)
    }

    pub(super) const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What the message of the last step says, whether or not it is news.
    pub(super) fn heard(&self) -> &[Heard] {
        &self.heard
    }
}
