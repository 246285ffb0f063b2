//! Every known flaw is found by the general scenario of its protocol, the very file, or by the file
//! that is there for it; every property has a flaw that breaks it; with no flaw nothing is found.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use scenarios::{Override, Registry, Scenario, library, load};
use sim_core::{SystemInfo, available_jobs, sweep};

/// How many seeds of the general scenario show most flaws: several times as many as it took when this
/// was written.
const SEEDS: u64 = 60;

/// Flaws that take more seeds of it.
const RARER: &[(&str, &str, u64)] = &[
    ("abd", "joins-queries", 1500),
    ("abd", "recovers-unsynced", 200),
    ("abd", "reuses-phases", 1000),
    ("abd", "reuses-tags", 1000),
    ("abd", "tears-copies", 400),
    ("abd", "unsynced-tags", 300),
    ("async-kv", "answers-by-index", 800),
    ("async-kv", "commits-older-terms", 1500),
    ("async-kv", "counts-late-answers", 800),
    ("async-kv", "repeats-votes-early", 4000),
    ("atomic-commit", "aborts-after-yes", 100),
    ("atomic-commit", "answers-and-votes", 5000),
    ("atomic-commit", "forgets-outcomes", 200),
    ("atomic-commit", "forgets-refusals", 5000),
    ("atomic-commit", "repeats-older-requests", 1500),
    ("bracha", "delivers-at-f-plus-1", 600),
    ("causal", "gives-up-waiting", 800),
    ("causal", "put-stands-for-no-read", 800),
    ("causal", "remembers-eight-requests", 300),
    ("chain-replication", "age-ignored", 1500),
    ("chain-replication", "confirms-older", 400),
    ("chain-replication", "hands-over-unlinked", 400),
    ("chain-replication", "handover-told-once", 2000),
    ("chain-replication", "lease-ignores-clocks", 1500),
    ("chain-replication", "leases-forgotten", 1000),
    ("chain-replication", "no-fencing", 200),
    ("chain-replication", "old-tail-reads-on", 200),
    ("chain-replication", "promise-in-memory", 400),
    ("chain-replication", "reads-unfenced", 400),
    ("chain-replication", "renews-for-the-failed", 2000),
    ("chain-replication", "sessions-at-head", 200),
    ("crdt", "applies-what-waited", 400),
    ("crdt", "carries-count", 600),
    ("crdt", "orswot-resurrect", 800),
    ("failure-detectors", "any-answer-is-well", 1500),
    ("failure-detectors", "boot-not-durable", 200),
    ("failure-detectors", "nfd-keeps-old-boot", 2000),
    ("failure-detectors", "phi-on-arrival", 200),
    ("failure-detectors", "vouches-for-target", 3000),
    ("fault-tolerant-counter", "counts-older-rounds", 500),
    ("fault-tolerant-counter", "demoted-still-counted", 4000),
    ("fault-tolerant-counter", "follows-newer-entry", 3000),
    ("fault-tolerant-counter", "joins-round", 500),
    ("fault-tolerant-counter", "lost-told-once", 5000),
    ("fault-tolerant-counter", "reads-without-agreeing", 400),
    ("fault-tolerant-counter", "seal-ignored", 400),
    ("fault-tolerant-counter", "seal-not-durable", 2000),
    ("hotstuff", "counts-duplicates", 1000),
    ("hotstuff", "one-reply", 300),
    ("hotstuff", "stale-justify", 200),
    ("leased-lock", "counts-copies", 3000),
    ("leased-lock", "counts-from-the-answer", 2000),
    ("leased-lock", "expires-by-wall-clock", 200),
    ("leased-lock", "expires-the-living", 4000),
    ("leased-lock", "grants-before-sync", 200),
    ("leased-lock", "ignores-drift", 3000),
    ("leased-lock", "restarts-without-keys", 200),
    ("leased-lock", "watches-after-the-check", 300),
    ("leased-lock", "watches-are-kept", 600),
    ("oral-messages", "trusts-path", 300),
    ("paxos", "ignores-late-promises", 300),
    ("paxos", "learns-from-own", 400),
    ("paxos", "lease-before-caught-up", 400),
    ("paxos", "promises-forgotten", 800),
    ("paxos", "state-loses-members", 200),
    ("paxos", "takes-first-accepted", 400),
    ("pbft", "no-checkpoint-proof", 300),
    ("pbft", "unverified-certificates", 300),
    ("primary-backup", "acknowledges-alone", 200),
    ("primary-backup", "acts-uncommitted", 200),
    ("primary-backup", "caught-up-told-once", 2000),
    ("primary-backup", "counts-late", 500),
    ("primary-backup", "deposed-reads", 400),
    ("primary-backup", "hw-truncation", 400),
    ("primary-backup", "lag-unbounded", 400),
    ("primary-backup", "lease-ignores-clocks", 800),
    ("primary-backup", "lease-outlived", 2000),
    ("primary-backup", "promotes-first", 400),
    ("primary-backup", "renews-in-failover", 200),
    ("primary-backup", "serves-unreconciled", 500),
    ("primary-backup", "stored-before-synced", 400),
    ("quorum-store", "answers-early", 3000),
    ("quorum-store", "asks-one-owner", 3000),
    ("quorum-store", "counts-twice", 300),
    ("quorum-store", "first-value", 600),
    ("quorum-store", "hint-lost", 200),
    ("quorum-store", "joins-reads", 3000),
    ("quorum-store", "lww-skew", 300),
    ("quorum-store", "no-anti-entropy", 800),
    ("quorum-store", "recovers-unsynced", 200),
    ("quorum-store", "retries-sync", 200),
    ("quorum-store", "reuses-phases", 4000),
    ("raft", "figure-8", 1500),
    ("raft", "half-is-a-majority", 200),
    ("raft", "local-read", 200),
    ("raft", "mixed-snapshots", 200),
    ("raft", "overlapping-changes", 200),
    ("raft", "prevote-check-quorum", 100),
    ("raft", "quorum-loss-bridge", 2000),
    ("raft", "skips-joint-consensus", 100),
    ("raft", "snapshot-keeps-suffix", 400),
    ("raft", "transfer-keeps-lease", 300),
    ("replicated-service", "answers-after-one", 400),
    ("replicated-service", "answers-repeats-early", 600),
    ("replicated-service", "copies-over", 400),
    ("replicated-service", "copy-without-sessions", 2000),
    ("replicated-service", "counts-outputs", 400),
    ("replicated-service", "counts-twice", 1500),
    ("replicated-service", "first-output", 200),
    ("replicated-service", "keeps-odd-state", 1000),
    ("replicated-service", "no-epochs", 1500),
    ("replicated-service", "takes-over-alone", 300),
    ("replicated-service", "takes-over-early", 400),
    ("saga", "counts-refusals-twice", 600),
    ("saga", "forgets-the-stuck", 600),
    ("saga", "resolve-not-logged", 600),
    ("saga", "resolves-without-undo", 300),
    ("streamlet", "trusts-signatures", 300),
    ("swim", "contacts-forgotten", 400),
    ("swim", "leaves-before-sync", 200),
    ("swim", "rejoins-unsynced", 500),
    ("synod", "accepts-anything", 150),
    ("synod", "learner-counts-messages", 600),
    ("synod", "learner-mixes-ballots", 300),
    ("synod", "proposes-at-half", 800),
    ("synod", "same-numbers", 300),
    ("synod", "takes-lowest-accepted", 2000),
    ("viewstamped-replication", "answers-in-view-change", 300),
    ("viewstamped-replication", "commits-whole-log", 300),
    ("viewstamped-replication", "counts-older-prepare-oks", 2000),
    ("viewstamped-replication", "counts-past-answers", 5000),
    ("viewstamped-replication", "keeps-older-suffix", 300),
    ("viewstamped-replication", "longest-log", 1000),
    ("viewstamped-replication", "nonce-ignored", 2000),
    ("viewstamped-replication", "primary-reads-alone", 400),
    ("viewstamped-replication", "recovers-from-anyone", 300),
    ("viewstamped-replication", "vrr-diskless-recovery", 1000),
];

/// Flaws that take too many for a test, or that need more than the general scenario does: they are
/// looked for in the scenario that bears their name, at its own seeds.
const IN_THEIR_OWN_FILE: &[(&str, &str)] = &[
    // It takes some thousand seeds.
    ("async-kv", "serves-before-sync"),
    // Three-phase commit and Paxos Commit have general scenarios of their own.
    ("atomic-commit", "aborts-alone"),
    ("atomic-commit", "acceptor-amnesia"),
    ("atomic-commit", "counts-the-restarted"),
    ("atomic-commit", "silence-is-yes"),
    ("atomic-commit", "skips-phase-1"),
    ("atomic-commit", "skips-pre-commit"),
    ("bracha", "recovers-unsynced"),
    ("causal", "keeps-reordered"),
    ("crdt", "late-insert"),
    ("crdt", "leaver-takes-over"),
    ("crdt", "name-reused"),
    ("crdt", "one-dot"),
    ("crdt", "takes-over-before-sync"),
    ("crdt", "unsortable-ids"),
    ("hotstuff", "two-chain-commit"),
    ("lww", "recovers-unsynced"),
    ("lww", "resends-all"),
    ("oral-messages", "accepts-late"),
    ("paxos", "counts-older-acceptances"),
    ("paxos", "lease-ignores-drift"),
    ("pbft", "few-write-replies"),
    ("pbft", "read-only-faulty-leader"),
    // Alone of all that it breaks, two primaries in one view are rare.
    ("primary-backup", "views-not-synced"),
    // With longer leases than in the general scenario.
    ("primary-backup", "grants-unconfirmed"),
    ("primary-backup", "leads-at-once"),
    // The general scenario finds it too, but not by the property that only an infallible view
    // service answers for.
    ("primary-backup", "promotes-by-majority"),
    ("raft", "causal-read-as-session"),
    ("raft", "eventual-read-cached"),
    ("raft", "lease-read-skew"),
    ("raft", "lease-without-margin"),
    ("raft", "one-server-change"),
    ("raft", "sequential-read-as-causal"),
    ("raft", "session-read-as-eventual"),
    ("raft", "strong-read-as-sequential"),
    ("raft", "transaction-reads-early"),
    // More nodes must stop than leave a copy for sure.
    ("replicated-service", "counts-spares-late"),
    ("streamlet", "finalizes-two"),
    ("streamlet", "ignores-epochs"),
];

/// Properties that others come before: with which flaw each fires when it alone is looked at.
const BY_ITSELF: &[(&str, &str, &str)] = &[
    ("async-kv", "Election Safety", "counts-late-votes"),
    ("async-kv", "Log Matching", "counts-late-votes"),
    ("async-kv", "State Machine Safety", "answers-before-sync"),
    ("bracha", "Consistency", "counts-any-payload"),
    ("causal", "Causal+ Consistency", "arrival-order"),
    ("chain-replication", "Configurations Only Rise", "promise-in-memory"),
    ("chain-replication", "Update Propagation Invariant", "hands-over-unlinked"),
    ("fault-tolerant-counter", "States Are Explained", "keeps-own-state"),
    ("hotstuff", "Agreement", "two-chain-commit"),
    ("hotstuff", "One Certificate A View", "counts-duplicates"),
    ("leased-lock", "Requests Take Effect Once", "requests-unknown"),
    ("paxos", "Agreement", "learns-from-own"),
    ("paxos", "One Value A Ballot", "shared-ballots"),
    ("pbft", "Agreement", "unverified-certificates"),
    ("pbft", "Prepared Agreement", "weak-quorum"),
    ("primary-backup", "No Deposed Primary Acknowledges", "lease-outlived"),
    ("quorum-store", "Declared Level", "first-value"),
    ("raft", "Election Safety", "double-vote"),
    ("replicated-service", "One Leader Answers", "suspects-slow"),
    ("saga", "Outcomes Are Final", "ends-before-log"),
    ("swim", "Strong Completeness", "accusations-prolong"),
    ("synod", "Agreement", "prefers-own-value"),
    ("viewstamped-replication", "A View Starts Once", "recovering-in-viewchange"),
];

fn in_file(name: &str, settings: &[String]) -> Scenario {
    let source = library::find(name).unwrap_or_else(|error| panic!("{name}: {error}")).remove(0);
    let settings: Vec<Override> = settings.iter().map(|text| Override::parse(text).unwrap()).collect();
    load(&Registry::standard(), &source, &settings)
        .unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0].render(false)))
}

/// The property that the first of these seeds violates that violates any.
fn violated(scenario: &Scenario, seeds: Range<u64>) -> Option<String> {
    let mut found = None;
    sweep(
        seeds,
        available_jobs(),
        |seed| scenario.prepared.run(seed).verdict,
        |_, verdict| {
            found = verdict.violation().map(|violation| violation.property.clone());
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    found
}

/// The folder of the library in which a protocol's scenarios are.
fn folder(protocol: &SystemInfo) -> String {
    protocol.name.replace('_', "-")
}

/// Where a flaw is looked for, and at which seeds.
fn with_flaw(folder: &str, flaw: &str, only: Option<&str>) -> (Scenario, Range<u64>) {
    let mut settings: Vec<String> = only.iter().map(|only| format!("expect.only_properties=[{only:?}]")).collect();
    if IN_THEIR_OWN_FILE.contains(&(folder, flaw)) {
        settings.extend(only.iter().map(|only| format!("expect.violates={only}")));
        let scenario = in_file(&format!("{folder}/bug-{flaw}"), &settings);
        let seeds = scenario.seeds.clone();
        return (scenario, seeds);
    }
    settings.push(format!("protocol.flaws=[{flaw:?}]"));
    let seeds = RARER.iter().find(|(of, name, _)| (*of, *name) == (folder, flaw)).map_or(SEEDS, |(.., seeds)| *seeds);
    (in_file(&format!("{folder}/general"), &settings), 0..seeds)
}

/// All that is wrong is told at once.
#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let mut wrong = Vec::new();
    for protocol in Registry::standard().protocols().filter(|protocol| !protocol.flaws.is_empty()) {
        let folder = folder(protocol);
        let mut broken = BTreeSet::new();
        for flaw in protocol.flaws {
            let (scenario, seeds) = with_flaw(&folder, flaw.name, None);
            match violated(&scenario, seeds.clone()) {
                Some(property) if flaw.violates.contains(&property.as_str()) => _ = broken.insert(property),
                Some(property) => wrong.push(format!("{folder}: {} is not listed for {property}", flaw.name)),
                None => wrong.push(format!("{folder}: {} was not found in seeds {seeds:?}", flaw.name)),
            }
        }
        for (_, property, flaw) in BY_ITSELF.iter().filter(|(of, ..)| *of == folder) {
            let (scenario, seeds) = with_flaw(&folder, flaw, Some(property));
            match violated(&scenario, seeds) {
                Some(found) if found == *property => _ = broken.insert(found),
                found => wrong.push(format!("{folder}: {flaw} violates {found:?} and not {property} by itself")),
            }
        }
        let unbroken = protocol.properties.iter().filter(|property| !broken.contains(property.name));
        wrong.extend(unbroken.map(|property| format!("{folder}: nothing breaks {}", property.name)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Other groups and configurations, and how many seeds of each.
const GREEN: &[(&str, &[&str], u64)] = &[
    ("abd/fast-reads", &[], 200),
    ("abd/general", &["nodes=3"], 200),
    ("abd/general", &["nodes=5", "clients.attempts=5"], 200),
    ("abd/general", &["nodes=7", "clients.attempts=7", "clients.timeout=100ms"], 100),
    ("abd/general", &["protocol.retransmit_interval=10ms"], 100),
    ("abd/single-writer", &[], 200),
    ("async-kv/general", &["nodes=5"], 200),
    ("async-kv/general", &["nodes=4", "protocol.max_entries_per_message=8"], 200),
    ("atomic-commit/general", &["nodes=2"], 200),
    ("atomic-commit/general", &["nodes=6", "protocol.shards=3"], 200),
    ("atomic-commit/general", &["clients.workload.accounts=3", "clients.count=6"], 200),
    ("atomic-commit/paxos-commit", &[], 500),
    ("atomic-commit/paxos-commit", &["protocol.acceptors=1"], 200),
    ("atomic-commit/paxos-commit", &["nodes=6", "protocol.shards=3", "protocol.acceptors=5"], 200),
    ("atomic-commit/three-phase", &[], 500),
    ("atomic-commit/three-phase", &["nodes=6", "protocol.shards=3"], 200),
    ("bracha/general-7", &[], 50),
    ("causal/general", &["nodes=4"], 200),
    ("causal/general", &["nodes=9", "protocol.partitions=3"], 100),
    ("causal/general", &["nodes=3", "protocol.partitions=1"], 200),
    ("causal/general", &["clients.workload.keys=2", "clients.count=6"], 100),
    ("chain-replication/general", &["nodes=4"], 200),
    ("chain-replication/general", &["nodes=4", "protocol.length=1", "expect.sometimes=[]"], 200),
    ("chain-replication/general", &["nodes=8", "protocol.length=5"], 100),
    ("chain-replication/general", &["protocol.batch=1", "nodes=5"], 100),
    ("chain-replication/perfect", &[], 200),
    ("crdt/general", &["nodes=2"], 200),
    ("crdt/general", &["nodes=5"], 200),
    ("crdt/general", &["clients.workload.objects=[\"rga\"]", "clients.operations=60"], 200),
    ("crdt/general", &["clients.workload.objects=[\"or-map\"]"], 200),
    ("failure-detectors/general", &["nodes=3"], 200),
    ("failure-detectors/general", &["nodes=7", "clients.attempts=7", "clients.timeout=70ms"], 50),
    ("failure-detectors/general", &["protocol.interval=20ms", "protocol.message_delay=20ms"], 100),
    ("failure-detectors/nfd-s", &[], 200),
    ("failure-detectors/nfd-s", &["nodes=3"], 200),
    ("fault-tolerant-counter/general", &["nodes=4"], 200),
    ("fault-tolerant-counter/general", &["protocol.reads=\"merged\"", "expect={\"progress_within\":\"3s\"}"], 200),
    ("fault-tolerant-counter/general", &["nodes=8", "protocol.replicas=5", "protocol.threshold=6"], 100),
    (
        "fault-tolerant-counter/general",
        &["nodes=8", "protocol.copies=4", "protocol.replicas=5", "protocol.threshold=6"],
        100,
    ),
    ("hotstuff/general", &["nodes=5"], 100),
    ("hotstuff/general", &["nodes=7", "protocol.faulty=2"], 100),
    ("hotstuff/general", &["protocol.batch=1", "protocol.checkpoint_every=1"], 200),
    ("lamport-mutex/general", &["nodes=2"], 300),
    ("lamport-mutex/general", &["nodes=5"], 300),
    ("lamport-mutex/general", &["nodes=7"], 200),
    ("lamport-mutex/general", &["protocol.idle=[\"0ms\",\"0ms\"]"], 200),
    ("oral-messages/general", &[], 2000),
    ("leased-lock/general", &["nodes=5", "expect.sometimes=[]"], 200),
    ("leased-lock/general", &["nodes=9", "clients.timeout=250ms"], 200),
    ("leased-lock/general", &["clients.workload.accounts=1", "clients.count=3"], 100),
    ("leased-lock/general", &["protocol.service=\"log\"", "nemesis.switches=false", "expect.sometimes=[]"], 100),
    ("leased-lock/unfenced", &[], 300),
    ("oral-messages/general", &["nodes=6"], 500),
    ("oral-messages/general-7", &[], 200),
    ("oral-messages/general-7", &["nodes=9"], 30),
    ("paxos/general", &["nodes=3"], 200),
    ("paxos/general", &["nodes=5"], 200),
    ("paxos/general", &["protocol.reads=lease", "protocol.stable_leader=true"], 200),
    ("paxos/general", &["protocol.alpha=2", "protocol.snapshot_every=3"], 200),
    ("paxos/general", &["nodes=5", "protocol.phase2_quorum=4"], 100),
    ("paxos/general", &["protocol.acceptors=1"], 100),
    ("pbft/general", &["nodes=5"], 50),
    ("pbft/general", &["nodes=6"], 50),
    ("pbft/general", &["nodes=7", "protocol.faulty=2", "clients.timeout=140ms"], 50),
    ("pbft/general", &["protocol.max_batch=1", "protocol.pipeline=16"], 100),
    ("primary-backup/general", &["nodes=4"], 200),
    ("primary-backup/general", &["nodes=8", "protocol.replicas=5", "protocol.zones=3"], 100),
    ("primary-backup/general", &["protocol.shipping=\"asynchronous\"", "protocol.max_lag=0"], 100),
    ("primary-backup/infallible", &[], 300),
    ("primary-backup/infallible", &["nodes=6", "protocol.replicas=5"], 200),
    ("primary-backup/raft-views", &[], 300),
    ("primary-backup/raft-views", &["nodes=6"], 200),
    ("quorum-store/general", &["nodes=9"], 400),
    ("quorum-store/general", &["nodes=8", "protocol.replication=4", "protocol.read_quorum=3"], 200),
    // A range with one key is not split.
    ("quorum-store/general", &["clients.workload.keys=1", "expect.sometimes=[\"RingChanged\",\"Moved\"]"], 100),
    ("raft/general", &["nodes=3"], 200),
    ("raft/general", &["nodes=5"], 200),
    ("raft/general", &["protocol.reads=lease"], 200),
    ("raft/general", &["protocol.reads=log"], 200),
    ("raft/general", &["protocol.pre_vote=false", "protocol.check_quorum=false"], 100),
    ("raft/general", &["protocol.pre_vote=false", "protocol.check_quorum=true"], 100),
    ("raft/general", &["protocol.max_entries_per_message=1", "protocol.snapshot_every=3"], 200),
    ("raft/general", &["protocol.snapshot_chunk=1", "protocol.snapshot_every=5"], 100),
    ("raft/general", &["protocol.snapshot_chunk=3", "protocol.snapshot_every=5"], 100),
    ("raft/transactions", &[], 2000),
    ("replicated-service/general", &["nodes=3"], 200),
    ("replicated-service/general", &["nodes=7"], 100),
    ("replicated-service/spare-in-time", &[], 500),
    ("saga/general", &["nodes=3", "protocol.orchestrators=1"], 1000),
    ("saga/general", &["nodes=7", "protocol.orchestrators=3"], 100),
    ("saga/general", &["protocol.attempts=1"], 200),
    ("streamlet/general-7", &[], 10),
    ("swim/general", &["nodes=2"], 200),
    ("swim/general", &["nodes=3"], 200),
    ("swim/general", &["nodes=8", "run_for=18s"], 100),
    ("swim/general", &["protocol.contacts=1", "protocol.dissemination=1"], 200),
    ("synod/general", &["nodes=3"], 1000),
    ("synod/general", &["nodes=5", "protocol.proposers=2", "protocol.acceptors=3", "protocol.learners=1"], 1000),
    ("synod/general", &["nodes=7"], 500),
    ("viewstamped-replication/general", &["nodes=4"], 200),
    ("viewstamped-replication/general", &["nodes=5", "protocol.f=2"], 200),
    ("viewstamped-replication/general", &["nodes=7", "protocol.f=3"], 100),
    ("viewstamped-replication/general", &["protocol.checkpoint_every=1"], 500),
];

#[test]
fn with_no_flaw_nothing_is_found() {
    for protocol in Registry::standard().protocols().filter(|protocol| !protocol.flaws.is_empty()) {
        check_green(&format!("{}/general", folder(protocol)), &[], 500);
    }
}

#[test]
fn other_groups_and_configurations_are_green_as_well() {
    GREEN.iter().for_each(|(name, settings, seeds)| check_green(name, settings, *seeds));
}

/// The goals too: a sweep in which nobody ever installs a snapshot tests nothing of it.
fn check_green(name: &str, settings: &[&str], seeds: u64) {
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    let scenario = in_file(name, &settings);
    let mut reached = vec![false; scenario.expect.goals.len()];
    sweep(
        0..seeds,
        available_jobs(),
        |seed| scenario.prepared.run(seed),
        |seed, summary| {
            assert_eq!(summary.verdict.violation(), None, "{name} {settings:?} --seed {seed}");
            reached.iter_mut().zip(&summary.goals).for_each(|(reached, now)| *reached |= now);
            ControlFlow::Continue(())
        },
    );
    let missed: Vec<&String> =
        scenario.expect.goals.iter().zip(&reached).filter(|(_, r)| !**r).map(|(g, _)| g).collect();
    assert!(missed.is_empty(), "{name} {settings:?}: never {missed:?} in {seeds} seeds");
}

#[test]
fn too_few_generals_are_too_few_for_two_traitors_as_well() {
    let scenario = in_file("oral-messages/general-7", &["protocol.flaws=[\"n-3m\"]".to_owned()]);
    assert_eq!(violated(&scenario, 0..SEEDS).as_deref(), Some("IC2"));
}

#[test]
fn nothing_is_said_of_flaws_that_do_not_exist() {
    let known: BTreeSet<(String, &str)> = Registry::standard()
        .protocols()
        .flat_map(|protocol| protocol.flaws.iter().map(|flaw| (folder(protocol), flaw.name)))
        .collect();
    let named = RARER.iter().map(|(of, flaw, _)| (*of, *flaw)).chain(IN_THEIR_OWN_FILE.iter().copied());
    for (of, flaw) in named.chain(BY_ITSELF.iter().map(|(of, _, flaw)| (*of, *flaw))) {
        assert!(known.contains(&(of.to_owned(), flaw)), "{of} has no {flaw}");
    }
}
