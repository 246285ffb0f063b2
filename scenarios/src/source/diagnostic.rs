//! An error with the places it is about, and its rendering for a terminal.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::text::Source;

/// One mistake of the user: what is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it keeps the file from being used.
    pub severity: Severity,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// The text at fault.
    pub primary: Label,
    /// Other places which explain the mistake.
    pub secondary: Vec<Label>,
    /// What the user can do about it, each one line.
    pub help: Vec<String>,
}

/// How bad a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and is probably not what was meant.
    Warning,
    /// It does not work.
    Error,
}

/// A place in a source, with a remark to print next to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    source: Source,
    range: Range<usize>,
    text: Box<str>,
}

impl Diagnostic {
    /// A diagnostic with nothing but a message and a place.
    #[must_use]
    pub fn new(message: impl Into<String>, primary: Label) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            primary,
            secondary: Vec::new(),
            help: Vec::new(),
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn as_warning(self) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self }
    }

    /// Adds a place which explains the mistake.
    #[must_use]
    pub fn with_secondary(mut self, label: Label) -> Diagnostic {
        self.secondary.push(label);
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// Line and column of the text at fault, counted from 1.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        self.primary.line_column()
    }

    /// The diagnostic as text of several lines for a terminal, without a
    /// newline at the end. With `color` it contains ANSI escape sequences.
    ///
    /// A place which spans several lines is shown by its first line.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let title = level.primary_title(&self.message);
        let group = Group::with_title(title)
            .elements(self.snippets())
            .elements(self.help.iter().map(|help| Level::HELP.message(help)));
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// One snippet for each source, that of the primary label first.
    fn snippets(&self) -> Vec<Snippet<'_, Annotation<'_>>> {
        let mut sources = vec![&self.primary.source];
        for label in &self.secondary {
            if !sources.contains(&&label.source) {
                sources.push(&label.source);
            }
        }
        sources.into_iter().map(|source| self.snippet(source)).collect()
    }

    fn snippet<'a>(&'a self, source: &'a Source) -> Snippet<'a, Annotation<'a>> {
        let primary = (AnnotationKind::Primary, &self.primary);
        let secondary = self.secondary.iter().map(|label| (AnnotationKind::Context, label));
        let labels: Vec<_> =
            std::iter::once(primary).chain(secondary).filter(|(_, label)| label.source == *source).collect();
        let shown = source.around(labels.iter().map(|(_, label)| label.range()));
        Snippet::source(&source.text()[shown.clone()])
            .line_start(source.line_column(shown.start).0)
            .path(source.name())
            .annotations(labels.into_iter().map(|(kind, label)| label.annotation(kind, shown.start)))
    }
}

impl fmt::Display for Diagnostic {
    /// One line for logs: name, line, column and message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        let name = self.primary.source.name();
        write!(formatter, "{name}:{line}:{column}: {}", self.message)
    }
}

impl Error for Diagnostic {}

impl Label {
    /// Marks `range`, in bytes, of the text of `source`.
    ///
    /// The range is brought inside the text and to whole characters. `text` is
    /// printed next to the place and may be empty.
    #[must_use]
    pub fn new(source: Source, range: Range<usize>, text: impl Into<String>) -> Label {
        let range = source.clamp(range);
        Label { source, range, text: text.into().into_boxed_str() }
    }

    /// The source which holds the place.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The place, in bytes of the text of the source.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The remark next to the place, empty for none.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column where the place starts, counted from 1.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.range.start)
    }

    /// In the text of the source from `begin` on.
    fn annotation(&self, kind: AnnotationKind, begin: usize) -> Annotation<'_> {
        let text = (!self.text.is_empty()).then_some(&*self.text);
        let Range { start, end } = self.source.first_line(self.range());
        kind.span(start - begin..end - begin).label(text)
    }
}
