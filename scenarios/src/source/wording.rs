//! The words of the messages: how names are quoted, and plain English for the
//! expectations which `serde` states in terms of Rust types.

/// How many characters of a text from the user are repeated in a message.
const QUOTED_LENGTH: usize = 60;

/// `name` in backquotes, on one line and of bounded length.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", printable(name))
}

/// `names`, each in backquotes, separated by commas.
pub(crate) fn quoted_list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    quoted.join(", ")
}

/// `text` with control characters escaped and cut after a bounded length.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == QUOTED_LENGTH {
            printable.push('…');
            break;
        }
        if character.is_control() {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// The kind of a value with its article; there is only one null.
pub(super) fn with_article(kind: &str) -> String {
    match kind {
        "null" => "null".to_owned(),
        "array" | "object" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// `count` values, in the right number.
pub(super) fn values(count: usize) -> String {
    match count {
        1 => "1 value".to_owned(),
        _ => format!("{count} values"),
    }
}

/// Plain English for what a visitor expects, with an article. What it does not
/// know it returns as it is: that is the text of a visitor of this project.
pub(super) fn expectation(expected: &str) -> String {
    if integer_range(expected).is_some() {
        return "a whole number".to_owned();
    }
    if let Some(count) = array_length(expected) {
        return format!("an array of {}", values(count));
    }
    let known = match expected {
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "i128" | "u128" => "a whole number",
        "option" => "a value",
        "a borrowed string" => "a string",
        "a sequence" => "an array",
        "a map" => "an object",
        "unit" => "null",
        "field identifier" | "variant identifier" => "a name",
        _ => return rust_item(expected).unwrap_or(expected).to_owned(),
    };
    known.to_owned()
}

/// The smallest and the largest value, when the expectation is that of an
/// integer type.
pub(super) fn integer_range(expected: &str) -> Option<(i128, i128)> {
    if let Some(expected) = expected.strip_prefix("a nonzero ") {
        let (least, most) = integer_range(expected)?;
        return Some((if least == 0 { 1 } else { least }, most));
    }
    let range = match expected {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    };
    Some(range)
}

/// The length, when the expectation is that of an array or a tuple.
fn array_length(expected: &str) -> Option<usize> {
    if expected == "an empty array" {
        return Some(0);
    }
    let length = expected
        .strip_prefix("a tuple of size ")
        .or_else(|| expected.strip_prefix("an array of length "))
        .or_else(|| {
            let of_item = expected.strip_prefix("tuple ")?;
            let (_, count) = of_item.split_once(" with ")?;
            count.split(' ').next()
        })?;
    length.parse().ok()
}

/// What stands in the text for a Rust type which a derived visitor names.
fn rust_item(expected: &str) -> Option<&'static str> {
    const ITEMS: [(&str, &str); 8] = [
        ("struct ", "an object"),
        ("internally tagged enum ", "an object"),
        ("adjacently tagged enum ", "an object"),
        ("enum ", "a string or an object with one key"),
        ("tuple struct ", "an array"),
        ("tuple variant ", "an array"),
        ("unit struct ", "null"),
        ("unit variant ", "null"),
    ];
    let item = ITEMS.iter().find(|(prefix, _)| expected.starts_with(prefix));
    item.map(|(_, words)| *words)
}
