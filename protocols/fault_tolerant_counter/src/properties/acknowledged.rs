//! What was acknowledged is kept.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, ProcessId, Property, RequestId, Step, StepKind, World};

use crate::config::CounterConfig;
use crate::configuration::Configuration;
use crate::message::Event;
use crate::node::FaultTolerantCounter;
use crate::state::{Entries, Entry, Totals, covers};
use crate::storage::{Record, last_record};

/// What was acknowledged so far.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    /// The last change of each client that was counted.
    counted: BTreeMap<NodeId, Counted>,
    /// What entries must at least come to wherever everything is known that was acknowledged.
    pub(super) entries: Entries,
}

/// A change that was counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    request: RequestId,
    /// Under which configuration.
    number: u64,
    entry: Entry,
    /// What the entry has come to.
    totals: Totals,
}

impl Acknowledged {
    /// Takes an event into account; tells whether it was an acknowledgement.
    pub(super) fn note(&mut self, event: &Event) -> bool {
        match *event {
            Event::Counted { request, entry, number, totals, .. } => {
                let counted = Counted { request, number, entry, totals };
                let known = self.counted.entry(request.client).or_insert(counted);
                // A replica that does not know yet that it is none may count it, too: nobody will ever hear of that.
                if (request, number) >= (known.request, known.number) {
                    *known = counted;
                }
                false
            }
            Event::Acknowledged { request, .. } => {
                let counted = self.counted.get(&request.client).filter(|counted| counted.request == request);
                let Some(Counted { entry, totals, .. }) = counted else { return false };
                let known = self.entries.entry(*entry).or_default();
                *known = known.max(*totals);
                true
            }
            _ => false,
        }
    }
}

/// What a node has as a replica, in its memory or, while it is down, on its disk; nothing if it has lost that.
fn record_of<'w>(world: &World<'w, FaultTolerantCounter>, node: NodeId) -> Option<&'w Record> {
    let process = world.processes().find(|process: &ProcessId| world.identity(*process) == node)?;
    match world.node(process) {
        Some(node) => node.installed.as_ref(),
        None => last_record(world.disk(process)),
    }
}

/// Of the replicas of the open configuration that have not lost their disks, any |R| - t + 1 know of each acknowledged
/// change. So whoever gathers so many of their states gathers it.
#[derive(Debug)]
pub struct AcknowledgedChangesAreCovered {
    copies: usize,
    acknowledged: Acknowledged,
    open: Configuration,
}

impl AcknowledgedChangesAreCovered {
    pub(super) fn new(config: &CounterConfig) -> Self {
        let (acknowledged, open) = (Acknowledged::default(), Configuration::default());
        Self { copies: config.copies(), acknowledged, open }
    }

    fn check(&self, world: &World<'_, FaultTolerantCounter>) -> Result<(), Breach> {
        let has = |entry: &Entry| Some((entry.node, record_of(world, entry.node)?));
        let replicas = self.open.members.iter().filter_map(has);
        let kept: Vec<_> = replicas.filter(|(_, record)| record.configuration.number >= self.open.number).collect();
        for (entry, totals) in &self.acknowledged.entries {
            let lacks = |(_, record): &&(NodeId, &Record)| !record.state.totals(*entry).covers(*totals);
            let lack: Vec<NodeId> = kept.iter().filter(lacks).map(|(node, _)| *node).collect();
            if !lack.is_empty() && lack.len() >= self.open.gathered(self.copies) {
                let what = format!("{totals:?} is acknowledged in entry {entry:?}, and {lack:?} do not know of it");
                return Err(Breach::new(lack, what));
            }
        }
        Ok(())
    }
}

impl Property<FaultTolerantCounter> for AcknowledgedChangesAreCovered {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        let mut may_lack = matches!(step.kind, StepKind::Crash | StepKind::Boot);
        for event in step.events {
            may_lack |= self.acknowledged.note(event);
            match event {
                Event::Opened { configuration } => self.open = configuration.clone(),
                Event::Installed { .. } => may_lack = true,
                _ => {}
            }
        }
        if may_lack { self.check(world) } else { Ok(()) }
    }
}

/// When a configuration is opened, each of its replicas that has not lost its disk since knows of each change that was
/// acknowledged before.
#[derive(Debug, Default)]
pub struct PromotedReplicasKnowAll {
    acknowledged: Acknowledged,
}

impl Property<FaultTolerantCounter> for PromotedReplicasKnowAll {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        for event in step.events {
            self.acknowledged.note(event);
            let Event::Opened { configuration } = event else { continue };
            for Entry { node, .. } in &configuration.members {
                if let Some(record) = record_of(world, *node)
                    && !covers(&record.state.entries, &self.acknowledged.entries)
                {
                    let acknowledged = &self.acknowledged.entries;
                    let what =
                        format!("{configuration:?} is open, and {node} does not know of all of {acknowledged:?}");
                    return Err(Breach::new([*node], what));
                }
            }
        }
        Ok(())
    }
}
