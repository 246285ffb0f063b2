//! How a fault lasts, comes and goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Duration, Fault, FaultKind, Probability, Repeat};

use super::FaultEntry;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::place::LONGEST_SPAN;
use crate::file::setup::LONGEST_RUN;
use crate::source::quoted;

/// How a fault comes and goes while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RepeatEntry {
    /// From one beginning to the next.
    every: Duration,
    /// How long it is there each time. Not for what is over at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lasts: Option<Duration>,
    /// Whether it hits the same targets each time. Otherwise it finds out anew whom it hits: whoever
    /// has the role then, other random nodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    same_targets: bool,
}

/// More often would bury the run in faults.
const SHORTEST_BETWEEN: Duration = Duration::from_millis(1);

impl FaultEntry {
    /// How long it lasts, if that is told and goes with the kind.
    pub(super) fn read_lasts(&self, row: &FaultRow, kind: &FaultKind, reader: &mut Reader<'_, '_>) -> Option<Duration> {
        match self.r#for {
            _ if !row.modifiers().contains(&"for") => {}
            Some(_) if kind.is_instant() && self.repeat.is_none() => {
                let message = format!("{} is over at once and has no duration", quoted(row.key));
                let help = match kind {
                    FaultKind::Crash { .. } => {
                        "`restart_after` tells how long a target is down, and `repeat` repeats it"
                    }
                    _ => "`repeat` repeats it, and `for` then tells for how long",
                };
                reader.refuse_key("for", message, help);
            }
            Some(lasts) => reader.mistakes.check_span(&reader.place.key("for"), lasts, LONGEST_RUN),
            None if matches!(kind, FaultKind::Swizzle { .. }) => {
                reader.required(row.key, "for", self.r#for, "\"2s\"");
            }
            None => {}
        }
        self.r#for
    }

    pub(super) fn read_repeat(&self, row: &FaultRow, kind: &FaultKind, reader: &mut Reader<'_, '_>) -> Option<Repeat> {
        let RepeatEntry { every, lasts, same_targets } = self.repeat?;
        if !row.modifiers().contains(&"repeat") {
            return None;
        }
        let place = reader.place.key("repeat");
        if every < SHORTEST_BETWEEN {
            reader.refuse("repeat.every", format!("too often: at most every {SHORTEST_BETWEEN}, found {every}"));
        }
        reader.mistakes.check_span(&place.key("every"), every, LONGEST_SPAN);
        match lasts {
            Some(_) if kind.is_instant() => {
                let message = format!("{} is over at once and has no duration", quoted(row.key));
                reader.mistakes.push(place.key("lasts").key_mistake(message).with_help("leave `lasts` out"));
            }
            None if !kind.is_instant() => {
                let mistake = place.key_mistake("how long is it there each time?");
                reader.mistakes.push(mistake.with_help("add `lasts`, as in `\"lasts\": \"100ms\"`"));
            }
            Some(Duration::ZERO) => reader.refuse("repeat.lasts", "it must be there for a while"),
            Some(lasts) if lasts >= every => {
                reader.refuse("repeat.lasts", format!("it must be gone before it comes again after {every}"));
            }
            _ => {}
        }
        Some(Repeat { every, on: lasts, same_targets })
    }

    pub(super) fn read_one_by_one(
        &self,
        row: &FaultRow,
        kind: &FaultKind,
        reader: &mut Reader<'_, '_>,
    ) -> Option<Duration> {
        let apart = self.one_by_one.filter(|_| row.modifiers().contains(&"one_by_one"))?;
        let place = reader.place.key("one_by_one");
        reader.mistakes.check_span(&place, apart, LONGEST_SPAN);
        if apart.is_zero() {
            reader.refuse("one_by_one", "one after the other takes time");
        }
        if self.repeat.is_some() {
            let message = "a fault cannot hit one target after the other and repeat";
            reader.refuse_key("one_by_one", message, "leave one of `one_by_one` and `repeat` out");
        } else if self.r#for.is_none() && !kind.is_instant() {
            let message = "how long does it last on each of the targets?";
            reader.refuse_key("one_by_one", message, "add `for`, as in `\"for\": \"1s\"`");
        }
        Some(apart)
    }

    pub(super) fn read_probability(&self, reader: &mut Reader<'_, '_>) -> Probability {
        if self.probability.is_some_and(Probability::is_never) {
            reader.refuse("probability", "with this probability it never strikes");
        }
        self.probability.unwrap_or(Probability::ALWAYS)
    }

    pub(super) fn write_course(&mut self, fault: &Fault) {
        self.r#for = fault.lasts;
        self.repeat =
            fault.repeat.map(|Repeat { every, on, same_targets }| RepeatEntry { every, lasts: on, same_targets });
        self.one_by_one = fault.one_by_one;
    }
}
