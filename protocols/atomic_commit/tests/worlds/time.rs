//! What a transfer takes, and what the sum of its parts leaves out.

use std::collections::BTreeMap;
use std::fmt::Write;

use atomic_commit::{AtomicCommit, BankOp, CommitConfig, CommitProtocol};
use sim_core::{ClientProfile, OperationOutcome, Outcome, TraceKind, ms};

use crate::calm;

/// When something happened, in nanoseconds of virtual time.
type Moments = BTreeMap<String, u64>;

/// The parts of a transfer that was carried out, and what its client waited for, in nanoseconds.
#[derive(Clone, Copy, Default)]
struct Parts {
    request: u64,
    execute: u64,
    decide: u64,
    commit: u64,
    measured: u64,
}

/// The text between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(part, _)| part)
}

fn parts_of(outcome: &Outcome<AtomicCommit>) -> Vec<Parts> {
    let [mut began, mut executed, mut decided, mut completed] = [const { Moments::new() }; 4];
    // By request, when its first attempt began, and the attempt that was committed.
    let mut came = Moments::new();
    let mut committed: BTreeMap<String, String> = BTreeMap::new();
    let trace = outcome.trace.as_ref().expect("it was asked for");
    for event in &trace.events {
        let TraceKind::Announce { event: said } = &event.kind else { continue };
        let (said, at) = (said.to_string(), event.time.as_nanos());
        let txn = between(&said, "txn={", "}").to_owned();
        match said.split(' ').next() {
            Some("Began") => {
                came.entry(between(&said, "request={", "}").to_owned()).or_insert(at);
                began.insert(txn, at);
            }
            Some("Executed") => _ = executed.insert(txn, at),
            Some("Decided") if said.contains("decision=Commit") => {
                committed.insert(between(&said, "request={", "}").to_owned(), txn.clone());
                decided.insert(txn, at);
            }
            Some("Completed") => _ = completed.insert(txn, at),
            _ => {}
        }
    }
    let mut parts = Vec::new();
    for (_, operation) in outcome.history.iter() {
        let (BankOp::Transfer { .. }, OperationOutcome::Ok { at, .. }) = (&operation.op, &operation.outcome) else {
            continue;
        };
        let request = operation.request.expect("a client of a run names its requests");
        let name = format!("client={} session={} sequence={}", request.client, request.session, request.sequence);
        let txn = &committed[&name];
        // A transfer that is refused posts nothing, and no participant is told.
        let Some(completed) = completed.get(txn) else { continue };
        parts.push(Parts {
            request: came[&name] - operation.invoked.time_ns,
            execute: executed[txn] - began[txn],
            decide: decided[txn] - executed[txn],
            commit: completed - decided[txn],
            measured: at.time_ns - operation.invoked.time_ns,
        });
    }
    parts
}

/// The mean over all transfers that were carried out.
fn table() -> String {
    let mut text = "| commit | clients | T_request | T_execute | T_decide | T_commit | their sum | measured |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let others = [("three phases", CommitProtocol::ThreePhase, 1), ("Paxos Commit", CommitProtocol::PaxosCommit, 1)];
    let two_phase = [1, 3, 6].map(|count| ("two phases", CommitProtocol::TwoPhase, count));
    for (name, commit, count) in two_phase.into_iter().chain(others) {
        let config = CommitConfig { commit, ..CommitConfig::default() };
        let clients = ClientProfile { count, operations: 60 / count, timeout: ms(1000), ..ClientProfile::default() };
        let world = calm(config, 3, clients);
        let all: Vec<Parts> = (0..10).flat_map(|seed| parts_of(&world.run_traced(seed))).collect();
        let mean = |of: fn(&Parts) -> u64| all.iter().map(of).sum::<u64>() as f64 / all.len() as f64 / 1e6;
        let of: [fn(&Parts) -> u64; 4] = [|of| of.request, |of| of.execute, |of| of.decide, |of| of.commit];
        let figures = of.map(mean);
        let sum: f64 = figures.iter().sum();
        let figures = figures.map(|figure| format!("{figure:.1}")).join(" | ");
        let measured = mean(|of| of.measured);
        writeln!(text, "| {name} | {count} | {figures} | {sum:.1} | {measured:.1} |").expect("a string takes any text");
    }
    text
}

/// T = T_request + T_execute + T_decide + T_commit, as textbooks have it, beside what clients wait for.
#[test]
fn the_parts_of_a_transfer_are_as_the_library_tells() {
    let told = include_str!("../../../../scenarios/library/atomic-commit/README.md");
    let measured = table();
    assert!(told.contains(&measured), "the README of the library lacks this:\n{measured}");
}
