//! No file, however broken, makes the loader panic or point outside of the text.

use crate::common::{EVERYTHING, FAULTS, FLAW, NEMESIS, RING, registry};
use proptest::prelude::*;
use scenarios::{Diagnostic, Override, Source, load};
use serde_json::{Value, json};

fn check(mistakes: &[Diagnostic], text: &str) {
    assert!(!mistakes.is_empty());
    for mistake in mistakes {
        let range = mistake.primary.range();
        assert!(range.start <= range.end && range.end <= mistake.primary.source().text().len(), "{text}");
        let (line, column) = mistake.line_column();
        assert!(line >= 1 && column >= 1);
        assert!(!mistake.render(true).is_empty());
    }
}

fn try_to_load(text: &str, overrides: &[Override]) {
    if let Err(mistakes) = load(&registry(), &Source::new("test.json", text), overrides) {
        check(&mistakes, text);
    }
}

/// Values that are right somewhere, and values that are right nowhere.
fn value() -> impl Strategy<Value = Value> {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(65),
        json!(1.5),
        json!(u64::MAX),
        json!(1_000_000_000_000_u64),
        json!("0s"),
        json!("5ms"),
        json!("3s"),
        json!("-5ms"),
        json!("24h"),
        json!("18446744073709551615ns"),
        json!("n0"),
        json!("n7"),
        json!("c0"),
        json!("c2147483648"),
        json!("random:9999999999"),
        json!("random:3"),
        json!("others"),
        json!("clients"),
        json!("minority"),
        json!("primary"),
        json!("Stored"),
        json!("Linearizability"),
        json!("5..3"),
        json!("register"),
        json!("ring"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([["n0"], ["n1"]]),
        json!(["9ms", "1ms"]),
        json!([[{ "Write": { "value": 2 } }, "Read"]]),
        json!([{ "choice": "n0 rng#1", "value": "18446744073709551615" }]),
        json!({ "every": "1ns", "lasts": "1s" }),
        json!({ "every": "10ms" }),
        json!({ "constant": "24h" }),
        json!({ "from": "n0", "to": "others" }),
        json!({ "operations": 0 }),
        json!({ "role": "primary", "by": "n9" }),
        json!([3, 1]),
        json!([1, 3]),
        json!("same"),
        json!("zone:far"),
        json!([{ "at": "1s", "crash": "n0" }, { "after": "1s", "restart": "same" }]),
        json!({ "log_normal": { "median": "24h", "sigma": 1e300 } }),
    ];
    prop::sample::select(values.to_vec())
}

/// Keys of scenarios.
fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "at",
            "after",
            "crash",
            "pause",
            "slow",
            "partition",
            "isolate",
            "links",
            "for",
            "hold",
            "rate",
            "delay",
            "loss",
            "step_takes",
            "restart_after",
            "nodes",
            "seeds",
            "clients",
            "operations",
            "deviations",
            "heal_at",
            "run_for",
            "expect",
            "violates",
            "progress_within",
            "count",
            "latency",
            "power_loss",
            "mid_step",
            "offset",
            "restart",
            "join",
            "bridge",
            "majority_ring",
            "random_links",
            "swizzle",
            "link_omission",
            "clock_jump",
            "drift",
            "late_timers",
            "slow_disk",
            "corrupt_record",
            "failing_sync",
            "full_disk",
            "upgrade",
            "sequence",
            "repeat",
            "one_by_one",
            "wiped",
            "reordered",
            "nth",
            "kind",
            "replay",
            "replay_after",
            "forward",
            "backward",
            "ppm",
            "by",
            "sync_takes",
            "to",
            "zones",
            "configurations",
            "heal_core",
        ][..],
    )
}

/// Puts `value` at the `number`-th place of the tree, or under a new key there.
fn change(tree: &mut Value, number: &mut usize, key: &str, value: &Value) -> bool {
    if *number == 0 {
        match tree {
            Value::Object(entries) if !entries.contains_key(key) => {
                entries.insert(key.to_owned(), value.clone());
            }
            _ => *tree = value.clone(),
        }
        return true;
    }
    *number -= 1;
    match tree {
        Value::Array(items) => items.iter_mut().any(|item| change(item, number, key, value)),
        Value::Object(entries) => entries.values_mut().any(|item| change(item, number, key, value)),
        _ => false,
    }
}

fn sample() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&[EVERYTHING, FAULTS, NEMESIS, FLAW, RING][..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_values_never_panic(
        text in sample(),
        changes in prop::collection::vec((0..240_usize, key(), value()), 1..4),
    ) {
        let mut tree = Source::new("test.json", text).parse().unwrap().to_json_value();
        for (mut number, key, value) in changes {
            change(&mut tree, &mut number, key, &value);
        }
        try_to_load(&serde_json::to_string_pretty(&tree).unwrap(), &[]);
    }

    #[test]
    fn changed_bytes_never_panic(text in sample(), edits in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4)) {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in edits {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        match Source::from_bytes("test.json", bytes) {
            Ok(source) => try_to_load(source.text(), &[]),
            Err(mistake) => check(&[mistake], "bytes"),
        }
    }

    #[test]
    fn overrides_never_panic(text in sample(), key in key(), value in value()) {
        let change = Override::parse(&format!("{key}={value}")).unwrap();
        try_to_load(text, &[change]);
    }
}
