//! What reads return.

use std::collections::{BTreeMap, VecDeque};

use parts::kv::KvOp;
use sim_core::{Breach, Duration, ProcessId, Property, RequestId, Step, Time, World};

use crate::config::{ChainConfig, Reads};
use crate::message::Event;
use crate::node::ChainServer;
use crate::reads::writes;

/// A strong read sees each update of what it reads that was acknowledged before it began.
///
/// It begins here when a server begins to carry it out.
#[derive(Debug, Default)]
pub struct ReadsAreCurrent {
    /// The updates that were acknowledged, with their epochs, by offset.
    acknowledged: BTreeMap<u64, (u64, KvOp)>,
    /// The offset of the last when a read began, by who carries it out.
    began: BTreeMap<(ProcessId, RequestId), u64>,
}

impl Property<ChainServer> for ReadsAreCurrent {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Acknowledged { entry, op, .. } => {
                    self.acknowledged.insert(entry.end, (entry.epoch, *op));
                }
                Event::ReadBegan { request } => {
                    let last = self.acknowledged.last_key_value().map_or(0, |(offset, _)| *offset);
                    self.began.insert((step.process, *request), last);
                }
                Event::Read { position, request, op, .. } => {
                    let Some(last) = self.began.remove(&(step.process, *request)) else { continue };
                    // The last of them stands for all: histories begin alike.
                    let due = self.acknowledged.range(..=last).rev().find(|(_, (_, update))| writes(update, op));
                    let Some((offset, (epoch, _))) = due else { continue };
                    let is_other =
                        world.node(step.process).is_some_and(|node| node.history.position_at(*offset).epoch != *epoch);
                    if *offset > position.end || is_other {
                        let me = world.identity(step.process);
                        let what = format!("{me} answers {request} at {position:?}, without update {offset} of epoch");
                        return Err(Breach::new([me], format!("{what} {epoch}, which was acknowledged before")));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A strong read sees no update of what it reads that no tail has committed.
#[derive(Debug, Default)]
pub struct ReadsAreCommitted {
    /// How many updates are committed.
    committed: u64,
}

impl Property<ChainServer> for ReadsAreCommitted {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Acknowledged { entry, .. } => self.committed = self.committed.max(entry.end),
                Event::Read { position, request, op, .. } if position.end > self.committed => {
                    // Where it has crashed since, nobody can tell.
                    let Some(node) = world.node(step.process) else { continue };
                    let read = (self.committed + 1..=position.end).filter_map(|offset| node.history.get(offset));
                    if read.into_iter().any(|entry| writes(&entry.op, op)) {
                        let what = format!("{} answers {request} at {position:?}, and no tail has committed", node.me);
                        return Err(Breach::new([node.me], format!("{what} more than {} updates", self.committed)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A bounded read misses no update that was acknowledged longer ago than `max_age`, and is ahead of what is committed
/// by `max_versions` of a key at most.
#[derive(Debug)]
pub struct StalenessIsBounded {
    /// Nothing where reads are not bounded.
    bounds: Option<(Duration, u64)>,
    /// What was acknowledged lately, and when: offsets and epochs.
    lately: VecDeque<(Time, (u64, u64))>,
    /// The last that was acknowledged before that.
    due: (u64, u64),
}

impl StalenessIsBounded {
    pub(super) fn new(config: &ChainConfig) -> Self {
        let is_bounded = config.reads == Reads::Bounded;
        let bounds = is_bounded.then(|| (config.max_age, config.max_versions.into()));
        Self { bounds, lately: VecDeque::new(), due: (0, 0) }
    }
}

impl Property<ChainServer> for StalenessIsBounded {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        let Some((max_age, max_versions)) = self.bounds else { return Ok(()) };
        for event in step.events {
            match event {
                Event::Acknowledged { entry, .. } => self.lately.push_back((world.now(), (entry.end, entry.epoch))),
                Event::WeakRead { position, request, op, .. } => {
                    while self.lately.front().is_some_and(|(at, _)| world.now().since(*at) > max_age) {
                        let (_, entry) = self.lately.pop_front().unwrap_or_default();
                        self.due = self.due.max(entry);
                    }
                    let Some(node) = world.node(step.process) else { continue };
                    let due = self.due;
                    if position.end < due.0 || node.history.position_at(due.0).epoch != due.1 {
                        let what = format!("{} answers {request} at {position:?}, without update {}", node.me, due.0);
                        let what = format!("{what} of epoch {}, acknowledged longer than {max_age} ago", due.1);
                        return Err(Breach::new([node.me], what));
                    }
                    let newer = node.history.after(node.committed).iter();
                    let ahead = newer.filter(|entry| writes(&entry.op, op)).count() as u64;
                    if ahead > max_versions {
                        let what =
                            format!("{} answers {request}, {ahead} versions ahead of what is committed", node.me);
                        return Err(Breach::new([node.me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
