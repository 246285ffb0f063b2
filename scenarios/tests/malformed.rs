//! What the user sees of every kind of mistake.

mod common;

use common::{registry, render};
use scenarios::{Override, Source, load};

/// The beginning of a scenario to which only what is wrong has to be added.
const REGISTER: &str = r#""description": "A register.", "protocol": { "name": "register" }, "nodes": 5"#;

/// What the user sees of a text; where it has no mistakes, of its warnings.
fn messages(text: &str, overrides: &[&str]) -> String {
    let overrides: Result<Vec<Override>, _> = overrides.iter().map(|argument| Override::parse(argument)).collect();
    match overrides
        .map_err(|mistake| vec![mistake])
        .and_then(|o| load(&registry(), &Source::new("test.json", text), &o))
    {
        Ok(scenario) if scenario.warnings.is_empty() => "no mistake".to_owned(),
        Ok(scenario) => render(&scenario.warnings),
        Err(mistakes) => render(&mistakes),
    }
}

/// Compares titles and the messages for their texts with what they were.
fn check(name: &str, rows: &[(&str, String)]) {
    check_all(name, rows.iter().map(|(title, text)| (*title, messages(text, &[]))));
}

fn check_all<'a>(name: &str, rows: impl Iterator<Item = (&'a str, String)>) {
    let all: String = rows.map(|(title, messages)| format!("## {title}\n{messages}\n\n")).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, all));
}

/// A register with more keys in the next line.
fn with(keys: &str) -> String {
    format!("{{ {REGISTER},\n{keys} }}")
}

/// A register with one fault.
fn fault(fault: &str) -> String {
    with(&format!(r#""faults": [{{ {fault} }}]"#))
}

#[test]
fn mistakes_in_the_text() {
    check(
        "mistakes_in_the_text",
        &[
            ("an empty file", String::new()),
            ("no object", "[]".to_owned()),
            ("a misspelt key", with(r#""netwrok": {}"#)),
            ("a key given twice", with(r#""nodes": 3"#)),
            ("a missing key", r#"{ "description": "A register.", "nodes": 3 }"#.to_owned()),
            ("null", with(r#""clients": { "count": null }"#)),
            ("an unquoted duration", with(r#""run_for": 5s"#)),
            ("a number for a duration", with(r#""run_for": 5"#)),
            ("a negative duration", with(r#""run_for": "-5ms""#)),
            ("a duration without its unit", with(r#""run_for": "5""#)),
        ],
    );
}

#[test]
fn a_file_that_is_not_text() {
    let mistake = Source::from_bytes("test.json", vec![0x7f, b'E', b'L', b'F', 0xff, 0x00]).unwrap_err();
    check_all("a_file_that_is_not_text", [("binary", render(&[mistake]))].into_iter());
}

#[test]
fn mistakes_about_the_protocol() {
    let protocol = |keys: &str| format!(r#"{{ "description": "A register.", "protocol": {{ {keys} }}, "nodes": 5 }}"#);
    check(
        "mistakes_about_the_protocol",
        &[
            ("no name", protocol(r#""flaws": []"#)),
            ("an unknown protocol", protocol(r#""name": "registre""#)),
            ("an unknown flaw", protocol(r#""name": "register", "flaws": ["stale-raeds"]"#)),
            ("an unknown key", protocol(r#""name": "register", "copies": 3"#)),
            ("a value that makes no sense", protocol(r#""name": "register", "copy_every": "0s""#)),
            (
                "clients of a protocol without",
                r#"{ "description": "A ring.", "protocol": { "name": "ring" }, "nodes": 3, "clients": {} }"#.to_owned(),
            ),
            (
                "too few nodes for it",
                r#"{ "description": "A ring.", "protocol": { "name": "ring" }, "nodes": 1 }"#.to_owned(),
            ),
            ("an unknown key of the workload", with(r#""clients": { "workload": { "writes": 3 } }"#)),
            ("a workload that makes no sense", with(r#""clients": { "workload": { "writes_percent": 101 } }"#)),
            ("an unknown operation", with(r#""operations": [["Read", "Rite"]]"#)),
        ],
    );
}

#[test]
fn mistakes_about_the_world() {
    check(
        "mistakes_about_the_world",
        &[
            (
                "far too many nodes",
                r#"{ "description": "A register.", "protocol": { "name": "register" }, "nodes": 1000000000000 }"#
                    .to_owned(),
            ),
            ("a probability above one", with(r#""network": { "loss": 1.5 }"#)),
            ("a range the wrong way round", with(r#""network": { "latency": { "uniform": ["10ms", "1ms"] } }"#)),
            ("a sync range the wrong way round", with(r#""disk": { "sync": ["1ms", "100us"] }"#)),
            ("a sync that is neither", with(r#""disk": { "sync": 5 }"#)),
            ("an unknown distribution", with(r#""network": { "latency": { "gaussian": "1ms" } }"#)),
            (
                "two distributions",
                with(r#""network": { "latency": { "constant": "1ms", "uniform": ["1ms", "2ms"] } }"#),
            ),
            ("a delay of years", with(r#""network": { "latency": { "constant": "99999h" } }"#)),
            ("a clock that stands still", with(r#""clocks": { "drift_ppm": 1000000 }"#)),
            ("seeds the wrong way round", with(r#""seeds": "5..3""#)),
            ("no seeds", with(r#""seeds": 0"#)),
            ("nobody asks", with(r#""clients": { "count": 0 }"#)),
            ("an operation list and a count", with(r#""clients": { "count": 2 }, "operations": [["Read"]]"#)),
            ("a heal after the end", with(r#""heal_at": "5s", "run_for": "3s""#)),
            ("an empty nemesis", with(r#""nemesis": { "swarm": true }"#)),
            ("a nemesis without rest", with(r#""nemesis": { "crash": { "every": "0s", "lasts": "1s" } }"#)),
            ("drawn and recorded", with(r#""seeds": 5, "clients": {}, "deviations": []"#)),
            ("a deviation that is no number", with(r#""deviations": [{ "choice": "n0 rng#1", "value": "much" }]"#)),
        ],
    );
}

#[test]
fn mistakes_in_faults() {
    check(
        "mistakes_in_faults",
        &[
            ("no trigger", fault(r#""crash": "n0""#)),
            ("two triggers", fault(r#""at": "1s", "after": { "event": "Stored" }, "crash": "n0""#)),
            ("no kind", fault(r#""at": "1s", "for": "1s""#)),
            ("two kinds", fault(r#""at": "1s", "crash": "n0", "pause": "n1""#)),
            ("a modifier of another kind", fault(r#""at": "1s", "crash": "n0", "for": "1s", "hold": true"#)),
            ("a node that does not exist", fault(r#""at": "1s", "crash": "n5""#)),
            ("a client that does not exist", fault(r#""at": "1s", "crash": "c0""#)),
            ("an unknown role", fault(r#""at": "1s", "crash": "primry""#)),
            ("too many random nodes", fault(r#""at": "1s", "crash": "random:6""#)),
            ("others than nobody", fault(r#""at": "1s", "crash": "others""#)),
            ("one group", fault(r#""at": "1s", "partition": [["n0"]]"#)),
            (
                "others twice and an empty group",
                fault(r#""at": "1s", "partition": [["others"], [], ["n0", "others"]]"#),
            ),
            ("a fault past the end", fault(r#""at": "15s", "crash": "n0""#)),
            ("a fault past the heal", with(r#""faults": [{ "at": "6s", "crash": "n0" }], "heal_at": "5s""#)),
            ("an unknown event", fault(r#""after": { "event": "Stord", "count": 0 }, "crash": "n0""#)),
            ("links that nothing ails", fault(r#""at": "1s", "links": "all", "for": "1s""#)),
            ("slow by nothing", fault(r#""at": "1s", "slow": "n0""#)),
            (
                "two mistakes in two faults",
                with("\"faults\": [\n{ \"at\": \"1s\", \"crash\": \"n9\" },\n{ \"at\": \"1h\", \"pause\": \"n1\" }]"),
            ),
        ],
    );
}

#[test]
fn mistakes_in_what_is_expected() {
    let expect = |keys: &str| with(&format!(r#""clients": {{}}, "expect": {{ {keys} }}"#));
    check(
        "mistakes_in_what_is_expected",
        &[
            ("progress without a heal", expect(r#""progress_within": "1s""#)),
            (
                "progress after the end",
                with(r#""clients": {}, "heal_at": "5s", "expect": { "progress_within": "6s" }"#),
            ),
            ("progress of nobody", with(r#""heal_at": "5s", "expect": { "progress_within": "1s" }"#)),
            ("consistency of nobody", with(r#""expect": { "consistency": "linearizable" }"#)),
            ("an unknown level", expect(r#""consistency": "linearisable""#)),
            ("an unknown event", expect(r#""sometimes": ["BecamePrimary", "Storde"]"#)),
            ("an unknown property", expect(r#""violates": "Even Value""#)),
            ("a property that is not checked", expect(r#""violates": "Linearizability""#)),
        ],
    );
}

#[test]
fn warnings() {
    check(
        "warnings",
        &[
            ("clients whose history nobody checks", with(r#""clients": {}"#)),
            ("no clients, and nothing to heal", with(r#""heal_at": "1s""#)),
        ],
    );
}

#[test]
fn mistakes_in_overrides() {
    let text = with(r#""clients": {}, "expect": { "consistency": "linearizable" }"#);
    let rows = [
        "nodes=3",
        "nodes=0",
        "protocol.flaws=[\"stale-reads\"]",
        "protocol.flaws=[\"stale-reads\"",
        "protocol.flaws=[\"sync\"]",
        "protocol.name=paxos",
        "network.loss=2",
        "clients.workload.writes_percent=300",
        "heal_at=20s",
        "faults.0.at=1s",
    ];
    check_all("mistakes_in_overrides", rows.into_iter().map(|row| (row, messages(&text, &[row]))));
}
