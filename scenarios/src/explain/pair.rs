//! Two events at one process whose order decides.
//!
//! A message that arrived before another event is made to arrive just after it, or the other way round:
//! its delay is the one answer that changes. Whether the two then really change places, and whether the
//! run still fails, is seen in a run.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use reports::{CriticalPair, PairSearch, StoryLine};
use serde_json::{Value, json};
use sim_core::shrink::{Accepted, Wanted};
use sim_core::{ChoiceName, Deviation, Draw, Trace, TraceEvent, TraceKind, Traced, sweep};

use super::Spending;
use super::past::{Past, message_kind};
use crate::file::DeviationEntry;
use crate::load::load;
use crate::registry::Registry;
use crate::run::run_guarded;
use crate::source::Source;

/// The most pairs that are tried.
const MOST_TRIED: usize = 200;

/// How long after the other event, or before it, the message arrives, in nanoseconds.
const APART: u64 = 1_000;

/// Two events at one process, by their places in the trace, and what puts the second first.
#[derive(Debug)]
struct Pair {
    first: usize,
    second: usize,
    /// The choice that is answered otherwise, and how.
    choice: String,
    was: u64,
    becomes: u64,
}

/// The last pair of the past whose order decides.
pub(super) fn search(
    registry: &Registry,
    (wanted, run, plan): (&Wanted, &Accepted, &Value),
    (trace, past): (&Trace, &Past),
    spending: &Spending<'_>,
) -> PairSearch {
    let pairs = pairs(trace, past);
    let (mut found, mut tried) = (None, 0);
    let most = pairs.len().min(MOST_TRIED) as u64;
    spending.listener.begins("two events whose order decides", most);
    sweep(
        0..most,
        spending.jobs,
        |number| {
            let pair = &pairs[number as usize];
            if spending.stop.load(Ordering::Relaxed) {
                None
            } else {
                swapped(registry, (wanted, run, plan), trace, pair)
            }
        },
        |number, outcome| {
            if spending.stop.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            spending.listener.ended(1);
            tried += 1;
            found = outcome.map(|outcome| critical(trace, &pairs[number as usize], outcome));
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    PairSearch { found, tried, swaps: pairs.len() }
}

fn critical(trace: &Trace, pair: &Pair, outcome: String) -> CriticalPair {
    let line = |place: usize| StoryLine::from(&trace.events[place]);
    CriticalPair {
        first: line(pair.first),
        second: line(pair.second),
        choice: pair.choice.clone(),
        was: pair.was,
        becomes: pair.becomes,
        outcome,
    }
}

/// Pairs of events that come one after the other at a process of the past, the last first, where neither
/// depends on the other and one is a message.
fn pairs(trace: &Trace, past: &Past) -> Vec<Pair> {
    let comes_up = |event: &TraceEvent| matches!(event.kind, TraceKind::Deliver { .. } | TraceKind::Timer { .. });
    let places: Vec<usize> = (0..trace.events.len())
        .filter(|place| comes_up(&trace.events[*place]) && past.has(&trace.events[*place]))
        .collect();
    let mut pairs = Vec::new();
    for (number, &second) in places.iter().enumerate().rev() {
        let who = trace.events[second].who;
        let before = places[..number].iter().rev().find(|place| trace.events[**place].who == who);
        pairs.extend(before.into_iter().flat_map(|first| swaps(trace, *first, second)));
    }
    pairs
}

/// What puts two events at a process in the other order.
fn swaps(trace: &Trace, first: usize, second: usize) -> Vec<Pair> {
    let [one, other] = [first, second].map(|place| &trace.events[place]);
    if depends(trace, other, one) {
        return Vec::new();
    }
    let apart = other.time.as_nanos() - one.time.as_nanos() + APART;
    let later = delay_of(trace, first).map(|(choice, was)| (choice, was, Some(was.saturating_add(apart))));
    let sooner = delay_of(trace, second).map(|(choice, was)| (choice, was, was.checked_sub(apart)));
    let pair = |(choice, was, becomes): (String, u64, Option<u64>)| {
        becomes.map(|becomes| Pair { first, second, choice, was, becomes })
    };
    [later, sooner].into_iter().flatten().filter_map(pair).collect()
}

/// Whether a message was sent after an earlier event at its receiver and because of it.
fn depends(trace: &Trace, message: &TraceEvent, earlier: &TraceEvent) -> bool {
    match (&message.kind, message.cause, earlier.who) {
        (TraceKind::Deliver { from, .. }, Some(cause), Some(who)) => {
            Past::of_step(trace, *from, cause).has_step(who, earlier.step)
        }
        _ => false,
    }
}

/// The choice of how long a message took, and its answer.
fn delay_of(trace: &Trace, place: usize) -> Option<(String, u64)> {
    let event = &trace.events[place];
    let (TraceKind::Deliver { from, message }, Some(to), Some(cause)) = (&event.kind, event.who, event.cause) else {
        return None;
    };
    let begins = format!("{from}>{to} {}#", message_kind(message));
    let sent_in = |draw: &Draw| draw.events.checked_sub(1).map(|last| trace.events[last].step);
    let is_its = |draw: &&Draw| {
        let number = draw.deviation.name.as_str().strip_prefix(&begins);
        let number = number.and_then(|rest| rest.strip_suffix(" delay"));
        number.is_some_and(|number| number.parse::<u64>().is_ok()) && sent_in(draw) == Some(cause)
    };
    let draw = trace.draws.iter().find(is_its)?;
    Some((draw.deviation.name.to_string(), draw.deviation.value))
}

/// What the run comes to with the pair in the other order, if it then does not fail as it did.
fn swapped(
    registry: &Registry,
    (wanted, run, plan): (&Wanted, &Accepted, &Value),
    trace: &Trace,
    pair: &Pair,
) -> Option<String> {
    let mut deviations = run.parts.deviations.clone();
    match deviations.iter_mut().find(|given| given.name.as_str() == pair.choice) {
        Some(given) => given.value = pair.becomes,
        None => deviations.push(Deviation { name: ChoiceName::new(pair.choice.as_str()), value: pair.becomes }),
    }
    let mut file = plan.clone();
    file["deviations"] = deviations.iter().map(|of| json!(DeviationEntry::from(of))).collect();
    let source = Source::new("the run in another order", file.to_string());
    let scenario = load(registry, &source, &[]).ok()?;
    let Traced { summary, trace: other } = run_guarded(|| scenario.prepared.trace(0)).ok()?;
    let [first, second] = [pair.first, pair.second].map(|place| again(trace, place, &other));
    let has_swapped = second.is_some() && (first.is_none() || second < first);
    (has_swapped && !wanted.is_alike(&summary)).then(|| {
        let outcome = summary.verdict.to_string();
        outcome.lines().next().unwrap_or_default().to_owned()
    })
}

/// Where an event of one run is in another: the one that is like it, after as many like it.
fn again(trace: &Trace, place: usize, other: &Trace) -> Option<usize> {
    let event = &trace.events[place];
    let text = event.kind.to_string();
    let is_alike = |of: &TraceEvent| of.who == event.who && of.kind.to_string() == text;
    let before = trace.events[..place].iter().filter(|event| is_alike(event)).count();
    (0..other.events.len()).filter(|place| is_alike(&other.events[*place])).nth(before)
}
