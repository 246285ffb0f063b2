//! What properties read of a node, and nothing else does.

use parts::detectors::{Counters, Opinion, Suspicion};
use sim_core::{Duration, NodeId, Time};

use crate::flaws::DetectorFlaw;
use crate::judge::{Judge, Method};
use crate::message::Heard;
use crate::node::DetectorNode;

impl DetectorNode {
    /// The suspicion against a peer, if there is one.
    pub fn suspicion(&self, peer: NodeId) -> Option<&Suspicion> {
        self.peers.get(&peer)?.record.suspicion()
    }

    /// Those that it monitors.
    pub fn monitored(&self) -> impl Iterator<Item = NodeId> {
        self.peers.keys().copied()
    }

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

impl Judge {
    /// φ of the peer's silence, if the detector has one.
    pub(crate) fn phi(&self, now: Time) -> Option<f64> {
        let (Method::Phi(accrual) | Method::Hybrid { phi: accrual, .. }) = &self.method else { return None };
        let value = accrual.phi(now);
        if self.has(DetectorFlaw::PhiOneMinusCdf) {
            let cdf = 1.0 - libm::exp(-value * std::f64::consts::LN_10);
            return Some(-libm::log10(1.0 - cdf));
        }
        Some(value)
    }

    /// How long the peer may be silent by now, if that is learnt from how long it was silent before.
    pub(super) fn learnt_timeout(&self) -> Option<Duration> {
        match &self.method {
            Method::Jacobson(..) => Some(self.jacobson_timeout()),
            Method::Phi(phi) | Method::Hybrid { phi, .. } => Some(phi.timeout()),
            Method::Timeout(..) | Method::NfdS(_) | Method::NfdE(_) | Method::Metrics(_) => None,
        }
    }
}
