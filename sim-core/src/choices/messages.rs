//! What the messages of a run say.

use std::collections::BTreeMap;

use super::name::Content;
use super::stems::StemId;

/// What the messages say that have been sent so far.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// By their stems and ordinals.
    contents: BTreeMap<(StemId, u64), Content>,
    /// How many with this stem said this.
    counts: BTreeMap<(StemId, u32), u32>,
}

impl Messages {
    /// A message has been sent.
    pub(super) fn note(&mut self, stem: StemId, ordinal: u64, gist: u32) {
        let count = self.counts.entry((stem, gist)).or_default();
        self.contents.insert((stem, ordinal), Content { gist, nth: *count });
        *count += 1;
    }

    /// What the message says that a question is about, if it is about one.
    pub(super) fn content_of(&self, stem: StemId, ordinal: u64) -> Option<Content> {
        self.contents.get(&(stem, ordinal)).copied()
    }
}
