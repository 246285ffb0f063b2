//! Strict two-phase locking, and who waits for whom.

use sim_core::{Breach, Property, Step, World};

use crate::locks::Mode;
use crate::message::Txn;
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

fn wrong(node: &AtomicCommit, txn: Txn, account: u32, mode: Mode) -> Option<String> {
    let way = if mode == Mode::Exclusive { "writing" } else { "reading" };
    if node.locks.mode(account, txn).is_none_or(|held| held < mode) {
        return Some(format!("{txn:?} has not locked account {account} for {way}"));
    }
    let mut others = node.locks.holders(account).filter(|(other, held)| *other != txn && held.conflicts(mode));
    let (other, _) = others.next()?;
    Some(format!("{txn:?} has locked account {account} for {way}, and so has {other:?} in conflict with it"))
}

/// A transaction waits only for younger ones, or for its own earlier attempt.
#[derive(Debug)]
pub struct OnlyOlderWait;

impl Property<AtomicCommit> for OnlyOlderWait {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for (txn, work) in &node.works {
            let Some(wait) = &work.waits else { continue };
            for account in &wait.accounts {
                let in_the_way = |(other, mode): &(Txn, Mode)| other != txn && mode.conflicts(wait.mode);
                let is_older = |(other, _): &(Txn, Mode)| node.works.get(other).is_some_and(|of| of.age < work.age);
                if let Some((other, _)) = node.locks.holders(*account).filter(in_the_way).find(is_older) {
                    let what = format!("{txn:?} waits for {other:?}, which is older and has locked account {account}");
                    return Err(Breach::new([world.identity(step.process)], what));
                }
            }
        }
        Ok(())
    }
}
