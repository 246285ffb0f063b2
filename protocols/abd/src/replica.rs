//! A node as a replica: it has a copy of each register.

use sim_core::NodeId;

use super::flaws::AbdFlaw;
use super::message::{Message, Phase, Tag, Tagged};
use super::node::{Abd, Ctx};
use super::storage::Record;

impl Abd {
    /// Its copies and their registers.
    pub(super) fn tags(&self) -> impl Iterator<Item = (u32, Tag)> {
        self.copies.iter().map(|(key, latest)| (*key, latest.tag))
    }

    /// Its copy of a register.
    pub(super) fn copy_of(&self, key: u32) -> Tagged {
        self.copies.get(&key).copied().unwrap_or(Tagged::INITIAL)
    }

    /// Keeps what is newer than its copy, and acknowledges it when it will not forget it.
    pub(super) fn store(&mut self, coordinator: NodeId, phase: Phase, (key, latest): (u32, Tagged), ctx: &mut Ctx<'_>) {
        let before = self.copy_of(key);
        if latest.tag > before.tag || self.has(AbdFlaw::OverwritesNewer) {
            if self.has(AbdFlaw::TearsCopies) {
                let only_tag = Tagged { write: before.write, ..latest };
                self.journal.append(Record::Copy { key, latest: only_tag }, ctx);
            }
            self.journal.append(Record::Copy { key, latest }, ctx);
            self.copies.insert(key, latest);
        }
        if !self.has(AbdFlaw::AckBeforeSync) {
            self.journal.make_durable(ctx);
        }
        ctx.send(coordinator, Message::StoreReply { phase });
    }
}
