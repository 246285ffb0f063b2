//! The causal past as a story: what changed something, in order of time, and the rest in passing.

use std::collections::{BTreeMap, BTreeSet};

use reports::{Story, StoryLine, counted};
use sim_core::{Duration, NodeId, Time, Trace, TraceEvent, TraceKind, Violation, kind_of};

use super::needs::TriedFaults;
use super::past::{Past, is_loss, message_kind};

/// A message takes long that takes this many times as long as the usual one.
const LONG: u64 = 4;

/// Groups of a line that stands for several events: more are counted.
const NAMED: usize = 5;

/// The story of a violation. Faults that it takes are part of it even where nothing that they hit is, and
/// those that it does without are not.
pub(super) fn story(trace: &Trace, past: &Past, violation: &Violation, faults: &TriedFaults) -> Story {
    let telling = Telling::of(trace, past, violation);
    let (mut lines, mut folded) = (Vec::new(), Vec::new());
    let (mut events_in_past, mut events_shown, mut events_folded) = (0, 0, 0);
    for event in &trace.events {
        let is_past = past.has(event);
        events_in_past += usize::from(is_past);
        match telling.place_of(event, is_past, faults) {
            Place::Shown => {
                events_shown += usize::from(is_past);
                lines.extend(fold(&std::mem::take(&mut folded)));
                lines.push(telling.line(event));
            }
            Place::Folded => {
                events_folded += 1;
                folded.push(event);
            }
            Place::Left => {}
        }
    }
    lines.extend(fold(&folded));
    lines.extend(under_way(trace, past));
    Story { events_in_past, events_shown, events_folded, events: trace.events.len(), lines }
}

/// What is needed to tell the events of a past.
struct Telling {
    /// Steps in which something changed or that a step in which something changed was sent a message from.
    matters: BTreeSet<(NodeId, u64)>,
    /// When each step was.
    times: BTreeMap<u64, Time>,
    /// How long a message takes as a rule, in nanoseconds.
    usual: u64,
}

/// What becomes of an event in the story.
enum Place {
    Shown,
    Folded,
    Left,
}

impl Telling {
    fn of(trace: &Trace, past: &Past, violation: &Violation) -> Self {
        let mut matters = BTreeSet::new();
        let mut quorums = Quorums::default();
        for event in trace.events.iter().rev().filter(|event| past.has(event)) {
            let Some(who) = event.who.filter(|_| !is_loss(event)) else { continue };
            if changes_something(&event.kind) || event.step == violation.step {
                matters.insert((who, event.step));
                quorums.changed(who, event.step);
            }
            if let (TraceKind::Deliver { from, message }, Some(cause)) = (&event.kind, event.cause)
                && (quorums.counts(who, event.step, message_kind(message), *from)
                    || matters.contains(&(who, event.step)))
            {
                matters.extend([(who, event.step), (*from, cause)]);
            }
        }
        let times: BTreeMap<u64, Time> = trace.events.iter().map(|event| (event.step, event.time)).collect();
        let mut taken: Vec<u64> = trace.events.iter().filter_map(|event| took(event, &times)).collect();
        taken.sort_unstable();
        let usual = taken.get(taken.len() / 2).copied().unwrap_or(u64::MAX);
        Self { matters, times, usual }
    }

    fn place_of(&self, event: &TraceEvent, is_past: bool, faults: &TriedFaults) -> Place {
        let matters = event.who.is_some_and(|who| self.matters.contains(&(who, event.step)));
        match &event.kind {
            TraceKind::FaultBegins { fault, .. } | TraceKind::FaultStrikes { fault, .. } => {
                let is_told = is_past && !faults.spare.contains(fault) || faults.needed.contains(fault);
                if is_told { Place::Shown } else { Place::Left }
            }
            _ if !is_past => Place::Left,
            TraceKind::Lost { .. } => Place::Folded,
            TraceKind::Sync { .. } | TraceKind::Synced | TraceKind::Boot { incarnation: 1, .. } => Place::Left,
            TraceKind::Deliver { .. } | TraceKind::Timer { .. } if !matters => Place::Folded,
            TraceKind::Log { .. } if !matters => Place::Left,
            _ => Place::Shown,
        }
    }

    fn line(&self, event: &TraceEvent) -> StoryLine {
        let mut line = StoryLine::from(event);
        if let Some(took) = took(event, &self.times).filter(|took| *took / LONG > self.usual) {
            line.text += &format!("  (late: it took {})", Duration::from_nanos(took));
        }
        line
    }
}

/// What nodes may have waited for from several others, read backwards: where a message changes something,
/// the last of its kind from each of the others may have been counted with it, if it came since the
/// receiver had last changed.
#[derive(Default)]
struct Quorums(BTreeMap<NodeId, Quorum>);

struct Quorum {
    /// The step in which the receiver changed.
    step: u64,
    /// The kind of the message that it changed by, and from whom such messages came.
    counted: Option<(&'static str, BTreeSet<NodeId>)>,
}

impl Quorums {
    /// A process changes in a step.
    fn changed(&mut self, who: NodeId, step: u64) {
        if self.0.get(&who).is_none_or(|quorum| quorum.step != step) {
            self.0.insert(who, Quorum { step, counted: None });
        }
    }

    /// Whether a message may have been counted for the next change of its receiver.
    fn counts(&mut self, who: NodeId, step: u64, kind: &'static str, from: NodeId) -> bool {
        let Some(quorum) = self.0.get_mut(&who) else { return false };
        match &mut quorum.counted {
            Some((of, senders)) => *of == kind && senders.insert(from),
            None if quorum.step == step => {
                quorum.counted = Some((kind, BTreeSet::from([from])));
                true
            }
            None => false,
        }
    }
}

/// How long a message was on its way, in nanoseconds.
fn took(event: &TraceEvent, times: &BTreeMap<u64, Time>) -> Option<u64> {
    match event.kind {
        TraceKind::Deliver { .. } => Some(event.time.as_nanos() - times.get(&event.cause?)?.as_nanos()),
        _ => None,
    }
}

/// Whether something is different after the event, as far as can be seen.
const fn changes_something(kind: &TraceKind) -> bool {
    !matches!(
        kind,
        TraceKind::Deliver { .. }
            | TraceKind::Lost { .. }
            | TraceKind::Timer { .. }
            | TraceKind::Sync { .. }
            | TraceKind::Synced
            | TraceKind::Log { .. }
            | TraceKind::Boot { incarnation: 1, .. }
    )
}

/// Events that changed nothing as one line; a single one as it is.
fn fold(events: &[&TraceEvent]) -> Option<StoryLine> {
    let first = events.first()?;
    if events.len() == 1 {
        return Some(StoryLine::from(*first));
    }
    let mut groups: Vec<(String, u64)> = Vec::new();
    for name in events.iter().map(|event| group_of(event)) {
        match groups.iter_mut().find(|(of, _)| *of == name) {
            Some((_, count)) => *count += 1,
            None => groups.push((name, 1)),
        }
    }
    let more = groups.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {}", counted(more as u64, "other kind")) } else { String::new() };
    let named = groups.iter().take(NAMED).map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>();
    let (lost, all) = (events.iter().filter(|event| is_loss(event)).count(), events.len());
    let what = if lost == all { "lost" } else { "changed nothing that shows" };
    Some(StoryLine {
        step: first.step,
        time_ns: first.time.as_nanos(),
        who: None,
        text: format!("{what}: {}{more}", named.join(", ")),
        cause: None,
        events: all as u64,
    })
}

/// What an event has in common with others like it.
fn group_of(event: &TraceEvent) -> String {
    let who = event.who.map(|who| who.to_string()).unwrap_or_default();
    match &event.kind {
        TraceKind::Deliver { from, message } => format!("{} {from} -> {who}", message_kind(message)),
        TraceKind::Lost { to, message, .. } => format!("lost {} {who} -> {to}", message_kind(message)),
        TraceKind::Timer { timer } => format!("{} of {who}", kind_of(timer)),
        other => other.to_string(),
    }
}

/// Messages to processes of the past that are still on their way when it is too late.
fn under_way(trace: &Trace, past: &Past) -> Vec<StoryLine> {
    let late = trace.draws.iter().filter_map(|draw| {
        let sent = trace.events.get(draw.events.checked_sub(1)?)?;
        let name = draw.deviation.name.as_str();
        let link = name.strip_suffix(" delay")?.split(' ').next()?;
        let (_, to) = link.split_once('>')?;
        let arrives = sent.time.as_nanos().checked_add(draw.deviation.value)?;
        let is_into_it = past.has(sent) && past.has_step(to.parse().ok()?, sent.step);
        (is_into_it && arrives > trace.time.as_nanos()).then(|| StoryLine {
            step: sent.step,
            time_ns: sent.time.as_nanos(),
            who: sent.who.map(|who| who.to_string()),
            text: format!("sent      {}, which had not arrived when it was too late", name.trim_end_matches(" delay")),
            cause: None,
            events: 1,
        })
    });
    late.collect()
}
