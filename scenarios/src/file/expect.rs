//! What is expected of the runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Bounds, Duration, Guarantee, NO_HALT, NO_PANIC, PROGRESS, RowInfo, Sign, TIME_GOES_ON};

use super::guarantees::Guarantees;
use super::place::{Mistakes, Place};
use super::terms::Terms;

/// What must hold, and what must happen.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Expect {
    /// A level of consistency that the history of the clients keeps, or another guarantee, or a list
    /// of several.
    pub(crate) consistency: Option<Guarantees>,
    /// Progress is seen within this long after the heal.
    pub(crate) progress_within: Option<Duration>,
    /// By what it is seen: `operation` (of those to whom progress is owed, again and again), `read`,
    /// `write`, `convergence` (the repaired nodes agree), a role that somebody takes or keeps, or an
    /// event that is announced; without, by operations.
    pub(crate) progress: Vec<String>,
    /// Events that must be announced in at least one of the runs.
    pub(crate) sometimes: Vec<String>,
    /// Figures that the protocol measures, by name, and what they must be over all runs together. Each has a least
    /// value, a greatest one, or both.
    pub(crate) figures: BTreeMap<String, Bounds>,
    /// A property that at least one of the runs violates, while none violates any other.
    pub(crate) violates: Option<String>,
    /// Which of the protocol's own properties are looked at, to see what one finds where another would
    /// end the run before; without, all of them.
    pub(crate) only_properties: Option<Vec<String>>,
    /// Whether a violation that the protocol's model excuses is told and does not end the run.
    pub(crate) follow_beyond_model: bool,
    /// The share of the runs that must keep to the protocol's models and be judged, for safety and,
    /// if progress is expected, for that: from 0, none, to 1, all. Without, at least one run.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) judged: Option<f64>,
    /// The share of the runs that must make progress, where links lose messages after the heal
    /// (`lossy_after_heal`), from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) progress_share: Option<f64>,
}

/// The signs of progress that are no roles and no events.
const OPERATION: &str = "operation";
const READ: &str = "read";
const WRITE: &str = "write";
const CONVERGENCE: &str = "convergence";

impl Expect {
    /// Checks all but the protocol's own side of it.
    pub(crate) fn check(
        &self,
        place: &Place<'_>,
        terms: &Terms,
        run_for: Duration,
        properties: &[RowInfo],
        mistakes: &mut Mistakes,
    ) {
        for (number, event) in self.sometimes.iter().enumerate() {
            mistakes.check_name(&place.key("sometimes").index(number), "event", event, terms.events);
        }
        if self.guarantees().iter().any(|guarantee| guarantee.wants_clients()) && terms.clients == 0 {
            let message = "without clients there is no history to be consistent";
            mistakes.push(place.key("consistency").key_mistake(message));
        }
        if let Some(within) = self.progress_within {
            let needs_clients = self.signs(terms).iter().any(Sign::is_of_operations);
            check_progress(within, needs_clients, &place.key("progress_within"), terms, run_for, mistakes);
        }
        for (key, share) in [("judged", self.judged), ("progress_share", self.progress_share)] {
            if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
                mistakes.push(place.key(key).mistake("a share lies between 0 and 1"));
            }
        }
        self.check_signs(place, terms, mistakes);
        self.check_figures(place, terms, mistakes);
        self.check_only(place, properties, mistakes);
        self.check_violates(place, properties, mistakes);
    }

    /// What runs keep.
    pub(crate) fn guarantees(&self) -> &[Guarantee] {
        self.consistency.as_ref().map_or(&[], |all| &all.0)
    }

    /// By what progress is seen.
    pub(crate) fn signs(&self, terms: &Terms) -> Vec<Sign> {
        let sign = |text: &String| match text.as_str() {
            OPERATION => Sign::Operation,
            READ => Sign::Read,
            WRITE => Sign::Write,
            event if terms.events.contains(&event) => Sign::Event(event.to_owned()),
            CONVERGENCE => Sign::Convergence,
            role => Sign::Role(role.to_owned()),
        };
        if self.progress.is_empty() { vec![Sign::Operation] } else { self.progress.iter().map(sign).collect() }
    }

    fn check_signs(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) {
        let known: Vec<&str> = [OPERATION, READ, WRITE, CONVERGENCE]
            .into_iter()
            .chain(terms.roles.iter().chain(terms.events).copied())
            .collect();
        for (number, sign) in self.progress.iter().enumerate() {
            mistakes.check_name(&place.key("progress").index(number), "sign of progress", sign, &known);
        }
        if !self.progress.is_empty() && self.progress_within.is_none() {
            let mistake = place.key("progress").key_mistake("it is not said how soon after the heal");
            mistakes.push(mistake.with_help("add `progress_within`"));
        }
    }

    fn check_figures(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) {
        for (name, bounds) in &self.figures {
            let entry = place.key("figures").key(name);
            mistakes.check_key(&entry, "figure", name, &terms.figures);
            match bounds {
                Bounds { at_least: None, at_most: None } => {
                    let mistake = entry.mistake("it is not said what it must be");
                    mistakes.push(mistake.with_help("add `at_least`, `at_most` or both"));
                }
                Bounds { at_least: Some(least), at_most: Some(most) } if least > most => {
                    mistakes.push(entry.mistake(format!("nothing is at least {least} and at most {most}")));
                }
                _ => {}
            }
        }
    }

    fn check_only(&self, place: &Place<'_>, properties: &[RowInfo], mistakes: &mut Mistakes) {
        let known: Vec<&str> = properties.iter().map(|property| property.name).collect();
        for (number, property) in self.only_properties.iter().flatten().enumerate() {
            mistakes.check_name(&place.key("only_properties").index(number), "property", property, &known);
        }
    }

    fn check_violates(&self, place: &Place<'_>, properties: &[RowInfo], mistakes: &mut Mistakes) {
        let Some(property) = &self.violates else { return };
        let is_left_out = self.only_properties.as_ref().is_some_and(|only| !only.contains(property));
        let own: Vec<&str> = properties.iter().map(|property| property.name).collect();
        let known: Vec<&str> = own.iter().copied().chain(common_properties()).collect();
        let place_of = place.key("violates");
        mistakes.check_name(&place_of, "property", property, &known);
        let condition = match property.as_str() {
            PROGRESS if self.progress_within.is_none() => "`progress_within` beside it".to_owned(),
            name if is_left_out && own.contains(&name) => format!("`{name}` to `only_properties`"),
            name => match Guarantee::ALL.iter().find(|guarantee| guarantee.property() == name) {
                Some(guarantee) if !self.guarantees().contains(guarantee) => {
                    format!("`\"consistency\": \"{guarantee}\"` beside it")
                }
                _ => return,
            },
        };
        let mistake = place_of.mistake(format!("`{property}` is not checked"));
        mistakes.push(mistake.with_help(format!("add {condition}")));
    }
}

/// Properties that runs of all protocols are checked for, some of them when that is asked for.
pub(crate) fn common_properties() -> impl Iterator<Item = &'static str> {
    let guarantees = Guarantee::ALL.iter().map(|guarantee| guarantee.property());
    guarantees.chain([PROGRESS, NO_PANIC, NO_HALT, TIME_GOES_ON])
}

fn check_progress(
    within: Duration,
    needs_clients: bool,
    place: &Place<'_>,
    terms: &Terms,
    run_for: Duration,
    mistakes: &mut Mistakes,
) {
    if needs_clients && terms.clients == 0 {
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
