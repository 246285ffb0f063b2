//! A range of times, written as one time or as two.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sim_core::Duration;

use super::place::{Mistakes, Place};

/// From the shortest to the longest: `["1ms", "5ms"]`, or `"1ms"` for exactly that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) low: Duration,
    pub(crate) high: Duration,
}

impl TimeRange {
    pub(crate) fn read(self, place: &Place<'_>, most: Duration, mistakes: &mut Mistakes) -> (Duration, Duration) {
        mistakes.check_order(place, self.low, self.high);
        mistakes.check_span(place, self.high, most);
        (self.low, self.high)
    }
}

impl From<(Duration, Duration)> for TimeRange {
    fn from((low, high): (Duration, Duration)) -> Self {
        Self { low, high }
    }
}

impl Serialize for TimeRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.low, self.high).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TimeRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrTwo)
    }
}

struct OneOrTwo;

impl<'de> Visitor<'de> for OneOrTwo {
    type Value = TimeRange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"1ms\" or a range such as [\"1ms\", \"5ms\"]")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TimeRange, E> {
        let only = Duration::deserialize(StrDeserializer::new(text))?;
        Ok(TimeRange { low: only, high: only })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<TimeRange, A::Error> {
        let mut next = |length| sequence.next_element()?.ok_or_else(|| A::Error::invalid_length(length, &self));
        Ok(TimeRange { low: next(0)?, high: next(1)? })
    }
}

impl JsonSchema for TimeRange {
    fn schema_name() -> Cow<'static, str> {
        "TimeRange".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let duration = generator.subschema_for::<Duration>();
        json_schema!({
            "description": "A duration, or the shortest and the longest.",
            "anyOf": [
                duration,
                { "type": "array", "prefixItems": [duration, duration], "minItems": 2, "maxItems": 2 },
            ],
        })
    }
}
