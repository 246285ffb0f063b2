//! The disk of a server, as its tasks use it.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use async_nodes::{Node, Watch, spawn_named};

use super::message::Record;
use super::system::AsyncKv;

/// The disk, and how much of what was written is durable.
pub(super) struct Storage {
    node: Node<AsyncKv>,
    /// How many records were written.
    written: Cell<u64>,
    /// How many of them are durable, or will be when a sync is over that has begun.
    syncing: Cell<u64>,
    durable: Watch<u64>,
}

impl Storage {
    pub(super) fn new(node: Node<AsyncKv>) -> Self {
        Self { node, written: Cell::new(0), syncing: Cell::new(0), durable: Watch::new(0) }
    }

    /// Writes a record, which the next [`flush`](Self::flush) makes durable.
    pub(super) fn write(&self, record: Record) {
        self.node.disk().append(record);
        self.written.set(self.written.get() + 1);
    }

    /// Waits until all is durable that was written so far. Tasks share a sync, which is a task of its own: it goes on
    /// for the others if the one that began it is dropped. Where the disk fails, the server stops.
    pub(super) async fn flush(self: &Rc<Self>) {
        let written = self.written.get();
        if self.syncing.replace(written) < written {
            let storage = Rc::clone(self);
            spawn_named("sync", async move {
                storage.sync().await;
                storage.durable.modify(|durable| *durable = written.max(*durable));
            });
        }
        self.durable.wait_for(|durable| *durable >= written).await;
    }

    /// Waits until all is durable that is on the disk, also what an earlier incarnation has written.
    pub(super) async fn sync(&self) {
        if let Err(error) = self.node.disk().sync().await {
            self.node.halt(error.reason());
            pending::<()>().await;
        }
    }
}
