//! Settings of a protocol that each seed draws.

use std::collections::BTreeSet;

use crate::common::render;
use scenarios::{Registry, Scenario, Source, load};

/// A short Raft with these keys of its protocol, whose settings a nemesis draws.
fn raft(protocol: &str) -> Scenario {
    let text = format!(
        r#"{{ "protocol": {{ "name": "raft" {protocol} }}, "nodes": 3, "run_for": "1s", "clients": {{}},
              "nemesis": {{ "switches": true, "crash": {{ "every": "300ms", "lasts": "100ms" }} }} }}"#
    );
    let scenario = load(&Registry::standard(), &Source::new("drawn.json", text), &[]);
    scenario.unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)))
}

fn drawn(scenario: &Scenario) -> Vec<Vec<String>> {
    (0..200).map(|seed| scenario.prepared.settings(seed)).collect()
}

#[test]
fn every_value_is_drawn_and_nothing_that_makes_no_sense() {
    let drawn = drawn(&raft(""));
    let values: BTreeSet<&String> = drawn.iter().flatten().collect();
    for switch in Registry::standard().find("raft").expect("it is there").switches {
        for value in switch.values {
            assert!(values.contains(&format!("{}={value}", switch.key)), "{} {value}", switch.key);
        }
    }
    let has = |settings: &[String], setting: &str| settings.iter().any(|of| of == setting);
    for settings in &drawn {
        let open = has(settings, "check_quorum=false");
        assert!(!open || has(settings, "pre_vote=false") && !has(settings, r#"reads="lease""#), "{settings:?}");
    }
}

#[test]
fn what_the_file_names_is_not_drawn() {
    for settings in drawn(&raft(r#", "reads": "log""#)) {
        assert!(!settings.is_empty() && settings.iter().all(|setting| !setting.starts_with("reads=")), "{settings:?}");
    }
}

/// The plan of a seed and the record of a run are what was drawn, and draw nothing.
#[test]
fn what_was_drawn_is_written_down() {
    let scenario = raft("");
    for seed in 0..20 {
        let hash = scenario.prepared.run(seed).trace_hash;
        for written in [scenario.prepared.plan(seed), scenario.prepared.record(seed).scenario] {
            for setting in scenario.prepared.settings(seed) {
                let (key, value) = setting.split_once('=').expect("a key and a value");
                assert_eq!(written["protocol"][key].to_string(), value, "{seed}: {key}");
            }
            let read = load(&Registry::standard(), &Source::new("written.json", written.to_string()), &[]);
            let read = read.unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)));
            assert!(read.prepared.settings(seed).is_empty());
            assert_eq!(read.prepared.run(seed).trace_hash, hash, "{seed}");
        }
    }
}
