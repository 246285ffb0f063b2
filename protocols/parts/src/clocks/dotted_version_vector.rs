//! Dotted version vectors (Preguiça, Baquero, Almeida, Fonte and Gonçalves, *Brief Announcement:
//! Efficient Causality Tracking in Distributed Storage Systems with Dotted Version Vectors*, PODC 2012).

use serde::{Deserialize, Serialize};

use super::{CausalContext, Causality, Dot, VectorClock};

/// Names a version of a value: the event that made it, apart from all that its author had seen.
///
/// A version vector of servers cannot tell apart two writes that went through one server from clients
/// that had seen the same: the second would overwrite the first. With the event apart, they are concurrent.
///
/// What was seen is a vector clock where whoever has an event of a server has all before it, too. Where that is
/// not so, it is any set of events, a [`CausalContext`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DottedVersionVector<C = VectorClock> {
    /// The event that made it.
    pub dot: Dot,
    /// What its author had seen. All of it is before the event.
    pub past: C,
}

/// The events that the author of a version had seen.
pub trait Past {
    /// Whether the event is among them.
    fn has(&self, dot: Dot) -> bool;
}

impl Past for VectorClock {
    fn has(&self, dot: Dot) -> bool {
        self.includes(dot)
    }
}

impl Past for CausalContext {
    fn has(&self, dot: Dot) -> bool {
        self.contains(dot)
    }
}

impl<C: Past> DottedVersionVector<C> {
    /// How this version stands to the other.
    pub fn compare(&self, other: &Self) -> Causality {
        match (other.past.has(self.dot), self.past.has(other.dot)) {
            _ if self.dot == other.dot => Causality::Equal,
            (true, _) => Causality::Before,
            (_, true) => Causality::After,
            (false, false) => Causality::Concurrent,
        }
    }
}

/// The versions of one value, none before another: what a server stores, and what a client is given that
/// reads.
///
/// ```
/// use parts::clocks::{Siblings, VectorClock};
///
/// let mut server = Siblings::default();
/// // Two clients write that have seen nothing.
/// server.write(1, &VectorClock::default(), "left");
/// server.write(1, &VectorClock::default(), "right");
/// assert_eq!(server.values().collect::<Vec<_>>(), [&"left", &"right"]);
/// // One who has read both overwrites both.
/// server.write(1, &server.context(), "both");
/// assert_eq!(server.values().collect::<Vec<_>>(), [&"both"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Siblings<V> {
    versions: Vec<(DottedVersionVector, V)>,
}

impl<V> Default for Siblings<V> {
    fn default() -> Self {
        Self { versions: Vec::new() }
    }
}

impl<V> Siblings<V> {
    /// What a client has seen that reads these: it sends it along with its next write.
    pub fn context(&self) -> VectorClock {
        let mut context = VectorClock::default();
        for (version, _) in &self.versions {
            context.merge(&version.past);
            context.advance_to(version.dot);
        }
        context
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.versions.iter().map(|(_, value)| value)
    }

    /// The names of the versions.
    pub fn versions(&self) -> impl Iterator<Item = &DottedVersionVector> {
        self.versions.iter().map(|(version, _)| version)
    }

    /// A client that has seen `past` writes through the server `origin`, whose versions these are. What the
    /// client has seen is overwritten. Gives the name of the new version.
    pub fn write(&mut self, origin: u64, past: &VectorClock, value: V) -> &DottedVersionVector {
        let mut known = self.context();
        known.merge(past);
        let version = DottedVersionVector { dot: known.increment(origin), past: past.clone() };
        self.versions.retain(|(other, _)| !past.includes(other.dot));
        self.versions.push((version, value));
        &self.versions[self.versions.len() - 1].0
    }
}

impl<V: Clone> Siblings<V> {
    /// Takes in the versions of another server: what comes before another is dropped.
    pub fn sync(&mut self, other: &Self) {
        let is_before = |this: &DottedVersionVector, all: &[(DottedVersionVector, V)]| {
            all.iter().any(|(that, _)| matches!(this.compare(that), Causality::Before))
        };
        let has = |this: &DottedVersionVector| self.versions.iter().any(|(that, _)| that.dot == this.dot);
        let new = other.versions.iter().filter(|(version, _)| !has(version) && !is_before(version, &self.versions));
        let new: Vec<_> = new.cloned().collect();
        self.versions.retain(|(version, _)| !is_before(version, &other.versions));
        self.versions.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sim_core::SimRng;

    use super::*;

    /// A version by all events in its past, itself among them.
    type PastEvents = BTreeSet<Dot>;

    /// Clients read at one server and write at another, and servers sync. Beside each version goes the set of
    /// all events that it rests on: two versions are ordered where one of these sets has the other's event.
    fn check(seed: u64) {
        let mut rng = SimRng::new(seed, 0);
        let mut servers: Vec<Siblings<PastEvents>> = vec![Siblings::default(); 3];
        let mut made: Vec<(DottedVersionVector, PastEvents)> = Vec::new();
        for _ in 0..30 {
            let [at, from] = [0, 1].map(|_| rng.below(3) as usize);
            if rng.below(3) == 0 {
                let other = servers[from].clone();
                servers[at].sync(&other);
                continue;
            }
            // Half of the writes are blind.
            let read = if rng.below(2) == 0 { Siblings::default() } else { servers[from].clone() };
            let mut events: PastEvents = read.values().flatten().copied().collect();
            let context = read.context();
            // Who writes through a server that has synced less than what it has read: its dot comes after both.
            let dot = servers[at].write(at as u64, &context, PastEvents::new()).dot;
            events.insert(dot);
            let place = servers[at].versions.len() - 1;
            servers[at].versions[place].1.clone_from(&events);
            made.push((servers[at].versions[place].0.clone(), events));
        }
        for (first, past_of_first) in &made {
            for (second, past_of_second) in &made {
                let expected = match (past_of_second.contains(&first.dot), past_of_first.contains(&second.dot)) {
                    (true, true) => Causality::Equal,
                    (true, false) => Causality::Before,
                    (false, true) => Causality::After,
                    (false, false) => Causality::Concurrent,
                };
                assert_eq!(first.compare(second), expected, "seed {seed}: {first:?} to {second:?}");
            }
        }
    }

    #[test]
    fn versions_are_ordered_as_the_events_that_they_rest_on_are() {
        (0..500).for_each(check);
    }

    #[test]
    fn servers_that_have_synced_both_ways_are_alike() {
        let (mut first, mut second) = (Siblings::default(), Siblings::default());
        first.write(1, &VectorClock::default(), "a");
        second.write(2, &first.context(), "b");
        first.write(1, &first.context(), "c");
        first.sync(&second);
        second.sync(&first);
        let values = |of: &Siblings<&'static str>| of.values().copied().collect::<BTreeSet<_>>();
        assert_eq!(values(&first), ["b", "c"].into());
        assert_eq!(values(&second), values(&first));
    }
}
