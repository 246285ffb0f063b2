//! What clients see.

use parts::kv::check_level;
use sim_core::consistency::{Answer, Budget, Level};
use sim_core::{Breach, Judgement, Property, Step, World};

use crate::config::ChainConfig;
use crate::node::ChainServer;

/// Clients see a linearizable map. Where reads are weak, what is not a read is linearizable.
#[derive(Debug)]
pub struct DeclaredLevel {
    are_reads_weak: bool,
}

impl DeclaredLevel {
    pub(super) const fn new(config: &ChainConfig) -> Self {
        Self { are_reads_weak: config.reads.are_weak() }
    }
}

impl Property<ChainServer> for DeclaredLevel {
    fn after_step(&mut self, _: &World<'_, ChainServer>, _: &Step<'_, ChainServer>) -> Result<(), Breach> {
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, ChainServer>) -> Judgement {
        let answer = if self.are_reads_weak {
            let writes = world.history().of_some(|operation| !operation.op.is_read());
            check_level(Level::Linearizable, &writes, Budget::default())
        } else {
            check_level(Level::Linearizable, world.history(), Budget::default())
        };
        match answer.expect("the map has a model") {
            Answer::Satisfied => Judgement::Holds,
            Answer::Violated(witness) => Judgement::Violated(Breach::new([], format!("not linearizable: {witness}"))),
            Answer::Unknown(why) => Judgement::Inconclusive(why.to_string()),
        }
    }
}
