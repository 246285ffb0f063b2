//! Who runs the sagas: the *saga execution coordinator* of Garcia-Molina and Salem (1987).

use std::collections::BTreeMap;

use parts::journal::Journal;
use sim_core::{NodeId, RequestId};

use super::config::{Recovery, SagaConfig};
use super::flaws::SagaFlaw;
use super::message::{Answer, Event, Key, Message, Outcome, Phase, Record, Timer};
use super::node::{Ctx, open};
use super::operations::{SagaOp, SagaReply, Step, steps};

/// A saga, under way or ended.
#[derive(Debug)]
struct Saga {
    steps: Vec<Step>,
    phase: Phase,
    /// How often a step was asked for, or a compensation was refused, since it came to this phase.
    attempts: u32,
}

/// An orchestrator.
#[derive(Debug)]
pub struct Orchestrator {
    config: SagaConfig,
    services: Vec<NodeId>,
    journal: Journal,
    sagas: BTreeMap<RequestId, Saga>,
}

impl Orchestrator {
    pub(super) fn new(config: &SagaConfig, services: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            services: services.to_vec(),
            journal: Journal::default(),
            sagas: BTreeMap::new(),
        }
    }

    pub(super) fn phases(&self) -> impl Iterator<Item = Phase> {
        self.sagas.values().map(|saga| saga.phase)
    }

    fn has(&self, flaw: SagaFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// What the log says. Sagas that are found open turn back, or go on.
    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = open(&mut self.journal, self.config.flaws, ctx) else { return };
        for record in records {
            match record {
                Record::Began { saga, steps } => {
                    let begun = Saga { steps: steps.clone(), phase: Phase::Forward { done: 0 }, attempts: 0 };
                    self.sagas.insert(*saga, begun);
                }
                Record::Reached { saga, phase } => {
                    if let Some(saga) = self.sagas.get_mut(saga) {
                        saga.phase = *phase;
                    }
                }
                // A service's.
                Record::Entry(_) => {}
            }
        }
        if self.has(SagaFlaw::ForgetsTheStuck) {
            self.sagas.retain(|_, saga| !matches!(saga.phase, Phase::NeedsOperator { .. }));
        }
        let known = self.sagas.iter().map(|(id, saga)| (*id, saga.steps.clone(), saga.phase)).collect();
        ctx.emit(Event::Booted(known));
        if self.has(SagaFlaw::RecoveryIgnoresChecks) {
            for saga in self.sagas.values_mut() {
                if let Phase::Backward { is_forced, .. } = &mut saga.phase {
                    *is_forced = true;
                }
            }
        }
        for (id, phase) in self.sagas.iter().map(|(id, saga)| (*id, saga.phase)).collect::<Vec<_>>() {
            match phase {
                Phase::Forward { done } if self.config.recovery == Recovery::Backward => {
                    self.turn_back(id, self.with_the_unanswered(done), ctx);
                }
                Phase::Forward { done } if self.has(SagaFlaw::SkipsTheUnanswered) => self.step_done(id, done, ctx),
                Phase::Forward { .. } | Phase::Backward { .. } => self.ask(id, ctx),
                Phase::NeedsOperator { .. } => ctx.emit(Event::NeedsOperator(id)),
                Phase::Ended(_) => {}
            }
        }
    }

    /// How many steps may be done where the answer to the one after so many is not there.
    fn with_the_unanswered(&self, done: u32) -> u32 {
        if self.has(SagaFlaw::TimedOutNotExecuted) { done } else { done + 1 }
    }

    pub(super) fn requested(&mut self, request: RequestId, op: &SagaOp, ctx: &mut Ctx<'_>) {
        match self.sagas.get(&request).map(|saga| saga.phase) {
            None => self.begin(request, op, ctx),
            Some(Phase::Ended(outcome)) => ctx.reply(request, reply(outcome)),
            Some(Phase::NeedsOperator { .. }) => ctx.reply(request, SagaReply::NeedsOperator),
            // It is told when there is something to tell.
            Some(Phase::Forward { .. } | Phase::Backward { .. }) => {}
        }
    }

    fn begin(&mut self, id: RequestId, op: &SagaOp, ctx: &mut Ctx<'_>) {
        let steps = steps(op, self.config.flaws);
        self.sagas.insert(id, Saga { steps: steps.clone(), phase: Phase::Forward { done: 0 }, attempts: 0 });
        if self.has(SagaFlaw::StartsBeforeLog) {
            self.ask(id, ctx);
        }
        self.journal.append(Record::Began { saga: id, steps: steps.clone() }, ctx);
        self.journal.make_durable(ctx);
        ctx.emit(Event::Began { saga: id, steps });
        if !self.has(SagaFlaw::StartsBeforeLog) {
            self.ask(id, ctx);
        }
    }

    /// Asks for what is next in a saga, and will ask again.
    fn ask(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let asks_again = match self.sagas[&id].phase {
            Phase::Forward { done } => {
                let (to, key, step) = self.step(id, done);
                ctx.send(to, Message::Do { key, step });
                !self.has(SagaFlaw::StepSentOnce)
            }
            Phase::Backward { from, left, is_forced } => {
                let (to, key, step) = self.step(id, self.next_back(from, left));
                let refusals = self.sagas[&id].attempts;
                ctx.send(to, Message::Undo { key, step, is_forced, refusals });
                !self.has(SagaFlaw::CompensatesOnce)
            }
            Phase::NeedsOperator { .. } | Phase::Ended(_) => false,
        };
        if asks_again {
            ctx.set_timer(Timer::Retry(id), self.config.retry_interval);
        } else {
            ctx.cancel_timer(Timer::Retry(id));
        }
    }

    /// A step of a saga, its name, and the service that takes it.
    fn step(&self, saga: RequestId, number: u32) -> (NodeId, Key, Step) {
        let step = self.sagas[&saga].steps[number as usize];
        let service = self.services[step.account as usize % self.services.len()];
        (service, Key { saga, step: number }, step)
    }

    /// Which step is compensated next: the last one that is left.
    fn next_back(&self, from: u32, left: u32) -> u32 {
        if self.has(SagaFlaw::CompensatesInOrder) { from - left } else { left - 1 }
    }

    /// A saga has come so far. It is durable before anybody hears of it, and before anything is asked for.
    fn reach(&mut self, id: RequestId, phase: Phase, ctx: &mut Ctx<'_>) {
        let Some(saga) = self.sagas.get_mut(&id) else { return };
        let before = std::mem::replace(&mut saga.phase, phase);
        saga.attempts = 0;
        let is_resolved = matches!(phase, Phase::Backward { is_forced: true, .. });
        if !(is_resolved && self.has(SagaFlaw::ResolveNotLogged)) {
            self.journal.append(Record::Reached { saga: id, phase }, ctx);
        }
        let is_lazy = match phase {
            Phase::Forward { .. } => self.has(SagaFlaw::SagaLostCompensation),
            Phase::Ended(_) => self.has(SagaFlaw::EndsBeforeLog),
            Phase::Backward { .. } | Phase::NeedsOperator { .. } => false,
        };
        if !is_lazy {
            self.journal.make_durable(ctx);
        }
        match phase {
            Phase::Backward { from, .. } if matches!(before, Phase::Forward { .. }) => {
                ctx.emit(Event::TurnedBack { saga: id, from });
            }
            Phase::Backward { .. } if matches!(before, Phase::NeedsOperator { .. }) => ctx.emit(Event::Resolved(id)),
            Phase::Forward { .. } | Phase::Backward { .. } => {}
            Phase::NeedsOperator { .. } => {
                ctx.emit(Event::NeedsOperator(id));
                ctx.reply(id, SagaReply::NeedsOperator);
            }
            Phase::Ended(outcome) => {
                ctx.emit(Event::Ended(id, outcome));
                ctx.reply(id, reply(outcome));
            }
        }
        self.ask(id, ctx);
    }

    /// So many steps may have been done, and none of them is to stay.
    fn turn_back(&mut self, id: RequestId, from: u32, ctx: &mut Ctx<'_>) {
        self.go_back(id, Phase::Backward { from, left: from, is_forced: false }, ctx);
    }

    /// Goes on with compensations, if any are left.
    fn go_back(&mut self, id: RequestId, phase: Phase, ctx: &mut Ctx<'_>) {
        let is_over = matches!(phase, Phase::Backward { left: 0, .. });
        self.reach(id, if is_over { Phase::Ended(Outcome::Compensated) } else { phase }, ctx);
    }

    pub(super) fn step_answered(&mut self, key: Key, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(saga) = self.sagas.get(&key.saga) else { return };
        match (saga.phase, answer) {
            (Phase::Forward { done }, _) if done != key.step => {}
            (Phase::Forward { done }, Answer::Done) => self.step_done(key.saga, done, ctx),
            (Phase::Forward { done }, Answer::Refused) => self.turn_back(key.saga, done, ctx),
            (Phase::Backward { .. }, answer) if self.has(SagaFlaw::CountsOlderReplies) => {
                self.compensation_answered(key, saga.attempts, answer, ctx);
            }
            (Phase::Backward { .. } | Phase::NeedsOperator { .. } | Phase::Ended(_), _) => {}
        }
    }

    /// The step after so many is done, too.
    fn step_done(&mut self, id: RequestId, done: u32, ctx: &mut Ctx<'_>) {
        let is_last = done as usize + 1 == self.sagas[&id].steps.len();
        self.reach(id, if is_last { Phase::Ended(Outcome::Completed) } else { Phase::Forward { done: done + 1 } }, ctx);
    }

    pub(super) fn compensation_answered(&mut self, key: Key, refusals: u32, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(saga) = self.sagas.get(&key.saga) else { return };
        let is_known = refusals != saga.attempts;
        let Phase::Backward { from, left, is_forced } = saga.phase else { return };
        if self.next_back(from, left) != key.step && !self.has(SagaFlaw::CountsAnyCompensation) {
            return;
        }
        if answer == Answer::Done || self.has(SagaFlaw::SuccessDespiteFailure) {
            return self.go_back(key.saga, Phase::Backward { from, left: left - 1, is_forced }, ctx);
        }
        // What may overdraw an account is not refused: that was said before an operator resolved it.
        if is_forced || is_known && !self.has(SagaFlaw::CountsRefusalsTwice) {
            return;
        }
        let Some(saga) = self.sagas.get_mut(&key.saga) else { return };
        saga.attempts += 1;
        if saga.attempts >= self.config.attempts {
            self.reach(key.saga, Phase::NeedsOperator { from, left }, ctx);
        }
    }

    /// The answer has not come.
    pub(super) fn retry(&mut self, id: RequestId, ctx: &mut Ctx<'_>) {
        let Some(saga) = self.sagas.get_mut(&id) else { return };
        if let Phase::Forward { done } = saga.phase {
            saga.attempts += 1;
            ctx.emit(Event::Unanswered(Key { saga: id, step: done }));
            let is_enough = saga.attempts >= self.config.attempts;
            let is_backward = self.config.recovery == Recovery::Backward;
            if is_enough && (is_backward || self.has(SagaFlaw::NeverForward)) {
                return self.turn_back(id, self.with_the_unanswered(done), ctx);
            }
        }
        self.ask(id, ctx);
    }

    /// An operator has looked into all sagas that need one: the bank covers what is missing.
    pub(super) fn resolve(&mut self, ctx: &mut Ctx<'_>) {
        let stuck: Vec<_> = self.sagas.iter().map(|(id, saga)| (*id, saga.phase)).collect();
        for (id, phase) in stuck {
            if let Phase::NeedsOperator { from, left } = phase {
                let phase = if self.has(SagaFlaw::ResolvesWithoutUndo) {
                    Phase::Ended(Outcome::Compensated)
                } else {
                    Phase::Backward { from, left, is_forced: true }
                };
                self.reach(id, phase, ctx);
            }
        }
    }
}

const fn reply(outcome: Outcome) -> SagaReply {
    match outcome {
        Outcome::Completed => SagaReply::Completed,
        Outcome::Compensated => SagaReply::Compensated,
    }
}
