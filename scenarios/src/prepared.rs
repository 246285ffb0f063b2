//! A scenario that is ready to run, whatever its protocol.

use std::sync::atomic::AtomicBool;

use sim_core::shrink::Frame;
use sim_core::{Answers, CrashSite, Deviation, Fault, Levels, Redraw, Summary, Survey, Trace, Traced};

/// A scenario whose file has been read and checked and whose protocol has been found.
pub trait Prepared: Send + Sync {
    /// What a seed draws of the protocol's settings, as in `pre_vote=false`.
    fn settings(&self, _seed: u64) -> Vec<String> {
        Vec::new()
    }

    /// What surrounds the parts of its runs.
    fn frame(&self) -> &dyn Frame;

    /// Runs a seed.
    fn run(&self, seed: u64) -> Summary;

    /// Runs a seed, unless `stop` becomes true before the run is over.
    fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Summary>;

    /// Runs with these answers instead of what the scenario or a seed says, unless `stop` becomes true
    /// before the run is over.
    fn run_answered(&self, answers: Answers<'_>, stop: &AtomicBool) -> Option<Summary>;

    /// Runs a seed up to some step and then goes on as another seed draws it, unless `stop` becomes true
    /// before the run is over.
    fn run_redrawn(&self, seed: u64, redraw: Redraw, stop: &AtomicBool) -> Option<Summary>;

    /// The answers under the names that they have now, found by what messages say: see
    /// [`Simulation::found_by_content`](sim_core::Simulation::found_by_content).
    fn found_by_content(&self, answers: Answers<'_>) -> Vec<Deviation>;

    /// Runs a seed with more faults, after those of its plan, and looks where nodes could crash, unless
    /// `stop` becomes true before the run is over. Until the first of these faults begins, it is the run of
    /// the seed.
    fn run_with(
        &self,
        seed: u64,
        more: &[Fault],
        survey: Option<Survey>,
        stop: &AtomicBool,
    ) -> Option<(Summary, Vec<CrashSite>)>;

    /// Runs a seed and judges what its clients were told for every level of consistency. Nothing if
    /// the protocol has no model of their operations.
    fn levels(&self, seed: u64) -> Option<Levels>;

    /// Runs a seed and keeps all its events.
    fn trace(&self, seed: u64) -> Traced;

    /// The events of a run, and what it drew between them.
    fn trace_with_draws(&self, seed: u64) -> Trace;

    /// The same, and the calm answers too.
    fn trace_with_answers(&self, seed: u64) -> Trace;

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
