//! The verbs of scripts: deliver this message, fire this timer.

use sim_core::FaultKind;

use super::FaultEntry;
use super::reader::Reader;

impl FaultEntry {
    pub(super) fn read_deliver(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let (from, to) = self.deliver.as_ref()?.read("deliver", reader);
        Some(FaultKind::Deliver { from, to, kind: self.kind.clone() })
    }

    pub(super) fn read_fire(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.node_target("fire", &self.fire)?;
        let timer = reader.required("fire", "timer", self.timer.as_ref(), "\"Election\"")?.clone();
        Some(FaultKind::Fire { targets, timer })
    }
}
