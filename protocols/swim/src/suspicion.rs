//! A member that is suspected (section 4.2), and how long it is (Lifeguard, section IV-B).

use sim_core::NodeId;

/// How many others must share a suspicion for it to last no longer than without Lifeguard.
const CONFIRMATIONS: usize = 3;

/// How much of the way from the longest time to the shortest one so many confirmations go, in thousandths:
/// log(c + 1) / log(k + 1), for each number *k* of others who could confirm it.
const WAY: [&[u64]; CONFIRMATIONS + 1] = [&[1000], &[0, 1000], &[0, 631, 1000], &[0, 500, 792, 1000]];

/// The suspicion of one member.
#[derive(Debug)]
pub(super) struct Suspicion {
    /// In which period it began.
    pub(super) since: u64,
    /// Who suspects it, each once.
    pub(super) accusers: Vec<NodeId>,
    /// To how many others it was told.
    pub(super) told: u32,
}

impl Suspicion {
    pub(super) fn new(since: u64, accuser: Option<NodeId>) -> Self {
        Self { since, accusers: accuser.into_iter().collect(), told: 0 }
    }

    /// Somebody else suspects it too. Tells whether that is worth telling.
    pub(super) fn is_confirmed_by(&mut self, accuser: NodeId) -> bool {
        let counts = self.accusers.len() <= CONFIRMATIONS && !self.accusers.contains(&accuser);
        if counts {
            self.accusers.push(accuser);
        }
        counts
    }

    /// For how many periods it lasts, between these two, among so many nodes.
    pub(super) fn lasts(&self, shortest: u64, longest: u64, nodes: u32) -> u64 {
        lasts(self.accusers.len().saturating_sub(1), shortest, longest, nodes)
    }
}

/// For how many periods a suspicion lasts that so many others share, between these two, among so many nodes.
pub(super) fn lasts(confirmations: usize, shortest: u64, longest: u64, nodes: u32) -> u64 {
    let others = (nodes as usize).saturating_sub(2).min(CONFIRMATIONS);
    longest - (longest - shortest) * WAY[others][confirmations.min(others)] / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_share_a_suspicion_the_shorter_it_is() {
        let mut suspicion = Suspicion::new(0, Some(NodeId::node(0)));
        let mut lasts = vec![suspicion.lasts(5, 30, 9)];
        for accuser in [0, 1, 2, 3, 4] {
            if suspicion.is_confirmed_by(NodeId::node(accuser)) {
                lasts.push(suspicion.lasts(5, 30, 9));
            }
        }
        assert_eq!(lasts, [30, 18, 11, 5]);
        assert_eq!(Suspicion::new(0, None).lasts(5, 30, 2), 5, "where nobody else could share it");
    }
}
