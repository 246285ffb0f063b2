//! Ranges of ordered keys, each kept by a primary and its replicas.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use sim_core::NodeId;

/// Keys that are kept together: all from one on, and before another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyRange<K> {
    /// The first key; nothing, if there is no smaller key that is not in it.
    pub from: Option<K>,
    /// The first key behind it; nothing, if there is none.
    pub until: Option<K>,
}

impl<K: Ord> KeyRange<K> {
    /// Whether the key is in it.
    pub fn contains(&self, key: &K) -> bool {
        self.from.as_ref().is_none_or(|from| from <= key) && self.until.as_ref().is_none_or(|until| key < until)
    }
}

/// The nodes that keep a range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Keepers {
    /// Who orders what happens to the keys.
    pub primary: NodeId,
    /// Who keeps copies, besides.
    pub replicas: BTreeSet<NodeId>,
}

impl Keepers {
    /// All of them, the primary first.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let primary = self.primary;
        std::iter::once(primary).chain(self.replicas.iter().copied().filter(move |node| *node != primary))
    }
}

/// A range with its nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition {
    /// Who keeps it.
    pub keepers: Keepers,
    /// The number of the last change of the table that changed it or its bounds: a node that was told of another
    /// one does not keep the partition that is meant.
    pub epoch: u64,
}

/// Why partitions are not changed as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A partition begins with that key already: nothing would be in front of it.
    NothingToSplit,
    /// No partition begins with that key, so none in front of it can be merged with it.
    NothingToMerge,
    /// The two partitions are kept by different nodes: one has to be moved first.
    KeptApart,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingToSplit => "a partition begins with that key already",
            Self::NothingToMerge => "no partition begins with that key",
            Self::KeptApart => "the two partitions are kept by different nodes",
        })
    }
}

impl std::error::Error for Refusal {}

/// Which nodes keep which keys, by ranges: partitions that are split, merged and moved (as the tablets of Chang,
/// Dean, Ghemawat, Hsieh, Wallach, Burrows, Chandra, Fikes and Gruber, *Bigtable*, OSDI 2006, section 5; with a
/// primary as in most stores since).
///
/// Every key is in exactly one partition, whatever is done: a partition is stored as where it begins, and ends
/// where the next begins.
///
/// # Example
///
/// ```
/// use parts::placement::{Keepers, Ranges};
/// use sim_core::NodeId;
///
/// let [first, second] = [0, 1].map(|n| Keepers { primary: NodeId::node(n), replicas: [NodeId::node(2)].into() });
/// let mut ranges = Ranges::new(first.clone());
/// ranges.split("m").unwrap();
/// ranges.assign(&"z", second.clone());
/// assert_eq!([ranges.of(&"a"), ranges.of(&"m")].map(|(_, partition)| &partition.keepers), [&first, &second]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges<K: Ord> {
    version: u64,
    /// Who keeps the keys before the first bound.
    lowest: Partition,
    /// Of the other partitions, their first keys.
    above: BTreeMap<K, Partition>,
}

impl<K: Clone + Ord> Ranges<K> {
    /// One partition of all keys. The version is 0.
    pub const fn new(keepers: Keepers) -> Self {
        Self { version: 0, lowest: Partition { keepers, epoch: 0 }, above: BTreeMap::new() }
    }

    /// How many changes there were.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// All partitions, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (KeyRange<K>, &Partition)> {
        let bounds = self.above.keys().cloned().map(Some);
        let starts = std::iter::once(None).chain(bounds.clone());
        let partitions = std::iter::once(&self.lowest).chain(self.above.values());
        let ranges = starts.zip(bounds.chain([None])).map(|(from, until)| KeyRange { from, until });
        ranges.zip(partitions)
    }

    /// The partition of a key.
    pub fn of(&self, key: &K) -> (KeyRange<K>, &Partition) {
        let below = self.above.range(..=key).next_back();
        let until = self.above.range(key..).find(|(start, _)| *start > key).map(|(start, _)| start.clone());
        let (from, partition) = below.map_or((None, &self.lowest), |(from, partition)| (Some(from.clone()), partition));
        (KeyRange { from, until }, partition)
    }

    fn of_mut(&mut self, key: &K) -> &mut Partition {
        self.above.range_mut(..=key).next_back().map_or(&mut self.lowest, |(_, partition)| partition)
    }

    /// Makes two of a partition: from this key on it is another one, which the same nodes keep.
    ///
    /// # Errors
    /// If a partition begins with that key already.
    pub fn split(&mut self, at: K) -> Result<(), Refusal> {
        if self.above.contains_key(&at) {
            return Err(Refusal::NothingToSplit);
        }
        self.version += 1;
        let version = self.version;
        let lower = self.of_mut(&at);
        lower.epoch = version;
        let upper = lower.clone();
        self.above.insert(at, upper);
        Ok(())
    }

    /// Makes one of two partitions: of that which begins with this key, and the one before it.
    ///
    /// # Errors
    /// If none begins with that key, or other nodes keep the one before.
    pub fn merge(&mut self, at: &K) -> Result<(), Refusal> {
        let upper = self.above.get(at).ok_or(Refusal::NothingToMerge)?;
        let lower = self.above.range(..at).next_back().map_or(&self.lowest, |(_, partition)| partition);
        if lower.keepers != upper.keepers {
            return Err(Refusal::KeptApart);
        }
        self.above.remove(at);
        self.version += 1;
        self.of_mut(at).epoch = self.version;
        Ok(())
    }

    /// Moves the partition of this key to other nodes, or makes another of them its primary.
    pub fn assign(&mut self, within: &K, keepers: Keepers) {
        self.version += 1;
        let epoch = self.version;
        *self.of_mut(within) = Partition { keepers, epoch };
    }
}

#[cfg(test)]
mod tests {
    use sim_core::SimRng;

    use super::*;

    const KEYS: u32 = 12;

    fn keepers(number: u32) -> Keepers {
        Keepers { primary: NodeId::node(number), replicas: [number, number + 1].map(NodeId::node).into() }
    }

    /// Of each key the partition that it is in, kept key by key.
    struct Naive {
        partition: Vec<usize>,
        keepers: BTreeMap<usize, u32>,
        epoch: BTreeMap<usize, u64>,
    }

    impl Naive {
        /// The keys of a partition.
        fn keys(&self, partition: usize) -> Vec<u32> {
            (0..KEYS).filter(|key| self.partition[*key as usize] == partition).collect()
        }
    }

    /// Splits, merges and moves in any order leave every key in the one partition that it should be in.
    #[test]
    fn every_key_stays_in_exactly_one_partition() {
        for seed in 0..2000 {
            let rng = &mut SimRng::new(seed, 0);
            let mut ranges = Ranges::new(keepers(0));
            let mut naive =
                Naive { partition: vec![0; KEYS as usize], keepers: [(0, 0)].into(), epoch: [(0, 0)].into() };
            for change in 1..=rng.below(20) as usize {
                let key = rng.between(1, u64::from(KEYS) - 1) as u32;
                let [before, of_key] = [key - 1, key].map(|key| naive.partition[key as usize]);
                let outcome = match rng.below(3) {
                    0 => ranges.split(key).map(|()| {
                        let moved = naive.keys(of_key).into_iter().filter(|other| *other >= key);
                        moved.for_each(|key| naive.partition[key as usize] = change);
                        naive.keepers.insert(change, naive.keepers[&of_key]);
                        vec![of_key, change]
                    }),
                    1 => ranges.merge(&key).map(|()| {
                        naive.keys(of_key).into_iter().for_each(|key| naive.partition[key as usize] = before);
                        vec![before]
                    }),
                    _ => {
                        let number = rng.below(3) as u32;
                        ranges.assign(&key, keepers(number));
                        naive.keepers.insert(of_key, number);
                        Ok(vec![of_key])
                    }
                };
                match outcome {
                    Ok(changed) => {
                        naive.epoch.extend(changed.into_iter().map(|partition| (partition, ranges.version())));
                    }
                    Err(Refusal::NothingToSplit) => assert_ne!(before, of_key, "seed {seed}"),
                    Err(Refusal::NothingToMerge) => assert_eq!(before, of_key, "seed {seed}"),
                    Err(Refusal::KeptApart) => {
                        assert_ne!(naive.keepers[&before], naive.keepers[&of_key], "seed {seed}");
                    }
                }
                for key in 0..KEYS {
                    let holding: Vec<_> = ranges.iter().filter(|(range, _)| range.contains(&key)).collect();
                    assert_eq!(holding, [ranges.of(&key)], "seed {seed}: {key} in {ranges:?}");
                    let (range, partition) = ranges.of(&key);
                    let number = naive.partition[key as usize];
                    let keys: Vec<_> = (0..KEYS).filter(|key| range.contains(key)).collect();
                    assert_eq!(keys, naive.keys(number), "seed {seed}: the partition of {key} in {ranges:?}");
                    assert_eq!(partition.keepers, keepers(naive.keepers[&number]), "seed {seed}: {key} in {ranges:?}");
                    assert_eq!(partition.epoch, naive.epoch[&number], "seed {seed}: {key} in {ranges:?}");
                }
            }
        }
    }

    #[test]
    fn a_partition_is_merged_with_one_of_the_same_nodes_only() {
        let mut ranges = Ranges::new(keepers(0));
        assert_eq!((ranges.split(5), ranges.split(5)), (Ok(()), Err(Refusal::NothingToSplit)));
        assert_eq!(ranges.merge(&4), Err(Refusal::NothingToMerge));
        ranges.assign(&7, keepers(1));
        assert_eq!(ranges.merge(&5), Err(Refusal::KeptApart));
        ranges.assign(&0, keepers(1));
        assert_eq!((ranges.merge(&5), ranges.version(), ranges.iter().count()), (Ok(()), 4, 1));
    }

    #[test]
    fn the_primary_is_the_first_and_counts_once() {
        let nodes: Vec<_> = keepers(3).nodes().collect();
        assert_eq!(nodes, [3, 4].map(NodeId::node));
    }
}
