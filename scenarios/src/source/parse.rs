//! From text to the tree, with the parser's errors put into the words of this
//! tool.

use std::collections::BTreeMap;
use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, ScannerOptions, parse_to_ast};

use super::diagnostic::{Diagnostic, Label};
use super::text::Source;
use super::token_check::{check_tokens, unterminated_string};
use super::tree::{Entry, Key, Node, NodeValue, Number, Span};
use super::wording::quoted;

/// JSON, plus comments and trailing commas, and nothing else.
const PARSE_OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

const SCANNER_OPTIONS: ScannerOptions = ScannerOptions {
    allow_single_quoted_strings: PARSE_OPTIONS.allow_single_quoted_strings,
    allow_hexadecimal_numbers: PARSE_OPTIONS.allow_hexadecimal_numbers,
    allow_unary_plus_numbers: PARSE_OPTIONS.allow_unary_plus_numbers,
    allow_bare_decimal_point_numbers: PARSE_OPTIONS.allow_bare_decimal_point_numbers,
    allow_non_finite_numbers: PARSE_OPTIONS.allow_non_finite_numbers,
    allow_extended_string_escapes: PARSE_OPTIONS.allow_extended_string_escapes,
};

/// Parses the text of `source` from byte `offset` on. The spans of the tree
/// carry `index` as the number of the source in its document.
pub(super) fn parse_tree(source: &Source, offset: usize, index: usize) -> Result<Node, Diagnostic> {
    let check = check_tokens(source, offset, &SCANNER_OPTIONS);
    if check.too_deep {
        return Err(check.first.expect("a text nested too deeply is a mistake"));
    }
    let text = &source.text()[offset..];
    let translation = Translation { source, offset, index };
    match parse_to_ast(text, &CollectOptions::default(), &PARSE_OPTIONS) {
        Err(error) => Err(earlier(translation.error(&error), check.first)),
        Ok(parsed) => match (check.first, parsed.value) {
            (Some(mistake), _) => Err(mistake),
            (None, None) => Err(translation.nothing()),
            (None, Some(value)) => translation.node(value),
        },
    }
}

/// Of two mistakes the one which comes first in the text: the later is often
/// only its consequence.
fn earlier(error: Diagnostic, other: Option<Diagnostic>) -> Diagnostic {
    match other {
        Some(other) if other.primary.range().start <= error.primary.range().start => other,
        _ => error,
    }
}

/// The way from the parser's terms to ours, for one text.
#[derive(Clone, Copy)]
struct Translation<'a> {
    source: &'a Source,
    offset: usize,
    index: usize,
}

/// The values of the tree.
impl Translation<'_> {
    fn node(self, value: ast::Value<'_>) -> Result<Node, Diagnostic> {
        let span = self.span(&value);
        let value = match value {
            ast::Value::NullKeyword(_) => NodeValue::Null,
            ast::Value::BooleanLit(boolean) => NodeValue::Boolean(boolean.value),
            ast::Value::NumberLit(number) => NodeValue::Number(self.number(&number)?),
            ast::Value::StringLit(string) => NodeValue::String(string.value.into_owned()),
            ast::Value::Array(array) => NodeValue::Array(self.elements(array)?),
            ast::Value::Object(object) => NodeValue::Object(self.entries(object)?),
        };
        Ok(Node { span, value })
    }

    fn number(self, number: &ast::NumberLit<'_>) -> Result<Number, Diagnostic> {
        Number::parse(number.value).ok_or_else(|| {
            let label = self.label(self.range(number), "");
            Diagnostic::new("this number is too large", label)
        })
    }

    fn elements(self, array: ast::Array<'_>) -> Result<Vec<Node>, Diagnostic> {
        let elements = array.elements.into_iter();
        elements.map(|value| self.node(value)).collect()
    }

    fn entries(self, object: ast::Object<'_>) -> Result<Vec<Entry>, Diagnostic> {
        let mut entries = Vec::with_capacity(object.properties.len());
        let mut seen = BTreeMap::new();
        for property in object.properties {
            let span = self.span(&property.name);
            let name = property.name.into_string();
            if let Some(first) = seen.insert(name.clone(), span) {
                return Err(self.duplicate(&name, first, span));
            }
            let key = Key { name, span };
            let value = self.node(property.value)?;
            entries.push(Entry { key, value });
        }
        Ok(entries)
    }

    fn duplicate(self, name: &str, first: Span, second: Span) -> Diagnostic {
        let again = self.label(second.start..second.end, "given again here");
        let message = format!("the key {} is given twice", quoted(name));
        Diagnostic::new(message, again).with_secondary(self.label(first.start..first.end, "first given here"))
    }

    fn span(self, ranged: &impl Ranged) -> Span {
        let Range { start, end } = self.range(ranged);
        Span { source: self.index, start, end }
    }

    fn range(self, ranged: &impl Ranged) -> Range<usize> {
        self.offset + ranged.start()..self.offset + ranged.end()
    }

    fn label(self, range: Range<usize>, text: &str) -> Label {
        Label::new(self.source.clone(), range, text)
    }
}

/// The errors.
impl Translation<'_> {
    fn nothing(self) -> Diagnostic {
        let blank = self.source.text().trim().is_empty();
        let message = if blank { "the file is empty" } else { "the file contains nothing but comments" };
        Diagnostic::new(message, self.label(0..0, "expected a value, such as `{ }`"))
    }

    fn error(self, error: &ParseError) -> Diagnostic {
        let range = self.range(&error.range());
        if let Some(run) = run_on_number(self.source.text(), range.start) {
            return self.not_a_number(run);
        }
        match error.kind() {
            ParseErrorKind::UnterminatedObject => self.unclosed("object", '{', range.start),
            ParseErrorKind::UnterminatedArray => self.unclosed("array", '[', range.start),
            ParseErrorKind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
                unterminated_string(self.source, range.start)
            }
            kind => {
                let found = &self.source.text()[self.source.clamp(range.clone())];
                let (message, help) = words(kind, found);
                let diagnostic = Diagnostic::new(message, self.label(range, ""));
                match help {
                    "" => diagnostic,
                    help => diagnostic.with_help(help),
                }
            }
        }
    }

    fn not_a_number(self, run: Range<usize>) -> Diagnostic {
        let found = quoted(&self.source.text()[run.clone()]);
        let zeros = self.source.text()[run.clone()].bytes().all(|byte| byte.is_ascii_digit());
        let help =
            if zeros { "leave out the leading zeros" } else { "a duration such as `5s` is a string, in double quotes" };
        Diagnostic::new(format!("{found} is not a number"), self.label(run, "")).with_help(help)
    }

    fn unclosed(self, what: &str, bracket: char, start: usize) -> Diagnostic {
        let label = self.label(start..start + 1, "opened here");
        Diagnostic::new(format!("this {what} is never closed"), label).with_help(format!(
            "the text ends before the `{}` which matches this `{bracket}`",
            if bracket == '{' { '}' } else { ']' }
        ))
    }
}

/// The word around byte `middle` when it starts like a number and goes on where
/// the parser took the number to end, as in `5s` or `007`.
fn run_on_number(text: &str, middle: usize) -> Option<Range<usize>> {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(byte);
    let (before, after) = text.as_bytes().split_at(middle);
    let start = middle - before.iter().rev().take_while(|byte| in_word(byte)).count();
    let end = middle + after.iter().take_while(|byte| in_word(byte)).count();
    let numeric = matches!(text.as_bytes().get(start)?, b'-' | b'0'..=b'9');
    (start < middle && middle < end && numeric).then_some(start..end)
}

/// The message and the help, which may be empty, for a text `found` which is
/// not JSON.
fn words(kind: &ParseErrorKind, found: &str) -> (String, &'static str) {
    use ParseErrorKind as Kind;
    let fixed = match kind {
        Kind::ExpectedComma => ("expected a comma", "values are separated by `,`"),
        Kind::ExpectedColonAfterObjectKey => ("expected `:` after the key", ""),
        Kind::ExpectedObjectValue => ("expected a value after `:`", ""),
        Kind::ExpectedStringObjectProperty => ("a key must be in double quotes", "write it as in `\"nodes\": 5`"),
        Kind::SingleQuotedStringsNotAllowed => ("a string must be in double quotes", "write `\"` in place of `'`"),
        Kind::MultipleRootJsonValues => ("unexpected text after the end of the value", "only comments may follow"),
        Kind::UnterminatedCommentBlock => ("this comment is never closed", "it ends with `*/`"),
        Kind::HexadecimalNumbersNotAllowed => ("hexadecimal numbers are not allowed", "write the number in decimal"),
        Kind::UnaryPlusNumbersNotAllowed => ("a number cannot start with `+`", "leave out the `+`"),
        Kind::BareDecimalPointNumbersNotAllowed => {
            ("a decimal point needs a digit on both sides", "write it as in `0.5`")
        }
        Kind::NonFiniteNumbersNotAllowed => ("a number must be finite", ""),
        Kind::ExpectedDigit
        | Kind::ExpectedDigitFollowingNegativeSign
        | Kind::ExpectedPlusMinusOrDigitInNumberLiteral => ("expected a digit", ""),
        Kind::String(_) if is_half_a_character(found) => {
            ("this escape is half of a character", "it takes two of them, as in `\\ud83d\\ude00`")
        }
        Kind::String(_) => ("invalid escape in a string", "a backslash itself is written `\\\\`"),
        _ if found.is_empty() => ("unexpected end of the text", ""),
        _ => {
            return (format!("unexpected {}", quoted(found)), unexpected_help(kind));
        }
    };
    (fixed.0.to_owned(), fixed.1)
}

/// Whether it begins with an escape of four hexadecimal digits: the only ones that are refused are surrogates.
fn is_half_a_character(found: &str) -> bool {
    let digits = found.strip_prefix("\\u").and_then(|rest| rest.get(..4));
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn unexpected_help(kind: &ParseErrorKind) -> &'static str {
    match kind {
        ParseErrorKind::UnexpectedTokenInObject => "expected a key in double quotes or `}`",
        ParseErrorKind::UnexpectedWord | ParseErrorKind::UnexpectedToken => "strings are written in double quotes",
        _ => "expected a value",
    }
}
