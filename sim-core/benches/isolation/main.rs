//! How fast the checker of isolation levels is, and how much memory it takes. Prints for each workload the
//! time of judging one level, from the history on:
//!
//! ```text
//! cargo bench --bench isolation
//! cargo bench --bench isolation -- lists
//! ```
//!
//! The histories are made beforehand, from a fixed seed: a million micro-operations by 20 processes, 1 to
//! 5 a transaction, 32 writes a key.

mod histories;

use std::fs;
#[expect(clippy::disallowed_types, reason = "a benchmark is there to read the wall clock")]
use std::time::Instant;

use histories::{Keys, Server, make};
use sim_core::consistency::Budget;
use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel, TransactionHistory, Verdict};

const MICRO_OPS: usize = 1_000_000;

/// Levels to judge, and whether each is kept.
type Expected = &'static [(IsolationLevel, bool)];

fn workloads() -> Vec<(&'static str, Keys, Server, Expected)> {
    use IsolationLevel as L;
    const SERIAL: Expected = &[(L::StrictSerializable, true), (L::SnapshotIsolation, true), (L::Causal, true)];
    const STALE: Expected = &[(L::StrictSerializable, false), (L::Causal, false), (L::Serializable, true)];
    const SNAPSHOTS: Expected =
        &[(L::StrictSerializable, false), (L::Serializable, false), (L::StrongSnapshotIsolation, true)];
    const LOST: Expected = &[(L::StrictSerializable, false), (L::ParallelSnapshotIsolation, false), (L::Prefix, true)];
    vec![
        ("lists-serial", Keys::Lists, Server::Serial, SERIAL),
        ("lists-stale", Keys::Lists, Server::OneStaleRead, STALE),
        ("lists-snapshots", Keys::Lists, Server::Snapshots, SNAPSHOTS),
        ("lists-lost-updates", Keys::Lists, Server::LosesUpdates, LOST),
        ("registers-serial", Keys::Registers, Server::Serial, SERIAL),
        ("registers-stale", Keys::Registers, Server::OneStaleRead, STALE),
        ("registers-snapshots", Keys::Registers, Server::Snapshots, SNAPSHOTS),
        ("registers-lost-updates", Keys::Registers, Server::LosesUpdates, LOST),
    ]
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    // Cargo passes `--bench` to every benchmark.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    for (name, keys, server, expected) in workloads() {
        if wanted.is_empty() || wanted.iter().any(|word| name.starts_with(word.as_str())) {
            let history = make(keys, server, MICRO_OPS);
            println!("{name}: {} transactions, the history itself {}", history.len(), peak_memory());
            for &(level, is_kept) in expected {
                measure(&history, level, is_kept);
            }
            list_anomalies(&history);
        }
    }
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn measure(history: &TransactionHistory, level: IsolationLevel, is_kept: bool) {
    let begin = Instant::now();
    let verdict = IsolationCheck::new(history).check(level, Budget::default());
    let taken = begin.elapsed().as_secs_f64();
    let (word, what) = match &verdict {
        Verdict::Satisfied(_) => ("kept", String::new()),
        Verdict::Violated(witness) => ("broken", format!(", {}", witness.sentences.join("; "))),
        Verdict::Unknown(why) => ("unknown", format!(", {why}")),
    };
    let fits = if verdict.is_satisfied() == is_kept && verdict.is_violated() != is_kept { "" } else { " UNEXPECTED" };
    println!("{taken:>9.3} s  {:>12}  {level}: {word}{fits}{what}", peak_memory());
    if let Verdict::Satisfied(certificate) = verdict {
        let begin = Instant::now();
        certificate.validate(history, level).expect("the certificate is right");
        println!("{:>9.3} s  {:>12}  its certificate", begin.elapsed().as_secs_f64(), peak_memory());
    }
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn list_anomalies(history: &TransactionHistory) {
    let begin = Instant::now();
    let found = IsolationCheck::new(history).anomalies(Budget::default()).expect("no value is written twice");
    let names: Vec<&str> = found.iter().map(|witness| witness.anomaly.name()).collect();
    println!("{:>9.3} s  {:>12}  anomalies: {names:?}", begin.elapsed().as_secs_f64(), peak_memory());
}

/// The most memory that the process ever had, where the system tells.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}
