//! What a protocol implements: one trait, the size of a textbook's.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::canonical::kind_of;
use crate::context::Context;
use crate::operator::OperatorAction;
use crate::process::{NodeId, RequestId};

/// A protocol, seen as the code of one node: a state machine that is handed events and answers
/// with effects on its [`Context`].
///
/// A handler runs to its end without interruption and reads nothing but its own state and the
/// context. Its effects are carried out in order once it has returned; a crash may fall between
/// any two of them. On a restart the value is dropped, a new one is built from the node's
/// configuration, and [`on_start`](Self::on_start) is called: only what was on the disk is left.
///
/// A protocol without clients, disk, timers or announcements names [`Nothing`] for those types.
///
/// ```
/// use serde::Serialize;
/// use sim_core::{Context, Duration, NodeId, Nothing, Protocol};
///
/// /// Counts the heartbeats of the others.
/// #[derive(Debug, Default)]
/// struct Heartbeat {
///     heard: u64,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
/// enum Timer {
///     Beat,
/// }
///
/// impl Protocol for Heartbeat {
///     type Message = ();
///     type Timer = Timer;
///     type Record = Nothing;
///     type Op = Nothing;
///     type Reply = Nothing;
///     type Event = Nothing;
///
///     fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
///         ctx.set_timer(Timer::Beat, Duration::from_millis(100));
///     }
///
///     fn on_message(&mut self, _from: NodeId, _message: (), _ctx: &mut Context<'_, Self>) {
///         self.heard += 1;
///     }
///
///     fn on_timer(&mut self, _timer: Timer, ctx: &mut Context<'_, Self>) {
///         ctx.broadcast(());
///         ctx.set_timer(Timer::Beat, Duration::from_millis(100));
///     }
/// }
/// ```
pub trait Protocol: Debug + Sized + 'static {
    /// What travels between nodes.
    type Message: Clone + Debug + Serialize;
    /// Names a timer. Arming a timer again replaces the pending one of the same name.
    type Timer: Clone + Debug + Eq + Serialize;
    /// One durable record of the node's disk.
    type Record: Clone + Debug + Serialize;
    /// What a client asks.
    type Op: Clone + Debug + Serialize;
    /// What it is answered.
    type Reply: Clone + Debug + Serialize;
    /// What a node announces: elected, committed, suspected, …
    type Event: Clone + Debug + Serialize;

    /// What an operator can have a node do: change the membership, hand over the leadership, … A
    /// fault that asks for anything else is refused.
    const ACTIONS: &'static [&'static str] = &[];

    /// States of a node that faults can wait for.
    const STATES: &'static [State<Self>] = &[];

    /// The node boots: for the first time, or after a crash, with [`Context::disk`] holding what
    /// survived.
    fn on_start(&mut self, ctx: &mut Context<'_, Self>);

    /// A message of `from` arrived. The sender's identity cannot be forged.
    fn on_message(&mut self, from: NodeId, message: Self::Message, ctx: &mut Context<'_, Self>);

    /// A timer that this incarnation armed fired.
    fn on_timer(&mut self, timer: Self::Timer, ctx: &mut Context<'_, Self>) {
        let _ = ctx;
        unreachable!("timer {timer:?} fired, and this protocol has no on_timer");
    }

    /// A client asks for `op`. Answer with [`Context::reply`], [`Context::redirect`] or
    /// [`Context::reject`], now or later, or not at all: the client then retries.
    fn on_request(&mut self, request: RequestId, op: Self::Op, ctx: &mut Context<'_, Self>) {
        let _ = op;
        ctx.reject(request);
    }

    /// The disk reports. The default takes no notice of completed syncs, and stops the node when
    /// the disk fails it.
    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        match event {
            DiskEvent::Synced(_) => {}
            DiskEvent::Failed(_) => ctx.halt("a sync failed"),
            DiskEvent::ReadFailed { .. } => ctx.halt("a record could not be read"),
            DiskEvent::Full => ctx.halt("the disk is full"),
        }
    }

    /// The kind by which faults, milestones and the names of choices know a message: the name of
    /// its variant. A message that wraps others tells the kind of what is inside, where otherwise
    /// a fault could not tell one from another.
    fn kind(message: &Self::Message) -> &'static str {
        kind_of(message)
    }

    /// The round that a message belongs to, for faults that are aimed at rounds: a view, a phase of
    /// a view, a round of a synchronous protocol. Nothing if it belongs to none.
    fn round(message: &Self::Message) -> Option<u64> {
        let _ = message;
        None
    }

    /// The failure detector says that a node has stopped and never comes back. It does so where the
    /// protocol's model takes a [perfect one](crate::Assumption::PerfectDetector) for granted.
    fn on_stopped(&mut self, node: NodeId, ctx: &mut Context<'_, Self>) {
        let _ = ctx;
        unreachable!("the failure detector says that {node} has stopped, and this protocol has no on_stopped");
    }

    /// An operator asks for one of the [`ACTIONS`](Self::ACTIONS). Nobody is answered: what came of
    /// it the node announces.
    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) {
        let _ = ctx;
        unreachable!("an operator asked for {action}, and this protocol has no on_operator");
    }
}

/// A state of a node.
#[derive(Debug)]
pub struct State<P> {
    /// Its name in triggers: `candidate`.
    pub name: &'static str,
    /// Whether a node is in it.
    pub holds: fn(&P) -> bool,
    /// Whether a node that is up is no help to the others in it yet: it has lost what it knew, and asks
    /// them for it. For [`DownAtMost`](crate::Assumption::DownAtMost) it then counts as down.
    pub is_recovering: bool,
}

/// Whether nodes of this protocol can be up and no help to the others.
pub(crate) fn has_recovering_states<P: Protocol>() -> bool {
    P::STATES.iter().any(|state| state.is_recovering)
}

impl<P> State<P> {
    /// One in which a node serves the others as well as in any.
    pub const fn new(name: &'static str, holds: fn(&P) -> bool) -> Self {
        Self { name, holds, is_recovering: false }
    }

    /// One in which a node is no help to the others.
    pub const fn recovering(name: &'static str, holds: fn(&P) -> bool) -> Self {
        Self { name, holds, is_recovering: true }
    }
}

/// What a disk reports to its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum DiskEvent {
    /// All that was written before the [`sync_then`](crate::DiskHandle::sync_then) that returns
    /// this token is durable.
    Synced(SyncToken),
    /// A sync failed: what it was to cover is not durable. A later sync may cover it, it may be gone
    /// already, or it may be readable and be gone after the next power loss: only to write it once more
    /// helps in all three cases. Without a token it was a [`sync`](crate::DiskHandle::sync), and none of
    /// the effects that waited for it happens.
    Failed(Option<SyncToken>),
    /// The node boots, and the device could not read one of the records. At the next boot it may well
    /// be able to. [`on_start`](Protocol::on_start) is not called; a node that goes on all the same
    /// must not use what [`records`](crate::DiskHandle::records) says of this record.
    ReadFailed {
        /// Its place, counted from 0.
        record: u64,
    },
    /// The disk took no more records: the write was not done, and none of the effects after it
    /// happens. What this handler then writes may only make room.
    Full,
}

/// Tells one asynchronous sync from another; chosen by the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SyncToken(pub u64);

/// The type of what a protocol does not have. It has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Nothing {}
