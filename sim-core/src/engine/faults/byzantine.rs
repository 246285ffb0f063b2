//! Byzantine nodes: which ones they are, twins, and what happens to the messages of liars.

use std::collections::BTreeSet;

use crate::byzantine::{Misconduct, Traitor};
use crate::choices::{Point, Purpose, Question, Rest};
use crate::effect::Answer;
use crate::fault::{Fault, FaultKind, MessageFilter, Selector};
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::Duration;
use crate::trace::TraceKind;
use crate::world::Idle;

use super::super::pending::{Delivery, Payload};
use super::super::transmit::sent;
use super::super::{Engine, Phase};
use super::strike::Undo;
use super::targets::Targets;

/// How many of its messages a liar remembers, at least.
const MEMORY: usize = 64;

/// A fault in force that makes nodes lie.
#[derive(Debug)]
pub(in crate::engine) struct Lie {
    part: u32,
    liars: BTreeSet<u32>,
    /// To whom; if empty, to everybody.
    to: Option<BTreeSet<u32>>,
    messages: MessageFilter,
    misconduct: Misconduct,
    /// How many messages it might have touched.
    seen: u64,
}

/// What a liar sends instead of a message.
pub(in crate::engine) enum Told<P: Protocol> {
    /// This, so much later.
    Message(Delivery<P>, Duration),
    /// No message instead of this one.
    Nothing(Delivery<P>),
}

impl Lie {
    pub(super) fn new(
        part: u32,
        targets: Targets,
        is_to_all: bool,
        messages: &MessageFilter,
        misconduct: &Misconduct,
    ) -> Self {
        let [liars, to] = targets.sets.map(|set| set.into_iter().map(|process| process.0).collect());
        let to = (!is_to_all).then_some(to);
        Self { part, liars, to, messages: messages.clone(), misconduct: misconduct.clone(), seen: 0 }
    }

    fn touches<P: Protocol>(&self, delivery: &Delivery<P>) -> bool {
        self.liars.contains(&delivery.from)
            && self.to.as_ref().is_none_or(|to| to.contains(&delivery.to))
            && self.messages.touches(delivery.payload.kind(), delivery.payload.round())
    }
}

/// The nodes that get a twin in a plan, in the order in which they are first named.
pub(crate) fn twins_in(plan: &[Fault]) -> Vec<NodeId> {
    let mut twins = Vec::new();
    for fault in plan {
        if let FaultKind::Twin { targets: Selector::Node(id) } = fault.kind
            && !twins.contains(&id.twin())
        {
            twins.push(id.twin());
        }
    }
    twins
}

impl<P: Protocol> Engine<'_, P> {
    /// Nodes that the plan names as Byzantine are so from the beginning: nothing is expected of
    /// what they do before their faults begin either. A protocol that tolerates none is whole until
    /// the first of them begins, and its properties rely on every node until then.
    pub(super) fn note_named_traitors(&mut self) {
        if self.simulation.model.most_byzantine() == 0 {
            return;
        }
        let kinds = self.faults.plan.iter().map(|fault| &fault.kind).filter(|kind| kind.is_byzantine());
        let named = kinds.flat_map(|kind| kind.aim().hit()).filter_map(|selector| match selector {
            Selector::Node(id) => Some(id.identity()),
            _ => None,
        });
        named.collect::<Vec<_>>().into_iter().for_each(|id| self.expect_nothing_of(id));
    }

    /// The processes that run under an identity are Byzantine from now on.
    fn expect_nothing_of(&mut self, id: NodeId) {
        self.byzantine.extend(self.process_of(id));
        self.byzantine.extend(self.process_of(id.twin()));
    }

    /// A Byzantine fault has hit these processes.
    pub(super) fn betray(&mut self, processes: &[ProcessId]) {
        for process in processes {
            let id = self.identities[process.index()].identity();
            self.faults.traitors.insert(id);
            self.expect_nothing_of(id);
        }
    }

    /// The second process under the identity of a node begins to run, with a copy of its disk. Of
    /// several faults that overlap, the first brings it and the last takes it away.
    pub(super) fn begin_twin(&mut self, original: ProcessId) -> Option<Undo> {
        let twin = self.process_of(self.identities[original.index()].twin())?;
        if !self.is_absent(twin) {
            return Some(Undo::Twin(twin));
        }
        self.site.disks[twin.index()] = self.site.disks[original.index()].clone();
        self.local[twin.index()].configuration = self.local[original.index()].configuration;
        self.faults.absent.retain(|process| *process != twin);
        self.boot_if_down(twin);
        Some(Undo::Twin(twin))
    }

    pub(super) fn end_twin(&mut self, twin: ProcessId) {
        if self.faults.in_force.iter().any(|part| matches!(part.undo, Undo::Twin(of) if of == twin)) {
            return;
        }
        self.faults.absent.push(twin);
        if !self.status[twin.index()].idle.has(Idle::DOWN) {
            self.stop(twin);
        }
    }

    /// Nodes lie from now on.
    pub(super) fn begin_lie(&mut self, lie: Lie) -> Undo {
        self.faults.lies.push(lie);
        Undo::Lie
    }

    /// How many messages the lie of this number has met.
    pub(super) fn met_by_lie(&self, part: u32) -> u64 {
        self.faults.lies.iter().find(|lie| lie.part == part).map_or(0, |lie| lie.seen)
    }

    pub(super) fn end_lie(&mut self, part: u32) {
        self.faults.lies.retain(|lie| lie.part != part);
    }

    /// What happens to a message that its sender may falsify.
    #[cold]
    pub(in crate::engine) fn falsify(&mut self, delivery: Delivery<P>) -> Told<P> {
        let mut lies = std::mem::take(&mut self.faults.lies);
        let meant = match &delivery.payload {
            Payload::Peer(message) if lies.iter().any(|lie| lie.liars.contains(&delivery.from)) => {
                Some((delivery.from, message.clone()))
            }
            _ => None,
        };
        let mut told = Told::Message(delivery, Duration::ZERO);
        for lie in &mut lies {
            let Told::Message(delivery, later) = told else { break };
            told = if lie.touches(&delivery) && self.strikes(lie, &delivery) {
                self.tell(lie, delivery, later)
            } else {
                Told::Message(delivery, later)
            };
        }
        self.faults.lies = lies;
        if let Some((liar, message)) = meant {
            self.remember(liar, message);
        }
        told
    }

    /// Whether a lie that touches a message changes it.
    fn strikes(&mut self, lie: &mut Lie, delivery: &Delivery<P>) -> bool {
        lie.seen += 1;
        if !lie.messages.nth.is_empty() {
            return lie.messages.nth.binary_search(&lie.seen).is_ok();
        }
        self.draws.choices.chance(point(lie, delivery, 0), asked_of(lie, "lie"), lie.messages.rate)
    }

    fn tell(&mut self, lie: &Lie, delivery: Delivery<P>, later: Duration) -> Told<P> {
        match &lie.misconduct {
            Misconduct::Silence => Told::Nothing(delivery),
            Misconduct::Stall(latency) => {
                let by = latency.draw(&mut self.draws.choices, point(lie, &delivery, 1), asked_of(lie, "stall"));
                Told::Message(delivery, later + by)
            }
            Misconduct::Mutate => Told::Message(self.mutate(lie, delivery), later),
            Misconduct::Stale => Told::Message(self.repeat_old(lie, delivery), later),
        }
    }

    /// Replaces a message with one that a traitor could send.
    fn mutate(&mut self, lie: &Lie, delivery: Delivery<P>) -> Delivery<P> {
        let mut variants = self.variants(&delivery);
        if variants.is_empty() {
            return delivery;
        }
        let question = asked_of(lie, "variant");
        let chosen = self.draws.choices.choose(point(lie, &delivery, 2), question, variants.len() as u64);
        self.replace(delivery, variants.swap_remove(chosen as usize))
    }

    /// What a message can be mutated into, according to the protocol.
    pub(in crate::engine) fn variants(&mut self, delivery: &Delivery<P>) -> Vec<Payload<P>> {
        let simulation = self.simulation;
        self.phase = Phase::System;
        let variants = match &delivery.payload {
            Payload::Peer(message) => {
                let name = |process: u32| self.identities[process as usize].identity();
                let traitor = Traitor {
                    me: name(delivery.from),
                    to: name(delivery.to),
                    nodes: &self.site.nodes,
                    traitors: &self.faults.traitors,
                    past: self.faults.past.get(&delivery.from).map_or(&[], Vec::as_slice),
                };
                (simulation.mutations.messages)(message, &traitor).into_iter().map(Payload::Peer).collect()
            }
            Payload::Answer(request, Answer::Reply(reply)) => {
                let replies = (simulation.mutations.replies)(reply).into_iter();
                replies.map(|reply| Payload::Answer(*request, Answer::Reply(reply))).collect()
            }
            _ => Vec::new(),
        };
        self.phase = Phase::Engine;
        variants
    }

    /// Replaces a message with an earlier one of the same kind.
    fn repeat_old(&mut self, lie: &Lie, delivery: Delivery<P>) -> Delivery<P> {
        let kind = delivery.payload.kind();
        let past = self.faults.past.get(&delivery.from).map_or(&[][..], Vec::as_slice);
        let of_kind: Vec<&P::Message> = past.iter().filter(|message| P::kind(message) == kind).collect();
        let Payload::Peer(_) = delivery.payload else { return delivery };
        if of_kind.is_empty() {
            return delivery;
        }
        let question = asked_of(lie, "stale");
        let chosen = self.draws.choices.choose(point(lie, &delivery, 3), question, of_kind.len() as u64);
        let old = Payload::Peer(of_kind[chosen as usize].clone());
        self.replace(delivery, old)
    }

    fn replace(&mut self, delivery: Delivery<P>, payload: Payload<P>) -> Delivery<P> {
        if self.trace.is_some() {
            let to = self.identities[delivery.to as usize];
            let (message, instead_of) = (payload.value(), delivery.payload.value());
            self.record(Some(ProcessId(delivery.from)), None, TraceKind::Lies { to, message, instead_of });
        }
        Delivery { payload, ..delivery }
    }

    fn remember(&mut self, liar: u32, message: P::Message) {
        let past = self.faults.past.entry(liar).or_default();
        if past.len() == 2 * MEMORY {
            past.drain(..MEMORY);
        }
        past.push(message);
    }
}

/// A question about the message that is being sent, for a lie.
fn asked_of(lie: &Lie, what: &'static str) -> impl FnOnce() -> Question + use<> {
    sent(Rest::ByFault(what, lie.part))
}

/// The point of what a lie does to a message, `what` of up to four things.
fn point<P: Protocol>(lie: &Lie, delivery: &Delivery<P>, what: u64) -> Point {
    Point::of_fault(Purpose::Lie, delivery.from, delivery.nth.ordinal(), u64::from(lie.part), what)
}
