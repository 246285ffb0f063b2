//! The heal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Duration, HealKind};

use super::place::{Mistakes, Place};
use super::scenario::ScenarioFile;

/// What becomes of the nodes that a heal does not repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HealKindText {
    /// Each seed draws one of the two.
    Drawn,
    /// Nothing passes between them and the core.
    Sealed,
    /// They stay as they are, half-broken.
    Open,
}

/// How a heal goes, apart from when it comes and whom it repairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HealSetup {
    pub(crate) kind: HealKind,
    pub(crate) delta: Option<Duration>,
    pub(crate) lossy: bool,
}

impl ScenarioFile {
    /// Keys about a heal have an effect only if there is one.
    pub(crate) fn read_heal(&self, root: &Place<'_>, mistakes: &mut Mistakes) -> HealSetup {
        for key in ["heal_kind", "delta_after_heal", "lossy_after_heal"] {
            if self.heal_at.is_none() && root.key(key).exists() {
                mistakes.push(root.key(key).key_mistake("nothing heals").with_help("add `heal_at`"));
            }
        }
        if self.heal_core.is_none() && self.heal_kind.is_some() {
            let mistake = root.key("heal_kind").key_mistake("everything is repaired: there is no rest");
            mistakes.push(mistake.with_help("say with `heal_core` what is repaired"));
        }
        let kind = match self.heal_kind {
            None | Some(HealKindText::Drawn) => HealKind::Drawn,
            Some(HealKindText::Sealed) => HealKind::Sealed,
            Some(HealKindText::Open) => HealKind::Open,
        };
        if let Some(delta) = self.delta_after_heal {
            mistakes.check_span(&root.key("delta_after_heal"), delta, super::setup::LONGEST_RUN);
        }
        HealSetup { kind, delta: self.delta_after_heal, lossy: self.lossy_after_heal }
    }
}
