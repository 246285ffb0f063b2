//! What a node and the futures that run as it have in common.

use std::cell::{Cell, Ref, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use sim_core::{DiskEvent, Duration, NodeId, OperatorAction, RequestId, SimRng, Stored, SyncToken};

use crate::disk::SyncFailed;
use crate::executor::{Executor, Host, Waiter, Waiters};
use crate::program::Program;
use crate::tcp::Sockets;
use crate::timer::Timer;
use crate::timers::Timers;

/// One incarnation of a node: from its boot to its next crash.
pub(crate) struct Shared<T: Program> {
    pub(crate) me: NodeId,
    pub(crate) nodes: Rc<[NodeId]>,
    pub(crate) executor: Executor,
    timers: Timers,
    /// What the program asked for in this step, in its order.
    pub(crate) effects: RefCell<Vec<Effect<T>>>,
    pub(crate) messages: Queue<(NodeId, T::Message)>,
    pub(crate) requests: Queue<(RequestId, T::Op)>,
    pub(crate) actions: Queue<OperatorAction>,
    pub(crate) stopped: Queue<NodeId>,
    pub(crate) recovered: RefCell<Vec<Stored<T::Record>>>,
    pub(crate) syncs: RefCell<Vec<Sync>>,
    next_sync: Cell<u64>,
    pub(crate) choices: RefCell<VecDeque<Choice>>,
    pub(crate) rng: RefCell<Option<SimRng>>,
    pub(crate) state: RefCell<T::State>,
    pub(crate) is_tracing: Cell<bool>,
    pub(crate) sockets: Sockets,
}

/// Something that the node does when the step is over.
pub(crate) enum Effect<T: Program> {
    Send(NodeId, T::Message),
    Broadcast(T::Message),
    SetTimer(Timer, Duration),
    CancelTimer(Timer),
    Append(T::Record),
    Truncate(u64),
    Replace(Vec<T::Record>),
    Sync(SyncToken),
    Reply(RequestId, T::Reply),
    Redirect(RequestId, Option<NodeId>),
    Reject(RequestId),
    Emit(T::Event),
    Log(String),
    Halt(&'static str),
}

/// A sync that somebody waits for.
pub(crate) struct Sync {
    pub(crate) token: SyncToken,
    pub(crate) result: Option<Result<(), SyncFailed>>,
    pub(crate) waiter: Option<Waiter>,
}

/// A draw that somebody waits for.
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) range: Range<u64>,
    pub(crate) answer: Rc<Cell<Option<u64>>>,
    pub(crate) waiter: Waiter,
}

/// What has come and nobody has taken yet, and who waits for more.
pub(crate) struct Queue<V> {
    values: RefCell<VecDeque<V>>,
    waiters: Waiters,
}

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self { values: RefCell::default(), waiters: Waiters::default() }
    }
}

impl<V> Queue<V> {
    pub(crate) fn push(&self, value: V, executor: &Executor) {
        self.values.borrow_mut().push_back(value);
        self.waiters.wake_all(executor);
    }

    pub(crate) fn pop(&self) -> Option<V> {
        self.values.borrow_mut().pop_front()
    }

    pub(crate) fn wait(&self, waiter: Waiter) {
        self.waiters.add(waiter);
    }
}

impl<T: Program> Shared<T> {
    pub(crate) fn new(me: NodeId, nodes: Rc<[NodeId]>) -> Self {
        Self {
            me,
            nodes,
            executor: Executor::default(),
            timers: Timers::default(),
            effects: RefCell::default(),
            messages: Queue::default(),
            requests: Queue::default(),
            actions: Queue::default(),
            stopped: Queue::default(),
            recovered: RefCell::default(),
            syncs: RefCell::default(),
            next_sync: Cell::new(0),
            choices: RefCell::default(),
            rng: RefCell::default(),
            state: RefCell::default(),
            is_tracing: Cell::new(false),
            sockets: Sockets::default(),
        }
    }

    pub(crate) fn push(&self, effect: Effect<T>) {
        self.effects.borrow_mut().push(effect);
    }

    /// Begins to make all writes so far durable.
    pub(crate) fn sync(&self) -> SyncToken {
        let token = SyncToken(self.next_sync.replace(self.next_sync.get() + 1));
        self.syncs.borrow_mut().push(Sync { token, result: None, waiter: None });
        self.push(Effect::Sync(token));
        token
    }

    /// The disk reports: whether the event was about a sync that somebody waits for.
    pub(crate) fn on_disk(&self, event: DiskEvent) -> bool {
        let (token, result) = match event {
            DiskEvent::Synced(token) => (token, Ok(())),
            DiskEvent::Failed(Some(token)) => (token, Err(SyncFailed)),
            _ => return false,
        };
        let mut syncs = self.syncs.borrow_mut();
        if let Some(sync) = syncs.iter_mut().find(|sync| sync.token == token) {
            sync.result = Some(result);
            if let Some(waiter) = sync.waiter.take() {
                drop(syncs);
                self.executor.wake(waiter);
            }
        }
        true
    }

    pub(crate) fn state(&self) -> Ref<'_, T::State> {
        self.state.borrow()
    }
}

impl<T: Program> Host for Shared<T> {
    fn executor(&self) -> &Executor {
        &self.executor
    }

    fn timers(&self) -> &Timers {
        &self.timers
    }

    fn set_timer(&self, timer: Timer, after: Duration) {
        self.push(Effect::SetTimer(timer, after));
    }

    fn cancel_timer(&self, timer: Timer) {
        self.push(Effect::CancelTimer(timer));
    }
}
