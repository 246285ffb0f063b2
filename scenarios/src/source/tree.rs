//! The parsed text as a tree of values, each with the place it came from.
//!
//! The parser's own tree borrows from one text. This one owns its values and
//! names their source, so that values of the command line can be put into the
//! tree of a file.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A place in one of the sources of a [`Document`](super::Document).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which source of the document: 0 is the file, then come the overrides in
    /// the order in which they were applied.
    pub source: usize,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: NodeValue,
}

/// What JSON can express. Objects keep the order of the text and never hold a
/// key twice.
#[derive(Clone, Debug)]
pub(super) enum NodeValue {
    Null,
    Boolean(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Entry>),
}

/// A number as exact as the targets of deserialisation need it, and as the user
/// wrote it.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) value: NumberValue,
    pub(super) literal: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum NumberValue {
    Unsigned(u64),
    Negative(i64),
    /// Everything else, including whole numbers beyond 64 bits; finite.
    Float(f64),
}

/// One key of an object with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Node,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) span: Span,
}

impl Number {
    /// Reads a JSON number; `None` when it is too large for a 64-bit float.
    pub(super) fn parse(literal: &str) -> Option<Number> {
        let value = if let Ok(unsigned) = literal.parse() {
            NumberValue::Unsigned(unsigned)
        } else if let Ok(negative) = literal.parse() {
            NumberValue::Negative(negative)
        } else {
            let float: f64 = literal.parse().ok()?;
            NumberValue::Float(Some(float).filter(|float| float.is_finite())?)
        };
        let literal = literal.to_owned();
        Some(Number { value, literal })
    }
}

impl Node {
    /// The value at `path`, where a step is a key or an index in decimal.
    pub(super) fn find(&self, path: &[&str]) -> Option<&Node> {
        let Some((step, rest)) = path.split_first() else {
            return Some(self);
        };
        let child = match &self.value {
            NodeValue::Array(elements) => elements.get(step.parse::<usize>().ok()?)?,
            _ => &self.entry(step)?.value,
        };
        child.find(rest)
    }

    /// A copy of this value which has none of these keys if it is an object.
    pub(super) fn without(&self, keys: &[&str]) -> Node {
        let mut copy = self.clone();
        if let NodeValue::Object(entries) = &mut copy.value {
            entries.retain(|entry| !keys.contains(&entry.key.name.as_str()));
        }
        copy
    }

    /// A copy of this value in which the keys of `changes` have the values that they have there. Both
    /// must be objects.
    pub(super) fn replaced_by(&self, changes: &Node) -> Node {
        let mut copy = changes.clone();
        if let (NodeValue::Object(entries), NodeValue::Object(changed)) = (&self.value, &mut copy.value) {
            let is_kept = |entry: &&Entry| !changed.iter().any(|change| change.key.name == entry.key.name);
            let kept: Vec<Entry> = entries.iter().filter(is_kept).cloned().collect();
            changed.extend(kept);
        }
        copy
    }

    /// Adds the paths of all nulls to `found`, where `path` leads to this value.
    pub(super) fn find_nulls(&self, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
        let mut child = |step: String, node: &Node| {
            path.push(step);
            node.find_nulls(path, found);
            path.pop();
        };
        match &self.value {
            NodeValue::Array(elements) => {
                (0..).zip(elements).for_each(|(i, node): (u32, _)| child(i.to_string(), node));
            }
            NodeValue::Object(entries) => entries.iter().for_each(|entry| child(entry.key.name.clone(), &entry.value)),
            NodeValue::Null => found.push(path.clone()),
            _ => {}
        }
    }

    /// The entry of an object with that key.
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        match &self.value {
            NodeValue::Object(entries) => entries.iter().find(|entry| entry.key.name == name),
            _ => None,
        }
    }

    /// What kind of value this is, as JSON calls it, without an article.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            NodeValue::Null => "null",
            NodeValue::Boolean(_) => "boolean",
            NodeValue::Number(_) => "number",
            NodeValue::String(_) => "string",
            NodeValue::Array(_) => "array",
            NodeValue::Object(_) => "object",
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            NodeValue::Null => serializer.serialize_unit(),
            NodeValue::Boolean(boolean) => serializer.serialize_bool(*boolean),
            NodeValue::Number(number) => number.value.serialize(serializer),
            NodeValue::String(string) => serializer.serialize_str(string),
            NodeValue::Array(elements) => serializer.collect_seq(elements),
            NodeValue::Object(entries) => serialize_entries(entries, serializer),
        }
    }
}

impl Serialize for NumberValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            NumberValue::Unsigned(number) => serializer.serialize_u64(number),
            NumberValue::Negative(number) => serializer.serialize_i64(number),
            NumberValue::Float(number) => serializer.serialize_f64(number),
        }
    }
}

fn serialize_entries<S: Serializer>(entries: &[Entry], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for entry in entries {
        map.serialize_entry(&entry.key.name, &entry.value)?;
    }
    map.end()
}
