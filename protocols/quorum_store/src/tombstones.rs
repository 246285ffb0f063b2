//! Tombstones: what replicas keep of a key that was deleted, and for how long.

use sim_core::Duration;

use super::flaws::QuorumFlaw;
use super::message::Event;
use super::node::{Ctx, QuorumStore};
use super::storage::Record;

impl QuorumStore {
    /// Notices when there is nothing left of a key but tombstones, or when there is something again.
    pub(super) fn notice_deletion(&mut self, key: u32, is_deleted: bool, ctx: &Ctx<'_>) {
        if is_deleted {
            self.deleted_since.insert(key, ctx.now());
        } else {
            self.deleted_since.remove(&key);
        }
    }

    /// Forgets the tombstones that are old enough. For as long again it does not let others bring them back, who
    /// forget them a little later.
    pub(super) fn collect_tombstones(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let grace = self.config.tombstone_grace;
        self.collected.retain(|_, at| now.since(*at) < grace);
        let least = if self.has(QuorumFlaw::GossipResurrect) { Duration::ZERO } else { grace };
        let due: Vec<u32> =
            self.deleted_since.iter().filter(|(_, at)| now.since(**at) >= least).map(|(key, _)| *key).collect();
        for key in due {
            self.deleted_since.remove(&key);
            let Some(cell) = self.memory.cells.remove(&key) else { continue };
            self.update_tree(key);
            let dots: Vec<_> = cell.dots().collect();
            self.collected.extend(dots.iter().map(|dot| (*dot, now)));
            self.journal.append(Record::Collected { key }, ctx);
            self.journal.make_durable(ctx);
            ctx.emit(Event::Collected { key, dots });
        }
    }
}
