//! Types which resemble those of a scenario, and a text which fits them.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

pub(super) const SAMPLE: &str = r#"// A leader crashes while the votes are counted.
{
  "description": "élection 選挙",
  "protocol": {
    "name": "raft",
    "election_timeout": ["150ms", "300ms"], /* drawn anew each term */
    "flaws": [],
  },
  "nodes": 5,
  "network": {
    "latency": {"uniform": ["1ms", "10ms"]},
    "loss": 0.01
  },
  "faults": [
    {"at": "2s", "crash": "leader", "restart_after": "1s"},
    {
      "after": {"event": "BecameLeader", "count": 2},
      "partition": [["leader"], ["others"]],
      "for": "3s",
    },
  ],
}
"#;

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) description: Option<String>,
    pub(super) protocol: Protocol,
    pub(super) nodes: u32,
    pub(super) network: Network,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Protocol {
    pub(super) name: String,
    pub(super) election_timeout: (Milliseconds, Milliseconds),
    pub(super) flaws: Vec<Flaw>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flaw {
    VoteTwice,
    ForgetTerm,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) latency: Latency,
    pub(super) loss: f64,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Latency {
    None,
    Fixed(Milliseconds),
    Uniform(Milliseconds, Milliseconds),
    Normal { mean: Milliseconds, deviation: Milliseconds },
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) at: Option<Milliseconds>,
    pub(super) after: Option<Trigger>,
    pub(super) crash: Option<String>,
    pub(super) restart_after: Option<Milliseconds>,
    pub(super) partition: Option<Vec<Vec<String>>>,
    pub(super) r#for: Option<Milliseconds>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trigger {
    pub(super) event: String,
    pub(super) count: u8,
}

/// A duration, written as a number with a unit.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema)]
pub(super) struct Milliseconds(pub(super) u64);

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(MillisecondsVisitor)
    }
}

struct MillisecondsVisitor;

impl Visitor<'_> for MillisecondsVisitor {
    type Value = Milliseconds;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a duration such as \"150ms\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Milliseconds, E> {
        let (number, factor) = match text.strip_suffix("ms") {
            Some(number) => (number, 1),
            None => (text.trim_end_matches('s'), 1000),
        };
        match number.parse::<u64>() {
            Ok(number) if text.ends_with('s') => Ok(Milliseconds(number * factor)),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}
