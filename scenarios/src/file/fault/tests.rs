//! Whatever a fault can say is written down so that it reads the same.

use std::collections::BTreeSet;

use serde::Deserialize;
use sim_core::{
    Bandwidth, Boundary, CrashMoment, CrashSeverity, CutMode, Duration, Ends, FailedWrites, Fault, FaultKind, Latency,
    LinkTrouble, LostWrites, MessageFilter, Milestone, Misconduct, NodeId, Probability, Repeat, Replays, Selector,
    Time, Trigger,
};

use super::keys::TRIGGERS;
use super::{FaultEntry, read_plan, row, write_plan};
use crate::file::place::{Mistakes, Place};
use crate::file::terms::Terms;
use crate::source::Source;

const MS: Duration = Duration::from_millis(1);

#[derive(Deserialize)]
struct Plan {
    faults: Vec<FaultEntry>,
}

fn terms() -> Terms {
    Terms {
        messages: vec!["Copy", "Read", "Write"],
        protocol: "register",
        events: &["Stored"],
        roles: vec!["primary"],
        actions: &["copy"],
        adversaries: vec!["liar"],
        twins: vec![NodeId::node(1).twin()],
        switches: &[],
        labels: vec!["cut".to_owned()],
        states: vec!["written"],
        figures: vec![],
        zones: vec!["east".to_owned()],
        configurations: vec!["v2".to_owned()],
        nodes: 5,
        clients: 2,
        faults_end: Duration::from_secs(10),
        heals: true,
        fifo: false,
        follows: false,
        heals_core: false,
    }
}

#[track_caller]
fn read(text: &str) -> Vec<Fault> {
    let document = Source::new("plan.json", text).parse().expect("it is JSON");
    let plan: Plan = document.deserialize().unwrap_or_else(|mistake| panic!("{}", mistake.render(false)));
    let mut mistakes = Mistakes::default();
    let read = read_plan(&plan.faults, &Place::root(&document).key("faults"), &terms(), &mut mistakes);
    let mistakes: Vec<String> = mistakes.into_sorted().iter().map(|mistake| mistake.render(false)).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    read
}

fn write(plan: &[Fault]) -> serde_json::Value {
    serde_json::json!({ "faults": write_plan(plan) })
}

#[track_caller]
fn check(plan: &[Fault]) {
    assert_eq!(read(&write(plan).to_string()), plan);
}

fn selectors() -> Vec<Selector> {
    vec![
        Selector::Node(NodeId::node(3)),
        Selector::Node(NodeId::node(1).twin()),
        Selector::Correct,
        Selector::Role("primary".to_owned()),
        Selector::Random(1),
        Selector::Random(2),
        Selector::Minority,
        Selector::Majority,
        Selector::Zone("east".to_owned()),
        Selector::All,
    ]
}

fn latencies() -> [Latency; 4] {
    [
        Latency::Constant(MS),
        Latency::Uniform(MS, MS * 2),
        Latency::Exponential { floor: MS, mean: MS * 3 },
        Latency::LogNormal { floor: MS, median: MS * 3, sigma_thousandths: 512 },
    ]
}

fn filters() -> [MessageFilter; 4] {
    let kind = Some("Copy".to_owned());
    let rate = Probability::ratio(1, 3);
    [
        MessageFilter::ALL,
        MessageFilter::rate(rate),
        MessageFilter { kind: kind.clone(), rate, nth: Vec::new(), rounds: Some((2, 4)) },
        MessageFilter { kind, rate: Probability::ALWAYS, nth: vec![1, 3], rounds: None },
    ]
}

/// Every kind, with every value of its modifiers.
fn kinds() -> Vec<FaultKind> {
    let mut all = Vec::new();
    let rate = Probability::ratio(1, 7);
    let [one, other] = [Selector::Random(2), Selector::Others];
    for targets in selectors() {
        all.extend([
            FaultKind::Restart { targets: targets.clone() },
            FaultKind::Pause { targets: targets.clone() },
            FaultKind::CorruptRecord { targets: targets.clone() },
        ]);
    }
    let targets = Selector::Role("primary".to_owned());
    for moment in [CrashMoment::AtOnce, CrashMoment::MidStep] {
        for restart_after in [None, Some(MS)] {
            let crash = |severity, wiped| {
                let targets = targets.clone();
                FaultKind::Crash { targets, severity, moment, restart_after, wiped, lost: None }
            };
            all.extend([crash(CrashSeverity::Process, false), crash(CrashSeverity::Process, true)]);
            all.extend([crash(CrashSeverity::PowerLoss, false), crash(CrashSeverity::ReorderingPowerLoss, false)]);
        }
    }
    let losing = |severity, lost| {
        let (targets, moment) = (targets.clone(), CrashMoment::AtOnce);
        FaultKind::Crash { targets, severity, moment, restart_after: None, wiped: false, lost: Some(lost) }
    };
    for torn in [false, true] {
        all.push(losing(CrashSeverity::PowerLoss, LostWrites::Last { count: 3, torn }));
    }
    all.push(losing(CrashSeverity::ReorderingPowerLoss, LostWrites::At(vec![0, 2])));
    for mode in [CutMode::Drop, CutMode::Hold] {
        let groups = vec![vec![one.clone(), Selector::Clients], vec![other.clone()]];
        all.extend([
            FaultKind::Partition { groups, mode, rounds: None },
            FaultKind::Bridge { targets: one.clone(), mode },
            FaultKind::MajorityRing { mode },
            FaultKind::RandomLinks { rate, mode },
            FaultKind::Swizzle { targets: one.clone(), mode },
            FaultKind::OneWay { from: other.clone(), to: one.clone(), mode },
        ]);
    }
    for messages in filters() {
        for (from, to) in [(Some(&one), None), (None, Some(&one)), (Some(&one), Some(&other))] {
            all.push(FaultKind::Omission { from: from.cloned(), to: to.cloned(), messages: messages.clone() });
        }
    }
    for delay in latencies() {
        let trouble = LinkTrouble {
            loss: rate,
            duplicate: rate,
            delay: Some(delay),
            replays: Some(Replays { rate, after: delay }),
            ..LinkTrouble::default()
        };
        all.push(FaultKind::links(targets.clone(), trouble));
        let ends = Ends::Between { from: one.clone(), to: other.clone() };
        all.push(FaultKind::Links { ends, trouble, messages: MessageFilter::ALL });
        all.push(FaultKind::late_timers(targets.clone(), delay));
    }
    let bandwidths =
        [None, Some(1024)].map(|queue| Some(Bandwidth { bytes_per_second: 4096, queue })).into_iter().chain([None]);
    for ((bandwidth, messages), checksum) in bandwidths.cycle().zip(filters()).zip([true, false].into_iter().cycle()) {
        let trouble = LinkTrouble { corruption: rate, checksum, bandwidth, hold: checksum, ..LinkTrouble::default() };
        for ends in [Ends::Of(targets.clone()), Ends::Between { from: one.clone(), to: other.clone() }] {
            all.push(FaultKind::Links { ends, trouble, messages: messages.clone() });
        }
    }
    for kind in [None, Some("Copy".to_owned())] {
        all.push(FaultKind::Deliver { from: one.clone(), to: other.clone(), kind: kind.clone() });
        all.push(FaultKind::LateTimers { targets: targets.clone(), by: Latency::Constant(MS), timer: kind });
    }
    for writes in [FailedWrites::Unsynced, FailedWrites::Gone, FailedWrites::Phantom] {
        all.push(FaultKind::FailingSync { targets: targets.clone(), rate, writes, restart_after: Some(MS) });
    }
    for (backward, ppm, restart_after) in [(false, 7, None), (true, -999_999, Some(MS))] {
        all.extend([
            FaultKind::ClockJump { targets: targets.clone(), by: MS, backward },
            FaultKind::Drift { targets: targets.clone(), ppm },
            FaultKind::ReadError { targets: targets.clone(), rate, restart_after },
            FaultKind::FullDisk { targets: targets.clone(), restart_after },
        ]);
    }
    for nodes in [Vec::new(), selectors()] {
        all.push(FaultKind::Operator { targets: targets.clone(), action: "copy".to_owned(), nodes });
    }
    all.extend([
        FaultKind::Join { targets: Selector::Node(NodeId::node(4)) },
        FaultKind::Fire { targets: targets.clone(), timer: "Election".to_owned() },
        FaultKind::End { label: "cut".to_owned() },
        FaultKind::Slow { targets: targets.clone(), step_takes: MS },
        FaultKind::SlowDisk { targets: targets.clone(), sync: (MS, MS * 2) },
        FaultKind::SlowDisk { targets: targets.clone(), sync: (MS, MS) },
        FaultKind::Twin { targets: Selector::Node(NodeId::node(3)) },
        FaultKind::Adversary { name: "liar".to_owned(), targets: vec![targets.clone(), one.clone()] },
        FaultKind::Partition {
            groups: vec![vec![one.clone()], vec![other.clone()]],
            mode: CutMode::Drop,
            rounds: Some((0, 7)),
        },
    ]);
    for misconduct in
        [Misconduct::Mutate, Misconduct::Silence, Misconduct::Stale, Misconduct::Stall(Latency::Constant(MS))]
    {
        for (messages, to) in filters().into_iter().zip([vec![], vec![one.clone()], selectors(), vec![]]) {
            all.push(FaultKind::Lie { targets: targets.clone(), to, messages, misconduct: misconduct.clone() });
        }
    }
    all.push(FaultKind::Upgrade { targets, configuration: "v2".to_owned(), restart_after: MS });
    all
}

fn whose(node: Option<NodeId>) -> Option<Selector> {
    node.map(Selector::Node)
}

fn milestones() -> Vec<Milestone> {
    let (node, client) = (Some(NodeId::node(1)), Some(NodeId::client(0)));
    let mut all = vec![
        Milestone::Operations { count: 1 },
        Milestone::State { state: "written".to_owned(), on: None },
        Milestone::State { state: "written".to_owned(), on: whose(node) },
    ];
    for (count, who) in [(1, None), (1, node), (2, None), (3, node)] {
        all.extend([
            Milestone::Event { event: "Stored".to_owned(), by: whose(who), count },
            Milestone::Role { role: "primary".to_owned(), by: whose(who), count },
            Milestone::Message { kind: "Copy".to_owned(), from: client, to: who, count },
            Milestone::Message { kind: "Copy".to_owned(), from: who, to: None, count },
        ]);
    }
    all
}

/// A fault with all the ways in which its kind can last, come and go.
fn courses(fault: &Fault) -> Vec<Fault> {
    let lasting = fault.clone().lasting(MS * 50);
    let on = (!fault.kind.is_instant()).then_some(MS * 3);
    let mut all = Vec::new();
    if !fault.kind.is_instant() {
        all.push(lasting.clone());
    }
    if !matches!(fault.kind, FaultKind::Swizzle { .. }) {
        all.push(fault.clone());
    }
    if fault.kind.facts().can_repeat {
        all.extend([lasting.clone().repeated(MS * 10, on), fault.clone().repeated(MS * 10, on)]);
    }
    if fault.kind.hits_each() {
        all.push(if fault.kind.is_instant() { fault.clone() } else { lasting }.one_by_one(MS));
    }
    all
}

fn faults() -> Vec<Fault> {
    kinds().into_iter().flat_map(|kind| courses(&Fault::at(Time::ZERO + MS, kind))).collect()
}

#[test]
fn every_fault_is_read_as_it_was_written() {
    faults().iter().for_each(|fault| check(std::slice::from_ref(fault)));
    check(&faults());
}

#[test]
fn every_trigger_is_read_as_it_was_written() {
    let pause = FaultKind::Pause { targets: Selector::All };
    for milestone in milestones() {
        let fault = Fault::after(milestone, pause.clone());
        check(std::slice::from_ref(&fault));
        check(&[Fault::at(Time::ZERO, pause.clone()), fault.following()]);
    }
    let crash = Fault::from(Fault::crash("n0"));
    let fault = Fault::in_step(Boundary { step: 7, after: 2 }, crash.kind);
    check(std::slice::from_ref(&fault));
    check(&[Fault::at(Time::ZERO, pause), fault.following()]);
}

#[test]
fn every_fault_can_be_a_step_of_a_sequence() {
    let first = Fault {
        label: Some("first".to_owned()),
        ..Fault::at(Time::ZERO, FaultKind::MajorityRing { mode: CutMode::Drop })
    };
    let next = |fault: Fault| Fault { trigger: Trigger::Wait(MS), ..fault }.following();
    let same = next(Fault::at(Time::ZERO, FaultKind::Restart { targets: Selector::Same }));
    for fault in faults() {
        check(&[fault.clone(), same.clone(), first.clone(), next(fault.clone()), same.clone(), fault]);
    }
}

#[test]
fn every_key_of_a_fault_is_written_by_one_of_these() {
    let written = write(&faults());
    let written: Vec<&serde_json::Value> = written["faults"].as_array().into_iter().flatten().collect();
    for row in row::kinds().filter(|row| row.key != "isolate") {
        let of_kind: Vec<_> = written.iter().filter(|fault| fault.get(row.key).is_some()).collect();
        assert!(!of_kind.is_empty(), "{}", row.key);
        for modifier in row.modifiers() {
            assert!(of_kind.iter().any(|fault| fault.get(modifier).is_some()), "{}: {modifier}", row.key);
        }
    }
}

#[test]
fn what_is_written_is_valid_by_the_schema() {
    let mut schema: serde_json::Value = schemars::schema_for!(FaultEntry).into();
    let targets = schema["$defs"]["Target"]["anyOf"].as_array_mut().expect("targets have several forms");
    targets.push(serde_json::json!({ "const": "primary" }));
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let written = write(&faults());
    for fault in written["faults"].as_array().into_iter().flatten() {
        assert!(validator.is_valid(fault), "{fault}");
    }
}

/// Of each kind an entry that says no more than it must.
const SHORTEST: [&str; 37] = [
    r#""crash": "n0""#,
    r#""power_loss": "n0""#,
    r#""restart": "n0""#,
    r#""join": "n4""#,
    r#""partition": [["n0"], ["others"]]"#,
    r#""isolate": "n0""#,
    r#""bridge": "n0""#,
    r#""majority_ring": true"#,
    r#""random_links": 0.5"#,
    r#""swizzle": "all", "for": "2s""#,
    r#""one_way": { "from": "n0", "to": "n1" }"#,
    r#""send_omission": "n0""#,
    r#""receive_omission": "n0""#,
    r#""link_omission": { "from": "n0", "to": "n1" }"#,
    r#""links": "n0", "loss": 0.5"#,
    r#""link": { "from": "n0", "to": "n1" }, "loss": 0.5"#,
    r#""deliver": { "from": "n0", "to": "n1" }"#,
    r#""fire": "n0", "timer": "Election""#,
    r#""end": "cut""#,
    r#""pause": "n0""#,
    r#""slow": "n0", "step_takes": "1ms""#,
    r#""clock_jump": "n0", "forward": "1s""#,
    r#""drift": "n0", "ppm": 7"#,
    r#""late_timers": "n0", "by": "1ms""#,
    r#""slow_disk": "n0", "sync_takes": "1ms""#,
    r#""corrupt_record": "n0""#,
    r#""failing_sync": "n0""#,
    r#""read_error": "n0""#,
    r#""full_disk": "n0""#,
    r#""operate": "copy", "on": "n0""#,
    r#""upgrade": "n0", "to": "v2", "restart_after": "1ms""#,
    r#""twin": "n3""#,
    r#""mutate": "n0""#,
    r#""silence": "n0""#,
    r#""stall": "n0", "by": "1ms""#,
    r#""stale": "n0""#,
    r#""adversary": "liar", "nodes": ["n0"]"#,
];

#[test]
fn every_row_reads_and_writes_a_kind_with_its_facts() {
    let shortest = SHORTEST.map(|entry| read(&format!(r#"{{ "faults": [{{ "at": "1ms", {entry} }}] }}"#)));
    assert_eq!(row::kinds().count(), SHORTEST.len());
    for ((row, entry), fault) in row::kinds().zip(SHORTEST).zip(shortest) {
        assert!(entry.starts_with(&format!("\"{}\"", row.key)), "{}: {entry}", row.key);
        assert_eq!(fault[0].kind.facts(), row.facts, "{entry}");
        assert!(write(&fault)["faults"][0].get(row.facts.name).is_some(), "{entry}");
        check(&fault);
    }
}

#[test]
fn every_key_of_an_entry_goes_with_a_kind_or_with_all() {
    let with_all = ["sequence", "within_model", "probability", "severity", "label"];
    let of_kinds = row::kinds().flat_map(|row| row.modifiers().iter().copied().chain([row.key]));
    let known: BTreeSet<&str> = of_kinds.chain(TRIGGERS).chain(with_all).collect();
    let schema = schemars::schema_for!(FaultEntry);
    let keys = schema.get("properties").and_then(serde_json::Value::as_object).expect("an entry has keys");
    assert_eq!(keys.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

#[test]
fn a_label_of_a_sequence_is_that_of_its_steps() {
    let text = r#"{ "faults": [{ "label": "both", "sequence": [
        { "at": "1s", "crash": "n0" }, { "after": "1s", "restart": "same", "label": "own" }
    ] }] }"#;
    let labels: Vec<Option<String>> = read(text).into_iter().map(|fault| fault.label).collect();
    assert_eq!(labels, [Some("both".to_owned()), Some("own".to_owned())]);
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let text = r#"{ "faults": [
        { "at": "1ms", "failing_sync": "n0" },
        { "at": "1ms", "isolate": "n0", "repeat": { "every": "9ms", "lasts": "1ms" } }
    ] }"#;
    let targets = Selector::Node(NodeId::node(0));
    let groups = vec![vec![targets.clone()], vec![Selector::Others]];
    let failing = FaultKind::failing_sync(targets, Probability::ALWAYS, None);
    let isolated = Fault::at(Time::ZERO + MS, FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None });
    let repeat = Some(Repeat { every: MS * 9, on: Some(MS), same_targets: false });
    assert_eq!(read(text), [Fault::at(Time::ZERO + MS, failing), Fault { repeat, ..isolated }]);
}
