//! Crash vectors: of each replica, the latest life that is known to have begun.

use serde::Serialize;
use sim_core::NodeId;

/// "A vector that contains, for each process, its latest known incarnation ID" (Michael et al. 2017, 4.2): here its *crash
/// number*, 0 in its first life, and higher each time that it has recovered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrashVector(Vec<u64>);

impl CrashVector {
    pub(crate) fn zeros(replicas: usize) -> Self {
        Self(vec![0; replicas])
    }

    /// The crash number of a replica; 0 for one that is not of the group.
    #[inline]
    pub fn of(&self, replica: NodeId) -> u64 {
        self.0.get(replica.index() as usize).copied().unwrap_or_default()
    }

    /// Takes a higher number of a replica; says whether it is higher.
    #[inline]
    pub(crate) fn raise(&mut self, replica: NodeId, number: u64) -> bool {
        match self.0.get_mut(replica.index() as usize).filter(|known| **known < number) {
            Some(known) => {
                *known = number;
                true
            }
            None => false,
        }
    }

    /// Whether no number is lower than in the other.
    pub fn includes(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine >= theirs)
    }
}

/// The first two of these answers of which one shows that the other's sender has crashed since: they are not
/// *crash-consistent* (Michael et al. 2017, definition 7). The first one is that which is out of date.
pub(crate) fn inconsistent(answers: &[(NodeId, CrashVector)]) -> Option<(NodeId, NodeId)> {
    let knows_later = |by: &CrashVector, of: &(NodeId, CrashVector)| by.of(of.0) > of.1.of(of.0);
    let mut pairs = answers.iter().flat_map(|of| answers.iter().map(move |by| (of, by)));
    pairs.find(|(of, by)| knows_later(&by.1, of)).map(|(of, by)| (of.0, by.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector<const N: usize>(numbers: [u64; N]) -> CrashVector {
        CrashVector(numbers.into())
    }

    #[test]
    fn numbers_only_grow() {
        let (mut mine, before) = (vector([1, 5, 0]), vector([1, 5, 0]));
        assert!(!mine.raise(NodeId::node(1), 5) && mine.raise(NodeId::node(2), 3));
        assert_eq!(mine, vector([1, 5, 3]));
        assert!(mine.includes(&before) && !before.includes(&mine));
        assert!(!mine.raise(NodeId::node(3), 1), "it is not of the group");
    }

    #[test]
    fn answers_are_inconsistent_where_one_knows_of_a_later_life_of_the_others_sender() {
        let [n0, n1, n2] = [0, 1, 2].map(NodeId::node);
        let answers = |second| [(n0, vector([0, 0, 1])), (n1, second), (n2, vector([0, 0, 1]))];
        assert_eq!(inconsistent(&answers(vector([0, 0, 1]))), None);
        assert_eq!(inconsistent(&answers(vector([0, 0, 0]))), None, "it has not heard yet");
        assert_eq!(inconsistent(&answers(vector([0, 0, 2]))), Some((n2, n1)));
    }
}
