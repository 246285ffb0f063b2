//! What reads return.

use std::collections::{BTreeMap, VecDeque};

use parts::kv::KvOp;
use sim_core::{Breach, Duration, NodeId, ProcessId, Property, RequestId, Step, Time, World};

use crate::config::{ChainConfig, Fencing, Reads};
use crate::message::Event;
use crate::node::ChainServer;
use crate::reads::writes;

/// Where reads are confirmed, no other server of the chain had promised to take part in a later configuration when a read
/// began that is answered.
#[derive(Debug)]
pub struct ReadsAreConfirmed {
    are_confirmed: bool,
    /// The latest configuration that anybody had promised to take part in when a read began, of the servers of the chain
    /// as the one knows it that carries it out.
    began: BTreeMap<(ProcessId, RequestId), (u64, NodeId)>,
}

impl ReadsAreConfirmed {
    pub(super) fn new(config: &ChainConfig) -> Self {
        let are_confirmed = config.fencing == Fencing::Confirmed && !config.is_perfect();
        Self { are_confirmed, began: BTreeMap::new() }
    }
}

impl Property<ChainServer> for ReadsAreConfirmed {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        if !self.are_confirmed {
            return Ok(());
        }
        for event in step.events {
            match event {
                Event::ReadBegan { request } => {
                    let Some(node) = world.node(step.process) else { continue };
                    // What is not on the disk yet may come to nothing.
                    let others = world.processes().filter(|process| !world.is_mid_step(*process));
                    let others = others.filter_map(|process| world.node(process));
                    let others = others.filter(|other| other.me != node.me && node.chain.servers.contains(&other.me));
                    let latest = others.map(|other| (*other.promised, other.me)).max();
                    // There may be none: it is the only server.
                    self.began.insert((step.process, *request), latest.unwrap_or((0, node.me)));
                }
                Event::Read { number, request, .. } => {
                    let Some((latest, other)) = self.began.remove(&(step.process, *request)) else { continue };
                    if latest > *number {
                        let me = world.identity(step.process);
                        let what =
                            format!("{me} answers {request} in configuration {number}, and {other} had promised");
                        let what = format!("{what} to take part in {latest} before that began");
                        return Err(Breach::new([me, other], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A server asks the tail only for a read of something of which it has versions that may not be committed. It answers
/// any other read at once, where it has a lease.
#[derive(Debug, Default)]
pub struct CleanReadsAreLocal;

/// Whether a server has versions of what is read that are not known to be committed.
fn is_dirty(node: &ChainServer, read: &KvOp) -> bool {
    node.history.after(node.committed).iter().any(|entry| writes(&entry.op, read))
}

impl Property<ChainServer> for CleanReadsAreLocal {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        let began = step.events.iter().find_map(|event| match event {
            Event::ReadBegan { request } => Some(request),
            _ => None,
        });
        if let Some((request, node)) = began.zip(world.node(step.process)) {
            let waits = node.place.iter().flat_map(|place| &place.reads).find(|read| read.request == *request);
            let has_lease = node.lease_until().is_some_and(|until| world.clock(step.process) < until);
            if waits.is_some_and(|read| has_lease && !is_dirty(node, &read.op)) {
                let what = format!("{} has a lease, and does not answer {request} of what is committed", node.me);
                return Err(Breach::new([node.me], what));
            }
        }
        let asks = step.events.iter().any(|event| matches!(event, Event::AskedVersion { .. }));
        // Where it has answered in the same step, nobody can tell for which read it has asked.
        let answers = step.events.iter().any(|event| matches!(event, Event::Read { .. }));
        let Some(node) = world.node(step.process).filter(|_| asks && !answers) else { return Ok(()) };
        let reads = node.place.iter().flat_map(|place| &place.reads);
        if reads.into_iter().any(|read| is_dirty(node, &read.op)) {
            return Ok(());
        }
        Err(Breach::new([node.me], format!("{} asks the tail, and all that is read is committed", node.me)))
    }
}

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
