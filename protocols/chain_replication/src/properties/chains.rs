//! Configurations.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use crate::chain::Chain;
use crate::message::Event;
use crate::node::ChainServer;

/// The numbers of configurations only rise, and all nodes know the same of one.
#[derive(Debug, Default)]
pub struct ConfigurationsAgree {
    made: BTreeMap<u64, Chain>,
    /// The number of the configuration that each process knew when it was looked at last.
    known: PerProcess<u64>,
}

impl Property<ChainServer> for ConfigurationsAgree {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events {
            let Event::ChainMade { chain } = event else { continue };
            if let Some((number, _)) = self.made.last_key_value().filter(|(number, _)| **number >= chain.number) {
                let what = format!("configuration {} is made after configuration {number}", chain.number);
                return Err(Breach::new([world.identity(step.process)], what));
            }
            self.made.insert(chain.number, chain.clone());
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let known = self.known.of(step.process);
        if std::mem::replace(known, node.chain.number) != node.chain.number
            && self.made.get(&node.chain.number).is_some_and(|made| *made != node.chain)
        {
            let what = format!("{} knows {:?}, which was made otherwise", node.me, node.chain);
            return Err(Breach::new([node.me], what));
        }
        Ok(())
    }
}

/// No server takes a place in a configuration before one in which it had a place, none is linked in one, and none keeps
/// its place when it has promised to take part in a later one.
#[derive(Debug, Default)]
pub struct ConfigurationsOnlyRise(PerProcess<u64>);

impl Property<ChainServer> for ConfigurationsOnlyRise {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events {
            let (Event::TookPlace { number, .. } | Event::Joins { number } | Event::Linked { number }) = event else {
                continue;
            };
            let highest = self.0.of(step.process);
            if number < highest {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("{me} is in configuration {number}, and was in {highest}")));
            }
            *highest = *number;
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        match node.number().filter(|number| *number < *node.promised) {
            Some(number) => {
                let what = format!("{} keeps its place in configuration {number}", node.me);
                Err(Breach::new([node.me], format!("{what}, and has promised to take part in {}", *node.promised)))
            }
            None => Ok(()),
        }
    }
}

/// When a configuration is made, no server that it leaves out still has a lease, and none ever has one that the master,
/// if it is up, takes for over.
#[derive(Debug, Default)]
pub struct LeasesAreKept;

impl Property<ChainServer> for LeasesAreKept {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events {
            let Event::ChainMade { chain } = event else { continue };
            for process in world.processes() {
                let Some(node) = world.node(process).filter(|node| !chain.servers.contains(&node.me)) else { continue };
                let Some(until) = node.lease_until() else { continue };
                if world.clock(process) < until {
                    let what = format!("{} is removed in configuration {}", node.me, chain.number);
                    return Err(Breach::new([node.me], format!("{what}, and has a lease until {until:?}")));
                }
            }
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let has_lease = node.lease_until().is_some_and(|until| world.clock(step.process) < until);
        let master = |process| Some((world.node(process)?.master.as_ref()?, world.clock(process)));
        let Some((master, now)) = world.processes().find_map(master).filter(|_| has_lease) else { return Ok(()) };
        if master.leased_until.get(&node.me).is_none_or(|until| *until <= now) {
            return Err(Breach::new([node.me], format!("{} has a lease, and the master knows of none", node.me)));
        }
        Ok(())
    }
}
