//! What is committed: Committed By Quorum, A Committed Operation Is In Every Later View, Agreement.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::config::majority;
use crate::log::{Entry, Log};
use crate::message::Event;
use crate::node::Vr;

/// The primary "waits for f PrepareOK messages from different backups; at this point it considers the operation (and all
/// earlier ones) to be committed": a majority has had it in its logs in this view (Liskov and Cowling 2012, 4.1).
#[derive(Debug, Default)]
pub struct CommittedByQuorum {
    /// Up to where the log of each process has gone in a view.
    logged: BTreeMap<u64, Vec<u64>>,
}

impl CommittedByQuorum {
    fn note(&mut self, view: u64, process: usize, op_number: u64) {
        let logged = self.logged.entry(view).or_default();
        if process >= logged.len() {
            logged.resize(process + 1, 0);
        }
        logged[process] = op_number.max(logged[process]);
    }
}

impl Property<Vr> for CommittedByQuorum {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let me = step.process.index();
        for event in step.events {
            if let Event::Logged { view, op_number }
            | Event::StartedView { view, op_number }
            | Event::JoinedView { view, op_number }
            | Event::CaughtUp { view, op_number }
            | Event::Recovered { view, op_number } = event
            {
                self.note(*view, me, *op_number);
            }
        }
        let Some(replica) = world.node(step.process).filter(|replica| replica.is_primary()) else { return Ok(()) };
        self.note(replica.view(), me, replica.log().op_number());
        let Some(Event::Committed { op_number }) =
            step.events.iter().find(|event| matches!(event, Event::Committed { .. }))
        else {
            return Ok(());
        };
        let (view, all) = (replica.view(), world.node_ids().len());
        let logged = self.logged.get(&view).map_or(&[][..], Vec::as_slice);
        let have = logged.iter().filter(|logged| *logged >= op_number).count();
        if have >= majority(all) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what =
            format!("{me} commits up to {op_number} in view {view}, which {have} of {all} have had in their logs");
        Err(Breach::new([me], what))
    }
}

/// "Every committed operation survives into all subsequent views in the same position in the serial order" (Liskov and
/// Cowling 2012, 8.1).
#[derive(Debug, Default)]
pub struct CommittedInLaterViews {
    /// What was executed, from op-number 1 on; nothing where that was not seen.
    committed: Vec<Option<Committed>>,
    /// The logs with which views have started, and who started them.
    started: BTreeMap<u64, (Log, NodeId)>,
}

/// A request that was committed in this view or a lower one.
#[derive(Clone, Debug)]
struct Committed {
    entry: Entry,
    /// The lowest view in which somebody has executed it, and who has.
    view: u64,
    by: NodeId,
}

/// Whether a log has this request under this op-number, as far as it can tell.
fn has(log: &Log, op_number: u64, entry: &Entry) -> bool {
    op_number <= log.base() || log.get(op_number) == Some(entry)
}

impl CommittedInLaterViews {
    /// The view starts with all that is known to be committed in lower ones. It may start late, when higher ones have.
    fn starts(&mut self, view: u64, log: &Log, me: NodeId) -> Result<(), Breach> {
        let known = self.committed.iter().enumerate().skip(log.base() as usize);
        let known = known.filter_map(|(at, committed)| Some((at as u64 + 1, committed.as_ref()?)));
        let mut lower = known.filter(|(_, committed)| committed.view < view);
        match lower.find(|(op_number, committed)| !has(log, *op_number, &committed.entry)) {
            Some((op_number, committed)) => Err(lacks(view, me, op_number, committed.by)),
            None => {
                self.started.insert(view, (log.clone(), me));
                Ok(())
            }
        }
    }

    /// It is in the logs of the higher views that have started.
    fn is_executed(&mut self, op_number: u64, committed: Committed) -> Result<(), Breach> {
        let at = op_number as usize - 1;
        if at >= self.committed.len() {
            self.committed.resize(at + 1, None);
        }
        let (entry, view, by) = (committed.entry, committed.view, committed.by);
        if self.committed[at].as_ref().is_none_or(|known| known.view > view) {
            self.committed[at] = Some(committed);
        }
        let mut higher = self.started.range(view + 1..);
        match higher.find(|(_, (log, _))| !has(log, op_number, &entry)) {
            Some((view, (_, starter))) => Err(lacks(*view, *starter, op_number, by)),
            None => Ok(()),
        }
    }
}

fn lacks(view: u64, starter: NodeId, op_number: u64, by: NodeId) -> Breach {
    let what = format!("{starter} starts view {view} without what {by} has executed as number {op_number}");
    Breach::new([starter, by], what)
}

impl Property<Vr> for CommittedInLaterViews {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for event in step.events {
            if let Event::StartedView { view, .. } = event {
                self.starts(*view, replica.log(), me)?;
            }
        }
        for (op_number, entry) in replica.executed() {
            self.is_executed(*op_number, Committed { entry: *entry, view: replica.view(), by: me })?;
        }
        Ok(())
    }
}

/// All replicas execute the same requests in the same order (Liskov and Cowling 2012, 3).
#[derive(Debug, Default)]
pub struct Agreement {
    /// What was executed under an op-number, and by whom first.
    executed: BTreeMap<u64, (Entry, NodeId)>,
}

impl Property<Vr> for Agreement {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for (op_number, entry) in replica.executed() {
            let (first, by) = self.executed.entry(*op_number).or_insert((*entry, me));
            if first != entry {
                let (first, entry) = (first.request, entry.request);
                let what = format!("{by} executes {first} as number {op_number}, and {me} {entry}");
                return Err(Breach::new([*by, me], what));
            }
        }
        Ok(())
    }
}
