//! The pacemaker: which view a replica is in, and what a leader does in its views (Algorithm 5).
//!
//! The paper leaves open how replicas come to be in the same view; here a replica that gives up a
//! view tells all others which view it wants next. Whoever hears f + 1 want a later view than itself
//! wants it too, for one of them is correct, and whoever hears a quorum want it goes there (Bracha's
//! amplification). What a replica wants is durable, so that a view in which somebody is stays wanted.

use std::rc::Rc;

use sim_core::{Context, NodeId};

use super::block::{Block, Content};
use super::message::{Event, Message, NewView, Timer};
use super::node::HotStuff;
use parts::quorums::reached_by;

impl HotStuff {
    /// Goes on to a later view.
    pub(super) fn enter(&mut self, view: u64, ctx: &mut Context<'_, Self>) {
        let was_leader = self.view > 0 && self.leader(self.view) == self.me;
        let is_leader = self.leader(view) == self.me;
        self.view = view;
        self.ballots.forget_before(view - 1);
        self.proposals.retain(|_, block| block.view() >= view);
        match (was_leader, is_leader) {
            (false, true) => ctx.emit(Event::BecameLeader { view }),
            (true, false) => ctx.emit(Event::SteppedDown { view }),
            _ => {}
        }
        ctx.set_timer(Timer::View, self.config.timeout(self.failures));
    }

    /// The view has brought no certificate in time: it wants to be rid of the leader who is to blame,
    /// and says so again after every timeout until it is. A replica that has voted waits for the
    /// leader of the next view, who makes the certificate; any other for the one of this view.
    pub(super) fn on_view_timeout(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.emit(Event::TimedOut { view: self.view });
        self.failures = self.failures.saturating_add(1);
        ctx.set_timer(Timer::View, self.config.timeout(self.failures));
        let tenure = self.electorate.tenure;
        let blamed = if self.promises.voted == self.view { self.view + 1 } else { self.view };
        let next = (blamed / tenure + 1) * tenure;
        self.want(next.max(self.promises.wants), ctx);
    }

    fn want(&mut self, view: u64, ctx: &mut Context<'_, Self>) {
        self.promises.wants = view;
        self.make_durable(ctx);
        ctx.broadcast(Message::NewView(NewView { view, high: Rc::clone(&self.promises.high) }));
        self.go_where_wanted(ctx);
    }

    pub(super) fn on_new_view(&mut self, from: NodeId, new_view: &NewView, ctx: &mut Context<'_, Self>) {
        if !self.is_genuine(&new_view.high) || new_view.view == u64::MAX {
            return;
        }
        let wanted = self.wanted.entry(from).or_default();
        *wanted = new_view.view.max(*wanted);
        self.learn(&new_view.high, from, ctx);
        let by_a_correct_one = self.wanted_by(self.electorate.one_correct());
        if by_a_correct_one > self.promises.wants.max(self.view) {
            self.want(by_a_correct_one, ctx);
        } else {
            self.go_where_wanted(ctx);
        }
    }

    fn go_where_wanted(&mut self, ctx: &mut Context<'_, Self>) {
        self.wanted.insert(self.me, self.promises.wants);
        let by_a_quorum = self.wanted_by(self.electorate.quorum());
        if by_a_quorum > self.view {
            self.enter(by_a_quorum, ctx);
        }
        self.called = self.called.max(by_a_quorum);
    }

    /// The highest view that so many replicas want, or have wanted and left behind.
    fn wanted_by(&self, count: usize) -> u64 {
        let mut views: Vec<u64> = self.wanted.values().copied().collect();
        reached_by(count, &mut views).unwrap_or_default()
    }

    /// A leader proposes once in a view, behind the highest certificate: that of the view before, or
    /// the highest of those that a quorum brought when it gave up that view.
    pub(super) fn propose_if_due(&mut self, ctx: &mut Context<'_, Self>) {
        let view = self.view;
        let is_time = self.promises.high.view + 1 == view || self.called == view;
        if self.leader(view) != self.me || self.promises.voted >= view || !is_time {
            return;
        }
        let Some(parent) = self.tree.get(self.promises.high.block).cloned() else { return };
        let branch = self.tree.branch(parent.hash(), self.tree.executed().height()).unwrap_or_default();
        let commands = self.batch(&branch);
        let has_work = !commands.is_empty() || branch.iter().any(|block| !block.commands().is_empty());
        if !has_work && self.idle_until < view {
            return self.wait_for_work(ctx);
        }
        let justify = Rc::clone(&self.promises.high);
        let content = Content { view, height: parent.height() + 1, parent: parent.hash(), justify, commands };
        let block = Rc::new(Block::new(content));
        if self.is_safe(&block) && self.accept(&block, ctx) {
            ctx.broadcast(Message::Proposal(Rc::clone(&block)));
            self.vote(&block, ctx);
        }
    }

    fn wait_for_work(&mut self, ctx: &mut Context<'_, Self>) {
        if self.idle_since < self.view {
            self.idle_since = self.view;
            ctx.set_timer(Timer::Idle, self.config.idle);
        }
    }
}
