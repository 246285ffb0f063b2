//! Totality.

use std::collections::BTreeSet;

use sim_core::{Judgement, Property, PropertyClass, World};

use super::{TOTALITY, pending};
use crate::bracha::message::BroadcastId;
use crate::bracha::node::Bracha;

/// "If some message is delivered by any correct process, every correct process eventually delivers a
/// message."
#[derive(Debug)]
pub struct Totality;

impl Property<Bracha> for Totality {
    fn name(&self) -> &str {
        TOTALITY
    }

    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, Bracha>) -> Judgement {
        let nodes = world.correct().filter_map(|process| world.node(process));
        let delivered: BTreeSet<BroadcastId> =
            nodes.flat_map(|node| node.deliveries()).map(|content| content.id).collect();
        let mut judged = delivered.into_iter().map(|id| pending::judge(world, id, "another did"));
        judged.find(|judgement| *judgement != Judgement::Holds).unwrap_or(Judgement::Holds)
    }
}
