//! Failure detectors as a system that scenarios can name.

use sim_core::{
    FigureRow, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OperationKind, OwedTo, PropertyRow, SystemUnderTest,
};

use super::config::DetectorConfig;
use super::figures;
use super::flaws::DetectorFlaw;
use super::message::{DetectorOp, DetectorWorkload, Message};
use super::node::DetectorNode;
use super::properties;

impl SystemUnderTest for DetectorNode {
    const NAME: &'static str = "failure-detectors";
    const SUMMARY: &'static str =
        "Failure detectors (Chandra and Toueg 1996): heartbeats, pings, gossip, φ, NFD, votes, metrics";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FIGURES: &'static [FigureRow<Self>] = figures::FIGURES;
    const FLAWS: &'static [FlawInfo] = DetectorFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, DetectorOp::KINDS];
    /// A node answers by itself: whoever runs can.
    const LIVENESS: LivenessClaims<Self> =
        LivenessClaims { owed_to: OwedTo::EachClient, operation_kind: |_| OperationKind::Read, ..LivenessClaims::NONE };

    type Config = DetectorConfig;
    type Workload = DetectorWorkload;

    fn node(config: &DetectorConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}
