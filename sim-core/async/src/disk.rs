//! The disk of an async node.

use std::fmt;
use std::future::{Future, poll_fn};
use std::task::Poll;

use sim_core::{Stored, SyncToken, WriteToken};

use crate::program::Program;
use crate::shared::{Effect, Shared};

/// The disk of a node: an ordered log of records. What is written becomes durable by [`sync`](Self::sync) alone; a power
/// loss keeps a prefix of the rest, and may tear the first record that it loses.
///
/// Writes are done when the step of the run ends, in the order in which the program asks for them among all that it
/// does: a crash may fall between any two. So a write cannot say whether it found room; the next sync does. From the
/// first write that finds the disk full on, no other is done that makes the log longer, until a sync has said so: a log
/// has no holes. Then it is for the program to make room, to write again, or to stop.
pub struct Disk<'n, T: Program> {
    pub(crate) shared: &'n Shared<T>,
}

/// What a disk can have to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// The sync failed: what it was to cover is not durable. A later sync may cover it, it may be gone already, or it
    /// may be readable until the next power loss. Only to write it again helps in all three cases.
    SyncFailed,
    /// This write found the disk full: it was not done, nor was any behind it that makes the log longer. What was
    /// written before it is durable.
    Full(WriteToken),
    /// The device could not read the record with this index, counted from 0, at this boot. It may at the next one.
    Unreadable(u64),
}

impl DiskError {
    /// What it is, in words for [`Node::halt`](crate::Node::halt).
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::SyncFailed => "a sync failed",
            Self::Full(_) => "the disk is full",
            Self::Unreadable(_) => "a record could not be read",
        }
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SyncFailed => f.write_str(self.reason()),
            Self::Full(WriteToken(number)) => write!(f, "write {number} found the disk full"),
            Self::Unreadable(record) => write!(f, "record {record} could not be read"),
        }
    }
}

impl std::error::Error for DiskError {}

impl<'n, T: Program> Disk<'n, T> {
    /// The records as they were when the node booted, oldest first. Those that were torn or have rotted are
    /// [`Corrupt`](Stored::Corrupt).
    ///
    /// # Errors
    /// [`DiskError::Unreadable`] if the device could not read one of them. A program may go on without it, by
    /// [`record`](Self::record), but must not take it for lost: another boot may find it.
    pub fn records(&self) -> Result<Vec<Stored<T::Record>>, DiskError> {
        self.shared.unreadable.get().map_or(Ok(()), |record| Err(DiskError::Unreadable(record)))?;
        Ok(self.shared.recovered.borrow().clone())
    }

    /// The record with this index as it was when the node booted; nothing behind the last.
    ///
    /// # Errors
    /// [`DiskError::Unreadable`] if the device could not read it.
    pub fn record(&self, index: u64) -> Result<Option<Stored<T::Record>>, DiskError> {
        if self.shared.unreadable.get() == Some(index) {
            return Err(DiskError::Unreadable(index));
        }
        Ok(self.shared.recovered.borrow().get(index as usize).cloned())
    }

    /// Appends a record. Gives the name of this write, by which [`sync`](Self::sync) calls it if the disk is full.
    pub fn append(&self, record: T::Record) -> WriteToken {
        self.shared.append(record)
    }

    /// Keeps the first `keep` records and removes the others. There is always room for that.
    pub fn truncate(&self, keep: u64) {
        self.shared.push(Effect::Truncate(keep));
    }

    /// Atomically replaces all records with these. There is always room for no more records than there are.
    pub fn replace(&self, records: Vec<T::Record>) -> WriteToken {
        self.shared.replace(records)
    }

    /// Waits until all that was written so far is durable. Other tasks go on meanwhile. If the future is dropped, the
    /// sync goes on, and nobody hears how it ends.
    ///
    /// # Errors
    /// [`DiskError::SyncFailed`], or [`DiskError::Full`] if a write before it found the disk full and no sync had said
    /// so when this one began.
    pub fn sync(&self) -> impl Future<Output = Result<(), DiskError>> + use<'n, T> {
        sync(self.shared)
    }
}

/// If nobody waits any more, the result is of no use.
struct Waiting<'s, T: Program>(&'s Shared<T>, SyncToken);

impl<T: Program> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        self.0.syncs.borrow_mut().retain(|sync| sync.token != self.1);
    }
}

async fn sync<T: Program>(shared: &Shared<T>) -> Result<(), DiskError> {
    let waiting = Waiting(shared, shared.sync());
    poll_fn(|cx| {
        let mut syncs = shared.syncs.borrow_mut();
        let sync = syncs.iter_mut().find(|sync| sync.token == waiting.1).expect("it is there while it is waited for");
        match sync.result {
            Some(result) => {
                if let Err(DiskError::Full(_)) = result {
                    shared.told_up_to(sync.writes);
                }
                Poll::Ready(result)
            }
            None => {
                sync.waiter = Some(shared.executor.waiter(cx));
                Poll::Pending
            }
        }
    })
    .await
}

impl<T: Program> fmt::Debug for Disk<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}
