//! A node: a replica of all registers, and a coordinator of operations.

use std::collections::BTreeMap;

use parts::journal::{Journal, good_records};
use parts::kv::KvReply;
use parts::registers::RegisterOp;
use sim_core::{Context, NodeId, Protocol, RequestId, State};

use super::config::AbdConfig;
use super::coordinator::Operation;
use super::flaws::AbdFlaw;
use super::message::{Event, Message, Tagged, Timer};
use super::storage::Record;

/// A node.
#[derive(Debug)]
pub struct Abd {
    pub(super) config: AbdConfig,
    pub(super) me: NodeId,
    pub(super) journal: Journal,
    /// How often it has booted, as its disk says.
    pub(super) boots: u64,
    /// How many phases it has begun since the last boot.
    pub(super) phases: u64,
    /// Its copies of the registers that were written to.
    pub(super) copies: BTreeMap<u32, Tagged>,
    /// The highest number that it has given to a write to each register.
    pub(super) numbers: BTreeMap<u32, u64>,
    /// The latest write of each client to which it has given a tag, and the request for it.
    pub(super) tagged: BTreeMap<NodeId, (RequestId, Tagged)>,
    /// The operations that it carries out, at most one of each client.
    pub(super) operations: BTreeMap<NodeId, Operation>,
}

pub(super) type Ctx<'a> = Context<'a, Abd>;

impl Abd {
    pub(super) fn new(config: &AbdConfig, me: NodeId) -> Self {
        Self {
            config: config.clone(),
            me,
            journal: Journal::default(),
            boots: 0,
            phases: 0,
            copies: BTreeMap::new(),
            numbers: BTreeMap::new(),
            tagged: BTreeMap::new(),
            operations: BTreeMap::new(),
        }
    }

    pub(super) fn has(&self, flaw: AbdFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Knows again what these records say; gives the record of this boot.
    fn recover(&mut self, records: &[&Record]) -> Record {
        records.iter().for_each(|record| self.recall(record));
        self.boots += 1;
        Record::Boot(self.boots)
    }

    /// Knows again what a record says.
    fn recall(&mut self, record: &Record) {
        match *record {
            Record::Boot(boots) => self.boots = boots,
            Record::Copy { key, latest } => _ = self.copies.insert(key, latest),
            Record::Tagged { request, key, latest } => {
                if !self.has(AbdFlaw::ReusesTags) {
                    self.numbers.insert(key, latest.tag.number);
                }
                if !self.has(AbdFlaw::ForgetsRequests) {
                    self.tagged.insert(request.client, (request, latest));
                }
            }
        }
    }
}

impl Protocol for Abd {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = RegisterOp;
    type Reply = KvReply;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("asking", |node| node.operations.values().any(Operation::asks)),
        State::new("storing", |node| node.operations.values().any(|operation| !operation.asks())),
    ];

    /// What it reads it writes once more: a failed sync may have left records that can be read and that no later
    /// sync makes durable (Rebello et al., USENIX ATC 2020).
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if self.has(AbdFlaw::RecoversUnsynced) {
            let records = good_records(ctx.disk().records()).unwrap_or_default();
            ctx.disk().truncate(records.len() as u64);
            let boot = self.recover(&records);
            return self.journal.append(boot, ctx);
        }
        // Where the disk is broken, the node has been stopped.
        let Some(records) = self.journal.open(ctx) else { return };
        let boot = self.recover(&records);
        if self.has(AbdFlaw::RetriesSync) {
            self.journal.append(boot, ctx);
        } else {
            self.journal.rewrite(records.into_iter().copied().chain([boot]).collect(), ctx);
        }
        self.journal.make_durable(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Query { phase, key } => {
                ctx.send(from, Message::QueryReply { phase, latest: self.copy_of(key) });
            }
            Message::Store { phase, key, latest } => self.store(from, phase, (key, latest), ctx),
            Message::QueryReply { phase, latest } => self.answered(from, phase, Some(latest), ctx),
            Message::StoreReply { phase } => self.answered(from, phase, None, ctx),
        }
    }

    fn on_timer(&mut self, Timer::Retransmit(client): Timer, ctx: &mut Ctx<'_>) {
        self.retransmit(client, ctx);
    }

    fn on_request(&mut self, request: RequestId, op: RegisterOp, ctx: &mut Ctx<'_>) {
        self.requested(request, op, ctx);
    }
}
