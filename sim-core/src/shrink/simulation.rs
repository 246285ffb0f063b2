//! Shrinking a seed of a simulation in a test.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::times::SHORTEST;
use super::{Budget, Effort, Frame, Parts, Schedule, Shrinking, Shrunk, Size};
use crate::choices::Deviation;
use crate::outcome::{Recording, Summary};
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::sweep::available_jobs;
use crate::time::Duration;
use crate::trace::Trace;

/// A failing run of a simulation, made small.
#[derive(Debug)]
pub struct ShrunkRun<P: Protocol> {
    /// The simulation of which every seed gives that run.
    pub simulation: Simulation<P>,
    /// What is left of the run.
    pub recording: Recording<P>,
    /// What it comes to.
    pub summary: Summary,
    /// How large the run was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// How many runs that took.
    pub runs: u64,
    /// Whether nothing more can be removed; otherwise it was stopped.
    pub is_minimal: bool,
}

impl<P: Protocol> Simulation<P>
where
    Self: Send + Sync,
{
    /// Makes the run with `seed` small, in at most so many runs: fewer faults, operations and deviations
    /// that still violate the same property. Nothing if it violates none.
    ///
    /// ```
    /// # use sim_core::{Context, Nothing, NodeId, Protocol, Simulation};
    /// # #[derive(Debug)]
    /// # struct Dice { eyes: u64 }
    /// # impl Protocol for Dice {
    /// #     type Message = (); type Timer = Nothing; type Record = Nothing; type Op = Nothing;
    /// #     type Reply = Nothing; type Event = Nothing;
    /// #     fn on_start(&mut self, ctx: &mut Context<'_, Self>) { self.eyes = ctx.choose("eyes", 1..7); }
    /// #     fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}
    /// # }
    /// let dice = Simulation::new(3, |_, _| Dice { eyes: 1 })
    ///     .always("No Six", |world| world.correct().all(|dice| world.node(dice).is_none_or(|dice| dice.eyes < 6)));
    /// let seed = (0..).find(|seed| !dice.run(*seed).summary.verdict.is_passed()).expect("a six");
    /// let shrunk = dice.shrink(seed, 1_000).expect("this seed fails");
    /// // What one of them drew is all that it takes.
    /// assert_eq!(shrunk.recording.deviations.len(), 1, "{shrunk}");
    /// ```
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn shrink(&self, seed: u64, runs: u64) -> Option<ShrunkRun<P>> {
        let (outcome, recording) = self.record(seed);
        let operations = recording.operations.clone();
        let frame = self.clone().replaying(recording);
        let schedule = if self.env.deviations.is_some() { Schedule::Calm } else { Schedule::Drawn(seed) };
        let parts = Parts { schedule, ..frame.own_parts() };
        let stop = AtomicBool::new(false);
        let effort = Effort { jobs: available_jobs(), most: Budget { runs, steps: u64::MAX }, stop: &stop };
        let mut shrinking = Shrinking::begin(Arc::new(frame.clone()), parts, &outcome.summary)?;
        shrinking.go_on(&effort, |_, _| {});
        let Shrunk { run, before, after, runs, is_minimal, .. } = shrinking.finish(&effort);
        let simulation = frame.of_parts(&run.parts).deviations(run.parts.deviations.clone());
        let Parts { faults, operations: asked, deviations, .. } = run.parts;
        let recording = Recording { operations: chosen(&operations, &asked), faults, deviations };
        Some(ShrunkRun { simulation, recording, summary: run.summary, before, after, runs, is_minimal })
    }

    fn of_parts(&self, parts: &Parts) -> Self {
        let mut simulation = self.clone();
        simulation.env.faults.clone_from(&parts.faults);
        simulation.env.run_for = parts.run_for;
        if let Some(listed) = &self.clients.listed {
            simulation.clients.listed = Some(Arc::new(chosen(listed, &parts.operations)));
            // As many as in a file with these lists.
            simulation.clients.profile.count = (parts.operations.len() as u32).max(1);
        }
        simulation
    }
}

/// Of what is listed, what each client asks.
fn chosen<O: Clone>(listed: &[Vec<O>], asked: &[Vec<(usize, usize)>]) -> Vec<Vec<O>> {
    let of_client =
        |asked: &Vec<_>| asked.iter().map(|(client, place): &(usize, usize)| listed[*client][*place].clone()).collect();
    asked.iter().map(of_client).collect()
}

impl<P: Protocol> Frame for Simulation<P>
where
    Self: Send + Sync,
{
    fn run_parts(&self, parts: &Parts, steps: u64, stop: &AtomicBool) -> Option<Summary> {
        let mut simulation = self.of_parts(parts);
        simulation.env.limits.steps = simulation.env.limits.steps.min(steps);
        simulation.validate().ok()?;
        let outcome = match parts.schedule {
            Schedule::Content => simulation.run_by_content(parts.answers(), stop),
            Schedule::Calm | Schedule::NearlyCalm(_) | Schedule::Drawn(_) => {
                simulation.run_answered(parts.answers(), stop)
            }
        };
        outcome.map(|outcome| outcome.summary)
    }

    fn deviations_of_parts(&self, parts: &Parts) -> Vec<Deviation> {
        let simulation = self.of_parts(parts);
        match parts.schedule {
            Schedule::Content => simulation.found_by_content(parts.answers()),
            Schedule::Calm | Schedule::NearlyCalm(_) | Schedule::Drawn(_) => simulation.deviations_of(parts.answers()),
        }
    }

    fn own_parts(&self) -> Parts {
        let listed = self.clients.listed.iter().flat_map(|lists| lists.iter().enumerate());
        let all = |(client, list): (usize, &Vec<_>)| (0..list.len()).map(|place| (client, place)).collect();
        Parts {
            faults: self.env.faults.clone(),
            operations: listed.map(all).collect(),
            deviations: self.env.deviations.as_deref().map_or_else(Vec::new, <[Deviation]>::to_vec),
            schedule: Schedule::Calm,
            run_for: self.env.run_for,
        }
    }

    fn nodes(&self) -> u32 {
        self.env.nodes
    }
}

/// What is left, and its trace.
impl<P: Protocol> ShrunkRun<P> {
    /// What is left of its plan.
    pub(crate) fn plan(&self) -> impl fmt::Display {
        fmt::from_fn(|f| self.write_plan(f))
    }

    /// The trace of what is left.
    pub(crate) fn trace(&self) -> Trace {
        self.simulation.trace(0)
    }

    fn write_plan(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, after, runs, is_minimal, .. } = self;
        let how = if *is_minimal { "" } else { ", when it was stopped" };
        writeln!(f, "{before} became {after} in {runs} runs{how}")?;
        for (number, fault) in self.recording.faults.iter().enumerate() {
            writeln!(f, "  fault {number}: {fault}")?;
        }
        for Deviation { name, value } in &self.recording.deviations {
            // Most answers are times; others are small numbers.
            match *value {
                time if time >= SHORTEST => writeln!(f, "  {name}: {}", Duration::from_nanos(time))?,
                value => writeln!(f, "  {name}: {value}")?,
            }
        }
        Ok(())
    }
}

impl<P: Protocol> fmt::Display for ShrunkRun<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.plan(), self.trace())
    }
}
