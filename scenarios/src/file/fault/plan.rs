//! The whole plan: faults on their own, and sequences of them.

use serde_json::Value;
use sim_core::Fault;

use super::FaultEntry;
use super::keys::{TRIGGERS, kind};
use super::reader::Reader;
use super::row::kinds;
use crate::file::place::{Mistakes, Place};
use crate::file::terms::Terms;
use crate::source::quoted;

/// Faults at most. The simulator numbers them in 22 bits.
const MOST_FAULTS: usize = 100_000;

/// All faults of the plan: those of sequences one after the other.
pub(crate) fn read_plan(
    entries: &[FaultEntry],
    place: &Place<'_>,
    terms: &Terms,
    mistakes: &mut Mistakes,
) -> Vec<Fault> {
    let count: usize = entries.iter().map(|entry| entry.sequence.as_ref().map_or(1, Vec::len)).sum();
    if count > MOST_FAULTS {
        mistakes.push(place.key_mistake(format!("at most {MOST_FAULTS} faults, found {count}")));
        return Vec::new();
    }
    let read = |(number, entry): (usize, &FaultEntry)| entry.read(&place.index(number), terms, mistakes);
    entries.iter().enumerate().flat_map(read).collect()
}

/// How a plan is written down.
pub(crate) fn write_plan(plan: &[Fault]) -> Vec<FaultEntry> {
    let mut starts: Vec<usize> = (0..plan.len()).filter(|place| !plan[*place].follows).collect();
    starts.push(plan.len());
    let write = |steps: &[Fault]| match steps {
        [only] => FaultEntry::from(only),
        steps => FaultEntry { sequence: Some(steps.iter().map(FaultEntry::from).collect()), ..FaultEntry::default() },
    };
    starts.windows(2).map(|pair| write(&plan[pair[0]..pair[1]])).collect()
}

/// The faults that an entry of a plan in a file stands for, each with where it stands below the
/// entry and what it is called.
pub(crate) fn steps_of(entry: &Value) -> Vec<(String, Option<&Value>, &Value)> {
    let label = entry.get("label");
    match entry.get("sequence").and_then(Value::as_array) {
        None => vec![(String::new(), label, entry)],
        Some(steps) => (0_usize..)
            .zip(steps)
            .map(|(number, step)| (format!(".sequence.{number}"), step.get("label").or(label), step))
            .collect(),
    }
}

impl FaultEntry {
    /// The faults that the entry stands for, as far as they can be read.
    fn read(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Vec<Fault> {
        match &self.sequence {
            None => self.read_step(place, terms, mistakes).into_iter().collect(),
            Some(steps) => self.read_sequence(steps, place, terms, mistakes),
        }
    }

    fn read_sequence(&self, steps: &[Self], place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Vec<Fault> {
        let modifiers = kinds().flat_map(|row| [&row.key].into_iter().chain(row.modifiers()));
        let mut foreign: Vec<&str> = TRIGGERS.iter().chain(modifiers).copied().collect();
        foreign.sort_unstable();
        foreign.dedup();
        for key in foreign.into_iter().filter(|key| place.key(key).exists()) {
            let mistake = place.key(key).key_mistake(format!("{} has no effect on a sequence", quoted(key)));
            mistakes.push(mistake.with_help("write it in one of the steps"));
        }
        let place = place.key("sequence");
        if steps.is_empty() {
            mistakes.push(place.mistake("a sequence has at least one step"));
        }
        let next_terms = terms.of_next_step();
        let mut read = |(number, step): (usize, &Self)| {
            let place = place.index(number);
            if step.sequence.is_some() {
                let mistake = place.key("sequence").key_mistake("a step of a sequence is one fault");
                mistakes.push(mistake.with_help("write its steps here"));
                return None;
            }
            let terms = if number == 0 { terms } else { &next_terms };
            step.read_step(&place, terms, mistakes)
        };
        let steps = steps.iter().enumerate().filter_map(&mut read);
        steps.map(|fault| Fault { label: fault.label.or_else(|| self.label.clone()), ..fault }).collect()
    }

    /// One fault, if it has one trigger and one kind.
    fn read_step(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Option<Fault> {
        let row = kind(place, mistakes);
        let mut reader = Reader { place, terms, mistakes };
        let trigger = self.read_trigger(&mut reader);
        let row = row?;
        let kind = row.read(self, &mut reader)?;
        Some(Fault {
            trigger: trigger?,
            follows: terms.follows,
            lasts: self.read_lasts(row, &kind, &mut reader),
            repeat: self.read_repeat(row, &kind, &mut reader),
            one_by_one: self.read_one_by_one(row, &kind, &mut reader),
            within_model: self.within_model == Some(true),
            probability: self.read_probability(&mut reader),
            severity: self.severity,
            label: self.label.clone(),
            kind,
        })
    }
}

/// Of a step of a sequence, the step alone.
impl From<&Fault> for FaultEntry {
    fn from(fault: &Fault) -> Self {
        let within_model = fault.within_model.then_some(true);
        let probability = Some(fault.probability).filter(|probability| !probability.is_always());
        let mut entry =
            Self { label: fault.label.clone(), severity: fault.severity, within_model, probability, ..Self::default() };
        entry.write_trigger(fault);
        entry.write_kind(&fault.kind);
        entry.write_course(fault);
        entry
    }
}
