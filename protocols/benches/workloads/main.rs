//! How fast the simulator is, on workloads that other simulators have been measured with too.
//!
//! One workload once, as one line of JSON:
//!
//! ```text
//! cargo bench --bench workloads -- ring --n 5 --k 5 --m 2000000
//! cargo bench --bench workloads -- async-ring --n 5 --k 5 --m 2000000
//! cargo bench --bench workloads -- gossip --n 64 --secs 100
//! cargo bench --bench workloads -- raft --secs 60 --faults 1
//! cargo bench --bench workloads -- full-raft --secs 60 --faults 1
//! cargo bench --bench workloads -- short --runs 2000
//! cargo bench --bench workloads -- replay --runs 2000
//! cargo bench --bench workloads -- crdt --runs 100 --properties 1
//! cargo bench --bench workloads -- swim --n 10000 --properties 1
//! ```
//!
//! `raft` is a small one without a disk, which other simulators run too; `full-raft` is the one of the
//! library. All but `short`, `replay`, `crdt` and `async-ring` leave out what it takes to make a run; `short` is many short runs, made
//! and ended, and `replay` is the same runs from their recordings: its `ratio` is what they take beside those from
//! their seeds, and must be at most 1.5. `crdt` is runs of replicated sets, with their properties and without: these
//! are to double a run at most, and there are to be 50 such runs a second. `swim` is 30 periods of members that know each
//! other from the beginning, of whom ten crash: of 10,000 members in less than 30 s and 2 GB. With `--joining 1` they
//! join, in 60 periods. `async-ring` is the ring of nodes that are async functions, with what a run takes beside the same
//! run of the plain trait as `ratio`; each is run five times, in turns.
//!
//! Without arguments, a set of them. All are built with [`sim_core::Simulation`], as a test is, with
//! the trace hash on. Messages take 1 ms to 10 ms, uniformly distributed. Machines drift: compare
//! medians of interleaved runs.

mod async_ring;
mod crdt_runs;
mod cuts;
mod full_raft;
mod gossip;
mod replay;
mod report;
mod ring;
mod short;
mod small_raft;
mod swim_group;

use std::collections::BTreeMap;
use std::process::ExitCode;

use report::Report;

/// What is run when nothing is asked for.
const DEFAULT_SET: &[&str] = &[
    "ring --n 5 --k 5 --m 2000000",
    "ring --n 200 --k 200 --m 2000000",
    "ring --n 1000 --k 1000 --m 2000000",
    "ring --n 1000 --k 100000 --m 1000000",
    "async-ring --n 5 --k 5 --m 2000000",
    "gossip --n 5 --secs 4000",
    "gossip --n 16 --secs 400",
    "gossip --n 64 --secs 50",
    "raft --secs 60 --faults 0",
    "raft --secs 60 --faults 1",
    "full-raft --secs 60 --faults 0",
    "full-raft --secs 60 --faults 1",
    "short --runs 2000",
    "replay --runs 2000",
    "crdt --runs 100 --properties 0",
    "crdt --runs 100 --properties 1",
    "swim --n 10000 --properties 0",
    "swim --n 10000 --properties 1",
    "swim --n 1000 --joining 1 --properties 0",
];

const USAGE: &str = "usage: [(ring | async-ring) [--n N] [--k TOKENS] [--m DELIVERIES] | gossip [--n N] [--secs S] \
                     | raft [--secs S] [--faults 0|1] | full-raft [--secs S] [--faults 0|1] \
                     | (short | replay) [--runs RUNS] | crdt [--runs RUNS] [--properties 0|1] \
                     | swim [--n N] [--joining 0|1] [--properties 0|1]] [--seed SEED]";

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]
fn main() -> ExitCode {
    // Cargo passes `--bench` to every benchmark.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let lines = if words.is_empty() {
        DEFAULT_SET.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    } else {
        vec![words]
    };
    for line in lines {
        match measure(&line) {
            Ok(report) => println!("{report}"),
            Err(message) => {
                eprintln!("{message}\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}

/// Measures the workload that a command line names.
fn measure(words: &[String]) -> Result<Report, String> {
    let (workload, options) = words.split_first().ok_or("no workload is named")?;
    let mut options = Options::parse(options)?;
    let seed = options.take("seed", 0..=u64::MAX, 1)?;
    let report = match workload.as_str() {
        "ring" | "async-ring" => {
            let nodes = options.take("n", 1..=100_000, 5)? as u32;
            let tokens = options.take("k", 1..=10_000_000, 5)?;
            let deliveries = options.take("m", 1..=u64::MAX, 2_000_000)?;
            options.finish()?;
            let measure = if workload == "ring" { ring::measure } else { async_ring::measure };
            measure(nodes, tokens, deliveries, seed)
        }
        "gossip" => {
            let nodes = options.take("n", 2..=10_000, 5)? as u32;
            let seconds = options.take("secs", 1..=1_000_000, 100)?;
            options.finish()?;
            gossip::measure(nodes, seconds, seed)
        }
        "raft" | "full-raft" => {
            let seconds = options.take("secs", 1..=1_000_000, 60)?;
            let faults = options.take("faults", 0..=1, 1)? == 1;
            options.finish()?;
            let measure = if workload == "raft" { small_raft::measure } else { full_raft::measure };
            measure(seconds, faults, seed)
        }
        "short" | "replay" => {
            let runs = options.take("runs", 1..=100_000_000, 2_000)?;
            options.finish()?;
            let measure = if workload == "short" { short::measure } else { replay::measure };
            measure(runs, seed)
        }
        "crdt" => {
            let runs = options.take("runs", 1..=100_000_000, 100)?;
            let properties = options.take("properties", 0..=1, 1)? == 1;
            options.finish()?;
            crdt_runs::measure(runs, properties, seed)
        }
        "swim" => {
            let nodes = options.take("n", 20..=100_000, 10_000)? as u32;
            let [joining, properties] =
                [options.take("joining", 0..=1, 0)? == 1, options.take("properties", 0..=1, 1)? == 1];
            options.finish()?;
            swim_group::measure(nodes, joining, properties, seed)
        }
        other => return Err(format!("there is no workload {other}")),
    };
    Ok(report)
}

/// `--name number` pairs of a command line.
struct Options(BTreeMap<String, u64>);

impl Options {
    fn parse(words: &[String]) -> Result<Self, String> {
        let pair = |pair: &[String]| match pair {
            [name, number] => {
                let option = name.strip_prefix("--").ok_or(format!("{name} is no option"))?;
                let number = number.replace('_', "").parse().map_err(|error| format!("{name} {number}: {error}"))?;
                Ok((option.to_owned(), number))
            }
            _ => Err(format!("a number is missing after {}", pair.concat())),
        };
        words.chunks(2).map(pair).collect::<Result<_, String>>().map(Self)
    }

    /// The number of an option, if it is admissible, or what stands for it when it is not given.
    fn take(&mut self, name: &str, range: std::ops::RangeInclusive<u64>, default: u64) -> Result<u64, String> {
        let number = self.0.remove(name).unwrap_or(default);
        let message = || format!("--{name} {number}: from {} to {} is possible", range.start(), range.end());
        range.contains(&number).then_some(number).ok_or_else(message)
    }

    /// All options have been asked for.
    fn finish(self) -> Result<(), String> {
        self.0.keys().next().map_or(Ok(()), |name| Err(format!("there is no option --{name} here")))
    }
}
