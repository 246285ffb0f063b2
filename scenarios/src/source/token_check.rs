//! What the parser lets pass and a scenario must not contain.
//!
//! The parser is lenient in three ways: it lets a string run over several
//! lines, so a forgotten quote shows up far from where it is missing; it takes
//! any Unicode white space, which other JSON tools refuse; and it descends by
//! recursion. This pass over its tokens is strict in all three, and needs no
//! stack.

use std::ops::Range;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::diagnostic::{Diagnostic, Label};
use super::text::Source;

/// How deep arrays and objects may be nested in one source. Far more than a
/// scenario needs, and far less than the recursive passes over the tree can
/// take, even when an override of that depth ends a path of that length.
pub(super) const MAXIMUM_DEPTH: usize = 128;

/// What the check found.
#[derive(Default)]
pub(super) struct TokenCheck {
    /// The first mistake in the text.
    pub(super) first: Option<Diagnostic>,
    /// Whether the text is nested too deeply to be parsed at all.
    pub(super) too_deep: bool,
}

/// Checks the tokens of `source` from `offset` on, up to the first which is
/// malformed: there the parser stops as well.
pub(super) fn check_tokens(source: &Source, offset: usize, options: &ScannerOptions) -> TokenCheck {
    let mut check = TokenCheck::default();
    let mut scanner = Scanner::new(&source.text()[offset..], options);
    let mut depth: usize = 0;
    let mut previous_end = offset;
    while let Ok(Some(token)) = scanner.scan() {
        let range = offset + scanner.token_start()..offset + scanner.token_end();
        check.note(odd_space(source, previous_end..range.start));
        match token {
            Token::OpenBrace | Token::OpenBracket => depth += 1,
            Token::CloseBrace | Token::CloseBracket => depth = depth.saturating_sub(1),
            Token::String(_) => check.note(control_character(source, range.clone())),
            _ => {}
        }
        if depth > MAXIMUM_DEPTH {
            check.note(Some(too_deep(source, range)));
            check.too_deep = true;
            return check;
        }
        previous_end = range.end;
    }
    check
}

impl TokenCheck {
    fn note(&mut self, found: Option<Diagnostic>) {
        if self.first.is_none() {
            self.first = found;
        }
    }
}

/// A string without its closing quote; `start` is the byte of the opening one.
pub(super) fn unterminated_string(source: &Source, start: usize) -> Diagnostic {
    let range = source.first_line(start..source.text().len());
    let label = Label::new(source.clone(), range, "no closing `\"` on this line");
    Diagnostic::new("unterminated string", label)
}

/// White space between tokens which is not white space in JSON.
fn odd_space(source: &Source, gap: Range<usize>) -> Option<Diagnostic> {
    let (offset, odd) = source.text()[gap.clone()]
        .char_indices()
        .find(|(_, character)| !matches!(character, ' ' | '\t' | '\r' | '\n'))?;
    let start = gap.start + offset;
    let message = format!("the character U+{:04X} is not allowed here", u32::from(odd));
    let label = Label::new(source.clone(), start..start + odd.len_utf8(), "");
    let help = "it looks like a space; write a plain one";
    Some(Diagnostic::new(message, label).with_help(help))
}

/// A control character in a string: JSON wants them escaped. A line end means
/// that the closing quote was forgotten.
fn control_character(source: &Source, range: Range<usize>) -> Option<Diagnostic> {
    let (offset, control) = source.text()[range.clone()].char_indices().find(|(_, character)| *character < ' ')?;
    if matches!(control, '\r' | '\n') {
        return Some(unterminated_string(source, range.start));
    }
    let code = u32::from(control);
    let start = range.start + offset;
    let label = Label::new(source.clone(), start..start + 1, "");
    let message = format!("the control character U+{code:04X} is not allowed in a string");
    Some(Diagnostic::new(message, label).with_help(format!("write it as `\\u{code:04x}`")))
}

fn too_deep(source: &Source, range: Range<usize>) -> Diagnostic {
    let text = format!("this is level {}", MAXIMUM_DEPTH + 1);
    let label = Label::new(source.clone(), range, text);
    let message = format!("nested too deeply: at most {MAXIMUM_DEPTH} levels are allowed");
    Diagnostic::new(message, label)
}
