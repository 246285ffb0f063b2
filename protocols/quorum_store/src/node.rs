//! A node: a replica of some keys, and a coordinator of operations on any.

use std::collections::BTreeMap;

use parts::clocks::{Dot, HybridTime};
use parts::journal::{Journal, good_records};
use parts::merkle::MerkleTree;
use parts::placement::{Member, Ring, Token};
use sim_core::{Context, NodeId, Protocol, RequestId, State, Time};

use super::config::QuorumConfig;
use super::coordinator::{Operation, Returned};
use super::flaws::QuorumFlaw;
use super::message::{Event, Message, Timer};
use super::operations::{QuorumOp, QuorumReply};
use super::storage::{Memory, Record};

/// A node.
#[derive(Debug)]
pub struct QuorumStore {
    pub(super) config: QuorumConfig,
    pub(super) me: NodeId,
    pub(super) journal: Journal,
    /// Who is a replica of what.
    pub(super) ring: Ring,
    /// What it must not forget.
    pub(super) memory: Memory,
    /// How many phases it has begun since the last boot.
    pub(super) phases: u64,
    /// How many versions of each key it has made since the last boot.
    pub(super) numbers: BTreeMap<u32, u64>,
    /// The highest stamp that it has given or been shown since the last boot.
    pub(super) clock: HybridTime,
    /// The operations that it carries out, at most one of each client.
    pub(super) operations: BTreeMap<NodeId, Operation>,
    /// The last read of each client that has returned, for replicas that answer late.
    pub(super) returned: BTreeMap<NodeId, Returned>,
    /// What it has of keys that have the same replicas, by these in ascending order.
    pub(super) trees: BTreeMap<Vec<NodeId>, MerkleTree<u32>>,
    /// Which of the others it compares itself with next.
    pub(super) next: usize,
    /// Since when it has nothing of a key but tombstones, as far as it knows.
    pub(super) deleted_since: BTreeMap<u32, Time>,
    /// Tombstones that it has forgotten, and when: others may still offer them.
    pub(super) collected: BTreeMap<Dot, Time>,
}

pub(super) type Ctx<'a> = Context<'a, QuorumStore>;

impl QuorumStore {
    pub(super) fn new(config: &QuorumConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            journal: Journal::default(),
            ring: ring(config, nodes),
            memory: Memory::default(),
            phases: 0,
            numbers: BTreeMap::new(),
            clock: HybridTime::default(),
            operations: BTreeMap::new(),
            returned: BTreeMap::new(),
            trees: BTreeMap::new(),
            next: 0,
            deleted_since: BTreeMap::new(),
            collected: BTreeMap::new(),
        }
    }

    pub(super) fn has(&self, flaw: QuorumFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// The replicas of a key, in the order in which it prefers them.
    pub(super) fn replicas(&self, key: u32) -> Vec<NodeId> {
        self.ring.preference(Token::of(&key), self.config.replication as usize)
    }

    /// The other nodes, which stand in for replicas, in the order in which the key prefers them.
    pub(super) fn fallbacks(&self, key: u32) -> Vec<NodeId> {
        self.ring.preference(Token::of(&key), usize::MAX).split_off(self.config.replication as usize)
    }

    /// Knows again what these records say.
    fn recover(&mut self, records: &[&Record]) {
        records.iter().for_each(|record| self.memory.recall(record, self.config.flaws));
        if self.has(QuorumFlaw::ForgetsRequests) {
            self.memory.made.clear();
        }
        self.memory.boots += 1;
    }
}

/// The ring that these nodes begin with.
pub(super) fn ring(config: &QuorumConfig, nodes: &[NodeId]) -> Ring {
    let member = |node: &NodeId| Member { node: *node, zone: None, virtual_nodes: config.virtual_nodes };
    Ring::new(nodes.iter().map(member))
}

impl Protocol for QuorumStore {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = QuorumOp;
    type Reply = QuorumReply;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("reading", |node| node.operations.values().any(Operation::reads)),
        State::new("writing", |node| node.operations.values().any(|operation| !operation.reads())),
        State::new("hinting", |node| !node.memory.hints.is_empty()),
    ];

    /// What it reads it writes once more: a failed sync may have left records that can be read and that no later
    /// sync makes durable (Rebello et al., USENIX ATC 2020).
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if self.has(QuorumFlaw::RecoversUnsynced) {
            let records = good_records(ctx.disk().records()).unwrap_or_default();
            ctx.disk().truncate(records.len() as u64);
            self.recover(&records);
            self.journal.append(Record::Boot(self.memory.boots), ctx);
        } else {
            // Where the disk is broken, the node has been stopped.
            let Some(records) = self.journal.open(ctx) else { return };
            self.recover(&records);
            if self.has(QuorumFlaw::RetriesSync) {
                self.journal.append(Record::Boot(self.memory.boots), ctx);
            } else {
                self.journal.rewrite(self.memory.records(), ctx);
            }
            self.journal.make_durable(ctx);
        }
        self.plant_trees();
        let deleted = self.memory.cells.iter().filter(|(_, cell)| cell.is_deleted());
        self.deleted_since = deleted.map(|(key, _)| (*key, ctx.now())).collect();
        // Not all nodes begin with the same one.
        self.next = ctx.choose("first of the others", 0..ctx.nodes().len() as u64) as usize;
        ctx.set_timer(Timer::Handoff, self.config.hint_interval);
        ctx.set_timer(Timer::AntiEntropy, self.config.anti_entropy_interval);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Fetch { phase, key, replica } => self.fetch(from, phase, key, replica, ctx),
            Message::Fetched { phase, replica, versions } => self.fetched(from, phase, replica, versions, ctx),
            Message::Store { phase, key, replica, versions } => {
                self.store(key, replica, &versions, ctx);
                ctx.send(from, Message::Stored { phase, replica });
            }
            Message::Stored { phase, replica } => self.stored(from, phase, replica, ctx),
            Message::Repair { key, versions } => self.repair(key, &versions, ctx),
            Message::Handoff { key, versions } => self.take_over(from, key, &versions, ctx),
            Message::HandedOff { key, dots } => self.handed_off(from, key, dots, ctx),
            Message::Compare { replicas, exchange } => self.compare(from, replicas, &exchange, ctx),
            Message::Exchange { cells, wants } => self.exchange(from, &cells, wants, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Retransmit(client) => self.retransmit(client, ctx),
            Timer::Handoff => self.offer_hints(ctx),
            Timer::AntiEntropy => {
                self.collect_tombstones(ctx);
                self.begin_comparison(ctx);
            }
        }
    }

    fn on_request(&mut self, request: RequestId, op: QuorumOp, ctx: &mut Ctx<'_>) {
        self.requested(request, op, ctx);
    }
}
