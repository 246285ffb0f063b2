//! The failure detector (section 3.1): each member pings one other in each period, and others ping it in its stead.
//! With Lifeguard's local health (section IV-A).

use sim_core::NodeId;

use super::config::Targets;
use super::flaws::SwimFlaw;
use super::message::{Event, Message, Probe, Statement, Status, Timer, Update};
use super::node::{Ctx, Phase, Swim};
use super::round::draw;

/// The ping of this period.
#[derive(Clone, Copy, Debug)]
pub(super) struct CurrentProbe {
    pub(super) target: NodeId,
    number: u64,
    pub(super) is_answered: bool,
    /// How many others were asked to ping it.
    pub(super) asked: u32,
    /// How many of these have said that they got no answer either.
    pub(super) nacks: u32,
}

/// A ping for another member.
#[derive(Debug)]
pub(super) struct Relay {
    requester: NodeId,
    /// The name of the ping that it is for.
    probe: Probe,
    /// The period in which it was asked for.
    period: u64,
}

impl Swim {
    /// A period ends, and the next one begins.
    pub(super) fn period(&mut self, ctx: &mut Ctx<'_>) {
        self.periods += 1;
        self.end_probe(ctx);
        ctx.set_timer(Timer::Period, self.config.period * u64::from(self.unwell + 1));
        self.end_suspicions(ctx);
        if !self.has(SwimFlaw::NeverForgets)
            && let Some(until) = self.periods.checked_sub(u64::from(self.config.forget_after))
        {
            self.view.forget(until).into_iter().for_each(|node| ctx.emit(Event::Forgot(node)));
        }
        // Nobody waits for answers that late.
        self.relays.retain(|_, relay| relay.period + 1 >= self.periods);
        if matches!(self.phase, Phase::Leaving(until) if until <= self.periods) {
            return self.be_gone(ctx);
        }
        if !self.has_joined || self.periods.is_multiple_of(u64::from(self.config.sync_every)) {
            self.synchronise_with_one(ctx);
        }
        self.begin_probe(ctx);
    }

    fn begin_probe(&mut self, ctx: &mut Ctx<'_>) {
        let Some(target) = self.next_target(ctx) else { return };
        self.number += 1;
        self.probe = Some(CurrentProbe { target, number: self.number, is_answered: false, asked: 0, nacks: 0 });
        ctx.emit(Event::Probed(target));
        self.ping(target, self.number, ctx);
        ctx.set_timer(Timer::Unanswered, self.config.ping_timeout * u64::from(self.unwell + 1));
    }

    fn next_target(&mut self, ctx: &mut Ctx<'_>) -> Option<NodeId> {
        let is_target = |node: NodeId| node != self.me && self.view.has_member(node);
        match self.config.targets {
            Targets::Random => draw("target", self.nodes, is_target, ctx),
            Targets::RoundRobin => {
                let mut round = self.targets;
                let target = round.next(self.nodes, is_target, ctx);
                self.targets = round;
                target
            }
        }
    }

    fn ping(&mut self, target: NodeId, number: u64, ctx: &mut Ctx<'_>) {
        let updates = self.updates_for(target);
        ctx.send(target, Message::Ping { probe: Probe { epoch: self.epoch, number }, updates });
    }

    /// It is pinged.
    pub(super) fn acknowledge(&mut self, to: NodeId, probe: Probe, ctx: &mut Ctx<'_>) {
        let updates = self.updates_for(to);
        ctx.send(to, Message::Ack { probe, updates });
    }

    /// The target should have answered. Others are asked to ping it: the way to it may be broken, and not the target.
    pub(super) fn ask_others(&mut self, ctx: &mut Ctx<'_>) {
        let Some(CurrentProbe { target, number, is_answered: false, .. }) = self.probe else { return };
        if self.has(SwimFlaw::AsksNobody) {
            return;
        }
        let mut proxies = Vec::new();
        for _ in 0..self.config.proxies.min(self.nodes) {
            let is_proxy = |node: NodeId| {
                node != self.me && node != target && self.view.has_member(node) && !proxies.contains(&node)
            };
            match draw("proxy", self.nodes, is_proxy, ctx) {
                Some(proxy) => proxies.push(proxy),
                None => break,
            }
        }
        if let Some(current) = &mut self.probe {
            current.asked = proxies.len() as u32;
        }
        for proxy in proxies {
            let updates = self.updates_for(proxy);
            let probe = Probe { epoch: self.epoch, number };
            ctx.send(proxy, Message::PingReq { probe, target, updates });
        }
    }

    /// It is asked to ping a node for another.
    pub(super) fn ping_for(&mut self, requester: NodeId, probe: Probe, target: NodeId, ctx: &mut Ctx<'_>) {
        if self.has(SwimFlaw::ProxyVouches) && self.view.has_member(target) {
            return self.acknowledge(requester, probe, ctx);
        }
        self.number += 1;
        self.relays.insert(self.number, Relay { requester, probe, period: self.periods });
        self.ping(target, self.number, ctx);
        if self.config.lifeguard {
            ctx.set_timer(Timer::Relay(self.number), self.config.ping_timeout);
        }
    }

    /// A node that was pinged for another has not answered: that one hears at least that somebody has tried
    /// (Lifeguard). An answer that comes later is still passed on.
    pub(super) fn give_up(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        if let Some(relay) = self.relays.get(&number) {
            ctx.send(relay.requester, Message::Nack { probe: relay.probe });
        }
    }

    /// Somebody who was asked has no answer either.
    pub(super) fn missed(&mut self, number: u64) {
        if let Some(current) = self.probe.as_mut().filter(|current| current.number == number) {
            current.nacks += 1;
        }
    }

    /// A ping is answered, by its target or by way of another member.
    pub(super) fn acknowledged(&mut self, from: NodeId, number: u64, ctx: &mut Ctx<'_>) {
        if let Some(relay) = self.relays.remove(&number) {
            let updates = self.updates_for(relay.requester);
            return ctx.send(relay.requester, Message::Ack { probe: relay.probe, updates });
        }
        let flaws = self.config.flaws;
        let is_answer = |current: &&mut CurrentProbe| {
            current.number == number
                || flaws.has(SwimFlaw::ProbeLeftOver)
                || flaws.has(SwimFlaw::PingsUnnumbered) && current.target == from
        };
        let current = self.probe.as_mut().filter(is_answer);
        if let Some(current) = current.filter(|current| !current.is_answered) {
            current.is_answered = true;
            ctx.emit(Event::Answered(current.target));
        }
    }

    /// The period is over: a target that has not answered is suspected.
    fn end_probe(&mut self, ctx: &mut Ctx<'_>) {
        let Some(CurrentProbe { target, is_answered, asked, nacks, .. }) = self.probe.take() else { return };
        if self.config.lifeguard {
            match (is_answered, asked) {
                (true, _) if self.has(SwimFlaw::NeverWellAgain) => {}
                (true, _) => self.unwell = self.unwell.saturating_sub(1),
                (false, 0) => self.feels(1),
                // Those who were asked are there, and it hears nothing of them.
                (false, asked) => self.feels(asked.saturating_sub(nacks)),
            }
        }
        if let Some(entry) = self.view.get(target).filter(|entry| !is_answered && entry.said.status.is_member()) {
            self.suspect(target, entry.said.incarnation, entry.metadata, ctx);
        }
    }

    fn suspect(&mut self, member: NodeId, incarnation: u32, metadata: u32, ctx: &mut Ctx<'_>) {
        let is_raised = self.has(SwimFlaw::AccuserRaises);
        let status = if self.has(SwimFlaw::DeadAtOnce) { Status::Dead } else { Status::Suspected };
        let said = Statement { incarnation: incarnation + u32::from(is_raised), status };
        self.learn(Update { member, said, metadata, accuser: Some(self.me) }, None, ctx);
    }

    /// Who was suspected for long enough is held for dead.
    fn end_suspicions(&mut self, ctx: &mut Ctx<'_>) {
        let shortest = self.config.suspicion_periods(self.nodes);
        let longest = self.config.longest_suspicion(self.nodes);
        let over = self
            .suspicions
            .iter()
            .filter(|(_, suspicion)| suspicion.since + suspicion.lasts(shortest, longest, self.nodes) <= self.periods);
        let over: Vec<NodeId> = over.map(|(member, _)| *member).collect();
        for member in over {
            if let Some(entry) = self.view.get(member) {
                let said = Statement { incarnation: entry.said.incarnation, status: Status::Dead };
                self.learn(Update { member, said, metadata: entry.metadata, accuser: None }, None, ctx);
            }
        }
    }

    /// Something shows that it may be itself that is slow (Lifeguard).
    pub(super) fn feels(&mut self, worse: u32) {
        if self.has(SwimFlaw::AlwaysWell) {
            return;
        }
        self.unwell = self.unwell.saturating_add(worse).min(self.config.most_unwell);
    }
}
