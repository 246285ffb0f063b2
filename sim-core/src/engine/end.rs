//! How a run ends: deadlines, the last look of the properties, panics, and the outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::outcome::{Outcome, Recording, Summary, Verdict, Violation};
use crate::panics::{self, PanicReport};
use crate::process::NodeId;
use crate::property::{Judgement, NO_PANIC, PROGRESS};
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::trace::Trace;
use crate::world::World;

use super::{Engine, Keep, Phase, Progress, Source};

/// Carries out one run from its beginning to its end.
pub(crate) fn run_once<P: Protocol>(simulation: &Simulation<P>, source: Source<'_>, keep: Keep) -> Outcome<P> {
    let mut engine = Engine::new(simulation, source, keep);
    let run = || {
        engine.begin();
        engine.run();
        engine.judge();
    };
    if let Err(payload) = panics::quietly(|| catch_unwind(AssertUnwindSafe(run))) {
        engine.panicked(&panics::report(payload.as_ref()));
    }
    engine.into_outcome(keep)
}

impl<P: Protocol> Engine<'_, P> {
    /// Something did not hold: the run is over. The first violation stands.
    #[cold]
    pub(super) fn violated(&mut self, property: &str, what: String, nodes: Vec<NodeId>) {
        let violation = Violation { property: property.to_owned(), what, nodes, step: self.steps, time: self.now };
        self.verdict.get_or_insert(Verdict::Violated(violation));
    }

    fn inconclusive(&mut self, property: &str, reason: String) {
        self.verdict.get_or_insert(Verdict::Inconclusive { property: property.to_owned(), reason });
    }

    /// The deadline for progress after the heal has come.
    pub(super) fn judge_progress(&mut self) {
        if self.progress == Progress::Awaited && self.clients.iter().any(|client| !client.is_done()) {
            let within = self.simulation.progress_within.unwrap_or_default();
            let what = format!("no operation completed within {within} after the heal");
            self.violated(PROGRESS, what, Vec::new());
        }
        self.progress = Progress::Fine;
    }

    /// Properties look at the whole run.
    pub(super) fn judge(&mut self) {
        if self.verdict.is_some() {
            return;
        }
        let mut unclear = None;
        for index in 0..self.properties.len() {
            self.phase = Phase::Property(index);
            let world = World {
                now: self.now,
                nodes: &self.nodes,
                site: &self.site,
                status: &self.status,
                history: &self.history,
            };
            let judgement = self.properties[index].at_end(&world);
            let name = self.properties[index].name().to_owned();
            match judgement {
                Judgement::Holds => {}
                Judgement::Violated(breach) => {
                    self.violated(&name, breach.what, breach.nodes);
                    break;
                }
                Judgement::Inconclusive(reason) => unclear = unclear.or(Some((name, reason))),
            }
        }
        self.phase = Phase::Engine;
        if let Some((property, reason)) = unclear {
            self.inconclusive(&property, reason);
        }
        if self.progress != Progress::Fine {
            self.inconclusive(PROGRESS, "the run ended before its deadline".to_owned());
        }
        self.verdict.get_or_insert(Verdict::Passed);
    }

    /// A panic is a violation if it came from the protocol or from a property, and a defect of the
    /// engine otherwise.
    fn panicked(&mut self, report: &PanicReport) {
        match self.phase {
            Phase::Node(process) => {
                let who = self.identities[process.index()];
                self.violated(NO_PANIC, report.to_string(), vec![who]);
            }
            Phase::Property(index) => {
                let name = self.properties[index].name().to_owned();
                self.violated(NO_PANIC, format!("in the property {name}: {report}"), Vec::new());
            }
            // The hook kept quiet: say it now.
            Phase::Engine => panic!("a defect of Faultbed: {report}"),
        }
    }

    fn into_outcome(mut self, keep: Keep) -> Outcome<P> {
        let verdict = self.verdict.take().expect("a run that has ended has a verdict");
        let trace_hash = self.hasher.finish();
        let trace = self.trace.take().map(|events| Trace {
            events,
            verdict: verdict.clone(),
            steps: self.steps,
            time: self.now,
            hash: trace_hash,
        });
        let deviations = self.draws.choices.deviations();
        let unused = self.draws.choices.unused();
        let (faults, records) = self.faults.into_plan();
        let operations = self.operations;
        let recording = keep.recording.then(|| Recording { operations: operations.taken(), faults, deviations });
        let summary = Summary {
            verdict,
            steps: self.steps,
            time: self.now,
            delivered: self.delivered,
            trace_hash,
            faults: records,
            goals: self.goals,
            unused,
        };
        Outcome { summary, history: self.history, trace, recording }
    }
}
