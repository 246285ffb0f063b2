//! What the reader of a fault needs: where it stands, what it must agree with, what is wrong.

use sim_core::Selector;

use crate::file::place::{Mistakes, Place};
use crate::file::selector::SelectorText;
use crate::file::terms::Terms;
use crate::source::quoted;

/// Reads the parts of one fault.
pub(super) struct Reader<'r, 'd> {
    /// Where it stands.
    pub(super) place: &'r Place<'d>,
    /// What it must agree with.
    pub(super) terms: &'r Terms,
    /// What is wrong.
    pub(super) mistakes: &'r mut Mistakes,
}

impl Reader<'_, '_> {
    /// Whom a key names.
    pub(super) fn selector(&mut self, key: &str, text: &SelectorText) -> Selector {
        text.read(&self.place.path(key), self.terms, self.mistakes)
    }

    /// All whom a key names.
    pub(super) fn selectors(&mut self, key: &str, texts: &Option<Vec<SelectorText>>) -> Vec<Selector> {
        let texts = texts.iter().flatten().enumerate();
        texts.map(|(place, text)| self.selector(&format!("{key}.{place}"), text)).collect()
    }

    /// The same where there is nobody else whom it could leave out.
    pub(super) fn target(&mut self, key: &str, text: &Option<SelectorText>) -> Option<Selector> {
        let selector = self.selector(key, text.as_ref()?);
        if selector == Selector::Others {
            let mistake = self.place.path(key).mistake("`others` than whom?");
            self.mistakes.push(mistake.with_help("write `all` for all nodes"));
        }
        Some(selector)
    }

    /// The same, refusing clients.
    pub(super) fn node_target(&mut self, key: &str, text: &Option<SelectorText>) -> Option<Selector> {
        let selector = self.target(key, text)?;
        if selector == Selector::Clients || matches!(&selector, Selector::Node(id) if id.is_client()) {
            let message = format!("{} is for nodes, not for clients", quoted(key));
            self.mistakes.push(self.place.key(key).mistake(message));
        }
        Some(selector)
    }

    /// A modifier without which the kind says nothing.
    pub(super) fn required<T: Copy>(&mut self, kind: &str, key: &str, value: Option<T>, example: &str) -> Option<T> {
        if value.is_none() {
            let mistake = self.place.key(kind).key_mistake(format!("{} needs {}", quoted(kind), quoted(key)));
            self.mistakes.push(mistake.with_help(format!("add `{key}`, as in `\"{key}\": {example}`")));
        }
        value
    }

    /// Whether the protocol knows messages of the kind that a key names.
    pub(super) fn check_message_kind(&mut self, key: &str, kind: &str) {
        if !self.terms.messages.is_empty() {
            self.mistakes.check_name(&self.place.key(key), "message kind", kind, &self.terms.messages);
        }
    }

    /// A mistake in the value of a key.
    pub(super) fn refuse(&mut self, key: &str, message: impl Into<String>) {
        self.mistakes.push(self.place.path(key).mistake(message));
    }

    /// This key is not allowed here.
    pub(super) fn refuse_key(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(self.place.key(key).key_mistake(message).with_help(help));
    }
}
