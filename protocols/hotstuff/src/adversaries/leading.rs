//! Adversaries that do their harm when it is their turn to lead.

use std::fmt::Debug;

use sim_core::{Adversary, AdversaryContext, NodeId};

use super::insider::{Insider, Turn};
use crate::config::HotStuffConfig;
use crate::message::Message;
use crate::node::HotStuff;

/// What such an adversary does.
pub(super) trait Lead: Debug + 'static {
    /// It is its turn.
    fn lead(&mut self, insider: &mut Insider, turn: Turn, ctx: &mut AdversaryContext<'_, HotStuff>);

    /// The time has come that it had set.
    fn go_on(&mut self, insider: &mut Insider, ctx: &mut AdversaryContext<'_, HotStuff>) {
        let _ = (insider, ctx);
    }
}

/// An adversary that leads so, and otherwise listens.
#[derive(Debug)]
pub(super) struct Leading<L> {
    insider: Insider,
    way: L,
}

impl<L> Leading<L> {
    pub(super) fn new(config: &HotStuffConfig, way: L) -> Self {
        Self { insider: Insider::new(config), way }
    }
}

impl<L: Lead> Adversary<HotStuff> for Leading<L> {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, HotStuff>) {
        self.insider.begin(ctx);
    }

    fn on_message(
        &mut self,
        _puppet: NodeId,
        from: NodeId,
        message: &Message,
        ctx: &mut AdversaryContext<'_, HotStuff>,
    ) {
        if let Some(turn) = self.insider.follow(from, message, ctx) {
            self.way.lead(&mut self.insider, turn, ctx);
        }
    }

    fn on_timer(&mut self, _timer: u64, ctx: &mut AdversaryContext<'_, HotStuff>) {
        self.way.go_on(&mut self.insider, ctx);
    }
}
