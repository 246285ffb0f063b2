//! What the storage sees.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, Property, RequestId, Step, World};

use crate::message::{Event, SectionId};
use crate::node::LeasedLock;

/// The storage serves nobody with a lower token than it has served before: critical sections have their effects in the
/// order of their tokens.
#[derive(Debug, Default)]
pub struct NoLowerToken {
    /// The highest token of each account, and whose it was.
    highest: BTreeMap<u32, (u64, SectionId)>,
}

impl Property<LeasedLock> for NoLowerToken {
    fn after_step(&mut self, _: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            let &Event::Served { account, section, token: Some(token), .. } = event else { continue };
            let (highest, of) = self.highest.get(&account).copied().unwrap_or((0, section));
            if token < highest {
                let what =
                    format!("account {account} was served to {section} with token {token}, after {of} with {highest}");
                return Err(Breach::new([section.holder, of.holder], what));
            }
            self.highest.insert(account, (token, section));
        }
        Ok(())
    }
}

/// Between the read of a section and its write no other section writes the account.
#[derive(Debug, Default)]
pub struct CriticalSectionsAreSerializable {
    /// Who wrote each account last.
    writer: BTreeMap<u32, RequestId>,
    /// Who had written the account when a section read it first.
    seen: BTreeMap<SectionId, Option<RequestId>>,
}

impl Property<LeasedLock> for CriticalSectionsAreSerializable {
    fn after_step(&mut self, _: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Served { account, section, carried: None, .. } => {
                    let writer = self.writer.get(account).copied();
                    self.seen.entry(*section).or_insert(writer);
                }
                Event::Served { account, section, carried: Some((request, _)), .. } => {
                    let before = self.writer.insert(*account, *request);
                    let seen = self.seen.remove(section);
                    if let Some(writer) = before.filter(|_| seen != Some(before)) {
                        let unread = format!("has not read what was written for {writer}");
                        let what = format!("{section} has written account {account} for {request}, and {unread}");
                        return Err(Breach::new([section.holder], what));
                    }
                }
                // A crash may have cut off that a write was announced.
                Event::Recovered { carried, .. } => {
                    self.writer.extend(carried.iter().map(|(account, request, _)| (*account, *request)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// An account has what was added to it.
#[derive(Debug, Default)]
pub struct NoLostUpdate {
    sums: BTreeMap<u32, i64>,
}

impl NoLostUpdate {
    fn compare(
        &self,
        world: &World<'_, LeasedLock>,
        step: &Step<'_, LeasedLock>,
        value: (u32, i64),
    ) -> Result<(), Breach> {
        let (account, value) = value;
        let sum = self.sums.get(&account).copied().unwrap_or(0);
        if sum == value {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("account {account} has {value}, and what was added to it comes to {sum}")))
    }
}

impl Property<LeasedLock> for NoLostUpdate {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Served { account, carried: Some((_, amount)), value, .. } => {
                    *self.sums.entry(*account).or_insert(0) += i64::from(*amount);
                    self.compare(world, step, (*account, *value))?;
                }
                Event::Recovered { carried, values, .. } if !carried.is_empty() => {
                    self.sums.clear();
                    for (account, _, amount) in carried {
                        *self.sums.entry(*account).or_insert(0) += i64::from(*amount);
                    }
                    for value in values {
                        self.compare(world, step, *value)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A request of a client is carried out once, however often and by whomever it is asked for.
#[derive(Debug, Default)]
pub struct RequestsTakeEffectOnce {
    carried: BTreeSet<RequestId>,
}

impl Property<LeasedLock> for RequestsTakeEffectOnce {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Served { account, section, carried: Some((request, _)), .. }
                    if !self.carried.insert(*request) =>
                {
                    let me = world.identity(step.process);
                    let what = format!("{request} is carried out again on account {account}, in section {section}");
                    return Err(Breach::new([me, section.holder], what));
                }
                // A crash may have cut off that it was announced.
                Event::Recovered { carried, .. } => self.carried.extend(carried.iter().map(|(_, request, _)| *request)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The storage that boots knows all requests that it has carried out, and the tokens with which they came.
#[derive(Debug, Default)]
pub struct StorageForgetsNothing {
    carried: BTreeSet<RequestId>,
    highest: BTreeMap<u32, u64>,
}

impl Property<LeasedLock> for StorageForgetsNothing {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Served { account, token, carried: Some((request, _)), .. } => {
                    self.carried.insert(*request);
                    let highest = self.highest.entry(*account).or_insert(0);
                    *highest = (*highest).max(token.unwrap_or(0));
                }
                Event::Recovered { tokens, carried, .. } => {
                    let me = world.identity(step.process);
                    let known: BTreeSet<_> = carried.iter().map(|(_, request, _)| *request).collect();
                    if let Some(request) = self.carried.difference(&known).next() {
                        let what = format!("{me} has booted, and does not know that {request} is carried out");
                        return Err(Breach::new([me], what));
                    }
                    let known: BTreeMap<_, _> = tokens.iter().copied().collect();
                    let is_lower = |(account, highest): &(&u32, &u64)| known.get(account).unwrap_or(&0) < highest;
                    if let Some((account, highest)) = self.highest.iter().find(is_lower) {
                        let what = format!("{me} has booted, and knows of no token {highest} of account {account}");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
