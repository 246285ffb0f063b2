//! One fault of the plan, as it is written: one trigger, one kind, and the modifiers of that kind.
//!
//! All is in one flat object, so that a fault reads as a line: at two seconds crash the leader,
//! restart after one. What may stand beside what is told by [`KINDS`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{
    CrashMoment, CrashSeverity, CutMode, Duration, Fault, FaultKind, Probability, Selector, Side, Time, Trigger,
};

use super::network::Latency;
use super::place::{LONGEST_SPAN, Mistakes, Place};
use super::selector::SelectorText;
use super::terms::Terms;
use crate::source::{quoted, quoted_list};

/// Something that goes wrong: when, what, to whom.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::fault_schema::one_trigger_one_kind)]
pub(crate) struct FaultEntry {
    /// Begins at this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Duration>,
    /// Begins when an event has been announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<After>,
    /// The targets stop and lose their memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    crash: Option<SelectorText>,
    /// The targets stop and lose their memory and what they have not synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    power_loss: Option<SelectorText>,
    /// Nodes in different groups do not reach each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<Vec<Vec<SelectorText>>>,
    /// The targets and the other nodes do not reach each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    isolate: Option<SelectorText>,
    /// Messages one way do not get through.
    #[serde(skip_serializing_if = "Option::is_none")]
    one_way: Option<OneWay>,
    /// Messages that the targets send are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    send_omission: Option<SelectorText>,
    /// Messages that are sent to the targets are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    receive_omission: Option<SelectorText>,
    /// The links of the targets lose, double or delay messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<SelectorText>,
    /// The targets do nothing, and notice nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<SelectorText>,
    /// Each step of the targets takes a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    slow: Option<SelectorText>,
    /// How long it lasts; without, until the heal or the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#for: Option<Duration>,
    /// How long after its crash a target boots again; without, at the heal.
    #[serde(skip_serializing_if = "Option::is_none")]
    restart_after: Option<Duration>,
    /// Whether the crash falls between two effects of the target's next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    mid_step: Option<bool>,
    /// Whether messages are held back until the cut ends, in the place of being lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<bool>,
    /// How many messages are lost; without, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Probability>,
    /// How many messages are lost on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<Probability>,
    /// How many messages arrive twice on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate: Option<Probability>,
    /// How much longer messages take.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<Latency>,
    /// How long each step takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    step_takes: Option<Duration>,
    /// What reports call it. It has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

/// The announcement with which a fault begins.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct After {
    /// The kind of event.
    event: String,
    /// Which of the announcements, by whichever node, counted from 1.
    #[serde(default = "first")]
    #[schemars(range(min = 1))]
    count: u64,
}

const fn first() -> u64 {
    1
}

/// Whose messages to whom do not get through.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneWay {
    /// Whose messages.
    from: SelectorText,
    /// Messages to whom.
    to: SelectorText,
}

/// The keys that say when a fault begins.
pub(super) const TRIGGERS: [&str; 2] = ["at", "after"];

/// The keys that say what a fault does, each with the keys that may stand beside it.
pub(crate) const KINDS: [(&str, &[&str]); 10] = [
    ("crash", &["restart_after", "mid_step"]),
    ("power_loss", &["restart_after", "mid_step"]),
    ("partition", &["for", "hold"]),
    ("isolate", &["for", "hold"]),
    ("one_way", &["for", "hold"]),
    ("send_omission", &["rate", "for"]),
    ("receive_omission", &["rate", "for"]),
    ("links", &["loss", "duplicate", "delay", "for"]),
    ("pause", &["for"]),
    ("slow", &["step_takes", "for"]),
];

/// What a kind of fault does, in a line: what the schema says of its key.
///
/// # Panics
/// If it is not the name of a kind.
pub(crate) fn fault_summary(kind: &str) -> String {
    let schema = schemars::schema_for!(FaultEntry);
    let summary = schema.pointer(&format!("/properties/{kind}/description")).and_then(serde_json::Value::as_str);
    summary.expect("every kind of fault is described").trim_end_matches('.').to_owned()
}

/// Groups of a partition at most.
const MOST_GROUPS: usize = 64;

impl FaultEntry {
    /// The fault, if it has one trigger and one kind.
    pub(crate) fn read(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Option<Fault> {
        let trigger = one_of(place, "trigger", &TRIGGERS, mistakes);
        let kinds = KINDS.map(|(kind, _)| kind);
        let kind = one_of(place, "kind", &kinds, mistakes);
        check_modifiers(place, kind?, mistakes);
        trigger?;
        Some(Fault {
            trigger: self.trigger(place, terms, mistakes),
            kind: self.kind(place, terms, mistakes)?,
            lasts: self.r#for,
            label: self.label.clone(),
        })
    }

    fn trigger(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Trigger {
        if let Some(After { event, count }) = &self.after {
            let place = place.key("after");
            mistakes.check_name(&place.key("event"), "event", event, terms.events);
            if *count == 0 {
                mistakes.push(place.key("count").mistake("announcements are counted from 1"));
            }
            return Trigger::After { event: event.clone(), count: *count };
        }
        let at = self.at.unwrap_or_default();
        if at >= terms.faults_end {
            let end = if terms.heals { "heal" } else { "end" };
            let message = format!("this fault begins when all faults are over: the {end} is at {}", terms.faults_end);
            mistakes.push(place.key("at").mistake(message));
        }
        Trigger::At(Time::ZERO + at)
    }

    fn kind(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Option<FaultKind> {
        let mode = if self.hold == Some(true) { CutMode::Hold } else { CutMode::Drop };
        let mut one = |key: &str, text: &Option<SelectorText>| {
            let selector = text.as_ref()?.read(&place.key(key), terms, mistakes);
            refuse_others(&place.key(key), &selector, mistakes);
            Some(selector)
        };
        Some(if let Some(targets) = one("crash", &self.crash) {
            self.crash(targets, CrashSeverity::Process)
        } else if let Some(targets) = one("power_loss", &self.power_loss) {
            self.crash(targets, CrashSeverity::PowerLoss)
        } else if let Some(targets) = one("isolate", &self.isolate) {
            FaultKind::Partition { groups: vec![vec![targets], vec![Selector::Others]], mode }
        } else if let Some(targets) = one("send_omission", &self.send_omission) {
            self.omission(targets, Side::Send)
        } else if let Some(targets) = one("receive_omission", &self.receive_omission) {
            self.omission(targets, Side::Receive)
        } else if let Some(targets) = one("pause", &self.pause) {
            FaultKind::Pause { targets }
        } else if let Some(targets) = one("links", &self.links) {
            self.links(targets, place, mistakes)
        } else if let Some(targets) = one("slow", &self.slow) {
            FaultKind::Slow { targets, step_takes: self.step_takes(place, mistakes) }
        } else if let Some(one_way) = &self.one_way {
            one_way.read(mode, &place.key("one_way"), terms, mistakes)
        } else {
            let groups = read_groups(self.partition.as_ref()?, &place.key("partition"), terms, mistakes);
            FaultKind::Partition { groups, mode }
        })
    }

    fn crash(&self, targets: Selector, severity: CrashSeverity) -> FaultKind {
        let moment = if self.mid_step == Some(true) { CrashMoment::MidStep } else { CrashMoment::AtOnce };
        FaultKind::Crash { targets, severity, moment, restart_after: self.restart_after }
    }

    fn omission(&self, targets: Selector, side: Side) -> FaultKind {
        FaultKind::Omission { targets, side, rate: self.rate.unwrap_or(Probability::ALWAYS) }
    }

    fn links(&self, targets: Selector, place: &Place<'_>, mistakes: &mut Mistakes) -> FaultKind {
        if self.loss.is_none() && self.duplicate.is_none() && self.delay.is_none() {
            let mistake = place.key("links").key_mistake("nothing is wrong with these links");
            mistakes.push(mistake.with_help("add `loss`, `duplicate` or `delay`"));
        }
        FaultKind::Links {
            targets,
            loss: self.loss.unwrap_or_default(),
            duplicate: self.duplicate.unwrap_or_default(),
            delay: self.delay.map(|delay| delay.read(&place.key("delay"), mistakes)),
        }
    }

    fn step_takes(&self, place: &Place<'_>, mistakes: &mut Mistakes) -> Duration {
        let Some(span) = self.step_takes else {
            let mistake = place.key("slow").key_mistake("a slow node needs to be told how slow it is");
            mistakes.push(mistake.with_help("add `step_takes`, as in `\"step_takes\": \"10ms\"`"));
            return Duration::ZERO;
        };
        mistakes.check_span(&place.key("step_takes"), span, LONGEST_SPAN);
        span
    }
}

impl OneWay {
    fn read(&self, mode: CutMode, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> FaultKind {
        let from = self.from.read(&place.key("from"), terms, mistakes);
        let to = self.to.read(&place.key("to"), terms, mistakes);
        if from == Selector::Others && to == Selector::Others {
            mistakes.push(place.key("to").mistake("both sides cannot be `others`"));
        }
        FaultKind::OneWay { from, to, mode }
    }
}

/// The only key of `keys` that is there.
fn one_of<'k>(place: &Place<'_>, what: &str, keys: &[&'k str], mistakes: &mut Mistakes) -> Option<&'k str> {
    let given: Vec<&str> = keys.iter().copied().filter(|key| place.key(key).exists()).collect();
    match given[..] {
        [only] => Some(only),
        [] => {
            let mistake = place.mistake(format!("this fault has no {what}"));
            mistakes.push(mistake.with_help(format!("a {what} is one of {}", quoted_list(keys))));
            None
        }
        [first, second, ..] => {
            let message = format!("this fault has two {what}s: {} and {}", quoted(first), quoted(second));
            let mistake = place.key(second).key_mistake(message);
            mistakes.push(mistake.with_help("write two faults, one for each"));
            None
        }
    }
}

/// Refuses modifiers that belong to other kinds.
fn check_modifiers(place: &Place<'_>, kind: &str, mistakes: &mut Mistakes) {
    let own = KINDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, modifiers)| modifiers);
    let mut foreign: Vec<&str> = KINDS.iter().flat_map(|(_, modifiers)| *modifiers).copied().collect();
    foreign.sort_unstable();
    foreign.dedup();
    foreign.retain(|modifier| !own.contains(modifier));
    for modifier in foreign.into_iter().filter(|modifier| place.key(modifier).exists()) {
        let message = format!("{} has no effect on a {} fault", quoted(modifier), quoted(kind));
        let help = format!("{} goes with {}", quoted(kind), quoted_list(own));
        mistakes.push(place.key(modifier).key_mistake(message).with_help(help));
    }
}

fn refuse_others(place: &Place<'_>, selector: &Selector, mistakes: &mut Mistakes) {
    if *selector == Selector::Others {
        mistakes.push(place.mistake("`others` than whom?").with_help("write `all` for all nodes"));
    }
}

fn read_groups(
    groups: &[Vec<SelectorText>],
    place: &Place<'_>,
    terms: &Terms,
    mistakes: &mut Mistakes,
) -> Vec<Vec<Selector>> {
    if !(2..=MOST_GROUPS).contains(&groups.len()) {
        let message = format!("a partition has from 2 to {MOST_GROUPS} groups, this one has {}", groups.len());
        mistakes.push(place.mistake(message));
    }
    let mut others = 0;
    let mut read_group = |number, group: &Vec<SelectorText>| {
        let place = place.index(number);
        if group.is_empty() {
            mistakes.push(place.mistake("nobody is in this group"));
        }
        let read = |(at, text): (usize, &SelectorText)| {
            let selector = text.read(&place.index(at), terms, mistakes);
            others += usize::from(selector == Selector::Others);
            if selector == Selector::Others && others > 1 {
                mistakes.push(place.index(at).mistake("`others` can be in one group only"));
            }
            selector
        };
        group.iter().enumerate().map(read).collect()
    };
    groups.iter().enumerate().map(|(number, group)| read_group(number, group)).collect()
}

/// How a fault is written down.
impl From<&Fault> for FaultEntry {
    fn from(fault: &Fault) -> Self {
        let mut entry = Self { r#for: fault.lasts, label: fault.label.clone(), ..Self::default() };
        match &fault.trigger {
            Trigger::At(at) => entry.at = Some(at.since(Time::ZERO)),
            Trigger::After { event, count } => entry.after = Some(After { event: event.clone(), count: *count }),
        }
        entry.write_kind(&fault.kind);
        entry
    }
}

impl FaultEntry {
    fn write_kind(&mut self, kind: &FaultKind) {
        match kind {
            FaultKind::Crash { targets, severity, moment, restart_after } => {
                match severity {
                    CrashSeverity::Process => self.crash = Some(targets.into()),
                    CrashSeverity::PowerLoss => self.power_loss = Some(targets.into()),
                }
                self.mid_step = (*moment == CrashMoment::MidStep).then_some(true);
                self.restart_after = *restart_after;
            }
            FaultKind::Partition { groups, mode } => {
                let write = |group: &Vec<Selector>| group.iter().map(SelectorText::from).collect();
                self.partition = Some(groups.iter().map(write).collect());
                self.hold = (*mode == CutMode::Hold).then_some(true);
            }
            FaultKind::OneWay { from, to, mode } => {
                self.one_way = Some(OneWay { from: from.into(), to: to.into() });
                self.hold = (*mode == CutMode::Hold).then_some(true);
            }
            FaultKind::Omission { targets, side, rate } => {
                match side {
                    Side::Send => self.send_omission = Some(targets.into()),
                    Side::Receive => self.receive_omission = Some(targets.into()),
                }
                self.rate = Some(*rate);
            }
            FaultKind::Links { targets, loss, duplicate, delay } => {
                self.links = Some(targets.into());
                (self.loss, self.duplicate) = (Some(*loss), Some(*duplicate));
                self.delay = delay.map(Latency::from);
            }
            FaultKind::Pause { targets } => self.pause = Some(targets.into()),
            FaultKind::Slow { targets, step_takes } => {
                self.slow = Some(targets.into());
                self.step_takes = Some(*step_takes);
            }
        }
    }
}
