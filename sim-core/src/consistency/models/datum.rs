//! A value as histories from anywhere bear it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// A value, a key or a client's name: whatever a history says, compared for equality only. Cheap
/// to clone. In JSON it is what one would write by hand: `null`, `true`, `5`, `"a"`, `[1, 2]`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(untagged)]
pub enum Datum {
    /// Nothing: what a register holds before the first write, if not told otherwise.
    #[default]
    Nil,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
    /// Several values in order.
    List(Arc<[Datum]>),
}

/// As EDN has it, in which a keyword is a text that begins with a colon.
impl fmt::Debug for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) if is_keyword(text) => f.write_str(text),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => f.debug_list().entries(items.iter()).finish(),
        }
    }
}

fn is_keyword(text: &str) -> bool {
    let may_follow = |c: char| c.is_ascii_alphanumeric() || "-_.*+!?/<>=#'".contains(c);
    text.strip_prefix(':').is_some_and(|name| !name.is_empty() && name.chars().all(may_follow))
}

/// Nothing as `None`, anything else as `Some`, so that nothing leaves a trace in a fingerprint.
impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_none(),
            Self::Flag(flag) => serializer.serialize_some(flag),
            Self::Int(number) => serializer.serialize_some(number),
            Self::Text(text) => serializer.serialize_some(text),
            Self::List(items) => serializer.serialize_some(items),
        }
    }
}

impl From<i64> for Datum {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Datum {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }
}

impl FromIterator<Self> for Datum {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_edn() {
        let shown = |text: &str| format!("{:?}", Datum::from(text));
        assert_eq!(
            [":x", ":a/b-2", "x", ":", ":a b", ":\"", "::x"].map(shown).join(" "),
            r#":x :a/b-2 "x" ":" ":a b" ":\"" "::x""#
        );
        let list: Datum = [Datum::Nil, true.into(), 5.into(), ":x".into()].into_iter().collect();
        assert_eq!(format!("{list:?}"), "[nil, true, 5, :x]");
    }
}
