//! What servers have, compared.

use sim_core::{Breach, Property, Step, StepKind, World};

use crate::node::ChainServer;

/// Looks at pairs of servers with a place in the same configuration, the one that has just taken a step among them:
/// that which is before the other in the chain first.
fn look_at_pairs(
    world: &World<'_, ChainServer>,
    step: &Step<'_, ChainServer>,
    look: impl Fn(&ChainServer, &ChainServer) -> Result<(), Breach>,
) -> Result<(), Breach> {
    let me = if matches!(step.kind, StepKind::Client) { None } else { world.node(step.process) };
    let Some(me) = me.filter(|node| node.serves()) else { return Ok(()) };
    let mut is_behind = false;
    for server in &me.chain.servers {
        if *server == me.me {
            is_behind = true;
            continue;
        }
        let process = world.processes().find(|process| world.identity(*process) == *server);
        let other = process.and_then(|process| world.node(process));
        let Some(other) = other.filter(|other| other.serves() && other.number() == me.number()) else { continue };
        if is_behind { look(me, other)? } else { look(other, me)? }
    }
    Ok(())
}

/// Hist of a server is a prefix of Hist of each server before it in the chain.
#[derive(Debug, Default)]
pub struct UpdatePropagationInvariant;

impl Property<ChainServer> for UpdatePropagationInvariant {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        look_at_pairs(world, step, |before, after| {
            let end = after.history.position();
            if before.history.end() < end.end || before.history.position_at(end.end) != end {
                let what = format!("{} has {:?}, and {}", before.me, before.history.position(), after.me);
                let number = before.chain.number;
                let what =
                    format!("{what}, behind it in configuration {number}, has {end:?}, which is no prefix of it");
                return Err(Breach::new([before.me, after.me], what));
            }
            Ok(())
        })
    }
}

/// What a server has is what any server behind it has and, after that, what it has in Sent: what it takes for done,
/// each server behind it has, and what it takes its successor to have on its disk, that has.
#[derive(Debug, Default)]
pub struct InprocessRequestsInvariant;

impl Property<ChainServer> for InprocessRequestsInvariant {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        look_at_pairs(world, step, |before, after| {
            if before.committed > after.history.end() {
                let what = format!("{} takes the first {} updates for done", before.me, before.committed);
                let what = format!("{what}, and {}, behind it, has {}", after.me, after.history.end());
                return Err(Breach::new([before.me, after.me], what));
            }
            let stored = before.place.as_ref().and_then(|place| place.stored);
            if before.chain.successor(before.me) == Some(after.me) && stored > Some(after.history.end()) {
                let what = format!("{} takes {} to have the first {stored:?} updates", before.me, after.me);
                return Err(Breach::new([before.me, after.me], format!("{what}, and it has {}", after.history.end())));
            }
            Ok(())
        })
    }
}
