//! EDN, the notation of Clojure's data, read one form at a time.
//!
//! What histories do not have is refused, such as regular expressions. A string ends in the line in
//! which it begins: Clojure escapes line breaks, so a line without the closing quote is a damaged
//! one. For the same reason a map never begins at the left margin inside of another.

use std::ops::Range;

use sim_core::consistency::models::Datum;

use super::Unreadable;
use super::text::Text;
use crate::source::{Diagnostic, quoted};

/// How deep forms may be nested.
const DEEPEST: usize = 128;

/// A form, and where it stands in the lines that are being read.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) range: Range<usize>,
    pub(super) form: Form,
}

/// What a form is.
#[derive(Debug)]
pub(super) enum Form {
    Nil,
    Flag(bool),
    Int(i64),
    /// A number that is no 64-bit integer; it is told by its text.
    OtherNumber,
    /// A keyword, with its colon; it is told by its text.
    Keyword,
    /// A symbol; it is told by its text.
    Symbol,
    /// A string without its escapes, or a character.
    Text(String),
    /// A list or a vector.
    Sequence(Vec<Node>),
    Set(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// A place in a text, from which forms are read.
pub(super) struct Cursor<'t> {
    text: &'t mut Text,
    at: usize,
    /// Whether a form may go on in the next line.
    spans_lines: bool,
}

/// The value that `text` says, as an argument of the command line.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn parse_value(text: &str) -> Result<Datum, String> {
    if text.trim().is_empty() {
        return Err("a value is missing: the empty text is '\"\"'".to_owned());
    }
    let bytes = text.as_bytes().to_vec();
    let words = |error| match error {
        Unreadable::Mistake(mistake) | Unreadable::NoHistory(mistake) => mistake.message,
        Unreadable::Io(error) => error.to_string(),
    };
    let mut text = Text::new("value".to_owned(), Box::new(std::io::Cursor::new(bytes))).map_err(words)?;
    let mut cursor = Cursor::in_line(&mut text, 0);
    let node = cursor.only_form().map_err(words)?;
    datum(&node, text.lines()).ok_or_else(|| "a symbol is no value: texts stand in quotes".to_owned())
}

/// The value of a form whose ranges lie in `lines`; a symbol is none.
///
/// Sets and maps have their elements in order, so that equal ones are equal values. What has no
/// counterpart is the text that stands for it.
pub(super) fn datum(node: &Node, lines: &str) -> Option<Datum> {
    let all = |nodes: &[Node]| nodes.iter().map(|node| datum(node, lines)).collect::<Option<Vec<_>>>();
    let sorted = |mut items: Vec<Datum>| {
        items.sort_unstable();
        items.into_iter().collect()
    };
    Some(match &node.form {
        Form::Nil => Datum::Nil,
        Form::Flag(flag) => Datum::from(*flag),
        Form::Int(number) => Datum::from(*number),
        Form::OtherNumber | Form::Keyword => Datum::from(&lines[node.range.clone()]),
        Form::Symbol => return None,
        Form::Text(text) => Datum::from(text.as_str()),
        Form::Sequence(nodes) => all(nodes)?.into_iter().collect(),
        Form::Set(nodes) => sorted(all(nodes)?),
        Form::Map(entries) => {
            let pair =
                |(key, value): &(Node, Node)| Some([datum(key, lines)?, datum(value, lines)?].into_iter().collect());
            sorted(entries.iter().map(pair).collect::<Option<_>>()?)
        }
    })
}

impl<'t> Cursor<'t> {
    /// At the beginning of the lines that are being read. Forms may span several lines.
    pub(super) fn new(text: &'t mut Text) -> Self {
        Self { text, at: 0, spans_lines: true }
    }

    /// At `offset` in the one line that is being read, beyond which no form goes.
    pub(super) fn in_line(text: &'t mut Text, offset: usize) -> Self {
        Self { text, at: offset, spans_lines: false }
    }

    /// The text as it is being read.
    pub(super) fn text(&self) -> &Text {
        self.text
    }

    /// The next form, if there is one before the end of the text or one of the characters `closing`.
    /// All lines before it are forgotten, and with them the ranges of earlier forms.
    pub(super) fn next_form(&mut self) -> Result<Option<Node>, Unreadable> {
        self.skip_blanks(None, 0)?;
        self.at -= self.text.forget(self.at);
        match self.peek() {
            None | Some(b']' | b')' | b'}') => Ok(None),
            Some(_) => self.form(0).map(Some),
        }
    }

    /// The form up to the end of the line, and nothing else.
    pub(super) fn only_form(&mut self) -> Result<Node, Unreadable> {
        self.skip_blanks(None, 0)?;
        if self.peek().is_none() {
            return Err(self.mistake(self.at..self.at, "a value is missing"));
        }
        let node = self.form(0)?;
        self.expect_end()?;
        Ok(node)
    }

    /// Goes past the character if it is next.
    pub(super) fn take(&mut self, character: u8) -> Result<bool, Unreadable> {
        self.skip_blanks(None, 0)?;
        let is_next = self.peek() == Some(character);
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    /// Refuses everything but blanks up to the end of the text.
    pub(super) fn expect_end(&mut self) -> Result<(), Unreadable> {
        self.skip_blanks(None, 0)?;
        match self.text.lines()[self.at..].chars().next() {
            None => Ok(()),
            Some(character) => {
                Err(self.mistake(self.at..self.at + character.len_utf8(), "nothing more is expected here"))
            }
        }
    }

    pub(super) fn mistake(&self, range: Range<usize>, message: impl Into<String>) -> Unreadable {
        self.text.mistake(range, message).into()
    }

    fn peek(&self) -> Option<u8> {
        self.text.lines().as_bytes().get(self.at).copied()
    }

    /// Goes past blanks, commas, comments and discarded forms. `opening` is the bracket inside of
    /// which it goes.
    fn skip_blanks(&mut self, opening: Option<&Range<usize>>, depth: usize) -> Result<(), Unreadable> {
        let mut discarded = 0_usize;
        loop {
            let rest = &self.text.lines()[self.at..];
            let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
            self.at += blank;
            let rest = &self.text.lines()[self.at..];
            if rest.starts_with(';') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("#_") {
                self.at += 2;
                discarded += 1;
            } else if rest.is_empty() && self.spans_lines && self.text.grow()? {
                // The rest is in the next line.
            } else if discarded > 0 {
                self.inner_form(opening, depth + 1)?;
                discarded -= 1;
            } else {
                return Ok(());
            }
        }
    }

    /// A form inside of the bracket `opening`, which has to be there.
    fn inner_form(&mut self, opening: Option<&Range<usize>>, depth: usize) -> Result<Node, Unreadable> {
        match self.peek() {
            None => Err(self.unclosed(opening)),
            Some(_) => self.form(depth),
        }
    }

    fn form(&mut self, depth: usize) -> Result<Node, Unreadable> {
        let start = self.at;
        if depth == DEEPEST {
            return Err(self.mistake(start..start + 1, format!("nested deeper than {DEEPEST} levels")));
        }
        let form = match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'\\') => self.character()?,
            Some(b'[') => Form::Sequence(self.items(1, b']', depth)?),
            Some(b'(') => Form::Sequence(self.items(1, b')', depth)?),
            Some(b'{') => Form::Map(self.entries(depth)?),
            Some(b'#') if self.text.lines()[start..].starts_with("#{") => Form::Set(self.items(2, b'}', depth)?),
            Some(b'#') => return self.tagged(depth),
            _ => self.token()?,
        };
        Ok(Node { range: start..self.at, form })
    }

    /// The forms up to `closing`, after an opening bracket of some length.
    fn items(&mut self, length: usize, closing: u8, depth: usize) -> Result<Vec<Node>, Unreadable> {
        let opening = self.at..self.at + length;
        self.at = opening.end;
        let mut items = Vec::new();
        loop {
            self.skip_blanks(Some(&opening), depth)?;
            if self.peek() == Some(closing) {
                self.at += 1;
                return Ok(items);
            }
            let is_at_margin = self.text.lines()[..self.at].ends_with('\n');
            if depth > 0 && is_at_margin && self.peek() == Some(b'{') {
                return Err(self.unclosed(Some(&opening)));
            }
            items.push(self.inner_form(Some(&opening), depth + 1)?);
        }
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, Unreadable> {
        // Inside of a map, however deep, no map begins at the margin.
        let items = self.items(1, b'}', depth.max(1))?;
        let mut items = items.into_iter();
        let mut entries = Vec::with_capacity(items.len() / 2);
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                return Err(self.mistake(key.range, "there is no value for this key"));
            };
            entries.push((key, value));
        }
        Ok(entries)
    }

    /// A bracket is not closed: shown at the end of what there is.
    fn unclosed(&self, opening: Option<&Range<usize>>) -> Unreadable {
        let end = self.text.lines()[..self.at].trim_end().len();
        let Some(opening) = opening else {
            return self.mistake(end..end, "the text ends too early");
        };
        let bracket = &self.text.lines()[opening.clone()];
        let mistake = self.text.mistake(end..end, format!("the closing bracket of {} is missing", quoted(bracket)));
        Diagnostic::with_secondary(mistake, self.text.label(opening.clone(), "it was opened here")).into()
    }

    /// A tag says how to read a form; all that matters here is the form.
    fn tagged(&mut self, depth: usize) -> Result<Node, Unreadable> {
        let start = self.at;
        self.at += 1;
        let length = word_length(&self.text.lines()[self.at..]);
        self.at += length;
        let is_tag = self.text.lines()[self.at - length..].starts_with(|c: char| c.is_alphabetic());
        if !is_tag {
            return Err(self.mistake(start..self.at, "neither a set `#{…}` nor a tag `#name …`"));
        }
        self.skip_blanks(None, depth)?;
        let Node { form, .. } = self.inner_form(Some(&(start..self.at)), depth + 1)?;
        Ok(Node { range: start..self.at, form })
    }

    fn string(&mut self) -> Result<Form, Unreadable> {
        let start = self.at;
        let mut string = String::new();
        loop {
            self.at += 1;
            let rest = &self.text.lines()[self.at..];
            let plain = rest.find(['"', '\\', '\n']).unwrap_or(rest.len());
            string.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Form::Text(string));
                }
                Some(b'\\') => string.push(self.escape()?),
                _ => return Err(self.mistake(start..self.at, "the string does not end in its line")),
            }
        }
    }

    /// The character that an escape stands for; the cursor is left on the last one of the escape.
    fn escape(&mut self) -> Result<char, Unreadable> {
        let rest = &self.text.lines()[self.at..];
        let named = rest[1..].chars().next();
        let (length, character) = match named {
            Some('n') => (2, Some('\n')),
            Some('t') => (2, Some('\t')),
            Some('r') => (2, Some('\r')),
            Some('b') => (2, Some('\u{8}')),
            Some('f') => (2, Some('\u{c}')),
            Some('"' | '\\') => (2, named),
            Some('u') => (6, rest.get(2..6).and_then(hexadecimal)),
            _ => (1, None),
        };
        let Some(character) = character else {
            return Err(self.mistake(self.at..self.at + 2, "there is no such escape in EDN"));
        };
        self.at += length - 1;
        Ok(character)
    }

    fn character(&mut self) -> Result<Form, Unreadable> {
        let start = self.at;
        let rest = &self.text.lines()[start + 1..];
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let word = &rest[..first + word_length(&rest[first..])];
        let character = match word {
            "newline" => Some('\n'),
            "return" => Some('\r'),
            "space" => Some(' '),
            "tab" => Some('\t'),
            _ if word.chars().count() == 1 => word.chars().next().filter(|c| !c.is_whitespace()),
            _ => word.strip_prefix('u').and_then(hexadecimal),
        };
        let end = start + 1 + word.len();
        self.at = end;
        match character {
            Some(character) => Ok(Form::Text(character.into())),
            None => Err(self.mistake(start..end, "there is no such character in EDN")),
        }
    }

    /// Nil, a boolean, a number, a keyword or a symbol.
    fn token(&mut self) -> Result<Form, Unreadable> {
        let rest = &self.text.lines()[self.at..];
        let word = &rest[..word_length(rest)];
        let is_number = unsigned(word).starts_with(|c: char| c.is_ascii_digit());
        let form = match word {
            "" => None,
            "nil" => Some(Form::Nil),
            "true" | "false" => Some(Form::Flag(word == "true")),
            _ if is_number => number(word),
            _ if word.contains(|c: char| c.is_control() || "\\@^`~".contains(c)) => None,
            _ => match word.strip_prefix(':') {
                Some(name) => (!name.is_empty() && !name.starts_with(':')).then_some(Form::Keyword),
                None => Some(Form::Symbol),
            },
        };
        let shown = if word.is_empty() { rest.chars().next().map_or(0, char::len_utf8) } else { word.len() };
        let range = self.at..self.at + shown;
        let Some(form) = form else {
            let text = &self.text.lines()[range.clone()];
            return Err(self.mistake(range.clone(), format!("{} is not EDN", quoted(text))));
        };
        self.at = range.end;
        Ok(form)
    }
}

/// How long the number, name or symbol at the beginning of the text is.
fn word_length(text: &str) -> usize {
    let is_end = |c: char| c.is_whitespace() || ",;\"()[]{}".contains(c);
    text.find(is_end).unwrap_or(text.len())
}

fn number(word: &str) -> Option<Form> {
    let whole = word.strip_suffix('N').unwrap_or(word);
    if let Ok(number) = whole.parse() {
        return Some(Form::Int(number));
    }
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_big = is_digits(unsigned(whole));
    let is_ratio = unsigned(word).split_once('/').is_some_and(|(a, b)| is_digits(a) && is_digits(b));
    let is_fraction = word.strip_suffix('M').unwrap_or(word).parse::<f64>().is_ok();
    (is_big || is_ratio || is_fraction).then_some(Form::OtherNumber)
}

fn unsigned(number: &str) -> &str {
    number.strip_prefix(['+', '-']).unwrap_or(number)
}

fn hexadecimal(digits: &str) -> Option<char> {
    let is_four = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_four.then(|| u32::from_str_radix(digits, 16).ok()).flatten().and_then(char::from_u32)
}
