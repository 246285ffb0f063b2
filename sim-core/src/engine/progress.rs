//! Whether the system makes progress after the heal, and the verdict if it does not. The rule is in
//! `liveness.rs`.

use crate::client::ClientEffect;
use crate::history::OperationId;
use crate::liveness::{Awaited, Claim, Clock, Facts, Liveness, Open, OperationKind, Outlook, OwedTo, Sign};
use crate::process::ProcessId;
use crate::property::{Breach, PROGRESS};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::trace::TraceKind;
use crate::world::{Idle, World};

use super::steps::Tag;
use super::{Engine, Errand, Phase};

/// Where a run stands between the heal and the verdict on progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Not asked for, or judged.
    Fine,
    /// The heal is still to come.
    BeforeHeal,
    /// The heal has come, and what was in flight is being worked off.
    Stabilising,
    /// Owed since the stabilisation time.
    Owed,
}

/// How often the facts are checked within the bound for progress.
const LOOKS: u64 = 8;

/// How often to check whether the backlog has been worked off.
const BACKLOG_POLL: Duration = Duration::from_millis(1);

impl<P: Protocol> Engine<'_, P> {
    /// The heal has come: what was in flight has been handled by `calm`, apart from backlogs.
    pub(super) fn await_stabilisation(&mut self, calm: Time) {
        if self.simulation.env.progress_within.is_some() {
            self.progress = Progress::Stabilising;
            self.errand(calm, Errand::Stabilise);
        }
    }

    /// If the backlog of the repaired nodes is worked off, progress is owed from now on.
    pub(super) fn stabilise(&mut self) {
        if self.progress != Progress::Stabilising {
            return;
        }
        let is_busy = |process: &ProcessId| self.local[process.index()].backlog > 0 && self.is_repaired(*process);
        if self.all_processes().any(|process| is_busy(&process)) {
            return self.errand(self.now + BACKLOG_POLL, Errand::Stabilise);
        }
        self.hash_event(Tag::Stabilised, 0, 0);
        self.record(None, None, TraceKind::Stabilised);
        self.progress = Progress::Owed;
        let awaited = self.awaited.take().unwrap_or_else(|| {
            let signs = self.simulation.env.signs.iter().filter(|sign| !sign.is_of_operations());
            Box::new(Awaited { signs: signs.cloned().collect(), ..Awaited::default() })
        });
        let open = self.open_operations();
        let (clocks, first, in_vain, is_late) = Default::default();
        self.awaited = Some(Box::new(Awaited { since: self.now, open, clocks, first, in_vain, is_late, ..*awaited }));
        self.look_again();
        self.last_until(self.now + self.within());
    }

    /// The bound for progress.
    fn within(&self) -> Duration {
        self.simulation.env.progress_within.unwrap_or(Duration::MAX)
    }

    /// Operations that are pending: none of them is owed anything before it is asked for again.
    fn open_operations(&self) -> std::collections::BTreeMap<OperationId, Open> {
        let is_open = |id: &OperationId| !self.given_up.contains_key(id) && self.history.get(*id).returned().is_none();
        let ids = self.history.iter().map(|(id, _)| id).filter(is_open);
        ids.filter_map(|id| Some((id, self.open_operation(id, false)?))).collect()
    }

    /// An operation that is pending, if it is of a kind by which progress is seen.
    fn open_operation(&self, id: OperationId, is_new: bool) -> Option<Open> {
        let operation = self.history.get(id);
        let kind = (self.simulation.liveness.operation_kind)(&operation.op);
        let is_wanted = self.simulation.env.signs.iter().any(|sign| sign.wants(kind));
        let of = match self.simulation.liveness.owed_to {
            OwedTo::System => 0,
            OwedTo::EachClient => u64::from(operation.client),
            OwedTo::EachKey(key) => key(&operation.op),
        };
        let client = self.client_process(operation.client as usize);
        is_wanted.then_some(Open { client, claim: Claim { of, kind }, is_new, counts: is_new })
    }

    /// A client does something: what it asks for is owed to it.
    pub(super) fn see_client(&mut self, client: ProcessId, effect: &ClientEffect<P>) {
        match effect {
            ClientEffect::Invoked { operation } => {
                let open = self.open_operation(*operation, true);
                let (Some(awaited), Some(open)) = (&mut self.awaited, open) else { return };
                awaited.begin(open.claim, self.now);
                awaited.open.insert(*operation, open);
                self.look_again();
            }
            ClientEffect::Request { .. } => self.see_request(client),
            ClientEffect::Returned { operation, ok } => self.see_return(*operation, *ok),
            ClientEffect::SetTimer { .. } | ClientEffect::CancelTimer { .. } => {}
        }
    }

    /// A client asks once more for what it asked for before the stabilisation time.
    fn see_request(&mut self, client: ProcessId) {
        let Some(awaited) = &mut self.awaited else { return };
        let asked_again = awaited.open.values_mut().filter(|open| open.client == client && !open.counts);
        let claims: Vec<Claim> = asked_again
            .map(|open| {
                open.counts = true;
                open.claim
            })
            .collect();
        if !claims.is_empty() {
            claims.into_iter().for_each(|claim| awaited.begin(claim, self.now));
            self.look_again();
        }
    }

    fn see_return(&mut self, operation: OperationId, ok: bool) {
        let Some(awaited) = &mut self.awaited else { return };
        let Some(open) = awaited.open.remove(&operation) else { return };
        let is_sign = ok && open.is_new;
        if open.counts {
            awaited.end(open.claim, self.now, is_sign);
        }
        if is_sign {
            awaited.first.get_or_insert(self.now);
            awaited.is_late = false;
        } else if open.counts && !ok {
            awaited.in_vain = true;
        }
    }

    /// A sign that needs to be seen only once has been seen.
    pub(super) fn see_sign(&mut self, is_seen: impl Fn(&Sign) -> bool) {
        let Some(awaited) = &mut self.awaited else { return };
        let before = awaited.signs.len();
        awaited.signs.retain(|sign| !is_seen(sign));
        if awaited.signs.len() < before {
            awaited.seen = Some(self.now);
        }
    }

    /// After a step while progress is owed.
    pub(super) fn look_for_progress(&mut self) {
        let Some(awaited) = &self.awaited else { return };
        self.phase = Phase::System;
        if awaited.signs.contains(&Sign::Convergence) && self.converged() {
            self.see_sign(|sign| *sign == Sign::Convergence);
        }
        if self.awaited.as_ref().is_some_and(|awaited| awaited.is_late) {
            let abstract_state = self.simulation.liveness.abstract_state;
            let state = abstract_state(&self.world());
            if let (Some(state), Some(awaited)) = (state, &mut self.awaited) {
                awaited.circles.visit(state);
            }
        }
        self.phase = Phase::Engine;
    }

    /// Whether steps are looked at for signs of progress, or of a livelock.
    pub(super) fn steps_are_watched(&self) -> bool {
        let wants = |awaited: &Awaited| awaited.is_late || awaited.signs.contains(&Sign::Convergence);
        self.progress == Progress::Owed && self.awaited.as_ref().is_some_and(|awaited| wants(awaited))
    }

    /// Whether all repaired nodes are up and have the same digest.
    fn converged(&self) -> bool {
        let digest = self.simulation.liveness.digest;
        let mut first = None;
        let members = (self.simulation.liveness.members)(&self.world());
        let is_member = |process: ProcessId| {
            members.as_ref().is_none_or(|members| members.contains(&self.identities[process.index()].identity()))
        };
        let owing = self.site.processes().filter(|process| self.owes_progress(*process) && is_member(*process));
        for process in owing {
            let Some(node) = &self.nodes[process.index()] else { return false };
            if let Some(digest) = digest(node)
                && *first.get_or_insert(digest) != digest
            {
                return false;
            }
        }
        first.is_some()
    }

    /// Puts the next look at the facts on the agenda, or the next deadline if that comes first.
    fn look_again(&mut self) {
        let Some(awaited) = &self.awaited else { return };
        let within = self.within();
        let looks = self.now + Duration::from_nanos((within.as_nanos() / LOOKS).max(1));
        let once = (!awaited.signs.is_empty()).then(|| awaited.since + within).filter(|due| *due > self.now);
        let clocks = awaited.clocks.values().filter_map(|clock| clock.due(within));
        let next = clocks.chain(once).chain([looks]).min().unwrap_or(looks);
        let planned = self.agenda.iter().find(|(_, errand)| matches!(errand, Errand::Watch));
        let planned = planned.map(|(key, _)| *key);
        if planned.is_none_or(|(at, _)| at > next) {
            planned.map(|key| self.agenda.remove(&key));
            self.errand(next.max(self.now), Errand::Watch);
        }
    }

    /// Looks at the facts, and whether progress is overdue.
    pub(super) fn watch_progress(&mut self) {
        if self.progress != Progress::Owed {
            return;
        }
        // If nothing happens, no step shows that all agree.
        if self.steps_are_watched() {
            self.look_for_progress();
        }
        self.note_facts();
        self.see_roles_kept();
        let Some(overdue) = self.overdue() else { return self.look_again() };
        let Some(awaited) = &mut self.awaited else { return };
        let hindered = awaited.hindered_since(overdue.since);
        if self.simulation.env.heal.lossy.is_some() {
            // Over links that lose messages, a deadline may be missed by chance: a share decides.
            (self.liveness, self.progress) = (Liveness::Unexplained, Progress::Fine);
            self.awaited = None;
        } else if awaited.repaired.is_none() && !hindered.is_empty() {
            awaited.repaired = Some(self.now);
            self.liveness = Liveness::Stuck { because: hindered, recovered_after: None };
            self.repair_everything();
        } else {
            self.no_progress(&overdue);
        }
    }

    /// Why progress cannot be made at this moment, if it cannot. Once everything is repaired,
    /// nothing excuses a lack of it.
    fn note_facts(&mut self) {
        let is_excusable = self.awaited.as_ref().is_some_and(|awaited| awaited.repaired.is_none());
        let facts = if is_excusable { self.can_progress(false).err() } else { None };
        let gap = Duration::from_nanos((self.within().as_nanos() / LOOKS).max(1));
        let (now, within) = (self.now, self.within());
        let Some(awaited) = &mut self.awaited else { return };
        if let Some(because) = facts {
            awaited.note(now, because, gap);
        }
        let once = if awaited.signs.is_empty() { Duration::ZERO } else { now.since(awaited.since) };
        let longest = awaited.clocks.values().map(|clock| clock.waited(now)).chain([once]).max();
        awaited.is_late = longest.is_some_and(|longest| longest > within / 4);
    }

    /// A role that was held at the stabilisation time and is still held at the bound has been kept.
    fn see_roles_kept(&mut self) {
        let is_due = self.awaited.as_ref().is_some_and(|awaited| self.now >= awaited.since + self.within());
        if is_due {
            let holders = self.faults.roles.iter().filter(|(_, holder)| self.runs(*holder));
            let held: Vec<&str> = holders.filter(|(_, holder)| self.may_hold(*holder)).map(|(role, _)| *role).collect();
            self.see_sign(|sign| matches!(sign, Sign::Role(role) if held.contains(&role.as_str())));
        }
    }

    /// Whether a role of this process is of use to the core: it belongs to it, or can reach it.
    pub(super) fn may_hold(&self, holder: ProcessId) -> bool {
        let is_correct = !self.byzantine.contains(&holder);
        let reaches = |other: ProcessId| {
            self.owes_progress(other) && self.links.let_through(holder.0, other.0) && other != holder
        };
        is_correct && (self.is_repaired(holder) || self.site.processes().any(reaches))
    }

    /// What should have happened by now and has not.
    fn overdue(&self) -> Option<Overdue> {
        let awaited = self.awaited.as_ref()?;
        let within = self.within();
        let is_due = |clock: &Clock| clock.waited(self.now) >= within && clock.due(within).is_some();
        let claims = awaited.clocks.iter().filter(|(_, clock)| is_due(clock));
        let claims = claims.map(|(claim, clock)| (self.missing(*claim), clock.began()));
        let once = awaited.signs.iter().filter(|_| self.now >= awaited.since + within);
        let all: Vec<_> = once.map(|sign| (sign.to_string(), awaited.since)).chain(claims).collect();
        let since = all.iter().map(|(_, since)| *since).min()?;
        let what: Vec<String> = all.into_iter().map(|(what, _)| what).collect();
        Some(Overdue { what: what.join(", "), since })
    }

    fn missing(&self, claim: Claim) -> String {
        let what = match claim.kind {
            OperationKind::Operation => "operation",
            OperationKind::Read => "read",
            OperationKind::Write => "write",
        };
        let whose = match self.simulation.liveness.owed_to {
            OwedTo::System => String::new(),
            OwedTo::EachClient => format!(" of {}", crate::process::NodeId::client(claim.of as u32)),
            OwedTo::EachKey(_) => format!(" of key {}", claim.of),
        };
        format!("no {what}{whose} completed")
    }

    /// Progress was owed and did not come.
    fn no_progress(&mut self, overdue: &Overdue) {
        self.progress = Progress::Fine;
        let Some(awaited) = self.awaited.take() else { return };
        let (within, since) = (self.within(), overdue.since);
        let mut what = format!("{} within {within} from {since} on", overdue.what);
        if let (Some(repaired), Liveness::Stuck { because, .. }) = (awaited.repaired, &self.liveness) {
            let because: Vec<String> = because.iter().map(ToString::to_string).collect();
            what = format!(
                "{what}, although everything was repaired at {repaired} (stuck before: {})",
                because.join("; ")
            );
        }
        self.liveness = if awaited.circles.are_closed() { Liveness::Livelocked } else { Liveness::Unexplained };
        if self.liveness == Liveness::Livelocked {
            what.push_str(": the same states came again and again");
        }
        self.violated(PROGRESS, Breach::new([], what));
    }

    /// The time is up. A run that is to be judged goes on until it has stabilised, and until its first
    /// deadline.
    pub(super) fn end(&mut self) {
        let later = match self.progress {
            Progress::Stabilising => self.planned(|errand| matches!(errand, Errand::Stabilise)),
            Progress::Owed => self.first_deadline(),
            Progress::Fine | Progress::BeforeHeal => None,
        };
        match later {
            Some(later) => self.last_until(later.max(self.now) + Duration::from_nanos(1)),
            None => self.judge(),
        }
    }

    /// When something is on the agenda.
    fn planned(&self, is_it: impl Fn(&Errand) -> bool) -> Option<Time> {
        self.agenda.iter().find(|(_, errand)| is_it(errand)).map(|((at, _), _)| *at)
    }

    /// When the first deadline is, as far as is known now, unless it has passed or a sign was seen.
    fn first_deadline(&self) -> Option<Time> {
        let awaited = self.awaited.as_ref()?;
        let within = self.within();
        if !awaited.signs.is_empty() {
            return Some(awaited.since + within).filter(|due| *due >= self.now);
        }
        // If clients pause between operations, the bound takes longer than its own length to pass.
        let asks = self.clients.iter().any(|client| !client.is_done());
        let waits = awaited.clocks.values().filter(|_| awaited.first.is_none() && asks);
        waits.map(|clock| clock.due(within).unwrap_or(self.now + within)).min()
    }

    /// The run is over: the verdict on progress.
    pub(super) fn conclude_progress(&mut self) {
        let unclear = |engine: &mut Self, why: &str| engine.inconclusive(PROGRESS, why.to_owned());
        match self.progress {
            Progress::Fine => return,
            Progress::BeforeHeal => return unclear(self, "the run ended before the heal"),
            Progress::Stabilising => unreachable!("a run goes on until it has stabilised"),
            Progress::Owed => {}
        }
        let Some(awaited) = self.awaited.take() else { return };
        let wants_operations = self.simulation.env.signs.iter().any(Sign::is_of_operations);
        // An operation asked for before and completed since is no sign of progress, but was not in
        // vain.
        let asked = awaited.in_vain || awaited.open.values().any(|open| open.counts);
        let last = awaited.first.max(awaited.seen).map(|seen| seen.since(awaited.since));
        let after = last.filter(|_| !wants_operations || awaited.first.is_some());
        if !awaited.signs.is_empty() || (wants_operations && awaited.first.is_none() && asked) {
            return unclear(self, "the run ended before its deadline");
        }
        self.progress = Progress::Fine;
        match &mut self.liveness {
            Liveness::Stuck { recovered_after, .. } => *recovered_after = after,
            liveness => *liveness = after.map_or(Liveness::NothingAsked, Liveness::Progressed),
        }
    }

    /// Whether the protocol has the means to make progress now; `alone` means that unrepaired nodes
    /// are ignored.
    pub(super) fn can_progress(&mut self, alone: bool) -> Result<(), String> {
        self.phase = Phase::System;
        let outlook = Outlook { world: self.world(), links: &self.links, facts: self, alone };
        let can_progress = (self.simulation.liveness.can_progress)(&outlook);
        self.phase = Phase::Engine;
        can_progress
    }

    /// Whether a process has been repaired, and may be expected to follow the protocol.
    fn owes_progress(&self, process: ProcessId) -> bool {
        self.is_repaired(process) && !self.byzantine.contains(&process)
    }

    pub(super) fn is_repaired(&self, process: ProcessId) -> bool {
        self.faults.is_repaired(process)
    }

    /// Whether a process is up and nothing but its own work keeps it busy.
    fn runs(&self, process: ProcessId) -> bool {
        let idle = self.status[process.index()].idle;
        !idle.has(Idle::DOWN) && !idle.has(Idle::PAUSED)
    }

    /// All processes, including clients.
    pub(super) fn all_processes(&self) -> impl Iterator<Item = ProcessId> + use<P> {
        (0..self.status.len() as u32).map(ProcessId)
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

/// What should have happened, and since when it was waited for.
struct Overdue {
    what: String,
    since: Time,
}

impl<P: Protocol> Facts for Engine<'_, P> {
    fn runs(&self, process: ProcessId) -> bool {
        let is_up = self.runs(process) || self.local[process.index()].has_quit;
        is_up && !self.byzantine.contains(&process) && !self.is_absent(process)
    }

    fn is_repaired(&self, process: ProcessId) -> bool {
        Self::is_repaired(self, process)
    }

    fn is_well(&self, process: ProcessId) -> bool {
        self.local[process.index()].troubles.is_empty()
    }

    fn clients(&self) -> Vec<ProcessId> {
        let clients = self.clients.iter().enumerate().filter(|(_, client)| !client.is_done());
        clients.map(|(client, _)| self.client_process(client)).collect()
    }
}
