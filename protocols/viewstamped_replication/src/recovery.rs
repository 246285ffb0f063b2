//! Recovery of a replica that has crashed, and lost all that it knew (Liskov and Cowling 2012, 4.3; Michael et al. 2017,
//! Algorithm 1).

use std::collections::{BTreeMap, BTreeSet};

use parts::kv::Machine;
use sim_core::NodeId;

use super::crashes::CrashVector;
use super::flaws::VrFlaw;
use super::log::Log;
use super::message::{Body, Event, State, Timer};
use super::node::{Ctx, Status, Vr};

/// What a replica has heard since it recovers.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// So that answers to an earlier recovery are told from those to this one.
    nonce: u64,
    /// Whether it has its crash number.
    is_numbered: bool,
    /// Who has told what it knows of crashes.
    pub(super) told_by: BTreeSet<NodeId>,
    responses: BTreeMap<NodeId, Response>,
}

#[derive(Debug)]
struct Response {
    view: u64,
    state: Option<Box<State>>,
}

impl Recovery {
    /// What this replica has answered does not count any more. Says whether it had answered.
    pub(super) fn forget(&mut self, replica: NodeId) -> bool {
        self.responses.remove(&replica).is_some()
    }
}

/// The replica that recovers.
impl Vr {
    /// Knows nothing, or gives up what it knows, and asks the others. Its nonce differs from earlier ones, as the clock does
    /// or what is drawn.
    pub(super) fn begin_recovery(&mut self, ctx: &mut Ctx<'_>) {
        self.turn_to(self.view, Status::Recovering, ctx);
        (self.log, self.machine, self.commit_number) = (Log::default(), Machine::default(), 0);
        let nonce = ctx.rng().bits().wrapping_add(ctx.wall_clock().as_nanos());
        let is_numbered = !self.has_vectors() || self.has(VrFlaw::NumberNotRead);
        self.recovery = Recovery { nonce, is_numbered, ..Recovery::default() };
        if self.has_vectors() && is_numbered {
            self.crashes.raise(self.me, 1);
        }
        ctx.cancel_timer(Timer::ViewChange);
        ctx.emit(Event::Recovering);
        self.ask_again(ctx);
        ctx.set_timer(Timer::Retransmit, self.config.heartbeat_interval);
    }

    /// Asks all others, also those that have answered: they may be in a later view by now.
    pub(super) fn ask_again(&self, ctx: &mut Ctx<'_>) {
        let nonce = self.recovery.nonce;
        let question = match self.recovery.is_numbered {
            true => Body::Recovery { nonce, view: self.view },
            false => Body::ReadVector { nonce },
        };
        self.broadcast(question, ctx);
    }

    /// What a majority of the others knows of crashes includes all numbers with which it has taken part: it takes the next.
    pub(super) fn on_vector(&mut self, from: NodeId, nonce: u64, ctx: &mut Ctx<'_>) {
        let asked = self.status == Status::Recovering && nonce == self.recovery.nonce;
        if !asked || self.recovery.is_numbered {
            return;
        }
        self.recovery.told_by.insert(from);
        if self.recovery.told_by.len() >= self.majority() {
            let number = self.crashes.of(self.me) + 1;
            self.crashes.raise(self.me, number);
            self.recovery.is_numbered = true;
            ctx.emit(Event::Numbered { number });
            self.ask_again(ctx);
        }
    }

    /// Somebody knows of a higher number of this replica than its own. While it has none, it takes one above that. Else it was
    /// drawn by an earlier recovery that was cut short, and others take what it says now for what it said before: it recovers
    /// anew.
    pub(super) fn on_overtaken(&mut self, ctx: &mut Ctx<'_>) {
        let is_without_number = self.status == Status::Recovering && !self.recovery.is_numbered;
        if self.has_vectors() && !is_without_number && !self.has(VrFlaw::NumberNotRead) {
            ctx.emit(Event::Overtaken { number: self.crashes.of(self.me) });
            self.begin_recovery(ctx);
        }
    }

    /// Counts an answer to this question, in which the sender knows its crash number.
    pub(super) fn on_recovery_response(
        &mut self,
        (from, crashes): (NodeId, &CrashVector),
        nonce: u64,
        view: u64,
        state: Option<Box<State>>,
        ctx: &mut Ctx<'_>,
    ) {
        let asked = self.status == Status::Recovering && self.recovery.is_numbered;
        let answers = nonce == self.recovery.nonce || self.has(VrFlaw::NonceIgnored);
        if !asked || !answers || crashes.of(self.me) < self.crashes.of(self.me) {
            return;
        }
        let known = self.recovery.responses.get(&from);
        if known.is_none_or(|known| known.view <= view) {
            self.recovery.responses.insert(from, Response { view, state });
        }
        self.recover_if_enough(ctx);
    }

    /// "Waits to receive at least f + 1 RecoveryResponse messages from different replicas, all containing the nonce it sent,
    /// including one from the primary of the latest view it learns of in these messages", and takes part again.
    fn recover_if_enough(&mut self, ctx: &mut Ctx<'_>) {
        let needed = self.majority() - usize::from(self.has(VrFlaw::RecoversFromTooFew));
        let responses = &mut self.recovery.responses;
        let Some(view) = responses.values().map(|response| response.view).max() else { return };
        if responses.len() < needed || view < self.view {
            return;
        }
        let from_anyone = self.config.flaws.has(VrFlaw::RecoversFromAnyone);
        let primary = self.replicas[(view % self.replicas.len() as u64) as usize];
        let of_view = |(from, response): (&NodeId, &mut Response)| {
            let counts = response.view == view && (*from == primary || from_anyone);
            response.state.take_if(|_| counts)
        };
        let Some(state) = responses.iter_mut().find_map(of_view) else { return };
        let Recovery { responses, .. } = std::mem::take(&mut self.recovery);
        self.rests_on(responses.into_keys().collect());
        self.turn_to(view, Status::Normal, ctx);
        self.adopt(state.log, ctx);
        ctx.emit(Event::Recovered { view, op_number: self.log.op_number() });
        self.acknowledge(ctx);
        self.execute_to(state.commit_number, ctx);
        self.arm_view_change_timer(ctx);
    }
}

/// The others.
impl Vr {
    pub(super) fn on_read_vector(&self, from: NodeId, nonce: u64, ctx: &mut Ctx<'_>) {
        if self.status != Status::Recovering {
            self.send(from, Body::Vector { nonce }, ctx);
        }
    }

    /// "A replica replies to a Recovery message only when its status is normal", and the primary with its log. If the sender
    /// has the view on its disk, and that is later, it is to start.
    pub(super) fn on_recovery(&mut self, from: NodeId, nonce: u64, view: u64, ctx: &mut Ctx<'_>) {
        if self.status == Status::Recovering {
            return;
        }
        if view > self.view {
            return self.begin_view_change(view, ctx);
        }
        let (answers, view) = match self.status {
            Status::Normal => (true, self.view),
            _ => (self.has(VrFlaw::AnswersInViewChange), self.last_normal),
        };
        if answers {
            let tells = self.primary_of(view) == self.me || self.has(VrFlaw::RecoversFromAnyone);
            self.send(from, Body::RecoveryResponse { nonce, view, state: tells.then(|| self.state()) }, ctx);
        }
    }

    fn state(&self) -> Box<State> {
        let leaves_out = self.has(VrFlaw::ClientTableNotTransferred);
        let log = if leaves_out { self.log.clone().without_clients() } else { self.log.clone() };
        Box::new(State { log, commit_number: self.commit_number })
    }
}
