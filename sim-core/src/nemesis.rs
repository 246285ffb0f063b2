//! The nemesis: draws a whole plan of faults from the seed.
//!
//! Not every seed suffers everything: each draws a random subset of the families and how hard each
//! hits (swarm testing, Groce et al. 2012), because with every fault slightly on most bugs stay
//! hidden behind one another.

use std::collections::BTreeMap;

use crate::fault::{CrashMoment, CrashSeverity, Fault, FaultKind, Selector, Side};
use crate::network::{CutMode, Latency};
use crate::process::NodeId;
use crate::random::{Probability, SimRng};
use crate::time::{Duration, Time};

/// Which faults are drawn, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nemesis {
    /// The families, and the rhythm of each.
    pub families: BTreeMap<FaultFamily, Rhythm>,
    /// Whether each seed draws a subset of the families, and how hard each hits; otherwise all hit
    /// as declared.
    pub swarm: bool,
}

/// A kind of fault that a nemesis draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultFamily {
    /// Processes crash, between or within steps, one, several or all of them.
    Crash,
    /// The same with the loss of what was not synced.
    PowerLoss,
    /// Groups of nodes do not reach each other, with or without nodes that reach both.
    Partition,
    /// Some nodes are heard and do not hear, or hear and are not heard.
    OneWay,
    /// Messages are lost, doubled and delayed.
    Links,
    /// Some nodes lose messages that they send or receive.
    Omission,
    /// Nodes pause.
    Pause,
    /// Nodes become slow.
    Slow,
}

/// How often the faults of a family come, and how long they last, on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Mean time from one fault of the family to the next.
    pub between: Duration,
    /// Mean time that a fault lasts, or that a node is down.
    pub lasts: Duration,
}

/// The stream of the generator that draws plans. It is part of what a seed means.
const STREAM: u64 = 0x006e_656d_6573_6973;

/// Ends a plan that has grown absurdly long.
const MOST_FAULTS: usize = 10_000;

impl Nemesis {
    /// The faults of the run with `seed`, none of them at or after `until`. `roles` are those that
    /// nodes of the protocol can have.
    pub fn plan(&self, seed: u64, nodes: u32, roles: &[&str], until: Time) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (family, rhythm) in &self.families {
            // Every family has a stream of its own, so that one more family changes no other.
            let mut rng = SimRng::new(seed, STREAM + *family as u64);
            if !self.swarm || rng.chance(Probability::ratio(1, 2)) {
                let rhythm = if self.swarm { rhythm.intensified(&mut rng) } else { *rhythm };
                let mut draw = Draw { rng, nodes, roles };
                draw.family(*family, rhythm, until, &mut faults);
            }
        }
        faults
    }
}

impl Rhythm {
    /// From twice as rare to sixteen times as often, from twice as long to a sixteenth, each factor
    /// of two as likely as the next.
    fn intensified(self, rng: &mut SimRng) -> Self {
        let scaled = |span: Duration, halvings: u64| span * 2 / (1 << halvings);
        Self { between: scaled(self.between, rng.below(6)), lasts: scaled(self.lasts, rng.below(6)) }
    }
}

struct Draw<'r> {
    rng: SimRng,
    nodes: u32,
    roles: &'r [&'r str],
}

impl Draw<'_> {
    fn family(&mut self, family: FaultFamily, rhythm: Rhythm, until: Time, faults: &mut Vec<Fault>) {
        let mut at = Time::ZERO;
        while faults.len() < MOST_FAULTS {
            // A rhythm without any pause would never come to an end.
            at = at.saturating_add(self.rng.exponential(rhythm.between)).saturating_add(Duration::from_nanos(1));
            if at >= until {
                return;
            }
            let lasts = self.rng.exponential(rhythm.lasts);
            faults.push(self.fault(family, at, lasts));
        }
    }

    fn fault(&mut self, family: FaultFamily, at: Time, lasts: Duration) -> Fault {
        let kind = match family {
            FaultFamily::Crash => return Fault::at(at, self.crash(CrashSeverity::Process, lasts)),
            FaultFamily::PowerLoss => return Fault::at(at, self.crash(CrashSeverity::PowerLoss, lasts)),
            FaultFamily::Partition => self.partition(),
            FaultFamily::OneWay => self.one_way(),
            FaultFamily::Links => self.links(),
            FaultFamily::Omission => self.omission(),
            FaultFamily::Pause => FaultKind::Pause { targets: self.some_node() },
            FaultFamily::Slow => {
                let step_takes = self.rng.duration(Duration::from_micros(500), Duration::from_millis(20));
                FaultKind::Slow { targets: self.some_node(), step_takes }
            }
        };
        Fault::at(at, kind).lasting(lasts)
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.rng.below(times) == 0
    }

    fn random_node(&mut self) -> Selector {
        Selector::Node(NodeId::node(self.rng.below(u64::from(self.nodes)) as u32))
    }

    /// A node: any, or whoever has some role.
    fn some_node(&mut self) -> Selector {
        if self.roles.is_empty() || !self.one_in(3) {
            return self.random_node();
        }
        let role = self.rng.below(self.roles.len() as u64) as usize;
        Selector::Role(self.roles[role].to_owned())
    }

    fn crash(&mut self, severity: CrashSeverity, down: Duration) -> FaultKind {
        let targets = match self.rng.below(12) {
            0 => Selector::All,
            1 => Selector::Random(self.rng.between(1, u64::from(self.nodes)) as u32),
            _ => self.some_node(),
        };
        let moment = if self.one_in(2) { CrashMoment::MidStep } else { CrashMoment::AtOnce };
        FaultKind::Crash { targets, severity, moment, restart_after: Some(down) }
    }

    fn mode(&mut self) -> CutMode {
        if self.one_in(4) { CutMode::Hold } else { CutMode::Drop }
    }

    /// One node, or a random group, against the rest; now and then with a node in between that
    /// reaches both sides.
    fn partition(&mut self) -> FaultKind {
        let mode = self.mode();
        if self.one_in(2) {
            let groups = vec![vec![self.some_node()], vec![Selector::Others]];
            return FaultKind::Partition { groups, mode };
        }
        let mut nodes: Vec<u32> = (0..self.nodes).collect();
        self.rng.shuffle(&mut nodes);
        let cut = self.rng.between(1, u64::from(self.nodes.saturating_sub(1).max(1))) as usize;
        let group = |nodes: &[u32]| nodes.iter().map(|n| Selector::Node(NodeId::node(*n))).collect::<Vec<_>>();
        let bridge = usize::from(self.nodes > 2 && self.one_in(4));
        let groups = vec![group(&nodes[..cut]), group(&nodes[cut - bridge..])];
        FaultKind::Partition { groups, mode }
    }

    fn one_way(&mut self) -> FaultKind {
        let (one, mode) = (self.some_node(), self.mode());
        if self.one_in(2) {
            FaultKind::OneWay { from: one, to: Selector::Others, mode }
        } else {
            FaultKind::OneWay { from: Selector::Others, to: one, mode }
        }
    }

    fn links(&mut self) -> FaultKind {
        let targets = if self.one_in(2) { Selector::All } else { self.some_node() };
        let up_to = |rng: &mut SimRng, most: u64| Probability::ratio(rng.below(most) as u32, 100);
        let (loss, duplicate) = (up_to(&mut self.rng, 30), up_to(&mut self.rng, 30));
        let longest = self.rng.exponential(Duration::from_millis(150));
        FaultKind::Links { targets, loss, duplicate, delay: Some(Latency::Uniform(Duration::ZERO, longest)) }
    }

    fn omission(&mut self) -> FaultKind {
        let side = if self.one_in(2) { Side::Send } else { Side::Receive };
        let rate = Probability::ratio(self.rng.between(20, 100) as u32, 100);
        FaultKind::Omission { targets: self.some_node(), side, rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nemesis(swarm: bool) -> Nemesis {
        use FaultFamily::{Crash, Links, Omission, OneWay, Partition, Pause, PowerLoss, Slow};
        let rhythm = Rhythm { between: Duration::from_secs(2), lasts: Duration::from_secs(1) };
        let families = [Crash, PowerLoss, Partition, OneWay, Links, Omission, Pause, Slow];
        Nemesis { families: families.map(|family| (family, rhythm)).into(), swarm }
    }

    fn plan(nemesis: &Nemesis, seed: u64) -> Vec<Fault> {
        nemesis.plan(seed, 5, &["leader"], Time::ZERO + Duration::from_secs(20))
    }

    #[test]
    fn every_kind_of_fault_is_drawn_and_a_seed_always_draws_the_same() {
        let all: Vec<Fault> = plan(&nemesis(false), 1);
        assert_eq!(all, plan(&nemesis(false), 1));
        assert_ne!(all, plan(&nemesis(false), 2));
        let mut kinds: Vec<&str> = (0..20).flat_map(|s| plan(&nemesis(false), s)).map(|f| f.kind.name()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let expected = [
            "crash",
            "links",
            "one_way",
            "partition",
            "pause",
            "power_loss",
            "receive_omission",
            "send_omission",
            "slow",
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_swarm_leaves_families_out() {
        let has = |plan: &[Fault], kind: &str| plan.iter().any(|fault| fault.kind.name() == kind);
        let with = (0..100).filter(|seed| has(&plan(&nemesis(true), *seed), "pause")).count();
        assert!((30..70).contains(&with), "{with} of 100 seeds pause nodes");
    }

    #[test]
    fn one_family_less_changes_no_other() {
        let mut less = nemesis(false);
        less.families.remove(&FaultFamily::Crash);
        let mut expected = plan(&nemesis(false), 3);
        expected.retain(|fault| fault.kind.name() != "crash");
        assert_eq!(plan(&less, 3), expected);
    }
}
