//! A node as a coordinator: it carries out operations of clients, in phases, one operation of each client
//! at a time.

use parts::kv::{KvReply, WriteId};
use parts::quorums::Group;
use parts::registers::RegisterOp;
use sim_core::{NodeId, RequestId};

use super::config::Writers;
use super::flaws::AbdFlaw;
use super::message::{Event, Message, Phase, Tag, Tagged, Timer};
use super::node::{Abd, Ctx};
use super::storage::Record;

/// An operation in one of its phases.
#[derive(Debug)]
pub(super) struct Operation {
    request: RequestId,
    op: RegisterOp,
    phase: Phase,
    /// What it stores; nothing while it asks.
    storing: Option<Tagged>,
    /// Who has answered in this phase, and with which copy if it asks.
    replies: Vec<(NodeId, Option<Tagged>)>,
}

impl Operation {
    /// Whether it is in the first phase.
    pub(super) const fn asks(&self) -> bool {
        self.storing.is_none()
    }

    fn has_heard(&self, node: NodeId) -> bool {
        self.replies.iter().any(|(from, _)| *from == node)
    }

    fn message(&self) -> Message {
        let (phase, key) = (self.phase, self.op.key());
        match self.storing {
            None => Message::Query { phase, key },
            Some(latest) => Message::Store { phase, key, latest },
        }
    }
}

/// Requests.
impl Abd {
    pub(super) fn requested(&mut self, request: RequestId, op: RegisterOp, ctx: &mut Ctx<'_>) {
        let current = self.operations.get(&request.client);
        if current.is_some_and(|current| current.request >= request) {
            return;
        }
        let RegisterOp::Put { key, write } = op else { return self.begin(request, op, ctx) };
        let writer = self.only_writer(key, ctx.nodes());
        if writer.is_some_and(|writer| writer != self.me) {
            return ctx.redirect(request, writer);
        }
        match self.tagged.get(&request.client) {
            // The client has gone on since.
            Some((known, _)) if *known > request => {}
            Some((known, latest)) if *known == request => {
                let latest = *latest;
                ctx.emit(Event::Resumed { key, latest });
                if self.has(AbdFlaw::AnswersRepeated) {
                    self.complete(request, op, latest, ctx);
                } else {
                    self.enter(request, op, Some(latest), ctx);
                }
            }
            _ if writer.is_some() || self.has(AbdFlaw::WritesWithoutAsking) => {
                ctx.emit(Event::Began { request, key });
                self.give_tag(request, (key, write), self.copy_of(key).tag, ctx);
            }
            _ => self.begin(request, op, ctx),
        }
    }

    /// The node that alone writes to a register, if there is one.
    fn only_writer(&self, key: u32, nodes: &[NodeId]) -> Option<NodeId> {
        (self.config.writers == Writers::Single).then(|| nodes[key as usize % nodes.len()])
    }

    fn begin(&mut self, request: RequestId, op: RegisterOp, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Began { request, key: op.key() });
        self.enter(request, op, None, ctx);
    }
}

/// Phases.
impl Abd {
    /// How many replicas must answer in each phase.
    fn quorum(&self, nodes: usize) -> usize {
        if self.has(AbdFlaw::HalfIsAMajority) {
            nodes.div_ceil(2)
        } else if self.has(AbdFlaw::WaitsForAll) {
            nodes
        } else {
            Group::crash_tolerant(nodes).majority()
        }
    }

    /// Begins a phase: the second if there is something to store.
    fn enter(&mut self, request: RequestId, op: RegisterOp, storing: Option<Tagged>, ctx: &mut Ctx<'_>) {
        self.phases += 1;
        let boot = if self.has(AbdFlaw::ReusesPhases) { 0 } else { self.boots };
        let phase = Phase { client: request.client, boot, number: self.phases };
        let mut operation = Operation { request, op, phase, storing, replies: Vec::new() };
        if operation.asks() && self.has(AbdFlaw::JoinsQueries) {
            let joins = |other: &&Operation| other.asks() && other.op.key() == op.key();
            operation.replies = self.operations.values().find(joins).map(|of| of.replies.clone()).unwrap_or_default();
        }
        self.ask(&operation, ctx);
        self.operations.insert(request.client, operation);
    }

    /// Asks whoever has not answered, now and again later.
    fn ask(&self, operation: &Operation, ctx: &mut Ctx<'_>) {
        for node in ctx.nodes().iter().filter(|node| !operation.has_heard(**node)) {
            ctx.send(*node, operation.message());
        }
        ctx.set_timer(Timer::Retransmit(operation.phase.client), self.config.retransmit_interval);
    }

    pub(super) fn retransmit(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        if let Some(operation) = self.operations.get(&client) {
            self.ask(operation, ctx);
        }
    }

    /// A replica has answered: with its copy if it was asked for that.
    pub(super) fn answered(&mut self, from: NodeId, phase: Phase, latest: Option<Tagged>, ctx: &mut Ctx<'_>) {
        let quorum = self.quorum(ctx.nodes().len());
        let any_phase = self.has(AbdFlaw::CountsOlderPhases);
        let any_number_of_times = self.has(AbdFlaw::CountsTwice);
        let Some(operation) = self.operations.get_mut(&phase.client) else { return };
        let is_asked = (operation.phase == phase || any_phase) && operation.asks() == latest.is_some();
        if !is_asked || operation.has_heard(from) && !any_number_of_times {
            return;
        }
        operation.replies.push((from, latest));
        if operation.replies.len() >= quorum
            && let Some(operation) = self.operations.remove(&phase.client)
        {
            match operation.storing {
                None => self.has_asked(&operation, ctx),
                Some(latest) => self.complete(operation.request, operation.op, latest, ctx),
            }
        }
    }

    /// The first phase is over.
    fn has_asked(&mut self, operation: &Operation, ctx: &mut Ctx<'_>) {
        let copies = || operation.replies.iter().filter_map(|(_, copy)| *copy);
        let latest = copies().max_by_key(|copy| copy.tag).unwrap_or(Tagged::INITIAL);
        let Operation { request, op, .. } = *operation;
        match op {
            RegisterOp::Put { key, write } => self.give_tag(request, (key, write), latest.tag, ctx),
            RegisterOp::Get { .. } => {
                let are_alike = copies().all(|copy| copy.tag == latest.tag);
                if self.config.fast_reads && are_alike || self.has(AbdFlaw::AbdNoWriteBack) {
                    self.complete(request, op, latest, ctx);
                } else {
                    self.enter(request, op, Some(latest), ctx);
                }
            }
        }
    }

    /// Gives a write a tag above all that a majority knows of, and above those that were given here before:
    /// of these perhaps nobody else knows.
    fn give_tag(&mut self, request: RequestId, (key, write): (u32, WriteId), known: Tag, ctx: &mut Ctx<'_>) {
        let given = self.numbers.get(&key).copied().unwrap_or_default();
        let writer = if self.has(AbdFlaw::TiesUnbroken) { Tag::INITIAL.writer } else { self.me };
        let tag = Tag { number: known.number.max(given) + 1, writer };
        let latest = Tagged { tag, write: Some(write) };
        self.journal.append(Record::Tagged { request, key, latest }, ctx);
        if !self.has(AbdFlaw::UnsyncedTags) {
            self.journal.make_durable(ctx);
        }
        self.numbers.insert(key, tag.number);
        self.tagged.insert(request.client, (request, latest));
        ctx.emit(Event::Tagged { key, latest });
        self.enter(request, RegisterOp::Put { key, write }, Some(latest), ctx);
    }

    fn complete(&mut self, request: RequestId, op: RegisterOp, latest: Tagged, ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Retransmit(request.client));
        let key = op.key();
        let (event, reply) = match op {
            RegisterOp::Get { .. } => {
                (Event::Read { request, key, latest }, KvReply::Value(latest.write.into_iter().collect()))
            }
            RegisterOp::Put { .. } => (Event::Wrote { request, key, tag: latest.tag }, KvReply::Done),
        };
        ctx.emit(event);
        ctx.reply(request, reply);
    }
}
