//! The published schema accepts what the program accepts.

use crate::common::{EVERYTHING, FAULTS, FLAW, NEMESIS, RING, load_valid, registry};
use scenarios::Registry;
use serde_json::{Value, json};

fn schema() -> Value {
    registry().schema()
}

#[test]
fn the_schema_is_valid_itself() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
    assert!(jsonschema::draft202012::meta::is_valid(&Registry::new().schema()));
    assert_eq!(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn scenarios_and_recorded_runs_are_valid() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for text in [EVERYTHING, FAULTS, NEMESIS, FLAW, RING] {
        let scenario = load_valid(text);
        for value in
            [scenario.document.to_json_value(), scenario.prepared.record(5).scenario, scenario.prepared.plan(5)]
        {
            if let Err(error) = validator.validate(&value) {
                panic!("{}: {error}", error.instance_path());
            }
        }
    }
}

/// A change of one place of a valid scenario makes it invalid.
#[track_caller]
fn check_invalid(pointer: &str, value: Value) {
    check_invalid_in(EVERYTHING, pointer, value);
}

#[track_caller]
fn check_invalid_in(text: &str, pointer: &str, value: Value) {
    let mut scenario = load_valid(text).document.to_json_value();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match scenario.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
        object => object[key] = value.clone(),
    }
    assert!(!jsonschema::is_valid(&schema(), &scenario), "{pointer} = {value}");
}

#[test]
fn mistakes_are_invalid() {
    check_invalid("/nodse", json!(3));
    check_invalid("/nodes", json!(0));
    check_invalid("/nodes", json!(null));
    check_invalid("/clients", json!(null));
    check_invalid("/run_for", json!("5 fortnights"));
    check_invalid("/network/loss", json!(1.5));
    check_invalid("/network/latency", json!({ "gaussian": "1ms" }));
    check_invalid("/protocol/name", json!("raft"));
    check_invalid("/protocol/copy_evry", json!("1ms"));
    check_invalid("/protocol/flaws", json!(["stale"]));
    check_invalid("/protocol", json!({ "name": "ring", "copy_every": "1ms" }));
    check_invalid("/protocol", json!({ "name": "ring" }));
    check_invalid("/clients/workload", json!({ "writes": 3 }));
    check_invalid("/faults/0", json!({ "at": "1s" }));
    check_invalid("/faults/0", json!({ "crash": "n0" }));
    check_invalid("/faults/0", json!({ "at": "1s", "crash": "n0", "pause": "n1" }));
    check_invalid("/faults/0", json!({ "at": "1s", "crash": "n0", "hold": true }));
    check_invalid("/faults/0/crash", json!("leader"));
    check_invalid("/expect/sometimes", json!(["BecameKing"]));
    check_invalid("/expect/violates", json!("Odd Values"));
    check_invalid("/seeds", json!("1-5"));
}

#[test]
fn mistakes_in_faults_are_invalid() {
    let check = |pointer: &str, value: Value| check_invalid_in(FAULTS, pointer, value);
    check("/faults/0", json!({ "after": "1s", "crash": "n0" }));
    check("/faults/0", json!({ "after": { "event": "Stored", "role": "primary" }, "crash": "n0" }));
    check("/faults/0", json!({ "after": { "event": "Stored", "on": "n0" }, "crash": "n0" }));
    check("/faults/0", json!({ "after": { "event": "Stroed" }, "crash": "n0" }));
    check("/faults/0", json!({ "after": { "state": "weird" }, "crash": "n0" }));
    check("/faults/0", json!({ "after": { "operations": 0 }, "crash": "n0" }));
    check("/faults/0", json!({ "at": "1s", "power_loss": "n0", "wiped": true }));
    check("/faults/0", json!({ "at": "1s", "crash": "n0", "reordered": true }));
    check("/faults/0", json!({ "at": "1s", "join": "n0", "repeat": { "every": "1s" } }));
    check("/faults/0", json!({ "at": "1s", "bridge": "n0", "one_by_one": "1s" }));
    check("/faults/0", json!({ "at": "1s", "majority_ring": false }));
    check("/faults/0", json!({ "at": "1s", "drift": "n0", "ppm": -1_000_000 }));
    check("/faults/0", json!({ "at": "1s", "operate": "dance", "on": "n0" }));
    check("/faults/0", json!({ "at": "1s", "send_omission": "n0", "nth": [0] }));
    check("/faults/0", json!({ "at": "1s", "crash": "zone:" }));
    check("/faults/0", json!({ "at": "1s", "crash": "n0", "sequence": [] }));
    check("/faults/23/sequence", json!([]));
    check("/faults/23/at", json!("1s"));
    check("/faults/23/sequence/1", json!({ "at": "1s", "pause": "same" }));
    check("/faults/23/sequence/1", json!({ "sequence": [{ "at": "1s", "pause": "n0" }] }));
    check("/faults/23/sequence/1/after", json!({ "event": "Stroed" }));
    check("/faults/23/sequence/0", json!({ "after": "1s", "pause": "n0" }));
    check("/configurations/hasty", json!({ "flaws": ["stale"] }));
    check("/configurations/hasty", json!({ "copies": 3 }));
    check("/zones/near/nodes", json!(["primary "]));
    check("/zones/near/latency/far", json!({ "gaussian": "1ms" }));
    check("/heal_core", json!([]));
}

#[test]
fn configurations_and_workloads_refuse_unknown_keys() {
    for registry in [registry(), Registry::standard()] {
        let schema = registry.schema();
        for protocol in schema["properties"]["protocol"]["oneOf"].as_array().into_iter().flatten() {
            assert_eq!(protocol["additionalProperties"], false, "{}", protocol["properties"]["name"]);
        }
        for condition in schema["allOf"].as_array().into_iter().flatten() {
            let workload = condition.pointer("/then/properties/clients/properties/workload/$ref");
            let Some(Value::String(reference)) = workload else { continue };
            let workload = schema.pointer(reference.trim_start_matches('#')).unwrap();
            assert_eq!(workload["additionalProperties"], false, "{reference}");
        }
    }
}
