//! The scenarios that are built into the program.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use scenarios::{Registry, Source, assert_as_expected, library, load};

#[test]
fn every_scenario_of_the_library_loads_without_a_warning() {
    let registry = Registry::standard();
    let schema = jsonschema::validator_for(&registry.schema()).unwrap();
    for entry in library::library() {
        match load(&registry, &entry.source(), &[]) {
            Ok(scenario) => {
                assert!(scenario.warnings.is_empty(), "{}", scenario.warnings[0].render(false));
                assert!(schema.is_valid(&scenario.document.to_json_value()), "{}", entry.name);
                assert!(!scenario.description.is_empty(), "{} says what it shows", entry.name);
            }
            Err(mistakes) => panic!("{}", mistakes[0].render(false)),
        }
        let found = library::find(entry.name).unwrap();
        assert_eq!(found.len(), 1, "{} is not the name of one scenario", entry.name);
        assert_eq!(found[0].text(), entry.source().text());
    }
}

#[test]
fn a_recorded_run_of_every_scenario_is_the_same_run() {
    let registry = Registry::standard();
    for entry in library::library() {
        let scenario = load(&registry, &entry.source(), &[]).unwrap();
        let recorded = scenario.prepared.record(1);
        let text = serde_json::to_string(&recorded.scenario).unwrap();
        let read_back = load(&registry, &Source::new(entry.name, text), &[])
            .unwrap_or_else(|mistakes| panic!("{}", mistakes[0].render(false)));
        assert_eq!(read_back.prepared.run(0).trace_hash, recorded.summary.trace_hash, "{}", entry.name);
    }
}

#[test]
fn a_drawn_plan_written_down_is_the_same_run() {
    let registry = Registry::standard();
    let general = load(&registry, &library::find("raft/general").unwrap()[0], &[]).unwrap();
    let mut faults = 0;
    for seed in 0..200 {
        let plan = general.prepared.plan(seed);
        let text = serde_json::to_string(&plan).unwrap();
        let written = load(&registry, &Source::new("plan.json", text), &[])
            .unwrap_or_else(|mistakes| panic!("{}", mistakes[0].render(false)));
        assert_eq!(written.seeds, seed..seed + 1);
        assert_eq!(written.prepared.run(seed).trace_hash, general.prepared.run(seed).trace_hash, "seed {seed}");
        faults += plan["faults"].as_array().unwrap().len();
    }
    assert!(faults > 2000, "{faults} faults in 200 plans are hardly any");
}

#[test]
fn a_test_fails_with_the_command_that_shows_the_run_again() {
    let mut bug = library::find("smallest/raft-vote-amnesia").unwrap()[0].parse().unwrap().to_json_value();
    bug.as_object_mut().unwrap().remove("expect");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unexpected.json");
    fs::write(&file, bug.to_string()).unwrap();
    let (registry, name) = (Registry::standard(), file.to_str().unwrap());
    let panicked = catch_unwind(AssertUnwindSafe(|| assert_as_expected(&registry, &[name]))).unwrap_err();
    let told = panicked.downcast_ref::<String>().unwrap();
    assert!(told.contains(&format!("faultbed replay {name} --seed 0x0")), "{told}");
    assert!(told.contains("One Vote A Term"), "{told}");
}
