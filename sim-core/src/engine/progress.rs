//! Whether the system makes progress after the heal, and what is to be said if it does not.

use crate::liveness::{Awaited, Liveness, Outlook, Sign};
use crate::process::ProcessId;
use crate::property::PROGRESS;
use crate::protocol::Protocol;
use crate::world::{Idle, World};

use super::{Engine, Phase, Progress};

impl<P: Protocol> Engine<'_, P> {
    /// From the heal on, signs of progress count.
    pub(super) fn await_progress(&mut self) {
        if self.progress != Progress::BeforeHeal {
            return;
        }
        self.progress = Progress::Awaited;
        let signs = self.simulation.signs.clone();
        let hindered = self.can_progress().err();
        self.awaited = Some(Box::new(Awaited { since: self.now, signs, hindered, ..Awaited::default() }));
        self.see_roles();
    }

    /// A sign of progress has been seen.
    fn seen(&mut self, is_seen: impl Fn(&Sign) -> bool) {
        let Some(awaited) = &mut self.awaited else { return };
        awaited.signs.retain(|sign| !is_seen(sign));
        if awaited.signs.is_empty() {
            self.liveness = Liveness::Progressed(self.now.since(awaited.since));
            (self.awaited, self.progress) = (None, Progress::Fine);
        }
    }

    /// An operation of a client has completed.
    pub(super) fn see_operation(&mut self) {
        self.seen(|sign| *sign == Sign::Operation);
    }

    fn see_roles(&mut self) {
        let is_held = |role: &str| {
            let mut holders = self.faults.roles.iter().filter(|(of, _)| *of == role);
            holders.any(|(_, holder)| self.faults.is_repaired(*holder))
        };
        let roles = self.simulation.roles.iter().copied().filter(|role| is_held(role));
        let held: Vec<&str> = roles.collect();
        self.seen(|sign| matches!(sign, Sign::Role(role) if held.contains(&role.as_str())));
    }

    /// After a step while progress is waited for.
    pub(super) fn look_for_progress(&mut self) {
        self.see_roles();
        self.phase = Phase::System;
        if self.awaited.as_ref().is_some_and(|awaited| awaited.signs.contains(&Sign::Convergence)) && self.converged() {
            self.seen(|sign| *sign == Sign::Convergence);
        }
        let abstract_state = self.simulation.abstract_state;
        if let Some(state) = abstract_state(&self.world())
            && let Some(awaited) = &mut self.awaited
        {
            awaited.circles.visit(state);
        }
        self.phase = Phase::Engine;
    }

    /// Whether all repaired nodes are up and have the same digest.
    fn converged(&self) -> bool {
        let digest = self.simulation.digest;
        let mut first = None;
        for process in self.site.processes().filter(|process| self.owes_progress(*process)) {
            let Some(node) = &self.nodes[process.index()] else { return false };
            if let Some(digest) = digest(node)
                && *first.get_or_insert(digest) != digest
            {
                return false;
            }
        }
        first.is_some()
    }

    /// The deadline for progress after the heal has come.
    pub(super) fn judge_progress(&mut self) {
        if self.clients.iter().all(|client| client.is_done()) {
            self.see_operation();
        }
        let Some(awaited) = self.awaited.take() else { return };
        self.progress = Progress::Fine;
        let missing: Vec<String> = awaited.signs.iter().map(ToString::to_string).collect();
        let (missing, since) = (missing.join(", "), self.now.since(awaited.since));
        // Who gets the means only later does not owe progress by this deadline.
        if let Err(why) = self.can_progress().and(awaited.hindered.map_or(Ok(()), Err)) {
            self.liveness = Liveness::Stuck(why);
        } else if awaited.circles.are_closed() {
            self.liveness = Liveness::Livelocked;
            let what = format!("{missing} within {since} after the heal: the same states came again and again");
            self.violated(PROGRESS, what, Vec::new());
        } else {
            self.liveness = Liveness::Unexplained;
            self.violated(PROGRESS, format!("{missing} within {since} after the heal"), Vec::new());
        }
    }

    /// Whether the protocol has the means to make progress now.
    fn can_progress(&mut self) -> Result<(), String> {
        self.phase = Phase::System;
        let runs = |process: ProcessId| self.owes_progress(process) && self.runs(process);
        let outlook = Outlook { world: self.world(), links: &self.links, runs: &runs };
        let can_progress = (self.simulation.can_progress)(&outlook);
        self.phase = Phase::Engine;
        can_progress
    }

    /// Whether a process has been repaired, and is not one of which nothing can be expected.
    fn owes_progress(&self, process: ProcessId) -> bool {
        self.faults.is_repaired(process) && !self.byzantine.contains(&process)
    }

    /// Whether a process is up and nothing but its own work keeps it busy.
    fn runs(&self, process: ProcessId) -> bool {
        let idle = self.status[process.index()].idle;
        !idle.has(Idle::DOWN) && !idle.has(Idle::PAUSED)
    }

    /// The world as it is now.
    pub(super) fn world(&self) -> World<'_, P> {
        World {
            now: self.now,
            nodes: &self.nodes,
            site: &self.site,
            status: &self.status,
            history: &self.history,
            byzantine: &self.byzantine,
        }
    }
}
