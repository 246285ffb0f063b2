//! A set of small numbers that is nearly a prefix: everything below some point
//! is in, nothing beyond some other point is, and only between them is there
//! anything to tell.
//!
//! The operations a search has put in order are such a set, because only
//! operations in flight together can be taken out of turn. Naming the set by
//! the words between the two points keeps that name short however long the
//! history is.

/// Bits a word holds.
const WORD: u32 = u64::BITS;

#[derive(Debug, Default)]
pub(super) struct BitSet {
    words: Vec<u64>,
    /// All words before this one are full, and this one is not (or does not exist).
    low: usize,
    /// All words from this one on are empty, and the one before is not (or does not exist).
    high: usize,
}

impl BitSet {
    /// Makes this the empty set with room for `0..members`.
    pub(super) fn reset(&mut self, members: usize) {
        self.words.clear();
        self.words.resize(members.div_ceil(WORD as usize), 0);
        (self.low, self.high) = (0, 0);
    }

    pub(super) fn insert(&mut self, member: u32) {
        let (word, bit) = place(member);
        self.words[word] |= bit;
        self.high = self.high.max(word + 1);
        while self.words.get(self.low) == Some(&u64::MAX) {
            self.low += 1;
        }
    }

    pub(super) fn remove(&mut self, member: u32) {
        let (word, bit) = place(member);
        self.words[word] &= !bit;
        self.low = self.low.min(word);
        while self.high > 0 && self.words[self.high - 1] == 0 {
            self.high -= 1;
        }
    }

    pub(super) fn contains(&self, member: u32) -> bool {
        let (word, bit) = place(member);
        self.words[word] & bit != 0
    }

    /// The name of the set: how many full words come first, and the words from
    /// there to the last that is not empty. Equal sets, and no others, have
    /// equal names (among sets with the same room).
    pub(super) fn window(&self) -> (usize, &[u64]) {
        (self.low, &self.words[self.low..self.high.max(self.low)])
    }

    /// Whether every member of the set with this name (and the same room) is a member.
    pub(super) fn includes(&self, (low, words): (usize, &[u64])) -> bool {
        // Where the other is full before `low`, this has to be full too.
        low <= self.low && words.iter().zip(&self.words[low..]).all(|(other, own)| other & !own == 0)
    }
}

fn place(member: u32) -> (usize, u64) {
    ((member / WORD) as usize, 1 << (member % WORD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn from_members(members: &BTreeSet<u32>) -> BitSet {
        let mut set = BitSet::default();
        set.reset(300);
        members.iter().for_each(|&member| set.insert(member));
        set
    }

    proptest! {
        #[test]
        fn name_depends_on_the_members_alone(prefix in 0u32..300, toggles in prop::collection::vec(0u32..300, 0..60)) {
            let mut members: BTreeSet<u32> = (0..prefix).collect();
            let mut set = from_members(&members);
            for member in toggles {
                if members.remove(&member) {
                    set.remove(member);
                } else {
                    members.insert(member);
                    set.insert(member);
                }
                let fresh = from_members(&members);
                prop_assert_eq!(set.window(), fresh.window());
                prop_assert_eq!(set.contains(member), members.contains(&member));
            }
        }
    }

    proptest! {
        #[test]
        fn includes_exactly_its_subsets(
            prefixes in [0u32..300, 0u32..300],
            members in [0, 1].map(|_| prop::collection::btree_set(0u32..300, 0..4)),
        ) {
            let [a, b] = [0, 1].map(|i| (0..prefixes[i]).chain(members[i].clone()).collect::<BTreeSet<u32>>());
            prop_assert_eq!(from_members(&a).includes(from_members(&b).window()), b.is_subset(&a));
        }
    }

    #[test]
    fn a_long_prefix_has_a_short_name() {
        let mut set = from_members(&(0..200).collect());
        set.remove(190);
        assert_eq!(set.window(), (2, &[!(1 << 62), 0xff][..]));
    }
}
