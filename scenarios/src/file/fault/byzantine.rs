//! Faults that make nodes Byzantine: twins, lies, adversaries.

use sim_core::{FaultKind, Misconduct, NodeId, Selector};

use super::FaultEntry;
use super::reader::Reader;
use crate::file::selector::SelectorText;
use crate::source::{help_with_name, quoted};

impl FaultEntry {
    /// The twins that it brings, itself or in its steps.
    pub(crate) fn twins(&self) -> Vec<NodeId> {
        let own = self.twin.as_ref().and_then(SelectorText::node).map(NodeId::twin);
        own.into_iter().chain(self.sequence.iter().flatten().flat_map(Self::twins)).collect()
    }

    pub(super) fn read_twin(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("twin", &self.twin)?;
        if !matches!(&targets, Selector::Node(id) if !id.is_twin()) {
            let mistake = reader.place.key("twin").mistake("a node that gets a twin is named");
            reader.mistakes.push(mistake.with_help("name it, as in `n0`; elsewhere its twin is `n0'`"));
        }
        Some(FaultKind::Twin { targets })
    }

    pub(super) fn read_mutate(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        self.read_lie("mutate", &self.mutate, Misconduct::Mutate, reader)
    }

    pub(super) fn read_silence(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        self.read_lie("silence", &self.silence, Misconduct::Silence, reader)
    }

    pub(super) fn read_stale(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        self.read_lie("stale", &self.stale, Misconduct::Stale, reader)
    }

    pub(super) fn read_stall(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
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

    pub(super) fn read_adversary(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
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

    pub(super) fn write_lie(&mut self, targets: &Selector, to: &[Selector], misconduct: &Misconduct) {
        let liars = Some(targets.into());
        match misconduct {
            Misconduct::Mutate => self.mutate = liars,
            Misconduct::Silence => self.silence = liars,
            Misconduct::Stale => self.stale = liars,
            Misconduct::Stall(by) => (self.stall, self.by) = (liars, Some((*by).into())),
        }
        self.toward = (!to.is_empty()).then(|| to.iter().map(SelectorText::from).collect());
    }
}
