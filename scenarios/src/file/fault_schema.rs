//! What the schema of a fault says beyond its keys: which go together.

use schemars::Schema;
use serde_json::{Value, json};

use super::fault::{KINDS, TRIGGERS};

/// One trigger, one kind, and no modifier without a kind that it belongs to.
pub(super) fn one_trigger_one_kind(schema: &mut Schema) {
    let require = |key: &&str| json!({ "required": [key] });
    let kinds = KINDS.map(|(kind, _)| kind);
    let exactly_one = |keys: &[&str]| json!({ "oneOf": keys.iter().map(require).collect::<Vec<_>>() });
    schema.insert("allOf".to_owned(), json!([exactly_one(&TRIGGERS), exactly_one(&kinds)]));
    let mut belongs = serde_json::Map::new();
    for modifier in KINDS.iter().flat_map(|(_, modifiers)| *modifiers) {
        let owners: Vec<Value> =
            KINDS.iter().filter(|(_, modifiers)| modifiers.contains(modifier)).map(|(kind, _)| require(kind)).collect();
        belongs.insert((*modifier).to_owned(), json!({ "anyOf": owners }));
    }
    schema.insert("dependentSchemas".to_owned(), Value::Object(belongs));
}
