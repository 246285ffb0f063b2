//! A scenario that is ready to run, whatever its protocol.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sim_core::{AnySimulation, Deviation, Summary, Trace, TraceEvent, Traced};

/// A scenario whose file has been read and checked and whose protocol has been found.
pub trait Prepared: Send + Sync {
    /// What a seed draws of the protocol's settings, as in `pre_vote=false`.
    fn settings(&self, _seed: u64) -> Vec<String> {
        Vec::new()
    }

    /// What runs this seed: each may draw settings of its own.
    fn simulation(&self, seed: u64) -> Arc<dyn AnySimulation>;

    /// Runs a seed.
    fn run(&self, seed: u64) -> Summary {
        self.simulation(seed).run(seed)
    }

    /// Runs a seed, unless `stop` becomes true before the run is over.
    fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Summary> {
        self.simulation(seed).run_unless(seed, stop)
    }

    /// Runs a seed and keeps all its events.
    fn trace(&self, seed: u64) -> Traced {
        self.simulation(seed).trace(seed)
    }

    /// Runs a seed and tells each event when it happens.
    fn run_telling(&self, seed: u64, tell: &mut dyn FnMut(TraceEvent)) -> Summary {
        self.simulation(seed).run_telling(seed, tell)
    }

    /// Runs a seed; with what its clients asked and were told, a line an operation.
    fn history(&self, seed: u64) -> (Summary, String) {
        self.simulation(seed).history(seed)
    }

    /// The events of a run, and what it drew between them.
    fn trace_with_draws(&self, seed: u64) -> Trace {
        self.simulation(seed).trace_with_draws(seed)
    }

    /// The scenario, in the form of a scenario file, with nothing but `seed` to run, and in the place
    /// of a nemesis the faults that it draws for that seed. With that seed it is the same run.
    fn plan(&self, seed: u64) -> serde_json::Value;

    /// Runs a seed and writes the run down as a scenario of its own: an explicit plan of operations
    /// and faults, and the deviations from calm. Running that file is the same run, whatever the
    /// seed.
    fn record(&self, seed: u64) -> Recorded;
}

/// A run as a scenario of its own.
#[derive(Debug)]
pub struct Recorded {
    /// What the run came to.
    pub summary: Summary,
    /// The scenario, in the form of a scenario file.
    pub scenario: serde_json::Value,
    /// Its deviations, which the file has too.
    pub deviations: Vec<Deviation>,
}
