//! A leader that hides a certificate from all but one.

use std::rc::Rc;

use sim_core::{AdversaryContext, Duration, NodeId};

use super::insider::{Insider, Turn};
use super::leading::Lead;
use crate::certificate::Certificate;
use crate::config::HotStuffConfig;
use crate::message::{Message, NewView};
use crate::node::HotStuff;

/// Leads like a correct replica for a while, so that blocks are certified, and then shows the highest
/// certificate to one replica only, which may commit because of it: at once in a proposal, while it
/// proposes to the others behind an older one, or some time later, while it is silent.
#[derive(Debug)]
pub(super) struct WithholdingLeader {
    view_timeout: Duration,
    /// What is to be shown later, and in whose name.
    hidden: Option<(NodeId, Rc<Certificate>)>,
}

/// In which way it leads, of so many.
const WAYS: u64 = 4;

/// How old a certificate it proposes with at most, in certificates.
const OLDEST: u64 = 3;

impl WithholdingLeader {
    pub(super) fn new(config: &HotStuffConfig) -> Self {
        Self { view_timeout: config.view_timeout, hidden: None }
    }
}

impl Lead for WithholdingLeader {
    fn lead(&mut self, insider: &mut Insider, turn: Turn, ctx: &mut AdversaryContext<'_, HotStuff>) {
        let certificates = insider.certificates();
        let Some(highest) = certificates.first() else { return };
        match ctx.choose("way to lead", 0..WAYS) {
            0 => {
                let age = ctx.choose("age of the certificate", 1..OLDEST + 1) as usize;
                fork(insider, turn, highest, certificates.get(age).unwrap_or(highest), ctx);
            }
            1 => {
                self.hidden = Some((turn.leader, Rc::clone(highest)));
                let longest = self.view_timeout.as_nanos() * 4;
                let after = ctx.choose("shown after", 1..longest);
                ctx.set_timer(0, Duration::from_nanos(after));
            }
            _ => {
                let Some(block) = insider.block(turn, highest, None) else { return };
                insider.propose(turn, &block, ctx);
            }
        }
    }

    fn go_on(&mut self, insider: &mut Insider, ctx: &mut AdversaryContext<'_, HotStuff>) {
        if let Some((from, high)) = self.hidden.take() {
            let to = one(insider, ctx);
            ctx.send(from, to, Message::NewView(NewView { view: high.view + 1, high }));
        }
    }
}

fn fork(
    insider: &mut Insider,
    turn: Turn,
    highest: &Rc<Certificate>,
    older: &Rc<Certificate>,
    ctx: &mut AdversaryContext<'_, HotStuff>,
) {
    let shown = insider.block(turn, highest, insider.command().cloned());
    let Some(fork) = insider.block(turn, older, None) else { return };
    let the_one = one(insider, ctx);
    for victim in insider.victims(ctx) {
        let block = shown.as_ref().filter(|_| victim == the_one).unwrap_or(&fork);
        ctx.send(turn.leader, victim, Message::Proposal(Rc::clone(block)));
    }
    insider.vote(&fork, ctx);
}

/// Whom it shows what it hides from others.
fn one(insider: &Insider, ctx: &mut AdversaryContext<'_, HotStuff>) -> NodeId {
    let victims = insider.victims(ctx);
    victims[ctx.choose("shown to", 0..victims.len() as u64) as usize]
}
