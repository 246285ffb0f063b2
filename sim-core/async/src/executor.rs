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

/// Lets tasks of this node run, and what they call find it.
pub(crate) fn enter<R>(host: &Rc<dyn Host>, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there before, whatever happens.
    struct Before(Option<Rc<dyn Host>>);
    impl Drop for Before {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _before = Before(CURRENT.replace(Some(Rc::clone(host))));
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
    /// One who waits. A task that waits for something else too comes again whenever that wakes it: it is noted once.
    pub(crate) fn add(&self, waiter: Waiter) {
        let mut waiters = self.0.borrow_mut();
        if !waiters.iter().any(|other| other.is_same(&waiter)) {
            waiters.push(waiter);
        }
    }

    /// Wakes all of them: who is woken may have been dropped, or may wait for something else by now.
    pub(crate) fn wake_all(&self, executor: &Executor) {
        self.0.borrow_mut().drain(..).for_each(|waiter| executor.wake(waiter));
    }
}

/// The tasks of one node.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: RefCell<Vec<Option<Task>>>,
    free: RefCell<Vec<TaskId>>,
    /// Those that can go on, in the order in which they were woken.
    ready: RefCell<VecDeque<TaskId>>,
    current: Cell<TaskId>,
    pub(crate) now: Cell<Time>,
    woken: Arc<Woken>,
    polls: Cell<u32>,
}

struct Task {
    /// Absent while it is polled.
    future: Option<(BoxFuture, Waker)>,
    /// The same waker, to compare others with.
    waker: Waker,
    /// What it is called if it panics.
    name: &'static str,
    is_ready: bool,
    is_aborted: bool,
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
        let mut tasks = self.tasks.borrow_mut();
        let id = self.free.borrow_mut().pop().unwrap_or_else(|| {
            tasks.push(None);
            tasks.len() - 1
        });
        let waker = Waker::from(Arc::new(TaskWaker { task: id, woken: Arc::clone(&self.woken) }));
        let future = Some((future, waker.clone()));
        tasks[id] = Some(Task { future, waker, name, is_ready: true, is_aborted: false });
        self.ready.borrow_mut().push_back(id);
        id
    }

    /// Drops a task. One that is running ends when it next waits.
    pub(crate) fn abort(&self, id: TaskId) {
        let mut tasks = self.tasks.borrow_mut();
        let Some(task) = tasks.get_mut(id).and_then(Option::as_mut) else { return };
        task.is_aborted = true;
        let future = task.future.take();
        if future.is_some() {
            tasks[id] = None;
            self.free.borrow_mut().push(id);
        }
        // What it drops may abort other tasks.
        drop(tasks);
        drop(future);
    }

    /// Drops all tasks: the node has crashed, or the run is over.
    pub(crate) fn drop_tasks(&self) {
        let tasks = std::mem::take(&mut *self.tasks.borrow_mut());
        self.ready.borrow_mut().clear();
        self.free.borrow_mut().clear();
        drop(tasks);
    }

    /// Who waits where this context comes from.
    pub(crate) fn waiter(&self, cx: &Context<'_>) -> Waiter {
        let id = self.current.get();
        let is_own = self.tasks.borrow()[id].as_ref().is_some_and(|task| task.waker.will_wake(cx.waker()));
        if is_own { Waiter::Task(id) } else { Waiter::Other(cx.waker().clone()) }
    }

    pub(crate) fn wake(&self, waiter: Waiter) {
        match waiter {
            Waiter::Task(id) => self.make_ready(id),
            Waiter::Other(waker) => waker.wake(),
        }
    }

    fn make_ready(&self, id: TaskId) {
        if let Some(Some(task)) = self.tasks.borrow_mut().get_mut(id)
            && !std::mem::replace(&mut task.is_ready, true)
        {
            self.ready.borrow_mut().push_back(id);
        }
    }

    /// A new step of the run begins.
    pub(crate) fn begin_step(&self, now: Time) {
        self.now.set(now);
        self.polls.set(0);
    }

    /// Polls tasks until none can go on.
    pub(crate) fn run(&self) {
        loop {
            self.take_woken();
            let Some(id) = self.ready.borrow_mut().pop_front() else { return };
            self.poll(id);
        }
    }

    fn take_woken(&self) {
        if self.woken.any.load(Ordering::Relaxed) {
            self.woken.any.store(false, Ordering::Relaxed);
            let woken = std::mem::take(&mut *self.woken.tasks.lock().unwrap_or_else(PoisonError::into_inner));
            woken.into_iter().for_each(|id| self.make_ready(id));
        }
    }

    fn poll(&self, id: TaskId) {
        let (mut future, waker) = {
            let mut tasks = self.tasks.borrow_mut();
            let Some(task) = &mut tasks[id] else { return };
            task.is_ready = false;
            task.future.take().expect("a task is not polled while it is polled")
        };
        let polls = self.polls.get() + 1;
        self.polls.set(polls);
        assert!(polls <= MOST_POLLS, "task `{}` goes on and on without waiting for anything", self.name(id));
        self.current.set(id);
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        let mut tasks = self.tasks.borrow_mut();
        let task = tasks[id].as_mut().expect("a task is there while it is polled");
        if poll.is_pending() && !task.is_aborted {
            task.future = Some((future, waker));
            return;
        }
        tasks[id] = None;
        self.free.borrow_mut().push(id);
        // What it drops may abort other tasks.
        drop(tasks);
        drop(future);
    }

    /// What the task that is running is called.
    pub(crate) fn current_name(&self) -> &'static str {
        self.name(self.current.get())
    }

    fn name(&self, id: TaskId) -> &'static str {
        // A panic can come at any time.
        let Ok(tasks) = self.tasks.try_borrow() else { return "main" };
        tasks.get(id).and_then(Option::as_ref).map_or("main", |task| task.name)
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
