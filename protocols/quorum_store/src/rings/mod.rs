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
//! Where keys are placed by **ranges** (`table`, `ranges`), a version of the ring says, besides, where ranges begin and who
//! keeps them. They are changed in the same order as members are. A node that joins keeps no range before one moves to it;
//! for one that leaves others take its place.
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
mod ranges;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use parts::placement::{Member, Ranges, Ring, Token, fixed};
use serde::Serialize;
use sim_core::{NodeId, OperatorAction};

use super::config::{Placement, QuorumConfig, Rings as Kind};
use super::flaws::QuorumFlaw;
use super::message::Event;
use super::node::{Ctx, QuorumStore};
use super::storage::Memory;
use table::Table;

pub(super) use masters::Masters;

/// How many nodes, the first ones, are ring masters, if rings are agreed.
pub(super) const MASTERS: usize = 3;

const JOIN: &str = "join";
const LEAVE: &str = "leave";
const SPLIT: &str = "split";
const MERGE: &str = "merge";
const MOVE: &str = "move";

/// What an operator can ask for: the first two of anybody, about a node, and the others of the primary of a range.
pub(super) const ACTIONS: &[&str] = &[JOIN, LEAVE, SPLIT, MERGE, MOVE];

/// A change of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Change {
    /// This node joins.
    Join(NodeId),
    /// This node leaves.
    Leave(NodeId),
    /// A range becomes two, of which the second begins with this key.
    Split(u32),
    /// The range that begins with this key becomes one with that before it.
    Merge(u32),
    /// A node becomes the primary of the range that this key is in; unless it keeps it already, the primary before gives
    /// it away.
    Move(u32, NodeId),
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
    /// Keys are not placed by ranges.
    NoRanges,
    /// The node is the primary of no range.
    NotAPrimary,
    /// It was not said to which node a range is to move.
    NoNode,
    /// The two ranges are kept by different nodes: one has to be moved first.
    KeptApart,
}

impl From<parts::placement::Refusal> for Refusal {
    fn from(why: parts::placement::Refusal) -> Self {
        match why {
            parts::placement::Refusal::KeptApart => Self::KeptApart,
            parts::placement::Refusal::NothingToSplit | parts::placement::Refusal::NothingToMerge => {
                Self::NothingToChange
            }
        }
    }
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
    splits_behind: bool,
}

/// The rings that a node knows.
#[derive(Clone, Debug)]
pub(super) struct Rings {
    plan: Plan,
    /// With agreed rings all of them, by version; else the present one alone.
    all: Vec<Table>,
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
            splits_behind: config.flaws.has(QuorumFlaw::SplitsBehind),
        };
        let members = config.members.map_or(plan.stores.len(), |members| members as usize);
        let ring = Ring::new(plan.stores.iter().take(members).map(|node| plan.member(*node)));
        let table = Table::new(ring, config.placement == Placement::Ranges, replication);
        Self { plan, all: vec![table], awaited: BTreeMap::new() }
    }

    /// What a node knows that has not forgotten this.
    pub(super) fn recalled(first: &Self, me: NodeId, memory: &Memory) -> Self {
        let mut rings = first.clone();
        if let Some(ring) = &memory.ring {
            rings.take(ring.clone());
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
        &self.table().ring
    }

    fn table(&self) -> &Table {
        &self.all[self.all.len() - 1]
    }

    /// The present ranges, where keys are placed by ranges.
    pub(super) fn ranges(&self) -> Option<&Ranges<u32>> {
        self.table().ranges.as_ref()
    }

    /// Goes by this ring, where rings are not agreed.
    fn take(&mut self, ring: Ring) {
        self.all = vec![Table { ring, ranges: None }];
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
    fn preference_in(&self, table: &Table, key: u32, count: usize) -> Vec<NodeId> {
        let token = Token::of(&key);
        match self.plan.placement {
            Placement::Simple => {
                let members: Vec<_> = table.ring.members().map(|member| member.node).collect();
                fixed(&members, token.0, count).collect()
            }
            Placement::ConsistentHashing => table.ring.preference(token, count),
            Placement::Ranges => table.by_range(key).into_iter().take(count).collect(),
        }
    }

    /// All nodes, in the order in which a key prefers them: the replicas first.
    pub(super) fn preference(&self, key: u32) -> Vec<NodeId> {
        self.preference_in(self.table(), key, usize::MAX)
    }

    /// The replicas of a key.
    pub(super) fn replicas(&self, key: u32) -> Vec<NodeId> {
        self.preference_in(self.table(), key, self.plan.replication)
    }

    /// Those that a ring gave it, if that is known here.
    pub(super) fn replicas_in(&self, version: u64, key: u32) -> Option<Vec<NodeId>> {
        let table = self.all.get(usize::try_from(version).ok()?)?;
        Some(self.preference_in(table, key, self.plan.replication))
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

    /// From which node to which other one this change of the ring of this version moves the range of the key.
    pub(super) fn moved(&self, version: u64, change: Change, key: u32) -> Option<(NodeId, NodeId)> {
        let Change::Move(within, to) = change else { return None };
        let table = self.all.get(usize::try_from(version).ok()?)?;
        let (range, partition) = table.ranges.as_ref()?.of(&within);
        let keeps = partition.keepers.nodes().any(|keeper| keeper == to);
        let moves = range.contains(&key) && !keeps && self.plan.changed(change, table).is_ok();
        moves.then_some((partition.keepers.primary, to))
    }

    /// Whether a change can be made of the present ring.
    fn check(&self, change: Change) -> Result<(), Refusal> {
        self.plan.changed(change, self.table()).map(|_| ())
    }

    /// The next ring, if rings are agreed. A change that is not possible changes nothing.
    fn apply(&mut self, change: Change, me: NodeId) {
        let change = match change {
            Change::Split(at) if self.plan.splits_behind && self.replicas(at).contains(&me) => {
                Change::Split(at.saturating_add(1))
            }
            change => change,
        };
        let next = self.plan.changed(change, self.table()).unwrap_or_else(|_| self.table().clone());
        let replicas = self.table().replicas_before_gains(&next, me, self.plan.replication);
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

    /// What a change makes of a table.
    fn changed(&self, change: Change, table: &Table) -> Result<Table, Refusal> {
        let mut next = table.clone();
        match (change, &mut next.ranges) {
            (Change::Join(node), _) => {
                self.check(change, node, &table.ring)?;
                next.ring.join(self.member(node));
            }
            (Change::Leave(node), _) => {
                self.check(change, node, &table.ring)?;
                next.ring.leave(node);
                next.replace(node);
            }
            (_, None) => return Err(Refusal::NoRanges),
            (Change::Split(at), Some(ranges)) => ranges.split(at)?,
            (Change::Merge(at), Some(ranges)) => ranges.merge(&at)?,
            (Change::Move(within, node), Some(ranges)) => {
                if table.ring.member(node).is_none() {
                    return Err(Refusal::NotAStore);
                }
                if ranges.of(&within).1.keepers.primary == node {
                    return Err(Refusal::NothingToChange);
                }
                next.hand_to(within, node);
            }
        }
        Ok(next)
    }

    /// Whether a node can join or leave.
    fn check(&self, change: Change, node: NodeId, ring: &Ring) -> Result<(), Refusal> {
        let is_member = ring.member(node).is_some();
        let joins = matches!(change, Change::Join(_));
        if !self.stores.contains(&node) {
            Err(Refusal::NotAStore)
        } else if joins == is_member {
            Err(Refusal::NothingToChange)
        } else if !joins && ring.members().count() <= self.replication {
            Err(Refusal::TooFew)
        } else {
            Ok(())
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
        if [SPLIT, MERGE, MOVE].contains(&action.name.as_str()) {
            return self.change_ranges(action, ctx);
        }
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

    fn ranges(stores: u32) -> Rings {
        rings(stores, QuorumConfig { placement: Placement::Ranges, ..QuorumConfig::default() })
    }

    fn check_keepers(rings: &Rings, keys: &[u32], expected: &[u32]) {
        for key in keys {
            let keepers: Vec<_> = rings.replicas(*key).into_iter().map(NodeId::index).collect();
            assert_eq!(keepers, expected, "{key}");
        }
    }

    #[test]
    fn a_range_moves_to_who_becomes_its_primary_and_no_other_does() {
        let mut rings = ranges(5);
        check_keepers(&rings, &[0, 9, u32::MAX], &[3, 4, 5]);
        rings.apply(Change::Split(5), n(6));
        check_keepers(&rings, &[4, 5], &[3, 4, 5]);
        rings.apply(Change::Move(7, n(6)), n(6));
        check_keepers(&rings, &[0, 4], &[3, 4, 5]);
        check_keepers(&rings, &[5, 9], &[6, 4, 5]);
        assert!(!rings.answers_for(5, n(6)) && rings.gave(2, 5, n(6)) && !rings.gave(2, 4, n(6)));
        // Who keeps it already takes the role of the primary, and nothing else moves.
        rings.apply(Change::Move(0, n(5)), n(6));
        check_keepers(&rings, &[0, 4], &[5, 3, 4]);
        assert_eq!(rings.check(Change::Merge(5)), Err(Refusal::KeptApart));
        assert_eq!(rings.check(Change::Move(0, n(5))), Err(Refusal::NothingToChange));
        assert_eq!(rings.check(Change::Move(0, n(2))), Err(Refusal::NotAStore));
    }

    #[test]
    fn where_a_member_leaves_one_that_has_the_data_becomes_the_primary() {
        let mut rings = ranges(5);
        rings.apply(Change::Split(5), n(7));
        rings.apply(Change::Leave(n(3)), n(7));
        // The two that kept nothing take a range each.
        check_keepers(&rings, &[4], &[4, 5, 6]);
        check_keepers(&rings, &[5], &[4, 5, 7]);
        assert!(!rings.gave(2, 4, n(7)) && rings.gave(2, 5, n(7)) && rings.waits_before(3));
        rings.apply(Change::Leave(n(5)), n(7));
        check_keepers(&rings, &[4], &[4, 6, 7]);
        check_keepers(&rings, &[5], &[4, 6, 7]);
        rings.apply(Change::Merge(5), n(7));
        assert_eq!(rings.ranges().map(|ranges| ranges.iter().count()), Some(1));
    }

    /// In whatever order ranges and members change, N different members keep each key, and a node waits for a hand-over
    /// exactly if a change has given it a key.
    #[test]
    fn whatever_changes_as_many_members_as_there_are_to_be_replicas_keep_each_key() {
        for seed in 0..300 {
            let rng = &mut sim_core::SimRng::new(seed, 0);
            let mut rings = ranges(6);
            for _ in 0..rng.below(20) {
                let (key, node) = (rng.below(12) as u32, n(3 + rng.below(6) as u32));
                let change = match rng.below(6) {
                    0 => Change::Join(node),
                    1 => Change::Leave(node),
                    2 => Change::Merge(key),
                    3 => Change::Move(key, node),
                    _ => Change::Split(key),
                };
                rings.apply(change, n(3));
                let version = rings.version();
                for key in 0..12 {
                    let keepers: BTreeSet<NodeId> = rings.replicas(key).into_iter().collect();
                    let are_members = keepers.iter().all(|keeper| rings.current().member(*keeper).is_some());
                    assert!(keepers.len() == 3 && are_members, "seed {seed}: {keepers:?} after {change:?}");
                }
                let gains = (0..12).any(|key| rings.gave(version, key, n(3)));
                assert_eq!(rings.awaited.contains_key(&version), gains, "seed {seed}: {change:?}");
            }
        }
    }
}
