//! State transfer, for replicas that are behind and have not crashed (Liskov and Cowling 2012, 5.2).

use sim_core::NodeId;

use super::flaws::VrFlaw;
use super::log::Part;
use super::message::{Body, Event};
use super::node::{Ctx, Status, Vr};

impl Vr {
    /// Asks for what follows in the log of a view behind an op-number. It keeps what it has until it is sent that.
    pub(super) fn ask_for_state(&self, of: NodeId, view: u64, op_number: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::AskedForState { view });
        self.send(of, Body::GetState { view, op_number }, ctx);
    }

    pub(super) fn on_get_state(&self, from: NodeId, view: u64, op_number: u64, ctx: &mut Ctx<'_>) {
        if self.status == Status::Normal && view == self.view {
            let (part, commit_number) = (self.log.part_after(op_number), self.commit_number);
            self.send(from, Body::NewState { view, part, commit_number }, ctx);
        }
    }

    /// In its own view it appends what it lacks. In another, what follows behind what it knew to be committed replaces what
    /// it had, and it takes part in that view.
    pub(super) fn on_new_state(&mut self, view: u64, part: Part, commit_number: u64, ctx: &mut Ctx<'_>) {
        if view < self.view || self.primary_of(view) == self.me {
            return;
        }
        let took_part = view == self.view && self.status == Status::Normal;
        let reaches = match &part {
            // Asked before a crash, or before what it has: what it would leave in its log may be of an older view.
            Part::Suffix { after, .. } if *after > self.keeps(took_part) => return,
            Part::Suffix { after, entries } => after + entries.len() as u64,
            Part::Whole(log) => log.op_number(),
        };
        if took_part && reaches <= self.log.op_number() {
            return;
        }
        if !took_part {
            self.turn_to(view, Status::Normal, ctx);
        }
        match part {
            Part::Suffix { after, entries } => self.log.replace_after(after, entries),
            Part::Whole(log) => self.adopt(*log, ctx),
        }
        ctx.emit(Event::CaughtUp { view, op_number: self.log.op_number() });
        self.acknowledge(ctx);
        self.execute_to(commit_number, ctx);
        self.arm_view_change_timer(ctx);
    }

    /// Up to where what it has can stay, when it is told what follows in a view in which it takes part or not.
    pub(super) fn keeps(&self, takes_part: bool) -> u64 {
        if takes_part || self.has(VrFlaw::KeepsOlderSuffix) { self.log.op_number() } else { self.commit_number }
    }
}
