//! What the messages of a run say.

use std::collections::BTreeMap;

use super::name::{ChoiceName, Content};
use super::{Answer, Deviation};

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
        let name = ChoiceName::new(message);
        let Some(parts) = name.parts() else { return };
        let count = self.counts.entry((parts.stem.to_owned(), gist)).or_default();
        self.contents.insert(message.to_owned(), Content { gist, nth: *count });
        *count += 1;
    }

    /// What the message says that a question is about.
    pub(super) fn content_of(&self, name: &ChoiceName) -> Option<Content> {
        let parts = name.parts()?;
        let message = name.as_str().strip_suffix(parts.rest)?;
        self.contents.get(message).copied()
    }
}

impl ByContent {
    pub(super) fn of(deviations: &[Deviation]) -> Self {
        let names = deviations.iter().map(|deviation| &deviation.name).filter(|name| name.content().is_some());
        Self(names.map(|name| (name.by_content(), name.clone())).collect())
    }

    /// Under which name the answer to a question is given, if it is: for a message that says what it
    /// says, whatever its ordinal was.
    pub(super) fn given<'n>(
        &'n self,
        name: &'n ChoiceName,
        answers: &BTreeMap<ChoiceName, Answer>,
    ) -> Option<&'n ChoiceName> {
        // What stands under this name is for another message, unless nobody knows for which.
        let by_ordinal = || {
            let (given, _) = answers.get_key_value(name)?;
            given.content().is_none().then_some(name)
        };
        let by_content = name.content().and_then(|_| self.0.get(&name.by_content()));
        by_content.or_else(by_ordinal)
    }
}
