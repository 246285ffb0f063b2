//! What is expected of the runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Consistency, Duration, NO_PANIC, PROGRESS, PropertyInfo, TIME_GOES_ON, consistency};

use super::place::{Mistakes, Place};
use super::terms::Terms;

/// What must hold, and what must happen.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Expect {
    /// The history of the clients keeps to this level of consistency.
    pub(crate) consistency: Option<Consistency>,
    /// An operation completes within this long after the heal.
    pub(crate) progress_within: Option<Duration>,
    /// Events that must be announced in at least one of the runs.
    pub(crate) sometimes: Vec<String>,
    /// A property that at least one of the runs violates, while none violates any other.
    pub(crate) violates: Option<String>,
}

impl Expect {
    /// Checks all but the protocol's own side of it.
    pub(crate) fn check(
        &self,
        place: &Place<'_>,
        terms: &Terms,
        run_for: Duration,
        properties: &[PropertyInfo],
        mistakes: &mut Mistakes,
    ) {
        for (number, event) in self.sometimes.iter().enumerate() {
            mistakes.check_name(&place.key("sometimes").index(number), "event", event, terms.events);
        }
        if self.consistency.is_some() && terms.clients == 0 {
            let message = "without clients there is no history to be consistent";
            mistakes.push(place.key("consistency").key_mistake(message));
        }
        if let Some(within) = self.progress_within {
            check_progress(within, &place.key("progress_within"), terms, run_for, mistakes);
        }
        self.check_violates(place, properties, mistakes);
    }

    fn check_violates(&self, place: &Place<'_>, properties: &[PropertyInfo], mistakes: &mut Mistakes) {
        let Some(property) = &self.violates else { return };
        let own = properties.iter().map(|property| property.name);
        let known: Vec<&str> = own.chain(common_properties()).collect();
        let place_of = place.key("violates");
        mistakes.check_name(&place_of, "property", property, &known);
        let condition = match property.as_str() {
            PROGRESS if self.progress_within.is_none() => "`progress_within`",
            name if name == LINEARIZABILITY && self.consistency.is_none() => "`\"consistency\": \"linearizable\"`",
            _ => return,
        };
        let mistake = place_of.mistake(format!("`{property}` is not checked"));
        mistakes.push(mistake.with_help(format!("add {condition} beside it")));
    }
}

/// What histories are checked for. The model is the protocol's, and has no part in the name.
const LINEARIZABILITY: &str = consistency::Linearizability::<()>::NAME;

/// Properties that runs of all protocols are checked for, some of them when that is asked for.
pub(crate) fn common_properties() -> [&'static str; 4] {
    [LINEARIZABILITY, PROGRESS, NO_PANIC, TIME_GOES_ON]
}

fn check_progress(within: Duration, place: &Place<'_>, terms: &Terms, run_for: Duration, mistakes: &mut Mistakes) {
    if terms.clients == 0 {
        mistakes.push(place.key_mistake("without clients there is nothing to make progress with"));
    }
    if !terms.heals {
        let mistake = place.key_mistake("progress is expected after the heal, and nothing heals");
        mistakes.push(mistake.with_help("add `heal_at`"));
    } else if within > run_for - terms.faults_end.min(run_for) {
        let left = run_for - terms.faults_end.min(run_for);
        let message = format!("{within} after the heal the run has ended: only {left} are left");
        mistakes.push(place.mistake(message).with_help("make `run_for` longer or `heal_at` earlier"));
    }
}
