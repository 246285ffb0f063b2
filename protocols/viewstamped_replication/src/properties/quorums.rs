//! What counts as enough: Quorums Are Majorities, Quorums Are Crash-Consistent.

use std::collections::BTreeSet;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::config::majority;
use crate::crashes::inconsistent;
use crate::message::Event;
use crate::node::Vr;

/// A quorum is a majority of replicas, each of which counts once (Liskov and Cowling 2012, 4). So is that of those who tell a
/// replica that recovers what they know of crashes (Michael et al. 2017, Algorithm 1).
#[derive(Debug, Default)]
pub struct QuorumsAreMajorities(());

impl Property<Vr> for QuorumsAreMajorities {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let has = |kind: fn(&Event) -> bool| step.events.iter().any(kind);
        let rests_on_answers = |event: &Event| {
            // View 0 starts by itself.
            matches!(event, Event::Reported { .. } | Event::StartedView { view: 1.., .. } | Event::Recovered { .. })
        };
        let answered: BTreeSet<NodeId> = if has(|event| matches!(event, Event::Numbered { .. })) {
            replica.recovery.told_by.clone()
        } else if has(rests_on_answers) {
            replica.evidence().iter().map(|(from, _)| *from).collect()
        } else {
            return Ok(());
        };
        let (me, all) = (world.identity(step.process), world.node_ids().len());
        if answered.len() >= majority(all) {
            return Ok(());
        }
        let who: Vec<String> = answered.iter().map(NodeId::to_string).collect();
        let view = replica.view();
        let what = format!("{me} goes on to view {view} with the answers of {}, of {all} replicas", who.join(", "));
        Err(Breach::new([me], what))
    }
}

/// A set of answers is crash-consistent if none was given before a crash of which the sender of another knew (Michael et al.
/// 2017, definition 7).
#[derive(Debug, Default)]
pub struct QuorumsAreCrashConsistent(());

impl Property<Vr> for QuorumsAreCrashConsistent {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let Some((of, by)) = inconsistent(replica.evidence()) else { return Ok(()) };
        let (me, view) = (world.identity(step.process), replica.view());
        let what =
            format!("{me} goes on to view {view} with an answer of {of} from before a crash of which {by} knows");
        Err(Breach::new([me], what))
    }
}
