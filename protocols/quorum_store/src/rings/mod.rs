//! The ring as a node knows it, and how it changes.
//!
//! The nodes that keep a key are the first ones on a ring ([`Ring`]), or by another `placement` some of its members. The
//! ring changes as nodes join and leave, when an operator asks for that. Who is told what, by the setting `rings`:
//! - `fixed`: nobody, for the ring does not change.
//! - `gossiped`: every node changes its own ring, and tells others (`gossip`), as in Dynamo, sections 4.8 and 6.5. Nodes
//!   may have different rings, and answer all the same. So all that is claimed is that what was acknowledged reaches the
//!   replicas in the end.
//! - `agreed`: the first three nodes are the *ring masters* and nothing else. By Raft they put the changes in one order,
//!   and every other node goes through them in this order (`masters`). A ring's version is how many changes led to it.
//!   An operation has the version of its coordinator's ring, and nodes with another ring refuse it: whoever is behind
//!   is told the changes that it lacks, and begins the operation anew.
//!
//! **Hand-over** (`hand_over`). A node that need not keep a key any more keeps what it has of it for the new replicas, as
//! hints (Dynamo, section 4.6): durably, until they have acknowledged it. It forgets its own copy.
//!
//! With agreed rings, a node that a key moves to does not answer for it before it has what was acknowledged. It asks the
//! replicas of the ring before for their copies, part by part, and makes each part durable before it asks for the next.
//! It is done with a key when so many replicas have told it all that they are in every read quorum and in every write
//! quorum of that ring: then it knows of every write that was acknowledged by that ring, and no more operation can be
//! completed by it. A replica tells its copies once it has the new ring, and is itself done with all rings before.

mod gossip;
mod hand_over;
mod masters;

use std::collections::{BTreeMap, BTreeSet};

use parts::placement::{Member, Ring, Token, fixed};
use serde::Serialize;
use sim_core::{NodeId, OperatorAction};

use super::config::{Placement, QuorumConfig, Rings as Kind};
use super::flaws::QuorumFlaw;
use super::message::Event;
use super::node::{Ctx, QuorumStore};
use super::storage::Memory;

pub(super) use masters::Masters;

/// How many nodes, the first ones, are ring masters, if rings are agreed.
pub(super) const MASTERS: usize = 3;

const JOIN: &str = "join";
const LEAVE: &str = "leave";

/// What an operator can ask for.
pub(super) const ACTIONS: &[&str] = &[JOIN, LEAVE];

/// A change of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Change {
    /// This node joins.
    Join(NodeId),
    /// This node leaves.
    Leave(NodeId),
}

/// Why a node does not do what an operator asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Refusal {
    /// The ring does not change.
    Fixed,
    /// A change is about one node, and was asked for with several.
    NotOneNode,
    /// The node is a ring master.
    NotAStore,
    /// It is so already.
    NothingToChange,
    /// There would be fewer members than a key has replicas.
    TooFew,
}

/// What all nodes know of rings without being told.
#[derive(Clone, Debug)]
struct Plan {
    kind: Kind,
    /// The nodes that can be members, in order.
    stores: Vec<NodeId>,
    virtual_nodes: u32,
    zones: u32,
    replication: usize,
    /// How many replicas of a ring must tell a new one what they have.
    sources: usize,
    placement: Placement,
    answers_early: bool,
}

/// The rings that a node knows.
#[derive(Clone, Debug)]
pub(super) struct Rings {
    plan: Plan,
    /// With agreed rings all of them, by version; else the present one alone.
    all: Vec<Ring>,
    /// By version, what the node waits for before it answers for the keys that this ring gave it.
    awaited: BTreeMap<u64, Awaited>,
}

/// What a node waits for that a ring has given keys to.
#[derive(Clone, Debug, Default)]
struct Awaited {
    /// The replicas that the keys had before: a set for each part of the circle.
    replicas: BTreeSet<BTreeSet<NodeId>>,
    /// Which of them have told all, and of the others the last key that they have told of.
    told: BTreeSet<NodeId>,
    last: BTreeMap<NodeId, u32>,
}

/// The nodes that can be members of rings: all but ring masters.
pub(super) fn stores<'n>(config: &QuorumConfig, nodes: &'n [NodeId]) -> &'n [NodeId] {
    if config.rings == Kind::Agreed { &nodes[MASTERS.min(nodes.len())..] } else { nodes }
}

impl Rings {
    /// The first ring.
    pub(super) fn new(config: &QuorumConfig, nodes: &[NodeId]) -> Self {
        let replication = config.replication as usize;
        let (read, write) = (config.read_quorum as usize, config.write_quorum());
        let in_every_quorum = (replication + 1).saturating_sub(read.min(write));
        let plan = Plan {
            kind: config.rings,
            stores: stores(config, nodes).to_vec(),
            virtual_nodes: config.virtual_nodes,
            zones: config.zones,
            replication,
            // Where quorums need not meet, it waits for no more than operations do.
            sources: match config.flaws.has(QuorumFlaw::AsksOneOwner) {
                true => 1,
                false => in_every_quorum.min(read.max(write)),
            },
            placement: match config.flaws.has(QuorumFlaw::MovesOtherKeys) {
                true => Placement::Simple,
                false => config.placement,
            },
            answers_early: config.flaws.has(QuorumFlaw::AnswersEarly),
        };
        let members = config.members.map_or(plan.stores.len(), |members| members as usize);
        let ring = Ring::new(plan.stores.iter().take(members).map(|node| plan.member(*node)));
        Self { plan, all: vec![ring], awaited: BTreeMap::new() }
    }

    /// What a node knows that has not forgotten this.
    pub(super) fn recalled(first: &Self, me: NodeId, memory: &Memory) -> Self {
        let mut rings = first.clone();
        if let Some(ring) = &memory.ring {
            rings.all = vec![ring.clone()];
        }
        for change in &memory.changes {
            rings.apply(*change, me);
        }
        for (version, from) in &memory.told {
            rings.has_told_all(*version, *from);
        }
        rings
    }

    /// The present ring.
    pub(super) fn current(&self) -> &Ring {
        &self.all[self.all.len() - 1]
    }

    /// The version that operations have: with agreed rings that of the present one.
    pub(super) const fn version(&self) -> u64 {
        self.all.len() as u64 - 1
    }

    /// Whether nodes with other rings are refused.
    pub(super) fn are_agreed(&self) -> bool {
        self.plan.kind == Kind::Agreed
    }

    /// So many nodes, in the order in which a ring prefers them for a key.
    fn preference_in(&self, ring: &Ring, key: u32, count: usize) -> Vec<NodeId> {
        let token = Token::of(&key);
        match self.plan.placement {
            Placement::Simple => {
                let members: Vec<_> = ring.members().map(|member| member.node).collect();
                fixed(&members, token.0, count).collect()
            }
            Placement::ConsistentHashing => ring.preference(token, count),
        }
    }

    /// All nodes, in the order in which a key prefers them: the replicas first.
    pub(super) fn preference(&self, key: u32) -> Vec<NodeId> {
        self.preference_in(self.current(), key, usize::MAX)
    }

    /// The replicas of a key.
    pub(super) fn replicas(&self, key: u32) -> Vec<NodeId> {
        self.preference_in(self.current(), key, self.plan.replication)
    }

    /// Those that a ring gave it, if that is known here.
    fn replicas_in(&self, version: u64, key: u32) -> Option<Vec<NodeId>> {
        let ring = self.all.get(usize::try_from(version).ok()?)?;
        Some(self.preference_in(ring, key, self.plan.replication))
    }

    /// Whether the ring of this version gave the key to this node.
    fn gave(&self, version: u64, key: u32, node: NodeId) -> bool {
        let has = |version| self.replicas_in(version, key).is_some_and(|replicas| replicas.contains(&node));
        has(version) && version.checked_sub(1).is_some_and(|before| !has(before))
    }

    /// Whether the node is a replica of the key, and done with its hand-over.
    pub(super) fn answers_for(&self, key: u32, me: NodeId) -> bool {
        let waits = |(version, awaited): (&u64, &Awaited)| {
            let before = self.replicas_in(version - 1, key).unwrap_or_default();
            self.gave(*version, key, me) && !self.is_enough(awaited, &before.into_iter().collect())
        };
        self.replicas(key).contains(&me) && (self.plan.answers_early || !self.awaited.iter().any(waits))
    }

    fn is_enough(&self, awaited: &Awaited, replicas: &BTreeSet<NodeId>) -> bool {
        awaited.told.intersection(replicas).count() >= self.plan.sources
    }

    /// Whether the node waits for a hand-over of a ring before this one.
    fn waits_before(&self, version: u64) -> bool {
        self.awaited.range(..version).next().is_some()
    }

    /// The next ring, if rings are agreed. A change that is not possible changes nothing.
    fn apply(&mut self, change: Change, me: NodeId) {
        let mut next = self.current().clone();
        if self.plan.check(change, &next).is_ok() {
            self.plan.make(change, &mut next);
        }
        let moves = self.current().moves(&next, self.plan.replication);
        let gains = moves.into_iter().filter(|part| part.gained().any(|node| node == me));
        let replicas: BTreeSet<_> = gains.map(|part| part.before).collect();
        self.all.push(next);
        if !replicas.is_empty() {
            self.awaited.insert(self.version(), Awaited { replicas, ..Awaited::default() });
        }
    }

    /// A replica has told all that it has of the keys that this ring gave the node. Tells whether the node is done with
    /// this ring.
    fn has_told_all(&mut self, version: u64, from: NodeId) -> bool {
        let Some(mut awaited) = self.awaited.remove(&version) else { return false };
        awaited.told.insert(from);
        let is_done = awaited.replicas.iter().all(|replicas| self.is_enough(&awaited, replicas));
        if !is_done {
            self.awaited.insert(version, awaited);
        }
        is_done
    }
}

impl Plan {
    fn member(&self, node: NodeId) -> Member {
        let place = self.stores.iter().position(|other| *other == node).unwrap_or_default() as u32;
        Member { node, zone: place.checked_rem(self.zones), virtual_nodes: self.virtual_nodes }
    }

    fn make(&self, change: Change, ring: &mut Ring) {
        match change {
            Change::Join(node) => _ = ring.join(self.member(node)),
            Change::Leave(node) => _ = ring.leave(node),
        }
    }

    fn check(&self, change: Change, ring: &Ring) -> Result<(), Refusal> {
        let (Change::Join(node) | Change::Leave(node)) = change;
        let is_member = ring.member(node).is_some();
        match change {
            _ if !self.stores.contains(&node) => Err(Refusal::NotAStore),
            Change::Join(_) if is_member => Err(Refusal::NothingToChange),
            Change::Leave(_) if !is_member => Err(Refusal::NothingToChange),
            Change::Leave(_) if ring.members().count() <= self.replication => Err(Refusal::TooFew),
            Change::Join(_) | Change::Leave(_) => Ok(()),
        }
    }
}

impl QuorumStore {
    /// An operator asks for a change.
    pub(super) fn asked_for(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        if let Err(why) = self.change(action, ctx) {
            ctx.emit(Event::Refused { action: action.to_string(), why });
        }
    }

    fn change(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let [node] = action.nodes[..] else { return Err(Refusal::NotOneNode) };
        let change = if action.name == JOIN { Change::Join(node) } else { Change::Leave(node) };
        match self.config.rings {
            Kind::Fixed => Err(Refusal::Fixed),
            // That is for the ring masters.
            Kind::Agreed => Ok(()),
            Kind::Gossiped => self.change_own(change, ctx),
        }
    }

    /// After the ring has changed, durably.
    fn ring_changed(&mut self, before: &Ring, ctx: &mut Ctx<'_>) {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) =
            (before.members().collect(), self.rings.current().members().collect());
        let nodes = |members: &BTreeSet<Member>, others: &BTreeSet<Member>| {
            members.difference(others).map(|member| member.node).collect::<Vec<_>>()
        };
        let (joined, left) = (nodes(&new, &old), nodes(&old, &new));
        ctx.emit(Event::RingChanged { version: self.rings.version(), joined, left });
        self.give_away(ctx);
        self.plant_trees();
        self.ask_for_copies(ctx);
        self.begin_anew(ctx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u32) -> NodeId {
        NodeId::node(number)
    }

    /// Agreed rings of so many stores, n3 and those after it.
    fn rings(stores: u32, config: QuorumConfig) -> Rings {
        let nodes: Vec<_> = (0..MASTERS as u32 + stores).map(n).collect();
        Rings::new(&QuorumConfig { rings: Kind::Agreed, ..config }, &nodes)
    }

    fn members(rings: &Rings) -> Vec<u32> {
        rings.current().members().map(|member| member.node.index()).collect()
    }

    #[test]
    fn what_is_not_possible_changes_nothing_but_the_version() {
        let mut rings = rings(4, QuorumConfig::default());
        let check = |rings: &mut Rings, change, version, expected: &[u32]| {
            rings.apply(change, n(3));
            assert_eq!((rings.version(), members(rings)), (version, expected.to_vec()), "{change:?}");
        };
        check(&mut rings, Change::Join(n(3)), 1, &[3, 4, 5, 6]);
        check(&mut rings, Change::Join(n(2)), 2, &[3, 4, 5, 6]);
        check(&mut rings, Change::Leave(n(4)), 3, &[3, 5, 6]);
        check(&mut rings, Change::Leave(n(4)), 4, &[3, 5, 6]);
        check(&mut rings, Change::Leave(n(5)), 5, &[3, 5, 6]);
        check(&mut rings, Change::Join(n(4)), 6, &[3, 4, 5, 6]);
    }

    /// The keys that the ring of version 1 gave to n7, which joins a ring of four.
    fn joined(config: QuorumConfig) -> (Rings, Vec<u32>) {
        let mut rings = rings(5, QuorumConfig { members: Some(4), ..config });
        rings.apply(Change::Join(n(7)), n(7));
        let gained = (0..50).filter(|key| rings.replicas(*key).contains(&n(7))).collect();
        (rings, gained)
    }

    #[test]
    fn who_joins_answers_once_enough_replicas_have_told_all() {
        let (mut rings, gained) = joined(QuorumConfig::default());
        assert!(!gained.is_empty() && rings.waits_before(2) && !rings.waits_before(1));
        let mut was_done = false;
        for from in (3..7).map(n) {
            let is_done = rings.has_told_all(1, from);
            assert!(!(is_done && was_done), "it is done once");
            was_done |= is_done;
            assert_eq!(was_done, !rings.waits_before(2));
            for key in &gained {
                let before: BTreeSet<_> = rings.replicas_in(0, *key).unwrap().into_iter().collect();
                let told = before.iter().filter(|node| node.index() <= from.index()).count();
                assert_eq!(rings.answers_for(*key, n(7)), told >= 2, "{key}, of {before:?}, {from}");
            }
        }
        assert!(was_done);
    }

    #[test]
    fn whom_a_change_gives_nothing_waits_for_nobody() {
        let mut rings = rings(5, QuorumConfig { members: Some(4), ..QuorumConfig::default() });
        rings.apply(Change::Join(n(7)), n(4));
        assert!(!rings.waits_before(2));
        let keys: Vec<u32> = (0..50).filter(|key| rings.replicas(*key).contains(&n(4))).collect();
        assert!(!keys.is_empty() && keys.iter().all(|key| rings.answers_for(*key, n(4))));
    }

    /// In every read quorum and in every write quorum: of so many, with R and W.
    #[test]
    fn it_takes_so_many_that_they_are_in_every_quorum_of_the_ring_before() {
        let sources = |read_quorum, write| {
            let write_availability = super::super::config::WriteAvailability::Quorum(write);
            rings(5, QuorumConfig { read_quorum, write_availability, ..QuorumConfig::default() }).plan.sources
        };
        assert_eq!([sources(2, 2), sources(1, 3), sources(3, 1), sources(2, 3), sources(3, 3)], [2, 3, 3, 2, 1]);
        // Where quorums need not meet, it is as many as operations wait for.
        assert_eq!([sources(1, 1), sources(1, 2)], [1, 2]);
    }
}
