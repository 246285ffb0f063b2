//! A node as a coordinator: it carries out operations of clients, one of each client at a time.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::{CausalContext, Dot, DottedVersionVector, HybridTime, VectorClock};
use sim_core::{NodeId, RequestId};

use super::config::{Conflicts, Placement, Quorums, ReadRepair, StaleReads, Stamps};
use super::flaws::QuorumFlaw;
use super::message::{Answered, Event, Message, Phase, Timer};
use super::node::{Ctx, QuorumStore};
use super::operations::{QuorumOp, QuorumReply, Seen};
use super::storage::Record;
use super::version::{Cell, Version};

/// So often a coordinator asks before it returns what some replicas have, if stale reads are allowed.
const PATIENCE: u32 = 2;

/// An operation in one of its phases.
#[derive(Debug)]
pub(super) struct Operation {
    request: RequestId,
    key: u32,
    phase: Phase,
    work: Work,
    /// Whom it asks: the replicas of the key.
    replicas: Vec<NodeId>,
    /// Who stands in for which of them.
    stand_ins: BTreeMap<NodeId, NodeId>,
    /// How often it has asked.
    rounds: u32,
    answers: Vec<Answer>,
}

/// What an operation is about in a phase.
#[derive(Debug)]
enum Work {
    /// It learns what replicas have.
    Read,
    /// It stores these, and then answers that.
    Store(Vec<Version>, Outcome),
}

/// What an operation comes to once all is stored.
#[derive(Debug)]
enum Outcome {
    /// The version of a write.
    Wrote(Version),
    /// What a read returns, and what it was answered.
    Read(Cell, Vec<Answered>),
}

/// The answer of a replica, or of who stands in for it.
#[derive(Clone, Debug)]
struct Answer {
    replica: NodeId,
    from: NodeId,
    versions: Vec<Version>,
}

/// A read that has returned.
#[derive(Debug)]
pub(super) struct Returned {
    phase: Phase,
    key: u32,
    cell: Cell,
}

impl Operation {
    /// Whether it learns what there is.
    pub(super) const fn reads(&self) -> bool {
        matches!(self.work, Work::Read)
    }

    fn has_heard_of(&self, replica: NodeId) -> bool {
        self.answers.iter().any(|answer| answer.replica == replica)
    }

    fn message(&self, replica: NodeId) -> Message {
        let (phase, key) = (self.phase, self.key);
        match &self.work {
            Work::Read => Message::Fetch { phase, key, replica },
            Work::Store(versions, _) => Message::Store { phase, key, replica, versions: versions.clone() },
        }
    }

    fn answered(&self) -> Vec<Answered> {
        let answered = |answer: &Answer| {
            let dots = answer.versions.iter().map(Version::dot).collect();
            Answered { replica: answer.replica, from: answer.from, dots }
        };
        self.answers.iter().map(answered).collect()
    }
}

/// Requests.
impl QuorumStore {
    pub(super) fn requested(&mut self, request: RequestId, op: QuorumOp, ctx: &mut Ctx<'_>) {
        let (seen, op) = match op {
            QuorumOp::After { seen, op } => (seen, *op),
            op => (Seen::default(), op),
        };
        let current = self.operations.get(&request.client);
        if current.is_some_and(|current| current.request >= request) {
            return;
        }
        let key = op.key();
        let (write, is_deletion) = match op {
            QuorumOp::Put { write, .. } => (write, false),
            QuorumOp::Delete { write, .. } => (write, true),
            QuorumOp::Get { .. } => return self.begin(request, key, Work::Read, ctx),
            // It is in no other.
            QuorumOp::After { .. } => return ctx.reject(request),
        };
        let version = match self.memory.made.get(&request.client) {
            // The client has gone on since.
            Some((known, ..)) if *known > request => return,
            Some((known, _, version)) if *known == request => {
                let version = version.clone();
                ctx.emit(Event::Resumed { request, key, version: version.clone() });
                if self.has(QuorumFlaw::AnswersRepeated) {
                    return self.wrote(request, key, version, ctx);
                }
                version
            }
            _ => {
                let value = (!is_deletion).then(|| match self.config.conflicts {
                    Conflicts::Merge => seen.values.iter().copied().chain([write]).collect(),
                    Conflicts::LastWriteWins | Conflicts::Siblings => BTreeSet::from([write]),
                });
                let (vector, stamp) = self.name(key, &seen, ctx);
                let version = Version { vector, stamp, write, value };
                self.made(request, key, &version, seen, ctx);
                version
            }
        };
        let work = Work::Store(vec![version.clone()], Outcome::Wrote(version));
        self.begin(request, key, work, ctx);
    }

    /// Names a new version of a key, which comes after all that its author has seen.
    ///
    /// The nodes of each boot count the versions of each key apart: so no dot is given twice, and contexts have few
    /// gaps.
    fn name(
        &mut self,
        key: u32,
        seen: &Seen,
        ctx: &Ctx<'_>,
    ) -> (DottedVersionVector<CausalContext>, Option<HybridTime>) {
        let one_clock = self.has(QuorumFlaw::OneClock);
        let counted = if one_clock { 0 } else { key };
        let number = self.numbers.entry(counted).or_default();
        *number += 1;
        let boots = if self.config.flaws.has(QuorumFlaw::ReusesDots) { 0 } else { self.memory.boots };
        let node = boots * ctx.nodes().len() as u64 + u64::from(self.me.index());
        let dot = Dot { origin: (node << KEY_BITS) + u64::from(counted), number: *number };
        if self.config.conflicts != Conflicts::LastWriteWins {
            let all_up_to =
                |context: &CausalContext| context.beyond(&CausalContext::default()).collect::<VectorClock>();
            let past = if one_clock { all_up_to(&seen.context).into() } else { seen.context.clone() };
            return (DottedVersionVector { dot, past }, None);
        }
        let wall = ctx.wall_clock().as_nanos();
        let stamp = match self.config.stamps {
            Stamps::WallClock => HybridTime { wall, ticks: 0 },
            Stamps::Hybrid if self.has(QuorumFlaw::LwwSkew) => HybridTime { wall, ticks: 0 },
            Stamps::Hybrid => self.clock.max(seen.clock).tick(wall),
        };
        self.clock = self.clock.max(stamp);
        (DottedVersionVector { dot, past: CausalContext::default() }, Some(stamp))
    }

    /// Makes durable which version it has made of which write, before anybody hears of it.
    fn made(&mut self, request: RequestId, key: u32, version: &Version, seen: Seen, ctx: &mut Ctx<'_>) {
        let version = version.clone();
        self.journal.append(Record::Made { request, key, version: version.clone() }, ctx);
        if !self.has(QuorumFlaw::UnsyncedVersions) {
            self.journal.make_durable(ctx);
        }
        self.memory.made.insert(request.client, (request, key, version.clone()));
        ctx.emit(Event::Made { request, key, version, seen });
    }
}

/// Above what keys there can be.
const KEY_BITS: u32 = 20;

/// Phases.
impl QuorumStore {
    fn begin(&mut self, request: RequestId, key: u32, work: Work, ctx: &mut Ctx<'_>) {
        let asked = self.asked(key, &work);
        ctx.emit(Event::Began { request, key, asked });
        self.enter(request, key, work, ctx);
    }

    /// Whom it asks: all replicas, so that any of them may be down.
    fn asked(&self, key: u32, work: &Work) -> Vec<NodeId> {
        let mut replicas = self.replicas(key);
        if self.has(QuorumFlaw::AsksFew) {
            replicas.truncate(self.needed(work));
        }
        replicas
    }

    /// How many must answer.
    fn needed(&self, work: &Work) -> usize {
        match work {
            Work::Read => self.config.read_quorum as usize,
            Work::Store(..) => self.config.write_quorum(),
        }
    }

    fn enter(&mut self, request: RequestId, key: u32, work: Work, ctx: &mut Ctx<'_>) {
        self.phases += 1;
        let boot = if self.has(QuorumFlaw::ReusesPhases) { 0 } else { self.memory.boots };
        let ring = self.rings.version();
        let phase = Phase { client: request.client, boot, number: self.phases, ring };
        let replicas = self.asked(key, &work);
        let stand_ins = BTreeMap::new();
        let mut operation =
            Operation { request, key, phase, work, replicas, stand_ins, rounds: 0, answers: Vec::new() };
        if self.has(QuorumFlaw::JoinsReads) && operation.reads() {
            let joins = |other: &&Operation| other.reads() && other.key == key;
            operation.answers = self.operations.values().find(joins).map(|of| of.answers.clone()).unwrap_or_default();
        }
        self.ask(operation, ctx);
    }

    /// Begins all operations anew, after the ring has changed.
    pub(super) fn begin_anew(&mut self, ctx: &mut Ctx<'_>) {
        for Operation { request, key, work, .. } in std::mem::take(&mut self.operations).into_values() {
            self.enter(request, key, work, ctx);
        }
    }

    /// Asks whoever has not answered, now and again later; what is written by ranges it has the primary pass on.
    fn ask(&mut self, mut operation: Operation, ctx: &mut Ctx<'_>) {
        operation.rounds += 1;
        let missing = operation.replicas.iter().copied().filter(|replica| !operation.has_heard_of(*replica));
        let missing: Vec<NodeId> = missing.collect();
        match (&operation.work, operation.replicas.first()) {
            (Work::Store(versions, Outcome::Wrote(_)), Some(primary)) if self.config.placement == Placement::Ranges => {
                let (phase, key, versions) = (operation.phase, operation.key, versions.clone());
                ctx.send(*primary, Message::Write { phase, key, replicas: missing, versions });
            }
            _ => {
                for replica in missing {
                    ctx.send(replica, operation.message(replica));
                    if let Some(stand_in) = operation.stand_ins.get(&replica) {
                        ctx.send(*stand_in, operation.message(replica));
                    }
                }
            }
        }
        let client = operation.request.client;
        ctx.set_timer(Timer::Retransmit(client), self.config.retransmit_interval);
        self.operations.insert(client, operation);
    }

    pub(super) fn retransmit(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(mut operation) = self.operations.remove(&client) else { return };
        let is_late = operation.rounds >= PATIENCE && !operation.answers.is_empty();
        if operation.reads() && is_late && self.config.stale_reads == StaleReads::Allowed {
            return self.complete(operation, ctx);
        }
        if self.config.quorums == Quorums::Sloppy {
            self.find_stand_ins(&mut operation);
        }
        self.ask(operation, ctx);
    }

    /// Finds another node for each replica that has not answered, as long as there are any.
    fn find_stand_ins(&self, operation: &mut Operation) {
        let missing: Vec<_> =
            operation.replicas.iter().copied().filter(|replica| !operation.has_heard_of(*replica)).collect();
        for replica in missing {
            let is_free = |node: &NodeId| {
                self.has(QuorumFlaw::HintsAtOneNode) || !operation.stand_ins.values().any(|taken| taken == node)
            };
            let free = self.fallbacks(operation.key).into_iter().find(is_free);
            if let (Some(free), None) = (free, operation.stand_ins.get(&replica)) {
                operation.stand_ins.insert(replica, free);
            }
        }
    }

    /// A replica has told what it has, or somebody who stands in for it.
    pub(super) fn fetched(
        &mut self,
        from: NodeId,
        phase: Phase,
        replica: NodeId,
        versions: Vec<Version>,
        ctx: &mut Ctx<'_>,
    ) {
        match self.operations.get(&phase.client) {
            Some(operation) if operation.reads() => self.answered(phase, Answer { replica, from, versions }, ctx),
            _ => self.answered_late(from, phase, &versions, ctx),
        }
    }

    /// A replica has stored what it was sent, or somebody who stands in for it.
    pub(super) fn stored(&mut self, from: NodeId, phase: Phase, replica: NodeId, ctx: &mut Ctx<'_>) {
        if self.operations.get(&phase.client).is_some_and(|operation| !operation.reads()) {
            self.answered(phase, Answer { replica, from, versions: Vec::new() }, ctx);
        }
    }

    fn answered(&mut self, phase: Phase, answer: Answer, ctx: &mut Ctx<'_>) {
        let any_phase = self.has(QuorumFlaw::CountsOlderPhases);
        let any_number_of_times = self.has(QuorumFlaw::CountsTwice);
        let Some(operation) = self.operations.get_mut(&phase.client) else { return };
        let is_asked = operation.phase == phase || any_phase;
        if !is_asked || operation.has_heard_of(answer.replica) && !any_number_of_times {
            return;
        }
        operation.answers.push(answer);
        let enough = operation.answers.len();
        if enough >= self.needed(&self.operations[&phase.client].work)
            && let Some(operation) = self.operations.remove(&phase.client)
        {
            self.complete(operation, ctx);
        }
    }

    /// Enough have answered.
    fn complete(&mut self, operation: Operation, ctx: &mut Ctx<'_>) {
        let answered = operation.answered();
        let Operation { request, key, phase, work, answers, .. } = operation;
        match work {
            Work::Store(_, Outcome::Wrote(version)) => self.wrote(request, key, version, ctx),
            Work::Store(_, Outcome::Read(cell, answers)) => self.read(request, key, (cell, answers), ctx),
            Work::Read => {
                let all = answers.iter().flat_map(|answer| &answer.versions);
                let first = answers.iter().take(1).flat_map(|answer| &answer.versions);
                let cell: Cell = if self.has(QuorumFlaw::FirstValue) { first.collect() } else { all.collect() };
                let has_all = |answer: &&Answer| answer.versions.iter().collect::<Cell>().covers_all(&cell);
                let up_to_date = answers.iter().filter(has_all).count();
                let writes_back = self.config.read_repair == ReadRepair::BeforeReply;
                if writes_back && up_to_date < self.config.write_quorum() {
                    let work = Work::Store(cell.versions().to_vec(), Outcome::Read(cell, answered));
                    return self.enter(request, key, work, ctx);
                }
                if self.config.read_repair == ReadRepair::AfterReply {
                    for answer in answers.iter().filter(|answer| answer.replica == answer.from && !has_all(answer)) {
                        self.send_repair(answer.replica, key, &cell, ctx);
                    }
                    self.returned.insert(request.client, Returned { phase, key, cell: cell.clone() });
                }
                self.read(request, key, (cell, answered), ctx);
            }
        }
    }

    fn wrote(&mut self, request: RequestId, key: u32, version: Version, ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Retransmit(request.client));
        ctx.emit(Event::Wrote { request, key, dot: version.dot() });
        ctx.reply(request, QuorumReply::Done(version));
    }

    fn read(&mut self, request: RequestId, key: u32, (cell, answers): (Cell, Vec<Answered>), ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Retransmit(request.client));
        ctx.emit(Event::Read { request, key, answers, dots: cell.dots().collect() });
        ctx.reply(request, QuorumReply::Value(cell.versions().to_vec()));
    }
}

/// Read repair, after the reply.
impl QuorumStore {
    fn send_repair(&self, replica: NodeId, key: u32, cell: &Cell, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Repaired { replica, key });
        ctx.send(replica, Message::Repair { key, versions: cell.versions().to_vec() });
    }

    /// A replica has told what it has after the read has returned.
    fn answered_late(&self, from: NodeId, phase: Phase, versions: &[Version], ctx: &mut Ctx<'_>) {
        let Some(returned) = self.returned.get(&phase.client).filter(|returned| returned.phase == phase) else {
            return;
        };
        let is_replica = self.replicas(returned.key).contains(&from);
        if is_replica && !versions.iter().collect::<Cell>().covers_all(&returned.cell) {
            self.send_repair(from, returned.key, &returned.cell, ctx);
        }
    }
}
