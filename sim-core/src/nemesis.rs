//! The nemesis: draws a whole plan of faults from the seed.
//!
//! Not every seed suffers everything: each draws a random subset of the families and how hard each
//! hits (swarm testing, Groce et al. 2012), because with every fault slightly on most bugs stay
//! hidden behind one another.

mod build;
mod byzantine;

use std::collections::BTreeMap;

use crate::fault::{
    Bandwidth, CrashMoment, CrashSeverity, Ends, FailedWrites, Fault, FaultKind, LinkTrouble, MessageFilter, Milestone,
    Repeat, Replays, Selector,
};
use crate::model::{Assumption, FaultModel};
use crate::network::{CutMode, Latency};
use crate::process::NodeId;
use crate::random::{Probability, SimRng};
use crate::time::{Duration, Time};

pub use byzantine::{ByzantineNemesis, Layer};

/// Which faults are drawn, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nemesis {
    /// The families, and the rhythm of each.
    pub families: BTreeMap<FaultFamily, Rhythm>,
    /// Byzantine nodes, if there are any.
    pub byzantine: Option<ByzantineNemesis>,
    /// Whether each seed draws a subset of the families, and how hard each hits: from half as often to
    /// sixteen times as often as declared, for twice as long to a sixteenth. Otherwise all hit as declared.
    pub swarm: bool,
    /// Whether it may go beyond what the protocol claims to survive.
    pub unrestricted: bool,
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
    /// Partitions that are none: bridges, rings of overlapping majorities, random links, flapping
    /// links, nodes that go and come back one by one.
    PartialPartition,
    /// Old messages arrive once more.
    Replay,
    /// Wall clocks jump, clocks run fast or slow, timers are late.
    Clock,
    /// Disks are slow or full, and syncs fail.
    Disk,
    /// Power fails, and disks that reorder their writes keep any of what was not synced.
    Reordering,
    /// Disks are wiped, and records become unreadable.
    Storage,
    /// Operators ask for actions of the protocol.
    Operator,
    /// Messages are corrupted on their way. A checksum catches that, or, where the protocol claims to
    /// notice it itself, does not.
    Corruption,
    /// Little gets through links.
    Bandwidth,
    /// Nodes that boot cannot read all of their records.
    ReadError,
    /// Syncs fail, and what they were to cover can be read until the power fails.
    PhantomWrites,
    /// A part of the messages of one link is withheld for a while, so that they are overtaken.
    Starvation,
    /// Faults that are placed by what happens, not by time: the network is disturbed a little, and when
    /// some node then comes into a state that the protocol has a name for, takes a role, or announces
    /// one of the events that runs are to reach, something fails.
    Aimed,
}

/// What plans depend on beside the seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'f> {
    pub(crate) nodes: u32,
    /// Roles that nodes of the protocol can have.
    pub(crate) roles: &'f [&'f str],
    /// What operators can ask for.
    pub(crate) actions: &'f [&'f str],
    /// States of nodes that faults can wait for.
    pub(crate) states: &'f [&'f str],
    /// Events that runs are to reach.
    pub(crate) goals: &'f [String],
    /// Whether links keep the order of messages, so that there is nothing to replay.
    pub(crate) fifo: bool,
    /// Scripts that can act for nodes.
    pub(crate) adversaries: &'f [String],
    /// What the protocol claims to survive.
    pub(crate) model: &'f FaultModel,
}

/// How often the faults of a family come, and how long they last, on average; with
/// [`swarm`](Nemesis::swarm), before each seed scales it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Mean time from one fault of the family to the next.
    pub between: Duration,
    /// Mean time that a fault lasts, or that a node is down.
    pub lasts: Duration,
}

/// The stream of the generator that draws plans. It is part of what a seed means.
const STREAM: u64 = 0x006e_656d_6573_6973;

/// What the stream of Byzantine nodes adds to that.
const BYZANTINE: u64 = 0x100;

/// What the stream of the protocol's settings adds to that.
const SETTINGS: u64 = 0x200;

/// From what a seed draws settings of the protocol ([`Switch`](crate::Switch)).
pub fn settings_rng(seed: u64) -> SimRng {
    SimRng::new(seed, STREAM + SETTINGS)
}

/// Ends a plan that has grown absurdly long.
const MOST_FAULTS: usize = 10_000;

impl Nemesis {
    /// The faults of the run with `seed`, none of them at or after `until`.
    pub(crate) fn plan(&self, seed: u64, field: Field<'_>, until: Time) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (family, rhythm) in &self.families {
            // Every family has a stream of its own, so that one more family changes no other.
            let mut rng = SimRng::new(seed, STREAM + *family as u64);
            if *family == FaultFamily::Replay && field.fifo {
                continue;
            }
            if !self.swarm || rng.chance(Probability::ratio(1, 2)) {
                let rhythm = if self.swarm { rhythm.intensified(&mut rng) } else { *rhythm };
                self.draw(rng, field).family(*family, rhythm, until, &mut faults);
            }
        }
        if let Some(byzantine) = &self.byzantine {
            let mut draw = self.draw(SimRng::new(seed, STREAM + BYZANTINE), field);
            let drawn = byzantine.plan(&mut draw, field.model.most_byzantine(), field.adversaries, until);
            faults.extend(drawn);
        }
        if field.model.bounds_crashes() && !self.unrestricted {
            faults.iter_mut().filter(|fault| fault.kind.facts().takes_down).for_each(|fault| fault.within_model = true);
        }
        if field.model.detects_within().is_some() {
            faults = faults.into_iter().map(|fault| Fault { kind: fault.kind.for_good(), ..fault }).collect();
        }
        faults
    }

    fn draw<'r>(&self, rng: SimRng, field: Field<'r>) -> Draw<'r> {
        let most_drift = field.model.clock_rate().filter(|_| !self.unrestricted).unwrap_or(MOST_DRIFT);
        let is_reliable = field.model.has_reliable_links() && !self.unrestricted;
        let is_intact = field.model.has_intact_messages() && !self.unrestricted;
        let Field { nodes, roles, actions, states, goals, .. } = field;
        Draw { rng, nodes, roles, actions, states, goals, most_drift, is_reliable, is_intact }
    }

    /// How many Byzantine nodes `model` claims to survive, if it is to draw more than that although
    /// it is restricted, or is to draw none at all because it is left to the model.
    pub fn too_byzantine(&self, model: &FaultModel) -> Option<u32> {
        let (wanted, most) = (self.byzantine.as_ref()?.nodes, model.most_byzantine());
        let is_too_many = match wanted {
            Some(wanted) => wanted > most && !self.unrestricted,
            None => most == 0,
        };
        is_too_many.then_some(most)
    }

    /// The families that go beyond what `model` claims to survive, unless that is wanted.
    pub fn beyond(&self, model: &FaultModel) -> Vec<(FaultFamily, Assumption)> {
        let broken = |family: &FaultFamily| {
            let mut assumptions = model.safety.iter().chain(&model.liveness);
            assumptions.find(|assumption| family.breaks(assumption)).map(|assumption| (*family, *assumption))
        };
        if self.unrestricted { Vec::new() } else { self.families.keys().filter_map(broken).collect() }
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

impl FaultFamily {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Crash,
        Self::PowerLoss,
        Self::Partition,
        Self::OneWay,
        Self::Links,
        Self::Omission,
        Self::Pause,
        Self::Slow,
        Self::PartialPartition,
        Self::Replay,
        Self::Clock,
        Self::Disk,
        Self::Reordering,
        Self::Storage,
        Self::Operator,
        Self::Corruption,
        Self::Bandwidth,
        Self::ReadError,
        Self::PhantomWrites,
        Self::Starvation,
        Self::Aimed,
    ];

    /// Whether its faults break an assumption, other than by their number or size, which a nemesis
    /// keeps to what is allowed.
    const fn breaks(self, assumption: &Assumption) -> bool {
        match assumption {
            Assumption::DurableDisks => matches!(self, Self::Storage),
            Assumption::SteadyWallClocks => matches!(self, Self::Clock),
            Assumption::NoPhantomWrites => matches!(self, Self::PhantomWrites),
            // Cuts hold messages back, and links only delay and double them.
            Assumption::ReliableLinks => matches!(self, Self::Omission | Self::Corruption),
            Assumption::OrderedLinks => matches!(self, Self::Replay),
            Assumption::Synchronous { .. } => matches!(
                self,
                Self::Partition
                    | Self::OneWay
                    | Self::Links
                    | Self::Omission
                    | Self::PartialPartition
                    | Self::Pause
                    | Self::Slow
                    | Self::Clock
                    | Self::Disk
                    | Self::Corruption
                    | Self::Bandwidth
                    | Self::Starvation
                    | Self::Aimed
            ),
            Assumption::IntactMessages
            | Assumption::ClockRate { .. }
            | Assumption::DownAtMost(_)
            | Assumption::NeverFails(_)
            | Assumption::PerfectDetector { .. }
            | Assumption::ByzantineAtMost(_) => false,
        }
    }
}

/// Clocks gain or lose at most this much where the protocol knows no bound, in parts per million.
const MOST_DRIFT: u32 = 100_000;

struct Draw<'r> {
    rng: SimRng,
    nodes: u32,
    roles: &'r [&'r str],
    actions: &'r [&'r str],
    states: &'r [&'r str],
    goals: &'r [String],
    most_drift: u32,
    /// Whether messages must arrive, sooner or later.
    is_reliable: bool,
    /// Whether what arrives must be what was sent.
    is_intact: bool,
}

impl Draw<'_> {
    fn family(&mut self, family: FaultFamily, rhythm: Rhythm, until: Time, faults: &mut Vec<Fault>) {
        let mut at = Time::ZERO;
        let is_idle = match family {
            FaultFamily::Operator => self.actions.is_empty(),
            FaultFamily::Starvation => self.nodes < 2,
            FaultFamily::Aimed => self.nodes < 2 || self.milestones().is_empty(),
            _ => false,
        };
        while faults.len() < MOST_FAULTS && !is_idle {
            // A rhythm without any pause would never come to an end.
            at = at.saturating_add(self.rng.exponential(rhythm.between)).saturating_add(Duration::from_nanos(1));
            if at >= until {
                return;
            }
            let lasts = self.rng.exponential(rhythm.lasts);
            match family {
                FaultFamily::Aimed => faults.extend(self.aimed(at, lasts)),
                family => faults.push(self.fault(family, at, lasts)),
            }
        }
    }

    fn fault(&mut self, family: FaultFamily, at: Time, lasts: Duration) -> Fault {
        let mut repeat = None;
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
            FaultFamily::PartialPartition => {
                let kind = self.partial_partition();
                // A swizzle comes and goes by itself.
                if !matches!(kind, FaultKind::Swizzle { .. }) && self.one_in(3) {
                    repeat = Some(self.flapping());
                }
                kind
            }
            FaultFamily::Replay => self.replays(),
            FaultFamily::Clock => match self.clock() {
                jump @ FaultKind::ClockJump { .. } if self.one_in(2) => return Fault::at(at, jump),
                kind => kind,
            },
            FaultFamily::Disk => self.disk(lasts),
            FaultFamily::Reordering => return Fault::at(at, self.crash(CrashSeverity::ReorderingPowerLoss, lasts)),
            FaultFamily::Storage => return Fault::at(at, self.storage(lasts)),
            FaultFamily::Operator => return Fault::at(at, self.operator()),
            FaultFamily::Corruption => self.corruption(),
            FaultFamily::Bandwidth => self.bandwidth(),
            FaultFamily::ReadError => {
                let rate = Probability::ratio(self.rng.between(20, 100) as u32, 100);
                FaultKind::ReadError { targets: self.some_node(), rate, restart_after: Some(lasts) }
            }
            FaultFamily::Starvation | FaultFamily::Aimed => self.starvation(),
            FaultFamily::PhantomWrites => {
                let rate = Probability::ratio(self.rng.between(1, 100) as u32, 100);
                let (targets, restart_after) = (self.some_node(), Some(lasts));
                FaultKind::FailingSync { targets, rate, writes: FailedWrites::Phantom, restart_after }
            }
        };
        let fault = Fault::at(at, kind).lasting(lasts);
        Fault { repeat, ..fault }
    }

    fn partial_partition(&mut self) -> FaultKind {
        let mode = self.mode();
        match self.rng.below(5) {
            0 => FaultKind::Bridge { targets: self.some_node(), mode },
            1 => FaultKind::MajorityRing { mode },
            2 => FaultKind::RandomLinks { rate: Probability::ratio(self.rng.between(10, 70) as u32, 100), mode },
            3 => FaultKind::Swizzle { targets: Selector::All, mode },
            _ => FaultKind::Partition {
                groups: vec![vec![self.some_node()], vec![Selector::Others]],
                mode,
                rounds: None,
            },
        }
    }

    fn flapping(&mut self) -> Repeat {
        let every = self.rng.duration(Duration::from_millis(50), Duration::from_secs(1));
        Repeat { every, on: Some(every / self.rng.between(2, 5)), same_targets: true }
    }

    fn replays(&mut self) -> FaultKind {
        let targets = if self.one_in(2) { Selector::All } else { self.some_node() };
        let rate = Probability::ratio(self.rng.between(5, 50) as u32, 100);
        let longest = self.rng.duration(Duration::from_millis(100), Duration::from_secs(5));
        let replays = Some(Replays { rate, after: Latency::Uniform(Duration::from_millis(10), longest) });
        FaultKind::links(targets, LinkTrouble { replays, ..LinkTrouble::default() })
    }

    fn clock(&mut self) -> FaultKind {
        let targets = self.some_node();
        match self.rng.below(3) {
            0 => FaultKind::ClockJump {
                targets,
                by: self.rng.duration(Duration::from_millis(1), Duration::from_secs(100)),
                backward: self.one_in(2),
            },
            1 => {
                let most = i64::from(self.most_drift);
                let ppm = self.rng.below(self.most_drift as u64 * 2 + 1) as i64 - most;
                FaultKind::Drift { targets, ppm: ppm as i32 }
            }
            _ => {
                let longest = self.rng.duration(Duration::from_millis(1), Duration::from_millis(200));
                FaultKind::late_timers(targets, Latency::Uniform(Duration::ZERO, longest))
            }
        }
    }

    fn disk(&mut self, lasts: Duration) -> FaultKind {
        let (targets, restart_after) = (self.some_node(), Some(lasts));
        match self.rng.below(3) {
            0 => {
                let longest = self.rng.duration(Duration::from_millis(1), Duration::from_millis(100));
                FaultKind::SlowDisk { targets, sync: (longest / 2, longest) }
            }
            1 => {
                let rate = Probability::ratio(self.rng.between(1, 100) as u32, 100);
                let writes = if self.one_in(2) { FailedWrites::Gone } else { FailedWrites::Unsynced };
                FaultKind::FailingSync { targets, rate, writes, restart_after }
            }
            _ => FaultKind::FullDisk { targets, restart_after },
        }
    }

    fn storage(&mut self, down: Duration) -> FaultKind {
        let targets = self.some_node();
        if self.one_in(2) {
            return FaultKind::CorruptRecord { targets };
        }
        let (severity, moment) = (CrashSeverity::Process, CrashMoment::AtOnce);
        FaultKind::Crash { targets, severity, moment, restart_after: Some(down), wiped: true, lost: None }
    }

    /// An action about one node or a random set, asked mostly of whoever has a role.
    fn operator(&mut self) -> FaultKind {
        let action = self.actions[self.rng.below(self.actions.len() as u64) as usize].to_owned();
        let role = self.roles.first().filter(|_| self.rng.below(4) > 0);
        let targets = role.map_or_else(|| Selector::All, |role| Selector::Role((*role).to_owned()));
        let count = if self.one_in(2) { 1 } else { self.rng.between(1, u64::from(self.nodes)) };
        let mut nodes: Vec<u32> = (0..self.nodes).collect();
        self.rng.shuffle(&mut nodes);
        let nodes = nodes.into_iter().take(count as usize).map(|node| Selector::Node(NodeId::node(node))).collect();
        FaultKind::Operator { targets, action, nodes }
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
        FaultKind::Crash { targets, severity, moment, restart_after: Some(down), wiped: false, lost: None }
    }

    /// What becomes of messages where the network is cut.
    fn mode(&mut self) -> CutMode {
        if self.is_reliable || self.one_in(4) { CutMode::Hold } else { CutMode::Drop }
    }

    /// One node, or a random group, against the rest; now and then with a node in between that
    /// reaches both sides.
    fn partition(&mut self) -> FaultKind {
        let mode = self.mode();
        if self.one_in(2) {
            let groups = vec![vec![self.some_node()], vec![Selector::Others]];
            return FaultKind::Partition { groups, mode, rounds: None };
        }
        let mut nodes: Vec<u32> = (0..self.nodes).collect();
        self.rng.shuffle(&mut nodes);
        let cut = self.rng.between(1, u64::from(self.nodes.saturating_sub(1).max(1))) as usize;
        let group = |nodes: &[u32]| nodes.iter().map(|n| Selector::Node(NodeId::node(*n))).collect::<Vec<_>>();
        let bridge = usize::from(self.nodes > 2 && self.one_in(4));
        let groups = vec![group(&nodes[..cut]), group(&nodes[cut - bridge..])];
        FaultKind::Partition { groups, mode, rounds: None }
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
        let loss = if self.is_reliable { Probability::NEVER } else { loss };
        let longest = self.rng.exponential(Duration::from_millis(150));
        let delay = Some(Latency::Uniform(Duration::ZERO, longest));
        FaultKind::links(targets, LinkTrouble { loss, duplicate, delay, ..LinkTrouble::default() })
    }

    fn corruption(&mut self) -> FaultKind {
        let targets = if self.one_in(2) { Selector::All } else { self.some_node() };
        let corruption = Probability::ratio(self.rng.between(1, 30) as u32, 100);
        let checksum = self.is_intact || self.one_in(4);
        FaultKind::links(targets, LinkTrouble { corruption, checksum, ..LinkTrouble::default() })
    }

    /// From so little that hardly a message gets through to so much that only storms notice.
    fn bandwidth(&mut self) -> FaultKind {
        let targets = if self.one_in(2) { Selector::All } else { self.some_node() };
        let bytes_per_second = 500 << self.rng.below(8);
        let queue = (!self.is_reliable && self.one_in(2)).then(|| self.rng.between(100, 10_000));
        let bandwidth = Some(Bandwidth { bytes_per_second, queue });
        FaultKind::links(targets, LinkTrouble { bandwidth, ..LinkTrouble::default() })
    }

    /// Some messages of one link are withheld.
    fn starvation(&mut self) -> FaultKind {
        let from = self.rng.below(u64::from(self.nodes)) as u32;
        let to = (from + 1 + self.rng.below(u64::from(self.nodes) - 1) as u32) % self.nodes;
        let [from, to] = [from, to].map(|node| Selector::Node(NodeId::node(node)));
        let messages = MessageFilter::rate(Probability::ratio(self.rng.between(10, 100) as u32, 100));
        let trouble = LinkTrouble { hold: true, ..LinkTrouble::default() };
        FaultKind::Links { ends: Ends::Between { from, to }, trouble, messages }
    }

    /// What a fault can be aimed at.
    fn milestones(&self) -> Vec<Milestone> {
        let states = self.states.iter().map(|state| Milestone::State { state: (*state).to_owned(), on: None });
        let role = |role: &&str| Milestone::Role { role: (*role).to_owned(), by: None, count: 1 };
        let events = self.goals.iter().map(|goal| Milestone::event(goal.clone(), 1));
        states.chain(self.roles.iter().map(role)).chain(events).collect()
    }

    /// A link is starved; then, when something has happened, a node crashes, pauses or is cut off.
    fn aimed(&mut self, at: Time, lasts: Duration) -> [Fault; 2] {
        let first = Fault::at(at, self.starvation()).lasting(lasts);
        let mut milestones = self.milestones();
        let milestone = milestones.swap_remove(self.rng.below(milestones.len() as u64) as usize);
        let lasts = self.rng.exponential(lasts).max(Duration::from_millis(1));
        let targets = self.some_node();
        let mode = self.mode();
        let (kind, is_over) = match self.rng.below(5) {
            0 => (self.crash(CrashSeverity::Process, lasts), true),
            1 => (FaultKind::Pause { targets }, false),
            2 => (FaultKind::OneWay { from: targets, to: Selector::Others, mode }, false),
            3 => (FaultKind::OneWay { from: Selector::Others, to: targets, mode }, false),
            _ => {
                let groups = vec![vec![targets], vec![Selector::Others]];
                (FaultKind::Partition { groups, mode, rounds: None }, false)
            }
        };
        let second = Fault::after(milestone, kind).following();
        [first, if is_over { second } else { second.lasting(lasts) }]
    }

    fn omission(&mut self) -> FaultKind {
        let sends = self.one_in(2);
        let messages = MessageFilter::rate(Probability::ratio(self.rng.between(20, 100) as u32, 100));
        let (node, nobody) = (Some(self.some_node()), None);
        let (from, to) = if sends { (node, nobody) } else { (nobody, node) };
        FaultKind::Omission { from, to, messages }
    }
}

#[cfg(test)]
mod tests;
