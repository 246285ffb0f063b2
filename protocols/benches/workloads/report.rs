//! Takes the time of runs, and prints it as the suite of other simulators does.

use std::fmt;
use std::ops::Range;
use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "a benchmark is there to read the wall clock, outside of the run")]
use std::time::Instant;

use sim_core::{Outcome, Protocol, Simulation, Time, TraceHasher};

/// Runs that end with the boot, whose time counts as setting up. The shortest counts.
const SET_UPS: u32 = 3;

/// What one run took, or many.
#[derive(Default)]
pub(crate) struct Measured {
    /// Messages delivered.
    pub(crate) delivered: u64,
    /// Operations of clients that were answered.
    pub(crate) completed: u64,
    steps: u64,
    virtual_time: sim_core::Duration,
    hash: u64,
    /// The hashes of all runs, if many.
    hashes: TraceHasher,
    /// Wall time until all nodes had booted, if it is not part of `wall`.
    set_up: Duration,
    /// Wall time from there to the end.
    wall: Duration,
    /// How many runs it was, if many.
    runs: Option<u64>,
    /// What the runs took that these are compared with, if they are.
    other: Option<Duration>,
}

/// One line of results.
pub(crate) struct Report {
    /// The workload's name.
    pub(crate) workload: &'static str,
    /// Its parameters, by name.
    pub(crate) params: Vec<(&'static str, u64)>,
    /// The run.
    pub(crate) run: Measured,
    /// Facts about the run, beside its hash, by which to see that the workload is the same.
    pub(crate) check: String,
}

impl Measured {
    /// Runs `seed`. A run is as a user's is, from making the nodes on; what it takes until they
    /// have booted is measured apart and taken off.
    pub(crate) fn of<P: Protocol>(simulation: &Simulation<P>, seed: u64) -> Self {
        let only_boot = simulation.clone().step_limit(1);
        let set_up = (0..SET_UPS).map(|_| timed(|| only_boot.run(seed)).1).min().unwrap_or_default();
        let (outcome, whole) = timed(|| simulation.run(seed));
        let mut measured = Self { set_up, wall: whole.saturating_sub(set_up), ..Self::default() };
        measured.add(seed, &outcome);
        Self { hash: outcome.summary.trace_hash, ..measured }
    }

    /// Runs all these seeds, one after the other; what it takes to make a run counts. `look` is
    /// shown what came of each.
    pub(crate) fn of_many<P: Protocol>(
        simulation: &Simulation<P>,
        seeds: Range<u64>,
        look: impl Fn(u64, &Outcome<P>),
    ) -> Self {
        let mut measured = Self::default();
        for seed in seeds {
            let outcome = measured.add_run(seed, || simulation.run(seed));
            look(seed, &outcome);
        }
        measured
    }

    /// Adds a run, from making it to its end, to what others took.
    pub(crate) fn add_run<P: Protocol>(&mut self, seed: u64, run: impl FnOnce() -> Outcome<P>) -> Outcome<P> {
        let (outcome, wall) = timed(run);
        self.add(seed, &outcome);
        self.wall += wall;
        self.runs = Some(self.runs.unwrap_or(0) + 1);
        self.hashes.value(&outcome.summary.trace_hash);
        self.hash = self.hashes.finish();
        outcome
    }

    /// The hash of what happened.
    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The same, compared with these.
    pub(crate) fn beside(self, other: &Self) -> Self {
        Self { other: Some(other.wall), ..self }
    }

    fn add<P: Protocol>(&mut self, seed: u64, outcome: &Outcome<P>) {
        let summary = &outcome.summary;
        // Some go on until they have made so many steps.
        assert!(summary.verdict.violation().is_none(), "seed {seed}: {}", summary.verdict);
        self.delivered += summary.delivered;
        self.steps += summary.steps;
        self.completed += outcome.history.outcomes().ok;
        self.virtual_time = self.virtual_time + summary.time.since(Time::ZERO);
    }
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a benchmark reads the wall clock")]
fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let result = run();
    (result, begin.elapsed())
}

/// The keys are those of the suite that measures other simulators; allocations are not counted
/// here.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { delivered, steps, set_up, wall, hash, .. } = &self.run;
        let params: Vec<String> = self.params.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let seconds = wall.as_secs_f64();
        let messages = *delivered as f64;
        write!(f, "{{\"peer\":\"faultbed\",\"variant\":\"simulation\",\"workload\":\"{}\",", self.workload)?;
        write!(f, "\"params\":{{{}}},", params.join(","))?;
        write!(f, "\"delivered\":{delivered},\"events\":{steps},")?;
        write!(f, "\"virtual_s\":{:.3},", self.run.virtual_time.as_nanos() as f64 / 1e9)?;
        write!(f, "\"setup_s\":{:.6},\"wall_s\":{seconds:.6},", set_up.as_secs_f64())?;
        write!(f, "\"per_s\":{:.1},\"ns_per_msg\":{:.2},", messages / seconds, seconds * 1e9 / messages)?;
        if let Some(runs) = self.run.runs {
            write!(f, "\"runs\":{runs},\"runs_per_s\":{:.1},", runs as f64 / seconds)?;
        }
        if let Some(other) = self.run.other.map(|other| other.as_secs_f64()) {
            write!(f, "\"other_s\":{other:.6},\"ratio\":{:.3},", seconds / other)?;
        }
        write!(f, "\"peak_rss_kb\":{},\"allocs\":0,\"alloc_bytes\":0,", peak_rss_kb())?;
        write!(f, "\"check\":\"{}hash={hash:016x}\"}}", self.check)
    }
}

/// The most memory this process has had, where the system tells, and 0 elsewhere.
fn peak_rss_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}
