//! What a node writes to its disk, and how it finds itself again after a crash.
//!
//! A node that tells others something promises to remember it. The [`Journal`] keeps the three rules
//! that follow from that, so that no protocol has to repeat them:
//!
//! - *Durable before it is said.* [`make_durable`](Journal::make_durable) waits until the disk holds
//!   all that was written. It costs nothing where nothing was written, so a handler calls it before
//!   whatever rests on its records.
//! - *Recovery makes durable first.* A crash of the process alone leaves records that are only in the
//!   cache, and a power loss later would take them away: [`open`](Journal::open) syncs what it finds
//!   (Rebello et al., USENIX ATC 2020).
//! - *Only the tail may be torn.* No sync covered the record that a power loss tore, so nobody was told
//!   of it, and it is cut off. A corrupt record before the last was durable once, and what it said may
//!   have been promised to others: the node must not go on (Alagappan et al., FAST 2018).
//!
//! A value of which only the latest counts, such as a term or a ballot, is [`Persistent`]: it knows
//! whether the disk was told of it.
//!
//! # Example
//!
//! A replica of a register that answers a write when it will not forget it, as those of Attiya, Bar-Noy
//! and Dolev (1995) do:
//!
//! ```
//! use parts::journal::{Journal, Persistent};
//! use sim_core::{Context, NodeId, Nothing, Protocol};
//!
//! #[derive(Debug, Default)]
//! struct Replica {
//!     journal: Journal,
//!     /// The timestamp and the value.
//!     latest: Persistent<(u64, u32)>,
//! }
//!
//! #[derive(Clone, Debug, serde::Serialize)]
//! enum Message {
//!     Store(u64, u32),
//!     Stored(u64),
//! }
//!
//! impl Protocol for Replica {
//!     type Message = Message;
//!     type Timer = Nothing;
//!     type Record = (u64, u32);
//!     type Op = Nothing;
//!     type Reply = Nothing;
//!     type Event = Nothing;
//!
//!     fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
//!         // Where the disk is broken, the node has been stopped.
//!         let Some(records) = self.journal.open(ctx) else { return };
//!         self.latest = Persistent::written(records.last().copied().copied().unwrap_or_default());
//!     }
//!
//!     fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
//!         let Message::Store(timestamp, value) = message else { return };
//!         if timestamp > self.latest.0 {
//!             *self.latest = (timestamp, value);
//!         }
//!         if self.latest.mark_written() {
//!             self.journal.append(*self.latest, ctx);
//!         }
//!         self.journal.make_durable(ctx);
//!         ctx.send(from, Message::Stored(timestamp));
//!     }
//! }
//! ```

mod good;
mod persistent;

#[cfg(test)]
mod tests;

use sim_core::{Context, Protocol, Stored};

pub use good::{BrokenDisk, good_records, good_records_while};
pub use persistent::Persistent;

/// A node's side of its disk: an append-only log of records, and whether all of them are durable.
///
/// It holds none of them: [`open`](Self::open) hands them out once, and the node keeps what they say
/// as it likes. What is written past it, through [`Context::disk`], it does not know of.
///
/// The [module](self) has an example.
#[derive(Debug, Default)]
pub struct Journal {
    /// Whether something was written that no barrier covers.
    unsynced: bool,
}

impl Journal {
    /// Gives the records that survived, oldest first, and makes them durable; a torn one behind them is
    /// cut off. Where the disk holds what no crash can have left, the node is stopped and there is
    /// nothing to give.
    ///
    /// For `on_start`, before anything else is asked of the context.
    #[must_use = "without them the node has forgotten what it has promised"]
    pub fn open<'a, P: Protocol>(&mut self, ctx: &mut Context<'a, P>) -> Option<Vec<&'a P::Record>> {
        self.open_while(ctx, |_| true)
    }

    /// The same where records rest on each other. The first that does not fit to those before it is cut
    /// off, and all behind it: a disk that reorders its writes has lost one and kept those that follow,
    /// and no sync covered any of them.
    #[must_use = "without them the node has forgotten what it has promised"]
    pub fn open_while<'a, P: Protocol>(
        &mut self,
        ctx: &mut Context<'a, P>,
        fits: impl FnMut(&'a P::Record) -> bool,
    ) -> Option<Vec<&'a P::Record>> {
        let stored = ctx.disk().records();
        let Ok(good) = good_records_while(stored, fits) else {
            ctx.halt("the disk is corrupt before its end");
            return None;
        };
        if good.len() < stored.len() {
            ctx.disk().truncate(good.len() as u64);
        }
        self.make_durable_what_was_found(stored, ctx);
        Some(good)
    }

    /// The same where each record makes sense without the others, and a node may do without any: corrupt
    /// ones are left out wherever they are, and stay on the disk.
    ///
    /// That forgets without a word what was durable and has rotted since. It is only for nodes that
    /// promise nothing which a single record could break, or that count on disks which do not rot.
    #[must_use = "without them the node has forgotten what it has promised"]
    pub fn open_readable<'a, P: Protocol>(&mut self, ctx: &mut Context<'a, P>) -> Vec<&'a P::Record> {
        let stored = ctx.disk().records();
        self.make_durable_what_was_found(stored, ctx);
        stored.iter().filter_map(Stored::readable).collect()
    }

    /// Nothing may be there because a boot that did not get as far as its sync cut off a torn record, which a power loss
    /// can bring back.
    fn make_durable_what_was_found<P: Protocol>(&mut self, found: &[Stored<P::Record>], ctx: &mut Context<'_, P>) {
        self.unsynced = !found.is_empty() || ctx.is_restart();
        self.make_durable(ctx);
    }

    /// Writes a record, which the next [`make_durable`](Self::make_durable) covers.
    pub fn append<P: Protocol>(&mut self, record: P::Record, ctx: &mut Context<'_, P>) {
        ctx.disk().append(record);
        self.unsynced = true;
    }

    /// Replaces all records by these, atomically: what a snapshot or a checkpoint leaves. The next
    /// [`make_durable`](Self::make_durable) covers them; until then a power loss brings the old ones back.
    pub fn rewrite<P: Protocol>(&mut self, records: Vec<P::Record>, ctx: &mut Context<'_, P>) {
        ctx.disk().replace(records);
        self.unsynced = true;
    }

    /// Waits until the disk holds all that was written. The effects that a handler asks for after this
    /// happen after that; so what the node says then, it will not have forgotten after a crash.
    pub fn make_durable<P: Protocol>(&mut self, ctx: &mut Context<'_, P>) {
        if std::mem::take(&mut self.unsynced) {
            ctx.disk().sync();
        }
    }
}

/// Writes what is found on the disk once more, and waits until that is durable: for a host whose guest takes what it can
/// read for durable or for lost. After a failed sync it may be neither (Rebello et al., USENIX ATC 2020).
pub fn write_again<P: Protocol>(ctx: &mut Context<'_, P>) {
    let stored = ctx.disk().records();
    let found: Vec<_> = stored.iter().map_while(Stored::readable).cloned().collect();
    // A record that is broken before the last is for the guest to stop at.
    if found.len() + 1 >= stored.len() && !found.is_empty() {
        ctx.disk().replace(found);
        ctx.disk().sync();
    }
}
