//! The master: it says which servers the chain consists of. It is node 0, and no server.

use std::collections::{BTreeMap, BTreeSet};

use parts::journal::Journal;
use sim_core::{NodeId, Time};

use super::chain::Chain;
use super::config::ChainConfig;
use super::flaws::ChainFlaw;
use super::message::{Event, Message, Record, Timer};
use super::node::Ctx;

/// What the master knows.
#[derive(Debug)]
pub struct Master {
    config: ChainConfig,
    journal: Journal,
    chain: Chain,
    /// When it heard of each server last.
    pub(super) heard: BTreeMap<NodeId, Time>,
    /// Servers that have stopped for good, by the perfect detector.
    pub(super) stopped: BTreeSet<NodeId>,
    /// When it was last said of a server that it does not answer.
    pub(super) unreachable: BTreeMap<NodeId, Time>,
    /// Until when each server may have a lease.
    pub(super) leased_until: BTreeMap<NodeId, Time>,
    /// The number of the configuration in which each server was last let join.
    joined: BTreeMap<NodeId, u64>,
    /// Whether a server is not removed yet because it may have a lease.
    pub(super) waits_for_leases: bool,
}

impl Master {
    pub(super) fn new(config: &ChainConfig) -> Self {
        Self {
            config: config.clone(),
            journal: Journal::default(),
            chain: Chain::none(),
            heard: BTreeMap::new(),
            stopped: BTreeSet::new(),
            unreachable: BTreeMap::new(),
            leased_until: BTreeMap::new(),
            joined: BTreeMap::new(),
            waits_for_leases: false,
        }
    }

    /// The latest configuration.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Whether it takes a server for up, by its clock.
    pub(super) fn hears(&self, node: NodeId, now: Time) -> bool {
        if self.config.is_perfect() {
            return !self.stopped.contains(&node);
        }
        self.heard.get(&node).is_some_and(|at| now.since(*at) < self.config.suspect_after)
    }

    fn has(&self, flaw: ChainFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = self.journal.open(ctx) else { return };
        for record in records {
            match record {
                Record::Chain(chain) => self.chain = chain.clone(),
                // A server's.
                Record::Promised(_) | Record::Entry { .. } | Record::Truncated(_) => {}
            }
        }
        if self.has(ChainFlaw::ChainsInMemory) {
            self.chain = Chain::none();
        }
        // Nobody is suspected before there was time to hear of it.
        self.heard = servers(ctx.nodes()).map(|node| (node, ctx.now())).collect();
        ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
        if self.chain.number == 0 {
            let servers = servers(ctx.nodes()).take(self.config.length as usize).collect();
            return self.make(Chain { number: 1, servers, joining: None }, ctx);
        }
        // It may have granted leases just before it crashed.
        let until = ctx.now().saturating_add(self.config.lease);
        if !self.has(ChainFlaw::LeasesForgotten) {
            self.leased_until = servers(ctx.nodes()).map(|node| (node, until)).collect();
        }
        self.journal.rewrite(vec![Record::Chain(self.chain.clone())], ctx);
        self.journal.make_durable(ctx);
    }

    /// Makes a configuration, durably, and tells everybody.
    fn make(&mut self, chain: Chain, ctx: &mut Ctx<'_>) {
        self.chain = chain.clone();
        self.waits_for_leases = false;
        self.journal.append(Record::Chain(chain.clone()), ctx);
        if !self.has(ChainFlaw::ChainsNotSynced) {
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::ChainMade { chain: chain.clone() });
        ctx.broadcast(Message::NewChain { chain });
    }
}

/// All nodes but the master.
fn servers(nodes: &[NodeId]) -> impl Iterator<Item = NodeId> {
    nodes.iter().copied().filter(|node| *node != ChainConfig::MASTER)
}

/// What servers say.
impl Master {
    pub(super) fn receives(&mut self, from: NodeId, message: &Message, ctx: &mut Ctx<'_>) {
        match *message {
            Message::Beat { number, has_booted, sent } => {
                self.heard.insert(from, ctx.now());
                if number < self.chain.number {
                    return ctx.send(from, Message::NewChain { chain: self.chain.clone() });
                }
                if has_booted {
                    return self.has_booted(from, ctx);
                }
                let is_granted = self.may_grant(from, ctx);
                if is_granted {
                    self.leased_until.insert(from, ctx.now().saturating_add(self.config.lease));
                }
                // Only what knows this configuration is answered: what was sent before it booted was sent by another
                // clock.
                ctx.send(from, Message::Alive { number, is_granted, sent });
            }
            Message::CaughtUp { number, node } => self.caught_up(from, number, node, ctx),
            Message::Unreachable { number, node } => {
                let is_of_now = number == self.chain.number && self.chain.successor(from) == Some(node);
                if is_of_now || self.has(ChainFlaw::BelievesOldReports) {
                    self.unreachable.insert(node, ctx.now());
                }
            }
            _ => {}
        }
    }

    /// Whether a server gets a lease: nobody waits for the end of the last one, and it answers reads.
    fn may_grant(&self, node: NodeId, ctx: &Ctx<'_>) -> bool {
        let reads = self.chain.servers.contains(&node)
            && (self.config.reads.are_apportioned() || self.chain.tail() == Some(node));
        let renews = self.has(ChainFlaw::RenewsForTheFailed) || !self.is_gone(node, ctx);
        self.config.has_leases() && reads && renews
    }

    /// The perfect detector tells that a server has crashed, for good.
    pub(super) fn has_stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        self.stopped.insert(node);
        self.check(ctx);
    }

    /// A server has booted, and may not go on in its place. It joins again at the end, once it is free. Where nobody
    /// else has what is committed, it keeps its place, under another number.
    fn has_booted(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        let mut chain = self.chain.clone();
        chain.joining = chain.joining.filter(|joining| *joining != node);
        let is_up = |other: &NodeId| *other != node && self.hears(*other, ctx.now());
        if chain.servers.iter().any(is_up) {
            chain.servers.retain(|server| *server != node);
        }
        chain.number += 1;
        self.make(chain, ctx);
    }

    /// The server that joins has what it needs to be the tail, and the tail counts it.
    fn caught_up(&mut self, from: NodeId, number: u64, node: NodeId, ctx: &mut Ctx<'_>) {
        let is_of_now = number == self.chain.number && self.chain.tail() == Some(from);
        if is_of_now && self.chain.joining == Some(node) {
            let servers = self.chain.members().collect();
            self.make(Chain { number: number + 1, servers, joining: None }, ctx);
        }
    }
}

/// Configurations.
impl Master {
    /// Whether a server is to be removed.
    fn is_gone(&self, node: NodeId, ctx: &Ctx<'_>) -> bool {
        !self.hears(node, ctx.now()) || self.is_unreachable(node, ctx.now())
    }

    fn is_unreachable(&self, node: NodeId, now: Time) -> bool {
        let is_new = |at: &Time| now.since(*at) < self.config.suspect_after;
        !self.config.is_perfect() && self.unreachable.get(&node).is_some_and(is_new)
    }

    fn may_have_lease(&self, node: NodeId, now: Time) -> bool {
        self.leased_until.get(&node).is_some_and(|until| now < *until) && !self.has(ChainFlaw::LeaseOutlived)
    }

    /// Looks who has failed, and whether somebody can join.
    pub(super) fn check(&mut self, ctx: &mut Ctx<'_>) {
        let mut chain = self.chain.clone();
        let (gone, staying): (Vec<_>, Vec<_>) = chain.servers.iter().partition(|node| self.is_gone(**node, ctx));
        let can_remove = !staying.is_empty() || self.has(ChainFlaw::StartsAnew);
        self.waits_for_leases = can_remove && gone.iter().any(|node| self.may_have_lease(*node, ctx.now()));
        if can_remove && !self.waits_for_leases {
            chain.servers = staying;
        }
        chain.joining = chain.joining.filter(|node| !self.is_gone(*node, ctx));
        if chain.servers.len() < self.config.length as usize && chain.joining.is_none() {
            chain.joining = self.free(&chain, ctx);
        }
        if chain.servers.is_empty() || self.has(ChainFlaw::JoinsAtOnce) {
            chain.servers.extend(chain.joining.take());
        }
        if chain != self.chain && !chain.servers.is_empty() {
            chain.number += 1;
            self.joined.extend(chain.joining.map(|node| (node, chain.number)));
            self.make(chain, ctx);
        }
    }

    /// Of the servers that are up and have no place, the one that has joined least lately.
    fn free(&self, chain: &Chain, ctx: &Ctx<'_>) -> Option<NodeId> {
        let is_free = |node: &NodeId| !chain.servers.contains(node) && !self.is_gone(*node, ctx);
        servers(ctx.nodes()).filter(is_free).min_by_key(|node| self.joined.get(node).copied().unwrap_or(0))
    }
}
