//! Merkle trees: two replicas find the keys in which they differ without sending all of them.
//!
//! A leaf hashes what is stored in a part of the keys, an inner node hashes its two children (Merkle, *A Digital
//! Signature Based on a Conventional Encryption Function*, CRYPTO 1987). Where two nodes are alike, so is all below
//! them; where they are not, the two replicas go one level down (DeCandia et al., *Dynamo*, SOSP 2007, section 4.7,
//! which has one tree for each range of keys that a node keeps).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sim_core::TraceHasher;

use crate::placement::{Token, TokenRange};

/// The hash of a node below which nothing is stored.
const EMPTY: u64 = 0;

/// A node of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// How far below the root.
    level: u32,
    /// Which one on its level, from the left, from 0.
    index: u64,
}

impl Place {
    const ROOT: Self = Self { level: 0, index: 0 };

    const fn parent(self) -> Option<Self> {
        match self.level.checked_sub(1) {
            Some(level) => Some(Self { level, index: self.index / 2 }),
            None => None,
        }
    }

    /// The two below it; none below a place that no tree has.
    fn children(self) -> impl Iterator<Item = Self> {
        let left = self.index.checked_mul(2);
        left.into_iter().flat_map(move |left| [left, left + 1].map(|index| Self { level: self.level + 1, index }))
    }
}

/// What is stored of the keys of a range: of each key a hash of its version.
///
/// Two replicas that want to compare what they store make trees of one range and one depth. One sends its
/// [`opening`](Self::opening) to the other. From then on, each [answers](Self::answer) what it gets, until an answer
/// is [empty](Exchange::is_empty). It takes at most as many messages as the tree is deep, and three more.
///
/// The hashes find accidents, not forgers: they have 64 bits, and their key is public.
///
/// # Example
///
/// ```
/// use parts::merkle::MerkleTree;
/// use parts::placement::{Token, TokenRange};
///
/// let (mut ours, mut theirs) = (MerkleTree::new(TokenRange::ALL, 8), MerkleTree::new(TokenRange::ALL, 8));
/// for key in 0..1000 {
///     ours.set(Token::of(&key), key, 1);
///     theirs.set(Token::of(&key), key, 1);
/// }
/// theirs.set(Token::of(&7), 7, 2);
/// let mut message = ours.opening();
/// let mut found = Vec::new();
/// for tree in [&theirs, &ours].into_iter().cycle() {
///     let answer = tree.answer(&message);
///     found.extend(answer.differing);
///     message = answer.reply;
///     if message.is_empty() {
///         break;
///     }
/// }
/// assert_eq!(found, [7]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerkleTree<K> {
    range: TokenRange,
    depth: u32,
    /// What is stored, by the number of the leaf. No leaf is empty.
    leaves: BTreeMap<u64, BTreeMap<K, u64>>,
    /// The hashes of the nodes below which something is stored.
    hashes: BTreeMap<Place, u64>,
}

/// What replicas send each other to find where they differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Exchange<K> {
    /// Hashes of nodes.
    pub digests: Vec<(Place, u64)>,
    /// All that is stored at leaves: of each key the hash of its version.
    pub leaves: Vec<(Place, Vec<(K, u64)>)>,
}

impl<K> Exchange<K> {
    /// Whether there is nothing more to compare.
    pub const fn is_empty(&self) -> bool {
        self.digests.is_empty() && self.leaves.is_empty()
    }
}

/// What comes of a message of the other replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<K> {
    /// What it is to get, unless that is empty.
    pub reply: Exchange<K>,
    /// Keys in which the replicas differ: one lacks the key, or their versions have different hashes.
    pub differing: BTreeSet<K>,
}

impl<K: Clone + Ord + Serialize> MerkleTree<K> {
    /// A tree of nothing, for keys of this range. It has 2 to the power of `depth` leaves.
    ///
    /// # Panics
    /// If the depth is above 32.
    pub const fn new(range: TokenRange, depth: u32) -> Self {
        assert!(depth <= 32, "a Merkle tree is at most 32 levels deep");
        Self { range, depth, leaves: BTreeMap::new(), hashes: BTreeMap::new() }
    }

    /// The keys that it is of.
    pub const fn range(&self) -> TokenRange {
        self.range
    }

    /// The leaf of the keys at this place; nothing outside the range.
    fn leaf(&self, token: Token) -> Option<u64> {
        let number = || (u128::from(self.range.offset(token)) << self.depth) / self.range.width();
        self.range.contains(token).then(|| number() as u64)
    }

    /// Stores that a key, which is at this place, has a version with this hash. The answer is no, and nothing is
    /// stored, if the key is outside the range.
    pub fn set(&mut self, token: Token, key: K, version: u64) -> bool {
        let Some(leaf) = self.leaf(token) else { return false };
        if self.leaves.entry(leaf).or_default().insert(key, version) != Some(version) {
            self.hash_again(leaf);
        }
        true
    }

    /// Forgets a key, which is at this place, and tells whether it was stored.
    pub fn remove(&mut self, token: Token, key: &K) -> bool {
        let Some((leaf, keys)) = self.leaf(token).and_then(|leaf| Some((leaf, self.leaves.get_mut(&leaf)?))) else {
            return false;
        };
        let was_in = keys.remove(key).is_some();
        if keys.is_empty() {
            self.leaves.remove(&leaf);
        }
        if was_in {
            self.hash_again(leaf);
        }
        was_in
    }

    /// The hash of all that is stored: of two trees of one range and one depth, the same if and only if the same is
    /// stored, but for accidents of a probability of 2⁻⁶⁴.
    pub fn root(&self) -> u64 {
        self.hash(Place::ROOT)
    }

    fn hash(&self, place: Place) -> u64 {
        self.hashes.get(&place).copied().unwrap_or(EMPTY)
    }

    /// After a change of the leaf: its hash, and those of all above it.
    fn hash_again(&mut self, leaf: u64) {
        let mut place = Some(Place { level: self.depth, index: leaf });
        while let Some(at) = place {
            let mut hasher = TraceHasher::new();
            // A tag each, so that no leaf has the hash of an inner node (RFC 6962, 2.1).
            let is_empty = if at.level == self.depth {
                let keys = self.leaves.get(&at.index);
                hasher.word(0);
                hasher.value(&keys);
                keys.is_none()
            } else {
                let children: Vec<_> = at.children().map(|child| self.hash(child)).collect();
                hasher.word(1);
                hasher.value(&children);
                children.iter().all(|hash| *hash == EMPTY)
            };
            if is_empty {
                self.hashes.remove(&at);
            } else {
                // A hash that looks like that of nothing would hide what is below.
                self.hashes.insert(at, hasher.finish().max(EMPTY + 1));
            }
            place = at.parent();
        }
    }

    /// What a replica sends first.
    pub fn opening(&self) -> Exchange<K> {
        Exchange { digests: vec![(Place::ROOT, self.root())], leaves: Vec::new() }
    }

    /// What to send back, and which keys turned out to differ. Nodes that are alike are passed over; of the others
    /// go the hashes of the two below, or all that is stored at a leaf. What is about places that this tree has not
    /// is ignored.
    pub fn answer(&self, theirs: &Exchange<K>) -> Answer<K> {
        let mut reply = Exchange { digests: Vec::new(), leaves: Vec::new() };
        for &(place, _) in theirs.digests.iter().filter(|(place, hash)| self.hash(*place) != *hash) {
            if place.level < self.depth {
                reply.digests.extend(place.children().map(|child| (child, self.hash(child))));
            } else if place.level == self.depth {
                reply
                    .leaves
                    .push((place, self.stored_at(place).map(|(key, version)| (key.clone(), version)).collect()));
            }
        }
        let of_here = theirs.leaves.iter().filter(|(place, _)| place.level == self.depth);
        let differing = of_here.flat_map(|(place, keys)| {
            let theirs: BTreeMap<&K, u64> = keys.iter().map(|(key, version)| (key, *version)).collect();
            let ours: BTreeMap<&K, u64> = self.stored_at(*place).collect();
            let all: BTreeSet<&K> = theirs.keys().chain(ours.keys()).copied().collect();
            all.into_iter().filter(|key| ours.get(key) != theirs.get(key)).cloned().collect::<Vec<_>>()
        });
        Answer { differing: differing.collect(), reply }
    }

    /// What is stored at a leaf.
    fn stored_at(&self, place: Place) -> impl Iterator<Item = (&K, u64)> {
        self.leaves.get(&place.index).into_iter().flatten().map(|(key, version)| (key, *version))
    }
}

#[cfg(test)]
mod tests {
    use sim_core::SimRng;

    use super::*;

    type Stored = BTreeMap<u32, u64>;

    fn tree(range: TokenRange, depth: u32, stored: &Stored) -> MerkleTree<u32> {
        let mut tree = MerkleTree::new(range, depth);
        for (key, version) in stored {
            tree.set(Token::of(key), *key, *version);
        }
        tree
    }

    /// The keys that differ, by exchange of messages; how many messages, and how many hashes of nodes were in them.
    fn exchange(ours: &MerkleTree<u32>, theirs: &MerkleTree<u32>) -> (BTreeSet<u32>, usize, usize) {
        let (mut message, mut found, mut messages, mut digests) = (ours.opening(), BTreeSet::new(), 0, 0);
        for tree in [theirs, ours].into_iter().cycle() {
            if message.is_empty() {
                break;
            }
            messages += 1;
            digests += message.digests.len();
            let answer = tree.answer(&message);
            found.extend(answer.differing);
            message = answer.reply;
        }
        (found, messages, digests)
    }

    #[test]
    fn the_exchange_finds_exactly_what_differs() {
        for seed in 0..2000 {
            let rng = &mut SimRng::new(seed, 0);
            let [after, to] = [Token(rng.bits()), Token(rng.bits())];
            let range = [TokenRange { after, to }, TokenRange::ALL][rng.below(2) as usize];
            let depth = rng.below(7) as u32;
            let (keys, changes) = (rng.below(60) as u32, rng.below(6));
            let ours: Stored = (0..keys).map(|key| (key, rng.below(3))).collect();
            let mut theirs = ours.clone();
            for _ in 0..changes {
                let key = rng.below(70) as u32;
                match rng.below(2) {
                    0 => drop(theirs.remove(&key)),
                    _ => drop(theirs.insert(key, rng.below(3))),
                }
            }
            let is_different = |key: &u32| range.contains(Token::of(key)) && ours.get(key) != theirs.get(key);
            let expected: BTreeSet<u32> = (0..70).filter(is_different).collect();
            let trees = [&ours, &theirs].map(|stored| tree(range, depth, stored));
            let (found, messages, digests) = exchange(&trees[0], &trees[1]);
            assert_eq!(found, expected, "seed {seed}");
            assert_eq!(trees[0].root() == trees[1].root(), expected.is_empty(), "seed {seed}");
            assert!(messages <= depth as usize + 3, "seed {seed}: {messages} messages at depth {depth}");
            assert!(digests <= 1 + 2 * depth as usize * expected.len(), "seed {seed}: {digests} for {expected:?}");
        }
    }

    #[test]
    fn a_tree_depends_on_what_is_stored_and_not_on_how_it_came_to_be() {
        for seed in 0..500 {
            let rng = &mut SimRng::new(seed, 1);
            let range = TokenRange { after: Token(rng.bits()), to: Token(rng.bits()) };
            let (mut changed, mut stored) = (MerkleTree::new(range, 4), Stored::new());
            for _ in 0..rng.below(60) {
                let key = rng.below(12) as u32;
                let (token, in_range) = (Token::of(&key), range.contains(Token::of(&key)));
                if rng.below(3) == 0 {
                    assert_eq!(changed.remove(token, &key), in_range && stored.remove(&key).is_some(), "seed {seed}");
                } else {
                    let version = rng.below(4);
                    assert_eq!(changed.set(token, key, version), in_range, "seed {seed}");
                    stored.extend(in_range.then_some((key, version)));
                }
                assert_eq!(changed, tree(range, 4, &stored), "seed {seed}");
            }
        }
    }

    #[test]
    fn a_tree_of_nothing_is_like_another_and_like_no_other() {
        let (empty, one) = (tree(TokenRange::ALL, 3, &Stored::new()), tree(TokenRange::ALL, 3, &[(1, 0)].into()));
        assert_eq!(exchange(&empty, &empty).0, [].into());
        assert_eq!(exchange(&empty, &one).0, [1].into());
        assert_eq!(exchange(&one, &empty).0, [1].into());
    }

    #[test]
    fn the_leaves_share_the_range_evenly() {
        let range = TokenRange { after: Token(u64::MAX - 4), to: Token(5) };
        let tree = MerkleTree::<u32>::new(range, 1);
        let leaves = (0..10_u64).map(|offset| tree.leaf(Token(offset.wrapping_sub(4))));
        assert_eq!(leaves.collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1].map(Some));
        assert_eq!(tree.leaf(Token(6)), None);
    }

    #[test]
    fn what_no_tree_would_send_is_ignored() {
        let tree = tree(TokenRange::ALL, 2, &[(1, 0), (2, 0)].into());
        for place in [Place { level: 7, index: 0 }, Place { level: 1, index: u64::MAX }] {
            let answer = tree.answer(&Exchange { digests: vec![(place, 1)], leaves: vec![(place, vec![(9, 1)])] });
            assert_eq!((answer.reply.is_empty(), answer.differing), (true, [].into()), "{place:?}");
        }
    }
}
