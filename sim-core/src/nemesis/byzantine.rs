//! Byzantine nodes that a nemesis draws: who, which layers, which rounds.
//!
//! As ByzzFuzz does (Winter et al., "Randomized Testing of Byzantine Fault Tolerant Algorithms",
//! OOPSLA 2023), a few rounds of the protocol are drawn in which messages of Byzantine nodes are
//! mutated, and a few in which the network is partitioned; the rest of the run is left alone.

use std::collections::BTreeSet;

use super::{Draw, Rhythm};
use crate::byzantine::Misconduct;
use crate::fault::{Fault, FaultKind, MessageFilter, Selector};
use crate::network::{CutMode, Latency};
use crate::process::NodeId;
use crate::random::Probability;
use crate::time::{Duration, Time};

/// Which Byzantine nodes a nemesis draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByzantineNemesis {
    /// How many nodes at most; without, as many as the protocol claims to survive.
    pub nodes: Option<u32>,
    /// What they may be.
    pub layers: BTreeSet<Layer>,
    /// Rounds are drawn from 0 to this one.
    pub last_round: u64,
    /// In how many rounds at most messages of one node are mutated.
    pub mutated_rounds: u32,
    /// In how many rounds at most the network is partitioned.
    pub partitioned_rounds: u32,
    /// What is not aimed at rounds: how often it begins, and how long it lasts.
    pub rhythm: Rhythm,
}

/// A way of being Byzantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Two processes under the node's identity.
    Twins,
    /// The node mutates, withholds, delays and repeats its messages.
    Mutations,
    /// One of the protocol's scripts acts for it, and for all others that it acts for at once.
    Adversaries,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Twins, Self::Mutations, Self::Adversaries];
}

impl ByzantineNemesis {
    /// Draws up to `most` Byzantine nodes and what they do before `until`.
    pub(super) fn plan(&self, draw: &mut Draw<'_>, most: u32, adversaries: &[String], until: Time) -> Vec<Fault> {
        let most = self.nodes.unwrap_or(most).min(draw.nodes);
        let layers =
            self.layers.iter().copied().filter(|layer| *layer != Layer::Adversaries || !adversaries.is_empty());
        let layers: Vec<Layer> = layers.collect();
        // Now and then nobody is Byzantine, so that the other families have the run for themselves.
        if most == 0 || layers.is_empty() || draw.one_in(8) {
            return Vec::new();
        }
        let mut nodes: Vec<u32> = (0..draw.nodes).collect();
        draw.rng.shuffle(&mut nodes);
        nodes.truncate(draw.rng.between(1, u64::from(most)) as usize);
        nodes.sort_unstable();
        let nodes: Vec<NodeId> = nodes.into_iter().map(NodeId::node).collect();
        let mut faults = Vec::new();
        let mut twins = Vec::new();
        if layers.contains(&Layer::Adversaries) && draw.one_in(layers.len() as u64) {
            let name = adversaries[draw.rng.below(adversaries.len() as u64) as usize].clone();
            let targets = nodes.iter().copied().map(Selector::Node).collect();
            faults.push(Fault::at(Time::ZERO, FaultKind::Adversary { name, targets }));
        } else {
            let layers: Vec<Layer> = layers.into_iter().filter(|layer| *layer != Layer::Adversaries).collect();
            for node in nodes.iter().filter(|_| !layers.is_empty()) {
                let layer = layers[draw.rng.below(layers.len() as u64) as usize];
                let is_both = layers.len() > 1 && draw.one_in(4);
                if layer == Layer::Twins || is_both {
                    twins.push(*node);
                    faults.push(draw.twin(*node, until));
                }
                if layer == Layer::Mutations || is_both {
                    self.lies(draw, *node, until, &mut faults);
                }
            }
        }
        self.partitions(draw, &twins, until, &mut faults);
        faults
    }

    /// What a node does to its messages: in a few rounds, or for a few whiles.
    fn lies(&self, draw: &mut Draw<'_>, node: NodeId, until: Time, faults: &mut Vec<Fault>) {
        if self.mutated_rounds > 0 && draw.one_in(2) {
            for _ in 0..draw.rng.between(1, u64::from(self.mutated_rounds)) {
                let round = draw.rng.below(self.last_round.saturating_add(1));
                let messages = MessageFilter { rounds: Some((round, round)), ..MessageFilter::ALL };
                faults.push(Fault::at(Time::ZERO, draw.lie(node, messages)));
            }
            return;
        }
        let mut at = Time::ZERO;
        loop {
            let lasts = draw.rng.exponential(self.rhythm.lasts * 4);
            let messages = MessageFilter::rate(Probability::ratio(draw.rng.between(10, 100) as u32, 100));
            faults.push(Fault::at(at, draw.lie(node, messages)).lasting(lasts));
            at = at.saturating_add(draw.rng.exponential(self.rhythm.between)).saturating_add(Duration::from_nanos(1));
            if at >= until || faults.len() >= super::MOST_FAULTS {
                return;
            }
        }
    }

    /// Partitions of a few rounds, or for a few whiles. Twins are on different sides, and others may
    /// be on both.
    fn partitions(&self, draw: &mut Draw<'_>, twins: &[NodeId], until: Time, faults: &mut Vec<Fault>) {
        if self.partitioned_rounds == 0 {
            return;
        }
        let count = draw.rng.below(u64::from(self.partitioned_rounds) + 1);
        let by_round = !draw.is_reliable && draw.one_in(2);
        let mut at = Time::ZERO;
        for _ in 0..count {
            let (groups, round) = (draw.sides(twins), draw.rng.below(self.last_round.saturating_add(1)));
            let (between, lasts) = (draw.rng.exponential(self.rhythm.between), draw.rng.exponential(self.rhythm.lasts));
            if by_round {
                let kind = FaultKind::Partition { groups, mode: CutMode::Drop, rounds: Some((round, round)) };
                faults.push(Fault::at(Time::ZERO, kind));
            } else if at < until {
                let mode = draw.mode();
                faults.push(Fault::at(at, FaultKind::Partition { groups, mode, rounds: None }).lasting(lasts));
                at = at.saturating_add(between).saturating_add(Duration::from_nanos(1));
            }
        }
    }
}

impl Draw<'_> {
    fn twin(&mut self, node: NodeId, until: Time) -> Fault {
        let half = until.as_nanos() / 2;
        let at = if self.one_in(4) && half > 0 { Time::from_nanos(self.rng.below(half)) } else { Time::ZERO };
        Fault::at(at, FaultKind::Twin { targets: Selector::Node(node) })
    }

    fn lie(&mut self, node: NodeId, messages: MessageFilter) -> FaultKind {
        let misconduct = match self.rng.below(8) {
            0 => Misconduct::Silence,
            1 => {
                let longest = self.rng.duration(Duration::from_millis(10), Duration::from_secs(1));
                Misconduct::Stall(Latency::Uniform(longest / 2, longest))
            }
            2 => Misconduct::Stale,
            _ => Misconduct::Mutate,
        };
        let mut others: Vec<u32> = (0..self.nodes).filter(|other| *other != node.index()).collect();
        self.rng.shuffle(&mut others);
        others.truncate(self.rng.below(u64::from(self.nodes)) as usize);
        others.sort_unstable();
        // Nobody in particular is everybody.
        let to = others.into_iter().map(|other| Selector::Node(NodeId::node(other))).collect();
        FaultKind::Lie { targets: Selector::Node(node), to, messages, misconduct }
    }

    /// Two sides of the network, which may overlap.
    fn sides(&mut self, twins: &[NodeId]) -> Vec<Vec<Selector>> {
        let mut sides = vec![Vec::new(), Vec::new()];
        for node in (0..self.nodes).map(NodeId::node) {
            if twins.contains(&node) {
                let side = self.rng.below(2) as usize;
                sides[side].push(Selector::Node(node));
                sides[1 - side].push(Selector::Node(node.twin()));
                continue;
            }
            let place = self.rng.below(8);
            for (number, side) in (0..).zip(&mut sides) {
                // One in eight is on both.
                if place == 0 || place % 2 == number {
                    side.push(Selector::Node(node));
                }
            }
        }
        for (number, side) in sides.iter_mut().enumerate() {
            if side.is_empty() {
                side.push(Selector::Node(NodeId::node(number as u32 % self.nodes)));
            }
        }
        sides
    }
}
