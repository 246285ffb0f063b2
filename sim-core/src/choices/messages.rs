//! What the messages of a run say.

use std::collections::BTreeMap;

use super::Deviation;
use super::name::{ChoiceName, Content, parts_of};

/// What the messages say that have been sent so far.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// By their names.
    contents: BTreeMap<String, Content>,
    /// How many with this stem said this.
    counts: BTreeMap<(String, u32), u32>,
}

/// The names of given answers about messages, by what the messages say.
#[derive(Debug)]
pub(super) struct ByContent(BTreeMap<String, ChoiceName>);

impl Messages {
    /// A message has been sent.
    pub(super) fn note(&mut self, message: &str, gist: u32) {
        let Some(parts) = parts_of(message) else { return };
        let count = self.counts.entry((parts.stem.to_owned(), gist)).or_default();
        self.contents.insert(message.to_owned(), Content { gist, nth: *count });
        *count += 1;
    }

    /// What the message says that a question is about.
    pub(super) fn content_of(&self, name: &str) -> Option<Content> {
        let message = name.strip_suffix(parts_of(name)?.rest)?;
        self.contents.get(message).copied()
    }
}

impl ByContent {
    pub(super) fn of(deviations: &[Deviation]) -> Self {
        let names = deviations.iter().map(|deviation| &deviation.name).filter(|name| name.content().is_some());
        Self(names.map(|name| (name.by_content(), name.clone())).collect())
    }

    /// Under which name the answer to a question about a message is given, for a message that says what it
    /// says, whatever its ordinal was.
    pub(super) fn find(&self, name: &str, content: Option<Content>) -> Option<&ChoiceName> {
        self.0.get(&ChoiceName::new(name).about(Some(content?)).by_content())
    }
}
