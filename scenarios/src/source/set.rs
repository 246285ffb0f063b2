//! Values of the command line which replace those of the file.

use std::ops::Range;

use super::diagnostic::{Diagnostic, Label};
use super::parse::parse_tree;
use super::text::Source;
use super::token_check::MAXIMUM_DEPTH;
use super::tree::{Entry, Key, Node, NodeValue, Span};
use super::wording::{printable, quoted, with_article};

/// One `--set KEY=VALUE`.
///
/// `KEY` is a path of keys and indices separated by dots, such as
/// `protocol.flaws` or `faults.0.at`. `VALUE` is JSON; what is not JSON is taken
/// as a string, so `run_for=5s` needs no quotes which a shell would eat, unless it begins like an
/// array, an object or a string: then it is a mistake.
#[derive(Clone, Debug)]
pub struct Override {
    source: Source,
    /// The steps of the path, as ranges of the text.
    path: Vec<Range<usize>>,
    value_start: usize,
}

impl Override {
    /// Reads the argument of a `--set` option.
    ///
    /// # Errors
    ///
    /// When there is no `=`, or a step of the path is empty, or the path has
    /// more steps than a document may have levels.
    pub fn parse(argument: &str) -> Result<Override, Diagnostic> {
        // A source drops a byte order mark, which would shift the ranges.
        let argument = argument.trim_start_matches('\u{feff}');
        let Some((key, _)) = argument.split_once('=') else {
            return Err(no_equals_sign(argument));
        };
        let name = format!("--set {}=…", printable(key));
        let parsed = Override { source: Source::new(name, argument), path: steps(key), value_start: key.len() + 1 };
        parsed.check_path()?;
        Ok(parsed)
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Puts the value into the tree. `index` is the number which this source
    /// has in the document.
    pub(super) fn apply(&self, root: &mut Node, index: usize) -> Result<(), Diagnostic> {
        let value = self.value(index)?;
        let mut node = root;
        for step in 0..self.path.len() {
            node = self.descend(node, step, index)?;
        }
        *node = value;
        Ok(())
    }

    fn value(&self, index: usize) -> Result<Node, Diagnostic> {
        let range = self.value_start..self.source.text().len();
        let text = &self.source.text()[range.clone()];
        parse_tree(&self.source, self.value_start, index).or_else(|error| {
            // What begins like JSON was meant as JSON, and a slip in it must not pass as a string.
            if text.trim_start().starts_with(['[', '{', '"']) {
                return Err(error);
            }
            Ok(Node { span: span(index, &range), value: NodeValue::String(text.to_owned()) })
        })
    }

    /// The child of `node` which a step of the path leads to.
    fn descend<'a>(&self, node: &'a mut Node, step: usize, index: usize) -> Result<&'a mut Node, Diagnostic> {
        let kind = node.kind();
        match &mut node.value {
            NodeValue::Object(entries) => Ok(self.entry(entries, step, index)),
            NodeValue::Array(elements) => self.element(elements, step),
            _ => {
                let kind = with_article(kind);
                let message = format!("{} is {kind} and has no keys", self.parent(step));
                Err(self.wrong_step(step, message))
            }
        }
    }

    /// The value of a key, made as an empty object when there is none: either
    /// the path goes on from it, or the value replaces it.
    fn entry<'a>(&self, entries: &'a mut Vec<Entry>, step: usize, index: usize) -> &'a mut Node {
        let name = self.step(step);
        let span = span(index, &self.path[step]);
        let position = entries.iter().position(|entry| entry.key.name == name);
        let position = position.unwrap_or_else(|| {
            let name = name.to_owned();
            let value = NodeValue::Object(Vec::new());
            entries.push(Entry { key: Key { name, span }, value: Node { span, value } });
            entries.len() - 1
        });
        &mut entries[position].value
    }

    fn element<'a>(&self, elements: &'a mut [Node], step: usize) -> Result<&'a mut Node, Diagnostic> {
        let length = elements.len();
        let index = self.step(step).parse::<usize>().ok();
        match index.and_then(|index| elements.get_mut(index)) {
            Some(element) => Ok(element),
            None => {
                let parent = self.parent(step);
                let message = match (index, length) {
                    (None, _) => format!("{parent} is an array: expected an index"),
                    (_, 0) => format!("index out of range: {parent} is empty"),
                    (_, 1) => format!("index out of range: {parent} has only the element 0"),
                    _ => format!("index out of range: {parent} has the elements 0 to {}", length - 1),
                };
                Err(self.wrong_step(step, message))
            }
        }
    }

    fn check_path(&self) -> Result<(), Diagnostic> {
        if let Some(step) = self.path.iter().position(Range::is_empty) {
            let help = "write the path as in `protocol.flaws=[]`";
            return Err(self.wrong_step(step, "empty key in the path").with_help(help));
        }
        if self.path.len() > MAXIMUM_DEPTH {
            let message = format!("the path has more than {MAXIMUM_DEPTH} steps");
            return Err(self.wrong_step(MAXIMUM_DEPTH, message));
        }
        Ok(())
    }

    fn step(&self, step: usize) -> &str {
        &self.source.text()[self.path[step].clone()]
    }

    /// What a step leads out of, as the user would call it.
    fn parent(&self, step: usize) -> String {
        match step.checked_sub(1) {
            Some(last) => quoted(&self.source.text()[..self.path[last].end]),
            None => "the file".to_owned(),
        }
    }

    fn wrong_step(&self, step: usize, message: impl Into<String>) -> Diagnostic {
        let label = Label::new(self.source.clone(), self.path[step].clone(), "");
        Diagnostic::new(message, label)
    }
}

/// The ranges between the dots of `key`.
fn steps(key: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    key.split('.')
        .map(|step| {
            let range = start..start + step.len();
            start = range.end + 1;
            range
        })
        .collect()
}

fn span(index: usize, range: &Range<usize>) -> Span {
    Span { source: index, start: range.start, end: range.end }
}

fn no_equals_sign(argument: &str) -> Diagnostic {
    let source = Source::new(format!("--set {}", printable(argument)), argument);
    let label = Label::new(source, 0..argument.len(), "");
    Diagnostic::new("expected KEY=VALUE", label).with_help("write it as in `protocol.flaws=[]`")
}
