//! One fault instead of many parts.
//!
//! Removing parts ends where each of those that are left is needed for another. One fault that lasts (nothing of
//! this kind gets from that node to this one; that node lies to this one) often comes to the same, but no removal
//! leads there: a run drawn from a seed is made of short faults and single answers. So plans with one fault more
//! and much less of the rest are tried one after the other: those with the least first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::judge::Accepted;
use super::{Parts, Schedule};
use crate::byzantine::Misconduct;
use crate::choices::Deviation;
use crate::fault::{
    CrashMoment, CrashSeverity, Ends, Fault, FaultClass, FaultKind, LinkTrouble, MessageFilter, Selector, Trigger,
};
use crate::network::{CutMode, Latency};
use crate::process::NodeId;
use crate::time::{Duration, Time};

/// The time up to the violation is divided into so many parts, between which faults begin and end.
const PARTS: u64 = 8;

/// More times than this are not tried.
const MOST_TIMES: usize = 16;

/// Of a plan with more faults than this none is kept alone.
const MOST_KEPT: usize = 10;

/// With more nodes than this a traitor lies to one of them or to all.
const MOST_IN_SETS: u32 = 5;

/// Delays are this part of the time up to the violation.
const DELAYS: [u64; 3] = [8, 4, 2];

/// How soon what crashes boots again, or after [this part](PARTS) of the time up to the violation.
const SOON: Duration = Duration::from_millis(1);

/// More runs than this are not tried, nor so many that they take more steps than this.
const MOST_RUNS: u64 = 8_000;
const STEPS: u64 = 2_000_000;

/// What faults can be made of: what the run has seen happen. Nobody has asked whether the protocol survives
/// anything else.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// Kinds of messages.
    kinds: BTreeSet<String>,
    /// Whether messages get lost.
    losses: bool,
    /// Whether messages take longer than others.
    delays: bool,
    /// Whether nodes crash, and whether they lose what is not synced then.
    crashes: bool,
    power_losses: bool,
    /// Whether nodes lie.
    lies: bool,
    /// Scripts that act for nodes.
    scripts: BTreeSet<String>,
}

/// Plans with one fault instead of others.
pub(super) struct Instead {
    /// What is kept.
    kept: Vec<Parts>,
    /// The fault that is new.
    faults: Vec<Fault>,
    /// What is tried: what is kept, and the fault.
    tried: Vec<(usize, usize)>,
}

impl Vocabulary {
    /// That of a run with these parts and these answers.
    pub(super) fn of(parts: &Parts, deviations: &[Deviation]) -> Self {
        let has = |class: FaultClass| parts.faults.iter().any(|fault| fault.kind.facts().class == class);
        let loses_power = |fault: &Fault| match fault.kind {
            FaultKind::Crash { severity, .. } => severity != CrashSeverity::Process,
            _ => false,
        };
        let about_messages = || deviations.iter().filter(|of| of.name.content().is_some());
        let is_asked = |of: &Deviation, what: &str| of.name.parts().is_some_and(|parts| parts.rest.trim() == what);
        let answered = |what: &str| about_messages().any(|of| is_asked(of, what));
        let kind = |of: &Deviation| Some(of.name.parts()?.stem.rsplit(' ').next()?.to_owned());
        let script = |fault: &Fault| match &fault.kind {
            FaultKind::Adversary { name, .. } => Some(name.clone()),
            _ => None,
        };
        Self {
            kinds: about_messages().filter_map(kind).collect(),
            losses: has(FaultClass::Network) || has(FaultClass::Omission) || answered("loss"),
            delays: has(FaultClass::Network) || answered("delay"),
            crashes: has(FaultClass::Crash),
            power_losses: parts.faults.iter().any(loses_power),
            lies: parts.faults.iter().any(|fault| fault.kind.is_byzantine()),
            scripts: parts.faults.iter().filter_map(script).collect(),
        }
    }
}

impl Instead {
    /// Those that are smaller than this run.
    pub(super) fn of(run: &Accepted, vocabulary: &Vocabulary) -> Self {
        let site = Site::of(run);
        let groups = groups(&run.parts);
        let of_groups: Vec<Vec<Fault>> = groups.iter().map(|(group, _)| group.faults(&site, vocabulary)).collect();
        let lasting = lasting(&site, vocabulary);
        let of_all = lasting.len();
        let passing = passing(&site, vocabulary, &lasting);
        let mut faults: Vec<Fault> = lasting.into_iter().chain(passing).collect();
        let of_none = faults.len();
        let mut choices: Vec<(Parts, Range<usize>)> = Vec::new();
        for parts in kept(&run.parts) {
            // Faults with a beginning or an end only where nothing else is left.
            let has_more = !parts.faults.is_empty() || !parts.deviations.is_empty();
            choices.push((parts, 0..if has_more { of_all } else { of_none }));
        }
        for ((_, parts), of_group) in groups.into_iter().zip(of_groups) {
            let start = faults.len();
            faults.extend(of_group);
            choices.push((parts, start..faults.len()));
        }
        choices.retain(|(parts, _)| parts.items() + 1 < run.parts.items());
        choices.sort_by_key(|(parts, _)| parts.items());
        let most = MOST_RUNS.min(STEPS / run.summary.steps.max(1)) as usize;
        let places = choices.iter().enumerate();
        let tried = places.flat_map(|(place, (_, faults))| faults.clone().map(move |fault| (place, fault)));
        let tried = tried.take(most).collect();
        let kept = choices.into_iter().map(|(parts, _)| parts).collect();
        Self { kept, faults, tried }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.tried.len()
    }

    /// One of them.
    pub(super) fn get(&self, index: usize) -> Parts {
        let (kept, fault) = self.tried[index];
        let kept = &self.kept[kept];
        let end = kept.faults.len();
        kept.replaced(end..end, std::slice::from_ref(&self.faults[fault]))
    }
}

/// What of a run is kept beside the new fault.
fn kept(parts: &Parts) -> Vec<Parts> {
    let calm = Parts { schedule: Schedule::Calm, ..parts.clone() };
    let asks_only = calm.replaced(0..parts.faults.len(), &[]);
    let asks_only = Parts { deviations: Vec::new(), ..asks_only };
    let mut kept = vec![
        asks_only.clone(),
        calm.replaced(0..parts.faults.len(), &[]),
        Parts { deviations: Vec::new(), ..calm.clone() },
    ];
    let asked = parts.asked();
    if asked.len() > 1 {
        kept.push(asks_only.without_operations(0..asked.len()));
        let single = |place: usize| asks_only.without_operations(place + 1..asked.len()).without_operations(0..place);
        kept.extend((0..asked.len()).map(single));
    }
    let entries = parts.entries();
    if entries.len() <= MOST_KEPT {
        let single = |entry: &Range<usize>| Parts { faults: parts.faults[entry.clone()].to_vec(), ..asks_only.clone() };
        kept.extend(entries.iter().map(single));
    }
    kept
}

/// Messages that some of the answers are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    from: Option<String>,
    to: Option<String>,
    kind: Option<String>,
}

/// The groups with more than one answer, and a run without these.
fn groups(parts: &Parts) -> Vec<(Group, Parts)> {
    let groups_of: Vec<Vec<Group>> = parts.deviations.iter().map(Group::all_of).collect();
    let mut counts: BTreeMap<&Group, usize> = BTreeMap::new();
    for group in groups_of.iter().flatten() {
        *counts.entry(group).or_default() += 1;
    }
    let without = |group: &Group| {
        let others = parts.deviations.iter().zip(&groups_of).filter(|(_, of)| !of.contains(group));
        let deviations = others.map(|(deviation, _)| deviation.clone()).collect();
        Parts { deviations, schedule: Schedule::Calm, ..parts.clone() }
    };
    counts.iter().filter(|(_, count)| **count > 1).map(|(group, _)| ((*group).clone(), without(group))).collect()
}

impl Group {
    /// Those that an answer is in.
    fn all_of(deviation: &Deviation) -> Vec<Self> {
        let of_message = |deviation: &Deviation| {
            deviation.name.content()?;
            let parts = deviation.name.parts()?;
            let (link, kind) = parts.stem.split_once(' ')?;
            let (from, to) = link.split_once('>')?;
            Some([from, to, kind].map(str::to_owned))
        };
        let Some([from, to, kind]) = of_message(deviation) else { return Vec::new() };
        let some = |text: &String, is_told: bool| is_told.then(|| text.clone());
        let group = |bits: u32| Self {
            from: some(&from, bits & 1 != 0),
            to: some(&to, bits & 2 != 0),
            kind: some(&kind, bits & 4 != 0),
        };
        (1..8).map(group).collect()
    }

    /// Faults of its messages.
    fn faults(&self, site: &Site, vocabulary: &Vocabulary) -> Vec<Fault> {
        let messages = MessageFilter { kind: self.kind.clone(), ..MessageFilter::ALL };
        let end = |name: &Option<String>| name.as_deref().map(Selector::from);
        let (from, to) = (end(&self.from), end(&self.to));
        let loses = match (&from, &to) {
            (None, None) => FaultKind::Omission { from: Some(Selector::All), to: None, messages: messages.clone() },
            _ => FaultKind::Omission { from: from.clone(), to: to.clone(), messages: messages.clone() },
        };
        let windows = site.windows().into_iter().filter(|_| vocabulary.losses);
        let mut faults: Vec<Fault> = windows.map(|window| window.of(loses.clone())).collect();
        let all = || Selector::All;
        let ends = Ends::Between { from: from.unwrap_or_else(all), to: to.unwrap_or_else(all) };
        let span = site.end.since(Time::ZERO);
        for part in DELAYS.into_iter().filter(|_| vocabulary.delays) {
            let trouble = LinkTrouble { delay: Some(Latency::Constant(span / part)), ..LinkTrouble::default() };
            let slows = FaultKind::Links { ends: ends.clone(), trouble, messages: messages.clone() };
            let windows = site.windows().into_iter().filter(|window| window.from == Time::ZERO || window.to.is_none());
            faults.extend(windows.map(|window| window.of(slows.clone())));
        }
        faults
    }
}

/// From when to when a fault lasts.
struct Window {
    from: Time,
    to: Option<Time>,
}

impl Window {
    fn of(&self, kind: FaultKind) -> Fault {
        let fault = Fault::at(self.from, kind);
        match self.to {
            Some(to) => fault.lasting(to.since(self.from)),
            None => fault,
        }
    }
}

/// Where and when faults may be.
struct Site {
    nodes: u32,
    clients: u32,
    /// When the run has failed.
    end: Time,
    /// Times before, in ascending order.
    times: Vec<Time>,
}

impl Site {
    fn of(run: &Accepted) -> Self {
        let end = run.summary.verdict.violation().map_or(run.parts.run_for, |violation| violation.time);
        let span = end.since(Time::ZERO);
        let of_faults = run.parts.faults.iter().filter_map(|fault| match fault.trigger {
            Trigger::At(at) => Some(at),
            _ => None,
        });
        let between = (1..PARTS).map(|part| Time::ZERO + span / PARTS * part);
        let times: BTreeSet<Time> = between.chain(of_faults.take(MOST_TIMES)).collect();
        let times = times.into_iter().filter(|time| *time > Time::ZERO && *time < end).collect();
        Self { nodes: run.frame.nodes(), clients: run.parts.operations.len() as u32, end, times }
    }

    /// From the beginning or one of the times to a later one or the end.
    fn windows(&self) -> Vec<Window> {
        let starts = || [Time::ZERO].into_iter().chain(self.times.iter().copied());
        let ends =
            |from: Time| [None].into_iter().chain(self.times.iter().copied().filter(move |to| *to > from).map(Some));
        starts().flat_map(|from| ends(from).map(move |to| Window { from, to })).collect()
    }

    fn named(&self) -> impl Iterator<Item = Selector> + use<> {
        (0..self.nodes).map(|node| NodeId::node(node).into())
    }

    fn clients(&self) -> impl Iterator<Item = Selector> + use<> {
        (0..self.clients).map(|client| NodeId::client(client).into())
    }

    /// From whom to whom messages go, clients among them.
    fn links(&self) -> Vec<(Selector, Selector)> {
        let pairs = (0..self.nodes).flat_map(|from| (0..self.nodes).map(move |to| (from, to)));
        let named = |(from, to): (u32, u32)| (NodeId::node(from).into(), NodeId::node(to).into());
        let pairs = pairs.filter(|(from, to)| from != to).map(named);
        let with_clients = self.named().flat_map(|node| {
            self.clients()
                .flat_map(move |client| [(node.clone(), client.clone()), (client, node.clone())])
                .collect::<Vec<_>>()
        });
        pairs.chain(with_clients).collect()
    }
}

/// Faults that last from the beginning to the end.
fn lasting(site: &Site, vocabulary: &Vocabulary) -> Vec<Fault> {
    let kinds: Vec<Option<String>> = [None].into_iter().chain(vocabulary.kinds.iter().cloned().map(Some)).collect();
    let filters: Vec<MessageFilter> =
        kinds.into_iter().map(|kind| MessageFilter { kind, ..MessageFilter::ALL }).collect();
    let links = site.links();
    let mut kinds = Vec::new();
    if vocabulary.lies {
        kinds.extend(lies(site, vocabulary, &filters));
    }
    for messages in filters.iter().filter(|_| vocabulary.losses) {
        let omission = |from, to| FaultKind::Omission { from, to, messages: messages.clone() };
        kinds.extend(site.named().map(|node| omission(Some(node), None)));
        kinds.extend(site.named().map(|node| omission(None, Some(node))));
        kinds.extend(links.iter().map(|(from, to)| omission(Some(from.clone()), Some(to.clone()))));
    }
    let span = site.end.since(Time::ZERO);
    for messages in filters.iter().filter(|_| vocabulary.delays) {
        for part in DELAYS {
            let trouble = LinkTrouble { delay: Some(Latency::Constant(span / part)), ..LinkTrouble::default() };
            kinds.extend(links.iter().map(|(from, to)| FaultKind::Links {
                ends: Ends::Between { from: from.clone(), to: to.clone() },
                trouble,
                messages: messages.clone(),
            }));
        }
    }
    kinds.into_iter().map(|kind| Fault::at(Time::ZERO, kind)).collect()
}

/// Traitors: each node alone.
fn lies(site: &Site, vocabulary: &Vocabulary, filters: &[MessageFilter]) -> Vec<FaultKind> {
    let mut kinds = Vec::new();
    for traitor in site.named() {
        kinds.extend(
            vocabulary
                .scripts
                .iter()
                .map(|name| FaultKind::Adversary { name: name.clone(), targets: vec![traitor.clone()] }),
        );
        kinds.push(FaultKind::Twin { targets: traitor.clone() });
        let others: Vec<Selector> = site.named().filter(|node| *node != traitor).collect();
        let mut receivers: Vec<Vec<Selector>> = vec![Vec::new()];
        receivers.extend(others.iter().cloned().chain(site.clients()).map(|to| vec![to]));
        if site.nodes <= MOST_IN_SETS {
            let sets = 1_u32..1 << others.len();
            let set = |bits: u32| {
                (0..others.len()).filter(|place| bits >> place & 1 == 1).map(|place| others[place].clone()).collect()
            };
            receivers.extend(sets.filter(|bits| bits.count_ones() > 1).map(set));
        }
        for to in receivers {
            kinds.extend(filters.iter().map(|messages| FaultKind::Lie {
                targets: traitor.clone(),
                to: to.clone(),
                messages: messages.clone(),
                misconduct: Misconduct::Mutate,
            }));
        }
    }
    kinds
}

/// Faults with a beginning or an end: crashes, and omissions that begin or end at some time.
fn passing(site: &Site, vocabulary: &Vocabulary, lasting: &[Fault]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let long = site.end.since(Time::ZERO) / PARTS;
    for at in &site.times {
        let crashes = [SOON, long].map(|after| (vocabulary.crashes, CrashSeverity::Process, after));
        let power_losses = [SOON, long].map(|after| (vocabulary.power_losses, CrashSeverity::PowerLoss, after));
        for (_, severity, after) in crashes.into_iter().chain(power_losses).filter(|(is_known, ..)| *is_known) {
            faults.extend(site.named().map(|targets| {
                let (moment, restart_after) = (CrashMoment::AtOnce, Some(after));
                Fault::at(*at, FaultKind::Crash { targets, severity, moment, restart_after, wiped: false, lost: None })
            }));
        }
        faults.extend(site.named().filter(|_| vocabulary.losses).map(|node| {
            let groups = vec![vec![node], vec![Selector::Others]];
            Fault::at(*at, FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None })
        }));
        let omissions = lasting.iter().filter(|fault| matches!(fault.kind, FaultKind::Omission { .. }));
        faults.extend(omissions.flat_map(|fault| {
            let late = Fault::at(*at, fault.kind.clone());
            [late, fault.clone().lasting(at.since(Time::ZERO))]
        }));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::{ChoiceName, Content};
    use crate::time::secs;

    const SITE: Site = Site { nodes: 3, clients: 1, end: Time::from_nanos(800), times: Vec::new() };

    fn run(faults: Vec<FaultKind>) -> Parts {
        let faults = faults.into_iter().map(|kind| Fault::at(Time::ZERO, kind)).collect();
        let (operations, deviations, run_for) = (Vec::new(), Vec::new(), Time::ZERO + secs(1));
        Parts { faults, operations, deviations, schedule: Schedule::Calm, run_for }
    }

    fn deviation(name: &str) -> Deviation {
        let content: Option<Content> = name.contains('>').then(|| "00000001#0".parse().expect("a content"));
        Deviation { name: ChoiceName::new(name).about(content), value: 1 }
    }

    /// The kinds of faults that stand for others in a run with these faults and answers.
    fn kinds(faults: Vec<FaultKind>, answers: &[&str]) -> BTreeSet<&'static str> {
        let deviations: Vec<Deviation> = answers.iter().map(|name| deviation(name)).collect();
        let vocabulary = Vocabulary::of(&run(faults), &deviations);
        let site = Site { times: vec![Time::from_nanos(400)], ..SITE };
        let lasting = lasting(&site, &vocabulary);
        let all = passing(&site, &vocabulary, &lasting).into_iter().chain(lasting);
        all.map(|fault| fault.kind.facts().name).collect()
    }

    #[test]
    fn only_what_the_run_has_seen_stands_for_other_faults() {
        let crash = |severity| FaultKind::Crash {
            targets: Selector::All,
            severity,
            moment: CrashMoment::AtOnce,
            restart_after: None,
            wiped: false,
            lost: None,
        };
        let twin = FaultKind::Twin { targets: NodeId::node(1).into() };
        let none: [&str; 0] = [];
        assert_eq!(kinds(vec![], &["n0 election timeout#0", "n0 sync#0 delay"]), none.into());
        assert_eq!(kinds(vec![], &["n0>n1 Ping#0 delay"]), ["link"].into());
        let losses = ["link_omission", "partition", "receive_omission", "send_omission"];
        assert_eq!(kinds(vec![], &["n0>n1 Ping#0 loss"]), losses.into());
        assert_eq!(kinds(vec![crash(CrashSeverity::Process)], &[]), ["crash"].into());
        assert_eq!(kinds(vec![crash(CrashSeverity::PowerLoss)], &[]), ["crash", "power_loss"].into());
        assert_eq!(kinds(vec![twin], &[]), ["mutate", "twin"].into());
    }

    #[test]
    fn answers_are_grouped_by_the_messages_that_they_are_about() {
        let names = ["n0>n1 Ping#0 delay", "n0>n2 Ping#3 loss", "n2>n1 Pong#0 delay", "n0 election timeout#0"];
        let parts = Parts { deviations: names.map(deviation).to_vec(), ..run(vec![]) };
        let told = |(group, without): &(Group, Parts)| {
            let Group { from, to, kind } = group;
            let of = |end: &Option<String>| end.clone().unwrap_or_default();
            (format!("{}>{} {}", of(from), of(to), of(kind)), without.deviations.len())
        };
        let groups: Vec<(String, usize)> = groups(&parts).iter().map(told).collect();
        assert_eq!(
            groups,
            [(">", "Ping"), (">n1", ""), ("n0>", ""), ("n0>", "Ping")]
                .map(|(link, kind)| (format!("{link} {kind}"), 2))
        );
    }
}
