//! What a protocol claims to survive, and what a sweep has tested.

use std::collections::BTreeSet;

use scenarios::{Override, Registry, Scenario, library, load};
use sim_core::{Liveness, Summary};

fn read(name: &str, overrides: &[&str]) -> Scenario {
    let source = library::find(name).unwrap().remove(0);
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::parse(text).unwrap()).collect();
    load(&Registry::standard(), &source, &overrides)
        .unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0].render(false)))
}

fn runs(scenario: &Scenario, seeds: u64) -> Vec<Summary> {
    (0..seeds).map(|seed| scenario.prepared.run(seed)).collect()
}

fn violated(runs: &[Summary]) -> BTreeSet<String> {
    runs.iter().filter_map(|run| Some(run.verdict.violation()?.property.clone())).collect()
}

#[test]
fn raft_survives_power_losses_everywhere_and_they_are_inside_its_model() {
    for run in runs(&read("raft/power-loss-everywhere", &[]), 20) {
        assert!(run.verdict.is_passed(), "{}", run.verdict);
        assert!(run.outside.safety.is_empty() && run.outside.liveness.is_empty(), "{:?}", run.outside);
        assert!(run.faults[0].blows > 3);
    }
}

#[test]
fn raft_with_wiped_disks_is_outside_of_its_model_and_what_goes_wrong_is_excused() {
    let runs = runs(&read("raft/wiped", &[]), 30);
    assert!(!violated(&runs).is_empty(), "nothing went wrong: this shows nothing");
    assert!(runs.iter().flat_map(|run| &run.faults).any(|fault| fault.effects.records_lost > 0));
    for run in runs {
        assert_eq!(run.outside.safety.len(), 1, "{}", run.verdict);
        assert!(run.verdict.violation().is_none() || !run.excuse().is_empty(), "{}", run.verdict);
    }
}

/// The counter needs its disks to go on, and not to be right.
#[test]
fn a_counter_that_has_lost_too_many_disks_stops_and_tells_nothing_wrong() {
    for run in runs(&read("fault-tolerant-counter/wipe-too-many", &[]), 20) {
        assert_eq!((run.outside.safety.len(), run.outside.liveness.len()), (0, 1), "{:?}", run.outside);
        assert_eq!(violated(&[run]), BTreeSet::from(["Progress".to_owned()]));
    }
    for run in runs(&read("fault-tolerant-counter/wipe-survived", &[]), 20) {
        assert!(run.verdict.is_passed() && run.outside.liveness.is_empty(), "{} {:?}", run.verdict, run.outside);
    }
}

/// Its replicas need no disks, but no more than f of them may have lost what they knew.
#[test]
fn replicas_without_disks_survive_wipes_one_at_a_time_and_stop_after_two() {
    for run in runs(&read("viewstamped-replication/wipe-survived", &[]), 20) {
        assert!(run.verdict.is_passed(), "{}", run.verdict);
        assert!(run.outside.safety.is_empty() && run.outside.liveness.is_empty(), "{:?}", run.outside);
    }
    for run in runs(&read("viewstamped-replication/wipe-too-many", &[]), 20) {
        assert_eq!((run.outside.safety.len(), run.outside.liveness.len()), (1, 1), "{:?}", run.outside);
        assert_eq!(violated(&[run]), BTreeSet::from(["Progress".to_owned()]));
    }
}

#[test]
fn a_nemesis_beyond_the_model_must_be_asked_for() {
    let wipes = r#"nemesis.storage={"every":"1s","lasts":"1s"}"#;
    let source = library::find("raft/general").unwrap().remove(0);
    let overrides = [Override::parse(wipes).unwrap()];
    let Err(mistakes) = load(&Registry::standard(), &source, &overrides) else {
        panic!("it is more than Raft claims to survive")
    };
    let message = mistakes[0].render(false);
    assert!(message.contains("storage") && message.contains("unrestricted"), "{message}");
    let free = read("raft/general", &[wipes, "nemesis.unrestricted=true"]);
    assert!(runs(&free, 30).iter().any(|run| !run.outside.safety.is_empty()));
}

#[test]
fn progress_is_not_expected_sooner_than_the_protocol_can_settle() {
    let source = library::find("raft/power-loss-everywhere").unwrap().remove(0);
    let overrides = [Override::parse(r#"expect.progress_within="1s""#).unwrap()];
    let Err(mistakes) = load(&Registry::standard(), &source, &overrides) else { panic!("an election takes longer") };
    let message = mistakes[0].render(false);
    assert!(message.contains("1.5s to settle") && message.contains("progress_within"), "{message}");
}

#[test]
fn every_lie_of_the_engine_about_disks_and_memory_is_noticed() {
    assert_eq!(violated(&runs(&read("raft/general", &[]), 60)), BTreeSet::new(), "without a lie all is well");
    for lie in ["no-sync", "lose-synced", "keep-memory-never"] {
        let scenario = read("raft/general", &[&format!("sabotage=\"{lie}\"")]);
        assert!(!violated(&runs(&scenario, 60)).is_empty(), "nobody noticed {lie}");
    }
}

#[test]
fn a_sabotage_fails_for_its_own_reason() {
    // Nothing but what the lie is about goes wrong in these.
    let quiet = |crash: &str| format!("faults=[{{ \"at\": \"2s\", {crash} }}]");
    let power_loss = quiet(r#""power_loss": "all", "restart_after": "100ms""#);
    let crash = quiet(r#""crash": "all", "restart_after": "100ms""#);
    let pause = quiet(r#""pause": "leader", "for": "50ms""#);
    let found = |lie: &str, overrides: &[&str]| {
        let lie = format!("sabotage=\"{lie}\"");
        let overrides = [&["network.fifo=true", "network.connections=true", &lie], overrides].concat();
        !violated(&runs(&read("raft/power-loss-everywhere", &overrides), 20)).is_empty()
    };
    let lies = ["no-sync", "lose-synced", "keep-memory-never", "reorder-fifo"];
    let by = |overrides: &[&str]| lies.map(|lie| found(lie, overrides));
    assert_eq!(by(&[&power_loss]), [true, true, false, false], "the power fails");
    assert_eq!(by(&[&crash]), [false, true, false, false], "only processes die");
    assert_eq!(by(&[&pause]), [false, false, true, false], "the leader is paused");
    let relies_on_order = ["protocol.replication=\"suffix\"", "protocol.max_entries_per_message=0"];
    let nothing_fails = [&["faults=[]"], &relies_on_order[..]].concat();
    assert_eq!(by(&nothing_fails), [false, false, false, true], "nothing fails, and Raft relies on order");
}

#[test]
fn links_that_do_not_keep_the_order_undo_what_a_follower_has_acknowledged() {
    let lie = "sabotage=\"reorder-fifo\"";
    let of = |overrides: &[&str]| violated(&runs(&read("raft/ordered-links", overrides), 100));
    assert_eq!(of(&[]), BTreeSet::new(), "without a lie all is well");
    let found = of(&[lie]);
    assert!(found.contains("Match Index Is Replicated"), "{found:?}");
    let indifferent = of(&[lie, "protocol.replication=\"entries\""]);
    assert_eq!(indifferent, BTreeSet::new(), "Raft as it is published does not mind");
}

#[test]
fn a_cluster_may_begin_to_rely_on_the_order_of_messages_while_it_runs() {
    let overrides = [
        "protocol.replication=\"entries\"",
        r#"configurations={ "v2": { "replication": "suffix" } }"#,
        r#"faults=[{ "at": "1s", "upgrade": "all", "to": "v2", "restart_after": "100ms", "one_by_one": "1s" }]"#,
    ];
    let runs = runs(&read("raft/ordered-links", &overrides), 100);
    assert!(runs.iter().all(|run| run.faults[0].blows > 3));
    assert_eq!(violated(&runs), BTreeSet::new());
}

#[test]
fn a_raft_that_relies_on_the_order_of_messages_is_refused_over_links_that_do_not_keep_it() {
    let refused = |name: &str, overrides: &[&str]| {
        let source = library::find(name).unwrap().remove(0);
        let overrides: Vec<Override> = overrides.iter().map(|text| Override::parse(text).unwrap()).collect();
        let mistakes = load(&Registry::standard(), &source, &overrides).err().unwrap_or_default();
        mistakes.iter().map(|mistake| mistake.render(false)).collect::<String>()
    };
    for missing in ["network.fifo=false", "network.connections=false"] {
        let message = refused("raft/ordered-links", &[missing]);
        assert!(message.contains("raft takes for granted that messages arrive in the order"), "{message}");
    }
    let upgrade = r#"configurations={ "v2": { "replication": "suffix", "max_entries_per_message": 0 } }"#;
    let message = refused("raft/calm", &[upgrade]);
    assert!(message.contains("so configured, raft takes for granted"), "{message}");
    let message = refused("raft/ordered-links", &[r#"nemesis.replay={ "every": "1s", "lasts": "1s" }"#]);
    assert!(message.contains("`replay` faults are more than raft claims to survive"), "{message}");
}

#[test]
fn a_stuck_run_is_no_violation_and_a_run_with_its_quorum_has_no_excuse() {
    let dead =
        |nodes: &str| format!(r#"faults=[{{ "at": "1s", "crash": "n0" }}, {{ "at": "1s", "crash": "{nodes}" }}]"#);
    let cores = ["heal_core=[\"n2\"]", "heal_core=[\"n1\",\"n2\"]"];
    let stuck = read("raft/power-loss-everywhere", &[&dead("n1"), cores[0]]);
    for run in runs(&stuck, 10) {
        assert!(matches!(run.liveness, Liveness::Stuck { .. }) && run.verdict.is_passed(), "{:?}", run.liveness);
    }
    let repaired = read("raft/power-loss-everywhere", &[&dead("n1"), cores[1]]);
    for run in runs(&repaired, 10) {
        assert!(matches!(run.liveness, Liveness::Progressed(_)), "{:?}", run.liveness);
    }
    // Flawed, it does not get on although a quorum is up and connected.
    let flawed = read("raft/bug-quorum-loss-bridge", &[]);
    let unexplained = |run: &Summary| matches!(run.liveness, Liveness::Unexplained | Liveness::Livelocked);
    let runs = runs(&flawed, 20);
    assert!(runs.iter().any(unexplained));
    assert!(runs.iter().all(|run| !unexplained(run) || run.verdict.violation().is_some()));
}

#[test]
fn what_progress_cannot_be_owed_to_is_refused() {
    for (name, overrides, message) in [
        ("raft/general", "clients.attempts=1", "may never ask a node that is repaired"),
        ("raft/general", "clients.timeout=\"5ms\"", "before an answer can come"),
        ("raft/general", "delta_after_heal=\"4s\"", "only 4s of the run are left"),
        ("raft/general", "lossy_after_heal=true", "may miss its deadline by chance"),
        ("raft/general", "expect.progress_share=0.5", "every run must make progress"),
        ("raft/calm", "heal_kind=\"open\"", "nothing heals"),
        ("lww/general", "heal_core=[\"n0\",\"n1\"]", "never converge"),
    ] {
        let source = library::find(name).unwrap().remove(0);
        let mistakes = load(&Registry::standard(), &source, &[Override::parse(overrides).unwrap()]).err();
        let told: String = mistakes.unwrap_or_default().iter().map(|mistake| mistake.render(false)).collect();
        assert!(told.contains(message), "{name} {overrides}: {told}");
    }
}

/// Over links that go on to lose messages a run that misses its deadline is no violation, and is counted.
#[test]
fn a_share_is_judged_where_links_lose_messages_after_the_heal() {
    let lossy = ["lossy_after_heal=true", "expect.progress_share=0.9"];
    let judged = |overrides: &[&str]| {
        let runs = runs(&read("raft/general", &[&lossy[..], overrides].concat()), 20);
        assert!(runs.iter().all(|run| run.verdict.is_passed() && run.outside.liveness.is_empty()));
        runs.iter().filter(|run| matches!(run.liveness, Liveness::Progressed(_))).count()
    };
    assert!(judged(&[]) > 18);
    assert!(judged(&["protocol.flaws=[\"commit-stalls\"]"]) < 15);
}
