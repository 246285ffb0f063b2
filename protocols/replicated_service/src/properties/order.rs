//! What replicas execute, and in which order.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, ProcessId, Property, RequestId, Step, TraceHasher, World};

use crate::config::ServiceConfig;
use crate::message::Event;
use crate::node::ReplicatedService;
use crate::service::{Output, Receipt};

/// A number for what comes out of a command, to be compared.
pub(crate) fn number(output: &Output) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(output);
    hasher.finish()
}

/// A command as the first replica has executed it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) request: RequestId,
    pub(super) receipt: Option<Receipt>,
    /// By replicas that compute right.
    pub(super) output: Option<u64>,
    /// Who was the first.
    pub(super) by: NodeId,
    /// Who has executed it, and how often that had booted.
    executors: Vec<(ProcessId, u32)>,
}

/// The commands that replicas have executed.
#[derive(Debug)]
pub(super) struct Order {
    config: ServiceConfig,
    pub(super) records: BTreeMap<u64, Record>,
    pub(super) indexes: BTreeMap<RequestId, u64>,
}

/// What is unlike what was executed before.
#[derive(Debug)]
pub(super) enum Odd {
    /// A node leads, and has not executed this command, which that node has.
    Lead(u64, NodeId),
    /// Another command, or with another decision.
    Command(Record),
    /// The same request, elsewhere.
    Index(u64),
    /// The same command, and this replica had executed it since it booted.
    Again,
    /// Another output, of replicas that compute right.
    Output(NodeId),
}

impl Order {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self { config: config.clone(), records: BTreeMap::new(), indexes: BTreeMap::new() }
    }

    /// Takes an event into account. Gives what is odd about it.
    pub(super) fn see(
        &mut self,
        world: &World<'_, ReplicatedService>,
        process: ProcessId,
        event: &Event,
    ) -> Option<Odd> {
        if let Event::Leads { executed, .. } = *event {
            return self.lead(world, process, executed);
        }
        let Event::Executed { index, request, receipt, output } = *event else { return None };
        let by = world.identity(process);
        let output = (!self.config.may_err(by, world.node_ids())).then_some(output);
        let known = *self.indexes.entry(request).or_insert(index);
        let record = Record { request, receipt, output, by, executors: Vec::new() };
        let record = self.records.entry(index).or_insert(record);
        let executor = (process, world.incarnation(process));
        let is_again = record.executors.contains(&executor);
        record.executors.push(executor);
        if (record.request, record.receipt) != (request, receipt) {
            return Some(Odd::Command(record.clone()));
        }
        if known != index {
            return Some(Odd::Index(known));
        }
        if is_again {
            return Some(Odd::Again);
        }
        match (record.output, output) {
            (Some(before), Some(now)) if before != now => Some(Odd::Output(record.by)),
            (None, Some(now)) => {
                (record.output, record.by) = (Some(now), by);
                None
            }
            _ => None,
        }
    }

    /// A node comes to lead that has executed so many commands. With semi-active replication, those beyond that were
    /// executed by nodes that have stopped. Gives one that another node has executed.
    fn lead(&mut self, world: &World<'_, ReplicatedService>, process: ProcessId, executed: u64) -> Option<Odd> {
        if self.config.is_active() {
            return None;
        }
        for (index, record) in self.records.split_off(&(executed + 1)) {
            self.indexes.remove(&record.request);
            let mut executors = record.executors.iter().map(|(of, _)| *of);
            if let Some(of) = executors.find(|of| *of != process && world.node(*of).is_some()) {
                return Some(Odd::Lead(index, world.identity(of)));
            }
        }
        None
    }
}

/// Looks at what replicas execute, beside what was executed before.
#[derive(Debug)]
pub struct Executions {
    order: Order,
    judge: fn(&Order, NodeId, &Event, Option<Odd>) -> Result<(), Breach>,
}

impl Executions {
    /// All replicas execute the same commands in the same order with the same decisions. A leader executes at once: if
    /// it stops, and nobody else has executed a command, there may be another in its place.
    pub(super) fn agree(config: &ServiceConfig) -> Self {
        Self { order: Order::new(config), judge: commands_agree }
    }

    /// No request is executed as two commands, and none twice by a replica that has not booted meanwhile.
    pub(super) fn happen_once(config: &ServiceConfig) -> Self {
        Self { order: Order::new(config), judge: requests_are_executed_once }
    }

    /// What comes out of a command is the same at all replicas that compute right.
    pub(super) fn come_to_the_same(config: &ServiceConfig) -> Self {
        Self { order: Order::new(config), judge: outputs_agree }
    }

    /// Each update has a later stamp than the one before it.
    pub(super) fn have_rising_stamps(config: &ServiceConfig) -> Self {
        Self { order: Order::new(config), judge: stamps_rise }
    }
}

impl Property<ReplicatedService> for Executions {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            let odd = self.order.see(world, step.process, event);
            (self.judge)(&self.order, world.identity(step.process), event, odd)?;
        }
        Ok(())
    }
}

fn commands_agree(_: &Order, me: NodeId, event: &Event, odd: Option<Odd>) -> Result<(), Breach> {
    match (event, odd) {
        (Event::Leads { executed, .. }, Some(Odd::Lead(index, other))) => {
            let what = format!("{other} has executed command {index}, and {me} leads with {executed}");
            Err(Breach::new([me, other], what))
        }
        (Event::Executed { index, request, receipt, .. }, Some(Odd::Command(first))) => {
            let by = first.by;
            let what = format!("{me} executes {request} as command {index} with {receipt:?}");
            let what = format!("{what}, and {by} has executed {} with {:?}", first.request, first.receipt);
            Err(Breach::new([by, me], what))
        }
        _ => Ok(()),
    }
}

fn requests_are_executed_once(_: &Order, me: NodeId, event: &Event, odd: Option<Odd>) -> Result<(), Breach> {
    let what = match (event, odd) {
        (Event::Executed { index, request, .. }, Some(Odd::Index(before))) => {
            format!("{me} executes {request} as command {index}, and it was command {before}")
        }
        (Event::Executed { index, request, .. }, Some(Odd::Again)) => {
            format!("{me} executes {request} as command {index}, and has done so since it booted")
        }
        _ => return Ok(()),
    };
    Err(Breach::new([me], what))
}

fn outputs_agree(_: &Order, me: NodeId, event: &Event, odd: Option<Odd>) -> Result<(), Breach> {
    let (Event::Executed { index, request, .. }, Some(Odd::Output(by))) = (event, odd) else { return Ok(()) };
    let what = format!("something else comes out of command {index}, {request}, at {me} than at {by}");
    Err(Breach::new([by, me], what))
}

fn stamps_rise(order: &Order, me: NodeId, event: &Event, _: Option<Odd>) -> Result<(), Breach> {
    let Event::Executed { index, receipt: Some(Receipt { stamp, .. }), .. } = event else { return Ok(()) };
    let before = order.records.range(..index).rev().find_map(|(_, record)| record.receipt);
    let Some(before) = before.filter(|before| before.stamp >= *stamp) else { return Ok(()) };
    let what = format!("{me} stamps command {index} with {stamp}, and one before has {}", before.stamp);
    Err(Breach::new([me], what))
}
