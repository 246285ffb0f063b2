//! Places in a document, and the mistakes found there.
//!
//! The types of the file hold plain values, so that they can be written as well as read. Where a
//! value stands in the text is located by path.

use sim_core::Duration;

use super::whole::Whole;
use crate::source::{Diagnostic, Document, help_with_name, quoted};

/// The place of a value in a document.
#[derive(Clone, Debug)]
pub(crate) struct Place<'d> {
    document: &'d Document,
    path: Vec<String>,
}

/// The mistakes found so far. Checks go on after a mistake, so that the user sees all of them.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    found: Vec<Diagnostic>,
}

impl<'d> Place<'d> {
    /// The place of the whole document.
    pub(crate) const fn root(document: &'d Document) -> Self {
        Self { document, path: Vec::new() }
    }

    /// The value of a key.
    pub(crate) fn key(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        Self { document: self.document, path }
    }

    /// The value at a path of keys with dots between them.
    pub(crate) fn path(&self, dotted: &str) -> Self {
        dotted.split('.').fold(self.clone(), |place, step| place.key(step))
    }

    /// An element of an array.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.key(&index.to_string())
    }

    /// Whether there is something.
    pub(crate) fn exists(&self) -> bool {
        self.document.span_of(&self.steps()).is_some()
    }

    /// A mistake in the value. If there is none, as where a default makes no sense, the mistake is
    /// in what should hold it.
    pub(crate) fn mistake(&self, message: impl Into<String>) -> Diagnostic {
        let steps = self.steps();
        let span = (0..=steps.len()).rev().find_map(|length| self.document.span_of(&steps[..length]));
        self.document.diagnostic(span.expect("every document has a root"), message)
    }

    /// A mistake in the key: it should not be there, or something with it should.
    pub(crate) fn key_mistake(&self, message: impl Into<String>) -> Diagnostic {
        match self.document.key_span_of(&self.steps()) {
            Some(span) => self.document.diagnostic(span, message),
            None => self.mistake(message),
        }
    }

    fn steps(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

impl Mistakes {
    /// One more.
    pub(crate) fn push(&mut self, mistake: Diagnostic) {
        self.found.push(mistake);
    }

    /// What a step of the reading gave; its mistake is noted if it gave none.
    pub(crate) fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|mistake| self.push(mistake)).ok()
    }

    /// `name` must be one of those `known`, which are called `word`s.
    pub(crate) fn check_name(&mut self, place: &Place<'_>, word: &str, name: &str, known: &[&str]) {
        if !known.contains(&name) {
            let mut mistake = place.mistake(format!("unknown {word} {}", quoted(name)));
            mistake.help = help_with_name(word, name, known);
            self.push(mistake);
        }
    }

    /// The same where the name is a key.
    pub(crate) fn check_key(&mut self, place: &Place<'_>, word: &str, name: &str, known: &[&str]) {
        if !known.contains(&name) {
            let mut mistake = place.key_mistake(format!("unknown {word} {}", quoted(name)));
            mistake.help = help_with_name(word, name, known);
            self.push(mistake);
        }
    }

    /// `value` must be in `least..=most`; `what` it is counts in the message. Gives the number of the
    /// range that is nearest to it.
    pub(crate) fn check_number(&mut self, place: &Place<'_>, what: &str, value: Whole, least: u64, most: u64) -> u64 {
        let nearest = value.clamp(least, most);
        if Whole::from(nearest) != value {
            self.push(place.mistake(format!("expected {what} from {least} to {most}, found {value}")));
        }
        nearest
    }

    /// A span of time must be at most `most`.
    pub(crate) fn check_span(&mut self, place: &Place<'_>, span: Duration, most: Duration) {
        if span > most {
            self.push(place.mistake(format!("too long: {span} is more than {most}")));
        }
    }

    /// A range of times must not be the wrong way round.
    pub(crate) fn check_order(&mut self, place: &Place<'_>, low: Duration, high: Duration) {
        if low > high {
            let message = format!("the range is the wrong way round: {low} is longer than {high}");
            self.push(place.mistake(message).with_help("write the shortest first, then the longest"));
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them, in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(Diagnostic::line_column);
        self.found
    }
}

/// Longest time of one thing that happens: a delay, a timeout, a pause. Keeps sums of times far
/// from what a number can hold.
pub(crate) const LONGEST_SPAN: Duration = Duration::from_secs(24 * 3600);
