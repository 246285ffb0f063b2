//! Generals who conspire.

use sim_core::{Adversary, AdversaryContext, AdversaryRow, NodeId, Time};

use super::config::OralMessagesConfig;
use super::message::{Message, Order, Statement};
use super::node::General;

/// All adversaries.
pub(super) const ADVERSARIES: &[AdversaryRow<General>] = &[
    AdversaryRow {
        name: "two-faced",
        summary: "Traitors tell one half of the generals to attack and the other to hold, whatever they heard.",
        source: "Lamport et al. 1982, section 2, Figures 1 and 2; section 3, Figure 4",
        make: |config| Conspiracy::boxed(config, Tactics::TwoFaced),
    },
    AdversaryRow {
        name: "contrary",
        summary: "Traitors obey the commander, and tell each of the others that they heard something else.",
        source: "Lamport et al. 1982, section 2, Figure 1; section 3, Figure 3",
        make: |config| Conspiracy::boxed(config, Tactics::Contrary),
    },
];

/// Traitors with common tactics. They answer at once, in the round before the one in which what
/// they say is due, so that whatever they say is heard first.
#[derive(Debug)]
struct Conspiracy {
    config: OralMessagesConfig,
    tactics: Tactics,
}

/// What traitors say.
#[derive(Clone, Copy, Debug)]
enum Tactics {
    /// One thing to the generals of even number, another to those of odd number.
    TwoFaced,
    /// As commanders, one thing to all; as lieutenants, to each anything but what they heard.
    Contrary,
}

impl Conspiracy {
    fn boxed(config: &OralMessagesConfig, tactics: Tactics) -> Box<dyn Adversary<General>> {
        Box::new(Conspiracy { config: config.clone(), tactics })
    }

    /// What to tell `to`, along a path that ends with a traitor, of what he heard.
    fn order(&self, to: NodeId, heard: Option<Order>, ctx: &mut AdversaryContext<'_, General>) -> Order {
        match (self.tactics, heard) {
            (Tactics::TwoFaced, _) if to.index().is_multiple_of(2) => Order::Attack,
            (Tactics::TwoFaced, _) => Order::Hold,
            (Tactics::Contrary, None) => Order::Attack,
            (Tactics::Contrary, Some(heard)) => {
                let lies: Vec<Order> = heard.others().collect();
                lies[ctx.choose("lie", 0..lies.len() as u64) as usize]
            }
        }
    }

    fn say(&self, round: u64, path: &[NodeId], heard: Option<Order>, ctx: &mut AdversaryContext<'_, General>) {
        let Some(speaker) = path.last() else { return };
        let participants = self.config.participants(ctx.nodes());
        for to in participants.iter().filter(|to| !path.contains(to)) {
            let order = self.order(*to, heard, ctx);
            ctx.send(*speaker, *to, Message::of(Statement { round, path: path.to_vec(), order }));
        }
    }

    /// Waits for the first round of an order.
    fn await_order(&self, number: u64, ctx: &mut AdversaryContext<'_, General>) {
        let at = Time::ZERO + self.config.round * (number * self.config.rounds() + 1);
        if number < u64::from(self.config.orders) && at >= ctx.now() {
            ctx.set_timer(number, at.since(ctx.now()));
        }
    }
}

impl Adversary<General> for Conspiracy {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, General>) {
        let length = self.config.round * self.config.rounds();
        let passed = ctx.now().since(Time::ZERO + self.config.round).as_nanos().div_ceil(length.as_nanos());
        self.await_order(passed, ctx);
    }

    fn on_timer(&mut self, number: u64, ctx: &mut AdversaryContext<'_, General>) {
        let participants = self.config.participants(ctx.nodes());
        let commander = participants[number as usize % participants.len()];
        if ctx.puppets().contains(&commander) {
            self.say(number * self.config.rounds(), &[commander], None, ctx);
        }
        self.await_order(number + 1, ctx);
    }

    fn on_message(&mut self, puppet: NodeId, _: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, General>) {
        let Statement { round, path, order } = message.statement();
        let is_last = (path.len() as u64) == self.config.rounds();
        if !is_last && !path.contains(&puppet) {
            let path = [path.as_slice(), &[puppet]].concat();
            self.say(round + 1, &path, Some(*order), ctx);
        }
    }
}
