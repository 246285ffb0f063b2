//! Values at the ends of the range of every key of every protocol, and of every key that all
//! scenarios share, made from the schema: each is refused at its place, or gives a run in which
//! nobody is blamed for a number that was given.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use scenarios::{Override, Registry, Source, library, load};
use serde_json::{Value, json};
use sim_core::{NO_PANIC, TIME_GOES_ON};

/// A key, as a path, and a value for it.
type Case = (Vec<String>, Value);

const DURATION: &str = "#/$defs/Duration";

/// The longest span that can be written.
const LONGEST: &str = "18446744073709551615ns";

/// The values at the ends of what a schema allows, and beyond.
fn ends(schema: &Value, root: &Value, path: &[String], depth: usize, cases: &mut Vec<Case>) {
    let case = |value: Value| (path.to_vec(), value);
    if schema["$ref"] == DURATION {
        return cases.extend(["0ns", "1ns", "24h", "8760h", LONGEST].map(|span| case(json!(span))));
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere");
        return ends(target, root, path, depth, cases);
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        for alternative in schema[alternatives].as_array().into_iter().flatten() {
            ends(alternative, root, path, depth, cases);
        }
    }
    if let Some(parts) = schema["prefixItems"].as_array() {
        let of = |part: &Value, last: bool| match (part["$ref"] == DURATION, last) {
            (true, false) => json!("0ns"),
            (true, true) => json!(LONGEST),
            (false, false) => json!(0),
            (false, true) => json!(u64::MAX),
        };
        for (first, second) in [(false, false), (false, true), (true, true), (true, false)] {
            let ends = [first, second].into_iter().cycle();
            let value: Vec<Value> = parts.iter().zip(ends).map(|(part, last)| of(part, last)).collect();
            cases.push(case(Value::Array(value)));
        }
        return;
    }
    let kind = |of: &str| schema["type"] == of || schema["type"].as_array().is_some_and(|all| all.contains(&json!(of)));
    if kind("integer") {
        let of_format = match schema["format"].as_str() {
            Some("uint32") => json!(u32::MAX),
            Some("int32") => json!(i32::MIN),
            _ => json!(u64::MAX),
        };
        let limits = [&schema["minimum"], &schema["maximum"]].into_iter().filter(|limit| limit.is_number());
        let values = [json!(0), json!(1), json!(2), of_format, json!(u64::MAX)];
        cases.extend(values.into_iter().chain(limits.cloned()).map(case));
    } else if kind("number") {
        cases.extend([json!(0), json!(1), json!(1e-300), json!(1e300), json!(u64::MAX)].map(case));
    } else if depth < 4 {
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = [path, std::slice::from_ref(key)].concat();
            ends(schema, root, &path, depth + 1, cases);
        }
    }
}

/// The general scenario of a protocol, short, and without what only makes sense in a long run.
fn base(protocol: &str) -> Value {
    let source = library::find(&format!("{protocol}/general")).map(|mut found| found.remove(0));
    let mut base = match source {
        Ok(source) => source.parse().expect("it is in the library").to_json_value(),
        Err(_) => json!({ "description": "Nobody.", "protocol": { "name": protocol }, "nodes": 4 }),
    };
    let top = base.as_object_mut().expect("a scenario is an object");
    for key in ["heal_at", "heal_core", "expect", "seeds"] {
        top.remove(key);
    }
    top.insert("run_for".to_owned(), json!("300ms"));
    top.insert("step_limit".to_owned(), json!(8000));
    base
}

/// What is wrong with how a case ends, if anything is.
fn fault(base: &Value, (path, value): &Case) -> Option<String> {
    let key = path.join(".");
    let text = format!("{key}={value}");
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let overrides = [Override::parse(&text).map_err(|error| format!("{text}: {error:?}"))?];
        let source = Source::new("general.json", base.to_string());
        match load(&Registry::standard(), &source, &overrides) {
            Err(mistakes) if mistakes.iter().all(|mistake| mistake.line_column().0 > 0) => Ok(()),
            Err(_) => Err(format!("{text}: refused nowhere")),
            Ok(scenario) => {
                let run = scenario.prepared.run(1);
                let blamed =
                    run.verdict.violation().filter(|of| [NO_PANIC, TIME_GOES_ON].contains(&of.property.as_str()));
                blamed.map_or(Ok(()), |violation| Err(format!("{text}: {violation}")))
            }
        }
    }));
    ended.unwrap_or_else(|_| Err(format!("{text}: panicked"))).err()
}

fn check(base: &Value, cases: &[Case]) {
    assert!(!cases.is_empty());
    let faults: Vec<String> = cases.iter().filter_map(|case| fault(base, case)).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// The configurations of all protocols, by name.
fn configurations(schema: &Value) -> BTreeMap<String, Value> {
    let all = schema["properties"]["protocol"]["oneOf"].as_array().expect("one for each protocol");
    let name = |one: &Value| one["properties"]["name"]["const"].as_str().expect("it has a name").to_owned();
    all.iter().map(|one| (name(one), one.clone())).collect()
}

#[test]
fn no_number_in_a_configuration_makes_anything_panic() {
    let schema = Registry::standard().schema();
    let configurations = configurations(&schema);
    assert!(configurations.len() > 7);
    for (protocol, configuration) in configurations {
        let mut cases = Vec::new();
        ends(&configuration, &schema, &["protocol".to_owned()], 0, &mut cases);
        cases.retain(|(path, _)| path.last().is_some_and(|key| key != "name"));
        check(&base(&protocol), &cases);
    }
}

#[test]
fn no_number_in_what_all_scenarios_share_makes_anything_panic() {
    let schema = Registry::standard().schema();
    let mut cases = Vec::new();
    for (key, of) in schema["properties"].as_object().expect("keys") {
        if !["protocol", "faults", "description", "deviations", "operations", "zones"].contains(&key.as_str()) {
            ends(of, &schema, std::slice::from_ref(key), 0, &mut cases);
        }
    }
    assert!(cases.len() > 200, "{}", cases.len());
    // One with clients, and one with Byzantine nodes.
    for protocol in ["raft", "streamlet"] {
        check(&base(protocol), &cases);
    }
}

/// Faults are lists of things: the numbers in one of each kind are replaced.
#[test]
fn no_number_in_a_fault_makes_anything_panic() {
    for example in library::library().filter(|scenario| scenario.name.starts_with("faults/")) {
        let document = example.source().parse().expect("it is in the library");
        let mut base = document.to_json_value();
        base["run_for"] = json!("3s");
        base["step_limit"] = json!(5000);
        let mut cases = Vec::new();
        for number in 0..base["faults"].as_array().map_or(0, Vec::len) {
            leaves(&base["faults"][number], &["faults".to_owned(), number.to_string()], &mut cases);
        }
        let faults: Vec<String> = cases.iter().filter_map(|case| fault(&base, case)).collect();
        assert!(faults.is_empty(), "{}: {}", example.name, faults.join("\n"));
    }
}

/// Ends for the numbers and spans that stand in a value.
fn leaves(value: &Value, path: &[String], cases: &mut Vec<Case>) {
    let below = |key: &str| [path, &[key.to_owned()]].concat();
    match value {
        Value::Number(_) => {
            cases.extend([json!(0), json!(1), json!(u64::MAX), json!(1e300)].map(|value| (path.to_vec(), value)));
        }
        Value::String(text) if text.parse::<sim_core::Duration>().is_ok() => {
            cases.extend(["0ns", "1ns", "24h", LONGEST].map(|span| (path.to_vec(), json!(span))));
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(number, value)| leaves(value, &below(&number.to_string()), cases));
        }
        Value::Object(all) => all.iter().for_each(|(key, value)| leaves(value, &below(key), cases)),
        _ => {}
    }
}
