//! What holders believe, and do.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, Duration, ProcessId, Property, Step, StepKind, Time, World};

use crate::config::LockConfig;
use crate::holder::{Holder, Section, Stage};
use crate::message::{Event, SectionId};
use crate::node::LeasedLock;

/// A lease as a holder has announced it.
#[derive(Clone, Copy, Debug)]
struct Lease {
    process: ProcessId,
    /// In which boot.
    incarnation: u32,
    section: SectionId,
    /// Until when, by the holder's monotonic clock.
    until: Time,
}

impl Lease {
    /// Whether the holder believes now that it has the lock.
    fn is_held(&self, world: &World<'_, LeasedLock>) -> bool {
        world.incarnation(self.process) == self.incarnation
            && world.node(self.process).is_some()
            && world.clock(self.process) < self.until
    }
}

/// No two sections have a lock at one time: each until its lease ends by the clock of its holder.
#[derive(Debug, Default)]
pub struct MutualExclusion {
    /// The leases of each lock.
    leases: BTreeMap<u32, Vec<Lease>>,
}

impl Property<LeasedLock> for MutualExclusion {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match *event {
                Event::Acquired { lock, section, until, .. } | Event::Renewed { lock, section, until } => {
                    let leases = self.leases.entry(lock).or_default();
                    leases.retain(|lease| lease.section != section && lease.is_held(world));
                    if let Some(other) = leases.first() {
                        let nodes = [section.holder, other.section.holder];
                        let what = format!("{section} has lock {lock}, and so has {}", other.section);
                        return Err(Breach::new(nodes, what));
                    }
                    let incarnation = world.incarnation(step.process);
                    leases.push(Lease { process: step.process, incarnation, section, until });
                }
                Event::Left { lock, section } => {
                    self.leases.entry(lock).or_default().retain(|lease| lease.section != section);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Who gets a lock gets a higher token than all who have had it before.
#[derive(Debug, Default)]
pub struct TokensGrow {
    /// The last token of each lock, and whose it was.
    last: BTreeMap<u32, (u64, SectionId)>,
}

impl Property<LeasedLock> for TokensGrow {
    fn after_step(&mut self, _: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            let &Event::Acquired { lock, section, token: Some(token), .. } = event else { continue };
            if let Some((last, of)) = self.last.insert(lock, (token, section))
                && token <= last
            {
                let what = format!("{section} has lock {lock} with token {token}, after {of} with token {last}");
                return Err(Breach::new([section.holder, of.holder], what));
            }
        }
        Ok(())
    }
}

/// A holder decides nothing from a margin before its lease ends on, by its monotonic clock.
#[derive(Debug)]
pub struct WithinTheLease {
    margin: Duration,
    leases: BTreeMap<SectionId, Time>,
}

impl WithinTheLease {
    pub(super) const fn new(config: &LockConfig) -> Self {
        Self { margin: config.margin, leases: BTreeMap::new() }
    }
}

impl Property<LeasedLock> for WithinTheLease {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match *event {
                Event::Acquired { section, until, .. } | Event::Renewed { section, until, .. } => {
                    self.leases.insert(section, until);
                }
                Event::Left { section, .. } => _ = self.leases.remove(&section),
                Event::Decided { lock, section } => {
                    let now = world.clock(step.process);
                    let until = self.leases.get(&section).copied().unwrap_or(Time::ZERO);
                    if now + self.margin >= until {
                        let what = format!("{section} goes on with lock {lock} at {now}, and has it until {until}");
                        return Err(Breach::new([section.holder], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A holder whose lock a majority does not renew is told so, and does nothing more in that section.
#[derive(Debug, Default)]
pub struct NothingAfterFailedRenewal {
    failed: BTreeSet<SectionId>,
}

impl NothingAfterFailedRenewal {
    /// A section that a holder has not left, although too few instances are left that could renew its lock.
    fn untold(&self, holder: &Holder) -> Option<SectionId> {
        let instances = holder.instances.len();
        let is_lost = |section: &Section| match &section.stage {
            Stage::Locked { guard, .. } => 2 * guard.refused.len() >= instances,
            _ => false,
        };
        let lost = holder.sections.iter().filter(|(_, section)| is_lost(section));
        lost.map(|(number, _)| holder.id(*number)).find(|section| !self.failed.contains(section))
    }
}

impl Property<LeasedLock> for NothingAfterFailedRenewal {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            match *event {
                Event::RenewalFailed { section, .. } => _ = self.failed.insert(section),
                Event::Decided { lock, section } if self.failed.contains(&section) => {
                    let what = format!("{section} goes on with lock {lock}, although it was told that it is lost");
                    return Err(Breach::new([section.holder], what));
                }
                _ => {}
            }
        }
        if step.kind == StepKind::Message
            && let Some(LeasedLock::Holder(holder)) = world.node(step.process)
            && let Some(section) = self.untold(holder)
        {
            let what = format!("no majority renews the lock of {section}, which is not told");
            return Err(Breach::new([section.holder], what));
        }
        Ok(())
    }
}
