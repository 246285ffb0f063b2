//! The heal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Heal, HealKind, Selector, Time};

use super::place::{Mistakes, Place};
use super::scenario::ScenarioFile;
use super::selector::SelectorText;
use super::terms::Terms;

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

    fn read_core(&self, terms: &Terms, place: &Place<'_>, mistakes: &mut Mistakes) -> Vec<Selector> {
        let Some(core) = &self.heal_core else { return Vec::new() };
        if !terms.heals {
            mistakes.push(place.key_mistake("nothing heals").with_help("add `heal_at`"));
        }
        if core.is_empty() {
            mistakes.push(place.mistake("nobody is in this core").with_help("leave the key out to heal everything"));
        }
        let terms = &Terms { heals_core: true, ..terms.clone() };
        let read = |(number, text): (usize, &SelectorText)| {
            let place = place.index(number);
            let selector = text.read(&place, terms, mistakes);
            match &selector {
                Selector::Others => mistakes.push(place.mistake("`others` than whom?")),
                Selector::Clients => mistakes.push(place.mistake("clients are always healed")),
                Selector::Node(id) if id.is_client() => mistakes.push(place.mistake("clients are always healed")),
                _ => {}
            }
            selector
        };
        core.iter().enumerate().map(read).collect()
    }

    /// Keys about a heal have an effect only if there is one.
    pub(crate) fn read_heal(&self, terms: &Terms, root: &Place<'_>, mistakes: &mut Mistakes) -> Heal {
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
        let core = self.read_core(terms, &root.key("heal_core"), mistakes);
        let (delta, lossy) = (self.delta_after_heal, self.lossy_after_heal.then_some(share));
        Heal { at: self.heal_at.map(|after| Time::ZERO + after), core, kind, delta, lossy }
    }
}
