//! What a replica knows of the counter: a PN-counter, and which request of each client was counted last.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sim_core::{Flaws, NodeId, RequestId};

use super::flaws::CounterFlaw;

/// Names an entry of the counter, and the one replica that counts in it: a node, since it was promoted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// The node.
    pub node: NodeId,
    /// Its incarnation as a replica: the number of the configuration with which it was promoted.
    pub since: u64,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.node, self.since)
    }
}

/// What was counted in an entry. Both totals only grow.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The sum of all increments.
    pub up: u64,
    /// The sum of all decrements.
    pub down: u64,
}

impl Totals {
    /// The same after one more change.
    #[must_use]
    pub(super) fn with(self, amount: i32) -> Self {
        let by = u64::from(amount.unsigned_abs());
        if amount < 0 { Self { down: self.down + by, ..self } } else { Self { up: self.up + by, ..self } }
    }

    /// The least that is as high as both.
    #[must_use]
    pub(super) fn max(self, other: Self) -> Self {
        Self { up: self.up.max(other.up), down: self.down.max(other.down) }
    }

    /// Whether everything is counted in these that is in the others.
    pub(super) const fn covers(self, other: Self) -> bool {
        self.up >= other.up && self.down >= other.down
    }
}

impl fmt::Debug for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}-{}", self.up, self.down)
    }
}

/// The entries of a counter.
pub(super) type Entries = BTreeMap<Entry, Totals>;

/// What a replica knows of the counter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct State {
    /// The entries in which anything was counted.
    #[serde(serialize_with = "as_pairs")]
    pub(super) entries: Entries,
    /// The last request of each client that was counted.
    pub(super) counted: BTreeMap<NodeId, RequestId>,
}

/// An entry is no name of a field.
fn as_pairs<S: Serializer>(entries: &Entries, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries)
}

impl State {
    /// The value of the counter.
    pub fn value(&self) -> i64 {
        let sum: i128 = self.entries.values().map(|totals| i128::from(totals.up) - i128::from(totals.down)).sum();
        sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// What was counted in an entry.
    pub(super) fn totals(&self, entry: Entry) -> Totals {
        self.entries.get(&entry).copied().unwrap_or_default()
    }

    /// The last request of a client that was counted.
    pub(super) fn last_counted(&self, client: NodeId) -> Option<RequestId> {
        self.counted.get(&client).copied()
    }

    /// Whether a request was counted, or a later one of the same client.
    pub(super) fn has_counted(&self, request: RequestId) -> bool {
        self.last_counted(request.client).is_some_and(|last| last >= request)
    }

    /// Counts a change in an entry; tells what it comes to.
    pub(super) fn count(&mut self, entry: Entry, request: RequestId, amount: i32, flaws: Flaws<CounterFlaw>) -> Totals {
        let totals = self.entries.entry(entry).or_default();
        *totals = if flaws.has(CounterFlaw::DecrementLowersTotal) && amount < 0 {
            Totals { up: totals.up.saturating_sub(amount.unsigned_abs().into()), ..*totals }
        } else {
            totals.with(amount)
        };
        self.counted.insert(request.client, request);
        *totals
    }

    /// Takes in what another replica knows: the least that is as high as both. Tells whether there was anything new.
    pub(super) fn merge(&mut self, other: &Self, flaws: Flaws<CounterFlaw>) -> bool {
        let mut is_new = false;
        for (entry, theirs) in &other.entries {
            let ours = self.entries.entry(*entry).or_default();
            let merged = match *ours {
                ours if flaws.has(CounterFlaw::MergeAdds) && !ours.covers(*theirs) => {
                    Totals { up: ours.up + theirs.up, down: ours.down + theirs.down }
                }
                ours => ours.max(*theirs),
            };
            is_new |= merged != *ours;
            *ours = merged;
        }
        for (client, theirs) in &other.counted {
            if self.last_counted(*client).is_none_or(|ours| ours < *theirs) {
                self.counted.insert(*client, *theirs);
                is_new = true;
            }
        }
        is_new
    }

    /// Forgets which requests were counted, and keeps what was counted.
    pub(super) fn forget_requests(&mut self) {
        self.counted.clear();
    }

    /// Whether it knows everything that another replica knows.
    pub(super) fn includes(&self, other: &Self) -> bool {
        covers(&self.entries, &other.entries) && other.counted.values().all(|request| self.has_counted(*request))
    }
}

/// Whether everything is counted in these entries that is in the others.
pub(super) fn covers(entries: &Entries, others: &Entries) -> bool {
    others.iter().all(|(entry, totals)| entries.get(entry).copied().unwrap_or_default().covers(*totals))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Entry = Entry { node: NodeId::node(1), since: 1 };
    const OTHER: Entry = Entry { node: NodeId::node(2), since: 1 };

    fn request(client: u32, sequence: u32) -> RequestId {
        RequestId { client: NodeId::client(client), session: 0, sequence }
    }

    /// A state in which these changes were counted.
    fn state(changes: &[(Entry, RequestId, i32)]) -> State {
        let mut state = State::default();
        for (entry, request, amount) in changes {
            state.count(*entry, *request, *amount, Flaws::default());
        }
        state
    }

    #[test]
    fn merging_is_a_join() {
        let states = [
            state(&[]),
            state(&[(ONE, request(0, 0), 5)]),
            state(&[(ONE, request(0, 0), 5), (ONE, request(0, 1), -7)]),
            state(&[(OTHER, request(1, 0), -2)]),
            state(&[(OTHER, request(1, 0), -2), (ONE, request(0, 0), 5)]),
        ];
        let joined = |one: &State, other: &State| {
            let mut joined = one.clone();
            let is_new = joined.merge(other, Flaws::default());
            assert_eq!(is_new, joined != *one, "{one:?} {other:?}");
            joined
        };
        for a in &states {
            assert_eq!(joined(a, a), *a);
            for b in &states {
                assert_eq!(joined(a, b), joined(b, a));
                assert!(joined(a, b).includes(a) && joined(a, b).includes(b));
                assert_eq!(a.includes(b), joined(a, b) == *a);
                for c in &states {
                    assert_eq!(joined(&joined(a, b), c), joined(a, &joined(b, c)));
                }
            }
        }
        assert_eq!(joined(&states[2], &states[3]).value(), -4);
    }

    #[test]
    fn an_older_request_was_counted_if_a_later_one_was() {
        let state = state(&[(ONE, request(0, 3), 1)]);
        assert!(state.has_counted(request(0, 2)) && state.has_counted(request(0, 3)));
        assert!(!state.has_counted(request(0, 4)) && !state.has_counted(request(1, 0)));
    }
}
