//! Clients: how many, how patient, and what they ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ClientProfile, Duration};

use super::place::{LONGEST_SPAN, Mistakes, Place};
use super::range::TimeRange;
use super::whole::Whole;

/// Who asks the nodes for something.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Clients {
    /// How many there are; without, one.
    #[schemars(range(min = 1, max = 1000))]
    count: Option<Whole>,
    /// How many operations each asks; without, 100.
    #[schemars(range(min = 1, max = 1_000_000))]
    operations: Option<Whole>,
    /// How long a client waits for an answer before it asks the next node; without, 500 ms.
    timeout: Option<Duration>,
    /// How often it asks before it takes the outcome as unknown; without, ten times.
    #[schemars(range(min = 1))]
    attempts: Option<Whole>,
    /// How long it waits between two operations: at least and at most; without, up to 50 ms.
    think: Option<TimeRange>,
    /// What is asked. Its keys are the protocol's.
    workload: Option<serde_json::Value>,
}

/// Clients at most.
const MOST_CLIENTS: u64 = 1000;
/// Operations of a client at most.
const MOST_OPERATIONS: u64 = 1_000_000;
/// Keys that say what is asked, which a list of operations says as well.
pub(crate) const DRAWN: [&str; 3] = ["count", "operations", "workload"];

impl Clients {
    /// The profile of the clients, where `listed` is the number of lists of operations.
    pub(crate) fn read(&self, listed: Option<usize>, place: &Place<'_>, mistakes: &mut Mistakes) -> ClientProfile {
        let usual = ClientProfile::default();
        if listed.is_some() {
            refuse_drawn(place, mistakes);
        }
        let count = self.count.or(listed.map(|lists| (lists as u64).into())).unwrap_or(usual.count.into());
        let count = mistakes.check_number(&place.key("count"), "a number of clients", count, 1, MOST_CLIENTS);
        let (at, operations) = (place.key("operations"), self.operations.unwrap_or(usual.operations.into()));
        let operations = mistakes.check_number(&at, "a number of operations", operations, 1, MOST_OPERATIONS);
        let attempts = self.attempts.unwrap_or(usual.attempts.into());
        let attempts = mistakes.check_number(&place.key("attempts"), "a number", attempts, 1, u32::MAX.into());
        let think = self.think.unwrap_or(usual.think.into());
        ClientProfile {
            count: count as u32,
            operations: operations as u32,
            timeout: self.timeout(&place.key("timeout"), usual.timeout, mistakes),
            attempts: attempts as u32,
            think: think.read(&place.key("think"), LONGEST_SPAN, mistakes),
        }
    }

    fn timeout(&self, place: &Place<'_>, usual: Duration, mistakes: &mut Mistakes) -> Duration {
        let timeout = self.timeout.unwrap_or(usual);
        if timeout.is_zero() {
            mistakes.push(place.mistake("a client without patience never gets an answer"));
        }
        mistakes.check_span(place, timeout, LONGEST_SPAN);
        timeout
    }
}

fn refuse_drawn(place: &Place<'_>, mistakes: &mut Mistakes) {
    for key in DRAWN.into_iter().filter(|key| place.key(key).exists()) {
        let message = format!("`{key}` has no effect: `operations` at the top lists what each client asks");
        mistakes.push(place.key(key).key_mistake(message));
    }
}
