//! Versions of values: what decides between writes.

use std::collections::BTreeSet;

use parts::clocks::{CausalContext, Causality, Dot, DottedVersionVector, HybridTime};
use parts::kv::WriteId;
use serde::Serialize;
use sim_core::Flaws;

use super::flaws::QuorumFlaw;

/// A version of a key's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its name, and the versions that its author had seen: nothing where the last write wins.
    pub vector: DottedVersionVector<CausalContext>,
    /// What decides between it and others, where the last write wins.
    pub stamp: Option<HybridTime>,
    /// The write that made it.
    pub write: WriteId,
    /// The value; nothing if this is a tombstone.
    pub value: Option<BTreeSet<WriteId>>,
}

impl Version {
    /// Its name.
    pub const fn dot(&self) -> Dot {
        self.vector.dot
    }

    /// Whether it takes the place of the other.
    pub fn supersedes(&self, other: &Self) -> bool {
        match (self.stamp, other.stamp) {
            (Some(mine), Some(others)) => (mine, self.dot()) > (others, other.dot()),
            _ => self.vector.compare(&other.vector) == Causality::After,
        }
    }

    /// Whether who has it has the other, too: as it is, or as something that was overwritten.
    pub fn covers(&self, other: &Self) -> bool {
        self.dot() == other.dot() || self.supersedes(other)
    }

    /// Whether it says that the key was deleted.
    pub const fn is_tombstone(&self) -> bool {
        self.value.is_none()
    }
}

/// The versions of a key that a node has, none of which takes the place of another, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cell {
    versions: Vec<Version>,
}

impl Cell {
    /// All of them.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// Their names.
    pub fn dots(&self) -> impl Iterator<Item = Dot> {
        self.versions.iter().map(Version::dot)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Whether the key was deleted, as far as is known here, and nothing is left but that.
    pub fn is_deleted(&self) -> bool {
        !self.is_empty() && self.versions.iter().all(Version::is_tombstone)
    }

    /// Whether it has a version, or another that came after it.
    pub fn covers(&self, version: &Version) -> bool {
        self.versions.iter().any(|mine| mine.covers(version))
    }

    /// Whether it has all of the other.
    pub fn covers_all(&self, other: &Self) -> bool {
        other.versions.iter().all(|version| self.covers(version))
    }

    /// Takes a version in. Tells whether it is new here.
    pub fn take(&mut self, version: &Version, flaws: Flaws<QuorumFlaw>) -> bool {
        let supersedes = |this: &Version, that: &Version| {
            if flaws.has(QuorumFlaw::KeepsOldest) { that.supersedes(this) } else { this.supersedes(that) }
        };
        if self.versions.iter().any(|mine| mine.dot() == version.dot() || supersedes(mine, version)) {
            return false;
        }
        let is_conflict = !self.versions.iter().any(|mine| supersedes(version, mine));
        if flaws.has(QuorumFlaw::DropsRemote) && is_conflict && !self.is_empty() {
            return false;
        }
        self.versions.retain(|mine| !supersedes(version, mine));
        let place = self.versions.partition_point(|mine| mine.dot() < version.dot());
        self.versions.insert(place, version.clone());
        true
    }

    /// Leaves out the versions of these names.
    pub fn drop(&mut self, dots: &[Dot]) {
        self.versions.retain(|mine| !dots.contains(&mine.dot()));
    }

    /// What who reads it has seen.
    pub fn context(&self) -> CausalContext {
        let mut context = CausalContext::default();
        for version in &self.versions {
            context.merge(&version.vector.past);
            context.insert(version.dot());
        }
        context
    }

    /// The union of its values.
    pub fn values(&self) -> BTreeSet<WriteId> {
        self.versions.iter().filter_map(|version| version.value.as_ref()).flatten().copied().collect()
    }
}

/// What all of these come to.
impl<'a> FromIterator<&'a Version> for Cell {
    fn from_iter<I: IntoIterator<Item = &'a Version>>(versions: I) -> Self {
        let mut cell = Self::default();
        for version in versions {
            cell.take(version, Flaws::default());
        }
        cell
    }
}

#[cfg(test)]
mod tests {
    use sim_core::SimRng;

    use super::*;

    /// Versions of sessions that have seen some of those before, or that stamp theirs by clocks which are apart.
    fn versions(rng: &mut SimRng, has_stamps: bool) -> Vec<Version> {
        let mut made: Vec<Version> = Vec::new();
        for number in 1..=8 {
            let seen: Cell = made.iter().filter(|_| rng.below(2) == 0).collect();
            let dot = Dot { origin: rng.below(3), number: number.into() };
            let write = WriteId { client: 0, index: number };
            let stamp = has_stamps.then(|| HybridTime { wall: rng.below(6), ticks: 0 });
            let past = if has_stamps { CausalContext::default() } else { seen.context() };
            let value = (rng.below(4) > 0).then(|| [write].into());
            made.push(Version { vector: DottedVersionVector { dot, past }, stamp, write, value });
        }
        made
    }

    #[test]
    fn what_a_cell_has_is_maximal_in_whatever_order_it_came() {
        for seed in 0..400 {
            let mut rng = SimRng::new(seed, 0);
            let mut all = versions(&mut rng, seed % 2 == 0);
            let cell: Cell = all.iter().collect();
            for version in &all {
                let is_maximal = !all.iter().any(|other| other.supersedes(version));
                assert_eq!(cell.dots().any(|dot| dot == version.dot()), is_maximal, "seed {seed}: {version:?}");
                assert!(cell.covers(version), "seed {seed}: {version:?}");
            }
            // Some come twice.
            for _ in 0..20 {
                let (one, other) = (rng.below(8) as usize, rng.below(8) as usize);
                all.swap(one, other);
                let again = all[one].clone();
                assert_eq!(all.iter().chain([&again]).collect::<Cell>(), cell, "seed {seed}");
            }
        }
    }

    #[test]
    fn the_last_write_alone_wins_and_siblings_stay_side_by_side() {
        for seed in 0..100 {
            let all = versions(&mut SimRng::new(seed, 1), true);
            let cell: Cell = all.iter().collect();
            let last = all.iter().max_by_key(|version| (version.stamp, version.dot())).map(Version::dot);
            assert_eq!((cell.versions().len(), cell.dots().next()), (1, last), "seed {seed}");
        }
        let blind = |number| Version {
            vector: DottedVersionVector { dot: Dot { origin: 0, number }, past: CausalContext::default() },
            stamp: None,
            write: WriteId { client: 0, index: 0 },
            value: None,
        };
        assert_eq!([blind(1), blind(2)].iter().collect::<Cell>().versions().len(), 2);
    }
}
