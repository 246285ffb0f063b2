//! The JSON Schema of scenario files, for editors and for other tools.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::file::{ScenarioFile, common_properties};
use crate::registry::Entry;

/// The schema of scenarios that name one of these protocols.
///
/// It is that of the file's own types, with what depends on the protocol filled in: its
/// configuration, its workload, its events, properties and roles.
pub(crate) fn of_scenarios(protocols: &[Entry], mut generator: SchemaGenerator) -> Value {
    let configs: Vec<Value> = protocols.iter().map(|entry| config(entry, &mut generator)).collect();
    let conditions: Vec<Value> = protocols.iter().map(|entry| condition(entry, &mut generator)).collect();
    let mut schema: Value = generator.into_root_schema_for::<ScenarioFile>().into();
    schema["title"] = json!("Faultbed scenario");
    if !protocols.is_empty() {
        schema["properties"]["protocol"] =
            json!({ "description": "The protocol, and its configuration.", "oneOf": configs });
        schema["allOf"] = json!(conditions);
        add_roles(&mut schema, protocols);
    }
    refuse_nulls(&mut schema);
    schema
}

/// A protocol's configuration with the name beside its keys.
fn config(entry: &Entry, generator: &mut SchemaGenerator) -> Value {
    let schema: Schema = entry.system.config_schema(generator);
    let mut schema = match Value::from(schema) {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    schema.insert("type".to_owned(), json!("object"));
    schema.entry("description").or_insert_with(|| json!(entry.info.summary));
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties["name"] = json!({ "const": entry.info.name });
    let required = schema.entry("required").or_insert_with(|| json!([]));
    required.as_array_mut().expect("`required` is a list").push(json!("name"));
    Value::Object(schema)
}

/// What the rest of the file may say if this is the protocol.
fn condition(entry: &Entry, generator: &mut SchemaGenerator) -> Value {
    let info = &entry.info;
    let violable: Vec<&str> = info.properties.iter().map(|p| p.name).chain(common_properties()).collect();
    let event = json!({ "enum": info.events });
    let fault = json!({
        "operate": { "enum": info.actions },
        "adversary": { "enum": info.adversaries.iter().map(|info| info.name).collect::<Vec<_>>() },
        "after": { "properties": {
            "event": event,
            "role": { "enum": info.roles },
            "state": { "enum": info.states },
        } },
    });
    let mut step = fault.clone();
    step["sequence"] = json!({ "items": { "properties": fault }, "prefixItems": [{ "properties": fault }] });
    let mut configuration = Value::from(entry.system.config_schema(generator));
    if let Some(keys) = configuration.as_object_mut() {
        // What it does not say it has from `protocol`.
        keys.remove("required");
    }
    let mut then = json!({
        "expect": { "properties": {
            "sometimes": { "items": event },
            "violates": { "enum": violable },
        } },
        "faults": { "items": { "properties": step } },
        "configurations": { "additionalProperties": configuration },
    });
    if info.has_clients {
        let workload = Value::from(entry.system.workload_schema(generator));
        then["clients"] = json!({ "properties": { "workload": workload } });
    } else {
        (then["clients"], then["operations"]) = (json!(false), json!(false));
    }
    json!({
        "if": { "properties": { "protocol": { "properties": { "name": { "const": info.name } } } } },
        "then": { "properties": then },
    })
}

/// Lets targets of faults be roles.
fn add_roles(schema: &mut Value, protocols: &[Entry]) {
    let mut roles: Vec<&str> = protocols.iter().flat_map(|entry| &entry.info.roles).copied().collect();
    roles.sort_unstable();
    roles.dedup();
    if !roles.is_empty()
        && let Some(Value::Array(forms)) = schema.pointer_mut("/$defs/Target/anyOf")
    {
        forms.push(json!({ "enum": roles }));
    }
}

/// A key that has no value is left out of a scenario, so null is no alternative anywhere.
fn refuse_nulls(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(refuse_nulls),
        Value::Object(keys) => {
            keys.values_mut().for_each(refuse_nulls);
            keys.retain(|key, value| key != "default" || !value.is_null());
            if let Some(Value::Array(types)) = keys.get_mut("type") {
                types.retain(|name| name != "null");
            }
            if let Some(Value::Array(forms)) = keys.get_mut("anyOf") {
                forms.retain(|form| *form != json!({ "type": "null" }));
            }
        }
        _ => {}
    }
}
