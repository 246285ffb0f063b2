//! How fast the consistency checkers are. Prints the median of several runs of each workload:
//!
//! ```text
//! cargo bench --bench consistency
//! cargo bench --bench consistency -- causal
//! ```
//!
//! The histories are made beforehand, from a fixed seed, by clients of a perfect server.

mod histories;
mod replicas;

use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "a benchmark is there to read the wall clock")]
use std::time::Instant;

use histories::{Shape, hostile, lagging, make};
use replicas::{Told, replicas};
use sim_core::History;
use sim_core::consistency::models::{Datum, ModelKind, Op, Reply};
use sim_core::consistency::{Answer, Budget, Level};

/// How often each check is run. The median counts.
const RUNS: usize = 5;

/// One check to measure.
struct Workload {
    name: &'static str,
    kind: ModelKind,
    level: Level,
    history: fn() -> History<Op, Reply>,
    /// What the answer has to be.
    expected: fn(&Answer<sim_core::consistency::Counterexample>) -> bool,
}

/// A hundred thousand operations of fifty clients.
const COPIES: Shape = Shape { operations: 100_000, clients: 50, keys: 10, ..Shape::REGISTER };

fn workloads() -> Vec<Workload> {
    let good = |name, kind, level, history| Workload { name, kind, level, history, expected: Answer::is_satisfied };
    vec![
        good("kv-10k: 10,000 operations, 8 clients, 5 keys", ModelKind::Kv, Level::Linearizable, || {
            make(Shape { operations: 10_000, clients: 8, keys: 5, ..Shape::KV })
        }),
        good("kv-100k: 100,000 operations, 20 clients, 100 keys", ModelKind::Kv, Level::Linearizable, || {
            make(Shape { operations: 100_000, clients: 20, keys: 100, ..Shape::KV })
        }),
        good("puts-5k: 5,000 operations, 10 clients, 1 % unknown outcomes", ModelKind::Kv, Level::Linearizable, || {
            make(Shape { operations: 5_000, clients: 10, lost: 1, ..Shape::PUTS })
        }),
        good(
            "puts-10k: 10,000 operations, 20 clients, 5 % unknown outcomes",
            ModelKind::Kv,
            Level::Linearizable,
            || make(Shape { operations: 10_000, clients: 20, lost: 5, ..Shape::PUTS }),
        ),
        Workload {
            name: "puts-10k-bad: the same with one read altered",
            kind: ModelKind::Kv,
            level: Level::Linearizable,
            history: || make(Shape { operations: 10_000, clients: 20, lost: 5, is_altered: true, ..Shape::PUTS }),
            expected: Answer::is_violated,
        },
        good("cas-10k: 10,000 operations, 8 clients, 1 key", ModelKind::CasRegister, Level::Linearizable, || {
            make(Shape { operations: 10_000, clients: 8, keys: 1, ..Shape::CAS })
        }),
        good(
            "register-1m: 1,000,000 unique writes and reads, 16 clients, 1 key",
            ModelKind::Register,
            Level::Linearizable,
            || make(Shape { operations: 1_000_000, clients: 16, keys: 1, ..Shape::REGISTER }),
        ),
        good("register-1m-keys: the same over 1,000 keys", ModelKind::Register, Level::Linearizable, || {
            make(Shape { operations: 1_000_000, clients: 16, keys: 1_000, ..Shape::REGISTER })
        }),
        good("causal-100k: 100,000 operations, 10 sessions, 50 keys", ModelKind::Register, Level::Causal, || {
            make(Shape { operations: 100_000, clients: 10, keys: 50, ..Shape::REGISTER })
        }),
        good("weak-causal-100k: the same", ModelKind::Register, Level::WeakCausal, || {
            make(Shape { operations: 100_000, clients: 10, keys: 50, ..Shape::REGISTER })
        }),
        good("causal-memory-100k: the same", ModelKind::Register, Level::CausalMemory, || {
            make(Shape { operations: 100_000, clients: 10, keys: 50, ..Shape::REGISTER })
        }),
        good("session-100k: the same, writes follow reads", ModelKind::Register, Level::WritesFollowReads, || {
            make(Shape { operations: 100_000, clients: 10, keys: 50, ..Shape::REGISTER })
        }),
        good("sequential-10k: 10,000 operations, 8 sessions, 5 keys", ModelKind::Register, Level::Sequential, || {
            make(Shape { operations: 10_000, clients: 8, keys: 5, ..Shape::REGISTER })
        }),
        good(
            "lagging-200: 200 operations, 4 sessions, 3 keys, sequential only",
            ModelKind::Register,
            Level::Sequential,
            || lagging(Shape { operations: 200, clients: 4, keys: 3, ..Shape::REGISTER }),
        ),
        good(
            "lagging-10k: 10,000 operations, 8 sessions, 5 keys, the same",
            ModelKind::Register,
            Level::Sequential,
            || lagging(Shape { operations: 10_000, clients: 8, keys: 5, ..Shape::REGISTER }),
        ),
        good(
            "lost-100k-causal: 100,000 operations, 50 sessions, 1 % unknown outcomes",
            ModelKind::Register,
            Level::Causal,
            || lagging(Shape { operations: 100_000, clients: 50, keys: 10, lost: 1, ..Shape::REGISTER }),
        ),
        good(
            "pram-100k: 100,000 operations, 50 clients, 10 keys, copies told in order of writers",
            ModelKind::Register,
            Level::Pram,
            || replicas(COPIES, Told::InOrderOfWriters, None),
        ),
        good("pram-100k-lost: the same with 1 % unknown outcomes", ModelKind::Register, Level::Pram, || {
            replicas(Shape { lost: 1, ..COPIES }, Told::InOrderOfWriters, None)
        }),
        Workload {
            name: "pram-100k-bad: copies told in one order, with one read altered",
            kind: ModelKind::Register,
            level: Level::Pram,
            history: || replicas(Shape { lost: 1, ..COPIES }, Told::InOneOrder, Some(100)),
            expected: Answer::is_violated,
        },
        good(
            "memory-100k: 100,000 operations, 50 clients, 10 keys, copies told of causes first",
            ModelKind::Register,
            Level::CausalMemory,
            || replicas(COPIES, Told::CausesFirst, None),
        ),
        good("memory-100k-lost: the same with 1 % unknown outcomes", ModelKind::Register, Level::CausalMemory, || {
            replicas(Shape { lost: 1, ..COPIES }, Told::CausesFirst, None)
        }),
        Workload {
            name: "memory-100k-bad: that with one read altered",
            kind: ModelKind::Register,
            level: Level::CausalMemory,
            history: || replicas(Shape { lost: 1, ..COPIES }, Told::CausesFirst, Some(300)),
            expected: Answer::is_violated,
        },
        good(
            "order-100k: 100,000 operations, 50 clients, 10 keys, copies told in one order",
            ModelKind::Register,
            Level::Sequential,
            || replicas(COPIES, Told::InOneOrder, None),
        ),
        good("order-100k-keys: the same over 300 keys", ModelKind::Register, Level::Sequential, || {
            replicas(Shape { keys: 300, ..COPIES }, Told::InOneOrder, None)
        }),
        good("order-100k-lost: the first with 1 % unknown outcomes", ModelKind::Register, Level::Sequential, || {
            replicas(Shape { lost: 1, ..COPIES }, Told::InOneOrder, None)
        }),
        Workload {
            name: "order-100k-bad: that with one read altered",
            kind: ModelKind::Register,
            level: Level::Sequential,
            history: || replicas(Shape { lost: 1, seed: 5, ..COPIES }, Told::InOneOrder, Some(30)),
            expected: Answer::is_violated,
        },
        good("queue-10k: 10,000 operations, 20 clients", ModelKind::Queue, Level::Linearizable, || {
            make(Shape { operations: 10_000, clients: 20, keys: 1, ..Shape::QUEUE })
        }),
        good("stack-10k: the same", ModelKind::Stack, Level::Linearizable, || {
            make(Shape { operations: 10_000, clients: 20, keys: 1, ..Shape::STACK })
        }),
        good(
            "lost-queue-10k: 10,000 operations, 50 clients, 5 % unknown outcomes",
            ModelKind::Queue,
            Level::Linearizable,
            || make(Shape { operations: 10_000, clients: 50, keys: 1, lost: 5, ..Shape::QUEUE }),
        ),
        good("lost-stack-10k: the same", ModelKind::Stack, Level::Linearizable, || {
            make(Shape { operations: 10_000, clients: 50, keys: 1, lost: 5, ..Shape::STACK })
        }),
        good(
            "lost-cas-5k: 5,000 operations, 20 clients, 5 % unknown outcomes",
            ModelKind::CasRegister,
            Level::Linearizable,
            || make(Shape { operations: 5_000, clients: 20, keys: 1, lost: 5, ..Shape::CAS }),
        ),
        good(
            "set-20k: 20,000 operations, 20 clients, a hundredth of them read it all",
            ModelKind::Set,
            Level::Linearizable,
            || make(Shape { operations: 20_000, clients: 20, keys: 1, lost: 1, ..Shape::SET }),
        ),
        Workload {
            name: "hostile: 40 lost additions and a sum that is none of theirs, default budget",
            kind: ModelKind::Counter,
            level: Level::Linearizable,
            history: hostile,
            expected: |answer| matches!(answer, Answer::Unknown(_)),
        },
    ]
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    // Cargo passes `--bench` to every benchmark.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    for workload in workloads() {
        if wanted.is_empty() || wanted.iter().any(|word| workload.name.starts_with(word)) {
            let median = measure(&workload);
            println!("{:>9.3} s  {}", median.as_secs_f64(), workload.name);
        }
    }
}

/// The median time of a check, after one that does not count.
fn measure(workload: &Workload) -> Duration {
    let history = (workload.history)();
    let mut times: Vec<Duration> = (0..=RUNS).map(|_| timed(workload, &history)).skip(1).collect();
    times.sort_unstable();
    times[RUNS / 2]
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn timed(workload: &Workload, history: &History<Op, Reply>) -> Duration {
    let begin = Instant::now();
    let answer = workload.kind.check(history, &Datum::Nil, workload.level, Budget::default());
    let taken = begin.elapsed();
    let answer = answer.expect("the operations fit the model");
    assert!((workload.expected)(&answer), "{}: {answer:?}", workload.name);
    taken
}
