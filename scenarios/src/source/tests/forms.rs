//! Messages about forms of types which the sample does not have.

use std::collections::BTreeMap;
use std::num::NonZeroU8;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{check_rendered, read};

#[track_caller]
fn check<T: DeserializeOwned>(text: &str, expected: &str) {
    let Err(error) = read::<T>(text) else {
        panic!("{text} was accepted");
    };
    check_rendered(&error, expected);
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Upper;

impl TryFrom<String> for Upper {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.to_uppercase() == text {
            true => Ok(Upper),
            false => Err("expected capital letters"),
        }
    }
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Side {
    Left,
    Right,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the errors are of interest")]
enum Either {
    Number(u8),
    Text(String),
}

#[derive(Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
#[expect(dead_code, reason = "only the errors are of interest")]
enum Tagged {
    Raft { nodes: u8 },
}

#[derive(Deserialize)]
struct Unit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[test]
fn a_conversion_fails() {
    check::<Vec<Upper>>(
        r#"["A", "b"]"#,
        r#"
error: expected capital letters
 --> raft.json:1:7
  |
1 | ["A", "b"]
  |       ^^^
"#,
    );
}

#[test]
fn keys_of_a_map_are_checked() {
    check::<BTreeMap<Side, u8>>(
        r#"{"left": 1, "rigth": 2}"#,
        r#"
error: unknown key `rigth`
 --> raft.json:1:13
  |
1 | {"left": 1, "rigth": 2}
  |             ^^^^^^^
  |
  = help: did you mean `right`?
  = help: valid keys are `left`, `right`
"#,
    );
    check::<BTreeMap<UpperKey, u8>>(
        r#"{"A": 1, "b": 2}"#,
        r#"
error: expected capital letters
 --> raft.json:1:10
  |
1 | {"A": 1, "b": 2}
  |          ^^^
"#,
    );
    check::<BTreeMap<String, u8>>(
        r#"{"a": 1, "b": -1}"#,
        r#"
error: expected a whole number from 0 to 255, found -1
 --> raft.json:1:15
  |
1 | {"a": 1, "b": -1}
  |               ^^
"#,
    );
}

#[test]
fn simple_types_are_named_in_english() {
    check::<bool>(
        "1",
        r#"
error: expected true or false, found number
 --> raft.json:1:1
  |
1 | 1
  | ^
"#,
    );
    check::<NonZeroU8>(
        "0",
        r#"
error: expected a whole number from 1 to 255, found 0
 --> raft.json:1:1
  |
1 | 0
  | ^
"#,
    );
    check::<char>(
        "\"ab\"",
        r#"
error: expected a character, found "ab"
 --> raft.json:1:1
  |
1 | "ab"
  | ^^^^
"#,
    );
    check::<()>(
        "1",
        r#"
error: expected null, found number
 --> raft.json:1:1
  |
1 | 1
  | ^
"#,
    );
    check::<Unit>(
        "{}",
        r#"
error: expected null, found object
 --> raft.json:1:1
  |
1 | {}
  | ^^
"#,
    );
    check::<i64>(
        "9223372036854775808",
        r#"
error: expected a whole number from -9223372036854775808 to 9223372036854775807, found 9223372036854775808
 --> raft.json:1:1
  |
1 | 9223372036854775808
  | ^^^^^^^^^^^^^^^^^^^
"#,
    );
    check::<[u8; 3]>(
        "[1]",
        r#"
error: expected an array of 3 values, found 1 value
 --> raft.json:1:1
  |
1 | [1]
  | ^^^
"#,
    );
    check::<BTreeMap<String, u8>>(
        "[]",
        r#"
error: expected an object, found array
 --> raft.json:1:1
  |
1 | []
  | ^^
"#,
    );
    check::<Nothing>(
        r#"{"a": 1}"#,
        r#"
error: unknown key `a`
 --> raft.json:1:2
  |
1 | {"a": 1}
  |  ^^^
  |
  = help: no key is valid here
"#,
    );
}

#[test]
fn no_form_of_several_fits() {
    check::<Either>(
        "[1, 256]",
        r#"
error: this value has none of the forms which are valid here
 --> raft.json:1:1
  |
1 | [1, 256]
  | ^^^^^^^^
"#,
    );
    check::<Tagged>(
        r#"{"nodes": 5}"#,
        r#"
error: missing key `name`
 --> raft.json:1:1
  |
1 | {"nodes": 5}
  | ^^^^^^^^^^^^
"#,
    );
    check::<Tagged>(
        r#"{"name": "paxos"}"#,
        r#"
error: unknown value `paxos`
 --> raft.json:1:10
  |
1 | {"name": "paxos"}
  |          ^^^^^^^
  |
  = help: the only valid value is `raft`
"#,
    );
    check::<Tagged>(
        r#"{"name": "raft", "nodes": 300}"#,
        r#"
error: expected a whole number from 0 to 255, found 300
 --> raft.json:1:1
  |
1 | {"name": "raft", "nodes": 300}
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    );
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct UpperKey(Side);

impl TryFrom<String> for UpperKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Upper::try_from(text).map(|Upper| UpperKey(Side::Left))
    }
}
