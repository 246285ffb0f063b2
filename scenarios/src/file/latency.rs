//! How long something takes: always the same, or drawn from a distribution.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use sim_core::Duration;

use super::place::{LONGEST_SPAN, Mistakes, Place};

/// A distribution of times; `"1ms"` for exactly that.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Latency(Distribution);

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Distribution {
    /// Always the same.
    Constant(Duration),
    /// Equally likely from the shortest to the longest.
    Uniform(Duration, Duration),
    /// Exponentially distributed above a floor.
    Exponential {
        /// The shortest.
        #[serde(default)]
        floor: Duration,
        /// The mean of what comes on top.
        mean: Duration,
    },
    /// Log-normally distributed above a floor.
    LogNormal {
        /// The shortest.
        #[serde(default)]
        floor: Duration,
        /// The median of what comes on top.
        median: Duration,
        /// The standard deviation of the natural logarithm of what comes on top, in steps of a
        /// thousandth.
        #[schemars(range(min = 0, max = 10))]
        sigma: f64,
    },
}

/// The largest sigma of a log-normal latency: beyond, delays are either nothing or for ever.
const LARGEST_SIGMA: f64 = 10.0;

const DISTRIBUTIONS: &str = "`constant`, `uniform`, `exponential`, `log_normal`";

impl Latency {
    pub(crate) fn read(self, place: &Place<'_>, mistakes: &mut Mistakes) -> sim_core::Latency {
        match self.0 {
            Distribution::Constant(delay) => {
                mistakes.check_span(&place.key("constant"), delay, LONGEST_SPAN);
                sim_core::Latency::Constant(delay)
            }
            Distribution::Uniform(low, high) => {
                let place = place.key("uniform");
                mistakes.check_order(&place, low, high);
                mistakes.check_span(&place.index(1), high, LONGEST_SPAN);
                sim_core::Latency::Uniform(low, high)
            }
            Distribution::Exponential { floor, mean } => {
                let place = place.key("exponential");
                mistakes.check_span(&place.key("floor"), floor, LONGEST_SPAN);
                mistakes.check_span(&place.key("mean"), mean, LONGEST_SPAN);
                sim_core::Latency::Exponential { floor, mean }
            }
            Distribution::LogNormal { floor, median, sigma } => {
                let place = place.key("log_normal");
                mistakes.check_span(&place.key("floor"), floor, LONGEST_SPAN);
                mistakes.check_span(&place.key("median"), median, LONGEST_SPAN);
                let sigma_thousandths = sigma_thousandths(sigma, &place.key("sigma"), mistakes);
                sim_core::Latency::LogNormal { floor, median, sigma_thousandths }
            }
        }
    }
}

/// The simulator counts sigma in thousandths, so that it is a whole number.
fn sigma_thousandths(sigma: f64, place: &Place<'_>, mistakes: &mut Mistakes) -> u32 {
    let thousandths = (sigma * 1000.0).round();
    if !(0.0..=LARGEST_SIGMA).contains(&sigma) {
        mistakes.push(place.mistake(format!("expected a number from 0 to {LARGEST_SIGMA}, found {sigma}")));
    } else if (sigma * 1000.0 - thousandths).abs() > 1e-6 {
        mistakes.push(place.mistake(format!("at most three decimals count, found {sigma}")));
    }
    thousandths as u32
}

impl From<sim_core::Latency> for Latency {
    fn from(latency: sim_core::Latency) -> Self {
        Self(match latency {
            sim_core::Latency::Constant(delay) => Distribution::Constant(delay),
            sim_core::Latency::Uniform(low, high) => Distribution::Uniform(low, high),
            sim_core::Latency::Exponential { floor, mean } => Distribution::Exponential { floor, mean },
            sim_core::Latency::LogNormal { floor, median, sigma_thousandths } => {
                Distribution::LogNormal { floor, median, sigma: f64::from(sigma_thousandths) / 1000.0 }
            }
        })
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeOrDistribution)
    }
}

struct TimeOrDistribution;

impl<'de> Visitor<'de> for TimeOrDistribution {
    type Value = Latency;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"1ms\" or a distribution such as { \"uniform\": [\"1ms\", \"5ms\"] }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Latency, E> {
        let only = Duration::deserialize(StrDeserializer::new(text))?;
        Ok(Latency(Distribution::Constant(only)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Latency, A::Error> {
        match map.size_hint() {
            Some(1) | None => Distribution::deserialize(MapAccessDeserializer::new(map)).map(Latency),
            Some(keys) => Err(A::Error::custom(format!("expected one of {DISTRIBUTIONS}, found {keys} keys"))),
        }
    }
}

impl JsonSchema for Latency {
    fn schema_name() -> Cow<'static, str> {
        "Latency".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A time, or a distribution of times.",
            "anyOf": [generator.subschema_for::<Duration>(), generator.subschema_for::<Distribution>()],
        })
    }
}
