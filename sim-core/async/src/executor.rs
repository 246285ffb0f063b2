//! Tasks, and which of them can go on: a single-threaded executor that runs until nothing can.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use sim_core::{Duration, Time};

use crate::timer::Timer;
use crate::timers::Timers;

/// Names a task of a node, by its place.
pub(crate) type TaskId = usize;

/// How often tasks may be polled in one step of the run: one that never waits would go on for ever.
const MOST_POLLS: u32 = 100_000;

type BoxFuture = Pin<Box<dyn Future<Output = ()>>>;

/// What functions without a node, such as `sleep`, ask of the node that is running.
pub(crate) trait Host {
    fn executor(&self) -> &Executor;
    fn timers(&self) -> &Timers;
    fn set_timer(&self, timer: Timer, after: Duration);
    fn cancel_timer(&self, timer: Timer);
}

thread_local! {
    /// The node whose tasks this thread is running. A run has one thread, and one node runs at a time.
    static CURRENT: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Calls `with` with the node that is running.
///
/// # Panics
/// If none is: the function is called outside of a node.
#[track_caller]
pub(crate) fn with_current<R>(with: impl FnOnce(&Rc<dyn Host>) -> R) -> R {
    CURRENT
        .with_borrow(|current| with(current.as_ref().expect("this can only be called in an async node, while it runs")))
}

/// The node that is running, if any is: when a run ends, futures are dropped outside of all nodes.
pub(crate) fn if_current(with: impl FnOnce(&Rc<dyn Host>)) {
    CURRENT.with_borrow(|current| current.as_ref().map(with));
}

/// Lets tasks of this node run, and what they call find it. Meanwhile it is nowhere else.
#[inline]
pub(crate) fn enter<R>(host: &Cell<Option<Rc<dyn Host>>>, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there before, whatever happens.
    struct Before<'h> {
        host: &'h Cell<Option<Rc<dyn Host>>>,
        before: Option<Rc<dyn Host>>,
    }
    impl Drop for Before<'_> {
        #[inline]
        fn drop(&mut self) {
            self.host.set(CURRENT.replace(self.before.take()));
        }
    }
    let _before = Before { host, before: CURRENT.replace(host.take()) };
    work()
}

/// Who waits for something.
#[derive(Debug)]
pub(crate) enum Waiter {
    /// A task, which waits for it itself.
    Task(TaskId),
    /// A future inside another one that has wakers of its own.
    Other(Waker),
}

impl Waiter {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(one), Self::Task(other)) => one == other,
            (Self::Other(one), Self::Other(other)) => one.will_wake(other),
            _ => false,
        }
    }
}

/// Who waits for something that several may wait for.
#[derive(Debug, Default)]
pub(crate) struct Waiters(RefCell<Vec<Waiter>>);

impl Waiters {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// One who waits. A task that waits for something else too comes again whenever that wakes it: it is noted once.
    #[inline]
    pub(crate) fn add(&self, waiter: Waiter) {
        let mut waiters = self.0.borrow_mut();
        if !waiters.iter().any(|other| other.is_same(&waiter)) {
            waiters.push(waiter);
        }
    }

    /// Adds them to those who are to be woken: none of them waits here any more.
    pub(crate) fn take(&self, to: &mut Vec<Waiter>) {
        to.append(&mut self.0.borrow_mut());
    }

    /// Wakes all of them: who is woken may have been dropped, or may wait for something else by now.
    #[inline]
    pub(crate) fn wake_all(&self, executor: &Executor) {
        let mut waiters = self.0.borrow_mut();
        // As nearly always, there is one at most.
        if waiters.len() > 1 {
            waiters.drain(..).for_each(|waiter| executor.wake(waiter));
        } else if let Some(waiter) = waiters.pop() {
            executor.wake(waiter);
        }
    }
}

/// The tasks of one node.
#[derive(Default)]
pub(crate) struct Executor {
    /// The places of tasks. One that is over leaves its place to the next.
    places: RefCell<Vec<Rc<Place>>>,
    free: RefCell<Vec<TaskId>>,
    /// Those that can go on, in the order in which they were woken.
    ready: RefCell<VecDeque<TaskId>>,
    current: Cell<TaskId>,
    /// The address of the waker of the task that is running: no other waker has it.
    current_waker: Cell<usize>,
    pub(crate) now: Cell<Time>,
    woken: Arc<Woken>,
    /// Takes the place of the list in `woken`, which is not to be made anew each time.
    spare: RefCell<Vec<TaskId>>,
    polls: Cell<u32>,
}

/// A place for a task.
struct Place {
    /// Nothing if there is none. It is borrowed while the task is polled.
    future: RefCell<Option<BoxFuture>>,
    waker: Waker,
    /// What it is called if it panics.
    name: Cell<&'static str>,
    is_ready: Cell<bool>,
    is_aborted: Cell<bool>,
}

/// Tasks that were woken through a `Waker`, as the futures of other crates do.
#[derive(Default)]
struct Woken {
    any: AtomicBool,
    tasks: Mutex<Vec<TaskId>>,
}

struct TaskWaker {
    task: TaskId,
    woken: Arc<Woken>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if_current(|host| {
            let is_own = Arc::ptr_eq(&host.executor().woken, &self.woken);
            assert!(is_own, "a task of another node is woken: nodes share no memory, and talk by messages alone");
        });
        self.woken.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(self.task);
        self.woken.any.store(true, Ordering::Relaxed);
    }
}

impl Executor {
    /// Adds a task, which runs when its turn comes.
    pub(crate) fn spawn(&self, name: &'static str, future: BoxFuture) -> TaskId {
        let mut places = self.places.borrow_mut();
        let id = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let task = places.len();
            places.push(Rc::new(Place {
                future: RefCell::new(None),
                waker: Waker::from(Arc::new(TaskWaker { task, woken: Arc::clone(&self.woken) })),
                name: Cell::new(name),
                is_ready: Cell::new(false),
                is_aborted: Cell::new(false),
            }));
            task
        });
        let place = &places[id];
        place.future.replace(Some(future));
        place.name.set(name);
        place.is_aborted.set(false);
        if !place.is_ready.replace(true) {
            self.ready.borrow_mut().push_back(id);
        }
        id
    }

    fn place(&self, id: TaskId) -> Option<Rc<Place>> {
        self.places.borrow().get(id).cloned()
    }

    /// Drops a task. One that is running ends when it next waits.
    pub(crate) fn abort(&self, id: TaskId) {
        let Some(place) = self.place(id) else { return };
        place.is_aborted.set(true);
        let Ok(future) = place.future.try_borrow_mut().map(|mut future| future.take()) else { return };
        // What it drops may abort other tasks.
        if future.is_some() {
            self.free.borrow_mut().push(id);
        }
        drop(future);
    }

    /// Drops all tasks: the node has crashed, or the run is over.
    pub(crate) fn drop_tasks(&self) {
        let places = std::mem::take(&mut *self.places.borrow_mut());
        self.ready.borrow_mut().clear();
        self.free.borrow_mut().clear();
        drop(places);
    }

    /// Who waits where this context comes from.
    #[inline]
    pub(crate) fn waiter(&self, cx: &Context<'_>) -> Waiter {
        if cx.waker().data().addr() == self.current_waker.get() {
            Waiter::Task(self.current.get())
        } else {
            Waiter::Other(cx.waker().clone())
        }
    }

    #[inline]
    pub(crate) fn wake(&self, waiter: Waiter) {
        match waiter {
            Waiter::Task(id) => self.make_ready(id),
            Waiter::Other(waker) => waker.wake(),
        }
    }

    #[inline]
    fn make_ready(&self, id: TaskId) {
        if let Some(place) = self.places.borrow().get(id)
            && !place.is_ready.replace(true)
        {
            self.ready.borrow_mut().push_back(id);
        }
    }

    /// A new step of the run begins.
    #[inline]
    pub(crate) fn begin_step(&self, now: Time) {
        self.now.set(now);
        self.polls.set(0);
    }

    /// Polls tasks until none can go on.
    #[inline]
    pub(crate) fn run(&self) {
        loop {
            if self.woken.any.load(Ordering::Relaxed) {
                self.take_woken();
            }
            let Some(id) = self.ready.borrow_mut().pop_front() else { return };
            self.poll(id);
        }
    }

    #[cold]
    fn take_woken(&self) {
        self.woken.any.store(false, Ordering::Relaxed);
        let mut woken = self.spare.take();
        std::mem::swap(&mut woken, &mut *self.woken.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        woken.drain(..).for_each(|id| self.make_ready(id));
        self.spare.replace(woken);
    }

    #[inline]
    fn poll(&self, id: TaskId) {
        let Some(place) = self.place(id) else { return };
        place.is_ready.set(false);
        let mut future = place.future.borrow_mut();
        let Some(running) = future.as_mut() else { return };
        let polls = self.polls.get() + 1;
        self.polls.set(polls);
        assert!(polls <= MOST_POLLS, "task `{}` goes on and on without waiting for anything", place.name.get());
        self.current.set(id);
        self.current_waker.set(place.waker.data().addr());
        if running.as_mut().poll(&mut Context::from_waker(&place.waker)).is_pending() && !place.is_aborted.get() {
            return;
        }
        let over = future.take();
        drop(future);
        self.free.borrow_mut().push(id);
        // What it drops may abort other tasks.
        drop(over);
    }

    /// What the task that is running is called.
    pub(crate) fn current_name(&self) -> &'static str {
        // A panic can come at any time.
        let Ok(places) = self.places.try_borrow() else { return "main" };
        places.get(self.current.get()).map_or("main", |place| place.name.get())
    }
}

/// Gives way to all other tasks that can go on: in the same step of the run, at the same time.
pub async fn yield_now() {
    let mut has_yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
