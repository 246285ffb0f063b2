//! View changes (Liskov and Cowling 2012, 4.2).

use std::collections::BTreeSet;

use sim_core::NodeId;

use super::flaws::VrFlaw;
use super::log::Log;
use super::message::{Body, Event, Report, Timer};
use super::node::{Ctx, Status, Vr};

/// What a replica has heard about the view that is to start.
#[derive(Debug, Default)]
pub(super) struct ViewChange {
    /// Who else has stopped to take part in lower views.
    stopped: BTreeSet<NodeId>,
    /// Whether enough have, and it has said what it has.
    pub(super) reported: bool,
    /// What others have said that they have, and itself, for the primary of the view.
    reports: Vec<(NodeId, Report)>,
}

impl ViewChange {
    /// What this replica has said does not count any more. Says whether it had said something.
    pub(super) fn forget(&mut self, replica: NodeId) -> bool {
        let before = self.reports.len();
        self.reports.retain(|(from, ..)| *from != replica);
        self.stopped.remove(&replica) || self.reports.len() < before
    }
}

impl Vr {
    /// Takes part in no lower view from now on, and says so.
    pub(super) fn begin_view_change(&mut self, view: u64, ctx: &mut Ctx<'_>) {
        self.turn_to(view, Status::ViewChange, ctx);
        self.change = ViewChange::default();
        ctx.emit(Event::BeganViewChange { view });
        self.broadcast(Body::StartViewChange { view }, ctx);
        if self.has(VrFlaw::WaitsForView) {
            ctx.cancel_timer(Timer::ViewChange);
        } else {
            self.arm_view_change_timer(ctx);
        }
        ctx.set_timer(Timer::Retransmit, self.config.heartbeat_interval);
        self.report_if_enough(ctx);
    }

    /// Whether it is to take part in a view change: not while it recovers, nor if it knows of a higher view. It begins one
    /// of which it had not heard.
    fn joins_view_change(&mut self, view: u64, ctx: &mut Ctx<'_>) -> bool {
        let is_out = self.status == Status::Recovering && !self.has(VrFlaw::RecoveringInViewchange);
        if is_out || view < self.view {
            return false;
        }
        if view > self.view {
            self.begin_view_change(view, ctx);
        }
        true
    }

    /// If the view has started without the sender, its primary says so.
    pub(super) fn on_start_view_change(&mut self, from: NodeId, view: u64, ctx: &mut Ctx<'_>) {
        if !self.joins_view_change(view, ctx) {
            return;
        }
        match self.status {
            Status::ViewChange => {
                self.change.stopped.insert(from);
                self.report_if_enough(ctx);
            }
            Status::Normal if self.is_primary() => {
                let start = self.start_view();
                self.send(from, start, ctx);
            }
            Status::Normal | Status::Recovering => {}
        }
    }

    /// Once a majority takes part in no lower view, itself among them, it says what it has. So whoever of these crashes finds
    /// out, when it recovers, that it must not take part in a lower view either.
    fn report_if_enough(&mut self, ctx: &mut Ctx<'_>) {
        let is_enough = self.change.stopped.len() + 1 >= self.majority() || self.has(VrFlaw::ReportsAtOnce);
        if self.change.reported || !is_enough {
            return;
        }
        self.change.reported = true;
        self.rests_on(self.change.stopped.iter().copied().chain([self.me]).collect());
        ctx.emit(Event::Reported { view: self.view });
        if self.primary_of(self.view) == self.me {
            self.on_report(self.me, self.report(), ctx);
        } else {
            self.send_report(ctx);
        }
    }

    fn report(&self) -> Report {
        Report { last_normal: self.last_normal, log: self.log.clone(), commit_number: self.commit_number }
    }

    fn send_report(&self, ctx: &mut Ctx<'_>) {
        let report = Box::new(self.report());
        self.send(self.primary_of(self.view), Body::DoViewChange { view: self.view, report }, ctx);
    }

    pub(super) fn on_do_view_change(&mut self, from: NodeId, view: u64, report: Report, ctx: &mut Ctx<'_>) {
        if self.primary_of(view) != self.me || !self.joins_view_change(view, ctx) {
            return;
        }
        if self.status == Status::ViewChange {
            self.on_report(from, report, ctx);
        } else {
            let start = self.start_view();
            self.send(from, start, ctx);
        }
    }

    /// Once a majority has said what it has, itself among them, the view starts.
    fn on_report(&mut self, from: NodeId, report: Report, ctx: &mut Ctx<'_>) {
        let counts_twice = self.has(VrFlaw::CountsReportsTwice);
        if !counts_twice {
            self.change.reports.retain(|(by, ..)| *by != from);
        }
        self.change.reports.push((from, report));
        if (self.change.reported || counts_twice) && self.change.reports.len() >= self.majority() {
            self.start(ctx);
        }
    }

    /// "It selects as the new log the one contained in the message with the largest v'; if several messages have the same v'
    /// it selects the one among them with the largest n", and the largest commit-number of all.
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let reports = std::mem::take(&mut self.change.reports);
        self.rests_on(reports.iter().map(|(from, _)| *from).collect());
        let commit_number = reports.iter().map(|(.., report)| report.commit_number).max().unwrap_or_default();
        let by_length = self.has(VrFlaw::LongestLog);
        let rank = |report: &Report| (if by_length { 0 } else { report.last_normal }, report.log.op_number());
        let Some((.., best)) = reports.into_iter().max_by_key(|(.., report)| rank(report)) else { return };
        self.turn_to(self.view, Status::Normal, ctx);
        self.adopt(best.log, ctx);
        if self.has(VrFlaw::ForgetsSuffix) {
            self.log.truncate(commit_number);
        }
        self.lead(ctx);
        let start = self.start_view();
        self.broadcast(start, ctx);
        let all = self.has(VrFlaw::CommitsWholeLog);
        self.execute_to(if all { self.log.op_number() } else { commit_number }, ctx);
        self.look_for_commits(ctx);
    }

    fn start_view(&self) -> Body {
        Body::StartView { view: self.view, log: Box::new(self.log.clone()), commit_number: self.commit_number }
    }

    /// The view has started.
    pub(super) fn on_start_view(&mut self, view: u64, log: Log, commit_number: u64, ctx: &mut Ctx<'_>) {
        let takes_part = view == self.view && self.status == Status::Normal;
        if view < self.view || takes_part {
            return;
        }
        self.turn_to(view, Status::Normal, ctx);
        self.adopt(log, ctx);
        ctx.emit(Event::JoinedView { view, op_number: self.log.op_number() });
        self.acknowledge(ctx);
        self.execute_to(commit_number, ctx);
        self.arm_view_change_timer(ctx);
    }

    /// Says again what was not answered.
    pub(super) fn retransmit(&mut self, ctx: &mut Ctx<'_>) {
        match self.status {
            Status::Normal => return,
            Status::Recovering => self.ask_again(ctx),
            Status::ViewChange => {
                self.broadcast(Body::StartViewChange { view: self.view }, ctx);
                if self.change.reported && self.primary_of(self.view) != self.me {
                    self.send_report(ctx);
                }
            }
        }
        ctx.set_timer(Timer::Retransmit, self.config.heartbeat_interval);
    }
}
