//! A node: a replica of some keys, and a coordinator of operations on any.

use std::collections::BTreeMap;

use parts::clocks::{Dot, HybridTime};
use parts::journal::{Journal, good_records};
use parts::merkle::MerkleTree;
use sim_core::{Context, DiskEvent, NodeId, OperatorAction, Protocol, RequestId, State, Time, kind_of};

use super::config::{QuorumConfig, Rings as Kind};
use super::coordinator::{Operation, Returned};
use super::flaws::QuorumFlaw;
use super::message::{Event, Message, Timer};
use super::operations::{QuorumOp, QuorumReply};
use super::rings::{self, MASTERS, Masters, Rings};
use super::storage::{Memory, Record};

/// A node.
#[derive(Debug)]
pub struct QuorumStore {
    pub(super) config: QuorumConfig,
    pub(super) me: NodeId,
    pub(super) journal: Journal,
    /// Set in a ring master, which is nothing else.
    pub(super) masters: Option<Masters>,
    /// Who is a replica of what.
    pub(super) rings: Rings,
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
    /// By key, how often it has been asked to write as the primary of a range since the last boot.
    pub(super) load: BTreeMap<u32, u64>,
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
        let is_master = config.rings == Kind::Agreed && nodes[..MASTERS].contains(&me);
        Self {
            config: config.clone(),
            me,
            journal: Journal::default(),
            masters: is_master.then(|| Masters::new(me, nodes)),
            rings: Rings::new(config, nodes),
            memory: Memory::default(),
            phases: 0,
            numbers: BTreeMap::new(),
            clock: HybridTime::default(),
            operations: BTreeMap::new(),
            returned: BTreeMap::new(),
            load: BTreeMap::new(),
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
        self.rings.replicas(key)
    }

    /// The other nodes, which stand in for replicas, in the order in which the key prefers them.
    pub(super) fn fallbacks(&self, key: u32) -> Vec<NodeId> {
        self.rings.preference(key).split_off(self.config.replication as usize)
    }

    /// Knows again what these records say.
    fn recover(&mut self, records: &[&Record]) {
        records.iter().for_each(|record| self.memory.recall(record, self.config.flaws));
        if self.has(QuorumFlaw::ForgetsRequests) {
            self.memory.made.clear();
        }
        self.memory.boots += 1;
        self.rings = Rings::recalled(&self.rings, self.me, &self.memory);
    }
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

    const ACTIONS: &'static [&'static str] = rings::ACTIONS;

    /// What it reads it writes once more: a failed sync may have left records that can be read and that no later
    /// sync makes durable (Rebello et al., USENIX ATC 2020).
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(masters) = &mut self.masters {
            return masters.on_start(ctx);
        }
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
        self.give_away(ctx);
        self.plant_trees();
        let deleted = self.memory.cells.iter().filter(|(_, cell)| cell.is_deleted());
        self.deleted_since = deleted.map(|(key, _)| (*key, ctx.now())).collect();
        // Not all nodes begin with the same one.
        self.next = ctx.choose("first of the others", 0..ctx.nodes().len() as u64) as usize;
        ctx.set_timer(Timer::Handoff, self.config.hint_interval);
        ctx.set_timer(Timer::AntiEntropy, self.config.anti_entropy_interval);
        self.tend_ring(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if let Some(masters) = &mut self.masters {
            return masters.on_message(from, message, ctx);
        }
        match message {
            Message::Fetch { phase, key, replica } | Message::Store { phase, key, replica, .. }
                if !self.admits(from, phase, (key, replica), ctx) => {}
            Message::Write { phase, key, .. } if !self.admits(from, phase, (key, self.me), ctx) => {}
            Message::Written { coordinator, phase, key, .. }
                if !self.admits(coordinator, phase, (key, self.me), ctx) => {}
            Message::Fetch { phase, key, replica } => self.fetch(from, phase, key, replica, ctx),
            Message::Fetched { phase, replica, versions } => self.fetched(from, phase, replica, versions, ctx),
            Message::Store { phase, key, replica, versions } => {
                self.store(key, replica, &versions, ctx);
                ctx.send(from, Message::Stored { phase, replica });
            }
            Message::Write { phase, key, replicas, versions } => {
                self.write(from, phase, key, (replicas, versions), ctx);
            }
            Message::Written { coordinator, phase, key, versions } => {
                self.written(coordinator, phase, key, &versions, ctx);
            }
            Message::Stored { phase, replica } => self.stored(from, phase, replica, ctx),
            Message::Repair { key, versions } => self.repair(key, &versions, ctx),
            Message::Handoff { key, versions } => self.take_over(from, key, &versions, ctx),
            Message::HandedOff { key, dots } => self.handed_off(from, key, dots, ctx),
            Message::Compare { replicas, exchange } => self.compare(from, replicas, &exchange, ctx),
            Message::Exchange { cells, wants } => self.exchange(from, &cells, wants, ctx),
            Message::AskChanges { known } => self.tell_changes(from, known, ctx),
            Message::Changes(changes) => self.told_changes(&changes, ctx),
            Message::Ring(ring) => self.told_ring(&ring, ctx),
            Message::AskCopies { version, after } => self.tell_copies(from, version, after, ctx),
            Message::Copies { version, after, copies, is_all } => {
                self.told_copies(from, (version, after), &copies, is_all, ctx);
            }
            // For ring masters only.
            Message::Propose(_) | Message::Raft(_) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        if let Some(masters) = &mut self.masters {
            return masters.on_timer(timer, ctx);
        }
        match timer {
            Timer::Retransmit(client) => self.retransmit(client, ctx),
            Timer::Handoff => self.offer_hints(ctx),
            Timer::AntiEntropy => {
                self.collect_tombstones(ctx);
                self.begin_comparison(ctx);
            }
            Timer::Ring => self.tend_ring(ctx),
            // For ring masters only.
            Timer::Raft(_) => {}
        }
    }

    fn on_request(&mut self, request: RequestId, op: QuorumOp, ctx: &mut Ctx<'_>) {
        self.requested(request, op, ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match &mut self.masters {
            Some(masters) => masters.on_disk(event, ctx),
            None if matches!(event, DiskEvent::Synced(_)) => {}
            None => ctx.halt("its disk fails it"),
        }
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        match &mut self.masters {
            Some(masters) => masters.on_operator(action, ctx),
            None => self.asked_for(action, ctx),
        }
    }

    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Raft(message) => kind_of(message),
            message => kind_of(message),
        }
    }
}
