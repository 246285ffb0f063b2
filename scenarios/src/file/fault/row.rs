//! The kinds of faults, a row for each: its key, what may stand beside it, who reads it.

use sim_core::{FaultFacts, FaultKind};

use super::reader::Reader;
use super::{FaultEntry, byzantine, crash, cut, disk, messages, operator, script, timing};

/// One kind of fault, as files have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultRow {
    /// The key that says what happens.
    pub(crate) key: &'static str,
    /// What the simulator says of the kind without modifiers.
    pub(crate) facts: FaultFacts,
    read: Read,
    modifiers: [&'static str; MOST_MODIFIERS],
    /// How many of them there are.
    count: usize,
}

/// What reads an entry that has the key.
type Read = fn(&FaultEntry, &mut Reader<'_, '_>) -> Option<FaultKind>;

/// One more does not compile.
const MOST_MODIFIERS: usize = 16;

/// All rows, family by family.
static FAMILIES: [&[FaultRow]; 8] =
    [crash::ROWS, cut::ROWS, messages::ROWS, script::ROWS, timing::ROWS, disk::ROWS, operator::ROWS, byzantine::ROWS];

/// All kinds.
pub(crate) fn kinds() -> impl Iterator<Item = &'static FaultRow> {
    FAMILIES.iter().copied().flatten()
}

/// The key of each kind, with the keys that may stand beside it.
pub(super) fn owners() -> Vec<(&'static str, &'static [&'static str])> {
    kinds().map(|row| (row.key, row.modifiers())).collect()
}

impl FaultRow {
    /// A kind under its name in reports. Besides its own modifiers it has those of its course.
    pub(super) const fn new(facts: FaultFacts, read: Read, own: &[&[&'static str]]) -> Self {
        let mut row = Self { key: facts.name, facts, read, modifiers: [""; MOST_MODIFIERS], count: 0 };
        let mut group = 0;
        while group < own.len() {
            row = row.with(own[group]);
            group += 1;
        }
        let course: &[&str] = match (facts.is_instant, facts.can_repeat) {
            (true, true) => &["repeat", "for"],
            (true, false) => &[],
            (false, true) => &["for", "repeat"],
            (false, false) => &["for"],
        };
        row.with(course).with(if facts.hits_each { &["one_by_one"] } else { &[] })
    }

    /// The same kind under another key.
    pub(super) const fn called(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    const fn with(mut self, modifiers: &[&'static str]) -> Self {
        let mut place = 0;
        while place < modifiers.len() {
            self.modifiers[self.count] = modifiers[place];
            (self.count, place) = (self.count + 1, place + 1);
        }
        self
    }

    /// The keys that may stand beside its own.
    pub(crate) fn modifiers(&self) -> &[&'static str] {
        &self.modifiers[..self.count]
    }

    /// What it does, in a line: what the schema says of its key.
    ///
    /// # Panics
    /// If the key is none of an entry.
    pub(crate) fn summary(&self) -> String {
        let schema = schemars::schema_for!(FaultEntry);
        let place = format!("/properties/{}/description", self.key);
        let summary = schema.pointer(&place).and_then(serde_json::Value::as_str);
        summary.expect("every kind of fault is described").trim_end_matches('.').to_owned()
    }

    /// The kind that an entry has, if it has the key.
    pub(super) fn read(&self, entry: &FaultEntry, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        (self.read)(entry, reader)
    }
}
