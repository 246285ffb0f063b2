//! A client that runs one operation at a time.

use std::fmt;

use super::{Client, ClientContext, ClientProfile, ClientTimer};
use crate::effect::Answer;
use crate::history::OperationId;
use crate::process::{NodeId, RequestId};
use crate::protocol::Protocol;

/// One operation after the other: the client thinks, asks until its [`Strategy`] has an answer or all
/// attempts of its [profile](ClientProfile) are used up, and thinks again.
///
/// Every attempt at an operation has the same [`RequestId`]. When all attempts are used up, or the client
/// crashes, the outcome is unknown and the client continues in a new session.
///
/// The strategy decides which nodes to ask and what counts as an answer. Here is a client of a replicated
/// register that asks all nodes and is done at the second reply:
///
/// ```
/// use sim_core::{Answer, ClientProfile, ClosedLoop, NodeId, Protocol, Requests, Strategy, Belief};
///
/// #[derive(Debug, Default)]
/// struct TwoReplies {
///     replies: u32,
/// }
///
/// impl<P: Protocol> Strategy<P> for TwoReplies {
///     fn begin(&mut self, _: &P::Op, _: &[NodeId]) {
///         self.replies = 0;
///     }
///
///     fn ask(&mut self, op: &P::Op, _attempt: u32, requests: &mut Requests<'_, '_, P>) {
///         requests.nodes().iter().for_each(|node| requests.send(*node, op.clone()));
///     }
///
///     fn on_answer(
///         &mut self,
///         _: &P::Op,
///         _from: NodeId,
///         answer: Answer<P::Reply>,
///         _: &mut Requests<'_, '_, P>,
///     ) -> Belief<P::Reply> {
///         let Answer::Reply(reply) = answer else { return Belief::Wait };
///         self.replies += 1;
///         if self.replies < 2 { Belief::Wait } else { Belief::Done(reply) }
///     }
/// }
///
/// fn client<P: Protocol>(profile: ClientProfile) -> ClosedLoop<P, TwoReplies> {
///     ClosedLoop::with(TwoReplies::default(), profile)
/// }
/// ```
#[derive(Debug)]
pub struct ClosedLoop<P: Protocol, S> {
    profile: ClientProfile,
    pub(super) strategy: S,
    session: u32,
    sequence: u32,
    current: Option<Current<P>>,
    done: bool,
}

#[derive(Debug)]
struct Current<P: Protocol> {
    operation: OperationId,
    op: P::Op,
    attempts: u32,
}

/// How a [`ClosedLoop`] gets an answer: which nodes it asks, and what it accepts.
pub trait Strategy<P: Protocol>: fmt::Debug {
    /// The client is about to ask for `op`: forget the previous operation.
    fn begin(&mut self, op: &P::Op, nodes: &[NodeId]);

    /// Sends the requests of an attempt. Attempts are numbered from 1.
    fn ask(&mut self, op: &P::Op, attempt: u32, requests: &mut Requests<'_, '_, P>);

    /// A node has answered one of the requests for `op`. It may belong to an earlier attempt, or be a
    /// duplicate.
    fn on_answer(
        &mut self,
        op: &P::Op,
        from: NodeId,
        answer: Answer<P::Reply>,
        requests: &mut Requests<'_, '_, P>,
    ) -> Belief<P::Reply>;

    /// The attempt timed out. Another follows, unless all are used up.
    fn on_timeout(&mut self) {}
}

/// What a [`Strategy`] makes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief<R> {
    /// It is not enough yet.
    Wait,
    /// The operation is done, and this is its reply for the history.
    Done(R),
    /// The operation had no effect and never will have one.
    Failed,
}

/// Sends a [`Strategy`]'s requests for the current operation.
#[derive(Debug)]
pub struct Requests<'c, 'a, P: Protocol> {
    ctx: &'c mut ClientContext<'a, P>,
    request: RequestId,
}

impl<'a, P: Protocol> Requests<'_, 'a, P> {
    /// All nodes, in ascending order.
    pub const fn nodes(&self) -> &'a [NodeId] {
        self.ctx.nodes()
    }

    /// Asks a node for `op`, which may differ from the one in the history: with a token, say.
    pub fn send(&mut self, to: NodeId, op: P::Op) {
        self.ctx.request(to, self.request, op);
    }
}

const THINK: ClientTimer = ClientTimer(0);
const ATTEMPT: ClientTimer = ClientTimer(1);

impl<P: Protocol, S> ClosedLoop<P, S> {
    /// A client with this strategy.
    pub const fn with(strategy: S, profile: ClientProfile) -> Self {
        Self { profile, strategy, session: 0, sequence: 0, current: None, done: false }
    }

    const fn request_id(&self, me: NodeId) -> RequestId {
        RequestId { client: me, session: self.session, sequence: self.sequence }
    }

    fn think(&mut self, ctx: &mut ClientContext<'_, P>) {
        self.current = None;
        ctx.cancel_timer(ATTEMPT);
        let (low, high) = self.profile.think;
        let pause = ctx.choose_duration("think", low, high);
        ctx.set_timer(THINK, pause);
    }

    fn give_up(&mut self, ctx: &mut ClientContext<'_, P>) {
        if let Some(current) = self.current.take() {
            ctx.unknown(current.operation);
        }
        self.session += 1;
        self.sequence = 0;
    }
}

impl<P: Protocol, S: Strategy<P>> ClosedLoop<P, S> {
    fn begin(&mut self, ctx: &mut ClientContext<'_, P>) {
        let Some(op) = ctx.next_operation() else {
            self.done = true;
            return;
        };
        self.strategy.begin(&op, ctx.nodes());
        let operation = ctx.invoke(op.clone(), self.request_id(ctx.me()));
        self.current = Some(Current { operation, op, attempts: 0 });
        self.attempt(ctx);
    }

    /// Asks, and prepares to ask again if no answer comes.
    fn attempt(&mut self, ctx: &mut ClientContext<'_, P>) {
        let request = self.request_id(ctx.me());
        let Some(current) = &mut self.current else { return };
        current.attempts += 1;
        ctx.set_timer(ATTEMPT, self.profile.timeout);
        self.strategy.ask(&current.op, current.attempts, &mut Requests { ctx, request });
    }
}

impl<P: Protocol, S: Strategy<P>> Client<P> for ClosedLoop<P, S> {
    fn on_start(&mut self, ctx: &mut ClientContext<'_, P>) {
        if self.current.is_some() {
            self.give_up(ctx);
        }
        if !self.done {
            self.think(ctx);
        }
    }

    fn on_answer(
        &mut self,
        from: NodeId,
        request: RequestId,
        answer: Answer<P::Reply>,
        ctx: &mut ClientContext<'_, P>,
    ) {
        if request != self.request_id(ctx.me()) {
            return;
        }
        let Some(current) = &self.current else { return };
        match self.strategy.on_answer(&current.op, from, answer, &mut Requests { ctx, request }) {
            Belief::Wait => return,
            Belief::Done(reply) => ctx.ok(current.operation, reply),
            Belief::Failed => ctx.failed(current.operation),
        }
        self.sequence += 1;
        self.think(ctx);
    }

    fn on_timer(&mut self, timer: ClientTimer, ctx: &mut ClientContext<'_, P>) {
        if timer == THINK {
            return self.begin(ctx);
        }
        self.strategy.on_timeout();
        if self.current.as_ref().is_some_and(|current| current.attempts >= self.profile.attempts) {
            self.give_up(ctx);
            self.think(ctx);
        } else {
            self.attempt(ctx);
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
