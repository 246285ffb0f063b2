//! What holds in the end, when nothing has gone wrong for long enough.

use std::collections::BTreeMap;

use sim_core::{Breach, Duration, Judgement, NodeId, ProcessId, Property, PropertyClass, Step, StepKind, Time, World};

use super::process;
use crate::config::SwimConfig;
use crate::message::{Event, Statement, Status};
use crate::node::Swim;
use crate::view::Entry;

/// When each node has last changed in a way that the others have to learn.
#[derive(Debug)]
struct Settling {
    config: SwimConfig,
    /// When it has last come or gone.
    moved: BTreeMap<ProcessId, Time>,
    /// When it has last said something of itself.
    spoken: BTreeMap<ProcessId, Time>,
}

impl Settling {
    fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), moved: BTreeMap::new(), spoken: BTreeMap::new() }
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) {
        let is_said = |event: &Event| matches!(event, Event::Published { .. } | Event::Leaving { .. } | Event::Gone);
        let is_move = |event: &Event| is_said(event) && !matches!(event, Event::Published { is_fresh: false, .. });
        let is_life = matches!(step.kind, StepKind::Boot | StepKind::Crash);
        if is_life || step.events.iter().any(is_said) {
            self.spoken.insert(step.process, world.now());
        }
        if is_life || step.events.iter().any(is_move) {
            self.moved.insert(step.process, world.now());
        }
    }

    fn within(&self, world: &World<'_, Swim>) -> Duration {
        self.config.converges_within(world.node_ids().len() as u32)
    }

    /// Whether nothing has gone wrong for long enough.
    fn is_calm(&self, world: &World<'_, Swim>) -> bool {
        world.calm_since().is_some_and(|calm| calm + self.within(world) < world.now())
    }

    fn is_long_ago(&self, then: Option<&Time>, world: &World<'_, Swim>) -> bool {
        then.is_none_or(|then| *then + self.within(world) < world.now())
    }

    /// Whether all others have had the time to learn what a node says of itself.
    fn is_settled(&self, node: NodeId, world: &World<'_, Swim>) -> bool {
        self.is_long_ago(self.spoken.get(&process(node)), world)
    }

    /// The members that have been members for long enough.
    fn members<'w>(&self, world: &World<'w, Swim>) -> Vec<(NodeId, &'w Swim)> {
        let nodes = world.node_ids().iter();
        let nodes = nodes.filter(|node| self.is_long_ago(self.moved.get(&process(**node)), world));
        let nodes = nodes.filter_map(|node| Some((*node, world.node(process(*node))?)));
        nodes.filter(|(_, node)| node.is_member()).collect()
    }
}

/// When nothing goes wrong for long enough, every member knows every other, and holds none for dead.
#[derive(Debug)]
pub struct EventualAccuracy(Settling);

impl EventualAccuracy {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self(Settling::new(config))
    }
}

impl Property<Swim> for EventualAccuracy {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        self.0.after_step(world, step);
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        if !self.0.is_calm(world) {
            return Judgement::Holds;
        }
        let members = self.0.members(world);
        for (me, node) in &members {
            let missing = members.iter().find(|(other, _)| other != me && !node.view().has_member(*other));
            if let Some((other, _)) = missing {
                let held = node
                    .view()
                    .get(*other)
                    .map_or_else(|| "does not know".to_owned(), |entry| format!("has {:?} for", entry.said.status));
                let what = format!("{me} {held} {other}, which is a member");
                return Judgement::Violated(Breach::new([*me, *other], what));
            }
        }
        Judgement::Holds
    }
}

/// When nothing goes wrong for long enough, all members know the same of each node.
#[derive(Debug)]
pub struct ViewsConverge(Settling);

impl ViewsConverge {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self(Settling::new(config))
    }

    /// What of an entry is the same for all. A suspicion that is not refuted yet is not.
    fn essence(entry: Entry) -> (Statement, u32) {
        let status = if entry.said.status.is_member() { Status::Alive } else { entry.said.status };
        (Statement { status, ..entry.said }, entry.metadata)
    }
}

impl Property<Swim> for ViewsConverge {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        self.0.after_step(world, step);
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        if !self.0.is_calm(world) {
            return Judgement::Holds;
        }
        let mut said: BTreeMap<NodeId, (NodeId, (Statement, u32))> = BTreeMap::new();
        let members = self.0.members(world);
        for (me, node) in members.iter().filter(|(me, _)| self.0.is_settled(*me, world)) {
            let own = Statement { status: Status::Alive, ..node.says() };
            said.insert(*me, (*me, (own, node.metadata())));
        }
        for (me, node) in &members {
            let known =
                node.view().changed().filter(|(other, entry)| !entry.is_forgotten && self.0.is_settled(*other, world));
            for (other, entry) in known {
                let essence = Self::essence(entry);
                let (by, first) = *said.entry(other).or_insert((*me, essence));
                if first != essence {
                    let what = format!("{me} knows {other} as {essence:?}, and {by} knows it as {first:?}");
                    return Judgement::Violated(Breach::new([*me, by, other], what));
                }
            }
        }
        Judgement::Holds
    }
}

/// When nothing goes wrong for long enough, every member takes itself for well.
#[derive(Debug)]
pub struct LocalHealthRecovers(Settling);

impl LocalHealthRecovers {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self(Settling::new(config))
    }
}

impl Property<Swim> for LocalHealthRecovers {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        self.0.after_step(world, step);
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        if !self.0.is_calm(world) || world.processes().any(|process| world.node(process).is_none()) {
            return Judgement::Holds;
        }
        let members = self.0.members(world);
        // Who is alone has nobody to ping.
        let unwell = members.iter().find(|(_, node)| node.unwell() > 0 && members.len() > 1);
        unwell.map_or(Judgement::Holds, |(me, node)| {
            let what = format!("{me} takes itself for unwell, by {}", node.unwell());
            Judgement::Violated(Breach::new([*me], what))
        })
    }
}
