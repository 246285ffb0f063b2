//! Faults that make nodes Byzantine: twins, lies, adversaries.

use sim_core::{FaultFacts, FaultKind, MessageFilter, Misconduct, NodeId, Selector};

use super::FaultEntry;
use super::messages::FILTER;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::selector::SelectorText;
use crate::source::{help_with_name, quoted};

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::TWIN, FaultEntry::read_twin, &[]),
    FaultRow::new(FaultFacts::MUTATE, FaultEntry::read_mutate, &[TOWARD, FILTER]),
    FaultRow::new(FaultFacts::SILENCE, FaultEntry::read_silence, &[TOWARD, FILTER]),
    FaultRow::new(FaultFacts::STALL, FaultEntry::read_stall, &[&["by"], TOWARD, FILTER]),
    FaultRow::new(FaultFacts::STALE, FaultEntry::read_stale, &[TOWARD, FILTER]),
    FaultRow::new(FaultFacts::ADVERSARY, FaultEntry::read_adversary, &[&["nodes"]]),
];

/// To whom nodes lie.
const TOWARD: &[&str] = &["toward"];

impl FaultEntry {
    /// The twins that it brings, itself or in its steps.
    pub(crate) fn twins(&self) -> Vec<NodeId> {
        let own = self.twin.as_ref().and_then(SelectorText::node).map(NodeId::twin);
        own.into_iter().chain(self.sequence.iter().flatten().flat_map(Self::twins)).collect()
    }

    fn read_twin(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("twin", &self.twin)?;
        if !matches!(&targets, Selector::Node(id) if !id.is_twin()) {
            let mistake = reader.place.key("twin").mistake("a node that gets a twin is named");
            reader.mistakes.push(mistake.with_help("name it, as in `n0`; elsewhere its twin is `n0'`"));
        }
        Some(FaultKind::Twin { targets })
    }

    pub(super) fn write_twin(&mut self, targets: &Selector) {
        self.twin = Some(targets.into());
    }

    fn read_mutate(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        self.read_lie("mutate", &self.mutate, Misconduct::Mutate, reader)
    }

    fn read_silence(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        self.read_lie("silence", &self.silence, Misconduct::Silence, reader)
    }

    fn read_stale(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        self.read_lie("stale", &self.stale, Misconduct::Stale, reader)
    }

    fn read_stall(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let by = reader.required("stall", "by", self.by, "\"1s\"")?;
        let by = by.read(&reader.place.key("by"), reader.mistakes);
        self.read_lie("stall", &self.stall, Misconduct::Stall(by), reader)
    }

    fn read_lie(
        &self,
        key: &str,
        liars: &Option<SelectorText>,
        misconduct: Misconduct,
        reader: &mut Reader<'_, '_>,
    ) -> Option<FaultKind> {
        let targets = reader.node_target(key, liars)?;
        if self.toward.as_ref().is_some_and(Vec::is_empty) {
            reader.refuse("toward", "nobody is lied to");
        }
        let to = reader.selectors("toward", &self.toward);
        let messages = self.read_filter(reader);
        Some(FaultKind::Lie { targets, to, messages, misconduct })
    }

    pub(super) fn write_lie(
        &mut self,
        targets: &Selector,
        to: &[Selector],
        messages: &MessageFilter,
        misconduct: &Misconduct,
    ) {
        let liars = Some(targets.into());
        match misconduct {
            Misconduct::Mutate => self.mutate = liars,
            Misconduct::Silence => self.silence = liars,
            Misconduct::Stale => self.stale = liars,
            Misconduct::Stall(by) => (self.stall, self.by) = (liars, Some((*by).into())),
        }
        self.toward = (!to.is_empty()).then(|| to.iter().map(SelectorText::from).collect());
        self.write_filter(messages);
    }

    fn read_adversary(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let name = self.adversary.clone()?;
        let known = &reader.terms.adversaries[..];
        if !known.contains(&name.as_str()) {
            let mut mistake = reader.place.key("adversary").mistake(format!("unknown adversary {}", quoted(&name)));
            mistake.help = match known {
                [] => vec![format!("{} has no adversaries", quoted(reader.terms.protocol))],
                known => help_with_name("adversary", &name, known),
            };
            reader.mistakes.push(mistake);
        }
        let nodes = reader.required("adversary", "nodes", self.nodes.as_ref(), "[\"n0\"]")?;
        if nodes.is_empty() {
            reader.refuse("nodes", "the adversary acts for nobody");
        }
        let targets = reader.selectors("nodes", &self.nodes);
        if targets.contains(&Selector::Clients) {
            reader.refuse("nodes", "an adversary acts for nodes, not for clients");
        }
        Some(FaultKind::Adversary { name, targets })
    }

    pub(super) fn write_adversary(&mut self, name: &str, targets: &[Selector]) {
        self.adversary = Some(name.to_owned());
        self.nodes = Some(targets.iter().map(SelectorText::from).collect());
    }
}
