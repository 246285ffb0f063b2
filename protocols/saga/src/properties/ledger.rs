//! What services have written down of steps, as they have announced it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use parts::per_process::PerProcess;
use sim_core::{Breach, ProcessId, RequestId, Step};

use crate::message::{Entry, Event, Key, Status};
use crate::node::SagaNode;

/// What is known of all steps. A service that is down has what it has announced, for that is durable.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: BTreeMap<Key, Entry>,
    /// By service, the steps that it knows.
    known: PerProcess<Vec<Key>>,
}

/// What a service has announced.
pub(super) enum Announced<'a> {
    /// It has written this. Before, it knew that of the step.
    Wrote { entry: Entry, before: Option<Status>, balance: i64 },
    /// It refuses to compensate this step.
    CannotUndo(Key),
    /// It has booted. Before, it knew those steps.
    Recovered { entries: &'a [Entry], before: Vec<Entry>, balances: &'a [(u32, i64)] },
}

impl Ledger {
    /// Looks at what the services have announced in this step, one after the other, each time with the ledger as it
    /// is after that.
    pub(super) fn after_step(
        &mut self,
        step: &Step<'_, SagaNode>,
        mut look: impl FnMut(&Self, Announced<'_>) -> Result<(), Breach>,
    ) -> Result<(), Breach> {
        for event in step.events {
            let announced = match event {
                Event::Wrote { entry, balance } => {
                    let before = self.enter(*entry, step.process);
                    Announced::Wrote { entry: *entry, before, balance: *balance }
                }
                Event::CannotUndo { key, .. } => Announced::CannotUndo(*key),
                Event::Recovered { entries, balances } => {
                    let known = std::mem::take(self.known.of(step.process));
                    let before = known.iter().filter_map(|key| self.entries.remove(key)).collect();
                    entries.iter().for_each(|entry| _ = self.enter(*entry, step.process));
                    Announced::Recovered { entries, before, balances }
                }
                _ => continue,
            };
            look(self, announced)?;
        }
        Ok(())
    }

    fn enter(&mut self, entry: Entry, service: ProcessId) -> Option<Status> {
        let before = self.entries.insert(entry.key, entry);
        if before.is_none() {
            self.known.of(service).push(entry.key);
        }
        before.map(|before| before.status)
    }

    /// What is known of a step.
    pub(super) fn entry(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }

    /// What is known of the steps of a saga.
    pub(super) fn of(&self, saga: RequestId) -> impl Iterator<Item = &Entry> {
        self.entries.range(keys_of(saga)).map(|(_, entry)| entry)
    }

    /// What steps have brought to an account.
    pub(super) fn change_of(&self, account: u32) -> i64 {
        let done = self.entries.values().filter(|entry| entry.step.account == account && entry.status == Status::Done);
        done.map(|entry| entry.step.change).sum()
    }
}

/// The names of all steps of a saga.
pub(super) fn keys_of(saga: RequestId) -> RangeInclusive<Key> {
    let key = |step| Key { saga, step };
    key(0)..=key(u32::MAX)
}

/// A step in words.
pub(super) fn name(Key { saga, step }: Key) -> String {
    format!("step {step} of {saga}")
}
