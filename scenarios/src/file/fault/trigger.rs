//! When a fault begins.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use sim_core::{Boundary, Duration, Fault, Milestone, NodeId, Selector, Time, Trigger};

use super::FaultEntry;
use super::keys::{TRIGGERS, check_modifiers, one_of};
use super::reader::Reader;
use crate::file::selector::SelectorText;
use crate::source::quoted;

/// What a fault waits for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum After {
    /// This long after the step before in a sequence.
    Wait(Duration),
    /// Something that happens in the run.
    Milestone(Box<MilestoneEntry>),
}

/// A place between two effects of a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BoundaryEntry {
    /// The step, as traces number them.
    #[schemars(range(min = 1))]
    step: u64,
    /// How many of its effects are carried out, lines of a log not counted; without, none.
    #[serde(default)]
    after: u64,
}

/// Something that happens in the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::schema::one_milestone)]
pub(super) struct MilestoneEntry {
    /// An event of this kind is announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// So many operations of clients have completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    operations: Option<u64>,
    /// A message of this kind is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Somebody takes this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// A node comes into this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// Who announces the event, or takes the role, one node or `same`; without, anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<SelectorText>,
    /// Who sends the message; without, anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<SelectorText>,
    /// To whom the message is sent; without, to anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<SelectorText>,
    /// Which node comes into the state, one node or `same`; without, any.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<SelectorText>,
    /// Which of the times, counted from 1; without, the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    count: Option<u64>,
}

/// The keys that say what a fault waits for, each with the keys that may stand beside it.
pub(super) const MILESTONES: [(&str, &[&str]); 5] = [
    ("event", &["by", "count"]),
    ("operations", &[]),
    ("message", &["from", "to", "count"]),
    ("role", &["by", "count"]),
    ("state", &["on"]),
];

impl FaultEntry {
    pub(super) fn read_trigger(&self, reader: &mut Reader<'_, '_>) -> Option<Trigger> {
        one_of(reader.place, "trigger", &TRIGGERS, reader.mistakes)?;
        if let Some(BoundaryEntry { step, after }) = self.in_step {
            self.check_pinned(step, reader);
            return Some(Trigger::InStep(Boundary { step, after }));
        }
        match &self.after {
            None => Some(Trigger::At(Time::ZERO + self.read_at(reader))),
            Some(After::Wait(span)) => {
                if !reader.terms.follows {
                    let message = "a fault that is no later step of a sequence has nothing to wait after";
                    let help =
                        format!("write `\"at\": \"{span}\"`, or wait for something, as in `{{ \"operations\": 20 }}`");
                    reader.mistakes.push(reader.place.key("after").mistake(message).with_help(help));
                }
                Some(Trigger::Wait(*span))
            }
            Some(After::Milestone(milestone)) => {
                let place = reader.place.key("after");
                let mut reader = Reader { place: &place, terms: reader.terms, mistakes: reader.mistakes };
                milestone.read(&mut reader).map(Trigger::After)
            }
        }
    }

    /// What falls into the middle of a step is a crash of the node that takes it, once.
    fn check_pinned(&self, step: u64, reader: &mut Reader<'_, '_>) {
        if step == 0 {
            reader.refuse("in_step.step", "steps are counted from 1");
        }
        match self.crash.as_ref().or(self.power_loss.as_ref()) {
            Some(target) if target.node().is_some() => {}
            Some(_) => {
                let message = "it falls into a step of one node, which it names";
                reader.refuse_key("in_step", message, "name it, as in `\"power_loss\": \"n0\"`");
            }
            None => {
                let message = "only a crash falls into the middle of a step";
                reader.refuse_key("in_step", message, "write `crash` or `power_loss`, or another trigger");
            }
        }
        for key in ["mid_step", "repeat", "for", "one_by_one"] {
            if reader.place.key(key).exists() {
                let help = format!("leave {} out", quoted(key));
                reader.refuse_key(key, "it falls where `in_step` says, once", help);
            }
        }
    }

    fn read_at(&self, reader: &mut Reader<'_, '_>) -> Duration {
        let (at, terms) = (self.at.unwrap_or_default(), reader.terms);
        if terms.follows {
            let message = "only the first step of a sequence begins at a time";
            reader.refuse_key("at", message, "write how long after the step before, as in `\"after\": \"500ms\"`");
        } else if at >= terms.faults_end {
            let end = if terms.heals { "heal" } else { "end" };
            let end = format!("this fault begins when all faults are over: the {end} is at {}", terms.faults_end);
            reader.refuse("at", end);
        }
        at
    }

    pub(super) fn write_trigger(&mut self, fault: &Fault) {
        match &fault.trigger {
            Trigger::At(at) => self.at = Some(at.since(Time::ZERO)),
            Trigger::Wait(span) => self.after = Some(After::Wait(*span)),
            Trigger::InStep(Boundary { step, after }) => {
                self.in_step = Some(BoundaryEntry { step: *step, after: *after });
            }
            Trigger::After(milestone) => self.after = Some(After::Milestone(Box::new(milestone.into()))),
        }
    }
}

impl MilestoneEntry {
    fn read(&self, reader: &mut Reader<'_, '_>) -> Option<Milestone> {
        let names = MILESTONES.map(|(name, _)| name);
        let name = one_of(reader.place, "milestone", &names, reader.mistakes)?;
        check_modifiers(reader.place, name, &MILESTONES, "milestone", reader.mistakes);
        let count = self.read_count(reader);
        if let Some(event) = &self.event {
            reader.mistakes.check_name(&reader.place.key("event"), "event", event, reader.terms.events);
            return Some(Milestone::Event { event: event.clone(), by: read_whose("by", &self.by, reader)?, count });
        }
        if let Some(role) = &self.role {
            self.check_role(role, reader);
            return Some(Milestone::Role { role: role.clone(), by: read_whose("by", &self.by, reader)?, count });
        }
        if let Some(state) = &self.state {
            self.check_state(state, reader);
            return Some(Milestone::State { state: state.clone(), on: read_whose("on", &self.on, reader)? });
        }
        if let Some(kind) = &self.message {
            reader.check_message_kind("message", kind);
            let (from, to) = (read_id("from", &self.from, reader), read_id("to", &self.to, reader));
            return Some(Milestone::Message { kind: kind.clone(), from: from?, to: to?, count });
        }
        self.read_operations(reader)
    }

    fn read_count(&self, reader: &mut Reader<'_, '_>) -> u64 {
        let count = self.count.unwrap_or(1);
        if count == 0 {
            reader.refuse("count", "what a fault waits for is counted from 1");
        }
        count
    }

    fn read_operations(&self, reader: &mut Reader<'_, '_>) -> Option<Milestone> {
        let count = self.operations?;
        if count == 0 {
            reader.refuse("operations", "what a fault waits for is counted from 1");
        }
        if reader.terms.clients == 0 {
            let message = "without clients there are no operations to wait for";
            reader.refuse_key("operations", message, "add `clients` to the scenario");
        }
        Some(Milestone::Operations { count })
    }

    fn check_role(&self, role: &str, reader: &mut Reader<'_, '_>) {
        if reader.terms.roles.is_empty() {
            reader.refuse("role", format!("nodes of {} have no roles", quoted(reader.terms.protocol)));
        } else {
            reader.mistakes.check_name(&reader.place.key("role"), "role", role, &reader.terms.roles);
        }
    }

    fn check_state(&self, state: &str, reader: &mut Reader<'_, '_>) {
        if reader.terms.states.is_empty() {
            let message = format!("{} has no states that a fault could wait for", quoted(reader.terms.protocol));
            reader.refuse("state", message);
        } else {
            reader.mistakes.check_name(&reader.place.key("state"), "state", state, &reader.terms.states);
        }
    }
}

/// Whom a milestone is about, which is nobody in particular if the key is not there.
fn read_id(key: &str, text: &Option<SelectorText>, reader: &mut Reader<'_, '_>) -> Option<Option<NodeId>> {
    let Some(text) = text else { return Some(None) };
    text.read_id(&reader.place.key(key), reader.terms, reader.mistakes).map(Some)
}

/// Whose doing a milestone is: that of one node, or of whom the step before in a sequence hit.
fn read_whose(key: &str, text: &Option<SelectorText>, reader: &mut Reader<'_, '_>) -> Option<Option<Selector>> {
    let Some(text) = text else { return Some(None) };
    if text.is_same() {
        return Some(Some(text.read(&reader.place.key(key), reader.terms, reader.mistakes)));
    }
    text.read_id(&reader.place.key(key), reader.terms, reader.mistakes).map(|id| Some(Selector::Node(id)))
}

/// How a milestone is written down.
impl From<&Milestone> for MilestoneEntry {
    fn from(milestone: &Milestone) -> Self {
        let mut entry = Self::default();
        let mut count_of = |count: u64| entry.count = (count > 1).then_some(count);
        let write = |id: &Option<NodeId>| id.map(SelectorText::from);
        let write_whose = |whose: &Option<Selector>| whose.as_ref().map(SelectorText::from);
        match milestone {
            Milestone::Event { event, by, count } => {
                count_of(*count);
                (entry.event, entry.by) = (Some(event.clone()), write_whose(by));
            }
            Milestone::Operations { count } => entry.operations = Some(*count),
            Milestone::Message { kind, from, to, count } => {
                count_of(*count);
                (entry.message, entry.from, entry.to) = (Some(kind.clone()), write(from), write(to));
            }
            Milestone::Role { role, by, count } => {
                count_of(*count);
                (entry.role, entry.by) = (Some(role.clone()), write_whose(by));
            }
            Milestone::State { state, on } => (entry.state, entry.on) = (Some(state.clone()), write_whose(on)),
        }
        entry
    }
}

impl Serialize for After {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Wait(span) => span.serialize(serializer),
            Self::Milestone(milestone) => milestone.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WaitOrMilestone)
    }
}

struct WaitOrMilestone;

impl<'de> Visitor<'de> for WaitOrMilestone {
    type Value = After;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a milestone such as { \"operations\": 20 } or, in a sequence, a duration such as \"500ms\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<After, E> {
        Duration::deserialize(StrDeserializer::new(text)).map(After::Wait)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<After, A::Error> {
        let milestone = MilestoneEntry::deserialize(MapAccessDeserializer::new(map))?;
        Ok(After::Milestone(Box::new(milestone)))
    }
}

impl JsonSchema for After {
    fn schema_name() -> Cow<'static, str> {
        "After".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let forms = json!([generator.subschema_for::<Duration>(), generator.subschema_for::<MilestoneEntry>()]);
        json_schema!({
            "description": "A milestone of the run, or in a sequence how long after the step before.",
            "anyOf": forms,
        })
    }
}
