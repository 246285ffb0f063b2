//! What a member knows when it begins, and for how long it remembers who is gone.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::config::{Start, SwimConfig};
use crate::message::Event;
use crate::node::Swim;

/// A member forgets who is dead or has left after as many of its periods as the configuration says, and not earlier.
#[derive(Debug)]
pub struct TheDepartedAreForgotten {
    after: u64,
    /// In which period each was gone.
    gone: PerProcess<BTreeMap<NodeId, u64>>,
}

impl TheDepartedAreForgotten {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { after: u64::from(config.forget_after), gone: PerProcess::default() }
    }
}

impl Property<Swim> for TheDepartedAreForgotten {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let gone = self.gone.of(step.process);
        let Some(node) = world.node(step.process) else {
            gone.clear();
            return Ok(());
        };
        let (me, now) = (world.identity(step.process), node.periods());
        for event in step.events {
            match event {
                event if event.begins_or_ends() => gone.clear(),
                Event::Forgot(member) => {
                    if let Some(since) = gone.remove(member).filter(|since| since + self.after > now) {
                        let periods = now - since;
                        let what = format!("{me} forgets {member} after {periods} periods instead of {}", self.after);
                        return Err(Breach::new([me, *member], what));
                    }
                }
                _ => {}
            }
            let Some(news) = event.news() else { continue };
            if news.said.status.is_member() {
                gone.remove(&news.member);
            } else {
                gone.insert(news.member, now);
            }
        }
        // Periods begin when a timer fires.
        if step.kind != StepKind::Timer {
            return Ok(());
        }
        // Who is gone since this very period may have been learnt after the others were forgotten.
        let is_late = |(_, since): &(&NodeId, &u64)| **since < now && *since + self.after <= now;
        match gone.iter().find(is_late) {
            Some((member, since)) => {
                let what = format!("{me} remembers {member}, which is gone for {} periods", now - since);
                Err(Breach::new([me, *member], what))
            }
            None => Ok(()),
        }
    }
}

/// A node that boots or joins knows of nobody but itself, unless all begin as members.
#[derive(Debug)]
pub struct NobodyIsKnownUntold {
    start: Start,
}

impl NobodyIsKnownUntold {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { start: config.start }
    }
}

impl Property<Swim> for NobodyIsKnownUntold {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Published { is_fresh: true, incarnation, .. } = event else { continue };
            let Some(node) = world.node(step.process) else { continue };
            let knows_all = self.start == Start::Converged && *incarnation == 1;
            let me = world.identity(step.process);
            let mut others = world.node_ids().iter().filter(|other| **other != me);
            let is_known = |other: &&NodeId| node.view().get(**other).is_some();
            // What all know from the beginning is a stretch of nodes: the last one stands for all.
            let wrong =
                if knows_all { others.next_back().filter(|last| !is_known(last)) } else { others.find(is_known) };
            if let Some(other) = wrong {
                let what = if knows_all { "does not know of" } else { "was told nothing, and knows of" };
                return Err(Breach::new([me, *other], format!("{me} {what} {other} when it begins")));
            }
        }
        Ok(())
    }
}
