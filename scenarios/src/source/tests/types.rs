//! What the user reads when the text is JSON but not a scenario.

use super::sample::{SAMPLE, Sample};
use super::{check_rendered, read};

/// Replaces the only occurrence of `old` in the sample.
#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    assert_eq!(SAMPLE.matches(old).count(), 1, "{old} is not unique");
    let error = read::<Sample>(&SAMPLE.replace(old, new)).unwrap_err();
    check_rendered(&error, expected);
}

#[test]
fn the_sample_is_right() {
    read::<Sample>(SAMPLE).unwrap();
}

#[test]
fn keys_are_unknown() {
    check(
        "\"network\"",
        "\"netwrok\"",
        r#"
error: unknown key `netwrok`
  --> raft.json:10:3
   |
10 |   "netwrok": {
   |   ^^^^^^^^^
   |
   = help: did you mean `network`?
   = help: valid keys are `description`, `protocol`, `nodes`, `network`, `faults`
"#,
    );
    check(
        "\"count\"",
        "\"times\"",
        r#"
error: unknown key `times`
  --> raft.json:17:42
   |
17 |       "after": {"event": "BecameLeader", "times": 2},
   |                                          ^^^^^^^
   |
   = help: valid keys are `event`, `count`
"#,
    );
}

#[test]
fn keys_are_missing() {
    check(
        "\"nodes\": 5,",
        "",
        r#"
error: missing key `nodes`
 --> raft.json:2:1
  |
2 | {
  | ^
"#,
    );
    check(
        ", \"count\": 2",
        "",
        r#"
error: missing key `count`
  --> raft.json:17:7
   |
17 |       "after": {"event": "BecameLeader"},
   |       ^^^^^^^
"#,
    );
}

#[test]
fn names_are_unknown() {
    check(
        "\"flaws\": []",
        "\"flaws\": [\"vote_twise\"]",
        r#"
error: unknown value `vote_twise`
 --> raft.json:7:15
  |
7 |     "flaws": ["vote_twise"],
  |               ^^^^^^^^^^^^
  |
  = help: did you mean `vote_twice`?
  = help: valid values are `vote_twice`, `forget_term`
"#,
    );
    check(
        "\"uniform\"",
        "\"gaussian\"",
        r#"
error: unknown key `gaussian`
  --> raft.json:11:17
   |
11 |     "latency": {"gaussian": ["1ms", "10ms"]},
   |                 ^^^^^^^^^^
   |
   = help: valid keys are `none`, `fixed`, `uniform`, `normal`
"#,
    );
    check(
        "\"uniform\"",
        "\"Unifrom\"",
        r#"
error: unknown key `Unifrom`
  --> raft.json:11:17
   |
11 |     "latency": {"Unifrom": ["1ms", "10ms"]},
   |                 ^^^^^^^^^
   |
   = help: did you mean `uniform`?
   = help: valid keys are `none`, `fixed`, `uniform`, `normal`
"#,
    );
}

#[test]
fn variants_have_the_wrong_shape() {
    check(
        "{\"uniform\": [\"1ms\", \"10ms\"]}",
        "\"uniform\"",
        r#"
error: `uniform` needs a value
  --> raft.json:11:16
   |
11 |     "latency": "uniform",
   |                ^^^^^^^^^
"#,
    );
    check(
        "{\"uniform\": [\"1ms\", \"10ms\"]}",
        "{\"none\": 5}",
        r#"
error: `none` takes no value: write "none" alone
  --> raft.json:11:25
   |
11 |     "latency": {"none": 5},
   |                         ^
"#,
    );
    check(
        "{\"uniform\": [\"1ms\", \"10ms\"]}",
        "{\"fixed\": [\"5ms\"]}",
        r#"
error: expected a duration such as "150ms", found array
  --> raft.json:11:26
   |
11 |     "latency": {"fixed": ["5ms"]},
   |                          ^^^^^^^
"#,
    );
    check(
        "{\"uniform\": [\"1ms\", \"10ms\"]}",
        "{\"normal\": [\"5ms\"]}",
        r#"
error: expected an object, found array
  --> raft.json:11:27
   |
11 |     "latency": {"normal": ["5ms"]},
   |                           ^^^^^^^
"#,
    );
    check(
        "{\"uniform\": [\"1ms\", \"10ms\"]}",
        "{\"normal\": {\"mean\": \"5ms\"}}",
        r#"
error: missing key `deviation`
  --> raft.json:11:17
   |
11 |     "latency": {"normal": {"mean": "5ms"}},
   |                 ^^^^^^^^
"#,
    );
    check(
        "{\"uniform\": [\"1ms\", \"10ms\"]}",
        "5",
        r#"
error: expected a string or an object with one key, found number
  --> raft.json:11:16
   |
11 |     "latency": 5,
   |                ^
   |
   = help: valid names are `none`, `fixed`, `uniform`, `normal`
"#,
    );
    check(
        "{\"uniform\": [",
        "{\"fixed\": \"1ms\", \"uniform\": [",
        r#"
error: expected a string or an object with one key, found object with 2 keys
  --> raft.json:11:16
   |
11 |     "latency": {"fixed": "1ms", "uniform": ["1ms", "10ms"]},
   |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = help: valid names are `none`, `fixed`, `uniform`, `normal`
"#,
    );
}

#[test]
fn values_have_the_wrong_type() {
    check(
        "\"nodes\": 5",
        "\"nodes\": \"five\"",
        r#"
error: expected a whole number, found string
 --> raft.json:9:12
  |
9 |   "nodes": "five",
  |            ^^^^^^
"#,
    );
    check(
        "\"150ms\"",
        "150",
        r#"
error: expected a duration such as "150ms", found number
 --> raft.json:6:26
  |
6 |     "election_timeout": [150, "300ms"], /* drawn anew each term */
  |                          ^^^
"#,
    );
    check(
        "\"loss\": 0.01",
        "\"loss\": true",
        r#"
error: expected a number, found boolean
  --> raft.json:12:13
   |
12 |     "loss": true
   |             ^^^^
"#,
    );
    check(
        "\"name\": \"raft\"",
        "\"name\": null",
        r#"
error: expected a string, found null
 --> raft.json:5:13
  |
5 |     "name": null,
  |             ^^^^
"#,
    );
    check(
        "\"flaws\": []",
        "\"flaws\": {}",
        r#"
error: expected an array, found object
 --> raft.json:7:14
  |
7 |     "flaws": {},
  |              ^^
"#,
    );
    check(
        "\"crash\": \"leader\"",
        "\"crash\": [\"leader\"]",
        r#"
error: expected a string, found array
  --> raft.json:15:27
   |
15 |     {"at": "2s", "crash": ["leader"], "restart_after": "1s"},
   |                           ^^^^^^^^^^
"#,
    );
    check(
        "{\"event\": \"BecameLeader\", \"count\": 2}",
        "[\"BecameLeader\", 2]",
        r#"
error: expected an object, found array
  --> raft.json:17:16
   |
17 |       "after": ["BecameLeader", 2],
   |                ^^^^^^^^^^^^^^^^^^^
"#,
    );
    check(
        "{\"event\": \"BecameLeader\", \"count\": 2}",
        "\"BecameLeader\"",
        r#"
error: expected an object, found string
  --> raft.json:17:16
   |
17 |       "after": "BecameLeader",
   |                ^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn values_are_invalid() {
    check(
        "\"150ms\"",
        "\"150 minutes\"",
        r#"
error: expected a duration such as "150ms", found "150 minutes"
 --> raft.json:6:26
  |
6 |     "election_timeout": ["150 minutes", "300ms"], /* drawn anew each term */
  |                          ^^^^^^^^^^^^^
"#,
    );
    check(
        "\"150ms\"",
        "\"\\u001b[31m\\n\"",
        r#"
error: expected a duration such as "150ms", found "\u{1b}[31m\n"
 --> raft.json:6:26
  |
6 |     "election_timeout": ["\u001b[31m\n", "300ms"], /* drawn anew each term */
  |                          ^^^^^^^^^^^^^^
"#,
    );
}

#[test]
fn arrays_have_the_wrong_length() {
    check(
        "[\"150ms\", \"300ms\"]",
        "[\"150ms\"]",
        r#"
error: expected an array of 2 values, found 1 value
 --> raft.json:6:25
  |
6 |     "election_timeout": ["150ms"], /* drawn anew each term */
  |                         ^^^^^^^^^
"#,
    );
    check(
        "[\"150ms\", \"300ms\"]",
        "[\n\"1ms\",\n\"2ms\",\n\"3ms\"\n]",
        r#"
error: expected an array of 2 values, found 3 values
 --> raft.json:6:25
  |
6 |     "election_timeout": [
  |                         ^
"#,
    );
    check(
        "[\"1ms\", \"10ms\"]",
        "[]",
        r#"
error: expected an array of 2 values, found 0 values
  --> raft.json:11:28
   |
11 |     "latency": {"uniform": []},
   |                            ^^
"#,
    );
}

#[test]
fn numbers_do_not_fit() {
    let huge = format!("\"nodes\": 1{}", "0".repeat(40));
    check(
        "\"nodes\": 5",
        "\"nodes\": -5",
        r#"
error: expected a whole number from 0 to 4294967295, found -5
 --> raft.json:9:12
  |
9 |   "nodes": -5,
  |            ^^
"#,
    );
    check(
        "\"nodes\": 5",
        "\"nodes\": 5.0",
        r#"
error: expected a whole number, found 5.0
 --> raft.json:9:12
  |
9 |   "nodes": 5.0,
  |            ^^^
"#,
    );
    check(
        "\"nodes\": 5",
        "\"nodes\": 1e30",
        r#"
error: expected a whole number, found 1e30
 --> raft.json:9:12
  |
9 |   "nodes": 1e30,
  |            ^^^^
"#,
    );
    check(
        "\"nodes\": 5",
        "\"nodes\": 5000000000",
        r#"
error: expected a whole number from 0 to 4294967295, found 5000000000
 --> raft.json:9:12
  |
9 |   "nodes": 5000000000,
  |            ^^^^^^^^^^
"#,
    );
    check(
        "\"nodes\": 5",
        &huge,
        r#"
error: expected a whole number from 0 to 4294967295, found 10000000000000000000000000000000000000000
 --> raft.json:9:12
  |
9 |   "nodes": 10000000000000000000000000000000000000000,
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    );
    check(
        "\"count\": 2",
        "\"count\": 256",
        r#"
error: expected a whole number from 0 to 255, found 256
  --> raft.json:17:51
   |
17 |       "after": {"event": "BecameLeader", "count": 256},
   |                                                   ^^^
"#,
    );
}
