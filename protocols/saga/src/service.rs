//! Who takes the steps: a service that keeps accounts.

use std::collections::BTreeMap;

use parts::journal::Journal;
use sim_core::NodeId;

use super::config::SagaConfig;
use super::flaws::SagaFlaw;
use super::message::{Answer, Entry, Event, Key, Message, Record, Status};
use super::node::{Ctx, open};
use super::operations::Step;

/// A service.
#[derive(Debug)]
pub struct Service {
    config: SagaConfig,
    journal: Journal,
    /// What the accounts have that a step has ever changed.
    balances: BTreeMap<u32, i64>,
    /// What it knows of steps.
    entries: BTreeMap<Key, Entry>,
}

impl Service {
    pub(super) fn new(config: &SagaConfig) -> Self {
        Self {
            config: config.clone(),
            journal: Journal::default(),
            balances: BTreeMap::new(),
            entries: BTreeMap::new(),
        }
    }

    /// What an account has.
    pub fn balance(&self, account: u32) -> i64 {
        self.balances.get(&account).copied().unwrap_or_else(|| i64::from(self.config.opening))
    }

    fn has(&self, flaw: SagaFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = open(&mut self.journal, self.config.flaws, ctx) else { return };
        for record in records {
            match record {
                Record::Entry(entry) => self.enter(*entry),
                // An orchestrator's.
                Record::Began { .. } | Record::Reached { .. } => {}
            }
        }
        if self.has(SagaFlaw::KeysInMemory) {
            self.entries.clear();
        }
        ctx.emit(Event::Recovered {
            entries: self.entries.values().copied().collect(),
            balances: self.balances.iter().map(|(account, balance)| (*account, *balance)).collect(),
        });
    }

    /// Knows of a step what this says, and has its effect.
    fn enter(&mut self, entry: Entry) {
        let Entry { key, step, status } = entry;
        let change = match status {
            Status::Done => step.change,
            Status::Undone => -step.change,
            Status::Refused | Status::Tombstone => 0,
        };
        if change != 0 {
            let balance = self.balance(step.account) + change;
            self.balances.insert(step.account, balance);
        }
        if self.has(SagaFlaw::KeepsLastSaga) {
            let is_of_the_last = |known: &Key| known.saga.client != key.saga.client || known.saga >= key.saga;
            self.entries.retain(|known, _| is_of_the_last(known));
        }
        self.entries.insert(self.name(key), entry);
    }

    /// Under which key it knows a step.
    fn name(&self, key: Key) -> Key {
        if self.has(SagaFlaw::OneKeyASaga) { Key { step: 0, ..key } } else { key }
    }

    fn known(&self, key: Key) -> Option<Status> {
        self.entries.get(&self.name(key)).map(|entry| entry.status)
    }

    /// Writes down what becomes of a step: its effect and its key in one record.
    fn write(&mut self, key: Key, step: Step, status: Status, ctx: &mut Ctx<'_>) {
        let entry = Entry { key, step, status };
        self.enter(entry);
        if !(status == Status::Tombstone && self.has(SagaFlaw::TombstonesInMemory)) {
            self.journal.append(Record::Entry(entry), ctx);
        }
        if !self.has(SagaFlaw::ServiceAnswersEarly) {
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::Wrote { entry, balance: self.balance(step.account) });
    }

    /// Is asked to take a step.
    pub(super) fn take(&mut self, from: NodeId, key: Key, step: Step, ctx: &mut Ctx<'_>) {
        let known = self.known(key).filter(|_| !self.has(SagaFlaw::KeylessSteps));
        let answer = match known {
            Some(Status::Done) => Answer::Done,
            Some(Status::Tombstone) => {
                ctx.emit(Event::CameTooLate(key));
                Answer::Refused
            }
            Some(Status::Refused | Status::Undone) => Answer::Refused,
            None if self.allows(step) => {
                self.write(key, step, Status::Done, ctx);
                Answer::Done
            }
            None => {
                if !self.has(SagaFlaw::RefusedNotKeyed) {
                    self.write(key, step, Status::Refused, ctx);
                }
                Answer::Refused
            }
        };
        ctx.send(from, Message::DoReply { key, answer });
    }

    fn allows(&self, step: Step) -> bool {
        let before = self.balance(step.account);
        let balance = before + step.change;
        let limited = if self.has(SagaFlaw::LimitCheckedBefore) { before } else { balance };
        if step.change < 0 { balance >= 0 } else { limited <= i64::from(self.config.limit) }
    }

    /// Is asked to compensate a step. That may have been taken, or refused, or be still on its way.
    pub(super) fn compensate(
        &mut self,
        from: NodeId,
        key: Key,
        step: Step,
        is_forced: bool,
        refusals: u32,
        ctx: &mut Ctx<'_>,
    ) {
        let known = self.known(key);
        let has_effect = match known {
            Some(Status::Done) => true,
            Some(Status::Undone) => self.has(SagaFlaw::UndoesTwice),
            Some(Status::Refused) => self.has(SagaFlaw::UndoesRefused),
            Some(Status::Tombstone) | None => false,
        };
        let answer = if !has_effect {
            if known.is_none() && !self.has(SagaFlaw::NoTombstone) {
                self.write(key, step, Status::Tombstone, ctx);
            }
            Answer::Done
        } else if step.change <= 0 || is_forced || self.balance(step.account) >= step.change {
            self.write(key, step, Status::Undone, ctx);
            Answer::Done
        } else {
            ctx.emit(Event::CannotUndo { key, refusals });
            Answer::Refused
        };
        ctx.send(from, Message::UndoReply { key, refusals, answer });
    }
}
