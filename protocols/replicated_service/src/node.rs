//! A node.

use parts::kv::KvOp;
use sim_core::{Context, DiskEvent, NodeId, Protocol, RequestId, State, kind_of};

use super::active::Active;
use super::config::{Mode, ServiceConfig};
use super::message::{Event, Message, Record, Timer};
use super::replica::Replica;
use super::semi_active::SemiActive;
use super::service::Output;

/// A node.
#[derive(Debug)]
pub enum ReplicatedService {
    /// One whose commands are put in order by consensus.
    Active(Box<Active>),
    /// One that leads or follows, or could.
    SemiActive(Box<SemiActive>),
}

pub(super) type Ctx<'a> = Context<'a, ReplicatedService>;

impl ReplicatedService {
    pub(super) fn new(config: &ServiceConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        match config.mode {
            Mode::Active => Self::Active(Box::new(Active::new(config, me, nodes))),
            Mode::SemiActive => Self::SemiActive(Box::new(SemiActive::new(config, me, nodes))),
        }
    }

    /// Its copy of the service, unless it is a spare.
    pub fn copy(&self) -> Option<&super::service::Image> {
        let replica: &Replica = match self {
            Self::Active(active) => &active.replica,
            Self::SemiActive(node) => Some(&node.replica).filter(|_| node.has_copy)?,
        };
        Some(&replica.image)
    }
}

impl Protocol for ReplicatedService {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = Output;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("leading", |node| match node {
            Self::Active(active) => active.leads(),
            Self::SemiActive(node) => node.is_active(),
        }),
        State::new("taking-over", |node| matches!(node, Self::SemiActive(node) if node.takes_over())),
        State::new("holding-back", |node| matches!(node, Self::SemiActive(node) if node.holds_back())),
        State::new("spare", |node| node.copy().is_none()),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Self::Active(active) => active.boot(ctx),
            Self::SemiActive(node) => node.boot(ctx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Self::Active(active), Message::Raft(message)) => active.raft_message(from, *message, ctx),
            (Self::Active(active), Message::Digests { at }) => active.told(from, at, ctx),
            (Self::Active(_), _) => {}
            (Self::SemiActive(node), message) => node.receives(from, message, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match self {
            Self::Active(active) => active.on_timer(timer, ctx),
            Self::SemiActive(node) => node.on_timer(ctx),
        }
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        match self {
            Self::Active(active) => active.requested(request, op, ctx),
            Self::SemiActive(node) => node.requested(request, op, ctx),
        }
    }

    /// Nodes of semi-active replication write nothing.
    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        if let Self::Active(active) = self {
            active.on_disk(event, ctx);
        }
    }

    fn on_stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        if let Self::SemiActive(me) = self {
            me.stopped(node, ctx);
        }
    }

    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Raft(message) => kind_of(message),
            Message::Relay { message, .. } | Message::Relayed { message, .. } => kind_of(message),
            _ => kind_of(message),
        }
    }
}
