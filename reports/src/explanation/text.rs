//! An explanation for people.

use std::fmt::Write as _;

use sim_core::Time;

use super::plot::plot;
use super::{
    CriticalPair, Curve, Estimate, Explanation, Necessity, PairSearch, Part, Shows, Story, StoryLine, Untried,
};
use crate::human::counted;
use crate::style::{BAD, FAINT, STRONG, Styled};

/// Lines of a story that people get: its end.
const STORY: usize = 50;

/// Parts that the run does without are listed if they are not more than this.
const SPARE: usize = 10;

/// Lines of a list that people get.
const LISTED: usize = 20;

/// What is known of a failing run.
pub fn explanation_text(explanation: &Explanation) -> String {
    let Explanation { scenario, seed, violation, story, necessity, critical_pair, curve, stopped, .. } = explanation;
    let seed = seed.as_ref().map(|seed| format!(", seed {seed}")).unwrap_or_default();
    let (property, time) = (Styled(BAD, &violation.property), Time::from_nanos(violation.time_ns));
    let mut text = format!("{scenario}{seed}: {property} violated at step {}, {time}\n", violation.step);
    for line in violation.message.trim_end().lines() {
        let _ = writeln!(text, "  {line}");
    }
    text += &told(story);
    text += &taken(necessity);
    text += &ordered(critical_pair);
    text += &heading("How probable it is when what was asked up to a step stands and the rest is drawn anew");
    text += &drawn(curve);
    if let Some(curve) = &explanation.curve_with_plan {
        text += &heading("The same when the faults to come are drawn anew too");
        text += &drawn(curve);
    }
    if *stopped {
        text += "\nIt was stopped: some of this is missing.\n";
    }
    let _ = writeln!(text, "\n{}  {}", Styled(FAINT, "replay"), explanation.replay);
    text
}

fn heading(text: &str) -> String {
    format!("\n{}\n", Styled(STRONG, text))
}

fn told(story: &Story) -> String {
    let Story { events_in_past, events_shown, events_folded, events, lines } = story;
    let left = events_in_past - events_shown - events_folded;
    let counts = [(*events_shown, "shown"), (*events_folded, "told in passing"), (left, "left out")];
    let told: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    let mut text = heading(&format!("What led to it: {events_in_past} of {events} events{told}"));
    let hidden = lines.len().saturating_sub(STORY);
    if hidden > 0 {
        let _ = writeln!(
            text,
            "  … {} before these: `--format json` has all, and `faultbed shrink` makes the run short",
            counted(hidden as u64, "line")
        );
    }
    let _ = writeln!(text, "  {:>6}  {:>15}  {:<4} event", "step", "time", "who");
    lines[hidden..].iter().for_each(|line| text += &line_of(line));
    text
}

fn line_of(line: &StoryLine) -> String {
    let StoryLine { step, time_ns, who, text, cause, .. } = line;
    let (time, who) = (Time::from_nanos(*time_ns).to_string(), who.as_deref().unwrap_or("-"));
    let cause = cause.map(|cause| format!("  <- {cause}")).unwrap_or_default();
    format!("  {step:>6}  {time:>15}  {who:<4} {text}{cause}\n")
}

fn taken(necessity: &Necessity) -> String {
    let Necessity { needed, spare, never_began, untried } = necessity;
    let mut text = heading("What it takes: each of these removed alone, it fails no more");
    let was_tried = !spare.is_empty() || untried.is_nothing();
    if needed.is_empty() && was_tried {
        text += "  nothing that was tried\n";
    }
    text += &listed(needed);
    if !spare.is_empty() {
        let _ = writeln!(text, "Without each of these alone it fails too: {}", kinds(spare));
        if spare.len() <= SPARE {
            text += &listed(spare);
        }
    }
    if *never_began > 0 {
        let _ = writeln!(text, "  {} never began", counted(*never_began as u64, "fault"));
    }
    if !untried.is_nothing() {
        let Untried { faults, operations, deviations } = *untried;
        let _ = writeln!(
            text,
            "  Not tried: {}. `faultbed shrink` first leaves only what matters.",
            [(faults, "fault"), (operations, "operation"), (deviations, "deviation")]
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| counted(count as u64, what))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    text
}

/// As in `3 faults, 1 deviation`.
fn kinds(parts: &[Part]) -> String {
    let count = |kind: &str| parts.iter().filter(|part| part.kind == kind).count() as u64;
    let kinds = ["fault", "operation", "deviation"].map(|kind| (count(kind), kind));
    kinds.into_iter().filter(|(count, _)| *count > 0).map(|(n, kind)| counted(n, kind)).collect::<Vec<_>>().join(", ")
}

fn listed(parts: &[Part]) -> String {
    let mut text = String::new();
    for Part { kind, place, what } in parts.iter().take(LISTED) {
        let _ = writeln!(text, "  {kind:<9}  {place}  {what}");
    }
    text + &more(parts.len())
}

/// What is said of the rest of a long list.
fn more(listed: usize) -> String {
    let more = listed.saturating_sub(LISTED);
    if more > 0 { format!("  … and {more} more, which `--format json` has\n") } else { String::new() }
}

fn ordered(search: &PairSearch) -> String {
    let mut text = heading("The order that decides");
    match (&search.found, search) {
        (Some(CriticalPair { first, second, choice, was, becomes, outcome }), _) => {
            text += &line_of(first);
            text += &line_of(second);
            let change = format!("With `{choice}` {becomes} instead of {was} the second comes first");
            let _ = writeln!(text, "  {change}, and the run comes to this: {outcome}");
        }
        (None, PairSearch { swaps: 0, .. }) => {
            text += "  no message came so that another delay alone puts it before or after another event\n";
        }
        (None, PairSearch { tried: 0, swaps, .. }) => {
            let _ = writeln!(
                text,
                "  not known: none of the {swaps} ways to put two events at a process in the other order was tried"
            );
        }
        (None, PairSearch { tried, swaps, .. }) => {
            let _ = writeln!(
                text,
                "  two events at a process were put in the other order, in the last {tried} of {swaps} ways: it violates the same each time"
            );
        }
    }
    text
}

fn drawn(curve: &Curve) -> String {
    let mut text = plot(&curve.points);
    match &curve.shows {
        Shows::Jump { step, time_ns, before, after, events, draws } => {
            let time = Time::from_nanos(*time_ns);
            let _ = writeln!(
                text,
                "  {} at step {step}, {time}: from {} before it to {} with it, in fresh samples",
                Styled(STRONG, "Jump"),
                share(before),
                share(after)
            );
            events.iter().for_each(|line| text += &line_of(line));
            for draw in draws.iter().take(LISTED) {
                let calm = if draw.value == 0 { " (calm)" } else { "" };
                let _ = writeln!(text, "          asked {}: {}{calm}", draw.choice, draw.value);
            }
            text += &more(draws.len());
        }
        Shows::NoSingleJump { because } => {
            let _ = writeln!(text, "  No single jump: {because}");
        }
        Shows::Unknown => text += "  Stopped before it could be told whether there is one jump.\n",
    }
    text
}

/// As in `12.0 % (10.1 % to 14.2 %)`.
fn share(estimate: &Estimate) -> String {
    let (low, high) = (estimate.low * 100.0, estimate.high * 100.0);
    format!("{:.1} % ({low:.1} % to {high:.1} % of {})", estimate.percent(), estimate.samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_tried_is_no_finding() {
        let search = |tried| ordered(&PairSearch { found: None, tried, swaps: 7 });
        assert!(search(0).contains("not known: none of the 7 ways"), "{}", search(0));
        assert!(search(3).contains("in the last 3 of 7 ways"), "{}", search(3));
        let untried = Untried { faults: 2, ..Untried::default() };
        let stopped = taken(&Necessity { untried, ..Necessity::default() });
        assert!(stopped.contains("Not tried: 2 faults") && !stopped.contains("nothing that was tried"), "{stopped}");
        assert!(taken(&Necessity::default()).contains("nothing that was tried"));
    }

    #[test]
    fn each_event_that_led_to_it_is_counted_once() {
        let story = Story { events_in_past: 31, events_shown: 15, events_folded: 12, events: 32, lines: Vec::new() };
        let text = told(&story);
        assert!(text.contains("31 of 32 events (15 shown, 12 told in passing, 4 left out)"), "{text}");
        let all = Story { events_in_past: 2, events_shown: 2, events_folded: 0, events: 2, lines: Vec::new() };
        assert!(told(&all).contains("2 of 2 events (2 shown)"));
    }
}
