//! What clients ask: reads that are answered at once, requests that wait for their place in the
//! order, and the timer that watches over them (OSDI 4.1, 4.4, 5.1.3).

use sim_core::{Context, RequestId};

use super::message::{Message, Timer};
use super::node::Pbft;
use super::request::{Op, Reply, Request};
use parts::machine::Seen;

/// A client that waits for a request to be executed.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Its latest request.
    pub(super) request: Request,
    /// The first request since which nothing was executed for it. A client that gives up one request
    /// and makes another goes on waiting.
    since: RequestId,
}

/// What the timer for view changes is armed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    Nothing,
    /// For something to be executed for a client that waits since it made this request.
    Request(RequestId),
    /// For this view to begin, which enough replicas have asked for.
    NewView(u64),
}

impl Pbft {
    pub(super) fn on_client_request(&mut self, id: RequestId, op: &Op, ctx: &mut Context<'_, Self>) {
        if op.read_only && op.op.is_read() {
            return self.answer_at_once(id, op, ctx);
        }
        match self.machine.sessions.look_up(id) {
            Seen::Latest(result) => {
                let reply = self.reply_with(result.clone());
                ctx.reply(id, reply);
            }
            Seen::Stale => {}
            Seen::Never => self.note_request(Request(ctx.signed_request(id, *op)), ctx),
        }
    }

    /// Answers from the state that it has, all of which is committed. After a crash that may be less
    /// than what it has told before.
    fn answer_at_once(&self, id: RequestId, op: &Op, ctx: &mut Context<'_, Self>) {
        if self.executed >= self.promised
            && let Some(result) = self.machine.state.answer(&op.op)
        {
            ctx.reply(id, Reply { view: self.view, read_only: true, result });
        }
    }

    fn note_request(&mut self, request: Request, ctx: &mut Context<'_, Self>) {
        self.begin_waiting(request.clone());
        if self.is_primary() {
            self.propose(ctx);
        } else if self.is_active {
            ctx.send(self.committee.primary(self.view), Message::Request(request));
        }
    }

    /// A backup passes on what a client has sent to it, too.
    pub(super) fn on_relayed_request(&mut self, request: Request, ctx: &mut Context<'_, Self>) {
        let is_new = matches!(self.machine.sessions.look_up(request.id()), Seen::Never);
        if self.is_primary() && request.is_genuine() && is_new {
            self.begin_waiting(request);
            self.propose(ctx);
        }
    }

    /// A client has one request at a time: a later one takes the place of those before.
    fn begin_waiting(&mut self, request: Request) {
        let id = request.id();
        match self.waiting.iter_mut().find(|waiting| waiting.request.id().client == id.client) {
            Some(waiting) if waiting.request.id() < id => waiting.request = request,
            Some(_) => {}
            None => self.waiting.push(Waiting { request, since: id }),
        }
    }

    /// A request was executed, and with it all earlier ones of its client are settled. For one that the
    /// client has made since, it begins to wait anew, behind the others.
    pub(super) fn stop_waiting(&mut self, id: RequestId) {
        let is_settled = |waiting: &Waiting| waiting.since.client == id.client && waiting.since <= id;
        if let Some(place) = self.waiting.iter().position(is_settled) {
            let Waiting { request, .. } = self.waiting.remove(place);
            if request.id() > id {
                self.begin_waiting(request);
            }
        }
    }

    /// Forgets requests that were executed before the state that was taken over.
    pub(super) fn forget_executed(&mut self) {
        for Waiting { request, since } in std::mem::take(&mut self.waiting) {
            if !matches!(self.machine.sessions.look_up(request.id()), Seen::Never) {
                continue;
            }
            let waits_anew = !matches!(self.machine.sessions.look_up(since), Seen::Never);
            let since = if waits_anew { request.id() } else { since };
            self.waiting.push(Waiting { request, since });
        }
    }

    /// Arms the timer for what is to be waited for now. It goes on while that stays the same, so that
    /// a primary cannot put off one request by executing others, and so that clients who give up soon
    /// do not keep a primary in office that does nothing: the timer stops when a request is executed,
    /// and for no other reason (OSDI 4.4).
    pub(super) fn keep_watch(&mut self, ctx: &mut Context<'_, Self>) {
        let watch = self.to_watch();
        if watch == self.watch {
            return;
        }
        self.watch = watch;
        match watch {
            Watch::Nothing => ctx.cancel_timer(Timer::ViewChange),
            Watch::Request(_) | Watch::NewView(_) => ctx.set_timer(Timer::ViewChange, self.timeout),
        }
    }

    fn to_watch(&self) -> Watch {
        if !self.is_active {
            let is_asked_for = self.asks_for(self.view) >= self.committee.quorum();
            return if is_asked_for { Watch::NewView(self.view) } else { Watch::Nothing };
        }
        match self.waiting.first() {
            Some(waiting) if !self.is_primary() => Watch::Request(waiting.since),
            _ => Watch::Nothing,
        }
    }
}
