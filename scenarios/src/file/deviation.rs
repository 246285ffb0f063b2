//! The answers of a recorded run.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sim_core::{ChoiceName, Content, Deviation, parse_seed};

/// A departure from calm that the run takes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviationEntry {
    /// The name of the choice.
    pub(crate) choice: String,
    /// What is chosen; 0 would be the calm answer.
    value: Answer,
    /// What the message says that the choice is about, and how many of its kind said the same on its link
    /// before: by this `replay` finds the message after its number in `choice` has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<ContentText>,
}

/// As in `3f2a90c1#0`.
#[derive(Clone, Copy, Debug)]
struct ContentText(Content);

/// A whole number. Those beyond 2^53 are written as strings, because most readers of JSON round
/// them.
#[derive(Clone, Copy, Debug)]
struct Answer(u64);

const MOST_EXACT: u64 = 1 << 53;

impl From<&Deviation> for DeviationEntry {
    fn from(deviation: &Deviation) -> Self {
        let content = deviation.name.content().map(ContentText);
        Self { choice: deviation.name.to_string(), value: Answer(deviation.value), content }
    }
}

impl From<&DeviationEntry> for Deviation {
    fn from(entry: &DeviationEntry) -> Self {
        let content = entry.content.map(|content| content.0);
        Self { name: ChoiceName::new(entry.choice.clone()).about(content), value: entry.value.0 }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value <= MOST_EXACT => serializer.serialize_u64(value),
            value => serializer.collect_str(&value),
        }
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText)
    }
}

impl Serialize for ContentText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ContentText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(ContentText).map_err(D::Error::custom)
    }
}

impl JsonSchema for ContentText {
    fn schema_name() -> Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{8}#[0-9]+$" })
    }
}

struct NumberOrText;

impl Visitor<'_> for NumberOrText {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of 64 bits, as a number or in a string")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Answer, E> {
        Ok(Answer(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Answer, E> {
        Err(E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Answer, E> {
        parse_seed(text).map(Answer).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for Answer {
    fn schema_name() -> Cow<'static, str> {
        "Answer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^(0x[0-9a-fA-F]+|[0-9]+)$" },
            ],
        })
    }
}
