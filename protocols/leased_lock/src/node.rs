//! A node: a holder, the storage, or an instance of the lock service.

use parts::journal::Journal;
use sim_core::{Context, DiskEvent, NodeId, Protocol, RequestId, State, kind_of};

use super::config::{LockConfig, Service};
use super::holder::Holder;
use super::instance::Instance;
use super::message::{Event, Message, Record, Timer};
use super::operations::{LockOp, LockReply};
use super::recipe::BeatAnswer;
use super::server::{Beat, Server};
use super::storage::{Asked, Storage};

/// A node.
#[derive(Debug)]
pub enum LeasedLock {
    /// One that carries out critical sections.
    Holder(Holder),
    /// The one that keeps the accounts.
    Storage(Storage),
    /// One that grants locks.
    Instance(Instance),
    /// One of those that have a log in common.
    Server(Box<Server>),
    /// One that the service does not use.
    Idle,
}

pub(super) type Ctx<'a> = Context<'a, LeasedLock>;

impl LeasedLock {
    pub(super) fn new(config: &LockConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let roles = config.roles(nodes);
        if roles.holders.contains(&me) {
            Self::Holder(Holder::new(config, me, nodes))
        } else if me == roles.storage {
            Self::Storage(Storage::new(config))
        } else if roles.instances.contains(&me) {
            match config.service {
                Service::Single | Service::Redlock => Self::Instance(Instance::new(config)),
                Service::Log => Self::Server(Box::new(Server::new(config, me, roles.instances))),
            }
        } else {
            Self::Idle
        }
    }
}

/// The records that a node finds when it boots, made durable.
pub(super) fn open<'a>(journal: &mut Journal, ctx: &mut Ctx<'a>) -> Option<Vec<&'a Record>> {
    let records = journal.open(ctx)?;
    // A failed sync leaves records that can be read and that no later sync makes durable (Rebello et al., ATC 2020).
    if !records.is_empty() {
        journal.rewrite(records.iter().map(|record| (*record).clone()).collect(), ctx);
        journal.make_durable(ctx);
    }
    Some(records)
}

impl Protocol for LeasedLock {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = LockOp;
    type Reply = LockReply;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("acquiring", |node| matches!(node, Self::Holder(holder) if holder.is_acquiring())),
        State::new("locked", |node| matches!(node, Self::Holder(holder) if holder.has_lock())),
        State::new("leading", |node| matches!(node, Self::Server(server) if server.leads())),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Self::Holder(holder) => holder.boot(ctx),
            Self::Storage(storage) => storage.boot(ctx),
            Self::Instance(instance) => instance.boot(ctx),
            Self::Server(server) => server.boot(ctx),
            Self::Idle => {}
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Self::Instance(instance), Message::Set { lock, section }) => instance.set(from, lock, section, ctx),
            (Self::Instance(instance), Message::Raise { lock, section, token }) => {
                instance.raise(from, lock, section, token, ctx);
            }
            (Self::Instance(instance), Message::Extend { lock, section, round }) => {
                instance.extend(from, lock, (section, round), ctx);
            }
            (Self::Instance(instance), Message::Delete { lock, section }) => instance.delete(lock, section, ctx),
            (Self::Storage(storage), Message::Access { account, section, request, token, access }) => {
                storage.access(from, Asked { account, section, request, token, access }, ctx);
            }
            (Self::Holder(holder), Message::SetReply { section, is_granted, token }) => {
                holder.set_answered(from, section, (is_granted, token), ctx);
            }
            (Self::Holder(holder), Message::RaiseReply { section, is_raised }) => {
                holder.raise_answered(from, section, is_raised, ctx);
            }
            (Self::Holder(holder), Message::ExtendReply { section, round, is_extended }) => {
                holder.extend_answered(from, section, (round, is_extended), ctx);
            }
            (Self::Holder(holder), Message::AccessReply { section, outcome }) => {
                holder.access_answered(section, outcome, ctx);
            }
            (Self::Server(server), Message::Raft(message)) => server.raft_message(from, *message, ctx),
            (Self::Server(server), Message::Beat { session, beat, left }) => {
                server.beat(from, session, Beat { beat, left }, ctx);
            }
            (Self::Server(server), Message::Enter { lock, section }) => server.enter(lock, section, ctx),
            (Self::Server(server), Message::Watch { section, node }) => server.watch(section, node, ctx),
            (Self::Holder(holder), Message::BeatReply { session, beat, is_alive, gone, fired, server }) => {
                holder.beat_answered(BeatAnswer { session, beat, is_alive, gone, fired, server }, ctx);
            }
            (Self::Holder(holder), Message::NotLeader { leader }) => holder.redirected(from, leader, ctx),
            (Self::Holder(holder), Message::Place { section, node, before }) => {
                holder.placed(section, node, before, ctx);
            }
            (Self::Holder(holder), Message::WatchReply { section, node, is_there, server }) => {
                holder.watch_answered(section, (node, is_there), server, ctx);
            }
            (Self::Holder(holder), Message::Fired { section, node }) => holder.fired_for(section, node, ctx),
            // Holders ask, and the others answer.
            (Self::Holder(_) | Self::Storage(_) | Self::Instance(_) | Self::Server(_) | Self::Idle, _) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match self {
            Self::Holder(holder) => holder.on_timer(timer, ctx),
            Self::Server(server) => server.on_timer(timer, ctx),
            Self::Storage(_) | Self::Instance(_) | Self::Idle => {}
        }
    }

    fn on_request(&mut self, request: RequestId, op: LockOp, ctx: &mut Ctx<'_>) {
        match self {
            Self::Holder(holder) => holder.requested(request, op, ctx),
            Self::Storage(_) | Self::Instance(_) | Self::Server(_) | Self::Idle => ctx.redirect(request, None),
        }
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match (self, event) {
            (Self::Server(server), _) => server.on_disk(event, ctx),
            (_, DiskEvent::Synced(_)) => {}
            _ => ctx.halt("its disk fails it"),
        }
    }

    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Raft(message) => kind_of(message),
            _ => kind_of(message),
        }
    }
}
