//! The only way for a protocol's handler to act.

use std::fmt;

use crate::choices::{Choices, Label, Point, Purpose, Question, Rest, named};
use crate::clock::Clock;
use crate::disk::{Disk, Stored, Write};
use crate::effect::{Answer, Effect};
use crate::process::{NodeId, ProcessId, RequestId};
use crate::protocol::{Protocol, SyncToken, WriteToken};
use crate::random::SimRng;
use crate::signature::{Signed, Signer};
use crate::time::{Duration, Time};

/// A handler's view of the world, and its means to act on it.
///
/// Every change to the world is an *effect*. Nothing happens until the handler returns; then the effects
/// are carried out in the order in which the handler asked for them.
pub struct Context<'a, P: Protocol> {
    pub(crate) process: ProcessId,
    /// The name of the process, by which its choices are told from those of its twin.
    pub(crate) name: NodeId,
    /// True time, which no protocol sees.
    pub(crate) now: Time,
    pub(crate) site: &'a Site<P>,
    pub(crate) effects: &'a mut Vec<Effect<P>>,
    pub(crate) draws: &'a mut Draws,
    pub(crate) logs: bool,
    /// The request that the step is about.
    pub(crate) asked: Option<RequestId>,
}

/// What a handler reads and no handler changes.
#[derive(Debug)]
pub(crate) struct Site<P: Protocol> {
    pub(crate) nodes: Vec<NodeId>,
    /// The names of twins. Their processes come after those of the nodes.
    pub(crate) twins: Vec<NodeId>,
    pub(crate) disks: Vec<Disk<P::Record>>,
    pub(crate) clocks: Vec<Clock>,
    /// Since when nothing has kept nodes apart or down. It is found out at the end of the run.
    pub(crate) calm_since: Option<Time>,
    /// When there was a heal. It is found out at the end of the run.
    pub(crate) healed: Option<Time>,
    /// Whom the heal has not repaired. It is found out at the end of the run.
    pub(crate) unrepaired: Vec<ProcessId>,
}

impl<P: Protocol> Site<P> {
    /// How many processes run nodes, twins among them.
    pub(crate) fn running(&self) -> u32 {
        (self.nodes.len() + self.twins.len()) as u32
    }

    /// The processes that run nodes, twins among them.
    pub(crate) fn processes(&self) -> impl Iterator<Item = ProcessId> + use<P> {
        (0..self.running()).map(ProcessId)
    }
}

/// Choices, and the counters that name those which protocols ask for.
#[derive(Debug)]
pub(crate) struct Draws {
    pub(crate) choices: Choices,
    pub(crate) own: Vec<OwnDraws>,
}

/// What one process has drawn.
#[derive(Debug, Default)]
pub(crate) struct OwnDraws {
    pub(crate) incarnation: u32,
    counts: Vec<(Label, u32)>,
    rng: Option<(u32, SimRng)>,
}

impl<'a, P: Protocol> Context<'a, P> {
    /// The identity of this node.
    #[inline]
    pub const fn me(&self) -> NodeId {
        self.name.identity()
    }

    /// All nodes that the run began with, this one included, in ascending order.
    #[inline]
    pub fn nodes(&self) -> &'a [NodeId] {
        &self.site.nodes
    }

    /// Whether the node has run before, whatever its disk says of that: "a process that restarts knows it is
    /// restarting" (Michael et al., DISC 2017, section 3).
    pub fn is_restart(&self) -> bool {
        self.draws.own[self.process.index()].incarnation > 1
    }

    /// The node's monotonic clock: time since its boot, as far as it can tell. It may run fast or
    /// slow, but never backwards.
    #[inline]
    pub fn now(&self) -> Time {
        self.site.clocks[self.process.index()].monotonic(self.now)
    }

    /// The node's wall clock, which may be wrong. It shows 10^18 ns when the run begins.
    pub fn wall_clock(&self) -> Time {
        self.site.clocks[self.process.index()].wall(self.now)
    }

    /// Sends a message. It may be lost, duplicated, delayed or overtaken. A message to oneself always
    /// arrives, as a separate step.
    #[inline]
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to, message });
    }

    /// Sends a message to every other node. These are separate sends, and a crash may fall between any two.
    pub fn broadcast(&mut self, message: P::Message) {
        let me = self.me();
        let others = self.site.nodes.iter().filter(|node| **node != me);
        self.effects.extend(others.map(|to| Effect::Send { to: *to, message: message.clone() }));
    }

    /// Arms a timer. It fires once, when `after` has passed on the node's monotonic clock or a little
    /// later, never earlier. It replaces a pending timer of the same name.
    #[inline]
    pub fn set_timer(&mut self, timer: P::Timer, after: Duration) {
        self.effects.push(Effect::SetTimer { timer, after });
    }

    /// Disarms a timer, if it is armed.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer { timer });
    }

    /// Draws a whole number from `range` for the purpose named `name`, such as an election timeout. The
    /// calm answer is the range's start: in a run that was made small most draws give it, at each boot again. So
    /// a draw is no unique name; a durable count of boots is. Prefer this to [`rng`](Self::rng): a named draw stays the same
    /// when other draws come or go, and a recording can name it.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn choose(&mut self, name: &'static str, range: std::ops::Range<u64>) -> u64 {
        assert!(!range.is_empty(), "{name}: nothing to choose from in {range:?}");
        range.start + self.draws.own_choice(self.process, self.name, name, range.end - range.start)
    }

    /// Draws a duration from `low` to `high`, both included, as [`choose`](Self::choose) does.
    ///
    /// # Panics
    /// If `low` is above `high`.
    pub fn choose_duration(&mut self, name: &'static str, low: Duration, high: Duration) -> Duration {
        Duration::from_nanos(self.choose(name, low.as_nanos()..high.as_nanos() + 1))
    }

    /// This incarnation's own random generator, for draws that cannot be named.
    pub fn rng(&mut self) -> &mut SimRng {
        self.draws.own_rng(self.process, self.name)
    }

    /// The node's disk.
    #[inline]
    pub fn disk(&mut self) -> DiskHandle<'_, 'a, P> {
        DiskHandle { context: self }
    }

    /// Signs a statement as this node. Nobody else can make this signature.
    pub const fn sign<T>(&self, content: T) -> Signed<T> {
        Signed::genuine(self.me(), content)
    }

    /// What signs as this node, to keep.
    pub const fn signer(&self) -> Signer {
        Signer { signer: self.me() }
    }

    /// The client's operation in the request that is being handled, with the client's signature. It can be
    /// shown to others, and nobody can forge it.
    ///
    /// # Panics
    /// If this is not the request that the handler was called with: no other signature of the client is
    /// available.
    pub fn signed_request(&self, request: RequestId, op: P::Op) -> Signed<(RequestId, P::Op)> {
        assert_eq!(self.asked, Some(request), "a client's signature is at hand while its request is handled");
        Signed::genuine(request.client, (request, op))
    }

    /// Answers a client's request.
    pub fn reply(&mut self, request: RequestId, reply: P::Reply) {
        self.effects.push(Effect::Answer { request, answer: Answer::Reply(reply) });
    }

    /// Tells a client to ask `to` instead, or another node if `to` is `None`. This delivery of the request
    /// must have had no effect and never have one.
    pub fn redirect(&mut self, request: RequestId, to: Option<NodeId>) {
        self.effects.push(Effect::Answer { request, answer: Answer::Redirect(to) });
    }

    /// Rejects a request for good: it had no effect and never will, even if copies of it are still in
    /// flight.
    pub fn reject(&mut self, request: RequestId) {
        self.effects.push(Effect::Answer { request, answer: Answer::Reject });
    }

    /// Announces an event, which properties, roles, triggers and traces see.
    pub fn emit(&mut self, event: P::Event) {
        self.effects.push(Effect::Emit { event });
    }

    /// Whether a trace is kept, and [`log`](Self::log) writes into it. What a node does must not depend on it.
    pub const fn is_tracing(&self) -> bool {
        self.logs
    }

    /// Writes a line into the trace. `line` is called only when a trace is kept.
    pub fn log(&mut self, line: impl FnOnce() -> String) {
        if self.logs {
            self.effects.push(Effect::Log { line: line() });
        }
    }

    /// Stops this node as if it had crashed. Use it when the node must not go on, for example after its
    /// disk is corrupted. The node stays down until something restarts it.
    pub fn halt(&mut self, reason: &'static str) {
        self.effects.push(Effect::Halt { reason });
    }
}

impl<P: Protocol> fmt::Debug for Context<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("me", &self.name).field("now", &self.now()).finish_non_exhaustive()
    }
}

/// The disk of a node, during one handler.
///
/// Writes become durable only through [`sync`](Self::sync) or [`sync_then`](Self::sync_then). A power loss
/// keeps a prefix of the unsynced writes, and may tear the first one it loses.
#[derive(Debug)]
pub struct DiskHandle<'c, 'a, P: Protocol> {
    context: &'c mut Context<'a, P>,
}

impl<'a, P: Protocol> DiskHandle<'_, 'a, P> {
    /// The records as they were when the handler began, oldest first.
    ///
    /// # Panics
    /// If this is a guest in [another node](crate::Embedded), and the step is not about the disk.
    pub fn records(&self) -> &'a [Stored<P::Record>] {
        let disk = self.context.site.disks.get(self.context.process.index());
        disk.expect("a guest sees its disk when it boots and when the disk reports").records()
    }

    /// Appends a record.
    pub fn append(&mut self, record: P::Record) {
        self.context.effects.push(Effect::Write(Write::Append(record)));
    }

    /// Keeps the first `keep` records and removes the others.
    pub fn truncate(&mut self, keep: u64) {
        self.context.effects.push(Effect::Write(Write::Truncate(keep)));
    }

    /// Atomically replaces all records with these.
    pub fn replace(&mut self, records: Vec<P::Record>) {
        self.context.effects.push(Effect::Write(Write::Replace(records)));
    }

    /// Appends a record if the disk is not full. If it is, the node hears that
    /// [this write was refused](crate::DiskEvent::Refused), and goes on. ([`append`](Self::append) ends the step
    /// where it is.)
    pub fn try_append(&mut self, record: P::Record, token: WriteToken) {
        self.context.effects.push(Effect::TryWrite { write: Write::Append(record), token });
    }

    /// Atomically replaces all records with these, if they find room: see [`try_append`](Self::try_append).
    pub fn try_replace(&mut self, records: Vec<P::Record>, token: WriteToken) {
        self.context.effects.push(Effect::TryWrite { write: Write::Replace(records), token });
    }

    /// A barrier: the effects after it wait until all writes so far are durable, and the node does nothing
    /// else until then.
    #[inline]
    pub fn sync(&mut self) {
        self.context.effects.push(Effect::Sync);
    }

    /// Starts to make all writes so far durable while the node goes on; [`on_disk`](Protocol::on_disk)
    /// reports completion with `token`.
    pub fn sync_then(&mut self, token: SyncToken) {
        self.context.effects.push(Effect::SyncThen { token });
    }
}

impl Draws {
    pub(crate) fn new(choices: Choices) -> Self {
        Self { choices, own: Vec::new() }
    }

    /// Everything from now on comes from `seed`, generators that processes have begun to use among it.
    pub(crate) fn redraw(&mut self, seed: u64) {
        self.choices.redraw(seed);
        self.own.iter_mut().for_each(|own| own.rng = None);
    }

    /// A draw below `bound` that a process named itself, counted for each name through restarts.
    pub(crate) fn own_choice(&mut self, process: ProcessId, me: NodeId, name: &'static str, bound: u64) -> u64 {
        let (label, count) = self.own[process.index()].count(name);
        let point = Point::named(Purpose::Protocol, process.0, label, count);
        let question = || Question::Numbered { who: me, what: name, ordinal: count.into(), rest: Rest::None };
        self.choices.choose(point, question, bound)
    }

    fn own_rng(&mut self, process: ProcessId, me: NodeId) -> &mut SimRng {
        let Self { choices, own } = self;
        let own = &mut own[process.index()];
        let incarnation = own.incarnation;
        if own.rng.as_ref().is_none_or(|(of, _)| *of != incarnation) {
            let point = Point::new(Purpose::Rng, process.0, u64::from(incarnation));
            let seed = choices.draw(point, named!("{me} rng#{incarnation} seed"), |bits| bits);
            own.rng = Some((incarnation, SimRng::new(seed, 1)));
        }
        &mut own.rng.as_mut().expect("made above").1
    }
}

impl OwnDraws {
    /// How often `name` was drawn before.
    #[inline]
    fn count(&mut self, name: &'static str) -> (Label, u32) {
        match self.counts.iter_mut().find(|(label, _)| label.is(name)) {
            Some((label, count)) => {
                *count += 1;
                (*label, *count)
            }
            None => {
                self.counts.push((Label::new(name), 0));
                (Label::new(name), 0)
            }
        }
    }
}
