//! What operators do to the system.

use sim_core::{Duration, FaultFacts, FaultKind, Selector};

use super::FaultEntry;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::selector::SelectorText;
use crate::source::{help_with_name, quoted};

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::OPERATE, FaultEntry::read_operate, &[&["on", "nodes"]]),
    FaultRow::new(FaultFacts::UPGRADE, FaultEntry::read_upgrade, &[&["to", "restart_after"]]),
];

impl FaultEntry {
    fn read_operate(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let action = self.operate.clone()?;
        if reader.terms.actions.is_empty() {
            let message = format!("{} has no actions that an operator could ask for", quoted(reader.terms.protocol));
            reader.refuse("operate", message);
        } else {
            reader.mistakes.check_name(&reader.place.key("operate"), "action", &action, reader.terms.actions);
        }
        let nodes = (0..).zip(self.nodes.iter().flatten());
        let nodes = nodes.filter_map(|(number, text): (usize, &SelectorText)| {
            reader.target(&format!("nodes.{number}"), &Some(text.clone()))
        });
        let nodes = nodes.collect();
        reader.required("operate", "on", self.on.as_ref(), "\"n0\"")?;
        Some(FaultKind::Operator { targets: reader.node_target("on", &self.on)?, action, nodes })
    }

    pub(super) fn write_operate(&mut self, targets: &Selector, action: &str, nodes: &[Selector]) {
        (self.operate, self.on) = (Some(action.to_owned()), Some(targets.into()));
        self.nodes = (!nodes.is_empty()).then(|| nodes.iter().map(SelectorText::from).collect());
    }

    fn read_upgrade(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("upgrade", &self.upgrade)?;
        let configuration = reader.required("upgrade", "to", self.to.as_ref(), "\"v2\"");
        let restart_after = reader.required("upgrade", "restart_after", self.restart_after, "\"1s\"");
        let (configuration, restart_after) = (configuration?.clone(), restart_after?);
        let known: Vec<&str> = reader.terms.configurations.iter().map(String::as_str).collect();
        if !known.contains(&configuration.as_str()) {
            let mut mistake =
                reader.place.key("to").mistake(format!("unknown configuration {}", quoted(&configuration)));
            mistake.help = match &known[..] {
                [] => vec!["add `configurations` to the scenario".to_owned()],
                known => help_with_name("configuration", &configuration, known),
            };
            reader.mistakes.push(mistake);
        }
        Some(FaultKind::Upgrade { targets, configuration, restart_after })
    }

    pub(super) fn write_upgrade(&mut self, targets: &Selector, configuration: &str, restart_after: Duration) {
        (self.upgrade, self.to) = (Some(targets.into()), Some(configuration.to_owned()));
        self.restart_after = Some(restart_after);
    }
}
