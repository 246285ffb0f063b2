//! A message as one line of text, to be read in the diff of two traces.
//!
//! Rust's own `Debug` is made for values in isolation; in a trace, where ten
//! thousand messages of few types follow each other, most of it is noise. This
//! form leaves out what the reader knows from the place of a value (the names
//! of nested structs, `Some`) and keeps what differs from one message to the
//! next. It depends on nothing but the value: not on the platform, nor on the
//! version of the compiler or of Unicode.

use super::value::{Body, Value};
use std::fmt::{self, Display, Formatter, Write};

/// One line of text, without any line break.
///
/// The outermost struct or variant is its name and then its parts, each after
/// a space: `AppendEntries term=3 entries=[{term=3 command=Put{key="a"}}]`.
/// Further inside:
///
/// | value | text |
/// |---|---|
/// | unit | `()` |
/// | bool, integer | `true`, `-5` |
/// | float | `1.5`, `1.0`, `1e300`, `NaN`, `-inf` |
/// | char, string | `'a'`, `"a"`, with control characters and quotes escaped |
/// | what shows itself as text | `c1`, `150ms`, without quotes |
/// | byte string | `0x00ff` |
/// | `None`, `Some(x)` | `-`, and as `x` |
/// | list, tuple | `[1, 2]`, `(1, 2)` |
/// | map | `{1: "a", 2: "b"}` |
/// | variant | `Name`, `Name(1)`, `Name(1, 2)`, `Name{a=1 b=2}` |
/// | struct | the same without the name: `()`, `1`, `(1, 2)`, `{a=1 b=2}` |
///
/// A variant around a struct, as `Message::Ping(Ping { id: 1 })`, reads as if
/// the fields were its own: `Ping id=1`. The text is for reading: different
/// values may share it, such as `None` and `Some(None)`. Compare the values
/// themselves to be sure.
impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Some(value) => value.fmt(out),
            Self::Struct { name, body } | Self::Variant { name, body, .. } => {
                write_outermost(out, name, body.innermost())
            }
            _ => write_nested(out, self),
        }
    }
}

impl Value {
    /// The text that it has inside of another value: `{term=3 command=Put{key="a"}}`.
    pub fn nested(&self) -> impl Display {
        fmt::from_fn(|out| write_nested(out, self))
    }
}

impl Body {
    /// The body that counts: that of the struct, if this is a mere wrapper.
    fn innermost(&self) -> &Self {
        match self {
            Self::Newtype(value) => match &**value {
                Value::Struct { body, .. } => body.innermost(),
                _ => self,
            },
            _ => self,
        }
    }
}

fn write_outermost(out: &mut Formatter<'_>, name: &str, body: &Body) -> fmt::Result {
    write_escaped(out, name)?;
    match body {
        Body::Unit => Ok(()),
        Body::Newtype(value) => {
            out.write_char(' ')?;
            write_nested(out, value)
        }
        Body::Tuple(parts) => parts.iter().try_for_each(|part| {
            out.write_char(' ')?;
            write_nested(out, part)
        }),
        Body::Fields(fields) => fields.iter().try_for_each(|field| {
            out.write_char(' ')?;
            write_field(out, field)
        }),
    }
}

fn write_nested(out: &mut Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Unit => out.write_str("()"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::BigInt(value) => write!(out, "{value}"),
        Value::Float32(bits) => write!(out, "{:?}", f32::from_bits(*bits)),
        Value::Float64(bits) => write!(out, "{:?}", f64::from_bits(*bits)),
        Value::Char(value) => write_quoted(out, '\'', value.encode_utf8(&mut [0; 4])),
        Value::Text(text) => write_quoted(out, '"', text),
        Value::Shown(text) => write_escaped(out, text),
        Value::Bytes(bytes) => write_hex(out, bytes),
        Value::None => out.write_char('-'),
        Value::Some(value) => write_nested(out, value),
        Value::List(elements) => write_joined(out, ["[", ", ", "]"], elements, write_nested),
        Value::Tuple(elements) => write_joined(out, ["(", ", ", ")"], elements, write_nested),
        Value::Map(entries) => write_joined(out, ["{", ", ", "}"], entries, write_entry),
        Value::Struct { body, .. } => match body.innermost() {
            Body::Unit => out.write_str("()"),
            Body::Newtype(value) => write_nested(out, value),
            body => write_body(out, body),
        },
        Value::Variant { name, body, .. } => {
            write_escaped(out, name)?;
            write_body(out, body.innermost())
        }
    }
}

/// Writes what follows the name of a variant.
fn write_body(out: &mut Formatter<'_>, body: &Body) -> fmt::Result {
    match body {
        Body::Unit => Ok(()),
        Body::Newtype(value) => {
            out.write_char('(')?;
            write_nested(out, value)?;
            out.write_char(')')
        }
        Body::Tuple(parts) => write_joined(out, ["(", ", ", ")"], parts, write_nested),
        Body::Fields(fields) => write_joined(out, ["{", " ", "}"], fields, write_field),
    }
}

fn write_joined<T>(
    out: &mut Formatter<'_>,
    [open, between, close]: [&str; 3],
    items: &[T],
    write: fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    out.write_str(open)?;
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.write_str(between)?;
        }
        write(out, item)?;
    }
    out.write_str(close)
}

fn write_field(out: &mut Formatter<'_>, (name, value): &(&str, Value)) -> fmt::Result {
    write_escaped(out, name)?;
    out.write_char('=')?;
    write_nested(out, value)
}

fn write_entry(out: &mut Formatter<'_>, (key, value): &(Value, Value)) -> fmt::Result {
    write_nested(out, key)?;
    out.write_str(": ")?;
    write_nested(out, value)
}

fn write_hex(out: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    out.write_str("0x")?;
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

fn write_quoted(out: &mut Formatter<'_>, quote: char, text: &str) -> fmt::Result {
    out.write_char(quote)?;
    write_escaped(out, text)?;
    out.write_char(quote)
}

/// Writes `text` with quotes, backslashes and whatever could break the line
/// escaped. Names pass here too, for `#[serde(rename)]` can make them anything.
///
/// `Debug` would escape by the Unicode tables of the compiler, which change;
/// the control characters and the two separators are settled for good.
fn write_escaped(out: &mut Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|char| match char {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '"' | '\'' | '\\' => write!(out, "\\{char}"),
        '\u{2028}' | '\u{2029}' => write!(out, "{}", char.escape_unicode()),
        char if char.is_control() => write!(out, "{}", char.escape_unicode()),
        char => out.write_char(char),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::NodeId;
    use serde::{Serialize, Serializer};
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Term(u64);
    #[derive(Serialize)]
    struct Marker;
    #[derive(Serialize)]
    struct Range(u64, u64);
    #[derive(Serialize)]
    struct Entry {
        term: Term,
        command: Command,
    }
    #[derive(Serialize)]
    enum Command {
        Noop,
        Delete(String),
        Swap(String, String),
        Put { key: String, value: Option<u64> },
    }
    #[derive(Serialize)]
    enum Message {
        Heartbeat,
        Ack(u64),
        Submit(Command),
        Fetch(Range),
        Reset(Marker),
        Vote(Term),
        Move(i8, i8),
        Append(Entry),
        AppendEntries { term: u64, prev_index: u64, entries: Vec<Entry> },
    }

    struct Milliseconds(u64);

    impl Serialize for Milliseconds {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if serializer.is_human_readable() {
                serializer.collect_str(&format_args!("{}ms", self.0))
            } else {
                serializer.serialize_bytes(&[])
            }
        }
    }

    struct Raw(&'static [u8]);

    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }

    fn put() -> Entry {
        let key = "a".to_string();
        let value = Some(1);
        let command = Command::Put { key, value };
        let term = Term(3);
        Entry { term, command }
    }

    #[track_caller]
    fn check<T: Serialize>(value: T, expected: &str) {
        assert_eq!(Value::of(&value).to_string(), expected);
    }

    #[test]
    fn the_outermost_message_is_a_name_and_its_parts() {
        let message = Message::AppendEntries { term: 3, prev_index: 5, entries: vec![put()] };
        let text = r#"AppendEntries term=3 prev_index=5 entries=[{term=3 command=Put{key="a" value=1}}]"#;
        check(message, text);
        check(Message::Heartbeat, "Heartbeat");
        check(Message::Ack(1), "Ack 1");
        check(Some(Message::Move(-1, 2)), "Move -1 2");
        check(put(), r#"Entry term=3 command=Put{key="a" value=1}"#);
        check((Marker, Marker), "((), ())");
        check((Term(1), Range(1, 2)), "(1, (1, 2))");
        check(Marker, "Marker");
        check(Term(1), "Term 1");
        check(Range(1, 2), "Range 1 2");
    }

    #[test]
    fn a_variant_around_a_struct_takes_its_parts() {
        check(Message::Append(put()), r#"Append term=3 command=Put{key="a" value=1}"#);
        check(Message::Fetch(Range(1, 2)), "Fetch 1 2");
        check([Message::Fetch(Range(1, 2))], "(Fetch(1, 2))");
        check(Message::Reset(Marker), "Reset");
        check(Message::Vote(Term(4)), "Vote 4");
        check(Message::Submit(Command::Noop), "Submit Noop");
    }

    #[test]
    fn nested_variants_keep_their_names() {
        let swap = Command::Swap("a".to_string(), "b".to_string());
        let delete = Message::Submit(Command::Delete("a".to_string()));
        let key = String::new();
        let erase = Command::Put { key, value: None };
        check(vec![swap], r#"[Swap("a", "b")]"#);
        check(vec![delete], r#"[Submit(Delete("a"))]"#);
        check(vec![erase], r#"[Put{key="" value=-}]"#);
        assert_eq!(Value::of(&put()).nested().to_string(), r#"{term=3 command=Put{key="a" value=1}}"#);
    }

    #[test]
    fn the_rest_is_as_in_the_table() {
        check(((), true, -5, u128::MAX), &format!("((), true, -5, {})", u128::MAX));
        check((1.0f32, 0.1f32, 1.5, 1e300), "(1.0, 0.1, 1.5, 1e300)");
        check((-f64::NAN, f64::NEG_INFINITY), "(NaN, -inf)");
        check((None::<u8>, Some(Some(1))), "(-, 1)");
        check(BTreeMap::from([(1, "a"), (2, "b")]), r#"{1: "a", 2: "b"}"#);
        check((Milliseconds(150), NodeId::client(1)), "(150ms, c1)");
        check(Raw(&[0, 0xff]), "0x00ff");
    }

    #[test]
    fn no_text_breaks_the_line() {
        check('\'', r"'\''");
        check("\"\\\t\r\né", r#""\"\\\t\r\né""#);
        check("\0\u{7f}\u{85}\u{2028}", r#""\u{0}\u{7f}\u{85}\u{2028}""#);
    }
}
