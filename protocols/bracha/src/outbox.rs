//! What others have not acknowledged yet.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::NodeId;

use super::message::{BroadcastId, Content, Phase};

/// The statements of a node that are on their way, by receiver.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    receivers: BTreeMap<NodeId, Receiver>,
}

/// What one receiver has not acknowledged.
#[derive(Clone, Debug, Default)]
struct Receiver {
    unacknowledged: BTreeSet<(Phase, Content)>,
    /// How often in a row it was spoken to in vain.
    in_vain: u32,
    /// How many rounds are left until it is spoken to again.
    rest: u32,
}

/// A receiver that answers nothing is spoken to every so many rounds at least, as a power of two.
const LONGEST_REST: u32 = 3;

impl Outbox {
    pub(super) fn add(&mut self, to: NodeId, phase: Phase, content: Content) {
        let receiver = self.receivers.entry(to).or_default();
        receiver.unacknowledged.insert((phase, content));
        receiver.rest = receiver.rest.max(1);
    }

    pub(super) fn acknowledged(&mut self, by: NodeId, phase: Phase, content: Content) {
        if let Some(receiver) = self.receivers.get_mut(&by) {
            receiver.unacknowledged.remove(&(phase, content));
            receiver.in_vain = 0;
            receiver.rest = receiver.rest.min(1);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.receivers.values().all(|receiver| receiver.unacknowledged.is_empty())
    }

    /// What is to be said again in this round.
    pub(super) fn due(&mut self) -> Vec<(NodeId, Phase, Content)> {
        let mut due = Vec::new();
        for (to, receiver) in &mut self.receivers {
            if receiver.rest > 0 {
                receiver.rest -= 1;
            } else if !receiver.unacknowledged.is_empty() {
                receiver.rest = (1 << receiver.in_vain.min(LONGEST_REST)) - 1;
                receiver.in_vain += 1;
                due.extend(receiver.unacknowledged.iter().map(|(phase, content)| (*to, *phase, *content)));
            }
        }
        due
    }

    /// Whether something about this broadcast is on its way to `to`.
    pub(super) fn holds(&self, to: NodeId, id: BroadcastId) -> bool {
        let receiver = self.receivers.get(&to);
        receiver.is_some_and(|receiver| receiver.unacknowledged.iter().any(|(_, content)| content.id == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_receiver_is_spoken_to_less_and_less_often() {
        let content = Content { id: BroadcastId { origin: NodeId::node(0), sequence: 0 }, payload: 1 };
        let (silent, alive) = (NodeId::node(1), NodeId::node(2));
        let mut outbox = Outbox::default();
        outbox.add(silent, Phase::Echo, content);
        let spoken = |outbox: &mut Outbox| (0..20).map(|_| outbox.due().len()).collect::<Vec<_>>();
        assert_eq!(spoken(&mut outbox), [0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        outbox.add(alive, Phase::Ready, content);
        assert!(outbox.holds(alive, content.id));
        outbox.acknowledged(alive, Phase::Ready, content);
        assert!(!outbox.holds(alive, content.id) && !outbox.is_empty());
        outbox.acknowledged(silent, Phase::Echo, content);
        assert!(outbox.is_empty());
        assert_eq!(spoken(&mut outbox), [0; 20]);
    }
}
