//! Small changes of a run: something weaker, something shorter.

use std::ops::Range;

use super::Parts;
use crate::byzantine::Misconduct;
use crate::choices::Deviation;
use crate::fault::{
    CrashMoment, CrashSeverity, Ends, FailedWrites, Fault, FaultKind, LinkTrouble, LostWrites, MessageFilter, Selector,
    Trigger,
};
use crate::network::CutMode;
use crate::outcome::{FaultRecord, Summary};
use crate::process::NodeId;
use crate::random::Probability;
use crate::time::{Duration, Time};

/// A change of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Other faults in the place of these.
    Faults(Range<usize>, Vec<Fault>),
    /// It ends at another time.
    RunFor(Time),
    /// What the plan has at this time or later comes so much sooner.
    Sooner(Time, Duration),
}

/// Parts of its duration that a fault may do with, and of the time before it.
const PARTS: [u64; 3] = [16, 4, 2];

/// Less time without faults than this is not worth shortening.
const SHORTEST_GAP: Duration = Duration::from_millis(50);

/// A fault shorter than this is short.
const SHORTEST_FAULT: Duration = Duration::from_millis(2);

/// A run shorter than this is short.
const SHORTEST_RUN: Duration = Duration::from_millis(2);

/// More nodes, or more blows, than this are not told apart.
const MOST_APART: usize = 8;

/// So many lost writes, at most, are told.
const MOST_TOLD: u64 = 4;

/// More ways than this to choose nodes are not tried.
const MOST_CHOICES: usize = 35;

impl Change {
    /// The parts with the change.
    pub(super) fn apply(&self, parts: &Parts) -> Parts {
        match self {
            Self::Faults(places, by) => parts.replaced(places.clone(), by),
            Self::RunFor(run_for) => Parts { run_for: *run_for, ..parts.clone() },
            Self::Sooner(from, by) => {
                let mut parts = parts.clone();
                for fault in &mut parts.faults {
                    if let Trigger::At(at) = &mut fault.trigger
                        && *at >= *from
                    {
                        *at = Time::from_nanos(at.since(Time::ZERO + *by).as_nanos());
                    }
                }
                parts
            }
        }
    }
}

/// Changes that make a run of so many nodes weaker or shorter, which came to `summary`.
pub(super) fn changes(parts: &Parts, summary: &Summary, nodes: u32) -> Vec<Change> {
    let run_for = parts.run_for.since(Time::ZERO);
    // No change may leave the parts as they are: it would be tried for ever.
    let run_for =
        PARTS.into_iter().filter(|_| run_for >= SHORTEST_RUN).map(|part| Change::RunFor(Time::ZERO + run_for / part));
    let steps = parts.entries().into_iter().filter(|entry| entry.len() > 1);
    let steps = steps.flat_map(|entry| entry.skip(1).map(|place| Change::Faults(place..place + 1, Vec::new())));
    let nothing = FaultRecord::default();
    let of_fault = |place: usize| {
        let record = summary.faults.get(place).unwrap_or(&nothing);
        let weaker = weaker(&parts.faults[place], record, nodes);
        weaker.into_iter().map(move |faults| Change::Faults(place..place + 1, faults))
    };
    let faults = (0..parts.faults.len()).flat_map(of_fault);
    run_for.chain(steps).chain(faults).chain(told_losses(parts)).chain(sooner(parts)).collect()
}

/// Power losses that say which writes they take, instead of drawing it: a protocol that has nothing unsynced
/// then would never be asked for the answer.
fn told_losses(parts: &Parts) -> Vec<Change> {
    let is_of_a_loss = |of: &Deviation| of.name.as_str().ends_with(" lost") || of.name.as_str().ends_with(" torn");
    if !parts.deviations.iter().any(is_of_a_loss) {
        return Vec::new();
    }
    let mut told = Vec::new();
    for (place, fault) in parts.faults.iter().enumerate() {
        for (count, torn) in (1..=MOST_TOLD).flat_map(|count| [(count, false), (count, true)]) {
            let mut telling = fault.clone();
            if let FaultKind::Crash { severity: CrashSeverity::PowerLoss, lost: lost @ None, .. } = &mut telling.kind {
                *lost = Some(LostWrites::Last { count, torn });
                told.push(Change::Faults(place..place + 1, vec![telling]));
            }
        }
    }
    told
}

/// Changes that shorten the time in which the plan has nothing.
fn sooner(parts: &Parts) -> Vec<Change> {
    let at = |fault: &Fault| match fault.trigger {
        Trigger::At(at) => Some(at),
        _ => None,
    };
    let mut times: Vec<Time> = parts.faults.iter().filter_map(at).collect();
    times.sort_unstable();
    times.dedup();
    let before = [Time::ZERO].into_iter().chain(times.iter().copied());
    let gaps = before.zip(&times).map(|(before, at)| (*at, at.since(before))).filter(|(_, gap)| *gap >= SHORTEST_GAP);
    gaps.flat_map(|(at, gap)| PARTS.map(|part| Change::Sooner(at, gap - gap / part))).collect()
}

/// Faults that may stand instead of this one, which was seen to do what `record` says.
fn weaker(fault: &Fault, record: &FaultRecord, nodes: u32) -> Vec<Vec<Fault>> {
    let mut found = plainer(fault, record);
    let kinds = plainer_kinds(&fault.kind).into_iter().chain(narrower(&fault.kind, nodes));
    let kinds = kinds.chain(fewer_links(&fault.kind, nodes)).chain(milder(&fault.kind));
    found.extend(kinds.map(|kind| Fault { kind, ..fault.clone() }));
    found.extend(crash_as_pause(fault));
    found.extend(shorter(fault));
    let single = found.into_iter().filter(|weaker| weaker != fault).map(|weaker| vec![weaker]);
    single.chain(taken_apart(fault, record)).collect()
}

/// The fault without what makes it more than it need be.
fn plainer(fault: &Fault, record: &FaultRecord) -> Vec<Fault> {
    let same = || fault.clone();
    let mut plainer = vec![
        Fault { within_model: false, ..same() },
        Fault { repeat: None, lasts: fault.repeat.map_or(fault.lasts, |repeat| repeat.on), ..same() },
        Fault { one_by_one: None, ..same() },
        Fault { probability: Probability::ALWAYS, ..same() },
        Fault { severity: None, ..same() },
    ];
    if fault.repeat.is_none() && record.began.is_some() && record.ended.is_none() {
        // It lasts until the end as it is.
        plainer.push(Fault { lasts: None, ..same() });
    }
    plainer
}

/// The kind without one of the things that make it more than it need be. Without its rate it hits everything,
/// which takes no answers.
fn plainer_kinds(kind: &FaultKind) -> Vec<FaultKind> {
    let always = Probability::ALWAYS;
    let mut plainer = match kind.clone() {
        FaultKind::Crash { targets, severity, moment, restart_after, wiped, lost } => {
            let crash = |severity, moment, restart_after, wiped| FaultKind::Crash {
                targets: targets.clone(),
                severity,
                moment,
                restart_after,
                wiped,
                lost: if severity == CrashSeverity::Process { None } else { lost.clone() },
            };
            vec![
                crash(severity, CrashMoment::AtOnce, restart_after, wiped),
                crash(severity, moment, restart_after, false),
                crash(CrashSeverity::Process, moment, restart_after, wiped),
                crash(severity.in_order(), moment, restart_after, wiped),
                crash(severity, moment, None, wiped),
            ]
        }
        FaultKind::Partition { groups, mode, .. } => vec![FaultKind::Partition { groups, mode, rounds: None }],
        FaultKind::Links { ends, trouble, messages } => {
            let parts = trouble_without(&trouble).into_iter().filter(|less| *less != LinkTrouble::default());
            let with = |trouble| FaultKind::Links { ends: ends.clone(), trouble, messages: messages.clone() };
            parts.map(with).collect()
        }
        FaultKind::Lie { targets, messages, misconduct, .. } => {
            vec![FaultKind::Lie { targets, to: Vec::new(), messages, misconduct }]
        }
        FaultKind::FailingSync { targets, rate, writes, restart_after } => {
            let failing =
                |rate, writes| FaultKind::FailingSync { targets: targets.clone(), rate, writes, restart_after };
            vec![failing(always, writes), failing(rate, FailedWrites::Unsynced)]
        }
        FaultKind::ReadError { targets, restart_after, .. } => {
            vec![FaultKind::ReadError { targets, rate: always, restart_after }]
        }
        _ => Vec::new(),
    };
    for is_of_any_round in [false, true] {
        let mut all = kind.clone();
        if let Some(messages) = all.messages_mut() {
            if is_of_any_round {
                messages.rounds = None;
            } else {
                (messages.rate, messages.nth) = (always, Vec::new());
            }
            plainer.push(all);
        }
    }
    plainer
}

/// The trouble without one of the things that are wrong.
fn trouble_without(trouble: &LinkTrouble) -> [LinkTrouble; 7] {
    let none = LinkTrouble::default();
    [
        LinkTrouble { duplicate: none.duplicate, ..*trouble },
        LinkTrouble { replays: none.replays, ..*trouble },
        LinkTrouble { corruption: none.corruption, checksum: none.checksum, ..*trouble },
        LinkTrouble { bandwidth: none.bandwidth, ..*trouble },
        LinkTrouble { loss: none.loss, ..*trouble },
        LinkTrouble { delay: none.delay, ..*trouble },
        LinkTrouble { hold: none.hold, ..*trouble },
    ]
}

/// The kind with a node by its name where it selects several or draws them.
fn narrower(kind: &FaultKind, nodes: u32) -> Vec<FaultKind> {
    let mut narrower = Vec::new();
    let count = kind.clone().selectors_mut().len();
    for place in 0..count {
        let mut changed = kind.clone();
        if !selects_several(changed.selectors_mut()[place]) {
            continue;
        }
        for node in 0..nodes {
            *changed.selectors_mut()[place] = NodeId::node(node).into();
            narrower.push(changed.clone());
        }
    }
    if let FaultKind::Partition { groups, mode, rounds } = kind {
        let drawn = |group: &Vec<Selector>| match group.as_slice() {
            [only] => count_of(only, nodes),
            _ => None,
        };
        if let Some((place, count)) = groups.iter().enumerate().find_map(|(place, group)| Some((place, drawn(group)?)))
        {
            for chosen in choices(nodes, count) {
                let mut groups = groups.clone();
                groups[place] = chosen;
                narrower.push(FaultKind::Partition { groups, mode: *mode, rounds: *rounds });
            }
        }
    }
    narrower
}

const fn selects_several(selector: &Selector) -> bool {
    match selector {
        Selector::Role(_)
        | Selector::Random(_)
        | Selector::Minority
        | Selector::Majority
        | Selector::Zone(_)
        | Selector::All
        | Selector::Correct => true,
        Selector::Node(_) | Selector::Others | Selector::Quorum | Selector::Clients | Selector::Same => false,
    }
}

/// How many nodes a selector draws, if it draws them.
const fn count_of(selector: &Selector, nodes: u32) -> Option<u32> {
    match selector {
        Selector::Random(count) => Some(*count),
        Selector::Minority => Some((nodes - 1) / 2),
        Selector::Majority => Some(nodes / 2 + 1),
        _ => None,
    }
}

/// The ways to choose so many nodes, if they are not too many.
fn choices(nodes: u32, count: u32) -> Vec<Vec<Selector>> {
    let mut sets: Vec<Vec<u32>> = vec![Vec::new()];
    for _ in 0..count {
        let longer = |set: &Vec<u32>| {
            let (set, first) = (set.clone(), set.last().map_or(0, |last| last + 1));
            (first..nodes).map(move |node| [set.as_slice(), &[node]].concat())
        };
        sets = sets.iter().flat_map(longer).collect();
        if sets.len() > MOST_CHOICES * nodes as usize {
            return Vec::new();
        }
    }
    if count == 0 || sets.len() > MOST_CHOICES {
        return Vec::new();
    }
    sets.into_iter().map(|set| set.into_iter().map(|node| NodeId::node(node).into()).collect()).collect()
}

/// The kind on fewer links: around a single node, between two nodes, in one direction.
fn fewer_links(kind: &FaultKind, nodes: u32) -> Vec<FaultKind> {
    let named = |node: u32| Selector::from(NodeId::node(node));
    let pairs =
        move || (0..nodes).flat_map(move |from| (0..nodes).filter(move |to| *to != from).map(move |to| (from, to)));
    let groups = |from: Vec<Selector>, to: Vec<Selector>, mode| FaultKind::Partition {
        groups: vec![from, to],
        mode,
        rounds: None,
    };
    let link = |mode: CutMode| {
        let pairs = pairs().filter(|(from, to)| from < to);
        pairs.map(move |(from, to)| groups(vec![named(from)], vec![named(to)], mode)).collect::<Vec<_>>()
    };
    let alone = |mode: CutMode| (0..nodes).map(move |node| groups(vec![named(node)], vec![Selector::Others], mode));
    match kind {
        FaultKind::Partition { groups, mode, .. } => match groups.as_slice() {
            [from, to] => match (from.as_slice(), to.as_slice()) {
                ([from @ Selector::Node(_)], [to @ Selector::Node(_)]) => {
                    let one_way = |from: &Selector, to: &Selector| FaultKind::OneWay {
                        from: from.clone(),
                        to: to.clone(),
                        mode: *mode,
                    };
                    vec![one_way(from, to), one_way(to, from)]
                }
                ([Selector::Node(_)], [Selector::Others]) => link(*mode),
                _ => link(*mode).into_iter().chain(alone(*mode)).collect(),
            },
            _ => link(*mode).into_iter().chain(alone(*mode)).collect(),
        },
        FaultKind::Bridge { mode, .. }
        | FaultKind::MajorityRing { mode }
        | FaultKind::RandomLinks { mode, .. }
        | FaultKind::Swizzle { mode, .. } => link(*mode).into_iter().chain(alone(*mode)).collect(),
        FaultKind::OneWay { from, to, mode } if !(is_node(from) && is_node(to)) => {
            pairs().map(|(from, to)| FaultKind::OneWay { from: named(from), to: named(to), mode: *mode }).collect()
        }
        FaultKind::Omission { from, to, messages }
            if !(from.as_ref().is_some_and(is_node) && to.as_ref().is_some_and(is_node)) =>
        {
            let between = |(from, to)| FaultKind::Omission {
                from: Some(named(from)),
                to: Some(named(to)),
                messages: messages.clone(),
            };
            pairs().map(between).collect()
        }
        FaultKind::Links { ends, trouble, messages } => match ends {
            Ends::Between { from, to } if is_node(from) && is_node(to) => Vec::new(),
            _ => {
                let between = |(from, to)| FaultKind::Links {
                    ends: Ends::Between { from: named(from), to: named(to) },
                    trouble: *trouble,
                    messages: messages.clone(),
                };
                pairs().map(between).collect()
            }
        },
        _ => Vec::new(),
    }
}

const fn is_node(selector: &Selector) -> bool {
    matches!(selector, Selector::Node(_))
}

/// Kinds that ask less of a protocol: omission instead of lies, delay instead of omission.
fn milder(kind: &FaultKind) -> Vec<FaultKind> {
    match kind {
        FaultKind::Lie { targets, to, messages, misconduct } => {
            let to = if let [only] = to.as_slice() { Some(only.clone()) } else { None };
            let silent = FaultKind::Omission { from: Some(targets.clone()), to, messages: messages.clone() };
            let late = match misconduct {
                Misconduct::Mutate | Misconduct::Stale => Some(Misconduct::Silence),
                Misconduct::Silence | Misconduct::Stall(_) => None,
            };
            let late = late.map(|misconduct| FaultKind::Lie {
                targets: targets.clone(),
                to: Vec::new(),
                messages: messages.clone(),
                misconduct,
            });
            [silent].into_iter().chain(late).collect()
        }
        FaultKind::Adversary { name, targets } => match targets.as_slice() {
            [only] => vec![FaultKind::Omission { from: Some(only.clone()), to: None, messages: MessageFilter::ALL }],
            several => (0..several.len())
                .map(|place| {
                    let rest = several.iter().enumerate().filter(|(other, _)| *other != place);
                    let targets = rest.map(|(_, target)| target.clone()).collect();
                    FaultKind::Adversary { name: name.clone(), targets }
                })
                .collect(),
        },
        FaultKind::Omission { from, to, messages } => {
            let everybody = || Selector::All;
            let ends = Ends::Between {
                from: from.clone().unwrap_or_else(everybody),
                to: to.clone().unwrap_or_else(everybody),
            };
            let trouble = LinkTrouble { hold: true, ..LinkTrouble::default() };
            vec![FaultKind::Links { ends, trouble, messages: messages.clone() }]
        }
        _ => Vec::new(),
    }
}

/// A pause for as long as the crash keeps its targets down: they forget nothing.
fn crash_as_pause(fault: &Fault) -> Option<Fault> {
    match &fault.kind {
        FaultKind::Crash { targets, restart_after, .. } if fault.repeat.is_none() => {
            Some(Fault { kind: FaultKind::Pause { targets: targets.clone() }, lasts: *restart_after, ..fault.clone() })
        }
        _ => None,
    }
}

/// The fault, lasting for a part of its time.
fn shorter(fault: &Fault) -> Vec<Fault> {
    let mut shorter = Vec::new();
    for part in PARTS {
        let short = |time: Duration| (time >= SHORTEST_FAULT).then(|| time / part);
        if let Some(lasts) = fault.lasts.and_then(short) {
            shorter.push(Fault { lasts: Some(lasts), ..fault.clone() });
        }
        let mut sooner = fault.clone();
        if let Some(restart_after) = sooner.kind.restart_after_mut()
            && let Some(short) = restart_after.and_then(short)
        {
            *restart_after = Some(short);
            shorter.push(sooner);
        }
    }
    shorter
}

/// One fault for each of its blows, or for each node that it hits: then some of them can go.
fn taken_apart(fault: &Fault, record: &FaultRecord) -> Option<Vec<Fault>> {
    let Trigger::At(at) = fault.trigger else { return None };
    let (blows, hit) = (record.blows as usize, &record.hit);
    if let Some(repeat) = fault.repeat {
        let blow = |number: usize| Fault {
            trigger: Trigger::At(at + repeat.every * number as u64),
            repeat: None,
            lasts: repeat.on,
            ..fault.clone()
        };
        return (2..=MOST_APART).contains(&blows).then(|| (0..blows).map(blow).collect());
    }
    let is_of_several = fault.kind.hits_each() && fault.one_by_one.is_none() && (2..=MOST_APART).contains(&hit.len());
    if !is_of_several || fault.kind.clone().selectors_mut().len() != 1 {
        return None;
    }
    let of_node = |node: &NodeId| {
        let mut one = fault.clone();
        *one.kind.selectors_mut()[0] = (*node).into();
        one
    };
    Some(hit.iter().map(of_node).collect())
}
