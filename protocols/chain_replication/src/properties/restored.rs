//! A lost server is replaced.

use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, ProtocolConfig, Step, Time, World};

use crate::config::ChainConfig;
use crate::message::Event;
use crate::node::ChainServer;

/// Where the master hears of all servers, or with the perfect detector of enough, and has made no configuration for long
/// enough, the chain is as long as it should be, and no longer. Where a heal has ended all faults, none is made once that
/// was long enough ago. Judged at the end of the run. How long is enough depends on how much a server that joins has to
/// be sent.
///
/// As long as somebody fails or is out of reach, configurations are made.
#[derive(Debug)]
pub struct TheLengthIsRestored {
    length: usize,
    within: Duration,
    /// What it may take to send a server one batch of the history.
    a_batch: Duration,
    batch: u64,
    is_perfect: bool,
    /// When the last configuration was made.
    last: Time,
}

impl TheLengthIsRestored {
    /// Every message of a removal and of a handover may be lost a few times.
    pub(super) fn new(config: &ChainConfig) -> Self {
        let (length, within) = (config.length as usize, config.settles_within() * 2);
        let (a_batch, batch) = (config.resend_interval * 2, config.batch.into());
        Self { length, within, a_batch, batch, is_perfect: config.is_perfect(), last: Time::ZERO }
    }
}

impl Property<ChainServer> for TheLengthIsRestored {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        if step.events.iter().any(|event| matches!(event, Event::ChainMade { .. })) {
            self.last = world.now();
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, ChainServer>) -> Judgement {
        let longest = world.processes().filter_map(|process| world.node(process)).map(|node| node.history.end()).max();
        let batches = longest.unwrap_or(0) / self.batch;
        let within = self.within + self.a_batch * batches;
        let with_master = |process| Some((world.node(process)?.master.as_ref()?, world.clock(process)));
        let Some((master, now)) = world.processes().find_map(with_master) else { return Judgement::Holds };
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        let servers = world.node_ids().iter().filter(|node| **node != ChainConfig::MASTER);
        let heard = servers.clone().filter(|node| master.hears(**node, now)).count();
        // With the perfect detector some have stopped for good, and the others may be enough.
        let all_are_repaired = || world.processes().all(|process| world.is_repaired(process));
        let is_due = heard == servers.count() || self.is_perfect && heard >= self.length && all_are_repaired();
        let chain = master.chain();
        if world.healed_at().is_some() && all_are_repaired() && self.last > calm + within {
            let what = format!("{chain:?} was made at {}, and nobody has failed since {calm}", self.last);
            return Judgement::Violated(Breach::new(chain.members(), what));
        }
        let is_calm = world.now().since(calm.max(self.last)) >= within;
        if chain.servers.len() != self.length && is_calm && is_due {
            let what = format!("there should be {} servers, and {chain:?} has {}", self.length, chain.servers.len());
            return Judgement::Violated(Breach::new(chain.members(), what));
        }
        Judgement::Holds
    }
}
