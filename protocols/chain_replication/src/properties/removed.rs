//! Servers that have failed do not stay in the chain.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Received, Step, StepKind, Time, World};

use crate::chain::Chain;
use crate::config::ChainConfig;
use crate::master::Master;
use crate::message::Message;
use crate::node::ChainServer;

/// A server of which the master hears nothing, or whose predecessor says that it does not answer, is removed, as long as
/// another one is left: at the latest with the first look of the master after as much time as a lease lasts, for it is
/// granted none any more. No other is removed, unless it has booted again.
#[derive(Debug)]
pub struct TheFailedAreRemoved {
    config: ChainConfig,
    /// The servers of the chain that have failed as far as the master has heard, since when by its clock, and in which
    /// configuration.
    failed: Option<Failed>,
    /// Whom their predecessors could not reach, and when the master heard that, by its clock.
    unreachable: BTreeMap<NodeId, Time>,
    /// The configuration before this step, and when that was, by the clock of the master.
    chain: Chain,
    looked: Time,
}

#[derive(Debug)]
struct Failed {
    number: u64,
    servers: Vec<NodeId>,
    since: Time,
}

impl TheFailedAreRemoved {
    pub(super) fn new(config: &ChainConfig) -> Self {
        Self {
            config: config.clone(),
            failed: None,
            unreachable: BTreeMap::new(),
            chain: Chain::none(),
            looked: Time::ZERO,
        }
    }

    /// Whether a server has failed, from what the master has heard.
    fn has_failed(&self, master: &Master, node: NodeId, now: Time) -> bool {
        if self.config.is_perfect() {
            return master.stopped.contains(&node);
        }
        let is_new = |at: &Time| now.since(*at) < self.config.suspect_after;
        !master.heard.get(&node).is_some_and(is_new) || self.unreachable.get(&node).is_some_and(is_new)
    }
}

impl Property<ChainServer> for TheFailedAreRemoved {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        let Some(master) = world.node(step.process).and_then(|node| node.master.as_ref()) else { return Ok(()) };
        let (chain, now) = (master.chain(), world.clock(step.process));
        if step.kind == StepKind::Boot {
            // It has forgotten what it heard, and looks anew.
            (self.unreachable, self.chain) = (BTreeMap::new(), Chain::none());
        }
        if let Some(Received { from, message: Message::Unreachable { number, node }, .. }) = step.received
            && *number == self.chain.number
            && self.chain.successor(*from) == Some(*node)
        {
            self.unreachable.insert(*node, now);
        }
        let before = (self.chain != *chain).then(|| std::mem::replace(&mut self.chain, chain.clone()));
        // It was decided before the disk had the new configuration.
        let decided = std::mem::replace(&mut self.looked, now);
        let had_failed = |node: NodeId| [decided, now].into_iter().any(|at| self.has_failed(master, node, at));
        let is_removed = |node: &NodeId| !chain.servers.contains(node) && !had_failed(*node);
        // Who is removed because of a message has booted again.
        if step.kind == StepKind::Timer
            && let Some(server) = before.and_then(|before| before.servers.into_iter().find(is_removed))
        {
            return Err(Breach::new([server], format!("{server} answers, and is not in {chain:?} any more")));
        }
        let servers = chain.servers.iter().copied().filter(|node| self.has_failed(master, *node, now));
        let servers: Vec<NodeId> = servers.collect();
        let is_due = !servers.is_empty() && servers.len() < chain.servers.len();
        match self.failed.as_ref().filter(|failed| is_due && failed.number == chain.number && failed.servers == servers)
        {
            Some(Failed { since, .. }) if step.kind == StepKind::Timer && now.since(*since) >= self.config.lease => {
                let what = format!("{servers:?} do not answer since {since}, and are in {chain:?}");
                Err(Breach::new(servers, what))
            }
            Some(_) => Ok(()),
            None => {
                self.failed = is_due.then_some(Failed { number: chain.number, servers, since: now });
                Ok(())
            }
        }
    }
}
