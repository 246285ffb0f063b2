//! Steps whose effects are carried out one by one, because a crash may fall between any two of them, or
//! somebody looks where it could.

use crate::crash_site::CrashSite;
use crate::fault::Boundary;
use crate::process::ProcessId;
use crate::property::StepKind;
use crate::protocol::Protocol;
use crate::world::Idle;

use super::Engine;
use super::effects::Next;

impl<P: Protocol> Engine<'_, P> {
    /// Whether it matters what lies between two effects.
    #[inline]
    pub(super) fn minds_boundaries(&self) -> bool {
        !self.faults.pinned.is_empty() || self.surveyor.as_ref().is_some_and(|surveyor| surveyor.goes_on())
    }

    /// Carries out the effects of a step as [`carry_out`](Self::carry_out) does, and minds the boundaries.
    #[cold]
    pub(super) fn carry_out_one_by_one(&mut self, process: ProcessId, kind: StepKind) -> bool {
        let mut boundary = Boundary { step: self.steps, after: 0 };
        if self.effects.iter().any(|effect| effect.outlives_a_crash()) {
            self.survey(process, boundary);
        }
        if self.crashes_at(process, boundary) {
            return false;
        }
        // The first is last now, where it is cheap to take.
        self.effects.reverse();
        while let Some(effect) = self.effects.pop() {
            let (is_log, shows) = (effect.is_log(), effect.outlives_a_crash());
            let unsynced = self.site.disks[process.index()].unsynced();
            let next = self.carry_out_one(process, effect);
            if next != Next::Goes {
                self.leave_rest(process, kind, next);
            }
            if next != Next::Never && !is_log {
                boundary.after += 1;
                if shows || self.site.disks[process.index()].unsynced() != unsynced {
                    self.survey(process, boundary);
                }
                if self.crashes_at(process, boundary) {
                    return false;
                }
            }
            if next != Next::Goes {
                return false;
            }
        }
        true
    }

    /// Takes note of a place where a process could crash.
    fn survey(&mut self, process: ProcessId, boundary: Boundary) {
        if self.now >= self.simulation.crashes_end() || !self.counts(process) || self.byzantine.contains(&process) {
            return;
        }
        let tears = self.simulation.env.disk.torn_writes;
        let Some(surveyor) = &mut self.surveyor else { return };
        surveyor.note(CrashSite {
            node: self.identities[process.index()],
            incarnation: self.status[process.index()].incarnation,
            boundary,
            time: self.now,
            tears: self.site.disks[process.index()].unsynced_appends().map(|appends| appends && tears).collect(),
            returns: self.simulation.model.detects_within().is_none(),
        });
    }

    /// If a crash waits for this place, it falls. Says whether it has taken the process down: the effects
    /// that are left are never carried out then.
    fn crashes_at(&mut self, process: ProcessId, boundary: Boundary) -> bool {
        if !self.strike_pinned(process, boundary) {
            return false;
        }
        let is_down = self.status[process.index()].idle.has(Idle::DOWN);
        if is_down {
            self.effects.clear();
        }
        is_down
    }
}
