//! One guarantee or a list of several.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use sim_core::Guarantee;

/// What runs keep: `"linearizable"`, or `["sequential", "durable"]`. None is named twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guarantees(pub(crate) Vec<Guarantee>);

impl Serialize for Guarantees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Guarantees {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = Guarantees;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a guarantee such as \"linearizable\" or a list such as [\"causal\", \"durable\"], none twice")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Guarantees, E> {
        Guarantee::deserialize(StrDeserializer::new(name)).map(|one| Guarantees(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Guarantees, A::Error> {
        let mut several = Vec::<Guarantee>::new();
        while let Some(guarantee) = items.next_element()? {
            if several.contains(&guarantee) {
                return Err(A::Error::invalid_value(Unexpected::Str(guarantee.name()), &self));
            }
            several.push(guarantee);
        }
        if several.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Guarantees(several)) }
    }
}

impl JsonSchema for Guarantees {
    fn schema_name() -> Cow<'static, str> {
        "Guarantees".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Guarantee>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1, "uniqueItems": true }] })
    }
}
