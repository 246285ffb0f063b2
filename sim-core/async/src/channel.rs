//! Values from tasks to tasks of one node.

use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crate::executor::with_current;
use crate::shared::Queue;

/// A queue without bounds between tasks of one node. Clones are the same queue; each value goes to one receiver.
///
/// ```
/// # use async_nodes::{Channel, Node, Program, spawn};
/// # async fn sum<T: Program>(_: Node<T>) -> u64 {
/// let channel = Channel::default();
/// let sender = channel.clone();
/// spawn(async move { (1..=3).for_each(|number| sender.send(number)) });
/// channel.recv().await + channel.recv().await + channel.recv().await
/// # }
/// ```
pub struct Channel<V> {
    queue: Rc<Queue<V>>,
}

impl<V> Channel<V> {
    /// Adds a value, and wakes who waits for one.
    ///
    /// # Panics
    /// Outside of an async node, as all functions of this crate.
    pub fn send(&self, value: V) {
        with_current(|host| self.queue.push(value, host.executor()));
    }

    /// The oldest value, which nobody else gets. If the future is dropped before it is done, nothing is lost; what it
    /// has handed out is the caller's, who must not drop it in a future around this one.
    pub async fn recv(&self) -> V {
        poll_fn(|cx| match self.queue.pop() {
            Some(value) => Poll::Ready(value),
            None => {
                with_current(|host| self.queue.wait(host.executor().waiter(cx)));
                Poll::Pending
            }
        })
        .await
    }
}

impl<V> Default for Channel<V> {
    fn default() -> Self {
        Self { queue: Rc::default() }
    }
}

impl<V> Clone for Channel<V> {
    fn clone(&self) -> Self {
        Self { queue: Rc::clone(&self.queue) }
    }
}

impl<V> fmt::Debug for Channel<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}
