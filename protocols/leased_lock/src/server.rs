//! A server of the lock on a replicated log: it puts commands in order by Raft, keeps the tree that they make, and tells
//! holders what they wait for.

use std::collections::{BTreeMap, BTreeSet};

use parts::journal::write_again;
use parts::kv::KvOp;
use raft::{HostRequests, Raft, RaftConfig};
use sim_core::{Answer, DiskEvent, Embedded, Embeds, NodeId, Said, Time};

use super::config::LockConfig;
use super::flaws::LockFlaw;
use super::message::{Event, Message, Record, SectionId, Timer};
use super::node::{Ctx, LeasedLock};
use super::tree::{Change, Command, SessionId, Tree};

/// The key of the map that Raft replicates. Its value is the list of commands.
const COMMANDS: u32 = 0;

/// A server.
#[derive(Debug)]
pub struct Server {
    config: LockConfig,
    raft: Embedded<Raft>,
    requests: HostRequests,
    tree: Tree,
    /// Tells this boot from others, for those whose watches it has.
    boot: u64,
    /// When it saw sessions alive the last time, and at which of their times.
    alive: BTreeMap<SessionId, (u64, Time)>,
    /// The last beat of each session for which it has asked.
    beating: BTreeMap<SessionId, Beat>,
    /// Who waits for its node to be made.
    entering: BTreeSet<SectionId>,
    /// Who watches which node.
    watches: BTreeSet<(u64, SectionId)>,
    /// Whose watches have fired, each with the node that has gone. They are told until they watch another one.
    fired: BTreeMap<SectionId, u64>,
}

/// What a holder says again and again.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    pub(super) beat: u64,
    /// The sections whose nodes are to go.
    pub(super) left: Vec<u64>,
}

impl Embeds<Raft> for LeasedLock {
    fn message(message: raft::Message) -> Message {
        Message::Raft(Box::new(message))
    }

    fn timer(timer: raft::Timer) -> Timer {
        Timer::Raft(timer)
    }

    fn record(record: raft::Record) -> Record {
        Record::Raft(Box::new(record))
    }

    fn guest_record(record: Record) -> Option<raft::Record> {
        match record {
            Record::Raft(record) => Some(*record),
            _ => None,
        }
    }
}

impl Server {
    pub(super) fn new(config: &LockConfig, me: NodeId, servers: &[NodeId]) -> Self {
        // As much as there is goes in one message.
        let of_raft = RaftConfig { max_entries_per_message: 0, ..RaftConfig::default() };
        Self {
            config: config.clone(),
            raft: Embedded::new(Raft::new(&of_raft, me, servers), servers),
            requests: HostRequests::default(),
            tree: Tree::default(),
            boot: 0,
            alive: BTreeMap::new(),
            beating: BTreeMap::new(),
            entering: BTreeSet::new(),
            watches: BTreeSet::new(),
            fired: BTreeMap::new(),
        }
    }

    fn has(&self, flaw: LockFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it is the one that holders ask.
    pub(super) const fn leads(&self) -> bool {
        self.raft.node().is_leader()
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        write_again(ctx);
        self.boot = ctx.rng().bits();
        self.raft.on_start(ctx, |_, _| {});
        ctx.set_timer(Timer::Expire, self.config.beat_interval());
        self.catch_up(ctx);
    }

    pub(super) fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        self.raft.on_disk(event, ctx, |_, _| {});
        self.catch_up(ctx);
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Raft(timer) => self.raft.on_timer(timer, ctx, |_, _| {}),
            Timer::Expire => self.expire(ctx),
            // Those of holders.
            _ => {}
        }
        self.catch_up(ctx);
    }

    pub(super) fn raft_message(&mut self, from: NodeId, message: raft::Message, ctx: &mut Ctx<'_>) {
        let led = self.leads();
        self.raft.on_message(from, message, ctx, |_, _| {});
        if self.leads() && !led {
            // It may have heard of them late: they get all their time anew.
            let now = ctx.now();
            self.alive.values_mut().for_each(|(_, at)| *at = now);
        }
        self.catch_up(ctx);
    }

    /// Has a command put in order. Where another one leads, it may know who.
    fn propose(&mut self, command: Command, ctx: &mut Ctx<'_>) -> Option<NodeId> {
        let request = self.requests.next(self.raft.node());
        let op = KvOp::Append { key: COMMANDS, write: command.encode() };
        let mut leader = None;
        self.raft.on_request(request, op, ctx, |said, _| {
            if let Said::Answered(_, Answer::Redirect(to)) = said {
                leader = to;
            }
        });
        leader
    }

    /// Applies what has come to be in order, and tells those who wait for it.
    fn catch_up(&mut self, ctx: &mut Ctx<'_>) {
        let commands = self.raft.node().machine().state.get(COMMANDS);
        let new: Vec<Command> = commands.iter().skip(self.tree.applied() as usize).map(Command::decode).collect();
        for command in new {
            for change in self.tree.apply(command, self.config.flaws) {
                self.changed(change, ctx);
            }
        }
    }

    fn changed(&mut self, change: Change, ctx: &mut Ctx<'_>) {
        match change {
            Change::Touched(session, beat) => {
                self.alive.insert(session, (beat, ctx.now()));
                self.answer_beat(session, ctx);
            }
            Change::Created(number, node) => {
                ctx.emit(Event::NodeCreated { node: number, lock: node.lock, section: node.section });
                if self.entering.remove(&node.section) {
                    self.tell_place(node.section, ctx);
                }
            }
            Change::Deleted(number, node) => {
                self.fired.remove(&node.section);
                ctx.emit(Event::NodeDeleted(number));
                let watching = self.watches.range((number, FIRST)..);
                let watching = watching.take_while(|(watched, _)| *watched == number);
                let watching: Vec<SectionId> = watching.map(|(_, section)| *section).collect();
                for section in watching {
                    self.watches.remove(&(number, section));
                    self.fired.insert(section, number);
                    ctx.send(section.holder, Message::Fired { section, node: number });
                }
            }
            Change::Ended(session) => {
                self.alive.remove(&session);
                ctx.emit(Event::SessionEnded { session, left: self.tree.nodes_of(session).collect() });
                self.answer_beat(session, ctx);
            }
        }
    }

    /// It is time to look for sessions that have not been alive for as long as they may.
    fn expire(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::Expire, self.config.beat_interval());
        if !self.leads() {
            return;
        }
        let now = ctx.now();
        let is_over = |at: Time| at + self.config.ttl <= now;
        let over: Vec<_> =
            self.alive.iter().filter(|(_, (_, at))| is_over(*at)).map(|(id, (beat, _))| (*id, *beat)).collect();
        for (session, beat) in over {
            self.propose(Command::Expire { session, beat }, ctx);
        }
    }

    /// A holder says that it is alive.
    pub(super) fn beat(&mut self, from: NodeId, session: SessionId, beat: Beat, ctx: &mut Ctx<'_>) {
        if !self.leads() {
            // Nothing is asked for: whoever does not lead only tells who does.
            let leader = self.propose(Command::Touch { session, beat: beat.beat }, ctx);
            return ctx.send(from, Message::NotLeader { leader });
        }
        for number in &beat.left {
            let section = SectionId { holder: session.holder, boot: session.boot, number: *number };
            if !self.tree.is_gone(section) {
                self.propose(Command::Delete { section }, ctx);
            }
        }
        let number = beat.beat;
        self.beating.insert(session, beat);
        if self.tree.beat(session) == Some(None) {
            self.answer_beat(session, ctx);
        } else {
            self.propose(Command::Touch { session, beat: number }, ctx);
        }
        self.catch_up(ctx);
    }

    /// Answers the last beat of a session, if it can be answered.
    fn answer_beat(&mut self, session: SessionId, ctx: &mut Ctx<'_>) {
        let Some(known) = self.tree.beat(session) else { return };
        let Some(last) = self.beating.get(&session) else { return };
        let is_due = known.is_none_or(|alive| last.beat <= alive);
        if !is_due {
            return;
        }
        let Some(Beat { beat, left }) = self.beating.remove(&session) else { return };
        let section = |number| SectionId { holder: session.holder, boot: session.boot, number };
        let gone = left.into_iter().filter(|number| self.tree.is_gone(section(*number))).collect();
        let of_session = section(0)..=section(u64::MAX);
        let fired = self.fired.range(of_session).map(|(section, node)| (section.number, *node)).collect();
        let is_alive = known.is_some();
        ctx.send(session.holder, Message::BeatReply { session, beat, is_alive, gone, fired, server: self.boot });
    }

    /// A section wants a node in the line for a lock, or to know which place it has.
    pub(super) fn enter(&mut self, lock: u32, section: SectionId, ctx: &mut Ctx<'_>) {
        if !self.leads() {
            return;
        }
        if self.tree.node_of(section).is_some() && !self.has(LockFlaw::CreatesAgain) {
            return self.tell_place(section, ctx);
        }
        if self.tree.is_gone(section) {
            return;
        }
        self.entering.insert(section);
        self.propose(Command::Create { section, lock }, ctx);
        self.catch_up(ctx);
    }

    fn tell_place(&mut self, section: SectionId, ctx: &mut Ctx<'_>) {
        if let Some(node) = self.tree.node_of(section) {
            let before = self.tree.before(node);
            ctx.send(section.holder, Message::Place { section, node, before });
        }
    }

    /// A section wants to hear when the node before its own goes: `exists` with a watch.
    pub(super) fn watch(&mut self, section: SectionId, node: u64, ctx: &mut Ctx<'_>) {
        if !self.leads() {
            return;
        }
        let is_there = self.tree.has_node(node);
        if is_there {
            self.watches.insert((node, section));
            self.fired.remove(&section);
        }
        ctx.send(section.holder, Message::WatchReply { section, node, is_there, server: self.boot });
    }
}

/// Before all other names.
const FIRST: SectionId = SectionId { holder: NodeId::node(0), boot: 0, number: 0 };
