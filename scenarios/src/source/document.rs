//! A parsed scenario: the tree, and the sources it was made from.

use serde::de::Deserialize;

use super::de::{read, read_erased};
use super::diagnostic::{Diagnostic, Label};
use super::parse::parse_tree;
use super::set::Override;
use super::text::Source;
use super::tree::{Node, Span};

/// Reads a value of a type that it knows from the only entry of an object.
pub trait Read<T>: FnOnce(&mut dyn erased_serde::Deserializer<'_>) -> Result<T, erased_serde::Error> {}

impl<T, F> Read<T> for F where F: FnOnce(&mut dyn erased_serde::Deserializer<'_>) -> Result<T, erased_serde::Error> {}

/// A parsed file, with the overrides which were applied to it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file, then the overrides. Spans of the tree refer to them by index.
    sources: Vec<Source>,
    root: Node,
}

impl Document {
    pub(super) fn parse(source: &Source) -> Result<Document, Diagnostic> {
        let root = parse_tree(source, 0, 0)?;
        let sources = vec![source.clone()];
        Ok(Document { sources, root })
    }

    /// Replaces or adds the values of `overrides`, in their order.
    ///
    /// Objects on the way to a value are made when they do not exist; elements
    /// of arrays must exist.
    ///
    /// # Errors
    ///
    /// The first path which leads through something that is neither object nor
    /// array, or to an element which does not exist; the diagnostic points into
    /// the override.
    pub fn with_overrides(mut self, overrides: &[Override]) -> Result<Document, Diagnostic> {
        for change in overrides {
            change.apply(&mut self.root, self.sources.len())?;
            self.sources.push(change.source().clone());
        }
        Ok(self)
    }

    /// Reads the document into a typed value.
    ///
    /// # Errors
    ///
    /// The first value which does not fit the type. Keys which are missing from
    /// an object are found after all else in it.
    pub fn deserialize<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Diagnostic> {
        read(&self.root, None).map_err(|problem| problem.into_diagnostic(|span| self.label(span, "")))
    }

    /// Reads the value at `path` with a function that knows its type, as if the object there had none
    /// of the keys `without`.
    ///
    /// # Errors
    ///
    /// The first value which does not fit the type.
    ///
    /// # Panics
    ///
    /// When there is nothing at `path`.
    pub fn read_at<T>(&self, path: &[&str], without: &[&str], read: impl Read<T>) -> Result<T, Diagnostic> {
        let part = self.existing(path).without(without);
        self.read_part(&part, path, read)
    }

    /// Reads the value at `path` as if the object there had none of the keys `without`, and in the place
    /// of its others those of the object at `changes` that have the same name. What is missing is
    /// missing at `changes`.
    ///
    /// # Errors
    ///
    /// The first value which does not fit the type.
    ///
    /// # Panics
    ///
    /// When there is nothing at `path` or at `changes`.
    pub fn read_changed<T>(
        &self,
        path: &[&str],
        without: &[&str],
        changes: &[&str],
        read: impl Read<T>,
    ) -> Result<T, Diagnostic> {
        let part = self.existing(path).without(without).replaced_by(self.existing(changes));
        self.read_part(&part, changes, read)
    }

    fn existing(&self, path: &[&str]) -> &Node {
        self.root.find(path).expect("who reads a part of a document has seen that it is there")
    }

    fn read_part<T>(&self, part: &Node, path: &[&str], read: impl Read<T>) -> Result<T, Diagnostic> {
        let value = read_erased(part, self.key_span_of(path), read);
        value.map_err(|problem| problem.into_diagnostic(|span| self.label(span, "")))
    }

    /// The paths of all nulls, but for those below one of the paths `except`.
    #[must_use]
    pub fn nulls(&self, except: &[&[&str]]) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        self.root.find_nulls(&mut Vec::new(), &mut found);
        found.retain(|path| !except.iter().any(|above| starts_with(path, above)));
        found
    }

    /// Where the value at `path` was written. A step of the path is the key of
    /// an object or the index of an array in decimal, from 0.
    #[must_use]
    pub fn span_of(&self, path: &[&str]) -> Option<Span> {
        self.root.find(path).map(|node| node.span)
    }

    /// Where the key at the end of `path` was written; `None` also when the
    /// last step is the index of an array.
    #[must_use]
    pub fn key_span_of(&self, path: &[&str]) -> Option<Span> {
        let (last, parents) = path.split_last()?;
        let entry = self.root.find(parents)?.entry(last)?;
        Some(entry.key.span)
    }

    /// A label for a span of this document.
    ///
    /// # Panics
    ///
    /// When the span is of another document, with more sources.
    #[must_use]
    pub fn label(&self, span: Span, text: impl Into<String>) -> Label {
        let source = self.sources[span.source].clone();
        Label::new(source, span.start..span.end, text)
    }

    /// A diagnostic about a span of this document, for checks which come after
    /// deserialisation.
    ///
    /// # Panics
    ///
    /// When the span is of another document, with more sources.
    #[must_use]
    pub fn diagnostic(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message, self.label(span, ""))
    }

    /// The document as a JSON value, overrides included.
    #[must_use]
    pub fn to_json_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.root).expect("a tree has string keys and finite numbers")
    }

    /// The document as indented JSON, overrides included and comments left
    /// out, with the keys in the order of the text.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        serde_json::to_string_pretty(&self.root).expect("a tree has string keys and finite numbers")
    }
}

fn starts_with(path: &[String], above: &[&str]) -> bool {
    path.len() >= above.len() && path.iter().zip(above).all(|(step, other)| step == other)
}
