//! How a run ends: deadlines, the final check of the properties, panics, and the outcome.

use std::collections::BTreeMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;

use crate::choices::Deviation;
use crate::figure::Figure;
use crate::history::{History, Operation, OperationId};
use crate::model::{Assumption, FaultModel, Outside, PropertyClass};
use crate::outcome::{FaultRecord, Outcome, Recording, Summary, Verdict, Violation};
use crate::panics::{self, PanicReport};
use crate::property::{Breach, Judgement, NO_PANIC, PROGRESS};
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::time::{Duration, Time};
use crate::trace::{Trace, TraceEvent, TraceKind};
use crate::world::World;

use super::{Engine, Events, Keep, Phase, Source};

/// Carries out one run from beginning to end; `None` if it is told to stop before that.
pub(crate) fn run_once<P: Protocol>(
    simulation: &Simulation<P>,
    source: Source<'_>,
    keep: Keep,
    stop: Option<&AtomicBool>,
) -> Option<Outcome<P>> {
    carry_out(Engine::new(simulation, source, keep), keep, source, stop)
}

/// Carries out a run from its beginning to its end, and tells each event when it happens.
pub(crate) fn run_telling<P: Protocol>(
    simulation: &Simulation<P>,
    source: Source<'_>,
    tell: &mut dyn FnMut(TraceEvent),
) -> Outcome<P> {
    let keep = Keep::default();
    let mut engine = Engine::new(simulation, source, keep);
    engine.trace = Some(Events::Told(tell));
    carry_out(engine, keep, source, None).expect("nobody tells it to stop")
}

fn carry_out<P: Protocol>(
    mut engine: Engine<'_, P>,
    keep: Keep,
    source: Source<'_>,
    stop: Option<&AtomicBool>,
) -> Option<Outcome<P>> {
    let run = || {
        engine.begin();
        let is_over = engine.run(stop);
        if is_over {
            engine.judge();
        }
        is_over
    };
    match panics::quietly(|| catch_unwind(AssertUnwindSafe(run))) {
        Ok(true) => {}
        Ok(false) => return None,
        Err(payload) => engine.panicked(&panics::report(payload.as_ref())),
    }
    Some(engine.into_outcome(keep, source.deviations()))
}

impl<P: Protocol> Engine<'_, P> {
    /// Something did not hold: the run is over, and the first violation stands; unless it is excused and
    /// the run is to be followed.
    #[cold]
    pub(super) fn violated(&mut self, property: &str, breach: Breach) {
        let Breach { nodes, what, came_about } = breach;
        let class = self.class_of(property);
        let (step, time) = came_about.unwrap_or((self.steps, self.now));
        let violation = Violation { property: property.to_owned(), class, what, nodes, step, time };
        if self.is_followed(&violation) {
            self.properties.retain(|of| of.name != property);
            self.record(None, None, TraceKind::Excused { property: violation.property.clone() });
            self.excused.push(violation);
        } else {
            self.verdict.get_or_insert(Verdict::Violated(violation));
        }
    }

    /// Whether the run goes on after a violation: one of a property that looks at the steps or at the
    /// whole run, outside of the protocol's model.
    fn is_followed(&self, violation: &Violation) -> bool {
        self.simulation.env.follows_beyond_model
            && self.properties.iter().any(|of| of.name == violation.property)
            && !self.outside().of(violation.class).is_empty()
    }

    fn class_of(&self, property: &str) -> PropertyClass {
        let found = self.properties.iter().find(|of| of.name == property).map(|of| of.property.class());
        found.unwrap_or(if property == PROGRESS { PropertyClass::Liveness } else { PropertyClass::Safety })
    }

    pub(super) fn inconclusive(&mut self, property: &str, reason: String) {
        self.verdict.get_or_insert(Verdict::Inconclusive { property: property.to_owned(), reason });
    }

    /// Properties look at the whole run.
    pub(super) fn judge(&mut self) {
        if self.verdict.is_some() {
            return;
        }
        self.site.unrepaired = self.site.processes().filter(|process| !self.is_repaired(*process)).collect();
        self.site.healed = self.simulation.env.heal.at.filter(|at| *at <= self.now);
        self.site.calm_since = self.faults.calm_since(self.site.healed);
        let mut unclear = None;
        let mut index = 0;
        while index < self.properties.len() {
            self.phase = Phase::Property(index);
            let world = World {
                now: self.now,
                nodes: &self.nodes,
                site: &self.site,
                status: &self.status,
                history: &self.history,
                byzantine: &self.byzantine,
            };
            let judgement = self.properties[index].property.at_end(&world);
            let name = self.properties[index].name.clone();
            index += 1;
            match judgement {
                Judgement::Holds => {}
                Judgement::Violated(breach) => {
                    self.violated(&name, breach);
                    if self.verdict.is_some() {
                        break;
                    }
                    // It was excused, and is gone.
                    index -= 1;
                }
                Judgement::Inconclusive(reason) => unclear = unclear.or(Some((name, reason))),
            }
        }
        self.phase = Phase::Engine;
        if let Some((property, reason)) = unclear {
            self.inconclusive(&property, reason);
        }
        self.conclude_progress();
        self.verdict.get_or_insert(Verdict::Passed);
    }

    /// A panic is a violation if it came from the protocol or from a property, and a defect of the
    /// engine otherwise.
    fn panicked(&mut self, report: &PanicReport) {
        match self.phase {
            Phase::Node(process) => {
                let who = self.identities[process.index()];
                self.violated(NO_PANIC, Breach::new([who], report.to_string()));
            }
            Phase::Property(index) => {
                let name = &self.properties[index].name;
                let what = format!("in the property {name}: {report}");
                self.violated(NO_PANIC, Breach::new([], what));
            }
            Phase::Adversary => self.violated(NO_PANIC, Breach::new([], format!("in an adversary: {report}"))),
            Phase::System => {
                let what = format!("in what the protocol tells of the system: {report}");
                self.violated(NO_PANIC, Breach::new([], what));
            }
            // The hook kept quiet: say it now.
            Phase::Engine => panic!("a defect of Faultbed: {report}"),
        }
    }

    /// What was measured up to now.
    fn figures(&mut self) -> Vec<Figure> {
        let mut measures = mem::take(&mut self.measures);
        measures.iter_mut().map(|measure| measure.at_end(&self.world())).collect()
    }

    fn into_outcome(mut self, keep: Keep, given: &[Deviation]) -> Outcome<P> {
        let verdict = self.verdict.take().expect("a run that has ended has a verdict");
        let figures = self.figures();
        let trace_hash = self.hasher.finish();
        let draws = self.draws.choices.draws();
        let deviations = draws.iter().filter(|draw| !draw.is_calm()).map(|draw| draw.deviation.clone()).collect();
        let trace = match self.trace.take() {
            Some(Events::Kept(events)) => Some(Trace {
                events,
                draws,
                verdict: verdict.clone(),
                steps: self.steps,
                time: self.now,
                hash: trace_hash,
            }),
            Some(Events::Told(_)) | None => None,
        };
        let unused = self.draws.choices.unused(given);
        let outside = self.outside();
        self.note_messages_at_end();
        let (faults, mut records) = self.faults.into_plan();
        note_operations(&mut records, &self.history, &self.given_up, self.simulation.clients.patience());
        let operations = self.operations;
        let recording = keep.recording.then(|| Recording { operations: operations.taken(), faults, deviations });
        let summary = Summary {
            verdict,
            steps: self.steps,
            time: self.now,
            calm_since: self.site.calm_since,
            delivered: self.delivered,
            trace_hash,
            excused: self.excused,
            faults: records,
            outside,
            liveness: self.liveness,
            goals: self.goals,
            figures,
            unused,
        };
        let sites = self.surveyor.map(|surveyor| surveyor.sites).unwrap_or_default();
        Outcome { summary, history: self.history, trace, recording, sites }
    }

    /// Which assumptions of the protocol did not hold.
    fn outside(&self) -> Outside {
        let FaultModel { safety, liveness, after_heal } = &self.simulation.model;
        let mut liveness = self.broken(liveness);
        if self.simulation.env.heal.at.is_some() {
            let late = after_heal.iter().filter_map(|assumption| {
                Some(format!("after the heal {assumption}, but {}", self.broken_after_heal(assumption)?))
            });
            liveness.extend(late);
        }
        Outside { safety: self.broken(safety), liveness }
    }

    /// Why an assumption did not hold after the heal, whatever happened before it.
    fn broken_after_heal(&self, assumption: &Assumption) -> Option<String> {
        let (heal, delta) = (&self.simulation.env.heal, self.simulation.env.delta());
        let is_lossy = heal.lossy.is_some() && !self.links.profile().loss.is_never();
        let loses = || "repaired links go on to lose messages".to_owned();
        match assumption {
            // If links lose messages, runs are judged as a share.
            Assumption::Synchronous { within } => (delta > *within).then(|| format!("they may take {delta}")),
            Assumption::ReliableLinks => is_lossy.then(loses),
            // The wall clocks of repaired nodes are right again, and nodes that were down are up.
            Assumption::SteadyWallClocks
            | Assumption::DownAtMost(_)
            | Assumption::NeverFails(_)
            | Assumption::PerfectDetector { .. } => None,
            Assumption::DurableDisks
            | Assumption::NoPhantomWrites
            | Assumption::IntactMessages
            | Assumption::ClockRate { .. }
            | Assumption::ByzantineAtMost(_)
            | Assumption::OrderedLinks => self.why_broken(assumption),
        }
    }

    fn broken(&self, assumptions: &[Assumption]) -> Vec<String> {
        let says = assumptions.iter().any(|assumption| matches!(assumption, Assumption::ByzantineAtMost(_)));
        let unsaid = (!says).then_some(&Assumption::ByzantineAtMost(0));
        assumptions
            .iter()
            .chain(unsaid)
            .filter_map(|assumption| Some(format!("{assumption}, but {}", self.why_broken(assumption)?)))
            .collect()
    }

    /// Why an assumption did not hold in the whole run.
    fn why_broken(&self, assumption: &Assumption) -> Option<String> {
        match assumption {
            Assumption::DownAtMost(most) if self.most_down > *most => Some(format!("{} were down", self.most_down)),
            Assumption::NeverFails(node) => self.faults.fallen.contains(node).then(|| "it did".to_owned()),
            Assumption::ClockRate { ppm } if self.simulation.env.clocks.drift_ppm > *ppm => {
                Some(format!("the clocks of this scenario may gain or lose {}", self.simulation.env.clocks.drift_ppm))
            }
            Assumption::OrderedLinks if !self.links.profile().fifo || !self.links.profile().connections => {
                Some("the links of this scenario do not keep it".to_owned())
            }
            Assumption::ByzantineAtMost(most) => self.faults.traitors_beyond(*most),
            Assumption::ReliableLinks if !self.simulation.env.network.loss.is_never() => {
                Some("the links of this scenario lose messages".to_owned())
            }
            Assumption::Synchronous { within } if !self.simulation.is_timely(*within) => {
                Some("the links of this scenario may take longer, or lose messages".to_owned())
            }
            assumption => self.faults.first_to_break(assumption),
        }
    }
}

/// Notes the outcomes of the operations that were pending while each fault lasted.
fn note_operations<O, R>(
    records: &mut [FaultRecord],
    history: &History<O, R>,
    given_up: &BTreeMap<OperationId, Time>,
    patience: Duration,
) {
    let operations: Vec<Lasted> = history.iter().map(|(id, operation)| Lasted::of(id, operation, given_up)).collect();
    for record in records {
        let Some(began) = record.began else { continue };
        let ended = record.ended.unwrap_or(Time::MAX);
        let effects = &mut record.effects;
        for operation in operations.iter().filter(|operation| operation.invoked <= ended && operation.over >= began) {
            let took = operation.replied.map(|replied| replied.since(operation.invoked));
            effects.operations_failed += u64::from(took.is_none());
            effects.operations_delayed += u64::from(took.is_some_and(|took| took > patience));
        }
        let later = operations.iter().filter_map(|operation| operation.replied).filter(|replied| *replied >= ended);
        effects.recovered_after = later.min().map(|first| first.since(ended));
    }
}

/// From when to when an operation was pending.
struct Lasted {
    invoked: Time,
    /// When it ended in any way; [`Time::MAX`] if it did not.
    over: Time,
    /// When there was a reply, if there was one.
    replied: Option<Time>,
}

impl Lasted {
    fn of<O, R>(id: OperationId, operation: &Operation<O, R>, given_up: &BTreeMap<OperationId, Time>) -> Self {
        let returned = operation.returned().map(|moment| Time::from_nanos(moment.time_ns));
        Self {
            invoked: Time::from_nanos(operation.invoked.time_ns),
            over: returned.or_else(|| given_up.get(&id).copied()).unwrap_or(Time::MAX),
            replied: returned.filter(|_| operation.reply().is_some()),
        }
    }
}
