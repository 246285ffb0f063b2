//! One server: how events reach the crate, and what it wants done reaches the world.

use std::cell::Ref;
use std::collections::BTreeMap;
use std::fmt;

use omnipaxos::OmniPaxos;
use omnipaxos::ballot_leader_election::Ballot;
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::BLEMessage;
use omnipaxos::messages::sequence_paxos::PaxosMessage;
use omnipaxos::util::LogEntry;
use parts::journal::Journal;
use parts::kv::{KvOp, KvReply, Machine};
use serde::Serialize;
use sim_core::{Context, Kinds, NodeId, Protocol, RequestId, kind_of};

use crate::command::Command;
use crate::config::{self, Config};
use crate::flaws::Flaw;
use crate::storage::{Durable, Record, SharedStorage};

/// A server of an OmniPaxos cluster that replicates a key-value map.
pub struct OmniPaxosNode {
    config: Config,
    me: NodeId,
    nodes: Vec<NodeId>,
    /// The crate. Before the boot it knows nothing yet of what is on the disk.
    omnipaxos: OmniPaxos<Command, SharedStorage>,
    /// The same storage that the crate writes to.
    storage: SharedStorage,
    journal: Journal,
    /// Messages on their way from the crate to the context; empty between steps.
    outgoing: Vec<Message<Command>>,
    leads: bool,
    /// How many decided entries are applied to the map.
    applied: usize,
    machine: Machine,
    /// The request that each client asked here and waits for.
    waiting: BTreeMap<NodeId, RequestId>,
}

/// Names a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// The crate is to be told that time has passed.
    Tick,
}

/// What a server announces.
#[derive(Clone, Debug, Serialize, Kinds)]
pub enum Event {
    /// It leads this round and has synchronized with a majority.
    BecameLeader {
        /// The number of the round.
        round: u32,
    },
    /// It no longer leads.
    SteppedDown,
    /// It knows more entries to be decided.
    Decided {
        /// How many it knows of.
        entries: usize,
    },
}

impl OmniPaxosNode {
    /// A server that has not booted yet.
    pub(crate) fn new(config: &Config, me: NodeId, nodes: &[NodeId]) -> Self {
        let storage = SharedStorage::new(Durable::default());
        Self {
            omnipaxos: build(config, me, nodes, storage.clone()),
            config: config.clone(),
            me,
            nodes: nodes.to_vec(),
            storage,
            journal: Journal::default(),
            outgoing: Vec::new(),
            leads: false,
            applied: 0,
            machine: Machine::default(),
            waiting: BTreeMap::new(),
        }
    }

    /// How many entries it knows to be decided.
    pub(crate) fn decided(&self) -> usize {
        self.omnipaxos.get_decided_idx()
    }

    /// The entries that it has accepted; the first [`decided`](Self::decided) of them are decided.
    pub(crate) fn log(&self) -> Ref<'_, [Command]> {
        self.storage.log()
    }

    /// The index of the first entry that the last step cut off or wrote over.
    pub(crate) fn changed_from(&self) -> Option<usize> {
        self.storage.changed_from()
    }

    /// The latest round that it promised.
    pub(crate) fn promise(&self) -> Ballot {
        self.omnipaxos.get_promise()
    }

    /// What ends every step. What the crate wrote is durable before anybody hears of it.
    fn end_step(&mut self, ctx: &mut Context<'_, Self>) {
        self.write(ctx);
        self.send(ctx);
        self.announce_leadership(ctx);
        self.apply_decided(ctx);
    }

    fn write(&mut self, ctx: &mut Context<'_, Self>) {
        let mut written = self.storage.take_written();
        if self.config.flaws.has(Flaw::PromiseAmnesia) {
            written.retain(|record| !matches!(record, Record::Promise(_)));
        }
        if written.is_empty() {
            return;
        }
        written.into_iter().for_each(|record| self.journal.append(record, ctx));
        if !self.config.flaws.has(Flaw::AnswersBeforeSync) {
            self.journal.make_durable(ctx);
        }
    }

    fn send(&mut self, ctx: &mut Context<'_, Self>) {
        self.omnipaxos.take_outgoing_messages(&mut self.outgoing);
        for message in self.outgoing.drain(..) {
            ctx.send(config::node(message.get_receiver()), message);
        }
    }

    fn announce_leadership(&mut self, ctx: &mut Context<'_, Self>) {
        let leads = self.omnipaxos.get_current_leader() == Some((config::pid(self.me), true));
        match (self.leads, leads) {
            (false, true) => ctx.emit(Event::BecameLeader { round: self.promise().n }),
            (true, false) => ctx.emit(Event::SteppedDown),
            _ => {}
        }
        self.leads = leads;
    }

    fn apply_decided(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(entries) = self.omnipaxos.read_decided_suffix(self.applied) else {
            return;
        };
        self.applied += entries.len();
        ctx.emit(Event::Decided { entries: self.applied });
        for entry in entries {
            match entry {
                LogEntry::Decided(command) => self.apply(command, ctx),
                other => unreachable!("the log is never compacted or stopped, but this is decided: {other:?}"),
            }
        }
    }

    /// Carries a command out, unless that was done before, and answers it if it was asked for here.
    fn apply(&mut self, Command { request, op }: Command, ctx: &mut Context<'_, Self>) {
        let once = !self.config.flaws.has(Flaw::NoDedup);
        let Some(reply) = self.machine.apply(request, &op, once).reply() else { return };
        if self.waiting.get(&request.client) == Some(&request) {
            self.waiting.remove(&request.client);
            ctx.reply(request, reply);
        }
    }
}

/// The crate's part of a server, with what is left in its storage.
fn build(config: &Config, me: NodeId, nodes: &[NodeId], storage: SharedStorage) -> OmniPaxos<Command, SharedStorage> {
    config.of_server(me, nodes).build(storage).expect("the configuration was validated")
}

impl Protocol for OmniPaxosNode {
    type Message = Message<Command>;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(records) = self.journal.open(ctx) else { return };
        let mut recovered = Durable::of(records);
        if self.config.flaws.has(Flaw::ForgetsAccepted) {
            recovered.log.truncate(recovered.decided);
        }
        // The crate goes into recovery by itself if its storage holds a promise.
        self.storage = SharedStorage::new(recovered);
        self.omnipaxos = build(&self.config, self.me, &self.nodes, self.storage.clone());
        ctx.set_timer(Timer::Tick, self.config.tick);
        self.end_step(ctx);
    }

    fn on_message(&mut self, _: NodeId, message: Message<Command>, ctx: &mut Context<'_, Self>) {
        self.storage.begin_step();
        self.omnipaxos.handle_incoming(message);
        self.end_step(ctx);
    }

    /// Both kinds of the crate's own messages wrap those that matter.
    fn kind(message: &Message<Command>) -> &'static str {
        match message {
            Message::SequencePaxos(PaxosMessage { msg, .. }) => kind_of(msg),
            Message::BLE(BLEMessage { msg, .. }) => kind_of(msg),
        }
    }

    fn on_timer(&mut self, Timer::Tick: Timer, ctx: &mut Context<'_, Self>) {
        self.storage.begin_step();
        self.omnipaxos.tick();
        ctx.set_timer(Timer::Tick, self.config.tick);
        self.end_step(ctx);
    }

    /// Whichever server is asked proposes the operation: the crate forwards it to the leader. The
    /// server answers when it finds it among the decided entries.
    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        self.storage.begin_step();
        let session = if self.config.flaws.has(Flaw::ForgetsSession) { 0 } else { request.session };
        let command = Command { request: RequestId { session, ..request }, op };
        self.waiting.insert(request.client, command.request);
        self.omnipaxos.append(command).expect("the configuration never changes");
        self.end_step(ctx);
    }
}

/// The crate's part cannot be printed as a whole.
impl fmt::Debug for OmniPaxosNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OmniPaxosNode")
            .field("me", &self.me)
            .field("storage", &self.storage)
            .field("applied", &self.applied)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}
