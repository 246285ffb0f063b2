//! Validity.

use sim_core::{Judgement, Property, PropertyClass, World};

use super::pending;
use crate::node::Bracha;

/// "If a correct process p broadcasts a message m, then every correct process eventually delivers m."
#[derive(Debug)]
pub struct Validity;

impl Property<Bracha> for Validity {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, Bracha>) -> Judgement {
        let nodes = world.correct().filter_map(|process| world.node(process));
        let broadcasts = nodes.flat_map(|node| node.broadcasts());
        let mut judged = broadcasts.map(|content| pending::judge(world, content.id, "its origin is correct"));
        judged.find(|judgement| *judgement != Judgement::Holds).unwrap_or(Judgement::Holds)
    }
}
