//! Lines for locks on the log.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, ProtocolConfig, Step, StepKind, Time, World};

use crate::config::LockConfig;
use crate::holder::Stage;
use crate::message::{Event, SectionId};
use crate::node::LeasedLock;
use crate::recipe::InLine;

/// When a session ends, so do all of its nodes.
#[derive(Debug, Default)]
pub struct EphemeralNodesEnd;

impl Property<LeasedLock> for EphemeralNodesEnd {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::SessionEnded { session, left } = event
                && let Some(node) = left.first()
            {
                let me = world.identity(step.process);
                let (holder, boot) = (session.holder, session.boot);
                let what = format!("on {me} session {boot} of {holder} has ended, and its node {node} has not");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// A section has one node in line, however often it asks for it.
#[derive(Debug, Default)]
pub struct OneNodeASection {
    nodes: BTreeMap<SectionId, u64>,
}

impl Property<LeasedLock> for OneNodeASection {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            let &Event::NodeCreated { node, section, .. } = event else { continue };
            let first = *self.nodes.entry(section).or_insert(node);
            if first != node {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("on {me} {section} has node {node}, and had node {first}")));
            }
        }
        Ok(())
    }
}

/// The nodes in line, as far as any server knows.
#[derive(Debug, Default)]
struct Lines {
    /// By their sequence numbers, with their locks and whose they are.
    nodes: BTreeMap<u64, (u32, SectionId)>,
    /// Those that have gone.
    gone: BTreeSet<u64>,
}

impl Lines {
    fn note(&mut self, event: &Event) {
        match *event {
            // A server that is behind may hear of it when it has gone already.
            Event::NodeCreated { node, lock, section } if !self.gone.contains(&node) => {
                self.nodes.insert(node, (lock, section));
            }
            Event::NodeDeleted(node) => {
                self.nodes.remove(&node);
                self.gone.insert(node);
            }
            _ => {}
        }
    }

    /// The first in line for a lock, and whose it is.
    fn first(&self, lock: u32) -> Option<(u64, SectionId)> {
        self.nodes.iter().find(|(_, (of, _))| *of == lock).map(|(node, (_, section))| (*node, *section))
    }
}

/// Who gets a lock on the log has no node before its own in line.
#[derive(Debug, Default)]
pub struct FirstComeFirstServed {
    lines: Lines,
}

impl Property<LeasedLock> for FirstComeFirstServed {
    fn after_step(&mut self, _: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            self.lines.note(event);
            if let &Event::Acquired { lock, section, token: Some(token), .. } = event
                && let Some((node, other)) = self.lines.first(lock)
                && node < token
            {
                let what = format!("{section} has lock {lock} with node {token}, before node {node} of {other}");
                return Err(Breach::new([section.holder, other.holder], what));
            }
        }
        Ok(())
    }
}

/// Who is the first in line hears of it in time, once nothing goes wrong any more: no wake-up is lost. Judged at the
/// end of the run.
#[derive(Debug)]
pub struct WaitersAreWoken {
    within: Duration,
    lines: Lines,
    /// Who is the first in line for each lock and has not got it, since when.
    waiting: BTreeMap<u32, (u64, SectionId, Time)>,
    /// Who was, until when.
    waited: Vec<(SectionId, Time, Time)>,
}

impl WaitersAreWoken {
    pub(super) fn new(config: &LockConfig) -> Self {
        Self { within: config.settles_within(), lines: Lines::default(), waiting: BTreeMap::new(), waited: Vec::new() }
    }

    /// Who waited does not wait any more.
    fn end(&mut self, lock: u32, now: Time) {
        if let Some((_, section, since)) = self.waiting.remove(&lock) {
            self.waited.push((section, since, now));
        }
    }
}

impl Property<LeasedLock> for WaitersAreWoken {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            let now = world.now();
            let lock = match *event {
                Event::Acquired { lock, .. } => {
                    self.end(lock, now);
                    continue;
                }
                Event::NodeCreated { lock, .. } => Some(lock),
                Event::NodeDeleted(node) => self.lines.nodes.get(&node).map(|(lock, _)| *lock),
                _ => continue,
            };
            let before = lock.and_then(|lock| self.lines.first(lock));
            self.lines.note(event);
            let Some(lock) = lock else { continue };
            let first = self.lines.first(lock);
            if first != before {
                self.end(lock, now);
                if let Some((node, section)) = first {
                    self.waiting.insert(lock, (node, section, now));
                }
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, LeasedLock>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        if world.correct().any(|process| world.node(process).is_none()) {
            return Judgement::Holds;
        }
        let waiting = self.waiting.values().map(|(_, section, since)| (*section, *since, world.now()));
        let too_long = |(_, since, until): &(SectionId, Time, Time)| until.since(calm.max(*since)) > self.within;
        match self.waited.iter().copied().chain(waiting).find(too_long) {
            Some((section, since, until)) => {
                let what = format!("{section} was the first in line from {since} to {until}, and did not get the lock");
                Judgement::Violated(Breach::new([section.holder], what))
            }
            None => Judgement::Holds,
        }
    }
}

/// How often an answer may be waited for until a section in line knows where it is and watches.
const ROUNDS: u64 = 3;

/// Who stands in line soon watches the node before its own, which has not gone, once nothing goes wrong any more. It does
/// not ask again and again where it is. Judged at the end of the run.
#[derive(Debug)]
pub struct WaitersWatch {
    settles_within: Duration,
    within: Duration,
    lines: Lines,
    /// Who stands in line and does not watch, since when.
    asking: BTreeMap<SectionId, Time>,
    /// Who did for too long, until when.
    asked: Vec<(SectionId, Time, Time)>,
}

impl WaitersWatch {
    pub(super) fn new(config: &LockConfig) -> Self {
        let (settles_within, within) = (config.settles_within(), config.acquire_timeout * ROUNDS);
        Self { settles_within, within, lines: Lines::default(), asking: BTreeMap::new(), asked: Vec::new() }
    }
}

impl Property<LeasedLock> for WaitersWatch {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        if step.kind == StepKind::Client {
            return Ok(());
        }
        let (me, now) = (world.identity(step.process), world.now());
        step.events.iter().for_each(|event| self.lines.note(event));
        let mut asking = BTreeSet::new();
        if let Some(LeasedLock::Holder(holder)) = world.node(step.process) {
            let is_asking = |stage: &Stage| match stage {
                Stage::InLine(InLine::Watching(node, _)) => self.lines.gone.contains(node),
                Stage::InLine(InLine::Entering | InLine::AsksToWatch(_)) => true,
                Stage::Waiting | Stage::Acquiring(_) | Stage::Locked { .. } => false,
            };
            let sections = holder.sections.iter().filter(|(_, section)| is_asking(&section.stage));
            asking.extend(sections.map(|(number, _)| holder.id(*number)));
        }
        let Self { within, asked, .. } = self;
        self.asking.retain(|section, since| {
            let is_over = section.holder == me && !asking.contains(section);
            if is_over && now.since(*since) > *within {
                asked.push((*section, *since, now));
            }
            !is_over
        });
        asking.into_iter().for_each(|section| _ = self.asking.entry(section).or_insert(now));
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, LeasedLock>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        if world.correct().any(|process| world.node(process).is_none()) {
            return Judgement::Holds;
        }
        let settled = calm + self.settles_within;
        let asking = self.asking.iter().map(|(section, since)| (*section, *since, world.now()));
        let too_long = |(_, since, until): &(SectionId, Time, Time)| until.since(settled.max(*since)) > self.within;
        match self.asked.iter().copied().chain(asking).find(too_long) {
            Some((section, since, until)) => {
                let what = format!("{section} stood in line from {since} to {until}, and did not watch");
                Judgement::Violated(Breach::new([section.holder], what))
            }
            None => Judgement::Holds,
        }
    }
}
