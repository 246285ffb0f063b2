//! More tasks of a node.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::executor::{TaskId, Waiter, if_current, with_current};
use crate::timer::name_of_site;

/// Lets a future run as a task of its own, which a crash of the node drops as all others.
///
/// It first runs when this task waits. It goes on if its handle is dropped.
#[track_caller]
pub fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    spawn_named(name_of_site(Location::caller()), future)
}

/// The same, with a name for it, which a panic in it tells.
pub fn spawn_named<T: 'static>(name: &'static str, future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let joined = Rc::new(RefCell::new(Joined { output: None, is_over: false, is_told: false, waiter: None }));
    let guard = Ended(Rc::clone(&joined));
    let task = with_current(|host| {
        host.executor().spawn(
            name,
            Box::pin(async move {
                let output = future.await;
                guard.0.borrow_mut().output = Some(output);
            }),
        )
    });
    JoinHandle { task, joined }
}

/// A task that was spawned: awaits its output.
pub struct JoinHandle<T> {
    task: TaskId,
    joined: Rc<RefCell<Joined<T>>>,
}

struct Joined<T> {
    output: Option<T>,
    is_over: bool,
    /// Whether the output was handed out, or the news that there is none.
    is_told: bool,
    waiter: Option<Waiter>,
}

/// Tells the handle that the task is over when its future is dropped, for whatever reason.
struct Ended<T>(Rc<RefCell<Joined<T>>>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        let mut joined = self.0.borrow_mut();
        joined.is_over = true;
        let waiter = joined.waiter.take();
        drop(joined);
        if let Some(waiter) = waiter {
            if_current(|host| host.executor().wake(waiter));
        }
    }
}

/// The task was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted;

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task was aborted")
    }
}

impl std::error::Error for Aborted {}

impl<T> JoinHandle<T> {
    /// Drops the task's future. If it is this task, it ends where it next waits.
    pub fn abort(&self) {
        if !self.is_over() {
            if_current(|host| host.executor().abort(self.task));
        }
    }

    /// Whether the task is done, or was aborted.
    pub fn is_over(&self) -> bool {
        self.joined.borrow().is_over
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, Aborted>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut joined = self.joined.borrow_mut();
        if joined.is_over {
            assert!(!std::mem::replace(&mut joined.is_told, true), "a task was joined before: its output is gone");
            return Poll::Ready(joined.output.take().ok_or(Aborted));
        }
        joined.waiter = Some(with_current(|host| host.executor().waiter(cx)));
        Poll::Pending
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}
