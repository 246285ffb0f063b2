//! An async function as a protocol.

use std::cell::{Cell, Ref};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use sim_core::{Context, DiskEvent, NodeId, OperatorAction, Protocol, RequestId, SimRng, State};

use crate::disk::DiskError;
use crate::executor::{Host, enter};
use crate::handle::Node;
use crate::program::Program;
use crate::shared::{Effect, Shared};
use crate::timer::Timer;

/// A node that runs an async function from each boot to the next crash, which drops it with all its tasks wherever
/// they wait.
///
/// When the function returns, the tasks that it has spawned go on; when none is left, the node is up and silent.
pub struct AsyncNode<T: Program> {
    main: Option<Main<T>>,
    shared: Rc<Shared<T>>,
    /// The same, for functions that do not know `T`.
    host: Cell<Option<Rc<dyn Host>>>,
}

type Main<T> = Box<dyn FnOnce(Node<T>) -> Pin<Box<dyn Future<Output = ()>>>>;

impl<T: Program> AsyncNode<T> {
    /// The node `me` of `nodes`, which runs `main` from its boot on.
    pub fn new<F: Future<Output = ()> + 'static>(
        me: NodeId,
        nodes: &[NodeId],
        main: impl FnOnce(Node<T>) -> F + 'static,
    ) -> Self {
        let shared = Rc::new(Shared::new(me, nodes.into()));
        let host: Rc<dyn Host> = Rc::<Shared<T>>::clone(&shared);
        Self { main: Some(Box::new(|node| Box::pin(main(node)))), shared, host: Cell::new(Some(host)) }
    }

    /// What the node shows of its state: see [`Program::State`].
    pub fn state(&self) -> Ref<'_, T::State> {
        self.shared.state()
    }

    /// Runs all tasks that can go on, and then does what they asked for.
    #[inline]
    fn step(&self, ctx: &mut Context<'_, Self>) {
        let _named = sim_core::panics_in(|| format!("task `{}`", self.shared.executor.current_name()));
        enter(&self.host, || {
            self.shared.executor.run();
            while self.answer_choice(ctx) {
                self.shared.executor.run();
            }
        });
        let mut effects = self.shared.effects.borrow_mut();
        // Often there is one at most.
        if effects.len() > 1 {
            effects.drain(..).for_each(|effect| ask_for(effect, ctx));
        } else if let Some(effect) = effects.pop() {
            ask_for(effect, ctx);
        }
    }

    /// Answers the oldest draw that somebody waits for. Says whether there is one.
    fn answer_choice(&self, ctx: &mut Context<'_, Self>) -> bool {
        let mut choices = self.shared.choices.borrow_mut();
        let Some(choice) = choices.iter_mut().find(|choice| choice.answer.is_none()) else { return false };
        choice.answer = Some(ctx.choose(choice.name, choice.range.clone()));
        let waiter = choice.waiter.take();
        drop(choices);
        waiter.into_iter().for_each(|waiter| self.shared.executor.wake(waiter));
        true
    }

    /// The function begins.
    fn boot(&mut self, unreadable: Option<u64>, ctx: &mut Context<'_, Self>) {
        let shared = &self.shared;
        *shared.recovered.borrow_mut() = ctx.disk().records().to_vec();
        shared.unreadable.set(unreadable);
        shared.is_tracing.set(ctx.is_tracing());
        shared.signer.set(Some(ctx.signer()));
        *shared.rng.borrow_mut() = Some(SimRng::new(ctx.rng().bits(), 0));
        shared.boot.set(ctx.rng().bits());
        shared.executor.begin_step(ctx.now());
        if let Some(main) = self.main.take() {
            let future = main(Node { shared: Rc::clone(&self.shared) });
            self.shared.executor.spawn("main", future);
        }
        self.step(ctx);
    }
}

#[inline(always)]
fn ask_for<T: Program>(effect: Effect<T>, ctx: &mut Context<'_, AsyncNode<T>>) {
    match effect {
        Effect::Send(to, message) => ctx.send(to, message),
        Effect::Broadcast(message) => ctx.broadcast(message),
        Effect::SetTimer(timer, after) => ctx.set_timer(timer, after),
        Effect::CancelTimer(timer) => ctx.cancel_timer(timer),
        Effect::Append(record, token) => ctx.disk().try_append(record, token),
        Effect::Truncate(keep) => ctx.disk().truncate(keep),
        Effect::Replace(records, token) => ctx.disk().try_replace(records, token),
        Effect::Sync(token) => ctx.disk().sync_then(token),
        Effect::Reply(request, reply) => ctx.reply(request, reply),
        Effect::Redirect(request, to) => ctx.redirect(request, to),
        Effect::Reject(request) => ctx.reject(request),
        Effect::Emit(event) => ctx.emit(event),
        Effect::Log(line) => ctx.log(|| line),
        Effect::Halt(reason) => ctx.halt(reason),
    }
}

impl<T: Program> Protocol for AsyncNode<T> {
    type Message = T::Message;
    type Timer = Timer;
    type Record = T::Record;
    type Op = T::Op;
    type Reply = T::Reply;
    type Event = T::Event;

    const ACTIONS: &'static [&'static str] = T::ACTIONS;
    const STATES: &'static [State<Self>] = T::STATES;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        self.boot(None, ctx);
    }

    fn on_message(&mut self, from: NodeId, message: T::Message, ctx: &mut Context<'_, Self>) {
        self.shared.executor.begin_step(ctx.now());
        match T::into_segment(message) {
            Ok(segment) => self.shared.on_segment(from, segment),
            Err(message) => self.shared.messages.push((from, message), &self.shared.executor),
        }
        self.step(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        self.shared.executor.begin_step(ctx.now());
        if timer.is_of_stream {
            self.shared.on_socket_timer(timer.number);
        } else {
            self.shared.timers().fire(timer, &self.shared.executor);
        }
        self.step(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: T::Op, ctx: &mut Context<'_, Self>) {
        self.shared.executor.begin_step(ctx.now());
        self.shared.requests.push(ctx.signed_request(request, op), &self.shared.executor);
        self.step(ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        let (token, result) = match event {
            DiskEvent::Synced(token) => (token, Ok(())),
            DiskEvent::Failed(Some(token)) => (token, Err(DiskError::SyncFailed)),
            // In the middle of a step: nothing runs before it is over.
            DiskEvent::Refused(token) => return self.shared.on_refused(token),
            DiskEvent::ReadFailed { record } => return self.boot(Some(record), ctx),
            // No effect of an async node can be met by another.
            _ => return ctx.halt("the disk says what nobody has asked for"),
        };
        self.shared.executor.begin_step(ctx.now());
        self.shared.on_synced(token, result);
        self.step(ctx);
    }

    fn kind(message: &T::Message) -> &'static str {
        T::kind(message)
    }

    fn round(message: &T::Message) -> Option<u64> {
        T::round(message)
    }

    fn on_stopped(&mut self, node: NodeId, ctx: &mut Context<'_, Self>) {
        self.shared.executor.begin_step(ctx.now());
        self.shared.stopped.push(node, &self.shared.executor);
        self.step(ctx);
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) {
        self.shared.executor.begin_step(ctx.now());
        self.shared.actions.push(action.clone(), &self.shared.executor);
        self.step(ctx);
    }
}

impl<T: Program> Drop for AsyncNode<T> {
    /// The futures hold the node, and the node holds them.
    fn drop(&mut self) {
        self.shared.executor.drop_tasks();
    }
}

impl<T: Program> fmt::Debug for AsyncNode<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncNode").field("state", &*self.state()).finish_non_exhaustive()
    }
}
