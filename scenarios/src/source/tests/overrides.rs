//! Values of the command line.

use super::super::{Diagnostic, Document, Override, Source};
use super::check_rendered;
use super::sample::{Milliseconds, SAMPLE, Sample};

fn document(arguments: &[&str]) -> Result<Document, Diagnostic> {
    let overrides: Result<Vec<Override>, Diagnostic> =
        arguments.iter().map(|argument| Override::parse(argument)).collect();
    Source::new("raft.json", SAMPLE).parse()?.with_overrides(&overrides?)
}

fn sample(arguments: &[&str]) -> Result<Sample, Diagnostic> {
    document(arguments)?.deserialize()
}

#[track_caller]
fn check_error(arguments: &[&str], expected: &str) {
    check_rendered(&sample(arguments).unwrap_err(), expected);
}

#[track_caller]
fn check_value(argument: &str, path: &str, expected: &str) {
    let value = document(&[argument]).unwrap().to_json_value();
    assert_eq!(value.pointer(path).unwrap().to_string(), expected);
}

#[test]
fn values_are_replaced_and_added() {
    check_value("nodes=7", "/nodes", "7");
    check_value("nodes=7s", "/nodes", "\"7s\"");
    check_value("nodes=", "/nodes", "\"\"");
    check_value("nodes=\"7\"", "/nodes", "\"7\"");
    check_value("nodes=[1, // one\n2,]", "/nodes", "[1,2]");
    check_value("nodes=a=b.c", "/nodes", "\"a=b.c\"");
    check_value("faults.1.after.count=3", "/faults/1/after/count", "3");
    check_value("faults.0={}", "/faults/0", "{}");
    check_value("a.b.c=null", "/a", "{\"b\":{\"c\":null}}");
    check_value("network.latency=none", "/network/latency", "\"none\"");
    check_value("\u{feff}nodes=\u{feff}7", "/nodes", "\"\u{feff}7\"");
}

#[test]
fn a_later_override_sees_an_earlier_one() {
    let sample = sample(&["protocol.election_timeout=[\"1ms\",\"2ms\"]", "protocol.election_timeout.1=9ms"]);
    let timeout = sample.unwrap().protocol.election_timeout;
    assert_eq!(timeout, (Milliseconds(1), Milliseconds(9)));
}

#[test]
fn errors_point_at_the_override() {
    check_error(
        &["nodes=six"],
        r#"
error: expected a whole number, found string
 --> --set nodes=…:1:7
  |
1 | nodes=six
  |       ^^^
"#,
    );
    check_error(
        &["nodes=7", "protocol.flaws=[\"vote_twice\", \"vote_thrice\"]"],
        r#"
error: unknown value `vote_thrice`
 --> --set protocol.flaws=…:1:31
  |
1 | protocol.flaws=["vote_twice", "vote_thrice"]
  |                               ^^^^^^^^^^^^^
  |
  = help: did you mean `vote_twice`?
  = help: valid values are `vote_twice`, `forget_term`
"#,
    );
    check_error(
        &["network.los=0.5"],
        r#"
error: unknown key `los`
 --> --set network.los=…:1:9
  |
1 | network.los=0.5
  |         ^^^
  |
  = help: did you mean `loss`?
  = help: valid keys are `latency`, `loss`
"#,
    );
    check_error(
        &["faults.0.after.event=Crashed"],
        r#"
error: missing key `count`
 --> --set faults.0.after.event=…:1:10
  |
1 | faults.0.after.event=Crashed
  |          ^^^^^
"#,
    );
    check_error(
        &["protocol.flaws=[\"vote_twice\""],
        r#"
error: this array is never closed
 --> --set protocol.flaws=…:1:16
  |
1 | protocol.flaws=["vote_twice"
  |                ^ opened here
  |
  = help: the text ends before the `]` which matches this `[`
"#,
    );
}

#[test]
fn paths_lead_nowhere() {
    check_error(
        &["nodes.max=5"],
        r#"
error: `nodes` is a number and has no keys
 --> --set nodes.max=…:1:7
  |
1 | nodes.max=5
  |       ^^^
"#,
    );
    check_error(
        &["nodes=null", "nodes.max=5"],
        r#"
error: `nodes` is null and has no keys
 --> --set nodes.max=…:1:7
  |
1 | nodes.max=5
  |       ^^^
"#,
    );
    check_error(
        &["faults.2.at=5s"],
        r#"
error: index out of range: `faults` has the elements 0 to 1
 --> --set faults.2.at=…:1:8
  |
1 | faults.2.at=5s
  |        ^
"#,
    );
    check_error(
        &["faults.first.at=5s"],
        r#"
error: `faults` is an array: expected an index
 --> --set faults.first.at=…:1:8
  |
1 | faults.first.at=5s
  |        ^^^^^
"#,
    );
    check_error(
        &["protocol.flaws.0=vote_twice"],
        r#"
error: index out of range: `protocol.flaws` is empty
 --> --set protocol.flaws.0=…:1:16
  |
1 | protocol.flaws.0=vote_twice
  |                ^
"#,
    );
    check_error(
        &["protocol.flaws=[1]", "protocol.flaws.1=2"],
        r#"
error: index out of range: `protocol.flaws` has only the element 0
 --> --set protocol.flaws.1=…:1:16
  |
1 | protocol.flaws.1=2
  |                ^
"#,
    );
    check_error(
        &["protocol..flaws=[]"],
        r#"
error: empty key in the path
 --> --set protocol..flaws=…:1:10
  |
1 | protocol..flaws=[]
  |          ^
  |
  = help: write the path as in `protocol.flaws=[]`
"#,
    );
    check_error(
        &["=5"],
        r#"
error: empty key in the path
 --> --set =…:1:1
  |
1 | =5
  | ^
  |
  = help: write the path as in `protocol.flaws=[]`
"#,
    );
    check_error(
        &["nodes"],
        r#"
error: expected KEY=VALUE
 --> --set nodes:1:1
  |
1 | nodes
  | ^^^^^
  |
  = help: write it as in `protocol.flaws=[]`
"#,
    );
    check_error(
        &[""],
        r#"
error: expected KEY=VALUE
 --> --set :1:1
  |
1 |
  | ^
  |
  = help: write it as in `protocol.flaws=[]`
"#,
    );
    check_error(
        &[&format!("{}a=1", "a.".repeat(128))],
        r#"
error: the path has more than 128 steps
 --> --set a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.…=…:1:257
  |
1 | ...a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1
  |                                                                    ^
"#,
    );
}

#[test]
fn the_file_itself_may_be_no_object() {
    let change = Override::parse("nodes=5").unwrap();
    let number = Source::new("raft.json", "5").parse().unwrap();
    check_rendered(
        &number.with_overrides(&[change]).unwrap_err(),
        r#"
error: the file is a number and has no keys
 --> --set nodes=…:1:1
  |
1 | nodes=5
  | ^^^^^
"#,
    );
}

#[test]
fn depth_stays_bounded() {
    let path = "a.".repeat(127);
    let value = "[".repeat(128) + &"]".repeat(128);
    let deep = document(&[&format!("{path}a={value}")]).unwrap();
    assert!(deep.to_json_text().len() > 256);
    let nested = document(&[&format!("a=[{value}]")]).unwrap_err();
    assert_eq!(nested.message, "nested too deeply: at most 128 levels are allowed");
}
