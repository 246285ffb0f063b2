//! The service as a system that scenarios can name.

use std::future::Future;

use async_nodes::{AsyncNode, AsyncSystem, Node, Program, Watch};
use parts::kv::{KvOp, KvReply, KvWorkload, check_isolation, check_level, find_reads};
use sim_core::{
    CheckIsolation, CheckLevel, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims, OwedTo, PropertyRow, Role, State,
};

use super::config::AsyncKvConfig;
use super::flaws::AsyncKvFlaw;
use super::message::{Event, Message, Record};
use super::replica::Replica;
use super::{liveness, properties, server};

/// The service: what its nodes say, keep, serve and announce.
#[derive(Debug)]
pub struct AsyncKv;

/// A node of it, as the simulator runs it.
pub type AsyncKvNode = AsyncNode<AsyncKv>;

impl Program for AsyncKv {
    type Message = Message;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;
    /// What the tasks of a node share, as it is.
    type State = Watch<Replica>;

    const STATES: &'static [State<AsyncKvNode>] = &[
        State::new("leading", |node| node.state().borrow().is_leader()),
        State::new("standing", |node| node.state().borrow().is_candidate),
    ];

    fn round(message: &Message) -> Option<u64> {
        Some(message.term())
    }
}

impl AsyncSystem for AsyncKv {
    const NAME: &'static str = "async-kv";
    const SUMMARY: &'static str = "A replicated key-value map of async functions, with a log as that of Raft";

    type Config = AsyncKvConfig;
    type Workload = KvWorkload;

    fn main(config: AsyncKvConfig, node: Node<Self>) -> impl Future<Output = ()> + 'static {
        server::run(config, node)
    }

    const PROPERTIES: &'static [PropertyRow<AsyncKvNode>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = AsyncKvFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<AsyncKvNode>] = &[Role {
        name: "leader",
        takes: |event| matches!(event, Event::BecameLeader { .. }),
        gives_up: |event| matches!(event, Event::SteppedDown { .. }),
    }];
    const LIVENESS: LivenessClaims<AsyncKvNode> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: KvOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<AsyncKvNode> = check_level;
    const CHECK_ISOLATION: CheckIsolation<AsyncKvNode> = check_isolation;
    const READS: FindReads<AsyncKvNode> = find_reads;
}
