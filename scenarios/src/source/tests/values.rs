//! What comes out when nothing is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::super::{Source, Span};
use super::read;
use super::sample::{Fault, Latency, Milliseconds, Protocol, SAMPLE, Sample};

#[track_caller]
fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str, expected: T) {
    assert_eq!(read::<T>(text).unwrap(), expected);
}

/// Reads a part of a document.
fn part<T: DeserializeOwned>(from: &mut dyn erased_serde::Deserializer<'_>) -> Result<T, erased_serde::Error> {
    #[derive(Deserialize)]
    struct Only<T> {
        it: T,
    }
    Only::deserialize(from).map(|only| only.it)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name(String);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Color {
    Red,
    Rgb(u8, u8, u8),
}

#[test]
fn numbers_are_exact() {
    check("18446744073709551615", u64::MAX);
    check("-9223372036854775808", i64::MIN);
    check("-0", 0_u64);
    check("0.1", 0.1_f64);
    check("3", 3.0_f64);
    check("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890.0_f64);
    check("2.2250738585072011e-308", 2.225_073_858_507_201e-308_f64);
    check("1e-400", 0.0_f64);
}

#[test]
fn types_have_their_usual_form() {
    check("null", None::<u8>);
    check("5", Some(5_u8));
    check("null", ());
    check("[1, \"a\", true]", (1_u8, 'a', true));
    check("[1, 2]", [1_u8, 2]);
    check("\"a\\n\\ud83d\\ude00\"", "a\n😀".to_owned());
    check(
        "{\"b\": 1, \"a\": null}",
        BTreeMap::from([(Name("a".to_owned()), None), (Name("b".to_owned()), Some(1_i8))]),
    );
    check("{\"Red\": 1}", BTreeMap::from([(Color::Red, 1_u8)]));
    check("[\"Red\", {\"Red\": null}, {\"Rgb\": [1, 2, 3]}]", vec![Color::Red, Color::Red, Color::Rgb(1, 2, 3)]);
}

#[test]
fn the_sample_is_read() {
    let sample: Sample = read(SAMPLE).unwrap();
    assert_eq!(sample.description.as_deref(), Some("élection 選挙"));
    assert_eq!(sample.protocol.name, "raft");
    assert_eq!(sample.network.latency, Latency::Uniform(Milliseconds(1), Milliseconds(10)));
    assert_eq!(
        sample.faults[0],
        Fault {
            at: Some(Milliseconds(2000)),
            after: None,
            crash: Some("leader".to_owned()),
            restart_after: Some(Milliseconds(1000)),
            partition: None,
            r#for: None,
        }
    );
}

#[test]
fn a_byte_order_mark_is_dropped() {
    check("\u{feff}{}", BTreeMap::<String, u8>::new());
}

/// The text of a span in the sample.
#[track_caller]
fn check_span(span: Option<Span>, expected: &str) {
    let span = span.unwrap();
    assert_eq!(&SAMPLE[span.start..span.end], expected);
    assert_eq!(span.source, 0);
}

#[test]
fn parts_are_read_without_some_of_their_keys() {
    let document = Source::new("raft.json", SAMPLE).parse().unwrap();
    let count: u8 = document.read_at(&["faults", "1", "after", "count"], &[], part).unwrap();
    assert_eq!(count, 2);
    let without_name: Result<Protocol, _> = document.read_at(&["protocol"], &["name"], part);
    assert_eq!(without_name.unwrap_err().to_string(), "raft.json:4:3: missing key `name`");
    let rest: BTreeMap<String, IgnoredAny> = document.read_at(&["protocol"], &["name"], part).unwrap();
    assert_eq!(rest.keys().collect::<Vec<_>>(), ["election_timeout", "flaws"]);
}

#[test]
fn nulls_are_found() {
    let document = Source::new("raft.json", "{\"a\": [1, null], \"b\": {\"c\": null}, \"d\": null}").parse().unwrap();
    assert_eq!(document.nulls(&[&["b"]]), [vec!["a", "1"], vec!["d"]]);
}

#[test]
fn spans_are_found_by_path() {
    let document = Source::new("raft.json", SAMPLE).parse().unwrap();
    check_span(document.span_of(&["protocol", "election_timeout", "0"]), "\"150ms\"");
    check_span(document.span_of(&["faults", "1", "after", "count"]), "2");
    check_span(document.key_span_of(&["faults", "1", "for"]), "\"for\"");
    check_span(document.key_span_of(&["nodes"]), "\"nodes\"");
    for missing in [&["nodes", "0"][..], &["faults", "2"], &["faults", "x"], &["x"]] {
        assert_eq!(document.span_of(missing), None);
    }
    assert_eq!(document.key_span_of(&["faults", "0"]), None);
    assert_eq!(document.key_span_of(&[]), None);
}

#[test]
fn the_document_is_written_as_json() {
    let text = "{\"b\": [1, -2, 0.5, 1e40],\n\"a\": {\"x\": null, \"y\": true}, // end\n}";
    let document = Source::new("raft.json", text).parse().unwrap();
    assert_eq!(document.to_json_value(), serde_json::json!({"b": [1, -2, 0.5, 1e40], "a": {"x": null, "y": true}}));
    let written = document.to_json_text();
    let again = Source::new("again.json", written.clone()).parse().unwrap();
    assert_eq!(again.to_json_text(), written);
    assert!(written.find("\"b\"") < written.find("\"a\""));
}

#[test]
fn the_schema_is_that_of_the_value() {
    let schema = schemars::schema_for!(Sample);
    let schema = schema.as_value();
    let properties = &schema["properties"];
    assert_eq!(
        properties["nodes"],
        serde_json::json!(
            {"type": "integer", "format": "uint32", "minimum": 0}
        )
    );
    assert_eq!(properties["faults"]["items"], serde_json::json!({"$ref": "#/$defs/Fault"}));
}
