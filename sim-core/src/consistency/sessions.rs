//! The sessions of a history as chains of operations, each of which came before the next.
//!
//! A session whose operations never overlap is one chain. Where they do (an operation of unknown
//! outcome overlaps with all that follow), it takes several, and some operations of one chain come
//! before some of another.

use std::collections::BTreeMap;

use crate::history::Operation;

/// Operations, by their numbers from 0 in order of invocation, arranged in chains.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// Numbers of operations, in order.
    pub(super) chains: Vec<Vec<u32>>,
    /// The session of each chain, numbered from 0 in order of their first operations.
    pub(super) session_of: Vec<u32>,
    /// The chain of each operation.
    chain_of: Vec<u32>,
    /// Pairs of operations of one session, the first of which came before the second although they
    /// are of different chains. Together with the chains they make up session order.
    pub(super) across: Vec<(u32, u32)>,
}

/// The chains of one session.
struct Open {
    number: u32,
    /// Chains, each with the return of its last operation.
    ends: Vec<(u32, Option<u64>)>,
}

impl Sessions {
    /// Arranges operations given in order of invocation.
    pub(super) fn of<'a, O: 'a, R: 'a>(operations: impl Iterator<Item = &'a Operation<O, R>>) -> Self {
        let mut sessions = Self::default();
        let mut open = BTreeMap::<(u32, u64), Open>::new();
        let mut returns = Vec::new();
        for operation in operations {
            let number = open.len() as u32;
            let session = open.entry((operation.client, operation.session));
            let session = session.or_insert_with(|| Open { number, ends: Vec::new() });
            returns.push(operation.returned().map(|at| at.order));
            sessions.add(session, operation.invoked.order, &returns);
        }
        sessions
    }

    fn add(&mut self, session: &mut Open, invoked: u64, returns: &[Option<u64>]) {
        let number = (returns.len() - 1) as u32;
        let has_returned = |returned: Option<u64>| returned.is_some_and(|returned| returned < invoked);
        let own = session.ends.iter().position(|&(_, end)| has_returned(end)).unwrap_or_else(|| {
            session.ends.push((self.chains.len() as u32, None));
            self.chains.push(Vec::new());
            self.session_of.push(session.number);
            session.ends.len() - 1
        });
        for (place, &(chain, _)) in session.ends.iter().enumerate() {
            let mut before = self.chains[chain as usize].iter().rev();
            if place != own
                && let Some(&earlier) = before.find(|&&earlier| has_returned(returns[earlier as usize]))
            {
                self.across.push((earlier, number));
            }
        }
        let chain = session.ends[own].0;
        session.ends[own].1 = returns[number as usize];
        self.chain_of.push(chain);
        self.chains[chain as usize].push(number);
    }

    /// Pairs of operations of which the first comes before the second, and from which the whole session
    /// order follows.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + Clone {
        let within = self.chains.iter().flat_map(|chain| chain.windows(2)).map(|pair| (pair[0], pair[1]));
        within.chain(self.across.iter().copied())
    }

    /// The chain of an operation.
    pub(super) fn chain(&self, operation: u32) -> u32 {
        self.chain_of[operation as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    /// Operations of one session by their times of invocation and, if any, return.
    fn of(calls: &[(u64, Option<u64>)]) -> Sessions {
        let mut events: Vec<_> = (0..calls.len()).map(|i| (calls[i].0, i, false)).collect();
        events.extend((0..calls.len()).filter_map(|i| Some((calls[i].1?, i, true))));
        events.sort_unstable();
        let mut history = History::new();
        let mut ids = BTreeMap::new();
        for (time, call, is_return) in events {
            if is_return {
                history.ok(ids[&call], (), time);
            } else {
                ids.insert(call, history.invoke(0, 0, call, time));
            }
        }
        Sessions::of(history.iter().map(|(_, operation)| operation))
    }

    #[test]
    fn operations_one_after_the_other_are_one_chain() {
        let sessions = of(&[(0, Some(1)), (2, Some(3)), (4, None)]);
        assert_eq!(sessions.chains, [[0, 1, 2]]);
        assert!(sessions.across.is_empty());
        assert_eq!(sessions.chain(2), 0);
    }

    #[test]
    fn what_follows_an_unknown_outcome_comes_after_what_was_before_it() {
        let sessions = of(&[(0, Some(1)), (2, None), (4, Some(5)), (6, Some(7))]);
        assert_eq!(sessions.chains, [vec![0, 1], vec![2, 3]]);
        // The second holds already, by way of the first.
        assert_eq!(sessions.across, [(0, 2), (0, 3)]);
    }

    #[test]
    fn overlapping_operations_are_unordered() {
        let sessions = of(&[(0, Some(5)), (1, Some(2)), (3, Some(9)), (6, Some(7))]);
        assert_eq!(sessions.chains, [vec![0, 3], vec![1, 2]]);
        assert_eq!(sessions.across, [(1, 3)]);
    }
}
