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

/// What holds of a run's end when nothing has gone wrong for long enough before it.
#[derive(Debug)]
pub struct InTheEnd {
    settling: Settling,
    judge: fn(&Settling, &World<'_, Swim>) -> Result<(), Breach>,
}

impl InTheEnd {
    /// Every member knows every other, and holds none for dead.
    pub(super) fn accuracy(config: &SwimConfig) -> Self {
        Self { settling: Settling::new(config), judge: all_know_all }
    }

    /// All members know the same of each node.
    pub(super) fn convergence(config: &SwimConfig) -> Self {
        Self { settling: Settling::new(config), judge: all_know_the_same }
    }

    /// Every member takes itself for well.
    pub(super) fn health(config: &SwimConfig) -> Self {
        Self { settling: Settling::new(config), judge: all_are_well }
    }
}

impl Property<Swim> for InTheEnd {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        self.settling.after_step(world, step);
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        if !self.settling.is_calm(world) {
            return Judgement::Holds;
        }
        (self.judge)(&self.settling, world).map_or_else(Judgement::Violated, |()| Judgement::Holds)
    }
}

fn all_know_all(settling: &Settling, world: &World<'_, Swim>) -> Result<(), Breach> {
    let members = settling.members(world);
    for (me, node) in &members {
        let missing = members.iter().find(|(other, _)| other != me && !node.view().has_member(*other));
        if let Some((other, _)) = missing {
            let held = node
                .view()
                .get(*other)
                .map_or_else(|| "does not know".to_owned(), |entry| format!("has {:?} for", entry.said.status));
            return Err(Breach::new([*me, *other], format!("{me} {held} {other}, which is a member")));
        }
    }
    Ok(())
}

fn all_know_the_same(settling: &Settling, world: &World<'_, Swim>) -> Result<(), Breach> {
    let mut said: BTreeMap<NodeId, (NodeId, (Statement, u32))> = BTreeMap::new();
    let members = settling.members(world);
    for (me, node) in members.iter().filter(|(me, _)| settling.is_settled(*me, world)) {
        let own = Statement { status: Status::Alive, ..node.says() };
        said.insert(*me, (*me, (own, node.metadata())));
    }
    for (me, node) in &members {
        let known = node.view().changed();
        for (other, entry) in known.filter(|(other, entry)| !entry.is_forgotten && settling.is_settled(*other, world)) {
            let essence = essence(entry);
            let (by, first) = *said.entry(other).or_insert((*me, essence));
            if first != essence {
                let what = format!("{me} knows {other} as {essence:?}, and {by} knows it as {first:?}");
                return Err(Breach::new([*me, by, other], what));
            }
        }
    }
    Ok(())
}

/// What of an entry is the same for all. A suspicion that is not refuted yet is not.
fn essence(entry: Entry) -> (Statement, u32) {
    let status = if entry.said.status.is_member() { Status::Alive } else { entry.said.status };
    (Statement { status, ..entry.said }, entry.metadata)
}

fn all_are_well(settling: &Settling, world: &World<'_, Swim>) -> Result<(), Breach> {
    if world.processes().any(|process| world.node(process).is_none()) {
        return Ok(());
    }
    let members = settling.members(world);
    // Who is alone has nobody to ping.
    let unwell = members.iter().find(|(_, node)| node.unwell() > 0 && members.len() > 1);
    unwell.map_or(Ok(()), |(me, node)| {
        let what = format!("{me} takes itself for unwell, by {}", node.unwell());
        Err(Breach::new([*me], what))
    })
}
