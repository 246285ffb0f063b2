//! Adversaries: scripts that act for nodes instead of their code.

use std::fmt;

use crate::byzantine::{Adversary, AdversaryContext, AdversaryEffect};
use crate::canonical::Value;
use crate::effect::Answer;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::timers::Due;
use crate::world::Idle;

use super::pending::{Delivery, Payload, Pending};
use super::steps::Tag;
use super::{Engine, Phase};

/// An adversary, and whom it acts for.
pub(super) struct Puppeteer<P: Protocol> {
    /// The number of the fault's blow that brought it.
    part: u32,
    adversary: Box<dyn Adversary<P>>,
    puppets: Vec<NodeId>,
    processes: Vec<ProcessId>,
    /// Armings of its timers so far.
    arms: u64,
}

impl<P: Protocol> Engine<'_, P> {
    /// An adversary acts for these processes from now on.
    pub(super) fn possess(&mut self, part: u32, name: &str, mut processes: Vec<ProcessId>) {
        processes.retain(|process| !self.status[process.index()].idle.has(Idle::POSSESSED));
        processes.sort_unstable();
        let mut puppets: Vec<NodeId> =
            processes.iter().map(|process| self.identities[process.index()].identity()).collect();
        puppets.sort_unstable();
        puppets.dedup();
        if puppets.is_empty() {
            return;
        }
        self.phase = Phase::System;
        let adversary = self.simulation.make_adversary(name);
        self.phase = Phase::Engine;
        for process in &processes {
            self.take_over(*process);
            if adversary.rushes() {
                self.links.rush(process.0);
            }
        }
        self.puppeteers.push(Puppeteer { part, adversary, puppets, processes, arms: 0 });
        self.act(part, |adversary, ctx| adversary.on_start(ctx));
    }

    /// The node of a process is gone, and so is whatever it waited for; an adversary stands in.
    fn take_over(&mut self, process: ProcessId) {
        let index = process.index();
        self.count_as_down(process, false);
        self.nodes[index] = None;
        self.status[index].incarnation += 1;
        self.forget_memory(process);
        self.status[index].idle = Idle::POSSESSED;
    }

    /// The nodes of an adversary are themselves again: they boot from their disks.
    pub(super) fn release_puppets(&mut self, part: u32) {
        let Some(place) = self.puppeteers.iter().position(|puppeteer| puppeteer.part == part) else { return };
        for process in self.puppeteers.remove(place).processes {
            self.links.rush_no_more(process.0);
            self.status[process.index()].idle = Idle::DOWN;
            self.boot_if_down(process);
        }
    }

    /// A message comes to a node that an adversary acts for.
    #[cold]
    pub(super) fn adversary_receives(&mut self, delivery: Delivery<P>) {
        let process = ProcessId(delivery.to);
        let Delivery { from, to, cause, payload, .. } = delivery;
        let puppet = self.identities[to as usize].identity();
        let sender = self.identities[from as usize].identity();
        let Some(part) = self.puppeteers.iter().find(|p| p.processes.contains(&process)).map(|p| p.part) else {
            return;
        };
        self.delivered += 1;
        if self.trace.is_some() {
            let message = payload.value();
            self.steps += 1;
            self.trace_delivery(from, to, cause, message);
            self.steps -= 1;
        }
        match payload {
            Payload::Peer(message) => {
                self.begin_step(Tag::Message, from, to);
                self.hash_of(process, &message);
                self.act(part, |adversary, ctx| adversary.on_message(puppet, sender, &message, ctx));
            }
            Payload::Request(request, op) => {
                self.begin_step(Tag::Request, from, to);
                self.hasher.value(&request);
                self.hash_of(process, &op);
                self.act(part, |adversary, ctx| {
                    ctx.asked = Some(request);
                    adversary.on_request(puppet, request, &op, ctx);
                });
            }
            Payload::Answer(..) => unreachable!("only clients are answered"),
        }
        self.look_for_awaited_progress();
    }

    /// A timer of an adversary has come up.
    pub(super) fn adversary_timer(&mut self, part: u32, timer: u64) {
        let Some(first) = self.puppeteers.iter().find(|p| p.part == part).map(|p| p.processes[0]) else { return };
        self.begin_step(Tag::Timer, first.0, first.0);
        self.hasher.word(timer);
        self.record(
            Some(first),
            None,
            crate::trace::TraceKind::Timer { timer: Value::Text(format!("adversary {timer}")) },
        );
        self.act(part, |adversary, ctx| adversary.on_timer(timer, ctx));
    }

    /// Lets an adversary act, and carries out what it asks for.
    fn act(&mut self, part: u32, script: impl FnOnce(&mut dyn Adversary<P>, &mut AdversaryContext<'_, P>)) {
        let Some(place) = self.puppeteers.iter().position(|puppeteer| puppeteer.part == part) else { return };
        let Self { puppeteers, site, draws, .. } = self;
        let puppeteer = &mut puppeteers[place];
        let mut effects = Vec::new();
        self.phase = Phase::Adversary;
        let mut ctx = AdversaryContext {
            process: puppeteer.processes[0],
            puppets: &puppeteer.puppets,
            nodes: &site.nodes,
            now: self.now,
            draws,
            effects: &mut effects,
            asked: None,
        };
        script(puppeteer.adversary.as_mut(), &mut ctx);
        self.phase = Phase::Engine;
        effects.into_iter().for_each(|effect| self.carry_out_for_adversary(part, effect));
    }

    fn carry_out_for_adversary(&mut self, part: u32, effect: AdversaryEffect<P>) {
        match effect {
            AdversaryEffect::Send { from, to, message } => {
                self.send_as(part, from, to, Payload::Peer(message));
            }
            AdversaryEffect::Reply { from, request, reply } => {
                self.send_as(part, from, request.client, Payload::Answer(request, Answer::Reply(reply)));
            }
            AdversaryEffect::SetTimer { timer, after } => {
                let Some(puppeteer) = self.puppeteers.iter_mut().find(|p| p.part == part) else { return };
                puppeteer.arms += 1;
                let (arm, first) = (puppeteer.arms, puppeteer.processes[0]);
                let due = Due { time: self.now.saturating_add(after), sequence: self.next_sequence() };
                let pending = Pending::Adversary { process: first.0, part, timer, arm };
                self.push(due, pending);
            }
        }
    }

    /// Sends a message from the process of a puppet.
    fn send_as(&mut self, part: u32, from: NodeId, to: NodeId, payload: Payload<P>) {
        let processes = self.puppeteers.iter().find(|p| p.part == part).map(|p| &p.processes);
        let mut puppets = processes.into_iter().flatten();
        let process = puppets.find(|process| self.identities[process.index()].identity() == from).copied();
        self.transmit(process.expect("an adversary sends only for its puppets"), to, payload);
    }
}

impl<P: Protocol> fmt::Debug for Puppeteer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Puppeteer").field("adversary", &self.adversary).field("puppets", &self.puppets).finish()
    }
}
