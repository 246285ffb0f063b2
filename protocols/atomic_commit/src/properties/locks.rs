//! Strict two-phase locking, and who waits for whom.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, RequestId, Step, World};

use crate::locks::Mode;
use crate::message::{Age, Event, Txn};
use crate::node::AtomicCommit;
use crate::participant::Work;

/// A transaction has locked what it has read and what it writes until it ends, and nobody else has a lock in conflict
/// with that.
#[derive(Debug)]
pub struct LocksAreHeld;

impl Property<AtomicCommit> for LocksAreHeld {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for (txn, work) in &node.works {
            for (account, mode) in needed(work) {
                if let Some(what) = wrong(node, *txn, account, mode) {
                    return Err(Breach::new([world.identity(step.process)], what));
                }
            }
        }
        Ok(())
    }
}

/// What must be locked: what is read, and what is posted to once it is not waited for.
fn needed(work: &Work) -> impl Iterator<Item = (u32, Mode)> {
    let reads = work.reads.iter().map(|account| (*account, Mode::Shared));
    let is_written = work.waits.is_none();
    let writes = work.postings.iter().filter(move |_| is_written).map(|(account, _)| (*account, Mode::Exclusive));
    reads.chain(writes)
}

/// Locks of one account can be shared if all are for reading.
fn conflict(one: Mode, other: Mode) -> bool {
    (one, other) != (Mode::Shared, Mode::Shared)
}

fn wrong(node: &AtomicCommit, txn: Txn, account: u32, mode: Mode) -> Option<String> {
    let way = if mode == Mode::Exclusive { "writing" } else { "reading" };
    let held = node.locks.holders(account).find_map(|(other, held)| (other == txn).then_some(held));
    if held.is_none_or(|held| held < mode) {
        return Some(format!("{txn:?} has not locked account {account} for {way}"));
    }
    let mut others = node.locks.holders(account).filter(|(other, held)| *other != txn && conflict(*held, mode));
    let (other, _) = others.next()?;
    Some(format!("{txn:?} has locked account {account} for {way}, and so has {other:?} in conflict with it"))
}

/// A transaction waits only for younger ones, or for its own earlier attempt, and only for one that has locked what it wants in
/// conflict with that. It dies only where there is an older one.
/// What a client asks for has an age of its own, as long as its coordinator is up.
#[derive(Debug, Default)]
pub struct OnlyOlderWait {
    /// How old transactions are.
    ages: BTreeMap<Txn, Age>,
    /// In which boots of their coordinators requests have which age.
    requests: BTreeMap<(Age, u32), RequestId>,
}

impl Property<AtomicCommit> for OnlyOlderWait {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for event in step.events {
            match event {
                Event::Began { txn, request } => {
                    let Some(transaction) = node.transactions.get(&request.client) else { continue };
                    let (age, incarnation) = (transaction.age, world.incarnation(step.process));
                    self.ages.insert(*txn, age);
                    let other = *self.requests.entry((age, incarnation)).or_insert(*request);
                    if other != *request {
                        let what = format!("{other} and {request} have the same age, {age:?}");
                        return Err(Breach::new([node.me], what));
                    }
                }
                Event::Died { txn } => {
                    let is_older = |age: &Age| node.works.values().any(|work| work.age < *age);
                    if self.ages.get(txn).is_some_and(|age| !is_older(age)) {
                        let what = format!("{txn:?} has died, and there is no older transaction");
                        return Err(Breach::new([world.identity(step.process)], what));
                    }
                }
                _ => {}
            }
        }
        for (txn, work) in &node.works {
            let Some(wait) = &work.waits else { continue };
            let in_the_way = |(other, mode): &(Txn, Mode)| other != txn && conflict(*mode, wait.mode);
            let is_older = |(other, _): &(Txn, Mode)| node.works.get(other).is_some_and(|of| of.age < work.age);
            for account in &wait.accounts {
                if let Some((other, _)) = node.locks.holders(*account).filter(in_the_way).find(is_older) {
                    let what = format!("{txn:?} waits for {other:?}, which is older and has locked account {account}");
                    return Err(Breach::new([world.identity(step.process)], what));
                }
            }
            if !wait.accounts.iter().any(|account| node.locks.holders(*account).any(|held| in_the_way(&held))) {
                let what = format!("{txn:?} waits, and nobody has locked what it wants in conflict with that");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}

/// No transaction gets a lock for which an older one waits.
#[derive(Debug, Default)]
pub struct NobodyOvertakes {
    /// What transactions had locked on each node.
    held: PerProcess<BTreeMap<(u32, Txn), Mode>>,
}

impl Property<AtomicCommit> for NobodyOvertakes {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let before = std::mem::take(self.held.of(step.process));
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let mut now = BTreeMap::new();
        for (txn, work) in &node.works {
            now.extend(needed(work).map(|(account, mode)| ((account, *txn), mode)));
        }
        let new = now.iter().filter(|(lock, mode)| before.get(lock).is_none_or(|held| held < *mode));
        for ((account, txn), mode) in new {
            let age = node.works[txn].age;
            let waits = |work: &Work| {
                let wait = work.waits.as_ref();
                wait.is_some_and(|wait| wait.accounts.contains(account) && conflict(wait.mode, *mode))
            };
            if let Some((older, _)) = node.works.iter().find(|(_, work)| work.age < age && waits(work)) {
                let what = format!("{txn:?} has locked account {account}, and {older:?} waits for it, which is older");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        *self.held.of(step.process) = now;
        Ok(())
    }
}
