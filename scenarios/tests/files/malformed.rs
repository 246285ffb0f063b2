//! What the user sees of every kind of mistake.

use crate::common::{registry, render};
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
            (
                "fewer nodes than none",
                r#"{ "description": "A register.", "protocol": { "name": "register" }, "nodes": -1 }"#.to_owned(),
            ),
            (
                "nodes beyond 64 bits",
                r#"{ "description": "A register.", "protocol": { "name": "register" }, "nodes": 100000000000000000000 }"#
                    .to_owned(),
            ),
            (
                "half a node",
                r#"{ "description": "A register.", "protocol": { "name": "register" }, "nodes": 2.5 }"#.to_owned(),
            ),
            ("clients, limits and clocks below zero", with(
                r#""clients": { "count": -1, "operations": -2, "attempts": -3 },
"limits": { "records": -4 }, "clocks": { "drift_ppm": -5 }"#,
            )),
            ("a zone that lacks its nodes", with(r#""zones": { "east": {} }"#)),
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
            (
                "settings of a protocol that has none",
                with(r#""nemesis": { "switches": true, "crash": { "every": "1s", "lasts": "1s" } }"#),
            ),
            (
                "a nemesis that replays in order",
                with(r#""network": { "fifo": true }, "nemesis": { "replay": { "every": "1s", "lasts": "1s" } }"#),
            ),
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
            ("an unknown kind of message", fault(r#""at": "0s", "send_omission": "n0", "kind": "Copi""#)),
            ("messages of no kind", fault(r#""after": { "message": "Reed" }, "crash": "n0""#)),
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
fn mistakes_in_triggers() {
    let after = |trigger: &str| fault(&format!(r#""after": {trigger}, "crash": "n0""#));
    check(
        "mistakes_in_triggers",
        &[
            ("nothing to wait for", after(r#"{ "count": 2 }"#)),
            ("two things to wait for", after(r#"{ "event": "Stored", "state": "written" }"#)),
            ("a misspelt key", after(r#"{ "evnet": "Stored" }"#)),
            ("a key of another milestone", after(r#"{ "state": "written", "count": 2 }"#)),
            ("a key beside one that stands alone", after(r#"{ "operations": 3, "by": "n0" }"#)),
            ("operations of nobody", after(r#"{ "operations": 3 }"#)),
            ("an unknown role", after(r#"{ "role": "primry" }"#)),
            ("an unknown state", after(r#"{ "state": "writen" }"#)),
            ("a node that does not exist", after(r#"{ "message": "Copy", "from": "n7", "to": "c0" }"#)),
            ("a role for a node", after(r#"{ "event": "Stored", "by": "primary" }"#)),
            ("a wait after nothing", after(r#""500ms""#)),
            ("a wait without a unit", after(r#""500""#)),
            ("a number", after("5")),
        ],
    );
}

#[test]
fn mistakes_in_sequences() {
    let sequence = |steps: &str| fault(&format!(r#""sequence": [{steps}]"#));
    let first = r#"{ "at": "1s", "crash": "n0" }"#;
    check(
        "mistakes_in_sequences",
        &[
            ("no steps", sequence("")),
            ("a trigger of the whole", fault(&format!(r#""at": "1s", "sequence": [{first}]"#))),
            ("a kind of the whole", fault(&format!(r#""crash": "n1", "sequence": [{first}]"#))),
            ("a time for a later step", sequence(&format!(r#"{first}, {{ "at": "2s", "restart": "same" }}"#))),
            ("a wait before the first", sequence(r#"{ "after": "1s", "crash": "n0" }"#)),
            ("no trigger for a later step", sequence(&format!(r#"{first}, {{ "restart": "same" }}"#))),
            ("the same as nobody", sequence(r#"{ "at": "1s", "crash": "same" }"#)),
            ("the same outside of a sequence", fault(r#""at": "1s", "crash": "same""#)),
            (
                "the end of a fault that bears another label",
                sequence(
                    r#"
                { "at": "1s", "crash": "n0", "label": "first" }, { "after": "1s", "end": "frist" }"#,
                ),
            ),
            ("the end of a fault where none bears a label", fault(r#""at": "1s", "end": "first""#)),
            (
                "a step that brings back whom the failure detector has told of",
                format!(
                    r#"{{ "protocol": {{ "name": "ring" }}, "nodes": 3, "faults": [{{ "sequence": [{first}] }},
{{ "sequence": [{{ "at": "2s", "crash": "n1" }}, {{ "after": "1s", "restart": "same" }}] }}] }}"#
                ),
            ),
            ("a sequence in a sequence", sequence(&format!(r#"{{ "sequence": [{first}] }}"#))),
        ],
    );
}

#[test]
fn mistakes_about_byzantine_nodes() {
    let at = |keys: &str| fault(&format!(r#""at": "1s", {keys}"#));
    let nemesis = |keys: &str| {
        let byzantine = format!(r#"{{ "every": "1s", "lasts": "1s"{keys} }}"#);
        with(&format!(r#""nemesis": {{ "byzantine": {byzantine} }}"#))
    };
    check(
        "mistakes_about_byzantine_nodes",
        &[
            ("a twin of somebody", at(r#""twin": "random""#)),
            ("a twin of a twin", at(r#""twin": "n0'""#)),
            ("a twin that is not there", at(r#""crash": "n1'""#)),
            ("a lie to nobody", at(r#""mutate": "n0", "toward": []"#)),
            ("a lying client", with(r#""clients": {}, "faults": [{ "at": "1s", "silence": "clients" }]"#)),
            ("rounds backward", at(r#""stale": "n0", "rounds": [3, 2]"#)),
            ("a round alone", at(r#""stale": "n0", "rounds": [3]"#)),
            ("a partition of rounds that holds", at(r#""isolate": "n0", "rounds": [2, 3], "hold": true"#)),
            ("no telling how late", at(r#""stall": "n0""#)),
            ("an adversary that nobody has written", at(r#""adversary": "clever", "nodes": ["n0"]"#)),
            ("an adversary of nobody", at(r#""adversary": "clever""#)),
            ("a nemesis of more than the protocol survives", nemesis(r#", "nodes": 1"#)),
            ("a nemesis that may do nothing", nemesis("")),
            ("a nemesis of more than there are", nemesis(r#", "nodes": 9"#)),
            ("a nemesis of nobody", nemesis(r#", "nodes": 0"#)),
            ("no layers", nemesis(r#", "layers": []"#)),
            ("layers that the protocol has not", nemesis(r#", "layers": ["adversaries"]"#)),
            ("too many rounds", nemesis(r#", "mutated_rounds": 1001"#)),
        ],
    );
}

#[test]
fn mistakes_in_modifiers() {
    let at = |keys: &str| fault(&format!(r#""at": "1s", {keys}"#));
    check(
        "mistakes_in_modifiers",
        &[
            ("wiped and without power", at(r#""power_loss": "n0", "wiped": true"#)),
            ("a torn record of none", at(r#""power_loss": "n0", "lost": 0, "torn": true"#)),
            ("a duration of a moment", at(r#""restart": "n0", "for": "1s""#)),
            (
                "a repetition of a moment that lasts",
                at(r#""crash": "n0", "repeat": { "every": "1s", "lasts": "1ms" }"#),
            ),
            ("a repetition that does not say how long", at(r#""pause": "n0", "repeat": { "every": "1s" }"#)),
            ("a repetition without a break", at(r#""pause": "n0", "repeat": { "every": "1s", "lasts": "1s" }"#)),
            ("a repetition without rest", at(r#""crash": "n0", "repeat": { "every": "0s" }"#)),
            ("a repetition of no time", at(r#""pause": "n0", "repeat": { "every": "1s", "lasts": "0s" }"#)),
            ("a repeated swizzle", at(r#""swizzle": "all", "for": "1s", "repeat": { "every": "1s", "lasts": "1ms" }"#)),
            ("a repetition that goes round", at(r#""crash": "all", "repeat": { "every": "1s" }, "one_by_one": "1s""#)),
            ("one by one at once", at(r#""crash": "all", "one_by_one": "0s""#)),
            ("one by one for ever", at(r#""pause": "all", "one_by_one": "1s""#)),
            ("a partition one by one", at(r#""isolate": "n0", "one_by_one": "1s""#)),
            ("a modifier of one that stands alone", at(r#""join": "n0", "for": "1s""#)),
            ("whoever joins", at(r#""join": "primary""#)),
            ("a swizzle without end", at(r#""swizzle": "all""#)),
            ("no ring", at(r#""majority_ring": false"#)),
            ("no link", at(r#""random_links": 0"#)),
            ("a disk of a client", with(r#""clients": {}, "faults": [{ "at": "1s", "corrupt_record": "c0" }]"#)),
            ("others on both sides", at(r#""link_omission": { "from": "others", "to": "others" }"#)),
            ("a rate and numbers", at(r#""send_omission": "n0", "rate": 0.5, "nth": [1]"#)),
            ("no numbers", at(r#""send_omission": "n0", "nth": []"#)),
            ("numbers from zero, out of order", at(r#""send_omission": "n0", "nth": [0, 2, 2, 1]"#)),
            ("replays at no time", at(r#""links": "n0", "replay": 0.1"#)),
            ("a time of no replays", at(r#""links": "n0", "loss": 0.1, "replay_after": "1s""#)),
            (
                "replays in order",
                with(
                    r#""network": { "fifo": true }, "faults": [{ "at": "1s", "links": "n0", "replay": 0.1, "replay_after": "1s" }]"#,
                ),
            ),
            ("a jump to nowhere", at(r#""clock_jump": "n0""#)),
            ("a jump both ways", at(r#""clock_jump": "n0", "forward": "1s", "backward": "1s""#)),
            ("a jump of nothing", at(r#""clock_jump": "n0", "forward": "0s""#)),
            ("a clock that stands still", at(r#""drift": "n0", "ppm": -1000000"#)),
            ("a clock that is right", at(r#""drift": "n0", "ppm": 0"#)),
            ("a drift of nobody knows what", at(r#""drift": "n0""#)),
            ("timers late by nothing", at(r#""late_timers": "n0", "by": "0s""#)),
            ("a range the wrong way round", at(r#""slow_disk": "n0", "sync_takes": ["2ms", "1ms"]"#)),
            ("an operator without a node", at(r#""operate": "copy""#)),
            ("an unknown action", at(r#""operate": "copi", "on": "n0""#)),
            ("an upgrade to nothing", at(r#""upgrade": "n0", "restart_after": "1s""#)),
            ("an upgrade to the unknown", at(r#""upgrade": "n0", "to": "v2", "restart_after": "1s""#)),
            ("two distributions", at(r#""late_timers": "n0", "by": { "constant": "1ms", "uniform": ["1ms", "2ms"] }"#)),
            ("a latency that is neither", at(r#""late_timers": "n0", "by": 5"#)),
        ],
    );
}

#[test]
fn mistakes_in_zones_configurations_and_the_core() {
    let zones = |zones: &str| with(&format!(r#""zones": {{ {zones} }}"#));
    let configuration = |keys: &str| with(&format!(r#""configurations": {{ "v2": {keys} }}"#));
    check(
        "mistakes_in_zones_configurations_and_the_core",
        &[
            ("a node that does not exist", zones(r#""a": { "nodes": ["n5", "c0"] }"#)),
            ("a role in a zone", zones(r#""a": { "nodes": ["primary"] }"#)),
            ("a node in two zones", zones(r#""a": { "nodes": ["n0"] }, "b": { "nodes": ["n1", "n0"] }"#)),
            ("an empty zone", zones(r#""a": { "nodes": [] }"#)),
            ("an unknown zone", zones(r#""east": { "nodes": ["n0"], "latency": { "esat": "1ms" } }"#)),
            (
                "a fault in an unknown zone",
                with(r#""zones": { "east": { "nodes": ["n0"] } }, "faults": [{ "at": "1s", "crash": "zone:eas" }]"#),
            ),
            ("a fault in a zone of none", fault(r#""at": "1s", "crash": "zone:east""#)),
            ("an unknown key of a configuration", configuration(r#"{ "copi_every": "1s" }"#)),
            ("a configuration that makes no sense", configuration(r#"{ "copy_every": "0s" }"#)),
            ("a configuration that is none", configuration("3")),
            (
                "an upgrade to a misspelt one",
                with(
                    r#""configurations": { "v2": {} }, "faults": [{ "at": "1s", "upgrade": "n0", "to": "v3", "restart_after": "1s" }]"#,
                ),
            ),
            ("a core and no heal", with(r#""heal_core": ["n0"]"#)),
            ("a core of nobody", with(r#""heal_at": "1s", "heal_core": []"#)),
            (
                "a core of others",
                with(r#""clients": {}, "heal_at": "1s", "heal_core": ["n9", "others", "c0", "clients"]"#),
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
            ("an unknown level in a list", expect(r#""consistency": ["linearizable", "casual"]"#)),
            ("a level named twice", expect(r#""consistency": ["causal", "causal"]"#)),
            ("a level under both of its names", expect(r#""consistency": ["strong", "linearizable"]"#)),
            ("a list of no levels", expect(r#""consistency": []"#)),
            ("a guarantee that cannot be judged", expect(r#""consistency": ["linearizable", "eventual"]"#)),
            ("a level that is not checked", expect(r#""consistency": "causal", "violates": "Sequential Consistency""#)),
            ("an unknown event", expect(r#""sometimes": ["BecamePrimary", "Storde"]"#)),
            ("a figure that nothing measures", expect(r#""figures": { "accuracy": { "at_least": 1 } }"#)),
            ("a figure without bounds", expect(r#""figures": { "accuracy": {} }"#)),
            ("a figure within no bounds", expect(r#""figures": { "accuracy": { "at_least": 2, "at_most": 1 } }"#)),
            ("an unknown property", expect(r#""violates": "Even Value""#)),
            ("a property that is not checked", expect(r#""violates": "Linearizability""#)),
            ("an unknown property among a few", expect(r#""only_properties": ["Even Value"]"#)),
            ("a property left out", expect(r#""only_properties": [], "violates": "Even Values""#)),
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
            (
                "progress without faults",
                with(
                    r#""clients": {}, "heal_at": "1s", "expect": { "consistency": "linearizable", "progress_within": "3s" }"#,
                ),
            ),
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
