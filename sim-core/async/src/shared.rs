//! What a node and the futures that run as it have in common.

use std::cell::{Cell, Ref, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use sim_core::{Duration, NodeId, OperatorAction, RequestId, Signed, Signer, SimRng, Stored, SyncToken, WriteToken};

use crate::disk::DiskError;
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
    pub(crate) requests: Queue<Signed<(RequestId, T::Op)>>,
    pub(crate) actions: Queue<OperatorAction>,
    pub(crate) stopped: Queue<NodeId>,
    pub(crate) recovered: RefCell<Vec<Stored<T::Record>>>,
    /// The record that could not be read at this boot.
    pub(crate) unreadable: Cell<Option<u64>>,
    /// How many writes the program has asked for.
    writes: Cell<u64>,
    /// The writes that were not done since the disk was full, until somebody hears of them.
    refused: RefCell<Vec<WriteToken>>,
    pub(crate) syncs: RefCell<Vec<Sync>>,
    next_sync: Cell<u64>,
    pub(crate) choices: RefCell<Vec<Choice>>,
    next_choice: Cell<u64>,
    pub(crate) rng: RefCell<Option<SimRng>>,
    /// A number that no other incarnation of any node has.
    pub(crate) boot: Cell<u64>,
    pub(crate) signer: Cell<Option<Signer>>,
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
    Append(T::Record, WriteToken),
    Truncate(u64),
    Replace(Vec<T::Record>, WriteToken),
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
    /// How many writes it covers.
    pub(crate) writes: u64,
    /// The first of them that found the disk full, if nobody had heard of it when the sync began.
    refused: Option<WriteToken>,
    pub(crate) result: Option<Result<(), DiskError>>,
    pub(crate) waiter: Option<Waiter>,
}

/// A draw that somebody waits for.
pub(crate) struct Choice {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) range: Range<u64>,
    pub(crate) answer: Option<u64>,
    pub(crate) waiter: Option<Waiter>,
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
    #[inline]
    pub(crate) fn push(&self, value: V, executor: &Executor) {
        self.values.borrow_mut().push_back(value);
        self.waiters.wake_all(executor);
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<V> {
        self.values.borrow_mut().pop_front()
    }

    #[inline]
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
            unreadable: Cell::new(None),
            writes: Cell::new(0),
            refused: RefCell::default(),
            syncs: RefCell::default(),
            next_sync: Cell::new(0),
            choices: RefCell::default(),
            next_choice: Cell::new(0),
            rng: RefCell::default(),
            boot: Cell::new(0),
            signer: Cell::new(None),
            state: RefCell::default(),
            is_tracing: Cell::new(false),
            sockets: Sockets::default(),
        }
    }

    /// Asks for something. Always in place: an effect that is handed over in memory is copied twice.
    #[inline(always)]
    pub(crate) fn push(&self, effect: Effect<T>) {
        self.effects.borrow_mut().push(effect);
    }

    fn next_write(&self) -> WriteToken {
        WriteToken(self.writes.replace(self.writes.get() + 1))
    }

    /// Appends a record, unless a write before it has found the disk full and nobody knows: a log has no holes.
    pub(crate) fn append(&self, record: T::Record) -> WriteToken {
        let token = self.next_write();
        let mut refused = self.refused.borrow_mut();
        if refused.is_empty() {
            self.push(Effect::Append(record, token));
        } else {
            refused.push(token);
        }
        token
    }

    /// Replaces all records: what is there then is whole, whatever was missing.
    pub(crate) fn replace(&self, records: Vec<T::Record>) -> WriteToken {
        let token = self.next_write();
        self.push(Effect::Replace(records, token));
        token
    }

    /// Begins to make all writes so far durable.
    pub(crate) fn sync(&self) -> SyncToken {
        let token = SyncToken(self.next_sync.replace(self.next_sync.get() + 1));
        let refused = self.refused.borrow().first().copied();
        let sync = Sync { token, writes: self.writes.get(), refused, result: None, waiter: None };
        self.syncs.borrow_mut().push(sync);
        self.push(Effect::Sync(token));
        token
    }

    /// A write has found the disk full. Whoever waits for a sync that was to cover it hears of it then.
    pub(crate) fn on_refused(&self, token: WriteToken) {
        let mut refused = self.refused.borrow_mut();
        refused.push(token);
        let first = refused[0];
        for sync in self.syncs.borrow_mut().iter_mut().filter(|sync| sync.writes > token.0) {
            sync.refused.get_or_insert(first);
        }
    }

    /// Somebody has heard that the disk was full, by a sync that covers so many writes. What is written from now on is
    /// done, unless other writes were not since that sync began: somebody is still to hear of these.
    pub(crate) fn told_up_to(&self, writes: u64) {
        self.refused.borrow_mut().retain(|write| write.0 >= writes);
    }

    /// A sync that somebody may wait for has ended.
    pub(crate) fn on_synced(&self, token: SyncToken, result: Result<(), DiskError>) {
        let mut syncs = self.syncs.borrow_mut();
        if let Some(sync) = syncs.iter_mut().find(|sync| sync.token == token) {
            let refused = sync.refused.map_or(Ok(()), |write| Err(DiskError::Full(write)));
            sync.result = Some(result.and(refused));
            if let Some(waiter) = sync.waiter.take() {
                drop(syncs);
                self.executor.wake(waiter);
            }
        }
    }

    /// Asks for a draw.
    pub(crate) fn ask_for(&self, name: &'static str, range: Range<u64>) -> u64 {
        let id = self.next_choice.replace(self.next_choice.get() + 1);
        self.choices.borrow_mut().push(Choice { id, name, range, answer: None, waiter: None });
        id
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
