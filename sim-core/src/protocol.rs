//! The trait that a protocol implements, the size of a textbook's.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::canonical::kind_of;
use crate::context::Context;
use crate::operator::OperatorAction;
use crate::process::{NodeId, RequestId};

/// A protocol, as the code of one node: a state machine that receives events and answers with effects on
/// its [`Context`].
///
/// A handler runs to its end without interruption and reads only its own state and the context. After it
/// returns, its effects are carried out in order; a crash may fall between any two of them. On a restart
/// the value is dropped, a new one is built from the node's configuration, and [`on_start`](Self::on_start)
/// is called. Only the disk survives.
///
/// A protocol without clients, disk, timers or announcements uses [`Nothing`] for those types.
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
    /// A message between nodes.
    type Message: Clone + Debug + Serialize;
    /// Names a timer. Arming a timer again replaces the pending one of the same name.
    type Timer: Clone + Debug + Eq + Serialize;
    /// One durable record of the node's disk.
    type Record: Clone + Debug + Serialize;
    /// An operation that a client asks for.
    type Op: Clone + Debug + Serialize;
    /// The reply to an operation.
    type Reply: Clone + Debug + Serialize;
    /// What a node announces: elected, committed, suspected, …
    type Event: Clone + Debug + Serialize;

    /// The actions that an operator can ask of a node: change the membership, hand over the leadership, … A
    /// fault that asks for anything else is rejected.
    const ACTIONS: &'static [&'static str] = &[];

    /// States of a node that faults can wait for.
    const STATES: &'static [State<Self>] = &[];

    /// The node boots: for the first time, or after a crash, with [`Context::disk`] holding what
    /// survived.
    fn on_start(&mut self, ctx: &mut Context<'_, Self>);

    /// A message from `from` arrived. The sender's identity cannot be forged.
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

    /// The disk reports. The default ignores completed syncs, and stops the node when the disk fails.
    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        match event {
            DiskEvent::Synced(_) => {}
            DiskEvent::Failed(_) => ctx.halt("a sync failed"),
            DiskEvent::ReadFailed { .. } => ctx.halt("a record could not be read"),
            DiskEvent::Full | DiskEvent::Refused(_) => ctx.halt("the disk is full"),
        }
    }

    /// The kind of a message, as used by faults, milestones and the names of choices: by default, the name
    /// of its variant. A message that wraps others should return the kind of the inner one, so that faults
    /// can tell them apart.
    fn kind(message: &Self::Message) -> &'static str {
        kind_of(message)
    }

    /// The round that a message belongs to, for faults that are aimed at rounds: a view, a phase of a view,
    /// a round of a synchronous protocol. `None` if it belongs to none.
    fn round(message: &Self::Message) -> Option<u64> {
        let _ = message;
        None
    }

    /// The failure detector reports that a node has stopped and never comes back. It does so if the
    /// protocol's model assumes a [perfect one](crate::Assumption::PerfectDetector).
    fn on_stopped(&mut self, node: NodeId, ctx: &mut Context<'_, Self>) {
        let _ = ctx;
        unreachable!("the failure detector says that {node} has stopped, and this protocol has no on_stopped");
    }

    /// An operator asks for one of the [`ACTIONS`](Self::ACTIONS). There is no reply: the node announces
    /// the result.
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
    /// Whether a node in this state is up but cannot help the others yet: it has lost what it knew, and
    /// asks them for it. For [`DownAtMost`](crate::Assumption::DownAtMost) it counts as down, but not before its
    /// second boot: at the first it has lost nothing.
    pub is_recovering: bool,
}

/// Whether nodes of this protocol can be up and yet unable to help the others.
pub(crate) fn has_recovering_states<P: Protocol>() -> bool {
    P::STATES.iter().any(|state| state.is_recovering)
}

impl<P> State<P> {
    /// A state in which a node serves the others normally.
    pub const fn new(name: &'static str, holds: fn(&P) -> bool) -> Self {
        Self { name, holds, is_recovering: false }
    }

    /// A state in which a node cannot help the others.
    pub const fn recovering(name: &'static str, holds: fn(&P) -> bool) -> Self {
        Self { name, holds, is_recovering: true }
    }
}

/// What a disk reports to its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum DiskEvent {
    /// Everything written before the [`sync_then`](crate::DiskHandle::sync_then) that returns this token is
    /// durable.
    Synced(SyncToken),
    /// A sync failed: the writes it covered are not durable. A later sync may cover them, they may be gone
    /// already, or they may be readable until the next power loss. Only writing them again helps in all
    /// three cases. Without a token it was a [`sync`](crate::DiskHandle::sync), and the effects that waited
    /// for it do not happen.
    Failed(Option<SyncToken>),
    /// The node boots, and the device could not read one of the records. It may be able to at the next
    /// boot. [`on_start`](Protocol::on_start) is not called. A node that goes on must not use what
    /// [`records`](crate::DiskHandle::records) returns for this record.
    ReadFailed {
        /// Its index, counted from 0.
        record: u64,
    },
    /// The disk is full: the write was not done, and the effects after it do not happen. This handler may
    /// only write what makes room.
    Full,
    /// The disk is full: the [`try_append`](crate::DiskHandle::try_append) or
    /// [`try_replace`](crate::DiskHandle::try_replace) with this token was not done, and neither are later ones of
    /// the step, up to its next sync, that make the log longer; of each the node hears. All else that the step asked
    /// for goes on, after what this handler asks for, which may only write what makes room.
    Refused(WriteToken),
}

/// Identifies a write that the disk may refuse; chosen by the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct WriteToken(pub u64);

/// Identifies an asynchronous sync; chosen by the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SyncToken(pub u64);

/// The type for whatever a protocol does not have. It has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Nothing {}
