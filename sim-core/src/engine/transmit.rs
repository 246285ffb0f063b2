//! The network: sends, loses, duplicates, delays and holds back messages.

use crate::canonical::gist_of;
use crate::choices::{Choices, Point, Purpose, Question, Rest, named};
use crate::fault::{Bandwidth, LinkTrouble, Replays};
use crate::network::{CutMode, Latency};
use crate::process::{NodeId, ProcessId};
use crate::property::Breach;
use crate::protocol::Protocol;
use crate::random::Probability;
use crate::sabotage::Sabotage;
use crate::time::{Duration, Time};
use crate::timers::Due;
use crate::trace::{LossReason, TraceKind};

use super::Engine;
use super::faults::Told;
use super::pending::{Delivery, Nth, Payload, Pending};

/// What a message to nobody violates.
const KNOWN_RECEIVER: &str = "Known Receiver";

/// A message that is held back.
pub(super) struct Held<P: Protocol> {
    pub(super) delivery: Delivery<P>,
    pub(super) by: Holder,
    /// How long it takes once the link is whole; `None` if it was in flight before the cut, and has
    /// become due.
    pub(super) remaining: Option<Duration>,
}

/// What holds a message back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A cut of its link.
    Cut,
    /// A disturbance, by its number.
    Disturbance(u32),
}

/// What keeps a message that is due from arriving.
#[derive(Clone, Copy, Debug)]
pub(super) enum Obstacle {
    Cut(CutMode),
    /// It must arrive after others that were held back, at this time.
    Overdue(Time),
    /// The connection that it was sent over no longer exists.
    Boot,
}

impl<P: Protocol> Engine<'_, P> {
    /// A process sends a message to an identity.
    ///
    /// Rare cases get the message by value and hand it back: a message whose address is taken would
    /// be kept in memory, and be copied there and back.
    #[inline(always)]
    pub(super) fn transmit(&mut self, from: ProcessId, to: NodeId, payload: Payload<P>) {
        if self.unusual.sending && !self.site.twins.is_empty() {
            return self.transmit_to_all(from, to, &payload);
        }
        let Some(to) = self.receiver(to, &payload) else { return self.no_receiver(from, to, &payload) };
        self.send_to(from, to, payload);
    }

    /// If an identity has two processes, both receive what is sent to it. What a process sends to
    /// its own identity, only it receives.
    #[cold]
    fn transmit_to_all(&mut self, from: ProcessId, to: NodeId, payload: &Payload<P>) {
        if self.identities[from.index()].identity() == to {
            return self.send_to(from, from, payload.clone());
        }
        let Some(first) = self.receiver(to, payload) else { return self.no_receiver(from, to, payload) };
        self.send_to(from, first, payload.clone());
        if let Some(twin) = self.process_of(to.twin())
            && !self.is_absent(twin)
        {
            self.send_to(from, twin, payload.clone());
        }
    }

    /// A process sends a message to a process.
    #[inline(always)]
    fn send_to(&mut self, from: ProcessId, to: ProcessId, payload: Payload<P>) {
        let status = &mut self.status[from.index()];
        let ordinal = status.sends;
        status.sends += 1;
        let cause = self.steps;
        let delivery = |payload| Delivery { from: from.0, to: to.0, nth: Nth::new(ordinal), cause, payload };
        if self.unusual.sending || from == to {
            return self.transmit_with_care(delivery(payload));
        }
        if self.is_lost(from.0, ordinal, self.links.profile().loss) {
            return self.lose(delivery(payload), LossReason::Link);
        }
        let (choices, latency) = (&mut self.draws.choices, &self.links.profile().latency);
        let delay = draw_delay(choices, (from.0, ordinal, 0), latency);
        self.arrive_at(self.now.saturating_add(delay), delivery(payload));
    }

    /// A process sends a message, and more may happen to it than delay or loss.
    #[inline(never)]
    fn transmit_with_care(&mut self, mut delivery: Delivery<P>) {
        let (from, to) = (delivery.from, delivery.to);
        if self.draws.choices.uses_names() {
            delivery = self.name_message(delivery);
        }
        if self.faults.watches_messages {
            self.message_is_sent(ProcessId(from), ProcessId(to), delivery.payload.kind());
        }
        self.wake_scripts();
        if from == to {
            // A message to oneself crosses no link: nothing can happen to it.
            return self.arrive_at(self.now, delivery);
        }
        let mut extra = Duration::ZERO;
        if !self.faults.lies.is_empty() {
            match self.falsify(delivery) {
                Told::Message(message, later) => (delivery, extra) = (message, later),
                Told::Nothing(message) => return self.lose(message, LossReason::Silence),
            }
        }
        if self.links.is_disturbed() {
            self.links.see((from, to), delivery.payload.kind(), delivery.payload.round());
        }
        let cut = self.links.cut(from, to);
        if cut == Some(CutMode::Drop) {
            return self.lose(delivery, LossReason::Cut);
        }
        let mut held = cut.map(|_| Holder::Cut);
        let (loss, duplicate) = self.links.losses(from, to);
        let ordinal = delivery.nth.ordinal();
        if self.is_lost(from, ordinal, loss) {
            return self.lose(delivery, LossReason::Link);
        }
        let point = Point::new(Purpose::Duplicate, from, ordinal);
        let choices = &mut self.draws.choices;
        let mut doubled = choices.chance(point, sent(Rest::Of("duplicate")), duplicate);
        if self.links.is_disturbed() {
            let (kind, round) = (delivery.payload.kind(), delivery.payload.round());
            let disturbed = self.disturb((from, to), ordinal, kind, round);
            if let Some(why) = disturbed.lost {
                return self.lose(delivery, why);
            }
            if let Some(fault) = disturbed.corrupted {
                match self.corrupt(delivery, fault) {
                    Ok(corrupted) => delivery = corrupted,
                    Err(delivery) => return self.lose(delivery, LossReason::Checksum),
                }
            }
            extra = extra + disturbed.delay;
            doubled |= disturbed.doubled;
            held = held.or(disturbed.held.map(Holder::Disturbance));
            if let Some(later) = disturbed.replayed {
                delivery = self.replay(delivery, later, held);
            }
        }
        if let Some(bandwidth) = self.bandwidth((from, to), &delivery.payload) {
            match self.links.squeeze((from, to), self.now, delivery.payload.size(), bandwidth) {
                Some(wait) => extra = extra + wait,
                None => return self.lose(delivery, LossReason::Queue),
            }
        }
        if held.is_none() && self.links.profile().fifo {
            held = self.holder_of((from, to)).map(Holder::Disturbance);
        }
        if doubled {
            delivery = self.double(delivery, extra, held);
        }
        self.travel(delivery, extra, held);
    }

    /// The narrowest bandwidth that a message finds on its link, if there is a limit.
    #[inline]
    fn bandwidth(&mut self, (from, to): (u32, u32), payload: &Payload<P>) -> Option<Bandwidth> {
        let of_links = self.links.profile().bandwidth;
        if !self.links.is_disturbed() {
            return of_links.filter(|_| !self.links.is_repaired(from, to));
        }
        if self.links.is_repaired(from, to) {
            return None;
        }
        let disturbances = self.links.disturbances((from, to), payload.kind(), payload.round());
        let by_fault = disturbances.filter_map(|(_, disturbance)| disturbance.trouble.bandwidth);
        by_fault.chain(of_links).min_by_key(|bandwidth| bandwidth.bytes_per_second)
    }

    /// The disturbance that holds back a message on a link.
    fn holder_of(&self, (from, to): (u32, u32)) -> Option<u32> {
        self.faults.held.iter().find_map(|held| match held.by {
            Holder::Disturbance(fault) if (held.delivery.from, held.delivery.to) == (from, to) => Some(fault),
            _ => None,
        })
    }

    /// Replaces a message with something else that its receiver can read, if there is such a thing.
    #[cold]
    fn corrupt(&mut self, delivery: Delivery<P>, fault: u32) -> Result<Delivery<P>, Delivery<P>> {
        let mut variants = self.variants(&delivery);
        if variants.is_empty() {
            return Err(delivery);
        }
        let name = sent(Rest::ByFault("corrupted", fault));
        let point = Point::of_fault(Purpose::Corruption, delivery.from, delivery.nth.ordinal(), fault.into(), 1);
        let chosen = self.draws.choices.choose(point, name, variants.len() as u64);
        let payload = variants.swap_remove(chosen as usize);
        if self.trace.is_some() {
            let to = self.identities[delivery.to as usize];
            let (message, instead_of) = (payload.value(), delivery.payload.value());
            self.record(Some(ProcessId(delivery.from)), None, TraceKind::Corrupted { to, message, instead_of });
        }
        Ok(Delivery { payload, ..delivery })
    }

    /// The process that a message goes to: a client's for an answer, a node's for anything else.
    #[inline]
    fn receiver(&self, to: NodeId, payload: &Payload<P>) -> Option<ProcessId> {
        let for_client = matches!(payload, Payload::Answer(..));
        self.process_of(to).filter(|_| to.is_client() == for_client)
    }

    /// A mistake of the protocol, which ends the run.
    #[cold]
    fn no_receiver(&mut self, from: ProcessId, to: NodeId, payload: &Payload<P>) {
        let (who, kind) = (self.identities[from.index()], payload.kind());
        let what = match payload {
            Payload::Answer(..) => format!("{who} answered {to}, and there is no such client"),
            _ => format!("{who} sent {kind} to {to}, and there is no such node"),
        };
        self.violated(KNOWN_RECEIVER, Breach::new([who], what));
    }

    /// Whether its link loses a message.
    #[inline(always)]
    fn is_lost(&mut self, from: u32, ordinal: u64, loss: Probability) -> bool {
        let point = Point::new(Purpose::Loss, from, ordinal);
        self.draws.choices.chance(point, sent(Rest::Of("loss")), loss)
    }

    /// Puts a message on its way, or keeps it if something holds it back.
    #[inline(always)]
    fn travel(&mut self, delivery: Delivery<P>, extra: Duration, held: Option<Holder>) {
        let (choices, latency) = (&mut self.draws.choices, self.links.latency(delivery.from, delivery.to));
        let message = (delivery.from, delivery.nth.ordinal(), delivery.nth.copy());
        let mut delay = draw_delay(choices, message, latency);
        if let Some(bound) = self.links.bound(delivery.from, delivery.to) {
            delay = delay.min(bound);
        }
        let delay = delay + extra;
        if let Some(by) = held {
            return self.faults.hold(Held { delivery, by, remaining: Some(delay) });
        }
        let mut at = self.now.saturating_add(delay);
        if self.links.profile().fifo && self.simulation.env.sabotage != Some(Sabotage::ReorderFifo) {
            at = self.in_order(delivery.from, delivery.to, at);
        }
        self.arrive_at(at, delivery);
    }

    pub(super) fn in_order(&mut self, from: u32, to: u32, at: Time) -> Time {
        let incarnation = |process: u32| self.status[process as usize].incarnation;
        let incarnations = (incarnation(from), incarnation(to));
        self.links.in_order((from, to), incarnations, at)
    }

    #[inline(always)]
    pub(super) fn arrive_at(&mut self, at: Time, delivery: Delivery<P>) {
        let due = Due { time: at, sequence: self.next_sequence() };
        self.push(due, Pending::Delivery(delivery));
    }

    #[cold]
    fn double(&mut self, delivery: Delivery<P>, extra: Duration, held: Option<Holder>) -> Delivery<P> {
        let copy = Delivery { nth: delivery.nth.duplicate(), payload: delivery.payload.clone(), ..delivery };
        self.travel(copy, extra, held);
        delivery
    }

    /// Names a message by link, kind and its ordinal among those of its kind there.
    #[cold]
    fn name_message(&mut self, delivery: Delivery<P>) -> Delivery<P> {
        let link = [delivery.from, delivery.to].map(|process| self.identities[process as usize]);
        let gist = || gist_of(&delivery.payload.value());
        let (sending, kind) = ((delivery.from, delivery.nth.ordinal()), delivery.payload.kind());
        self.draws.choices.name_message(sending, link.into(), kind, gist);
        delivery
    }

    /// What the disturbances in force do to a message.
    #[cold]
    fn disturb(&mut self, link: (u32, u32), ordinal: u64, kind: &'static str, round: Option<u64>) -> Disturbed {
        let mut disturbed = Disturbed::default();
        let by_fault = |what: &'static str, fault: u32| sent(Rest::ByFault(what, fault));
        let choices = &mut self.draws.choices;
        for (fault, disturbance) in self.links.disturbances(link, kind, round) {
            // The number of the blow keeps the points of several disturbances apart.
            let point_of = |purpose, what: u64| Point::of_fault(purpose, link.0, ordinal, u64::from(*fault), what);
            let point = |what| point_of(Purpose::Omission, what);
            let suffers = disturbance.strikes_last();
            if !suffers.unwrap_or_else(|| choices.chance(point(3), by_fault("struck", *fault), disturbance.rate())) {
                continue;
            }
            let LinkTrouble { loss, duplicate, delay, replays, hold, bandwidth: _, corruption, checksum } =
                &disturbance.trouble;
            if choices.chance(point(0), by_fault("loss", *fault), *loss) {
                return Disturbed { lost: Some(LossReason::Omission), ..disturbed };
            }
            let corrupted = point_of(Purpose::Corruption, 0);
            if choices.chance(corrupted, by_fault("corruption", *fault), *corruption) {
                if *checksum {
                    return Disturbed { lost: Some(LossReason::Checksum), ..disturbed };
                }
                disturbed.corrupted = Some(*fault);
            }
            if *hold {
                disturbed.held = Some(*fault);
            }
            disturbed.doubled |= choices.chance(point(1), by_fault("duplicate", *fault), *duplicate);
            if let Some(latency) = delay {
                let delay = latency.draw(choices, point(2), by_fault("delay", *fault));
                disturbed.delay = disturbed.delay + delay;
            }
            if let Some(Replays { rate, after }) = replays
                && choices.chance(point_of(Purpose::Replay, 0), by_fault("replay", *fault), *rate)
            {
                let point = point_of(Purpose::Replay, 1);
                let delay = after.draw(choices, point, by_fault("replay delay", *fault));
                disturbed.replayed.get_or_insert(delay);
            }
        }
        disturbed
    }

    /// The message will arrive once more, `later`.
    #[cold]
    fn replay(&mut self, delivery: Delivery<P>, later: Duration, held: Option<Holder>) -> Delivery<P> {
        let copy = Delivery { nth: delivery.nth.replay(), payload: delivery.payload.clone(), ..delivery };
        if let Some(by) = held {
            self.faults.hold(Held { delivery: copy, by, remaining: Some(later) });
        } else {
            self.arrive_at(self.now.saturating_add(later), copy);
        }
        delivery
    }

    /// What keeps a message that is due from arriving, if anything does.
    #[inline(never)]
    pub(super) fn obstacle(&mut self, (from, to): (u32, u32), nth: Nth, sent: u64, due: Time) -> Option<Obstacle> {
        if !self.links.are_clear() {
            if let Some(mode) = self.links.cut(from, to) {
                return Some(Obstacle::Cut(mode));
            }
            if let Some(later) = self.links.give_way((from, to), due, nth.rank()) {
                return Some(Obstacle::Overdue(later));
            }
        }
        let is_lost = self.links.profile().connections && self.is_disconnected(from, to, sent);
        is_lost.then_some(Obstacle::Boot)
    }

    /// A message that was due does not arrive now.
    #[cold]
    pub(super) fn turn_away(&mut self, mut delivery: Delivery<P>, obstacle: Obstacle, sequence: u64) {
        let asked = self.passed_over(sequence, delivery.nth.asked());
        delivery.nth = delivery.nth.after_asking(asked.saturating_add(1));
        match obstacle {
            Obstacle::Cut(CutMode::Hold) => self.faults.hold(Held { delivery, by: Holder::Cut, remaining: None }),
            Obstacle::Cut(CutMode::Drop) => self.lose(delivery, LossReason::Cut),
            Obstacle::Overdue(later) => self.arrive_at(later, delivery),
            Obstacle::Boot => self.lose(delivery, LossReason::Boot),
        }
    }

    /// Whether one of the two has booted since the step `sent`.
    fn is_disconnected(&self, from: u32, to: u32, sent: u64) -> bool {
        [from, to].into_iter().any(|end| self.local[end as usize].booted > sent)
    }

    /// Messages that nothing holds back any more are sent on, in the order in which they were sent. On a
    /// FIFO link, no message overtakes one that another fault still holds back.
    pub(super) fn release_held(&mut self) {
        let mut held = std::mem::take(&mut self.faults.held);
        held.sort_by_key(|Held { delivery, .. }| (delivery.from, delivery.to, delivery.nth.rank()));
        let mut last_kept = None;
        for held in held {
            let link = (held.delivery.from, held.delivery.to);
            let is_withheld = matches!(held.by, Holder::Disturbance(fault) if self.links.has_disturbance(fault));
            let is_behind = self.links.profile().fifo && last_kept == Some(link);
            if is_withheld || is_behind || self.links.cut(link.0, link.1).is_some() {
                last_kept = Some(link);
                self.faults.hold(held);
            } else {
                self.release(held);
            }
        }
    }

    fn release(&mut self, Held { delivery, remaining, .. }: Held<P>) {
        let at = self.now.saturating_add(remaining.unwrap_or_default());
        let at = match remaining {
            _ if !self.links.profile().fifo => at,
            Some(_) => self.in_order(delivery.from, delivery.to, at),
            None => self.links.catch_up((delivery.from, delivery.to), at, delivery.nth.rank()),
        };
        self.arrive_at(at, delivery);
    }

    /// Whether a fault cuts a link, when it cuts each with this probability.
    pub(super) fn is_link_cut(&mut self, part: u32, from: ProcessId, to: ProcessId, rate: Probability) -> bool {
        let point = Point::new(Purpose::LinkCut, part, u64::from(from.0) << 32 | u64::from(to.0));
        let (from, to) = (self.identities[from.index()], self.identities[to.index()]);
        self.draws.choices.chance(point, named!("{from}>{to} cut by fault {part}"), rate)
    }

    /// A message does not arrive.
    #[cold]
    pub(super) fn lose(&mut self, delivery: Delivery<P>, why: LossReason) {
        if self.trace.is_some() {
            self.trace_loss(&delivery, why);
        }
    }
}

/// Draws how long a message takes: one of this sender, ordinal and copy.
#[inline(always)]
fn draw_delay(choices: &mut Choices, (from, ordinal, copy): (u32, u64, u8), latency: &Latency) -> Duration {
    let point = Point::of_copy(Purpose::Delay, from, ordinal, copy);
    latency.draw(choices, point, sent(Rest::Of(if copy == 0 { "delay" } else { "copy delay" })))
}

/// The name of a choice about the message that is being sent.
#[inline(always)]
pub(super) fn sent(rest: Rest) -> impl FnOnce() -> Question {
    move || Question::Sent(rest)
}

/// What disturbances do to a message.
#[derive(Clone, Copy, Debug, Default)]
struct Disturbed {
    lost: Option<LossReason>,
    /// The fault that corrupts it.
    corrupted: Option<u32>,
    /// The fault that holds it back.
    held: Option<u32>,
    delay: Duration,
    doubled: bool,
    /// How much later it arrives once more, if it does.
    replayed: Option<Duration>,
}
