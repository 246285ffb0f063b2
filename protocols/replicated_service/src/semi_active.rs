//! Semi-active replication: what a node has that leads or follows.
//!
//! The epoch is the number of the leader: node i leads when all nodes before it have stopped. So nobody need agree on
//! that, as long as the failure detector is perfect.

use std::collections::{BTreeMap, BTreeSet};

use parts::kv::KvOp;
use parts::machine::{Seen, Sessions};
use sim_core::{NodeId, RequestId, Time};

use super::config::ServiceConfig;
use super::flaws::ServiceFlaw;
use super::message::{Event, Message, Timer};
use super::node::Ctx;
use super::replica::Replica;
use super::service::{Command, Image, Output};

/// A leader, a follower or a spare.
#[derive(Debug)]
pub struct SemiActive {
    config: ServiceConfig,
    me: NodeId,
    pub(super) replica: Replica,
    /// Whether it has a copy. Without, it is a spare.
    pub(super) has_copy: bool,
    /// It takes part in no epoch before this one.
    pub(super) epoch: u32,
    /// Those that have stopped.
    stopped: BTreeSet<NodeId>,
    /// What only a leader has.
    leading: Option<Leading>,
    /// When it has heard of each node the last time. For a flaw: others do not look.
    heard: BTreeMap<NodeId, Time>,
}

/// What a leader has.
#[derive(Debug, Default)]
struct Leading {
    /// Whether it serves: it knows what the others have executed.
    is_active: bool,
    /// What the others have said of that while it takes over.
    reports: BTreeMap<NodeId, Option<u64>>,
    /// How many commands each of the others that have a copy is known to have executed. Nothing where a copy is on its
    /// way.
    noted: BTreeMap<NodeId, Option<u64>>,
    /// The spares that are to have a copy, and do not count yet. A flaw: they count from the beginning.
    late: BTreeSet<NodeId>,
    /// How many commands it had executed when it began to serve.
    began: u64,
    /// The commands that not all of those have executed.
    commands: BTreeMap<u64, Command>,
    /// Who waits for an answer, which it has when all followers have executed the command.
    waiting: BTreeMap<u64, (RequestId, Output)>,
}

impl SemiActive {
    pub(super) fn new(config: &ServiceConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            replica: Replica::new(config, me, nodes),
            has_copy: false,
            epoch: 0,
            stopped: BTreeSet::new(),
            leading: None,
            heard: BTreeMap::new(),
        }
    }

    fn has(&self, flaw: ServiceFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it leads, and answers.
    pub(super) fn is_active(&self) -> bool {
        self.leading.as_ref().is_some_and(|leading| leading.is_active)
    }

    /// Whether it is about to lead.
    pub(super) fn takes_over(&self) -> bool {
        self.leading.as_ref().is_some_and(|leading| !leading.is_active)
    }

    /// Whether somebody waits until all followers know of a command.
    pub(super) fn holds_back(&self) -> bool {
        self.leading.as_ref().is_some_and(|leading| !leading.waiting.is_empty())
    }

    /// All other nodes that have not stopped.
    fn others(&self, ctx: &Ctx<'_>) -> Vec<NodeId> {
        ctx.nodes().iter().copied().filter(|node| *node != self.me && !self.stopped.contains(node)).collect()
    }

    /// Sends a message by as many routes as there are to be. To get one twice does no harm: commands have numbers.
    fn send(&self, to: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if self.config.routes > 1 {
            let others = self.others(ctx);
            let after = others.iter().copied().find(|node| *node > to);
            let relay = after.or_else(|| others.into_iter().find(|node| *node != to));
            if let Some(by) = relay {
                ctx.send(by, Message::Relay { to, message: Box::new(message.clone()) });
            }
        }
        ctx.send(to, message);
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        if ctx.is_restart() {
            // A node that has stopped is no part of the system any more. What it had is gone.
            self.epoch = u32::MAX;
            return;
        }
        self.replica.boot(ctx);
        let first = &ctx.nodes()[..self.config.replicas as usize];
        self.has_copy = first.contains(&self.me);
        if self.me == ctx.nodes()[0] {
            let noted = first[1..].iter().map(|node| (*node, Some(0))).collect();
            self.leading = Some(Leading { noted, is_active: true, ..Leading::default() });
            ctx.emit(Event::Leads { number: 0, executed: 0 });
        }
        ctx.set_timer(Timer::Resend, self.config.resend_interval);
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<'_>) {
        self.say_again(ctx);
        if self.has(ServiceFlaw::SuspectsSlow) {
            // Time tells who has stopped.
            let (now, patience) = (ctx.now(), self.config.patience());
            let watched: Vec<NodeId> = match &self.leading {
                Some(leading) => leading.noted.keys().copied().collect(),
                None => ctx.nodes().get(self.epoch as usize).copied().into_iter().collect(),
            };
            for node in watched {
                if self.heard.get(&node).copied().unwrap_or(Time::ZERO) + patience < now {
                    self.stopped(node, ctx);
                }
            }
        }
        ctx.set_timer(Timer::Resend, self.config.resend_interval);
    }

    pub(super) fn receives(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.heard.insert(from, ctx.now());
        match message {
            Message::Notify { epoch, after, commands } => self.notified(from, epoch, (after, commands), ctx),
            Message::Noted { epoch, executed } => self.noted(from, epoch, executed, ctx),
            Message::TakeOver { epoch, executed } => self.asked(from, epoch, executed, ctx),
            Message::Report { epoch, executed, copy } => self.reported(from, epoch, (executed, copy), ctx),
            Message::State { epoch, copy } => self.copied(from, epoch, *copy, ctx),
            Message::Relay { to, message } => ctx.send(to, Message::Relayed { from, message }),
            Message::Relayed { from, message } => {
                if !matches!(*message, Message::Relay { .. } | Message::Relayed { .. }) {
                    self.receives(from, *message, ctx);
                }
            }
            // Those of active replication.
            Message::Digests { .. } | Message::Raft(_) => {}
        }
    }

    /// Takes part in no epoch before this one any more. Tells whether it takes part in this one.
    fn joins(&mut self, epoch: u32) -> bool {
        if epoch < self.epoch {
            return self.has(ServiceFlaw::NoEpochs);
        }
        self.epoch = epoch;
        true
    }
}

/// Followers.
impl SemiActive {
    /// The leader tells of commands, and of what it has decided.
    fn notified(&mut self, from: NodeId, epoch: u32, (after, commands): (u64, Vec<Command>), ctx: &mut Ctx<'_>) {
        if !self.joins(epoch) || !self.has_copy || self.leading.is_some() {
            return;
        }
        for (command, index) in commands.iter().zip(after + 1..) {
            let executed = self.replica.image.executed;
            if index == executed + 1 || self.has(ServiceFlaw::AsItComes) && index > executed {
                self.replica.execute(command, false, ctx);
            }
        }
        self.send(from, Message::Noted { epoch, executed: self.replica.image.executed }, ctx);
    }

    /// The leader sends a copy.
    fn copied(&mut self, from: NodeId, epoch: u32, copy: Image, ctx: &mut Ctx<'_>) {
        if !self.joins(epoch) || self.leading.is_some() {
            return;
        }
        if !self.has_copy || copy.executed > self.replica.image.executed {
            self.adopt(copy, ctx);
        }
        self.send(from, Message::Noted { epoch, executed: self.replica.image.executed }, ctx);
    }

    fn adopt(&mut self, copy: Image, ctx: &mut Ctx<'_>) {
        self.has_copy = true;
        ctx.emit(Event::Copied { executed: copy.executed });
        let before = std::mem::replace(&mut self.replica.image, copy);
        if self.has(ServiceFlaw::CopiesOver) {
            self.replica.image.service.put_over(&before.service);
        }
    }

    /// The next leader asks how far it has come.
    fn asked(&mut self, from: NodeId, epoch: u32, theirs: Option<u64>, ctx: &mut Ctx<'_>) {
        if !self.joins(epoch) || self.leading.is_some() {
            return;
        }
        let executed = self.has_copy.then_some(self.replica.image.executed);
        let copy = (executed > theirs).then(|| Box::new(self.replica.image.clone()));
        self.send(from, Message::Report { epoch, executed, copy }, ctx);
    }
}

/// Failover.
impl SemiActive {
    /// A node has stopped.
    pub(super) fn stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        self.stopped.insert(node);
        if self.epoch == u32::MAX {
            return;
        }
        if let Some(leading) = &mut self.leading {
            leading.reports.remove(&node);
            leading.late.remove(&node);
            if !self.config.flaws.has(ServiceFlaw::WaitsForTheStopped) {
                leading.noted.remove(&node);
            }
            self.go_on(ctx);
        } else if ctx.nodes().iter().find(|node| !self.stopped.contains(node)) == Some(&self.me) {
            self.epoch = self.me.index();
            self.leading = Some(Leading::default());
            self.say_again(ctx);
            self.go_on(ctx);
        }
    }

    /// Another node says how far it has come.
    fn reported(
        &mut self,
        from: NodeId,
        epoch: u32,
        (executed, copy): (Option<u64>, Option<Box<Image>>),
        ctx: &mut Ctx<'_>,
    ) {
        if epoch != self.epoch || !self.takes_over() || self.stopped.contains(&from) {
            return;
        }
        if let Some(copy) = copy
            && (!self.has_copy || copy.executed > self.replica.image.executed)
            && !self.has(ServiceFlaw::TakesOverAlone)
        {
            self.adopt(*copy, ctx);
        }
        if let Some(leading) = &mut self.leading {
            leading.reports.insert(from, executed);
        }
        self.go_on(ctx);
    }

    /// Serves if all others have said how far they have come; and then answers what can be answered.
    fn go_on(&mut self, ctx: &mut Ctx<'_>) {
        let others = self.others(ctx);
        let Some(leading) = self.leading.as_mut().filter(|leading| !leading.is_active) else {
            self.take_in(ctx);
            return self.answer(ctx);
        };
        let reported = others.iter().filter(|node| leading.reports.contains_key(node)).count();
        let early = self.config.flaws.has(ServiceFlaw::TakesOverEarly) && reported * 2 >= others.len();
        if reported != others.len() && !early {
            return;
        }
        leading.is_active = true;
        let noted = leading.reports.iter().filter(|(_, executed)| executed.is_some());
        leading.noted = noted.map(|(node, executed)| (*node, *executed)).collect();
        if !self.has_copy {
            // Nobody has: what there was is lost, and it makes no sense to begin anew.
            leading.is_active = false;
            return ctx.emit(Event::NothingLeft);
        }
        if self.config.flaws.has(ServiceFlaw::ForgetsSessions) {
            self.replica.image.sessions = Sessions::default();
        }
        leading.began = self.replica.image.executed;
        ctx.emit(Event::Leads { number: self.epoch.into(), executed: leading.began });
        self.take_in(ctx);
        self.say_again(ctx);
    }

    /// Takes in spares until there are as many copies as there should be. They count from now on: from the first
    /// command on that is not in the copy that they are sent.
    fn take_in(&mut self, ctx: &mut Ctx<'_>) {
        let others = self.others(ctx);
        let Some(leading) = self.leading.as_mut().filter(|leading| leading.is_active) else { return };
        let mut taken = Vec::new();
        for node in others {
            if 1 + leading.noted.len() + leading.late.len() >= self.config.replicas as usize {
                break;
            }
            if leading.noted.contains_key(&node) || leading.late.contains(&node) {
                continue;
            }
            if self.config.flaws.has(ServiceFlaw::CountsSparesLate) {
                leading.late.insert(node);
            } else {
                leading.noted.insert(node, None);
            }
            taken.push(node);
        }
        for node in taken {
            ctx.emit(Event::TookIn { node });
            let copy = Box::new(copy_of(&self.config, &self.replica.image));
            self.send(node, Message::State { epoch: self.epoch, copy }, ctx);
        }
    }
}

/// A copy to be sent.
fn copy_of(config: &ServiceConfig, image: &Image) -> Image {
    let mut copy = image.clone();
    if config.flaws.has(ServiceFlaw::CopyWithoutSessions) {
        copy.sessions = Sessions::default();
    }
    copy
}

/// The leader.
impl SemiActive {
    /// A client asks. The leader executes that at once, and answers when all that could take over have.
    pub(super) fn requested(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        if self.leading.is_none() {
            let leader = ctx.nodes().get(self.epoch as usize).copied();
            return ctx.redirect(request, leader.filter(|leader| !self.stopped.contains(leader)));
        }
        if !self.is_active() {
            return;
        }
        match self.replica.seen(request) {
            Seen::Latest(output) if !self.has(ServiceFlaw::ExecutesAgain) => {
                if self.may_answer_again(request) {
                    let output = output.clone();
                    ctx.emit(Event::Answered { epoch: self.epoch, request });
                    ctx.reply(request, output);
                }
                return;
            }
            Seen::Stale => return,
            Seen::Latest(_) | Seen::Never => {}
        }
        let command = Command { request, op, decision: Replica::decide(ctx) };
        let Some(output) = self.replica.execute(&command, false, ctx) else { return };
        let (epoch, index) = (self.epoch, self.replica.image.executed);
        let Some(leading) = &mut self.leading else { return };
        leading.waiting.insert(index, (request, output));
        leading.commands.insert(index, command.clone());
        let followers: Vec<NodeId> = leading.noted.keys().copied().collect();
        for node in followers {
            self.send(node, Message::Notify { epoch, after: index - 1, commands: vec![command.clone()] }, ctx);
        }
        self.answer(ctx);
    }

    /// Whether all followers have executed a command that this node has: one of its own that nobody waits for any more,
    /// or, once they have executed all those, one of an earlier leader.
    fn may_answer_again(&self, request: RequestId) -> bool {
        let Some(leading) = &self.leading else { return false };
        let waits = leading.waiting.values().any(|(of, _)| *of == request);
        let is_known = leading.noted.values().all(|noted| *noted >= Some(leading.began));
        !waits && is_known || self.has(ServiceFlaw::AnswersRepeatsEarly)
    }

    /// A follower says how far it has come.
    fn noted(&mut self, from: NodeId, epoch: u32, executed: u64, ctx: &mut Ctx<'_>) {
        if epoch != self.epoch || self.stopped.contains(&from) {
            return;
        }
        let Some(leading) = self.leading.as_mut().filter(|leading| leading.is_active) else { return };
        if leading.late.remove(&from) {
            leading.noted.insert(from, None);
        }
        if let Some(noted) = leading.noted.get_mut(&from) {
            *noted = Some(executed).max(*noted);
        }
        self.answer(ctx);
    }

    /// Answers those whose commands all followers have executed.
    fn answer(&mut self, ctx: &mut Ctx<'_>) {
        let executed = self.replica.image.executed;
        let (alone, one) = (self.has(ServiceFlaw::AnswersAlone), self.has(ServiceFlaw::AnswersAfterOne));
        let Some(leading) = self.leading.as_mut().filter(|leading| leading.is_active) else { return };
        let noted = || leading.noted.values().map(|noted| noted.unwrap_or(0));
        let (by_all, by_one) = (noted().min().unwrap_or(executed), noted().max().unwrap_or(executed));
        let known = if alone {
            executed
        } else if one {
            by_one
        } else {
            by_all
        };
        while let Some(first) = leading.waiting.first_entry().filter(|first| *first.key() <= known) {
            let (request, output) = first.remove();
            ctx.emit(Event::Answered { epoch: self.epoch, request });
            ctx.reply(request, output);
        }
        leading.commands = leading.commands.split_off(&(by_all + 1));
    }

    /// Says again what was not acknowledged. Without anything to say it says that it is there.
    fn say_again(&mut self, ctx: &mut Ctx<'_>) {
        let epoch = self.epoch;
        let Some(leading) = &self.leading else { return };
        let mut messages = Vec::new();
        if leading.is_active {
            for node in leading.late.iter().chain(leading.noted.keys()) {
                let after = leading.noted.get(node).copied().flatten();
                let executed = self.replica.image.executed;
                let has_next = |after: &u64| *after >= executed || leading.commands.contains_key(&(after + 1));
                messages.push((
                    *node,
                    match after.filter(has_next) {
                        Some(after) => {
                            let commands = leading.commands.range(after + 1..).map(|(_, command)| command.clone());
                            Message::Notify { epoch, after, commands: commands.collect() }
                        }
                        None => Message::State { epoch, copy: Box::new(copy_of(&self.config, &self.replica.image)) },
                    },
                ));
            }
        } else {
            let executed = self.has_copy.then_some(self.replica.image.executed);
            let silent = self.others(ctx).into_iter().filter(|node| !leading.reports.contains_key(node));
            messages.extend(silent.map(|node| (node, Message::TakeOver { epoch, executed })));
        }
        for (node, message) in messages {
            self.send(node, message, ctx);
        }
    }
}
