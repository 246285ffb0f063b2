//! Pings: asking a peer whether it is there, and others to ask it.

use sim_core::NodeId;

/// The rounds in which one peer is asked. A round is answered by an acknowledgement that names it, from the peer itself
/// or by way of a third node (the indirect probes of SWIM, Das et al. 2002, section 3.1). An answer to a later round
/// answers the earlier ones too.
///
/// *Class*: that of the timeout which whoever uses it sets on the answers. A peer to which only indirect ways lead is
/// not suspected.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rounds {
    begun: u64,
    answered: u64,
}

impl Rounds {
    /// Begins a round, and says its number, from 1.
    pub const fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// The latest round; 0 before the first.
    pub const fn begun(&self) -> u64 {
        self.begun
    }

    /// An answer to this round has come. Whether that is news: the answer to a round that was not asked for, or before
    /// one that is answered, is none.
    pub const fn answer(&mut self, round: u64) -> bool {
        let is_news = round > self.answered && round <= self.begun;
        if is_news {
            self.answered = round;
        }
        is_news
    }

    /// Whether others should be asked to try: the latest round has no answer.
    pub const fn is_open(&self, round: u64) -> bool {
        self.begun == round && self.answered < round
    }
}

/// Whom to ask to try `target`: so many of `peers`, each of them in turn.
pub fn proxies(peers: &[NodeId], target: NodeId, count: usize, turn: u64) -> Vec<NodeId> {
    let others: Vec<NodeId> = peers.iter().copied().filter(|peer| *peer != target).collect();
    let first = turn.checked_rem(others.len() as u64).unwrap_or(0) as usize;
    others[first..].iter().chain(&others[..first]).copied().take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_news_once_and_only_if_it_was_asked_for() {
        let mut rounds = Rounds::default();
        assert!(!rounds.answer(1));
        assert_eq!((rounds.begin(), rounds.begin()), (1, 2));
        assert!(rounds.begun() == 2 && rounds.is_open(2) && !rounds.is_open(1));
        assert!(rounds.answer(2) && !rounds.answer(2) && !rounds.answer(1) && !rounds.answer(3));
        assert!(!rounds.is_open(2));
    }

    #[test]
    fn proxies_take_turns() {
        let peers = [1, 2, 3].map(NodeId::node);
        let chosen = |count, turn| proxies(&peers, NodeId::node(2), count, turn);
        assert_eq!(chosen(1, 0), [NodeId::node(1)]);
        assert_eq!(chosen(1, 1), [NodeId::node(3)]);
        assert_eq!(chosen(5, 3), [3, 1].map(NodeId::node));
        assert_eq!(proxies(&peers[..1], NodeId::node(1), 2, 4), []);
    }
}
