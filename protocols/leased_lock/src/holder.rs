//! Who wants locks: it carries out critical sections for clients.

use std::collections::{BTreeMap, BTreeSet};

use parts::journal::Journal;
use parts::timeouts::draw_timeout;
use sim_core::{Duration, NodeId, RequestId, Time};

use super::config::{LockConfig, Service};
use super::flaws::LockFlaw;
use super::guard::{Guard, Renewal};
use super::message::{Access, Event, Message, Outcome, Record, SectionId, Timer};
use super::node::{Ctx, open};
use super::operations::{LockOp, LockReply};
use super::recipe::{InLine, Session};

/// A node that carries out critical sections.
#[derive(Debug)]
pub struct Holder {
    pub(super) config: LockConfig,
    pub(super) me: NodeId,
    storage: NodeId,
    pub(super) instances: Vec<NodeId>,
    pub(super) journal: Journal,
    /// How often it has booted, and begun another session since.
    pub(super) boot: u64,
    /// How many attempts at sections it has made since the last boot.
    attempts: u64,
    /// The sections that clients wait for, by the number of the latest attempt.
    pub(super) sections: BTreeMap<u64, Section>,
    /// Its session with the lock on a replicated log.
    pub(super) session: Session,
}

/// A critical section that a client has asked for.
#[derive(Debug)]
pub(super) struct Section {
    request: RequestId,
    pub(super) op: LockOp,
    pub(super) stage: Stage,
    /// Its node in the line for the lock, where there is one.
    pub(super) node: u64,
}

/// How far an attempt has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// It waits before it asks for the lock.
    Waiting,
    /// It asks for the lock.
    Acquiring(Attempt),
    /// It stands in line for the lock.
    InLine(InLine),
    /// It has the lock.
    Locked { guard: Guard, token: Option<u64>, at: Place },
}

impl Stage {
    /// Its place in line, if it has one.
    pub(super) const fn in_line(&self) -> Option<InLine> {
        match self {
            Self::InLine(place) => Some(*place),
            _ => None,
        }
    }
}

/// Where in its critical section a holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is to read the account.
    Reading,
    /// It has read this.
    Working(i64),
    /// It is to write this.
    Writing(i64),
}

/// An attempt to get a lock.
#[derive(Debug)]
pub(super) struct Attempt {
    /// When it began.
    asked: Time,
    /// Who has granted the lock, and who has not.
    granted: BTreeSet<NodeId>,
    refused: BTreeSet<NodeId>,
    /// How many answers said that it is granted.
    grants: usize,
    /// The highest token that they have named.
    highest: u64,
    /// The token that is made known, and who has confirmed it.
    raising: Option<(u64, BTreeSet<NodeId>)>,
}

impl Holder {
    pub(super) fn new(config: &LockConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let roles = config.roles(nodes);
        Self {
            config: config.clone(),
            me,
            storage: roles.storage,
            instances: roles.instances.to_vec(),
            journal: Journal::default(),
            boot: 0,
            attempts: 0,
            sections: BTreeMap::new(),
            session: Session::default(),
        }
    }

    pub(super) fn has(&self, flaw: LockFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether some section has a lock.
    pub(super) fn has_lock(&self) -> bool {
        self.sections.values().any(|section| matches!(section.stage, Stage::Locked { .. }))
    }

    /// Whether some section asks for a lock.
    pub(super) fn is_acquiring(&self) -> bool {
        self.sections.values().any(|section| matches!(section.stage, Stage::Acquiring(_) | Stage::InLine(_)))
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = open(&mut self.journal, ctx) else { return };
        let last = records.iter().rev().find_map(|record| match record {
            Record::Boot(number) => Some(*number),
            _ => None,
        });
        self.boot = last.unwrap_or(0) + 1;
        if !self.has(LockFlaw::NumbersSectionsAnew) {
            self.journal.append(Record::Boot(self.boot), ctx);
            self.journal.make_durable(ctx);
        }
        if self.config.service == Service::Log {
            self.beat(ctx);
        }
    }

    /// A client asks for a critical section. It has given up whatever it asked for before.
    pub(super) fn requested(&mut self, request: RequestId, op: LockOp, ctx: &mut Ctx<'_>) {
        let of_client = |section: &Section| section.request.client == request.client;
        if self.sections.values().any(|section| of_client(section) && section.request >= request) {
            return;
        }
        let given_up = self.sections.iter().find(|(_, section)| of_client(section)).map(|(number, _)| *number);
        if let Some(number) = given_up {
            self.leave(number, ctx);
            self.sections.remove(&number);
        }
        self.acquire(Section { request, op, stage: Stage::Waiting, node: 0 }, ctx);
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Acquire(number) => self.not_granted(number, ctx),
            Timer::Again(number) => self.try_again(number, ctx),
            Timer::Renew(number) => self.renew(number, ctx),
            Timer::Deadline(number) => self.deadline(number, ctx),
            Timer::Send(number) => self.send(number, ctx),
            Timer::Work(number) => self.worked(number, ctx),
            Timer::Retry(number) => self.access(number, ctx),
            Timer::Beat => self.beat(ctx),
            // Those of servers.
            Timer::Expire | Timer::Raft(_) => {}
        }
    }

    pub(super) fn id(&self, number: u64) -> SectionId {
        SectionId { holder: self.me, boot: self.boot, number }
    }

    fn tell_instances(&self, message: &Message, ctx: &mut Ctx<'_>) {
        self.instances.iter().for_each(|instance| ctx.send(*instance, message.clone()));
    }
}

/// How it gets a lock.
impl Holder {
    /// Asks for the lock, under a new name: all instances, or for a place in line.
    fn acquire(&mut self, mut section: Section, ctx: &mut Ctx<'_>) {
        self.attempts += 1;
        let number = self.attempts;
        if self.config.service == Service::Log {
            self.sections.insert(number, section);
            return self.enter(number, ctx);
        }
        section.stage = Stage::Acquiring(Attempt {
            asked: ctx.now(),
            granted: BTreeSet::new(),
            refused: BTreeSet::new(),
            grants: 0,
            highest: 0,
            raising: None,
        });
        let lock = section.op.account();
        self.sections.insert(number, section);
        self.tell_instances(&Message::Set { lock, section: self.id(number) }, ctx);
        ctx.set_timer(Timer::Acquire(number), self.config.acquire_timeout);
    }

    /// Gives back what it has of a lock, and will try again.
    pub(super) fn give_up(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        self.leave(number, ctx);
        let Some(section) = self.sections.get_mut(&number) else { return };
        section.stage = Stage::Waiting;
        let delay = draw_timeout("retry delay", self.config.retry_delay, ctx);
        ctx.set_timer(Timer::Again(number), delay);
    }

    /// Gives back what it has of a lock, and waits for nothing more.
    fn leave(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(section) = self.sections.get(&number) else { return };
        let (lock, id) = (section.op.account(), self.id(number));
        match section.stage {
            Stage::Waiting => ctx.cancel_timer(Timer::Again(number)),
            Stage::Acquiring(_) | Stage::InLine(_) => ctx.cancel_timer(Timer::Acquire(number)),
            Stage::Locked { .. } => {
                let timers = [Timer::Renew, Timer::Deadline, Timer::Send, Timer::Work, Timer::Retry];
                timers.into_iter().for_each(|timer| ctx.cancel_timer(timer(number)));
                ctx.emit(Event::Left { lock, section: id });
            }
        }
        if matches!(section.stage, Stage::Waiting) {
            return;
        }
        if self.config.service == Service::Log {
            self.leave_line(number, ctx);
        } else {
            self.tell_instances(&Message::Delete { lock, section: id }, ctx);
        }
    }

    /// Grants have not come in time. Who stands in line stays there, and asks again.
    pub(super) fn not_granted(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        if self.config.service == Service::Log {
            self.enter(number, ctx);
        } else {
            self.give_up(number, ctx);
        }
    }

    pub(super) fn try_again(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        if let Some(section) = self.sections.remove(&number) {
            self.acquire(section, ctx);
        }
    }

    /// The number of the section that an answer is to.
    pub(super) fn answered(&self, id: SectionId) -> Option<u64> {
        (id.holder == self.me && id.boot == self.boot).then_some(id.number)
    }

    /// The same where the answer is to an attempt to get the lock: a flaw takes answers to earlier attempts, too.
    fn attempt_answered(&self, id: SectionId) -> Option<u64> {
        let number = self.answered(id)?;
        if !self.has(LockFlaw::CountsOlderGrants) {
            return Some(number);
        }
        let is_acquiring = |section: &Section| matches!(section.stage, Stage::Acquiring(_));
        self.sections.range(number..).find(|(_, section)| is_acquiring(section)).map(|(number, _)| *number)
    }

    pub(super) fn set_answered(
        &mut self,
        from: NodeId,
        id: SectionId,
        (is_granted, token): (bool, u64),
        ctx: &mut Ctx<'_>,
    ) {
        let Some(number) = self.attempt_answered(id) else { return };
        let majority = self.majority();
        let most_refused = self.instances.len() - majority;
        let counts_copies = self.has(LockFlaw::CountsCopies);
        let Some(Section { stage: Stage::Acquiring(attempt), .. }) = self.sections.get_mut(&number) else { return };
        if attempt.raising.is_some() {
            return;
        }
        if !is_granted {
            attempt.refused.insert(from);
            if attempt.refused.len() > most_refused {
                self.give_up(number, ctx);
            }
            return;
        }
        attempt.grants += 1;
        attempt.granted.insert(from);
        attempt.highest = attempt.highest.max(token);
        let granted = if counts_copies { attempt.grants } else { attempt.granted.len() };
        if granted >= majority {
            self.granted(number, ctx);
        }
    }

    fn majority(&self) -> usize {
        let instances = self.instances.len();
        if self.has(LockFlaw::AcquiresHalf) { (instances / 2).max(1) } else { instances / 2 + 1 }
    }

    /// A majority has granted a lock.
    fn granted(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(Section { stage: Stage::Acquiring(attempt), op, .. }) = self.sections.get_mut(&number) else { return };
        let (highest, lock) = (attempt.highest, op.account());
        if !self.config.fencing {
            self.acquired(number, None, ctx);
        } else if self.config.instance_numbers() {
            self.acquired(number, Some(highest), ctx);
        } else if self.config.flaws.has(LockFlaw::TokenNotWrittenBack) {
            self.acquired(number, Some(highest + 1), ctx);
        } else {
            let token = highest + 1;
            attempt.raising = Some((token, BTreeSet::new()));
            self.tell_instances(&Message::Raise { lock, section: self.id(number), token }, ctx);
        }
    }

    pub(super) fn raise_answered(&mut self, from: NodeId, id: SectionId, is_raised: bool, ctx: &mut Ctx<'_>) {
        let Some(number) = self.answered(id) else { return };
        let majority = self.majority();
        let Some(Section { stage: Stage::Acquiring(attempt), .. }) = self.sections.get_mut(&number) else { return };
        let Some((token, raised)) = &mut attempt.raising else { return };
        if is_raised {
            raised.insert(from);
            if raised.len() >= majority {
                let token = *token;
                self.acquired(number, Some(token), ctx);
            }
        }
    }

    fn acquired(&mut self, number: u64, token: Option<u64>, ctx: &mut Ctx<'_>) {
        let id = self.id(number);
        let Some(section) = self.sections.get_mut(&number) else { return };
        let Stage::Acquiring(attempt) = &section.stage else { return };
        let guard = Guard::new(attempt.asked, &self.config, ctx);
        if !guard.is_valid(&self.config, ctx) {
            return self.give_up(number, ctx);
        }
        let lock = section.op.account();
        let passed = ctx.now().since(attempt.asked);
        ctx.cancel_timer(Timer::Acquire(number));
        ctx.emit(Event::Acquired { lock, section: id, token, until: guard.until });
        section.stage = Stage::Locked { guard, token, at: Place::Reading };
        self.await_renewal(number, passed, ctx);
        self.access(number, ctx);
    }
}

/// How it keeps a lock.
impl Holder {
    /// The lock was asked for so long ago, the last time. Half of its time after that it is renewed.
    fn await_renewal(&self, number: u64, ago: Duration, ctx: &mut Ctx<'_>) {
        if !self.has(LockFlaw::NeverRenews) {
            let half = self.config.ttl / 2;
            ctx.set_timer(Timer::Renew(number), if ago < half { half - ago } else { Duration::ZERO });
        }
        self.await_deadline(number, ctx);
    }

    /// The guard looks once more when the lease ends.
    pub(super) fn await_deadline(&self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(Section { stage: Stage::Locked { guard, .. }, .. }) = self.sections.get(&number) else { return };
        let left = guard.until.since(ctx.now());
        ctx.set_timer(Timer::Deadline(number), left - self.config.margin.min(left));
    }

    pub(super) fn renew(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let id = self.id(number);
        let Some(section) = self.sections.get_mut(&number) else { return };
        let Stage::Locked { guard, .. } = &mut section.stage else { return };
        guard.begin_round(ctx);
        let (lock, round) = (section.op.account(), guard.round);
        self.tell_instances(&Message::Extend { lock, section: id, round }, ctx);
        // An answer may be lost, and there is time for another round.
        ctx.set_timer(Timer::Renew(number), self.config.ttl / 8);
    }

    pub(super) fn extend_answered(&mut self, from: NodeId, id: SectionId, answer: (u64, bool), ctx: &mut Ctx<'_>) {
        let Some(number) = self.answered(id) else { return };
        let instances = self.instances.len();
        let Some(section) = self.sections.get_mut(&number) else { return };
        let Stage::Locked { guard, .. } = &mut section.stage else { return };
        if guard.is_ignored {
            return;
        }
        let asked = guard.began();
        match guard.answered(from, answer, instances, &self.config, ctx) {
            Renewal::Open => {}
            Renewal::Done if guard.is_valid(&self.config, ctx) => {
                ctx.emit(Event::Renewed { lock: section.op.account(), section: id, until: guard.until });
                self.await_renewal(number, ctx.now().since(asked), ctx);
            }
            Renewal::Done | Renewal::Failed => self.renewal_failed(number, ctx),
        }
    }

    /// The lease ends, unless it was renewed at the last moment.
    pub(super) fn deadline(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(Section { stage: Stage::Locked { guard, .. }, .. }) = self.sections.get(&number) else { return };
        if !guard.is_ignored && !guard.is_valid(&self.config, ctx) {
            self.renewal_failed(number, ctx);
        }
    }

    /// The guard tells that the lock was not renewed. The holder stops, and begins anew.
    pub(super) fn renewal_failed(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let id = self.id(number);
        let Some(section) = self.sections.get_mut(&number) else { return };
        let Stage::Locked { guard, .. } = &mut section.stage else { return };
        ctx.emit(Event::RenewalFailed { lock: section.op.account(), section: id });
        if self.config.flaws.has(LockFlaw::GoesOnUnrenewed) {
            guard.is_ignored = true;
            return;
        }
        self.give_up(number, ctx);
    }
}

/// What it does with a lock.
impl Holder {
    /// Looks whether it has the lock, and if so asks the storage for what is next.
    pub(super) fn access(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let id = self.id(number);
        let Some(section) = self.sections.get(&number) else { return };
        let Stage::Locked { guard, .. } = &section.stage else { return };
        if !guard.is_ignored && !guard.is_valid(&self.config, ctx) {
            return self.renewal_failed(number, ctx);
        }
        ctx.emit(Event::Decided { lock: section.op.account(), section: id });
        ctx.set_timer(Timer::Send(number), self.config.send_delay);
    }

    /// What it has decided leaves the node, some time after. It cannot look again: that would take time, too.
    pub(super) fn send(&self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(section) = self.sections.get(&number) else { return };
        let Stage::Locked { token, at, .. } = section.stage else { return };
        let access = match (at, section.op) {
            (Place::Reading, _) => Access::Read,
            (Place::Writing(value), LockOp::Add { amount, .. }) => Access::Write { value, amount },
            // There is nothing to ask for.
            (Place::Working(_) | Place::Writing(_), _) => return,
        };
        let (account, request) = (section.op.account(), section.request);
        ctx.send(self.storage, Message::Access { account, section: self.id(number), request, token, access });
        ctx.set_timer(Timer::Retry(number), self.config.retry_interval);
    }

    pub(super) fn access_answered(&mut self, id: SectionId, outcome: Outcome, ctx: &mut Ctx<'_>) {
        let Some(number) = self.answered(id) else { return };
        let Some(section) = self.sections.get_mut(&number) else { return };
        let Stage::Locked { at, .. } = &mut section.stage else { return };
        match (outcome, section.op) {
            (Outcome::TooLow, _) => self.give_up(number, ctx),
            (Outcome::Value(value), LockOp::Read { .. }) | (Outcome::Done(value), _) => self.finish(number, value, ctx),
            (Outcome::Value(value), LockOp::Add { work, .. }) if *at == Place::Reading => {
                *at = Place::Working(value);
                ctx.cancel_timer(Timer::Retry(number));
                ctx.cancel_timer(Timer::Send(number));
                ctx.set_timer(Timer::Work(number), work);
            }
            // The answer to a question that was asked twice.
            (Outcome::Value(_), LockOp::Add { .. }) => {}
        }
    }

    /// The work is done: the account is to have what it had, and the amount.
    pub(super) fn worked(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(section) = self.sections.get_mut(&number) else { return };
        let (Stage::Locked { at, .. }, LockOp::Add { amount, .. }) = (&mut section.stage, section.op) else { return };
        if let Place::Working(value) = *at {
            *at = Place::Writing(value + i64::from(amount));
            self.access(number, ctx);
        }
    }

    fn finish(&mut self, number: u64, value: i64, ctx: &mut Ctx<'_>) {
        self.leave(number, ctx);
        if let Some(section) = self.sections.remove(&number) {
            ctx.reply(section.request, LockReply::Value(value));
        }
    }
}
