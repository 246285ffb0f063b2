//! One broadcast, as one node sees it.

use sim_core::NodeId;

use super::config::BrachaConfig;
use super::flaws::BrachaFlaw;
use super::message::Phase;
use parts::quorums::Group;

/// How many nodes must say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Echoes that make a node ready: more than `(n + f) / 2`.
    pub echo: usize,
    /// Nodes that are ready and make another ready: `f + 1`.
    pub amplify: usize,
    /// Nodes that are ready, for a node to deliver: `2f + 1`.
    pub deliver: usize,
    /// A known bug: a node that says the same twice counts twice.
    counts_duplicates: bool,
    /// A known bug: a node that says something else counts too.
    counts_any_payload: bool,
}

impl Thresholds {
    /// Those of `nodes` nodes.
    pub fn new(config: &BrachaConfig, nodes: usize) -> Self {
        let group = Group { n: nodes, f: config.f as usize };
        Self {
            echo: if config.flaws.has(BrachaFlaw::EchoThreshold) {
                group.one_correct()
            } else {
                group.byzantine_quorum()
            },
            amplify: if config.flaws.has(BrachaFlaw::NoAmplification) { usize::MAX } else { group.one_correct() },
            deliver: if config.flaws.has(BrachaFlaw::DeliversEarly) {
                group.one_correct()
            } else {
                group.correct_majority()
            },
            counts_duplicates: config.flaws.has(BrachaFlaw::CountsDuplicates),
            counts_any_payload: config.flaws.has(BrachaFlaw::CountsAnyPayload),
        }
    }
}

/// What a node knows of one broadcast. All of it follows from what it has heard.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// What the origin has sent.
    sent: Option<u64>,
    echoes: Vec<(NodeId, u64)>,
    readies: Vec<(NodeId, u64)>,
    delivered: Option<u64>,
}

/// What a node does about a broadcast when it has heard something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It says this to all.
    Say(Phase, u64),
    /// It is ready, because others are.
    Amplify(u64),
    /// It delivers this.
    Deliver(u64),
}

impl Instance {
    /// What was delivered, if anything was.
    pub const fn delivered(&self) -> Option<u64> {
        self.delivered
    }

    /// Takes down a statement. Of each node the first of a kind counts, and tells whether this was
    /// it.
    pub fn hear(&mut self, from: NodeId, phase: Phase, payload: u64, thresholds: &Thresholds) -> bool {
        let said = match phase {
            Phase::Send => {
                let is_first = self.sent.is_none();
                self.sent.get_or_insert(payload);
                return is_first;
            }
            Phase::Echo => &mut self.echoes,
            Phase::Ready => &mut self.readies,
        };
        let is_new = thresholds.counts_duplicates || said.iter().all(|(node, _)| *node != from);
        if is_new {
            said.push((from, payload));
        }
        is_new
    }

    /// What is to be done next, if anything is, by what node `me` has heard; it counts as done.
    pub fn next_action(&mut self, me: NodeId, thresholds: &Thresholds) -> Option<Action> {
        let has_said = |said: &[(NodeId, u64)]| said.iter().any(|(node, _)| *node == me);
        let echoed = heard_from(thresholds.echo, &self.echoes, thresholds);
        let amplified = heard_from(thresholds.amplify, &self.readies, thresholds);
        if let (false, Some(payload)) = (has_said(&self.echoes), self.sent.or(echoed).or(amplified)) {
            self.echoes.push((me, payload));
            return Some(Action::Say(Phase::Echo, payload));
        }
        if let (false, Some(payload)) = (has_said(&self.readies), echoed.or(amplified)) {
            self.readies.push((me, payload));
            return Some(if echoed.is_some() { Action::Say(Phase::Ready, payload) } else { Action::Amplify(payload) });
        }
        let ready = heard_from(thresholds.deliver, &self.readies, thresholds);
        if let (None, Some(payload)) = (self.delivered, ready) {
            self.delivered = Some(payload);
            return Some(Action::Deliver(payload));
        }
        None
    }

    /// All that node `me` has said about it.
    pub fn said_by(&self, me: NodeId) -> impl Iterator<Item = (Phase, u64)> {
        let of = move |phase, said: &[(NodeId, u64)]| {
            said.iter().find(|(node, _)| *node == me).map(|(_, payload)| (phase, *payload))
        };
        [of(Phase::Echo, &self.echoes), of(Phase::Ready, &self.readies)].into_iter().flatten()
    }
}

/// The payload for which so many speak, if there is one: the one that was named first.
fn heard_from(quorum: usize, said: &[(NodeId, u64)], thresholds: &Thresholds) -> Option<u64> {
    let is_for = |payload: u64| move |(_, other): &&(NodeId, u64)| thresholds.counts_any_payload || *other == payload;
    said.iter().map(|(_, payload)| *payload).find(|payload| said.iter().filter(is_for(*payload)).count() >= quorum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phase::{Echo, Ready, Send};

    const ME: u32 = 0;

    /// What node 0 of `nodes`, of which `f` may be Byzantine, does after it has heard this.
    fn check(nodes: usize, f: u32, heard: &[(u32, Phase, u64)], expected: &[Action]) {
        let thresholds = Thresholds::new(&BrachaConfig { f, ..BrachaConfig::default() }, nodes);
        let mut instance = Instance::default();
        let mut done = Vec::new();
        for (from, phase, payload) in heard {
            instance.hear(NodeId::node(*from), *phase, *payload, &thresholds);
            done.extend(std::iter::from_fn(|| instance.next_action(NodeId::node(ME), &thresholds)));
        }
        assert_eq!(done, expected, "{heard:?}");
    }

    #[test]
    fn the_first_send_is_echoed() {
        check(4, 1, &[(1, Send, 7), (1, Send, 8)], &[Action::Say(Echo, 7)]);
    }

    #[test]
    fn more_than_half_of_n_and_f_echoes_make_a_node_ready() {
        let sent = (1, Send, 7);
        check(4, 1, &[sent, (1, Echo, 7), (2, Echo, 8)], &[Action::Say(Echo, 7)]);
        check(4, 1, &[sent, (1, Echo, 7), (2, Echo, 7)], &[Action::Say(Echo, 7), Action::Say(Ready, 7)]);
        check(5, 1, &[sent, (1, Echo, 7), (2, Echo, 7)], &[Action::Say(Echo, 7)]);
    }

    #[test]
    fn who_hears_of_it_only_from_others_takes_part() {
        let heard = [(1, Ready, 7), (2, Ready, 7)];
        check(4, 1, &heard, &[Action::Say(Echo, 7), Action::Amplify(7), Action::Deliver(7)]);
        check(4, 1, &[(1, Ready, 7), (1, Ready, 7)], &[]);
        check(7, 2, &heard, &[]);
    }

    #[test]
    fn two_f_and_one_that_are_ready_deliver() {
        let ready = |from| (from, Ready, 7);
        let first = [Action::Say(Echo, 7), Action::Amplify(7)];
        check(7, 2, &[ready(1), ready(2), ready(3)], &first);
        check(7, 2, &[ready(1), ready(2), ready(3), ready(4)], &[&first[..], &[Action::Deliver(7)]].concat());
    }

    #[test]
    fn a_node_remembers_what_it_has_said() {
        let thresholds = Thresholds::new(&BrachaConfig::default(), 4);
        let mut instance = Instance::default();
        let me = NodeId::node(ME);
        for from in [1, 2] {
            instance.hear(NodeId::node(from), Ready, 7, &thresholds);
        }
        while instance.next_action(me, &thresholds).is_some() {}
        assert_eq!(instance.said_by(me).collect::<Vec<_>>(), [(Echo, 7), (Ready, 7)]);
        assert_eq!(instance.delivered(), Some(7));
    }
}
