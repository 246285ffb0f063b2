//! State that tasks of one node share, and wait for.

use std::cell::{Ref, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crate::executor::{Waiters, with_current};

/// A value that tasks of one node share, and that they can wait for. Clones are the same value.
///
/// As [`Program::State`](crate::Program::State) it lets properties see what the tasks share.
///
/// ```
/// # use async_nodes::{Node, Program, Watch, spawn};
/// # async fn count<T: Program>(_: Node<T>) {
/// let count = Watch::new(0);
/// let same = count.clone();
/// spawn(async move { same.modify(|count| *count += 1) });
/// count.wait_for(|count| *count > 0).await;
/// # }
/// ```
pub struct Watch<V> {
    shared: Rc<Shared<V>>,
}

struct Shared<V> {
    value: RefCell<V>,
    waiters: Waiters,
}

impl<V> Watch<V> {
    /// With this value at first.
    pub fn new(value: V) -> Self {
        Self { shared: Rc::new(Shared { value: RefCell::new(value), waiters: Waiters::default() }) }
    }

    /// The value as it is. Do not hold it while you wait: others could not change it.
    ///
    /// # Panics
    /// While it is being changed.
    pub fn borrow(&self) -> Ref<'_, V> {
        self.shared.value.borrow()
    }

    /// Changes the value, and wakes all who wait for it.
    ///
    /// # Panics
    /// While somebody looks at it, and outside of an async node, as all functions of this crate.
    pub fn modify<R>(&self, change: impl FnOnce(&mut V) -> R) -> R {
        let result = change(&mut self.shared.value.borrow_mut());
        with_current(|host| self.shared.waiters.wake_all(host.executor()));
        result
    }

    /// Waits until the value is as this says. It is looked at when it has changed, in the order in which tasks are
    /// woken: a change that another task takes back before is missed. When it is done, the value is as it says until
    /// the task waits again.
    pub async fn wait_for(&self, mut is_so: impl FnMut(&V) -> bool) {
        poll_fn(|cx| {
            if is_so(&self.borrow()) {
                return Poll::Ready(());
            }
            with_current(|host| self.shared.waiters.add(host.executor().waiter(cx)));
            Poll::Pending
        })
        .await;
    }
}

impl<V: Default> Default for Watch<V> {
    fn default() -> Self {
        Self::new(V::default())
    }
}

impl<V> Clone for Watch<V> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared) }
    }
}

impl<V: fmt::Debug> fmt::Debug for Watch<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shared.value.try_borrow() {
            Ok(value) => value.fmt(f),
            Err(_) => f.write_str("(being changed)"),
        }
    }
}
