//! What an async function has of the node that it is.

use std::cell::RefMut;
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::rc::Rc;
use std::task::Poll;

use sim_core::{Duration, NodeId, OperatorAction, RequestId, Signed, SimRng};

use crate::disk::Disk;
use crate::program::Program;
use crate::shared::{Effect, Queue, Shared};

/// The node that an async function runs as: its links, its clients, its disk. Clones are the same node.
///
/// What it does is done when the step of the run ends, in the order in which the tasks of the node ask for it: one step
/// is one event, such as a message, with all that it wakes.
pub struct Node<T: Program> {
    pub(crate) shared: Rc<Shared<T>>,
}

impl<T: Program> Clone for Node<T> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared) }
    }
}

impl<T: Program> Node<T> {
    /// The identity of this node.
    pub fn me(&self) -> NodeId {
        self.shared.me
    }

    /// All nodes that the run began with, this one included, in ascending order.
    pub fn nodes(&self) -> &[NodeId] {
        &self.shared.nodes
    }

    /// The others, in ascending order.
    pub fn others(&self) -> impl Iterator<Item = NodeId> {
        self.shared.nodes.iter().copied().filter(|node| *node != self.shared.me)
    }

    /// The next message, and who sent it. Nobody can forge that. What comes while nobody waits is kept.
    pub async fn recv(&self) -> (NodeId, T::Message) {
        self.next(&self.shared.messages).await
    }

    /// The next request of a client. Answer it with [`reply`](Self::reply), [`redirect`](Self::redirect) or
    /// [`reject`](Self::reject), now or later, or not at all: the client then retries.
    pub async fn request(&self) -> (RequestId, T::Op) {
        self.signed_request().await.into_content()
    }

    /// The next request of a client, with the client's signature. It can be shown to others, and nobody can forge it.
    pub async fn signed_request(&self) -> Signed<(RequestId, T::Op)> {
        self.next(&self.shared.requests).await
    }

    /// Signs a statement as this node. Nobody else can make this signature.
    ///
    /// # Panics
    /// Before the node has booted: its function has not begun.
    pub fn sign<V>(&self, content: V) -> Signed<V> {
        self.shared.signer.get().expect("the node has booted").sign(content)
    }

    /// The next thing that an operator asks for. There is no reply: announce the result.
    pub async fn operator(&self) -> OperatorAction {
        self.next(&self.shared.actions).await
    }

    /// The next node that has stopped and never comes back, if the model assumes a
    /// [perfect failure detector](sim_core::Assumption::PerfectDetector).
    pub async fn stopped(&self) -> NodeId {
        self.next(&self.shared.stopped).await
    }

    async fn next<V>(&self, queue: &Queue<V>) -> V {
        poll_fn(|cx| match queue.pop() {
            Some(value) => Poll::Ready(value),
            None => {
                queue.wait(self.shared.executor.waiter(cx));
                Poll::Pending
            }
        })
        .await
    }

    /// Sends a message. It may be lost, duplicated, delayed or overtaken.
    #[inline]
    pub fn send(&self, to: NodeId, message: T::Message) {
        self.shared.push(Effect::Send(to, message));
    }

    /// Sends a message to every other node. A crash may fall between any two of these.
    pub fn broadcast(&self, message: T::Message) {
        self.shared.push(Effect::Broadcast(message));
    }

    /// Answers a client's request.
    pub fn reply(&self, request: RequestId, reply: T::Reply) {
        self.shared.push(Effect::Reply(request, reply));
    }

    /// Tells a client to ask `to` instead, or another node if that is `None`. This delivery of the request must have had
    /// no effect and never have one.
    pub fn redirect(&self, request: RequestId, to: Option<NodeId>) {
        self.shared.push(Effect::Redirect(request, to));
    }

    /// Rejects a request for good: it had no effect and never will.
    pub fn reject(&self, request: RequestId) {
        self.shared.push(Effect::Reject(request));
    }

    /// Announces an event, which properties, roles, triggers and traces see.
    pub fn emit(&self, event: T::Event) {
        self.shared.push(Effect::Emit(event));
    }

    /// Writes a line into the trace. `line` is called only when a trace is kept.
    pub fn log(&self, line: impl FnOnce() -> String) {
        if self.shared.is_tracing.get() {
            self.shared.push(Effect::Log(line()));
        }
    }

    /// Stops this node as if it had crashed, once this step is over. It stays down until something restarts it.
    pub fn halt(&self, reason: &'static str) {
        self.shared.push(Effect::Halt(reason));
    }

    /// The node's disk.
    pub fn disk(&self) -> Disk<'_, T> {
        Disk { shared: &self.shared }
    }

    /// Draws a whole number from `range` for the purpose named `name`, as [`Context::choose`](sim_core::Context::choose):
    /// the calm answer is the range's start, and recordings name the draw. It is answered in the same step.
    ///
    /// # Panics
    /// If the range is empty.
    pub async fn choose(&self, name: &'static str, range: Range<u64>) -> u64 {
        /// What nobody waits for any more is not drawn, if it was not yet.
        struct Asked<'s, T: Program>(&'s Shared<T>, u64);
        impl<T: Program> Drop for Asked<'_, T> {
            fn drop(&mut self) {
                self.0.choices.borrow_mut().retain(|choice| choice.id != self.1);
            }
        }
        let asked = Asked(&self.shared, self.shared.ask_for(name, range));
        poll_fn(|cx| {
            let mut choices = self.shared.choices.borrow_mut();
            let choice =
                choices.iter_mut().find(|choice| choice.id == asked.1).expect("it is there while it is waited for");
            match choice.answer {
                Some(answer) => Poll::Ready(answer),
                None => {
                    choice.waiter = Some(self.shared.executor.waiter(cx));
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Draws a duration from `low` to `high`, both included, as [`choose`](Self::choose) does.
    ///
    /// # Panics
    /// If `low` is above `high`.
    pub async fn choose_duration(&self, name: &'static str, low: Duration, high: Duration) -> Duration {
        Duration::from_nanos(self.choose(name, low.as_nanos()..high.as_nanos() + 1).await)
    }

    /// This incarnation's own random generator, for draws that cannot be named. Do not hold it while you wait.
    ///
    /// # Panics
    /// If it is held already, by another task that waits.
    #[track_caller]
    pub fn rng(&self) -> RefMut<'_, SimRng> {
        RefMut::map(self.shared.rng.try_borrow_mut().expect("the generator is held already"), |rng| {
            rng.as_mut().expect("the node has booted")
        })
    }

    /// Changes what properties see of this node: see [`Program::State`].
    ///
    /// # Panics
    /// If it is called within itself.
    #[track_caller]
    pub fn with_state<R>(&self, change: impl FnOnce(&mut T::State) -> R) -> R {
        change(&mut self.shared.state.try_borrow_mut().expect("`with_state` is called within itself"))
    }
}

impl<T: Program> fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("me", &self.me()).finish_non_exhaustive()
    }
}
