//! Invariants of the engine itself between steps. Checked in debug builds, and so in tests.

use super::{Engine, Phase};
use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::world::Idle;

impl<P: Protocol> Engine<'_, P> {
    /// Checks everything that the engine counts or keeps twice.
    ///
    /// # Panics
    /// If the engine contradicts itself: that is a defect of Faultbed.
    pub(super) fn assert_invariants(&self) {
        if !cfg!(debug_assertions) || self.verdict.is_some() {
            // A run can end in the middle of a step.
            return;
        }
        assert_eq!(self.phase, Phase::Engine, "nobody else's code runs between steps");
        assert!(self.effects.is_empty(), "all that a handler asked for is carried out, or suspended");
        let next = self.agenda.first_key_value().map(|((at, _), _)| *at);
        assert!(next.is_some_and(|next| next >= self.now && self.interrupt <= next), "the agenda lies in the future");
        let down = self.local.iter().filter(|local| local.counts_as_down).count();
        assert_eq!(self.down as usize, down, "the census of nodes that are down");
        assert!(self.most_down >= self.down, "the most that were down at a time");
        for process in (0..self.status.len() as u32).map(ProcessId) {
            self.assert_is_consistent(process);
        }
    }

    fn assert_is_consistent(&self, process: ProcessId) {
        let (idle, local) = (self.status[process.index()].idle, &self.local[process.index()]);
        let who = self.identities[process.index()];
        let is_gone = idle.has(Idle::DOWN) || idle.has(Idle::POSSESSED);
        if self.client_index(process).is_none() {
            assert_eq!(is_gone, self.nodes[process.index()].is_none(), "{who} is gone if its state is");
        }
        if is_gone {
            assert!(local.inbox.is_empty() && local.suspended.is_empty(), "nothing waits for {who}, which is gone");
        } else {
            assert_eq!(idle.has(Idle::PAUSED), local.pauses > 0, "{who} is paused as long as a fault pauses it");
        }
        assert!(local.inbox.is_empty() || !idle.is_none(), "events wait for {who} although it may run");
        assert!(!idle.has(Idle::BACKLOG) || self.ready.contains(&process), "nobody lets {who} take up what waits");
        assert!(local.suspended.is_empty() || idle.has(Idle::SYNCING), "effects of {who} wait for no sync");
        if let Some(disk) = self.site.disks.get(process.index()) {
            assert!(disk.durable() <= disk.records().len(), "{who} has more records durable than written");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::context::Context;
    use crate::engine::{Keep, Source};
    use crate::process::NodeId;
    use crate::protocol::Nothing;
    use crate::simulation::Simulation;

    #[derive(Debug)]
    struct Mute;

    impl Protocol for Mute {
        type Message = ();
        type Timer = Nothing;
        type Record = ();
        type Op = Nothing;
        type Reply = Nothing;
        type Event = Nothing;

        fn on_start(&mut self, _: &mut Context<'_, Self>) {}
        fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}
    }

    /// Whether the check notices that the engine was tampered with in this way.
    fn is_found(tamper: impl FnOnce(&mut Engine<'_, Mute>)) -> bool {
        let simulation = Simulation::new(3, |_, _| Mute);
        let mut engine = Engine::new(&simulation, Source::Seed(0), Keep::default());
        engine.begin();
        engine.assert_invariants();
        tamper(&mut engine);
        catch_unwind(AssertUnwindSafe(|| engine.assert_invariants())).is_err()
    }

    #[test]
    #[cfg(debug_assertions)]
    fn an_engine_that_contradicts_itself_is_found() {
        assert!(!is_found(|_| {}));
        assert!(is_found(|engine| engine.down = 1));
        assert!(is_found(|engine| engine.nodes[1] = None), "is it up or not?");
        assert!(is_found(|engine| engine.status[1].idle.add(Idle::PAUSED)));
        assert!(is_found(|engine| engine.status[1].idle.add(Idle::BACKLOG)));
        assert!(is_found(|engine| engine.status[1].idle = Idle::DOWN));
        assert!(is_found(|engine| engine.now = crate::time::Time::MAX));
        assert!(is_found(|engine| engine.agenda.clear()));
        assert!(is_found(|engine| engine.phase = Phase::System));
    }
}
