//! View changes: how a primary that does nothing, or nothing good, is replaced (OSDI 4.4, 4.5.2).

use std::rc::Rc;

use sim_core::{Context, Signed};

use super::certificate::PrePrepare;
use super::flaws::PbftFlaw;
use super::message::{Event, Message};
use super::node::Pbft;
use super::requests::Watch;
use super::storage::Record;
use super::view::{Inheritance, NewView, ViewChange};

/// Giving up on a view.
impl Pbft {
    pub(super) fn on_view_change_timeout(&mut self, ctx: &mut Context<'_, Self>) {
        self.watch = Watch::Nothing;
        self.ask_for_view(self.view + 1, ctx);
    }

    /// Leaves all views before this one and tells the others. The time to wait doubles, so that
    /// correct replicas are in the same view for long enough in the end (OSDI 4.5.2).
    fn ask_for_view(&mut self, view: u64, ctx: &mut Context<'_, Self>) {
        if self.is_primary() {
            ctx.emit(Event::SteppedDown { view: self.view });
        }
        self.timeout = (self.timeout * 2).min(self.config.max_view_change_timeout);
        let left = self.view;
        self.leave_view(view);
        let prepared = self.slots.iter().filter_map(|(_, slot)| slot.prepared.clone());
        let tells_all = !self.has(PbftFlaw::TellsLastViewOnly);
        let prepared = prepared.filter(|certificate| tells_all || certificate.proposal().view == left).collect();
        let change = Rc::new(ctx.sign(ViewChange { view, stable: Rc::clone(&self.stable), prepared }));
        self.own_view_change = Some(Rc::clone(&change));
        self.view_changes.insert(self.me, Rc::clone(&change));
        self.journal.append(Record::ViewChange(Rc::clone(&change)), ctx);
        if !self.has(PbftFlaw::UnsyncedView) {
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::AskedForView { view });
        ctx.broadcast(Message::ViewChange(change));
        self.begin_view(ctx);
    }

    /// Takes part in no view before this one any more.
    pub(super) fn leave_view(&mut self, view: u64) {
        self.view = view;
        self.is_active = false;
        self.new_view = None;
        self.early.clear();
        self.slots.begin_view(view);
    }

    pub(super) fn on_view_change(&mut self, signed: Rc<Signed<ViewChange>>, ctx: &mut Context<'_, Self>) {
        let Some(change) = signed.verify() else { return };
        let is_known = self.view_changes.get(&signed.signer()).is_some_and(|known| known.content().view >= change.view);
        if is_known || change.view < self.view || change.view == self.view && self.is_active {
            return;
        }
        if change.is_valid(&self.committee, self.config.log_size, self.diligence()) {
            let stable = Rc::clone(&change.stable);
            self.view_changes.insert(signed.signer(), signed);
            self.learn_stable(&stable, ctx);
            self.join(ctx);
            self.begin_view(ctx);
        }
    }

    /// Follows f + 1 others into a later view: one of them at least is correct (OSDI 4.5.2).
    fn join(&mut self, ctx: &mut Context<'_, Self>) {
        let later = self.view_changes.values().map(|change| change.content().view).filter(|view| *view > self.view);
        let later: Vec<u64> = later.collect();
        if let Some(first) = later.iter().min().filter(|_| later.len() >= self.committee.one_correct()) {
            self.ask_for_view(*first, ctx);
            self.join(ctx);
        }
    }

    /// How many replicas have asked for this view or a later one.
    pub(super) fn asks_for(&self, view: u64) -> usize {
        self.view_changes.values().filter(|change| change.content().view >= view).count()
    }
}

/// Beginning a view.
impl Pbft {
    /// The primary of the view that it waits for begins it, once a quorum has asked for it.
    fn begin_view(&mut self, ctx: &mut Context<'_, Self>) {
        if self.is_active || self.committee.primary(self.view) != self.me {
            return;
        }
        let asked = self.view_changes.values().filter(|change| change.content().view == self.view);
        let view_changes: Vec<Rc<Signed<ViewChange>>> = asked.cloned().collect();
        if view_changes.len() < self.committee.view_quorum() {
            return;
        }
        let view = self.view;
        let Some(inheritance) = Inheritance::of(view, &view_changes, self.diligence()) else { return };
        let pre_prepares = inheritance.proposals.iter().map(|proposal| ctx.sign(PrePrepare(*proposal))).collect();
        let new_view = Rc::new(ctx.sign(NewView { view, view_changes, pre_prepares }));
        self.enter_view(&new_view, ctx);
        ctx.broadcast(Message::NewView(new_view));
        ctx.emit(Event::BecamePrimary { view });
        self.start_in_view(&inheritance, ctx);
    }

    pub(super) fn on_new_view(&mut self, signed: Rc<Signed<NewView>>, ctx: &mut Context<'_, Self>) {
        let view = signed.content().view;
        if view < self.view || view == self.view && self.is_active {
            return;
        }
        let verified = NewView::verify(&signed, &self.committee, self.config.log_size, self.diligence());
        if let Some(inheritance) = verified {
            if self.is_primary() {
                ctx.emit(Event::SteppedDown { view: self.view });
            }
            self.enter_view(&signed, ctx);
            self.start_in_view(&inheritance, ctx);
        }
    }

    fn enter_view(&mut self, new_view: &Rc<Signed<NewView>>, ctx: &mut Context<'_, Self>) {
        self.journal.append(Record::NewView(Rc::clone(new_view)), ctx);
        let early = std::mem::take(&mut self.early);
        let is_awaited = self.view == new_view.content().view;
        self.adopt_view(new_view);
        if is_awaited {
            self.early = early;
        }
        self.journal.make_durable(ctx);
        ctx.emit(Event::EnteredView { view: self.view });
    }

    /// The view has begun.
    pub(super) fn adopt_view(&mut self, new_view: &Rc<Signed<NewView>>) {
        let content = new_view.content();
        self.leave_view(content.view);
        self.is_active = true;
        self.own_view_change = None;
        self.view_changes.retain(|_, change| change.content().view > content.view);
        self.inherited = Inheritance::of(content.view, &content.view_changes, self.diligence())
            .map_or(0, |inheritance| inheritance.last_sequence());
        self.next_sequence = self.inherited + 1;
        self.proposed.clear();
        self.new_view = Some(Rc::clone(new_view));
    }

    fn start_in_view(&mut self, inheritance: &Inheritance, ctx: &mut Context<'_, Self>) {
        self.learn_stable(&inheritance.stable, ctx);
        self.adopt_proposals(ctx);
        for digest in self.slots.missing_batches(self.view) {
            ctx.broadcast(Message::FetchBatch { digest });
        }
        for (_, (pre_prepare, batch)) in std::mem::take(&mut self.early) {
            self.on_pre_prepare(pre_prepare, batch, ctx);
        }
        if self.is_primary() {
            self.propose(ctx);
        } else {
            let primary = self.committee.primary(self.view);
            for waiting in &self.waiting {
                ctx.send(primary, Message::Request(waiting.request.clone()));
            }
        }
    }

    /// Takes up what the view began with, as far as it lies between the watermarks.
    pub(super) fn adopt_proposals(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(new_view) = self.new_view.clone() else { return };
        for pre_prepare in &new_view.content().pre_prepares {
            let sequence = pre_prepare.content().0.sequence;
            let is_new = self.slots.get(sequence).is_none_or(|slot| slot.proposal_in(self.view).is_none());
            if self.slots.is_open(sequence) && is_new {
                let slot = self.slots.at(sequence);
                slot.pre_prepare = Some(pre_prepare.clone());
                slot.is_accepted = false;
                self.advance(sequence, ctx);
            }
        }
    }
}
