//! Whole numbers that may turn out to be too small or too large.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

/// A whole number as the file has it, below zero or beyond 64 bits as well: what may stand in its
/// place is told by [`check_number`](super::place::Mistakes::check_number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Whole(i128);

impl Whole {
    /// The number of this range that is nearest to it.
    pub(super) fn clamp(self, least: u64, most: u64) -> u64 {
        u64::try_from(self.0.clamp(least.into(), most.into())).expect("both ends have 64 bits")
    }
}

impl From<u32> for Whole {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl From<u64> for Whole {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyWhole)
    }
}

struct AnyWhole;

/// Whole numbers that are written without a point have 64 bits or are at least this large.
const BEYOND_64_BITS: f64 = 9_223_372_036_854_775_808.0;

impl Visitor<'_> for AnyWhole {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
        Ok(number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        Ok(Whole(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
        // What is too large even for this becomes its largest number.
        if number.abs() >= BEYOND_64_BITS {
            Ok(Whole(number as i128))
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }
}

impl JsonSchema for Whole {
    fn schema_name() -> Cow<'static, str> {
        u64::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        u64::json_schema(generator)
    }
}
