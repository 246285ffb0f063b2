//! How failures are detected.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Duration, NodeId, ProcessId, Property, Step, StepKind, Time, World};

use super::process;
use crate::config::{SwimConfig, Targets};
use crate::message::{Event, Message, Status};
use crate::node::Swim;

/// Who finds out that a member is dead has suspected this incarnation for the whole time.
#[derive(Debug)]
pub struct SuspicionPrecedesDeath {
    config: SwimConfig,
    /// For each node the members that it suspects: under which incarnation, and since which of its periods.
    suspected: PerProcess<BTreeMap<NodeId, (u32, u64)>>,
}

impl SuspicionPrecedesDeath {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), suspected: PerProcess::default() }
    }
}

impl Property<Swim> for SuspicionPrecedesDeath {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let suspected = self.suspected.of(step.process);
        for event in step.events {
            if let Event::Published { is_fresh: true, .. } = event {
                suspected.clear();
            }
            let Some(news) = event.news() else { continue };
            if news.said.status == Status::Suspected {
                suspected.insert(news.member, (news.said.incarnation, node.periods()));
                continue;
            }
            let suspicion = suspected.remove(&news.member);
            if news.said.status != Status::Dead || news.from.is_some() {
                continue;
            }
            let shortest = self.config.suspicion_periods(world.node_ids().len() as u32);
            let has_lasted =
                |(incarnation, since)| incarnation == news.said.incarnation && node.periods() >= since + shortest;
            if !suspicion.is_some_and(has_lasted) {
                let me = world.identity(step.process);
                let what = format!(
                    "{me} holds incarnation {} of {} for dead, and has not suspected it for {shortest} periods",
                    news.said.incarnation, news.member
                );
                return Err(Breach::new([me, news.member], what));
            }
        }
        Ok(())
    }
}

/// A target that has answered was up at some time since it was pinged.
#[derive(Debug, Default)]
pub struct AnswersAreFresh {
    /// For each node, if the target of its period was down when it pinged it: which one, and how often that had booted.
    pinged: PerProcess<Option<(NodeId, u32)>>,
}

impl Property<Swim> for AnswersAreFresh {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let pinged = self.pinged.of(step.process);
        for event in step.events {
            match event {
                Event::Probed(target) => {
                    let of = process(*target);
                    *pinged = world.node(of).is_none().then(|| (*target, world.incarnation(of)));
                }
                Event::Answered(target) if *pinged == Some((*target, world.incarnation(process(*target)))) => {
                    let me = world.identity(step.process);
                    let what =
                        format!("{me} takes {target} for answering, which was down when it was pinged and still is");
                    return Err(Breach::new([me, *target], what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Who suspects a member by itself has asked k others to ping it, or as many as it knew as members since its own ping.
///
/// That is said of who is on time: when a node was paused, it may find that its period is over, and that it has not
/// asked anybody yet. Those who are asked are members, each asked once.
#[derive(Debug)]
pub struct OthersAreAsked {
    config: SwimConfig,
    pinged: PerProcess<Option<Pinged>>,
}

/// A ping of one member.
#[derive(Clone, Debug)]
struct Pinged {
    target: NodeId,
    /// Who was known as a member since then, beside the target.
    others: Vec<NodeId>,
    /// How many others were asked.
    asked: u32,
    /// From when on others are asked, by the clock of the one that pings.
    from: Time,
    /// When the period ends, by the clock of the one that pings.
    until: Time,
}

/// What rounding of clocks may come to.
const ROUNDING: Duration = Duration::from_nanos(2);

impl OthersAreAsked {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), pinged: PerProcess::default() }
    }
}

impl Property<Swim> for OthersAreAsked {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let pinged = self.pinged.of(step.process);
        let Some(node) = world.node(step.process) else {
            *pinged = None;
            return Ok(());
        };
        let (me, now) = (world.identity(step.process), world.clock(step.process));
        for event in step.events {
            match event {
                Event::Published { is_fresh: true, .. } => *pinged = None,
                Event::Probed(target) => {
                    let others = world.node_ids().iter().copied().filter(|other| *other != me && other != target);
                    let until = now + self.config.period * u64::from(node.unwell() + 1);
                    let from = now + self.config.ping_timeout * u64::from(node.unwell() + 1);
                    *pinged = Some(Pinged { target: *target, others: others.collect(), asked: 0, from, until });
                }
                Event::Suspected(news) if news.from.is_none() => {
                    let is_this = |pinged: &&Pinged| pinged.target == news.member && now <= pinged.until + ROUNDING;
                    let Some(pinged) = pinged.as_ref().filter(is_this) else { continue };
                    let most = self.config.proxies.min(pinged.others.len() as u32);
                    if pinged.asked < most {
                        let what = format!("{me} suspects {}, and has asked {} others", news.member, pinged.asked);
                        return Err(Breach::new([me, news.member], what));
                    }
                }
                _ => {}
            }
        }
        if let Some(pinged) = pinged
            && let Some(probe) = &node.probe
        {
            if probe.asked > pinged.asked && now + ROUNDING < pinged.from {
                let what =
                    format!("{me} asks others to ping {} at {now}, and not from {} on", pinged.target, pinged.from);
                return Err(Breach::new([me, pinged.target], what));
            }
            let requests = step.sent.iter().filter(|(_, message)| matches!(message, Message::PingReq { .. }));
            let mut asked: Vec<NodeId> = requests.map(|(to, _)| *to).collect();
            let count = asked.len();
            asked.sort_unstable();
            asked.dedup();
            let may_ask = |other: &NodeId| *other != me && *other != pinged.target && node.view().has_member(*other);
            if asked.len() < count || !asked.iter().all(may_ask) {
                let what = format!("{me} asks {asked:?} to ping {}, in {count} messages", pinged.target);
                return Err(Breach::new([me], what));
            }
            pinged.asked = probe.asked;
            pinged.others.retain(|other| node.view().has_member(*other));
        }
        Ok(())
    }
}

/// In rounds, a member pings each other again within 2n − 1 of its periods, *n* being how many others there are.
#[derive(Debug)]
pub struct TimeBoundedProbing {
    config: SwimConfig,
    /// For each node the members that it knows: since when it has known each, or has pinged it last.
    since: PerProcess<BTreeMap<NodeId, u64>>,
}

impl TimeBoundedProbing {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), since: PerProcess::default() }
    }
}

impl Property<Swim> for TimeBoundedProbing {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process).filter(|_| self.config.targets == Targets::RoundRobin) else {
            return Ok(());
        };
        let since = self.since.of(step.process);
        for event in step.events {
            match event {
                Event::Published { is_fresh: true, .. } => since.clear(),
                Event::Probed(target) => {
                    let within = self.config.probed_within(world.node_ids().len() as u32);
                    let before = since.insert(*target, node.periods()).unwrap_or(node.periods());
                    if node.periods() - before > within {
                        let me = world.identity(step.process);
                        let what = format!("{me} pings {target} after {} periods", node.periods() - before);
                        return Err(Breach::new([me, *target], what));
                    }
                }
                _ => {}
            }
            let Some(news) = event.news() else { continue };
            if news.said.status.is_member() {
                since.entry(news.member).or_insert(node.periods());
            } else {
                since.remove(&news.member);
            }
        }
        Ok(())
    }
}

/// Within so many of its own periods, a member holds one for dead that has crashed.
///
/// It counts from the crash, or from when it has last heard of another incarnation: the last that a crashed one has
/// said of itself can be on its way for as long as the network likes.
#[derive(Debug)]
pub struct StrongCompleteness {
    config: SwimConfig,
    /// The nodes that were up once and are down.
    down: Vec<NodeId>,
    /// For each node those that are down and that it holds for members: since which of its periods, and under which
    /// incarnation.
    held: PerProcess<BTreeMap<NodeId, (u64, u32)>>,
}

impl StrongCompleteness {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), down: Vec::new(), held: PerProcess::default() }
    }

    fn look(&mut self, node: &Swim, of: ProcessId, within: u64) -> Option<(NodeId, u64)> {
        let held = self.held.of(of);
        held.retain(|member, _| self.down.contains(member));
        for member in &self.down {
            let known = node.view().get(*member).filter(|entry| entry.said.status.is_member());
            let Some(entry) = known else {
                held.remove(member);
                continue;
            };
            let now = (node.periods(), entry.said.incarnation);
            let since = held.entry(*member).or_insert(now);
            if since.1 != entry.said.incarnation {
                *since = now;
            }
            if node.periods() - since.0 > within {
                return Some((*member, node.periods() - since.0));
            }
        }
        None
    }
}

impl Property<Swim> for StrongCompleteness {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        if step.kind == StepKind::Client {
            return Ok(());
        }
        let me = world.identity(step.process);
        let Some(node) = world.node(step.process) else {
            if !self.down.contains(&me) {
                self.down.push(me);
            }
            self.held.of(step.process).clear();
            return Ok(());
        };
        if step.kind == StepKind::Boot {
            self.down.retain(|down| *down != me);
        }
        // Who begins anew, at a boot or because it joins again, may hear of members for the first time.
        if step.events.iter().any(|event| matches!(event, Event::Published { is_fresh: true, .. })) {
            self.held.of(step.process).clear();
        }
        if self.down.is_empty() || step.kind != StepKind::Timer || !node.is_member() {
            return Ok(());
        }
        let within = self.config.dead_within(world.node_ids().len() as u32);
        match self.look(node, step.process, within) {
            Some((member, periods)) => {
                let what = format!("{me} holds {member} for a member, {periods} periods after it has crashed");
                Err(Breach::new([me, member], what))
            }
            None => Ok(()),
        }
    }
}
