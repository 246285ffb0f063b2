//! What a membership of foca is to be.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{
    Breach, Duration, Judgement, NodeId, ProcessId, Property, PropertyClass, PropertyRow, Step, StepKind, Time, World,
};

use crate::config::Config;
use crate::identity::Identity;
use crate::names::{DOWN_IS_TERMINAL, GENERATIONS_GROW, MEMBERS_RUN};
use crate::node::{Event, FocaNode};

/// All properties, in the order in which they look at a step.
pub(crate) const PROPERTIES: &[PropertyRow<FocaNode>] = &[
    PropertyRow {
        name: GENERATIONS_GROW,
        summary: "No node has an identity that it had before.",
        source: "foca, Identity: there must not be multiple members sharing the same identity",
        make: |_| Box::<GenerationsGrow>::default(),
    },
    PropertyRow {
        name: DOWN_IS_TERMINAL,
        summary: "An identity that is down for a node is no member for it again.",
        source: "foca, State::Down: this is a terminal state",
        make: |_| Box::<DownIsTerminal>::default(),
    },
    PropertyRow {
        name: MEMBERS_RUN,
        summary: "When nothing goes wrong for long enough, the members that a node knows are the nodes that run.",
        source: "Das et al. 2002, sections 3.1 and 4.2",
        make: |config| Box::new(MembersAreThoseThatRun::new(config)),
    },
];

/// No node has an identity that it had before.
#[derive(Debug, Default)]
struct GenerationsGrow(BTreeMap<NodeId, u32>);

impl Property<FocaNode> for GenerationsGrow {
    fn after_step(&mut self, _: &World<'_, FocaNode>, step: &Step<'_, FocaNode>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Named(identity) = event else { continue };
            let (node, now) = (identity.node(), identity.generation());
            if let Some(before) = self.0.insert(node, now).filter(|before| *before >= now) {
                let what = format!("{node} has generation {now}, and had {before} before");
                return Err(Breach::new([node], what));
            }
        }
        Ok(())
    }
}

/// An identity that is down for a node is no member for it again.
#[derive(Debug, Default)]
struct DownIsTerminal(BTreeMap<ProcessId, BTreeSet<Identity>>);

impl Property<FocaNode> for DownIsTerminal {
    fn after_step(&mut self, world: &World<'_, FocaNode>, step: &Step<'_, FocaNode>) -> Result<(), Breach> {
        let down = self.0.entry(step.process).or_default();
        if step.kind == StepKind::Boot {
            down.clear();
        }
        for event in step.events {
            match event {
                Event::MemberDown(identity) => _ = down.insert(*identity),
                Event::MemberUp(identity) | Event::Renamed(_, identity) if down.contains(identity) => {
                    let me = world.identity(step.process);
                    let what = format!("{me} takes {identity:?} for a member, which was down for it");
                    return Err(Breach::new([me, identity.node()], what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// When nothing goes wrong for long enough, the members that a node knows are the nodes that run, under their last
/// identities.
#[derive(Debug)]
struct MembersAreThoseThatRun {
    within: Duration,
    /// When a node has last crashed or booted.
    changed: Time,
}

impl MembersAreThoseThatRun {
    /// A member that is down is asked in its turn, and so is everybody for all members; a suspicion in between.
    fn new(config: &Config) -> Self {
        let within =
            (config.periodic + config.probe_period + config.contact_every) * 8 + config.suspect_to_down_after * 2;
        Self { within, changed: Time::ZERO }
    }
}

impl Property<FocaNode> for MembersAreThoseThatRun {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, FocaNode>, step: &Step<'_, FocaNode>) -> Result<(), Breach> {
        if matches!(step.kind, StepKind::Boot | StepKind::Crash) {
            self.changed = world.now();
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, FocaNode>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        if calm.max(self.changed) + self.within >= world.now() {
            return Judgement::Holds;
        }
        let nodes = || world.correct().filter_map(|process| world.node(process));
        let running: BTreeSet<Identity> = nodes().filter_map(FocaNode::identity).collect();
        for node in nodes() {
            let Some(me) = node.identity() else { continue };
            let members: BTreeSet<Identity> = node.members().chain([me]).collect();
            if members != running {
                let what = format!("{me:?} takes {members:?} for members, and {running:?} run");
                return Judgement::Violated(Breach::new([me.node()], what));
            }
        }
        Judgement::Holds
    }
}
