//! As handlers of events.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sim_core::{Context, NodeId, Nothing, Protocol};

use crate::words::{COORDINATOR, Decided, Message, PATIENCE, PAUSE, Record};

#[derive(Debug)]
pub(crate) struct TwoPhase {
    me: NodeId,
    voted: BTreeMap<u64, bool>,
    decided: BTreeMap<u64, bool>,
    /// The coordinator's transaction, and who has voted for it; nothing while it rests.
    open: Option<(u64, BTreeSet<NodeId>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Timer {
    Votes,
    Next,
    Ask,
}

type Ctx<'a> = Context<'a, TwoPhase>;

impl TwoPhase {
    pub(crate) fn new(me: NodeId) -> Self {
        Self { me, voted: BTreeMap::new(), decided: BTreeMap::new(), open: None }
    }

    fn prepare(&mut self, ctx: &mut Ctx<'_>) {
        let id = self.decided.keys().next_back().map_or(0, |last| last + 1);
        self.open = Some((id, BTreeSet::new()));
        ctx.broadcast(Message::Prepare(id));
        ctx.set_timer(Timer::Votes, PATIENCE);
    }

    fn count(&mut self, from: NodeId, id: u64, yes: bool, ctx: &mut Ctx<'_>) {
        if let Some(commit) = self.decided.get(&id) {
            ctx.send(from, Message::Decide(Decided { id, commit: *commit }));
        } else if let Some((open, votes)) = &mut self.open
            && *open == id
        {
            votes.insert(from);
            if !yes || votes.len() == ctx.nodes().len() - 1 {
                self.decide(id, yes, ctx);
            }
        }
    }

    fn decide(&mut self, id: u64, commit: bool, ctx: &mut Ctx<'_>) {
        self.open = None;
        ctx.cancel_timer(Timer::Votes);
        ctx.disk().append(Record::Decided(Decided { id, commit }));
        // What follows waits for the disk.
        ctx.disk().sync();
        self.decided.insert(id, commit);
        ctx.emit(Decided { id, commit });
        ctx.broadcast(Message::Decide(Decided { id, commit }));
        ctx.set_timer(Timer::Next, PAUSE);
    }

    fn vote(&mut self, id: u64, ctx: &mut Ctx<'_>) {
        let yes = *self.voted.entry(id).or_insert_with(|| {
            let yes = ctx.choose("vote", 0..8) < 7;
            ctx.disk().append(Record::Voted { id, yes });
            yes
        });
        ctx.disk().sync();
        ctx.send(COORDINATOR, Message::Vote { id, yes });
    }

    fn learn(&mut self, decided: Decided, ctx: &mut Ctx<'_>) {
        if self.decided.insert(decided.id, decided.commit).is_none() {
            ctx.disk().append(Record::Decided(decided));
            ctx.emit(decided);
        }
    }
}

impl Protocol for TwoPhase {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Decided;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        for record in ctx.disk().records().iter().filter_map(|record| record.readable()) {
            match *record {
                Record::Voted { id, yes } => _ = self.voted.insert(id, yes),
                Record::Decided(Decided { id, commit }) => _ = self.decided.insert(id, commit),
            }
        }
        ctx.disk().sync();
        if self.me == COORDINATOR { self.prepare(ctx) } else { ctx.set_timer(Timer::Ask, PAUSE) }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Prepare(id) => self.vote(id, ctx),
            Message::Vote { id, yes } => self.count(from, id, yes, ctx),
            Message::Decide(decided) => self.learn(decided, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Votes => {
                if let Some((id, _)) = self.open {
                    self.decide(id, false, ctx);
                }
            }
            Timer::Next => self.prepare(ctx),
            Timer::Ask => {
                for (id, yes) in self.voted.iter().filter(|(id, _)| !self.decided.contains_key(id)) {
                    ctx.send(COORDINATOR, Message::Vote { id: *id, yes: *yes });
                }
                ctx.set_timer(Timer::Ask, PAUSE);
            }
        }
    }
}
