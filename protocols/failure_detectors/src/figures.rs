//! How good the detectors are: the metrics of Chen, Toueg and Aguilera (2002), measured of all ordered pairs of nodes.

use std::collections::BTreeMap;

use parts::detectors::{PairQuality, Quality};
use sim_core::{Figure, FigureRow, Measure, NodeId, Step, StepKind, World};

use super::config::DetectorConfig;
use super::message::Event;
use super::node::DetectorNode;

/// All figures.
pub(super) const FIGURES: &[FigureRow<DetectorNode>] = &[
    FigureRow::<DetectorNode> {
        name: "query accuracy",
        summary: "P_A: the share of the time in which two nodes are up that one of them trusts the other.",
        source: "Chen, Toueg and Aguilera 2002, section 2.2",
        make: |config| QualityOfService::picking(config, accuracy),
    },
    FigureRow::<DetectorNode> {
        name: "mistake rate",
        summary: "λ_M: how often in a second a node that is up begins to be suspected by one other.",
        source: "Chen, Toueg and Aguilera 2002, section 2.3",
        make: |config| QualityOfService::picking(config, mistake_rate),
    },
    FigureRow::<DetectorNode> {
        name: "mistake duration",
        summary: "T_M: for how many seconds a node that is up is suspected, each time.",
        source: "Chen, Toueg and Aguilera 2002, section 2.2",
        make: |config| QualityOfService::picking(config, mistake_duration),
    },
    FigureRow::<DetectorNode> {
        name: "detection time",
        summary: "T_D: how many seconds there are from a crash to the suspicion that lasts until the restart.",
        source: "Chen, Toueg and Aguilera 2002, section 2.2",
        make: |config| QualityOfService::picking(config, detection_time),
    },
    FigureRow::<DetectorNode> {
        name: "missed crashes",
        summary: "The share of the crashes that were not detected within the declared bound: false negatives.",
        source: "Chandra and Toueg 1996: strong completeness, within a bound",
        make: |config| QualityOfService::picking(config, missed),
    },
];

const SECOND: f64 = 1e9;

fn accuracy(quality: &Quality) -> Figure {
    let [up, mistaken] = [quality.up, quality.mistaken].map(|span| span.as_nanos() as f64);
    Figure { part: up - mistaken, whole: up }
}

fn mistake_rate(quality: &Quality) -> Figure {
    Figure { part: quality.mistakes as f64, whole: quality.up.as_nanos() as f64 / SECOND }
}

fn mistake_duration(quality: &Quality) -> Figure {
    let mistaken = quality.mistaken - quality.outdated;
    Figure { part: mistaken.as_nanos() as f64 / SECOND, whole: quality.mistakes as f64 }
}

fn detection_time(quality: &Quality) -> Figure {
    let sum: f64 = quality.detections.iter().map(|took| took.as_nanos() as f64 / SECOND).sum();
    Figure { part: sum, whole: quality.detections.len() as f64 }
}

fn missed(quality: &Quality) -> Figure {
    Figure { part: quality.missed as f64, whole: quality.crashes as f64 }
}

/// Measures all pairs, by what really happens and what is announced, in true time.
struct QualityOfService {
    config: DetectorConfig,
    pairs: BTreeMap<(NodeId, NodeId), PairQuality>,
    pick: fn(&Quality) -> Figure,
}

impl QualityOfService {
    fn picking(config: &DetectorConfig, pick: fn(&Quality) -> Figure) -> Box<dyn Measure<DetectorNode>> {
        Box::new(Self { config: config.clone(), pairs: BTreeMap::new(), pick })
    }

    fn pair(&mut self, world: &World<'_, DetectorNode>, me: NodeId, peer: NodeId) -> &mut PairQuality {
        let within = self.config.detects_within(world.node_ids().len()) + self.config.message_delay;
        self.pairs.entry((me, peer)).or_insert_with(|| PairQuality::new(within))
    }
}

impl Measure<DetectorNode> for QualityOfService {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) {
        if step.kind == StepKind::Client {
            return;
        }
        let (me, now) = (world.identity(step.process), world.now());
        let others = world.node_ids().iter().copied().filter(|node| *node != me);
        for peer in others {
            match step.kind {
                StepKind::Boot => {
                    self.pair(world, me, peer).monitors(now);
                    self.pair(world, peer, me).restarted(now);
                }
                StepKind::Crash => {
                    self.pair(world, me, peer).stops(now);
                    self.pair(world, peer, me).crashed(now);
                }
                _ => {}
            }
        }
        for event in step.events {
            match event {
                Event::Booted(_) | Event::Failed(_) => {}
                Event::Monitors(peer) => self.pair(world, me, *peer).monitors(now),
                Event::Unmonitored(peer) => self.pair(world, me, *peer).stops(now),
                Event::Suspected(peer) => self.pair(world, me, *peer).suspects(now),
                Event::Recovered(peer) | Event::FalsePositive(peer) => self.pair(world, me, *peer).trusts(now),
            }
        }
    }

    fn at_end(&mut self, world: &World<'_, DetectorNode>) -> Figure {
        let mut all = Quality::default();
        self.pairs.values().for_each(|pair| all += &pair.clone().end(world.now()));
        (self.pick)(&all)
    }
}
