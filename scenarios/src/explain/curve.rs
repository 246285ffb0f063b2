//! How probable the violation is when what was asked up to some step stands and the rest is drawn anew.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::Ordering;

use reports::{Curve, DrawLine, Estimate, Point, Shows, StoryLine};
use sim_core::shrink::Wanted;
use sim_core::{Draw, Redraw, SimRng, Time, Trace, TraceEvent, TraceKind, sweep};

use super::Spending;
use crate::prepared::Prepared;
use crate::run::run_guarded;

/// Points to begin with.
const COARSE: u64 = 9;

/// The most points of a curve.
const MOST_POINTS: usize = 40;

/// Samples on either side that confirm a jump.
const CONFIRMING: u64 = 1_000;

/// Draws runs anew and counts those that fail as the run did.
pub(super) struct Sampler<'s> {
    pub(super) prepared: &'s dyn Prepared,
    /// The seed of the run.
    pub(super) seed: u64,
    pub(super) wanted: &'s Wanted,
    pub(super) spending: &'s Spending<'s>,
}

/// When each step of a run was.
pub(super) struct Clock(BTreeMap<u64, Time>);

impl Clock {
    pub(super) fn of(trace: &Trace) -> Self {
        Self(trace.events.iter().map(|event| (event.step, event.time)).collect())
    }

    fn nanos(&self, step: u64) -> u64 {
        self.0.range(..=step).next_back().map_or(0, |(_, time)| time.as_nanos())
    }
}

impl Sampler<'_> {
    /// What samples with these numbers come to, in which what was asked up to `after` stands; nothing if it
    /// is stopped. No two samples of a curve have the same seed.
    fn estimate(&self, after: u64, plan: bool, numbers: Range<u64>) -> Option<Estimate> {
        let (samples, mut violated) = (numbers.end - numbers.start, 0);
        let Spending { stop, listener, .. } = *self.spending;
        listener.begins("how probable it is", samples);
        let fails = |number: u64| {
            let seed = SimRng::new(number, after).bits();
            let redraw = Redraw { after, seed, plan };
            let summary =
                run_guarded(|| self.prepared.simulation(self.seed).run_redrawn(self.seed, redraw, stop)).ok().flatten();
            listener.ended(1);
            summary.is_some_and(|summary| self.wanted.is_alike(&summary))
        };
        sweep(numbers, self.spending.jobs, fails, |_, fails| {
            violated += u64::from(fails);
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (!stop.load(Ordering::Relaxed)).then(|| Estimate::new(violated, samples))
    }
}

/// The curve, finer where it rises most; with `plan`, faults to come are drawn anew too.
pub(super) fn curve(sampler: &Sampler<'_>, trace: &Trace, clock: &Clock, plan: bool) -> Curve {
    let first = 0..sampler.spending.samples;
    let mut points = BTreeMap::new();
    let mut steps: Vec<u64> = (0..COARSE).map(|place| trace.steps * place / (COARSE - 1)).collect();
    steps.dedup();
    let mut steps = steps.into_iter();
    let shows = loop {
        let next = steps.next().or_else(|| middle_of_the_rise(&points).filter(|_| points.len() < MOST_POINTS));
        let Some(step) = next else { break shows(sampler, trace, clock, &points, plan) };
        let Some(estimate) = sampler.estimate(step, plan, first.clone()) else { break Shows::Unknown };
        points.insert(step, estimate);
    };
    let point = |(step, estimate): (u64, Estimate)| Point { step, time_ns: clock.nanos(step), estimate };
    Curve { points: points.into_iter().map(point).collect(), shows }
}

/// Two neighbouring points of a curve.
type Gap = (u64, u64);

/// The neighbours between which the curve rises most; the first of them, if several do.
fn steepest(points: &BTreeMap<u64, Estimate>) -> Option<Gap> {
    let gaps = points.iter().zip(points.iter().skip(1));
    let rises = gaps.filter_map(|((from, before), (to, after))| {
        let rise = after.violated.checked_sub(before.violated).filter(|rise| *rise > 0)?;
        Some((rise, (*from, *to)))
    });
    let higher = |best: (u64, Gap), next: (u64, Gap)| if next.0 > best.0 { next } else { best };
    rises.reduce(higher).map(|(_, gap)| gap)
}

/// The step in the middle of the steepest gap, unless that is one step wide.
fn middle_of_the_rise(points: &BTreeMap<u64, Estimate>) -> Option<u64> {
    let (from, to) = steepest(points)?;
    (to - from > 1).then(|| from + (to - from) / 2)
}

/// Whether the steepest rise is one jump: fresh samples on either side tell.
fn shows(sampler: &Sampler<'_>, trace: &Trace, clock: &Clock, points: &BTreeMap<u64, Estimate>, plan: bool) -> Shows {
    let Some((from, to)) = steepest(points) else {
        return none("it is as probable from the beginning on".to_owned());
    };
    if to - from > 1 {
        let because = format!("with {MOST_POINTS} points the steepest rise is still between steps {from} and {to}");
        return none(because);
    }
    let fresh = sampler.spending.samples..sampler.spending.samples + CONFIRMING;
    let sides = [from, to].map(|step| sampler.estimate(step, plan, fresh.clone()));
    let [Some(before), Some(after)] = sides else { return Shows::Unknown };
    if !after.is_above(&before) {
        let (old, new) = (before.violated, after.violated);
        let because = format!(
            "the steepest rise is at step {to}, and {CONFIRMING} fresh samples on either side do not confirm it: \
             {old} violate it before that step and {new} with it"
        );
        return none(because);
    }
    let (events, draws) = happened_in(trace, to);
    Shows::Jump { step: to, time_ns: clock.nanos(to), before, after, events, draws }
}

const fn none(because: String) -> Shows {
    Shows::NoSingleJump { because }
}

/// What happened from the end of the step before to the end of a step, and what was asked and not answered
/// calmly. What the plan does between two steps bears the number of the first.
fn happened_in(trace: &Trace, step: u64) -> (Vec<StoryLine>, Vec<DrawLine>) {
    let events = &trace.events;
    let of_plan = |event: &&TraceEvent| {
        use TraceKind::{FaultBegins, FaultEnds, FaultStrikes, Heal};
        matches!(event.kind, FaultBegins { .. } | FaultStrikes { .. } | FaultEnds { .. } | Heal { .. })
    };
    let begin = events.partition_point(|event| event.step < step);
    let before = &events[events.partition_point(|event| event.step + 1 < step)..begin];
    let planned = before.iter().position(|event| of_plan(&event)).map_or(0, |place| before.len() - place);
    let end = events.partition_point(|event| event.step <= step);
    // The plan draws before it is told what it does, and so does whoever decides what is first.
    let is_early = |name: &str| name.starts_with("fault ") || name.contains(" order+");
    let (begin, stop) = (begin - planned, end - events[begin..end].iter().rev().take_while(of_plan).count());
    let is_asked_in = |draw: &&Draw| {
        let early = usize::from(is_early(draw.deviation.name.as_str()));
        (begin + 1..=stop).contains(&(draw.events + early))
    };
    let draws = trace.draws.iter().filter(is_asked_in).map(|draw| DrawLine::from(&draw.deviation));
    (events[begin..stop].iter().map(StoryLine::from).collect(), draws.collect())
}
