//! The seeds that a plain run covers.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sim_core::parse_seed;

/// A number of seeds, counted from 0, or a range `"100..200"` without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seeds(pub(crate) Range<u64>);

/// Enough to meet common bugs, few enough to wait for.
const USUAL: u64 = 100;

impl Default for Seeds {
    fn default() -> Self {
        Self(0..USUAL)
    }
}

impl Seeds {
    fn parse(text: &str) -> Option<Self> {
        let (first, end) = text.split_once("..")?;
        let range = parse_seed(first.trim())?..parse_seed(end.trim())?;
        (!range.is_empty()).then_some(Self(range))
    }
}

impl Serialize for Seeds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Range { start, end } = self.0;
        if start == 0 { serializer.serialize_u64(end) } else { serializer.collect_str(&format_args!("{start}..{end}")) }
    }
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountOrRange)
    }
}

struct CountOrRange;

impl Visitor<'_> for CountOrRange {
    type Value = Seeds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seeds such as 100 or a range such as \"100..200\"")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Seeds, E> {
        match count {
            0 => Err(E::invalid_value(Unexpected::Unsigned(count), &self)),
            _ => Ok(Seeds(0..count)),
        }
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<Seeds, E> {
        Err(E::invalid_value(Unexpected::Signed(count), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Seeds, E> {
        Seeds::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for Seeds {
    fn schema_name() -> Cow<'static, str> {
        "Seeds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let seed = "(0x[0-9a-fA-F]+|[0-9]+)";
        json_schema!({
            "description": "How many seeds, counted from 0, or a range that does not include its end.",
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": format!("^{seed} *\\.\\. *{seed}$") },
            ],
        })
    }
}
