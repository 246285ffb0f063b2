//! A simulation of whatever protocol.

use std::fmt;
use std::sync::atomic::AtomicBool;

use crate::choices::{Answers, Deviation, Redraw};
use crate::crash_site::{CrashSite, Survey};
use crate::fault::Fault;
use crate::guarantee::Levels;
use crate::outcome::{Recording, Summary};
use crate::service::Service;
use crate::shrink::Frame;
use crate::simulation::Simulation;
use crate::system::SystemUnderTest;
use crate::trace::{Trace, TraceEvent};

/// A [`Simulation`] whose protocol is forgotten.
pub trait AnySimulation: Frame + fmt::Debug {
    /// Runs a seed.
    fn run(&self, seed: u64) -> Summary;

    /// Runs a seed, unless `stop` becomes true before the run is over.
    fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Summary>;

    /// Runs with these answers: see [`Simulation::run_answered`].
    fn run_answered(&self, answers: Answers<'_>, stop: &AtomicBool) -> Option<Summary>;

    /// Runs a seed and draws anew from some step on: see [`Simulation::run_redrawn`].
    fn run_redrawn(&self, seed: u64, redraw: Redraw, stop: &AtomicBool) -> Option<Summary>;

    /// Finds answers by what messages say: see [`Simulation::found_by_content`].
    fn found_by_content(&self, answers: Answers<'_>) -> Vec<Deviation>;

    /// Runs a seed with more faults, and looks where nodes could crash: see [`Simulation::run_with`].
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

    /// Runs a seed and counts what its clients got.
    fn service(&self, seed: u64) -> Service;

    /// Runs a seed and keeps all its events.
    fn trace(&self, seed: u64) -> Traced;

    /// Runs a seed and tells each event when it happens: see [`Simulation::run_telling`].
    fn run_telling(&self, seed: u64, tell: &mut dyn FnMut(TraceEvent)) -> Summary;

    /// Runs a seed; with what its clients asked and were told, a line an operation.
    fn history(&self, seed: u64) -> (Summary, String);

    /// The events of a run, and what it drew between them.
    fn trace_with_draws(&self, seed: u64) -> Trace;

    /// The same, and the calm answers too.
    fn trace_with_answers(&self, seed: u64) -> Trace;

    /// The faults of the run with `seed`: see [`Simulation::faults_of`].
    fn faults_of(&self, seed: u64) -> Vec<Fault>;

    /// Runs a seed and keeps the run as plan and deviations.
    fn record(&self, seed: u64) -> (Summary, AnyRecording);
}

/// A run with all its events.
#[derive(Debug)]
pub struct Traced {
    /// What the run came to.
    pub summary: Summary,
    /// Its events.
    pub trace: Trace,
}

/// A [`Recording`] of a run whose protocol is forgotten.
pub struct AnyRecording {
    /// What each client asks, in order.
    pub operations: Vec<Vec<Box<dyn erased_serde::Serialize>>>,
    /// The faults, those of the nemesis among them.
    pub faults: Vec<Fault>,
    /// Every answer that was not calm.
    pub deviations: Vec<Deviation>,
}

impl fmt::Debug for AnyRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyRecording").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl<P: SystemUnderTest> AnySimulation for Simulation<P> {
    fn run(&self, seed: u64) -> Summary {
        self.run(seed).summary
    }

    fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Summary> {
        self.run_unless(seed, stop).map(|outcome| outcome.summary)
    }

    fn run_answered(&self, answers: Answers<'_>, stop: &AtomicBool) -> Option<Summary> {
        self.run_answered(answers, stop).map(|outcome| outcome.summary)
    }

    fn run_redrawn(&self, seed: u64, redraw: Redraw, stop: &AtomicBool) -> Option<Summary> {
        self.run_redrawn(seed, redraw, stop).map(|outcome| outcome.summary)
    }

    fn run_with(
        &self,
        seed: u64,
        more: &[Fault],
        survey: Option<Survey>,
        stop: &AtomicBool,
    ) -> Option<(Summary, Vec<CrashSite>)> {
        self.run_with(seed, more, survey, stop).map(|outcome| (outcome.summary, outcome.sites))
    }

    fn found_by_content(&self, answers: Answers<'_>) -> Vec<Deviation> {
        self.found_by_content(answers)
    }

    fn levels(&self, seed: u64) -> Option<Levels> {
        Levels::of::<P>(&self.run(seed).history)
    }

    fn service(&self, seed: u64) -> Service {
        let outcome = self.run(seed);
        Service::of::<P>(&outcome.history, &outcome.summary)
    }

    fn trace(&self, seed: u64) -> Traced {
        let outcome = self.run_traced(seed);
        Traced { summary: outcome.summary, trace: outcome.trace.expect("a traced run has a trace") }
    }

    fn run_telling(&self, seed: u64, tell: &mut dyn FnMut(TraceEvent)) -> Summary {
        self.run_telling(seed, tell).summary
    }

    fn history(&self, seed: u64) -> (Summary, String) {
        let outcome = self.run(seed);
        (outcome.summary, outcome.history.to_string())
    }

    fn trace_with_draws(&self, seed: u64) -> Trace {
        self.trace_with_draws(seed)
    }

    fn trace_with_answers(&self, seed: u64) -> Trace {
        self.trace_with_answers(seed)
    }

    fn faults_of(&self, seed: u64) -> Vec<Fault> {
        self.faults_of(seed)
    }

    fn record(&self, seed: u64) -> (Summary, AnyRecording) {
        let (outcome, Recording { operations, faults, deviations }) = self.record(seed);
        let erase = |op: P::Op| -> Box<dyn erased_serde::Serialize> { Box::new(op) };
        let operations = operations.into_iter().map(|of_client| of_client.into_iter().map(erase).collect()).collect();
        (outcome.summary, AnyRecording { operations, faults, deviations })
    }
}
