//! What replicas execute, and in which order.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, ProcessId, Property, RequestId, Step, World};

use crate::config::ServiceConfig;
use crate::message::Event;
use crate::node::ReplicatedService;
use crate::service::Receipt;

/// A command as the first replica has executed it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) request: RequestId,
    pub(super) receipt: Option<Receipt>,
    /// By replicas that compute right.
    pub(super) output: Option<u64>,
    /// Who was the first.
    pub(super) by: NodeId,
    /// Who has executed it.
    executors: Vec<ProcessId>,
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
    /// Another command, or with another decision.
    Command(Record),
    /// The same request, elsewhere.
    Index(u64),
    /// Another output, of replicas that compute right.
    Output(NodeId),
}

impl Order {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self { config: config.clone(), records: BTreeMap::new(), indexes: BTreeMap::new() }
    }

    /// Takes a command into account that a process executes. Gives what is odd about it.
    pub(super) fn note(
        &mut self,
        world: &World<'_, ReplicatedService>,
        process: ProcessId,
        event: &Event,
    ) -> Option<Odd> {
        let Event::Executed { index, request, receipt, output } = *event else { return None };
        let by = world.identity(process);
        let output = (!self.config.may_err(by, world.node_ids())).then_some(output);
        let known = *self.indexes.entry(request).or_insert(index);
        let record = Record { request, receipt, output, by, executors: Vec::new() };
        let record = self.records.entry(index).or_insert(record);
        record.executors.push(process);
        if (record.request, record.receipt) != (request, receipt) {
            return Some(Odd::Command(record.clone()));
        }
        if known != index {
            return Some(Odd::Index(known));
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
    pub(super) fn lead(
        &mut self,
        world: &World<'_, ReplicatedService>,
        process: ProcessId,
        executed: u64,
    ) -> Option<(u64, NodeId)> {
        if self.config.is_active() {
            return None;
        }
        for (index, record) in self.records.split_off(&(executed + 1)) {
            self.indexes.remove(&record.request);
            let is_up = |of: &&ProcessId| **of != process && world.node(**of).is_some();
            if let Some(of) = record.executors.iter().find(is_up) {
                return Some((index, world.identity(*of)));
            }
        }
        None
    }
}

/// All replicas execute the same commands in the same order with the same decisions. A leader executes at once: if it
/// stops, and nobody else has executed a command, there may be another in its place.
#[derive(Debug)]
pub struct StateMachineAgreement(Order);

impl StateMachineAgreement {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self(Order::new(config))
    }
}

impl Property<ReplicatedService> for StateMachineAgreement {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Leads { executed, .. } => {
                    if let Some((index, other)) = self.0.lead(world, step.process, *executed) {
                        let me = world.identity(step.process);
                        let what = format!("{other} has executed command {index}, and {me} leads with {executed}");
                        return Err(Breach::new([me, other], what));
                    }
                }
                Event::Executed { index, request, receipt, .. } => {
                    if let Some(Odd::Command(first)) = self.0.note(world, step.process, event) {
                        let (me, by) = (world.identity(step.process), first.by);
                        let what = format!("{me} executes {request} as command {index} with {receipt:?}");
                        let what = format!("{what}, and {by} has executed {} with {:?}", first.request, first.receipt);
                        return Err(Breach::new([by, me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// No request is executed as two commands.
#[derive(Debug)]
pub struct AtMostOnce(Order);

impl AtMostOnce {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self(Order::new(config))
    }
}

impl Property<ReplicatedService> for AtMostOnce {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Leads { executed, .. } = event {
                self.0.lead(world, step.process, *executed);
            }
            if let Event::Executed { index, request, .. } = event
                && let Some(Odd::Index(before)) = self.0.note(world, step.process, event)
            {
                let me = world.identity(step.process);
                let what = format!("{me} executes {request} as command {index}, and it was command {before}");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// What comes out of a command is the same at all replicas that compute right.
#[derive(Debug)]
pub struct OutputsAgree(Order);

impl OutputsAgree {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self(Order::new(config))
    }
}

impl Property<ReplicatedService> for OutputsAgree {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Leads { executed, .. } = event {
                self.0.lead(world, step.process, *executed);
            }
            if let Event::Executed { index, request, .. } = event
                && let Some(Odd::Output(by)) = self.0.note(world, step.process, event)
            {
                let me = world.identity(step.process);
                let what = format!("something else comes out of command {index}, {request}, at {me} than at {by}");
                return Err(Breach::new([by, me], what));
            }
        }
        Ok(())
    }
}

/// Each update has a later stamp than the one before it.
#[derive(Debug)]
pub struct StampsOnlyRise(Order);

impl StampsOnlyRise {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self(Order::new(config))
    }
}

impl Property<ReplicatedService> for StampsOnlyRise {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Leads { executed, .. } = event {
                self.0.lead(world, step.process, *executed);
            }
            let Event::Executed { index, receipt: Some(Receipt { stamp, .. }), .. } = event else { continue };
            self.0.note(world, step.process, event);
            let before = self.0.records.range(..index).rev().find_map(|(_, record)| record.receipt);
            if let Some(before) = before.filter(|before| before.stamp >= *stamp) {
                let me = world.identity(step.process);
                let what = format!("{me} stamps command {index} with {stamp}, and one before has {}", before.stamp);
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
