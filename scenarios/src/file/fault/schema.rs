//! What the schema of a fault says beyond its keys: which go together.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::keys::TRIGGERS;
use super::row;
use super::trigger::MILESTONES;

/// One trigger, one kind, and no modifier without a kind that it belongs to; or a sequence.
pub(super) fn one_trigger_one_kind(schema: &mut Schema) {
    let kinds: Vec<&str> = row::kinds().map(|row| row.key).collect();
    schema.insert(
        "oneOf".to_owned(),
        json!([
            { "allOf": [exactly_one(&TRIGGERS), exactly_one(&kinds)] },
            { "required": ["sequence"], "propertyNames": { "enum": ["sequence", "label"] } },
        ]),
    );
    let mut belongs = owners(&row::owners());
    belongs.insert("sequence".to_owned(), json!({ "propertyNames": { "enum": ["sequence", "label"] } }));
    schema.insert("dependentSchemas".to_owned(), Value::Object(belongs));
}

/// One thing to wait for, and nothing beside it that does not belong to it.
pub(super) fn one_milestone(schema: &mut Schema) {
    let milestones = MILESTONES.map(|(milestone, _)| milestone);
    schema.insert("allOf".to_owned(), json!([exactly_one(&milestones)]));
    schema.insert("dependentSchemas".to_owned(), Value::Object(owners(&MILESTONES)));
}

/// Faults that no step comes before: there is nothing to wait after.
pub(in crate::file) fn no_next_steps(schema: &mut Schema) {
    let mut items = schema.get("items").cloned().unwrap_or_default();
    items["properties"] = json!({ "after": { "type": "object" } });
    schema.insert("items".to_owned(), items);
}

/// The steps of a sequence, which are no sequences; only the first begins at a time.
pub(super) fn steps(schema: &mut Schema) {
    no_next_steps(schema);
    let mut first = schema.get("items").cloned().unwrap_or_default();
    first["not"] = require("sequence");
    let mut next = first.clone();
    next["not"] = json!({ "anyOf": [require("sequence"), require("at")] });
    if let Some(next) = next.as_object_mut() {
        next.remove("properties");
    }
    schema.insert("prefixItems".to_owned(), json!([first]));
    schema.insert("items".to_owned(), next);
    schema.insert("minItems".to_owned(), json!(1));
}

fn require(key: &str) -> Value {
    json!({ "required": [key] })
}

fn exactly_one(keys: &[&str]) -> Value {
    json!({ "oneOf": keys.iter().map(|key| require(key)).collect::<Vec<_>>() })
}

/// For each modifier, that something is there that it belongs to.
fn owners(table: &[(&str, &[&str])]) -> Map<String, Value> {
    let mut belongs = Map::new();
    for modifier in table.iter().flat_map(|(_, modifiers)| *modifiers) {
        let owners = table.iter().filter(|(_, modifiers)| modifiers.contains(modifier));
        let owners: Vec<Value> = owners.map(|(owner, _)| require(owner)).collect();
        belongs.insert((*modifier).to_owned(), json!({ "anyOf": owners }));
    }
    belongs
}
