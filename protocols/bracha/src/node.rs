//! A node: what it hears it writes down, then acts on.

use std::collections::BTreeMap;

use sim_core::{Context, NodeId, Nothing, Protocol, Stored};

use super::config::BrachaConfig;
use super::flaws::BrachaFlaw;
use super::instance::{Action, Instance, Thresholds};
use super::message::{BroadcastId, Content, Event, Message, Phase, Record, Timer};
use super::outbox::Outbox;
use parts::journal::Journal;

/// A node that broadcasts, and delivers what others broadcast.
#[derive(Debug)]
pub struct Bracha {
    me: NodeId,
    config: BrachaConfig,
    thresholds: Thresholds,
    /// Who takes part, in ascending order.
    participants: Vec<NodeId>,
    instances: BTreeMap<BroadcastId, Instance>,
    /// Its own broadcasts, in their order.
    broadcasts: Vec<Content>,
    /// What it has delivered, in that order.
    deliveries: Vec<Content>,
    outbox: Outbox,
    journal: Journal,
    /// Whether the timer that repeats what was not acknowledged is armed.
    resends: bool,
}

type Ctx<'a> = Context<'a, Bracha>;

/// Payloads are below this, and small enough to be read in a trace.
const PAYLOADS: u64 = 1000;

impl Bracha {
    pub(super) fn new(config: &BrachaConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let participants = config.participants(nodes).to_vec();
        Self {
            me,
            config: config.clone(),
            thresholds: Thresholds::new(config, participants.len()),
            participants,
            instances: BTreeMap::new(),
            broadcasts: Vec::new(),
            deliveries: Vec::new(),
            outbox: Outbox::default(),
            journal: Journal::default(),
            resends: false,
        }
    }

    /// Whether it is one of those who take part: all, but for a known bug.
    pub fn takes_part(&self) -> bool {
        self.participants.contains(&self.me)
    }

    /// Its own broadcasts, in their order.
    pub fn broadcasts(&self) -> &[Content] {
        &self.broadcasts
    }

    /// What it has delivered, in that order. It is never delivered again, whether the node restarts
    /// or not.
    pub fn deliveries(&self) -> &[Content] {
        &self.deliveries
    }

    /// What it has delivered of a broadcast.
    pub fn delivered(&self, id: BroadcastId) -> Option<u64> {
        self.instances.get(&id).and_then(Instance::delivered)
    }

    /// Whether something that it has said about a broadcast is not acknowledged by `to` yet.
    pub fn is_telling(&self, to: NodeId, id: BroadcastId) -> bool {
        self.outbox.holds(to, id)
    }

    fn others(&self) -> impl Iterator<Item = NodeId> + use<'_> {
        self.participants.iter().copied().filter(|node| *node != self.me)
    }

    /// Whether a statement can be true.
    fn is_plausible(&self, from: NodeId, phase: Phase, content: Content) -> bool {
        let is_its_own = from == content.id.origin || self.config.flaws.has(BrachaFlaw::TrustsOrigin);
        self.takes_part()
            && self.participants.contains(&from)
            && self.participants.contains(&content.id.origin)
            && content.id.sequence < self.config.broadcasts
            && (phase != Phase::Send || is_its_own)
    }

    /// Takes down a statement, and tells what is to be done about it: nothing if it is not new.
    fn hear(&mut self, from: NodeId, phase: Phase, content: Content) -> Option<Vec<Action>> {
        let instance = self.instances.entry(content.id).or_default();
        if !instance.hear(from, phase, content.payload, &self.thresholds) {
            return None;
        }
        let actions: Vec<Action> = std::iter::from_fn(|| instance.next_action(self.me, &self.thresholds)).collect();
        for action in &actions {
            if let Action::Deliver(payload) = action {
                self.deliveries.push(Content { payload: *payload, ..content });
            }
        }
        Some(actions)
    }

    /// What is written here is durable before anybody hears of it.
    fn write(&mut self, record: Record, ctx: &mut Ctx<'_>) {
        self.journal.append(record, ctx);
        if !self.config.flaws.has(BrachaFlaw::AcksBeforeSync) {
            self.journal.make_durable(ctx);
        }
    }

    fn act(&mut self, id: BroadcastId, actions: Vec<Action>, ctx: &mut Ctx<'_>) {
        for action in actions {
            match action {
                Action::Say(phase, payload) => self.say(phase, Content { id, payload }, ctx),
                Action::Amplify(payload) => {
                    ctx.emit(Event::Amplified(Content { id, payload }));
                    self.say(Phase::Ready, Content { id, payload }, ctx);
                }
                Action::Deliver(payload) => ctx.emit(Event::Delivered(Content { id, payload })),
            }
        }
    }

    /// To all, until they have acknowledged it.
    fn say(&mut self, phase: Phase, content: Content, ctx: &mut Ctx<'_>) {
        for to in self.others().collect::<Vec<_>>() {
            self.outbox.add(to, phase, content);
            ctx.send(to, Message::stating(phase, content));
        }
        self.await_acks(ctx);
    }

    fn await_acks(&mut self, ctx: &mut Ctx<'_>) {
        if !self.resends && !self.outbox.is_empty() {
            self.resends = true;
            ctx.set_timer(Timer::Resend, self.config.resend_after);
        }
    }

    fn broadcast(&mut self, ctx: &mut Ctx<'_>) {
        let id = BroadcastId { origin: self.me, sequence: self.broadcasts.len() as u32 };
        let content = Content { id, payload: ctx.choose("payload", 0..PAYLOADS) };
        self.broadcasts.push(content);
        self.write(Record::Broadcast(content), ctx);
        let actions = self.hear(self.me, Phase::Send, content);
        ctx.emit(Event::Broadcast(content));
        self.say(Phase::Send, content, ctx);
        self.act(id, actions.unwrap_or_default(), ctx);
    }

    fn await_broadcast(&self, ctx: &mut Ctx<'_>) {
        if self.broadcasts.len() < self.config.broadcasts as usize && self.takes_part() {
            ctx.set_timer(Timer::Broadcast, self.config.interval);
        }
    }

    /// Comes to all that it knew before a crash, and says again all that it has said: who has
    /// acknowledged what is forgotten.
    fn recover(&mut self, records: Vec<&Record>, ctx: &mut Ctx<'_>) {
        for record in records {
            let (from, phase, content) = match record {
                Record::Broadcast(content) => {
                    self.broadcasts.push(*content);
                    (self.me, Phase::Send, *content)
                }
                Record::Heard { from, phase, content } => (*from, *phase, *content),
            };
            self.hear(from, phase, content);
        }
        let own = self.broadcasts.iter().map(|content| (Phase::Send, *content));
        let of_others = self.instances.iter().flat_map(|(id, instance)| {
            instance.said_by(self.me).map(|(phase, payload)| (phase, Content { id: *id, payload }))
        });
        for (phase, content) in own.chain(of_others).collect::<Vec<_>>() {
            self.say(phase, content, ctx);
        }
    }
}

impl Protocol for Bracha {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let records = if self.config.flaws.has(BrachaFlaw::RecoversUnsynced) {
            ctx.disk().records().iter().filter_map(Stored::readable).collect()
        } else {
            self.journal.open_readable(ctx)
        };
        self.recover(records, ctx);
        self.await_broadcast(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        let (phase, content) = match message {
            Message::Send(content) => (Phase::Send, content),
            Message::Echo(content) => (Phase::Echo, content),
            Message::Ready(content) => (Phase::Ready, content),
            Message::Ack(phase, content) => return self.outbox.acknowledged(from, phase, content),
        };
        if !self.is_plausible(from, phase, content) {
            return;
        }
        let actions = self.hear(from, phase, content);
        if actions.is_some() {
            self.write(Record::Heard { from, phase, content }, ctx);
        }
        ctx.send(from, Message::Ack(phase, content));
        self.act(content.id, actions.unwrap_or_default(), ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Broadcast => {
                self.broadcast(ctx);
                self.await_broadcast(ctx);
            }
            Timer::Resend => {
                self.resends = false;
                for (to, phase, content) in self.outbox.due() {
                    ctx.send(to, Message::stating(phase, content));
                }
                self.await_acks(ctx);
            }
        }
    }

    fn round(message: &Message) -> Option<u64> {
        let (phase, content) = match message {
            Message::Send(content) => (0, content),
            Message::Echo(content) => (1, content),
            Message::Ready(content) => (2, content),
            Message::Ack(..) => return None,
        };
        Some(u64::from(content.id.sequence) * 3 + phase)
    }
}
