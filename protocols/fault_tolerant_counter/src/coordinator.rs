//! A replica that carries out what clients ask.

use std::collections::BTreeMap;

use sim_core::{NodeId, RequestId};

use super::config::Reads;
use super::configuration::Configuration;
use super::flaws::CounterFlaw;
use super::message::{Event, Message, Round};
use super::node::{Ctx, FaultTolerantCounter};
use super::operations::{CounterOp, CounterReply};
use super::state::{Entry, State};

/// A read that is not complete.
#[derive(Debug)]
pub(super) struct PendingRead {
    request: RequestId,
    /// The first round that began after it.
    since: Round,
    /// What each of the other replicas has answered last since then.
    answers: BTreeMap<NodeId, State>,
}

/// Requests.
impl FaultTolerantCounter {
    pub(super) fn requested(&mut self, request: RequestId, op: CounterOp, ctx: &mut Ctx<'_>) {
        if !self.serves() {
            // One that is a replica will soon serve, or be told that it is none.
            if !self.is_member() {
                self.send_on(request, ctx);
            }
            return;
        }
        match op {
            CounterOp::Add { entry: None, .. } => self.bind(request, None, ctx),
            CounterOp::Add { amount, entry: Some(entry) } => self.change(request, amount, entry, ctx),
            CounterOp::Read => self.read(request, ctx),
        }
    }

    /// Whether the latest open configuration that it knows has it as a replica.
    fn is_member(&self) -> bool {
        self.configuration.entry_of(self.me).is_some()
    }

    /// Sends a client to one of the replicas.
    fn send_on(&self, request: RequestId, ctx: &mut Ctx<'_>) {
        let others: Vec<NodeId> = self.configuration.others(self.me).collect();
        if !others.is_empty() {
            ctx.redirect(request, Some(others[request.client.index() as usize % others.len()]));
        }
    }

    /// Tells a client to name the entry of this replica, from now on.
    fn bind(&self, request: RequestId, instead_of: Option<Entry>, ctx: &mut Ctx<'_>) {
        let Some(entry) = self.entry() else { return };
        if instead_of.is_some() {
            ctx.emit(Event::Rebound { request, entry });
        }
        ctx.reply(request, CounterReply::CountAt { instead_of, entry });
    }

    /// A change is asked for. One entry alone may count it while it lasts: who counts it in another one cannot know
    /// whether it was counted in the first.
    fn change(&mut self, request: RequestId, amount: i32, entry: Entry, ctx: &mut Ctx<'_>) {
        let Some(record) = &self.installed else { return };
        let is_repeated =
            record.state.has_counted(request) && !(amount < 0 && self.has(CounterFlaw::DecrementRepeated));
        let Configuration { number, .. } = record.configuration;
        if is_repeated {
            // Or the client has gone on since.
            if record.state.last_counted(request.client) == Some(request) {
                self.changes.insert(request.client, request);
                self.look_at_changes(ctx);
            }
            if self.changes.contains_key(&request.client) {
                self.ask(ctx);
            }
        } else if Some(entry) == self.entry() || self.has(CounterFlaw::RetryCountedElsewhere) {
            self.changes.insert(request.client, request);
            self.count(request, amount, ctx);
        } else if record.configuration.members.contains(&entry) {
            self.changes.insert(request.client, request);
            ctx.send(entry.node, Message::Forward { request, amount, entry });
        } else if number >= entry.since {
            // It was a replica once and is none now: what it counted and nobody gathered never comes back.
            self.bind(request, Some(entry), ctx);
        }
    }

    /// Another replica was asked for a change that is to be counted here.
    pub(super) fn forwarded(&mut self, request: RequestId, amount: i32, entry: Entry, ctx: &mut Ctx<'_>) {
        let is_new = self.installed.as_ref().is_some_and(|record| !record.state.has_counted(request));
        if self.serves() && is_new && self.entry() == Some(entry) {
            self.count(request, amount, ctx);
        }
    }

    /// Counts a change in its own entry, and tells the others when it will not forget it.
    fn count(&mut self, request: RequestId, amount: i32, ctx: &mut Ctx<'_>) {
        let flaws = self.config.flaws;
        let Some(entry) = self.entry() else { return };
        let Some(record) = &mut self.installed else { return };
        let totals = record.state.count(entry, request, amount, flaws);
        let number = record.configuration.number;
        ctx.emit(Event::Counted { request, entry, number, amount, totals });
        self.write(ctx);
        self.journal.make_durable(ctx);
        self.look_at_changes(ctx);
        self.ask(ctx);
    }
}

/// What has become of requests.
impl FaultTolerantCounter {
    /// Acknowledges the changes that enough replicas have on their disks.
    pub(super) fn look_at_changes(&mut self, ctx: &mut Ctx<'_>) {
        if !self.serves() {
            return;
        }
        let Some(record) = &self.installed else { return };
        let needed = match self.config.copies() {
            copies if self.has(CounterFlaw::AcknowledgesAtTMinusOne) => copies - 1,
            copies => copies,
        };
        let has = |request: RequestId, state: &State| state.last_counted(request.client) == Some(request);
        let is_done = |request: &RequestId| {
            let others = self.known.values().filter(|state| has(*request, state)).count();
            has(*request, &record.state) && others + 1 >= needed
        };
        let done: Vec<RequestId> = self.changes.values().copied().filter(is_done).collect();
        let number = record.configuration.number;
        for request in done {
            self.changes.remove(&request.client);
            ctx.emit(Event::Acknowledged { request, number });
            ctx.reply(request, CounterReply::Done);
        }
    }

    /// Begins a read.
    fn read(&mut self, request: RequestId, ctx: &mut Ctx<'_>) {
        if self.reads.get(&request.client).is_some_and(|read| read.request >= request) {
            return;
        }
        ctx.emit(Event::Began { request });
        let first = self.round.number + u64::from(!self.has(CounterFlaw::JoinsRound));
        let since = Round { number: first, ..self.round };
        self.reads.insert(request.client, PendingRead { request, since, answers: BTreeMap::new() });
        self.ask(ctx);
        self.finish_reads(ctx);
    }

    /// Takes an answer into account for the reads that had begun when it was asked for. Where all have answered that
    /// a read needs, and it is not complete, it asks once more: all have been told by then what any of them had.
    pub(super) fn look_at_reads(&mut self, (from, round): (NodeId, Round), state: &State, ctx: &mut Ctx<'_>) {
        let any_round = self.has(CounterFlaw::CountsOlderRounds);
        for read in self.reads.values_mut() {
            let is_after = round.boot == read.since.boot && round.number >= read.since.number;
            if is_after || any_round {
                read.answers.insert(from, state.clone());
            }
        }
        self.finish_reads(ctx);
        if !self.reads.is_empty() && self.answered.len() + 1 >= self.readers() {
            self.ask(ctx);
        }
    }

    /// How many replicas it takes to carry out a read.
    fn readers(&self) -> usize {
        let Some(record) = &self.installed else { return usize::MAX };
        let copies = self.config.copies();
        if self.has(CounterFlaw::ReadsTooFew) {
            record.configuration.gathered(copies) - 1
        } else if self.has(CounterFlaw::ReadsOfThePast) {
            record.configuration.gathered(copies)
        } else {
            record.configuration.readers(copies)
        }
    }

    /// Answers the reads that are complete.
    fn finish_reads(&mut self, ctx: &mut Ctx<'_>) {
        let readers = self.readers();
        let Some(record) = &self.installed else { return };
        let must_agree = self.config.reads == Reads::Agreed && !self.has(CounterFlaw::ReadsWithoutAgreeing);
        let is_done = |read: &&PendingRead| {
            let counts = |answer: &&State| !must_agree || **answer == record.state;
            read.answers.values().filter(counts).count() + 1 >= readers
        };
        let done: Vec<RequestId> = self.reads.values().filter(is_done).map(|read| read.request).collect();
        let (number, state) = (record.configuration.number, record.state.clone());
        for request in done {
            self.reads.remove(&request.client);
            ctx.emit(Event::Read { request, number, state: state.clone() });
            ctx.reply(request, CounterReply::Value(state.value()));
        }
    }
}
