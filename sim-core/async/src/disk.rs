//! The disk of an async node.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use sim_core::{Stored, SyncToken};

use crate::program::Program;
use crate::shared::{Effect, Shared};

/// The disk of a node: an ordered log of records. What is written becomes durable by [`sync`](Self::sync) alone; a power
/// loss keeps a prefix of the rest, and may tear the first record that it loses.
///
/// Writes are done when the step of the run ends, in the order in which the program asks for them among all that it
/// does: a crash may fall between any two. On a full disk the node stops.
pub struct Disk<'n, T: Program> {
    pub(crate) shared: &'n Shared<T>,
}

/// A sync failed: what it was to cover is not durable. A later sync may cover it, it may be gone already, or it may be
/// readable until the next power loss. Only to write it again helps in all three cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncFailed;

impl fmt::Display for SyncFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sync failed")
    }
}

impl std::error::Error for SyncFailed {}

impl<T: Program> Disk<'_, T> {
    /// The records as they were when the node booted, oldest first.
    pub fn records(&self) -> Vec<Stored<T::Record>> {
        self.shared.recovered.borrow().clone()
    }

    /// Appends a record.
    pub fn append(&self, record: T::Record) {
        self.shared.push(Effect::Append(record));
    }

    /// Keeps the first `keep` records and removes the others.
    pub fn truncate(&self, keep: u64) {
        self.shared.push(Effect::Truncate(keep));
    }

    /// Atomically replaces all records with these.
    pub fn replace(&self, records: Vec<T::Record>) {
        self.shared.push(Effect::Replace(records));
    }

    /// Waits until all that was written so far is durable. Other tasks go on meanwhile.
    ///
    /// # Errors
    /// [`SyncFailed`].
    pub async fn sync(&self) -> Result<(), SyncFailed> {
        /// If nobody waits any more, the result is of no use.
        struct Waiting<'s, T: Program>(&'s Shared<T>, SyncToken);
        impl<T: Program> Drop for Waiting<'_, T> {
            fn drop(&mut self) {
                self.0.syncs.borrow_mut().retain(|sync| sync.token != self.1);
            }
        }
        let waiting = Waiting(self.shared, self.shared.sync());
        poll_fn(|cx| {
            let mut syncs = self.shared.syncs.borrow_mut();
            let sync =
                syncs.iter_mut().find(|sync| sync.token == waiting.1).expect("it is there while it is waited for");
            match sync.result {
                Some(result) => Poll::Ready(result),
                None => {
                    sync.waiter = Some(self.shared.executor.waiter(cx));
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl<T: Program> fmt::Debug for Disk<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}
