//! Thresholds: how many of n nodes, f of which may fail.

/// How many nodes there are, and how many of them may fail.
///
/// ```
/// use parts::quorums::Group;
///
/// let pbft = Group { n: 4, f: 1 };
/// assert_eq!((pbft.byzantine_quorum(), pbft.one_correct()), (3, 2));
/// let raft = Group { n: 5, f: 2 };
/// assert_eq!((raft.majority(), raft.available()), (3, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many nodes there are.
    pub n: usize,
    /// How many of them may fail: at most n.
    pub f: usize,
}

impl Group {
    /// Nodes of which a minority may crash.
    #[inline]
    pub const fn crash_tolerant(n: usize) -> Self {
        Self { n, f: n.saturating_sub(1) / 2 }
    }

    /// More than half: any two of them have a node in common. Of nobody there is no majority.
    #[inline]
    pub const fn majority(self) -> usize {
        self.n / 2 + 1
    }

    /// So many that at least one of them is correct: f + 1.
    #[inline]
    pub const fn one_correct(self) -> usize {
        self.f + 1
    }

    /// So many that most of them are correct, f + 1 at least: 2f + 1.
    #[inline]
    pub const fn correct_majority(self) -> usize {
        2 * self.f + 1
    }

    /// The fewest any two sets of which have a correct node in common, though f nodes lie: ⌈(n + f + 1) / 2⌉
    /// (Malkhi and Reiter 1998, dissemination quorums). With n = 3f + 1 these are 2f + 1.
    #[inline]
    pub const fn byzantine_quorum(self) -> usize {
        (self.n + self.f) / 2 + 1
    }

    /// As many as are sure to answer: n - f. Whoever waits for more may wait for ever.
    #[inline]
    pub const fn available(self) -> usize {
        self.n - self.f
    }

    /// Two thirds, rounded up, whatever f is: any two of them have a correct node in common while less than a
    /// third are faulty.
    #[inline]
    pub const fn two_thirds(self) -> usize {
        (2 * self.n).div_ceil(3)
    }
}

/// The highest number that `count` of the nodes have reached, each of which has reached one of these; nothing
/// where there are fewer. It changes the order of the numbers.
///
/// A leader that knows how far the log of each node is finds by it what it may commit (Raft 5.3).
#[inline]
pub fn reached_by(count: usize, reached: &mut [u64]) -> Option<u64> {
    let place = count.checked_sub(1).filter(|place| *place < reached.len())?;
    Some(*reached.select_nth_unstable_by(place, |a, b| b.cmp(a)).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fewest that any two sets of so many out of n have in common.
    fn shared(n: usize, (one, other): (usize, usize)) -> usize {
        let sets = |size: usize| (0_u32..1 << n).filter(move |set| set.count_ones() as usize == size);
        sets(one).flat_map(|a| sets(other).map(move |b| (a & b).count_ones() as usize)).min().unwrap_or(n)
    }

    fn groups(most: usize) -> impl Iterator<Item = Group> {
        (1..=most).flat_map(|n| (0..=n).map(move |f| Group { n, f }))
    }

    #[test]
    fn majorities_meet_and_none_smaller_do() {
        for n in 1..=7 {
            let majority = Group { n, f: 0 }.majority();
            assert!(shared(n, (majority, majority)) >= 1, "{n}");
            assert_eq!(shared(n, (majority - 1, n - majority + 1)), 0, "{n}: with one less, two may be apart");
            let crash_tolerant = Group::crash_tolerant(n);
            assert!(crash_tolerant.available() >= majority, "{n}");
            assert!(Group { f: crash_tolerant.f + 1, ..crash_tolerant }.available() < majority, "{n}");
        }
    }

    #[test]
    fn byzantine_quorums_meet_in_a_correct_node_and_none_smaller_do() {
        for group in groups(7).filter(|group| group.byzantine_quorum() <= group.n) {
            let quorum = group.byzantine_quorum();
            assert!(shared(group.n, (quorum, quorum)) > group.f, "{group:?}");
            assert!(shared(group.n, (quorum - 1, quorum - 1)) <= group.f, "{group:?}");
        }
    }

    #[test]
    fn with_more_than_3f_nodes_the_correct_ones_are_a_quorum() {
        for group in groups(30) {
            assert_eq!(group.available() >= group.byzantine_quorum(), group.n > 3 * group.f, "{group:?}");
            if group.n > 3 * group.f {
                assert!(group.available() >= group.correct_majority(), "{group:?}");
                assert!(2 * group.two_thirds() > group.n + group.f, "{group:?}");
            }
            if group.n == 3 * group.f + 1 {
                assert_eq!(group.byzantine_quorum(), group.correct_majority());
                assert_eq!(group.byzantine_quorum(), group.two_thirds());
            }
        }
    }

    #[test]
    fn the_highest_number_that_enough_have_reached_is_found() {
        let check = |count, expected| assert_eq!(reached_by(count, &mut [5, 4, 9, 1, 7]), expected, "{count}");
        check(0, None);
        check(1, Some(9));
        check(3, Some(5));
        check(5, Some(1));
        check(6, None);
    }
}
