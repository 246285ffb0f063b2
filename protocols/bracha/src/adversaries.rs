//! Attacks on reliable broadcast.

use sim_core::{Adversary, AdversaryContext, AdversaryRow, NodeId};

use super::config::BrachaConfig;
use super::message::{BroadcastId, Content, Message, Phase};
use super::node::Bracha;

/// All adversaries.
pub(super) const ADVERSARIES: &[AdversaryRow<Bracha>] = &[
    AdversaryRow {
        name: "equivocator",
        summary: "Broadcasts one payload to one half of the nodes and another to the other, and backs both.",
        source: "Bracha 1987, section 3: the faulty broadcaster",
        make: |config| Conspiracy::boxed(config, Attack::Equivocate),
    },
    AdversaryRow {
        name: "favourite",
        summary: "Tells as few nodes as it can, helps f + 1 of them to be ready and one to deliver.",
        source: "Bracha 1987, section 3, Lemma 3",
        make: |config| Conspiracy::boxed(config, Attack::Favour),
    },
    AdversaryRow {
        name: "forger",
        summary: "Is ready for payloads that nobody has broadcast.",
        source: "Cachin et al. 2011, section 3.10: the integrity of consistent broadcast",
        make: |config| Conspiracy::boxed(config, Attack::Forge),
    },
];

/// What the puppets of a conspiracy are up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    Equivocate,
    Favour,
    Forge,
}

/// Byzantine nodes that act as one.
#[derive(Debug)]
struct Conspiracy {
    config: BrachaConfig,
    attack: Attack,
    /// How many broadcasts each puppet has begun.
    broadcasts: u32,
    /// Whom it helps.
    favourite: Option<NodeId>,
}

impl Conspiracy {
    fn boxed(config: &BrachaConfig, attack: Attack) -> Box<dyn Adversary<Bracha>> {
        Box::new(Conspiracy { config: config.clone(), attack, broadcasts: 0, favourite: None })
    }

    /// Those who are not in it.
    fn victims<'a>(&self, ctx: &AdversaryContext<'a, Bracha>) -> impl Iterator<Item = NodeId> + use<'a> {
        let (nodes, puppets) = (ctx.nodes(), ctx.puppets());
        nodes.iter().copied().filter(move |node| !puppets.contains(node))
    }

    /// All puppets back this content towards `to`.
    fn back(&self, to: NodeId, content: Content, ctx: &mut AdversaryContext<'_, Bracha>) {
        for puppet in ctx.puppets() {
            ctx.send(*puppet, to, Message::Echo(content));
            ctx.send(*puppet, to, Message::Ready(content));
        }
    }

    /// A broadcast of a puppet.
    fn broadcast(&self, origin: NodeId, sequence: u32, ctx: &mut AdversaryContext<'_, Bracha>) {
        let id = BroadcastId { origin, sequence };
        let mut victims: Vec<NodeId> = self.victims(ctx).collect();
        if let Some(first) = victims.iter().position(|node| Some(*node) == self.favourite) {
            victims.rotate_left(first);
        }
        // With the puppets they are a quorum of echoes; the others are left out.
        let told = victims.len() - self.config.f as usize;
        for (place, to) in victims.iter().copied().enumerate() {
            match self.attack {
                Attack::Equivocate => {
                    let content = Content { id, payload: u64::from(to.index() % 2) };
                    ctx.send(origin, to, Message::Send(content));
                    self.back(to, content, ctx);
                }
                Attack::Favour => {
                    let content = Content { id, payload: 0 };
                    if place < told {
                        ctx.send(origin, to, Message::Send(content));
                    }
                    for puppet in ctx.puppets().iter().filter(|_| place <= self.config.f as usize) {
                        ctx.send(*puppet, to, Message::Echo(content));
                    }
                    for puppet in ctx.puppets().iter().filter(|_| place == 0) {
                        ctx.send(*puppet, to, Message::Ready(content));
                    }
                }
                Attack::Forge => {
                    let content = Content { id: BroadcastId { origin: victims[0], sequence }, payload: u64::MAX };
                    ctx.send(origin, to, Message::Send(content));
                    self.back(to, content, ctx);
                    self.back(to, content, ctx);
                }
            }
        }
    }
}

impl Adversary<Bracha> for Conspiracy {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, Bracha>) {
        let victims: Vec<NodeId> = self.victims(ctx).collect();
        let favourite = ctx.choose("favourite", 0..victims.len() as u64);
        self.favourite = Some(victims[favourite as usize]);
        ctx.set_timer(0, self.config.interval);
    }

    fn on_timer(&mut self, timer: u64, ctx: &mut AdversaryContext<'_, Bracha>) {
        for puppet in ctx.puppets() {
            self.broadcast(*puppet, self.broadcasts, ctx);
        }
        self.broadcasts += 1;
        if self.broadcasts < self.config.broadcasts {
            ctx.set_timer(timer, self.config.interval);
        }
    }

    /// They acknowledge everything, and take part in broadcasts of others as far as it serves them.
    fn on_message(&mut self, puppet: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Bracha>) {
        let (phase, content) = match *message {
            Message::Send(content) => (Phase::Send, content),
            Message::Echo(content) => (Phase::Echo, content),
            Message::Ready(content) => (Phase::Ready, content),
            Message::Ack(..) => return,
        };
        ctx.send(puppet, from, Message::Ack(phase, content));
        if phase == Phase::Send && self.attack == Attack::Favour {
            self.favourite.into_iter().for_each(|to| self.back(to, content, ctx));
        }
    }
}
