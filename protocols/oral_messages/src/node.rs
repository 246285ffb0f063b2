//! A general: rounds, relays and decisions.

use std::collections::BTreeMap;

use sim_core::{Context, NodeId, Nothing, Protocol, Time};

use super::config::OralMessagesConfig;
use super::flaws::OralMessagesFlaw;
use super::message::{Event, Message, Order, Statement, Timer};
use super::tree::{Tree, View};

/// One of the generals.
#[derive(Debug)]
pub struct General {
    me: NodeId,
    config: OralMessagesConfig,
    /// Who takes part, in ascending order.
    participants: Vec<NodeId>,
    /// The round that begins next, counted from 0 through all orders.
    next_round: u64,
    /// What was heard of orders that are not decided yet. With clocks a little apart, the next may
    /// be heard of before the one before is decided.
    trees: BTreeMap<u32, Tree>,
}

type Ctx<'a> = Context<'a, General>;

impl General {
    pub(super) fn new(config: &OralMessagesConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let participants = config.participants(nodes).to_vec();
        Self { me, config: config.clone(), participants, next_round: 0, trees: BTreeMap::new() }
    }

    /// Who commands order number `number`.
    fn commander(&self, number: u32) -> NodeId {
        self.participants[number as usize % self.participants.len()]
    }

    /// Which order a round belongs to.
    fn number(&self, round: u64) -> u32 {
        (round / self.config.rounds()) as u32
    }

    /// The length of the paths of what is sent in a round.
    fn path_length(&self, round: u64) -> usize {
        (round % self.config.rounds()) as usize + 1
    }

    /// Does what is to be done when a round begins, or when the last one is over.
    fn begin_round(&mut self, round: u64, ctx: &mut Ctx<'_>) {
        if self.path_length(round) > 1 {
            return self.relay(round, ctx);
        }
        if let Some(last) = round.checked_sub(1) {
            self.decide(self.number(last), ctx);
        }
        if round < self.config.all_rounds() {
            self.command(round, ctx);
        }
    }

    /// Waits for the next round. By everybody's clock the first begins when one could have passed.
    fn await_round(&self, ctx: &mut Ctx<'_>) {
        let next = Time::ZERO + self.config.round * (self.next_round + 1);
        ctx.set_timer(Timer::Round, next.since(ctx.now()));
    }

    /// The commander sends his order to every lieutenant.
    fn command(&self, round: u64, ctx: &mut Ctx<'_>) {
        let number = self.number(round);
        if self.commander(number) != self.me {
            return;
        }
        let order = Order::ALL[ctx.choose("order", 0..Order::ALL.len() as u64) as usize];
        ctx.emit(Event::Ordered { number, order });
        self.send(Statement { round, path: vec![self.me], order }, ctx);
    }

    /// Passes on what was to be heard in the round before: where nothing was, a RETREAT.
    fn relay(&self, round: u64, ctx: &mut Ctx<'_>) {
        let (number, length) = (self.number(round), self.path_length(round) - 1);
        let mut paths = Vec::new();
        self.paths(&mut vec![self.commander(number)], length, &mut paths);
        for mut path in paths {
            let order = self.trees.get(&number).and_then(|tree| tree.heard(&path)).unwrap_or_default();
            path.push(self.me);
            self.send(Statement { round, path, order }, ctx);
        }
    }

    /// All paths of this length that go on from `path` and do not lead through this general.
    fn paths(&self, path: &mut Vec<NodeId>, length: usize, found: &mut Vec<Vec<NodeId>>) {
        if path.contains(&self.me) {
            return;
        }
        if path.len() == length {
            found.push(path.clone());
            return;
        }
        for next in &self.participants {
            if !path.contains(next) {
                path.push(*next);
                self.paths(path, length, found);
                path.pop();
            }
        }
    }

    /// To all who have had no hand in it.
    fn send(&self, statement: Statement, ctx: &mut Ctx<'_>) {
        for to in self.participants.iter().filter(|to| !statement.path.contains(to)) {
            ctx.send(*to, Message::of(statement.clone()));
        }
    }

    /// The rounds of an order are over: a lieutenant obeys what follows from what he heard.
    fn decide(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        let tree = self.trees.remove(&number).unwrap_or_default();
        let commander = self.commander(number);
        if commander == self.me {
            return;
        }
        let view = View {
            me: self.me,
            participants: &self.participants,
            rounds: self.config.rounds(),
            keeps_own_order: self.config.flaws.has(OralMessagesFlaw::NoDefault),
        };
        let waits = self.config.flaws.has(OralMessagesFlaw::WaitsForMissing);
        if waits && !tree.is_complete(&mut vec![commander], &view) {
            return;
        }
        ctx.emit(Event::Obeyed { number, order: tree.fold(&mut vec![commander], &view) });
    }

    /// Whether a statement can have been made: in its round, by who has sent it, about an order of
    /// the right commander, and not through the hands of who receives it.
    fn is_plausible(&self, from: NodeId, statement: &Statement) -> bool {
        let Statement { round, path, .. } = statement;
        let number = self.number(*round);
        let is_simple = |path: &[NodeId]| path.iter().enumerate().all(|(at, node)| !path[..at].contains(node));
        *round < self.config.all_rounds()
            && path.len() == self.path_length(*round)
            && path.first() == Some(&self.commander(number))
            && (path.last() == Some(&from) || self.config.flaws.has(OralMessagesFlaw::TrustsPath))
            && path.iter().all(|node| *node != self.me && self.participants.contains(node))
            && is_simple(path)
    }

    /// Whether the round of a statement is over: it was missed, and counts as RETREAT.
    fn is_late(&self, statement: &Statement) -> bool {
        let current = self.next_round.saturating_sub(1);
        let accepts = self.config.flaws.has(OralMessagesFlaw::AcceptsLate);
        let earliest = if accepts { current - current % self.config.rounds() } else { current };
        statement.round < earliest
    }
}

impl Protocol for General {
    type Message = Message;
    type Timer = Timer;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if self.participants.contains(&self.me) {
            self.await_round(ctx);
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, _: &mut Ctx<'_>) {
        let statement = message.statement();
        if self.is_plausible(from, statement) && !self.is_late(statement) {
            let Statement { round, path, order } = statement.clone();
            self.trees.entry(self.number(round)).or_default().hear(path, order);
        }
    }

    fn on_timer(&mut self, Timer::Round: Timer, ctx: &mut Ctx<'_>) {
        let round = self.next_round;
        self.next_round += 1;
        self.begin_round(round, ctx);
        if round < self.config.all_rounds() {
            self.await_round(ctx);
        }
    }

    fn round(message: &Message) -> Option<u64> {
        Some(message.statement().round)
    }
}
