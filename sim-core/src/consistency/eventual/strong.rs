//! Replicas with the same updates are alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};
use std::hash::Hash;

use super::super::hash::hash_one;
use super::super::lines::SHOWN;

/// Watches which updates replicas have and which digest that gives them. `U` names an update.
///
/// Sets of updates are found by a hash, and compared in full before anything is called wrong. The
/// memory it takes is in proportion to updates that arrived plus digests observed.
#[derive(Clone, Debug)]
pub struct StrongConvergence<U> {
    /// By replica, its lives, each with the updates that arrived in it.
    replicas: BTreeMap<u64, Vec<Life<U>>>,
    /// By the hash of a set of updates, where it was seen first; sets of one hash stand side by
    /// side.
    seen: BTreeMap<u64, Vec<Sight>>,
}

/// What a replica had since it last lost its memory.
#[derive(Clone, Debug)]
struct Life<U> {
    /// In order of arrival, each once.
    updates: Vec<U>,
    had: BTreeSet<U>,
    /// The sum of the hashes of all.
    hash: u64,
}

/// A replica that had so many of the updates of one of its lives, and the digest that gave.
#[derive(Clone, Copy, Debug)]
struct Sight {
    replica: u64,
    life: usize,
    updates: usize,
    digest: u64,
}

/// Two replicas, or one at two times, that had the same updates and were unlike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// The replicas: the one seen first, and the one that was unlike it.
    pub replicas: [u64; 2],
    /// Their digests.
    pub digests: [u64; 2],
    /// How many updates both had.
    pub updates: usize,
    /// The last updates of each, in order of arrival.
    last: [Vec<String>; 2],
}

impl<U: Clone + Ord + Hash + Debug> StrongConvergence<U> {
    /// No replica has anything yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { replicas: BTreeMap::new(), seen: BTreeMap::new() }
    }

    /// The update arrived at the replica; a second time is as good as never.
    pub fn deliver(&mut self, replica: u64, update: U) {
        let life = self.last_life(replica);
        if life.had.insert(update.clone()) {
            life.hash = life.hash.wrapping_add(hash_one(&update));
            life.updates.push(update);
        }
    }

    /// The replica lost all updates.
    pub fn wipe(&mut self, replica: u64) {
        self.replicas.entry(replica).or_default().push(Life::new());
    }

    /// With all that has arrived, the replica has this digest.
    ///
    /// # Errors
    /// Another replica with the same updates, or this one at another time, had a different digest.
    pub fn observe(&mut self, replica: u64, digest: u64) -> Result<(), Box<Unlike>> {
        let life = self.last_life(replica);
        let (hash, updates) = (life.hash, life.updates.len());
        let sight = Sight { replica, life: self.replicas[&replica].len() - 1, updates, digest };
        let alike = self.seen.get(&hash).into_iter().flatten();
        // Alike in digest is alike enough: only what differs is worth a full comparison.
        let mut of_same_size = alike.filter(|other| other.updates == updates);
        match of_same_size.clone().find(|other| other.digest != digest && self.set(other) == self.set(&sight)) {
            Some(other) => Err(Box::new(self.unlike(other, &sight))),
            None => {
                if of_same_size.all(|other| other.digest != digest) {
                    self.seen.entry(hash).or_default().push(sight);
                }
                Ok(())
            }
        }
    }

    fn last_life(&mut self, replica: u64) -> &mut Life<U> {
        let lives = self.replicas.entry(replica).or_default();
        if lives.is_empty() {
            lives.push(Life::new());
        }
        let last = lives.len() - 1;
        &mut lives[last]
    }

    fn arrived(&self, sight: &Sight) -> &[U] {
        &self.replicas[&sight.replica][sight.life].updates[..sight.updates]
    }

    fn set(&self, sight: &Sight) -> BTreeSet<&U> {
        self.arrived(sight).iter().collect()
    }

    fn unlike(&self, first: &Sight, second: &Sight) -> Unlike {
        let last = |sight: &Sight| {
            let arrived = self.arrived(sight);
            arrived[arrived.len().saturating_sub(SHOWN)..].iter().map(|update| format!("{update:?}")).collect()
        };
        Unlike {
            replicas: [first.replica, second.replica],
            digests: [first.digest, second.digest],
            updates: first.updates,
            last: [last(first), last(second)],
        }
    }
}

impl<U: Clone + Ord + Hash + Debug> Default for StrongConvergence<U> {
    fn default() -> Self {
        Self::new()
    }
}

impl<U> Life<U> {
    const fn new() -> Self {
        Self { updates: Vec::new(), had: BTreeSet::new(), hash: 0 }
    }
}

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let updates = self.updates;
        writeln!(f, "with the same {updates} updates, replicas are unlike:")?;
        for place in 0..2 {
            let (replica, digest, last) = (self.replicas[place], self.digests[place], &self.last[place]);
            let dots = if last.len() < updates { "..., " } else { "" };
            writeln!(f, "  replica {replica}: {digest:#018x} after {dots}{}", last.join(", "))?;
        }
        Ok(())
    }
}
