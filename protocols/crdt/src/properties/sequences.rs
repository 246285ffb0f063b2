//! In which order the elements of sequences stand.

use parts::clocks::Dot;
use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::message::{Event, Request};
use crate::node::Crdt;
use crate::specification::{ListOrder, Origins, check_interleaving};
use crate::types::{Kind, Object, Rga, SequenceUpdate, Update};

/// What a step has done with the sequence of its process.
enum Done {
    /// It has inserted an element behind another, or at the front.
    Inserted(Dot, Option<Dot>),
    /// It has shown it to a client.
    Read,
}

fn done(event: &Event) -> Option<Done> {
    match event {
        Event::Read(Kind::Rga) => Some(Done::Read),
        Event::Made(Request { stamp, update: Update::Sequence(SequenceUpdate::Insert(behind)), .. })
        | Event::RecoveredOwn(Request { stamp, update: Update::Sequence(SequenceUpdate::Insert(behind)), .. }) => {
            Some(Done::Inserted(stamp.dot, behind.map(|behind| behind.dot)))
        }
        _ => None,
    }
}

/// What a replica shows of its sequence, if it runs.
fn line(world: &World<'_, Crdt>, process: ProcessId) -> Option<impl Iterator<Item = Dot> + Clone> {
    let sequence = match world.node(process)?.store.object(Kind::Rga) {
        Some(Object::Rga(sequence)) => Some(sequence),
        _ => None,
    };
    Some(sequence.into_iter().flat_map(Rga::present).map(|stamp| stamp.dot))
}

fn name(dot: Dot) -> String {
    format!("element {} of replica {}", dot.number, dot.origin)
}

/// All replicas show the elements of a sequence in one order, and each was inserted where its origin wanted it.
#[derive(Debug, Default)]
pub struct StrongList {
    order: ListOrder,
}

impl Property<Crdt> for StrongList {
    fn after_step(&mut self, world: &World<'_, Crdt>, step: &Step<'_, Crdt>) -> Result<(), Breach> {
        for event in step.events {
            let (Some(done), Some(mut line)) = (done(event), line(world, step.process)) else { continue };
            let me = world.identity(step.process);
            self.order.observe(line.clone()).map_err(|conflict| {
                let [first, second] = [conflict.first, conflict.second].map(name);
                Breach::new([me], format!("{me} shows {first} before {second}, and they stood the other way round"))
            })?;
            // What a boot has brought back was inserted before the others came.
            if let (Done::Inserted(element, behind), Event::Made(_)) = (done, event) {
                let is_behind = behind.is_none_or(|behind| line.any(|other| other == behind));
                if !is_behind || line.next() != Some(element) {
                    let what =
                        format!("{me} has inserted {}, and it does not stand where it was inserted", name(element));
                    return Err(Breach::new([me], what));
                }
            }
        }
        Ok(())
    }
}

/// What was inserted one behind the other stays together: between an element and one that was inserted behind it
/// there is only what was inserted behind it, too.
#[derive(Debug, Default)]
pub struct ForwardNonInterleaving {
    origins: Origins,
}

impl Property<Crdt> for ForwardNonInterleaving {
    fn after_step(&mut self, world: &World<'_, Crdt>, step: &Step<'_, Crdt>) -> Result<(), Breach> {
        for event in step.events {
            match done(event) {
                Some(Done::Inserted(element, behind)) => self.origins.insert(element, behind),
                Some(Done::Read) => {
                    let Some(line) = line(world, step.process) else { continue };
                    let me = world.identity(step.process);
                    check_interleaving(line, &self.origins).map_err(|found| {
                        let [torn_off, element] = [found.torn_off, found.element].map(name);
                        let what = format!("on {me} something else stands between {element} and {torn_off}, which was inserted behind it");
                        Breach::new([me], what)
                    })?;
                }
                None => {}
            }
        }
        Ok(())
    }
}
