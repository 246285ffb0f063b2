//! The heal: a core of the system is repaired, and the rest stays as it is.

use std::collections::BTreeSet;

use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::trace::TraceKind;

use super::super::steps::Tag;
use super::super::{Engine, Errand};
use super::strike::Undo;

/// Stands for the heal where draws bear the number of a fault.
const HEAL: u32 = u32::MAX;

impl<P: Protocol> Engine<'_, P> {
    /// Everything, or the core, is repaired: faults end, waiting ones never begin, whoever is down
    /// boots. What is not of the core stays as it is for good.
    pub(in crate::engine) fn heal(&mut self) {
        let core = self.core();
        self.hash_event(Tag::Heal, core.as_ref().map_or(0, |core| core.len() as u32), 0);
        let who = core.iter().flatten().map(|process| self.identities[*process as usize]).collect();
        self.record(None, None, TraceKind::Heal { core: who });
        self.faults.waiting.clear();
        self.faults.watches.clear();
        (self.faults.watches_messages, self.faults.watches_states) = (false, false);
        self.agenda.retain(|_, errand| !matches!(errand, Errand::BeginFault(_) | Errand::Beat(_)));
        match &core {
            None => self.end_all_faults(),
            Some(core) => self.repair(core),
        }
        for process in 0..self.status.len() as u32 {
            self.disarm_crash(ProcessId(process));
            if core.as_ref().is_none_or(|core| core.contains(&process)) {
                self.boot_if_down(ProcessId(process));
            }
        }
        self.faults.core = core;
        self.await_progress();
    }

    /// Who is repaired, if not everybody. Clients are always among them.
    fn core(&mut self) -> Option<BTreeSet<u32>> {
        let simulation = self.simulation;
        if simulation.core.is_empty() {
            return None;
        }
        let selectors: Vec<_> = simulation.core.iter().collect();
        let nodes = self.resolve_all(HEAL, &selectors).into_iter().flatten().map(|process| process.0);
        let clients = self.site.running()..self.status.len() as u32;
        Some(nodes.chain(clients).collect())
    }

    fn end_all_faults(&mut self) {
        let recurring = self.faults.recurring.iter().map(|recurring| recurring.fault);
        let mut in_force: Vec<u32> = self.faults.in_force.iter().map(|part| part.fault).chain(recurring).collect();
        let mut seen = BTreeSet::new();
        in_force.retain(|fault| seen.insert(*fault));
        in_force.into_iter().for_each(|number| self.end_fault(number));
    }

    /// The links within the core are whole, and nothing is wrong with its processes any more.
    fn repair(&mut self, core: &BTreeSet<u32>) {
        let is_core = |process: ProcessId| core.contains(&process.0);
        let frozen = |errand: &Errand| match errand {
            Errand::EndFault(_) | Errand::EndPart(_) => true,
            Errand::Restart { process, .. } => !is_core(*process),
            _ => false,
        };
        self.agenda.retain(|_, errand| !frozen(errand));
        self.faults.recurring.clear();
        self.links.spare(core.clone());
        self.release_held();
        let mut repaired = Vec::new();
        for part in &mut self.faults.in_force {
            let (id, undo) = (part.id, &mut part.undo);
            match undo {
                // What Byzantine nodes do is not repaired.
                Undo::Cut | Undo::Disturbance | Undo::Twin(_) | Undo::Lie | Undo::Adversary => {}
                Undo::Pause(processes) => repaired.push((id, Undo::Pause(take_core(processes, core)))),
                Undo::Trouble(processes) => repaired.push((id, Undo::Trouble(take_core(processes, core)))),
                Undo::ClockJump(processes, by) => {
                    repaired.push((id, Undo::ClockJump(take_core(processes, core), *by)));
                }
            }
        }
        repaired.into_iter().for_each(|(id, undo)| self.undo(id, undo));
    }
}

/// Takes those of the core out of `processes`.
fn take_core(processes: &mut Vec<ProcessId>, core: &BTreeSet<u32>) -> Vec<ProcessId> {
    processes.extract_if(.., |process| core.contains(&process.0)).collect()
}
