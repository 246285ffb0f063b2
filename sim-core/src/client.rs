//! Clients: processes that send operations to the nodes and record the replies.
//!
//! A client has its own clock, timers and faults, and uses the same network as the nodes. What it sees
//! makes up the [history](crate::History) of the run.

use std::fmt;
use std::sync::Arc;

use crate::choices::{Point, Purpose};
use crate::context::Draws;
use crate::effect::Answer;
use crate::history::{AnswerAt, History, OperationId};
use crate::process::{NodeId, ProcessId, RequestId};
use crate::protocol::Protocol;
use crate::random::SimRng;
use crate::time::{Duration, Time};

mod closed_loop;
mod retrying;

pub use closed_loop::{Belief, ClosedLoop, Requests, Strategy};
pub use retrying::{Retrying, RetryingClient, SessionMemory};

/// The behaviour of a client. The [`RetryingClient`] serves most protocols; one that needs more (matching
/// replies of several replicas, quorums) provides a [`Strategy`] for the [`ClosedLoop`]. One with another
/// rhythm (locks to hold, several operations at a time) implements this whole trait.
pub trait Client<P: Protocol>: fmt::Debug {
    /// The client starts, or starts again after a crash.
    fn on_start(&mut self, ctx: &mut ClientContext<'_, P>);

    /// A node answered a request: the current one, or an older one.
    fn on_answer(&mut self, from: NodeId, request: RequestId, answer: Answer<P::Reply>, ctx: &mut ClientContext<'_, P>);

    /// A timer that it armed fired.
    fn on_timer(&mut self, timer: ClientTimer, ctx: &mut ClientContext<'_, P>);

    /// Whether it has sent all its operations and waits for nothing more.
    fn is_done(&self) -> bool;
}

/// Names a timer of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct ClientTimer(pub u32);

/// A client's view of the world, and its means to act on it.
pub struct ClientContext<'a, P: Protocol> {
    pub(crate) process: ProcessId,
    pub(crate) me: NodeId,
    pub(crate) true_now: Time,
    pub(crate) step: u64,
    /// The node whose answer the client is handling, if any.
    pub(crate) answer_from: Option<NodeId>,
    pub(crate) now: Time,
    pub(crate) nodes: &'a [NodeId],
    pub(crate) draws: &'a mut Draws,
    pub(crate) history: &'a mut History<P::Op, P::Reply>,
    pub(crate) operations: &'a mut Operations<P>,
    pub(crate) effects: &'a mut Vec<ClientEffect<P>>,
}

/// What a client asked the engine for.
#[derive(Debug)]
pub(crate) enum ClientEffect<P: Protocol> {
    Request { to: NodeId, request: RequestId, op: P::Op },
    SetTimer { timer: ClientTimer, after: Duration },
    CancelTimer { timer: ClientTimer },
    Returned { operation: OperationId, ok: bool },
    Invoked { operation: OperationId },
}

impl<'a, P: Protocol> ClientContext<'a, P> {
    /// The client's identity.
    pub const fn me(&self) -> NodeId {
        self.me
    }

    /// All nodes, in ascending order.
    pub const fn nodes(&self) -> &'a [NodeId] {
        self.nodes
    }

    /// The client's monotonic clock.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The next operation of the workload, if there is one left.
    pub fn next_operation(&mut self) -> Option<P::Op> {
        self.operations.next(self.me.index())
    }

    /// Records in the history that the client invokes `op` now, under this id. Reports use the id as the
    /// operation's name.
    pub fn invoke(&mut self, op: P::Op, request: RequestId) -> OperationId {
        let operation = self.history.request(request, op, self.true_now.as_nanos());
        self.effects.push(ClientEffect::Invoked { operation });
        operation
    }

    /// Records the reply to an operation.
    pub fn ok(&mut self, operation: OperationId, reply: P::Reply) {
        self.history.ok(operation, reply, self.true_now.as_nanos());
        self.returned(operation, true);
    }

    /// Records that an operation certainly had no effect and never will.
    pub fn failed(&mut self, operation: OperationId) {
        self.history.failed(operation, self.true_now.as_nanos());
        self.returned(operation, false);
    }

    fn returned(&mut self, operation: OperationId, ok: bool) {
        if let Some(from) = self.answer_from {
            self.history.answered(operation, AnswerAt { step: self.step, from });
        }
        self.effects.push(ClientEffect::Returned { operation, ok });
    }

    /// Records that the client will never know the outcome of an operation.
    pub fn unknown(&mut self, operation: OperationId) {
        self.history.unknown(operation);
        self.effects.push(ClientEffect::Returned { operation, ok: false });
    }

    /// Sends a request to a node.
    pub fn request(&mut self, to: NodeId, request: RequestId, op: P::Op) {
        self.effects.push(ClientEffect::Request { to, request, op });
    }

    /// Arms a timer on the client's clock, replacing a pending one of the same name.
    pub fn set_timer(&mut self, timer: ClientTimer, after: Duration) {
        self.effects.push(ClientEffect::SetTimer { timer, after });
    }

    /// Disarms a timer.
    pub fn cancel_timer(&mut self, timer: ClientTimer) {
        self.effects.push(ClientEffect::CancelTimer { timer });
    }

    /// Draws a duration from `low` to `high`, both included, for the purpose named `name`.
    pub fn choose_duration(&mut self, name: &'static str, low: Duration, high: Duration) -> Duration {
        let width = high.as_nanos() - low.as_nanos() + 1;
        low + Duration::from_nanos(self.draws.own_choice(self.process, self.me, name, width))
    }
}

impl<P: Protocol> fmt::Debug for ClientContext<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientContext").field("me", &self.me).field("now", &self.now).finish_non_exhaustive()
    }
}

/// What the clients ask: drawn from the seed as they come to it, or an explicit list.
pub(crate) enum Operations<P: Protocol> {
    Drawn { seed: u64, draw: DrawOperation<P>, each: u32, taken: Vec<Vec<P::Op>>, counts: Vec<u32>, keep: bool },
    Listed { lists: Arc<Vec<Vec<P::Op>>>, counts: Vec<u32> },
}

/// Draws the operation with this number of this client.
pub(crate) type DrawOperation<P> = Arc<dyn Fn(u32, u32, &mut SimRng) -> <P as Protocol>::Op + Send + Sync>;

impl<P: Protocol> Operations<P> {
    /// `each` operations for every client, a pure function of seed, client and number.
    pub(crate) fn drawn(seed: u64, draw: DrawOperation<P>, clients: u32, each: u32, keep: bool) -> Self {
        let clients = clients as usize;
        Self::Drawn { seed, draw, each, taken: vec![Vec::new(); clients], counts: vec![0; clients], keep }
    }

    /// A list for every client; clients beyond have nothing to ask.
    pub(crate) fn listed(lists: Arc<Vec<Vec<P::Op>>>, clients: u32) -> Self {
        Self::Listed { lists, counts: vec![0; clients as usize] }
    }

    fn next(&mut self, client: u32) -> Option<P::Op> {
        let index = client as usize;
        match self {
            Self::Drawn { seed, draw, each, taken, counts, keep } => {
                let number = counts[index];
                if number == *each {
                    return None;
                }
                counts[index] += 1;
                let point = Point::new(Purpose::Operation, client, u64::from(number));
                let op = draw(client, number, &mut SimRng::new(*seed, point.stream()));
                if *keep {
                    taken[index].push(op.clone());
                }
                Some(op)
            }
            Self::Listed { lists, counts } => {
                let op = lists.get(index)?.get(counts[index] as usize)?.clone();
                counts[index] += 1;
                Some(op)
            }
        }
    }

    /// Operations from now on are drawn from another seed; those of a list stand.
    pub(crate) fn redraw(&mut self, from: u64) {
        if let Self::Drawn { seed, .. } = self {
            *seed = from;
        }
    }

    /// What was asked, as explicit lists.
    pub(crate) fn taken(self) -> Vec<Vec<P::Op>> {
        match self {
            Self::Drawn { taken, .. } => taken,
            Self::Listed { lists, .. } => lists.to_vec(),
        }
    }
}

impl<P: Protocol> fmt::Debug for Operations<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").finish_non_exhaustive()
    }
}

/// How the clients of a run behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientProfile {
    /// How many there are.
    pub count: u32,
    /// How many operations each asks for.
    pub operations: u32,
    /// How long a client waits for an answer before it asks the next node.
    pub timeout: Duration,
    /// How many attempts it makes before the outcome counts as unknown.
    pub attempts: u32,
    /// The shortest and longest wait before an operation, the first one too.
    pub think: (Duration, Duration),
}

/// One client with 100 operations, a timeout of half a second for each of ten attempts, and up to
/// 50 ms between operations.
impl Default for ClientProfile {
    fn default() -> Self {
        Self {
            count: 1,
            operations: 100,
            timeout: Duration::from_millis(500),
            attempts: 10,
            think: (Duration::ZERO, Duration::from_millis(50)),
        }
    }
}
