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
    /// The share of the runs that must make progress, if repaired links lose messages.
    pub(crate) lossy: Option<f64>,
}

impl ScenarioFile {
    /// Where repaired links lose messages, and nowhere else, a share of the runs is judged.
    fn check_share(&self, root: &Place<'_>, mistakes: &mut Mistakes) {
        let expect = self.expect.clone().unwrap_or_default();
        let place = root.key("expect");
        match (self.lossy_after_heal && expect.progress_within.is_some(), expect.progress_share) {
            (true, None) => {
                let mistake =
                    root.key("lossy_after_heal").mistake("a run may miss its deadline by chance over such links");
                mistakes.push(mistake.with_help("say in `expect.progress_share` which share of the runs must not"));
            }
            (false, Some(_)) => {
                let mistake = place.key("progress_share").key_mistake("every run must make progress");
                mistakes.push(
                    mistake.with_help("a share is for links that lose messages after the heal: `lossy_after_heal`"),
                );
            }
            _ => {}
        }
    }

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
        self.check_share(root, mistakes);
        let share = self.expect.as_ref().and_then(|expect| expect.progress_share).unwrap_or_default();
        let kind = match self.heal_kind {
            None | Some(HealKindText::Drawn) => HealKind::Drawn,
            Some(HealKindText::Sealed) => HealKind::Sealed,
            Some(HealKindText::Open) => HealKind::Open,
        };
        let left = self.run_for - self.heal_at.unwrap_or_default().min(self.run_for);
        if self.delta_after_heal.is_some_and(|delta| delta >= left && self.heal_at.is_some()) {
            let message = format!("after the heal only {left} of the run are left");
            mistakes.push(root.key("delta_after_heal").mistake(message));
        }
        HealSetup { kind, delta: self.delta_after_heal, lossy: self.lossy_after_heal.then_some(share) }
    }
}
