//! The verbs of scripts: deliver this message, fire this timer, end that fault.

use sim_core::{FaultFacts, FaultKind, Selector};

use super::FaultEntry;
use super::entry::Sides;
use super::reader::Reader;
use super::row::FaultRow;
use crate::source::{help_with_name, quoted};

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::DELIVER, FaultEntry::read_deliver, &[&["kind"]]),
    FaultRow::new(FaultFacts::FIRE, FaultEntry::read_fire, &[&["timer"]]),
    FaultRow::new(FaultFacts::END, FaultEntry::read_end, &[]),
];

impl FaultEntry {
    fn read_deliver(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let (from, to) = self.deliver.as_ref()?.read("deliver", reader);
        self.kind.iter().for_each(|kind| reader.check_message_kind("kind", kind));
        Some(FaultKind::Deliver { from, to, kind: self.kind.clone() })
    }

    pub(super) fn write_deliver(&mut self, from: &Selector, to: &Selector, kind: &Option<String>) {
        self.deliver = Some(Sides::new(from, to));
        self.kind.clone_from(kind);
    }

    fn read_fire(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("fire", &self.fire)?;
        let timer = reader.required("fire", "timer", self.timer.as_ref(), "\"Election\"")?.clone();
        Some(FaultKind::Fire { targets, timer })
    }

    pub(super) fn write_fire(&mut self, targets: &Selector, timer: &str) {
        (self.fire, self.timer) = (Some(targets.into()), Some(timer.to_owned()));
    }

    /// The labels that it gives, itself or in its steps.
    pub(crate) fn labels(&self) -> Vec<String> {
        self.label.iter().cloned().chain(self.sequence.iter().flatten().flat_map(Self::labels)).collect()
    }

    fn read_end(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let label = self.end.clone()?;
        if !reader.terms.labels.contains(&label) {
            let known: Vec<&str> = reader.terms.labels.iter().map(String::as_str).collect();
            let mut mistake = reader.place.key("end").mistake(format!("no fault bears the label {}", quoted(&label)));
            mistake.help = match &known[..] {
                [] => vec!["give the fault that is to end a `label`".to_owned()],
                known => help_with_name("label", &label, known),
            };
            reader.mistakes.push(mistake);
        }
        Some(FaultKind::End { label })
    }

    pub(super) fn write_end(&mut self, label: &str) {
        self.end = Some(label.to_owned());
    }
}
