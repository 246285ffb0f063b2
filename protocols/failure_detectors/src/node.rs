//! A node: it gives signs of life, and judges the others by theirs.

use std::collections::{BTreeMap, VecDeque};

use parts::detectors::{Counters, Notification, Record, Rounds, Stamp, Status, is_news, proxies};
use parts::journal::Journal;
use sim_core::{Context, DiskEvent, Duration, NodeId, OperatorAction, Protocol, RequestId, State, SyncToken, Time};

use super::config::{DetectorConfig, DetectorKind};
use super::flaws::DetectorFlaw;
use super::judge::Judge;
use super::message::{DetectorOp, Echo, Event, Heard, Message, Sign, Timer, View};

/// A node.
#[derive(Debug)]
pub struct DetectorNode {
    config: DetectorConfig,
    me: NodeId,
    others: Vec<NodeId>,
    journal: Journal,
    /// Its own boot. 0 before the first.
    boot: u64,
    /// Its own latest beat.
    beat: u64,
    /// How often it has ticked.
    ticks: u64,
    /// Those that it monitors.
    pub(super) peers: BTreeMap<NodeId, Peer>,
    /// What was heard of them, and of those that it does not monitor any more.
    pub(super) known: BTreeMap<NodeId, Known>,
    pub(super) counters: Counters,
    /// Answers that wait for the disk, oldest first.
    waiting: VecDeque<(NodeId, Message)>,
    /// How many of them the sync that is under way is for; 0 if none is.
    covered: usize,
    /// What the message of this step says, for properties.
    pub(super) heard: Vec<Heard>,
    /// Those that it has stopped to monitor, for flaws.
    pub(super) parked: BTreeMap<NodeId, Peer>,
}

/// One that is monitored.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) record: Record,
    pub(super) judge: Judge,
    /// When it is to be judged next at the latest; nothing if only a sign can change what it is taken for.
    due: Option<Time>,
    /// The pings that have not been answered, each with its round.
    asked: VecDeque<(u64, Time)>,
    /// When the last suspicion was to be confirmed, for flaws.
    pub(super) confirms_at: Option<Time>,
}

/// What tells new signs from old ones.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The latest boot.
    pub(super) boot: u64,
    newest: Option<Stamp>,
    pub(super) rounds: Rounds,
    /// The latest round for which others were asked to try it, and how many of them.
    pub(super) asked: (u64, usize),
}

pub(super) type Ctx<'a> = Context<'a, DetectorNode>;

impl DetectorNode {
    pub(super) fn new(config: &DetectorConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            others: nodes.iter().copied().filter(|node| *node != me).collect(),
            journal: Journal::default(),
            boot: 0,
            beat: 0,
            ticks: 0,
            peers: BTreeMap::new(),
            known: BTreeMap::new(),
            counters: Counters::default(),
            waiting: VecDeque::new(),
            covered: 0,
            heard: Vec::new(),
            parked: BTreeMap::new(),
        }
    }

    pub(super) fn has(&self, flaw: DetectorFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// What a peer is taken for, if it is monitored.
    pub fn status(&self, peer: NodeId) -> Option<Status> {
        self.peers.get(&peer).map(|peer| peer.record.status())
    }

    /// The clock by which peers are judged: NFD-S counts on one that all have in common.
    pub(super) fn now(&self, ctx: &Ctx<'_>) -> Time {
        let is_common = self.config.detector == DetectorKind::NfdS;
        if is_common || self.has(DetectorFlaw::TimeByWallClock) { ctx.wall_clock() } else { ctx.now() }
    }

    /// How long until the next tick: with NFD-S, beats are sent at the whole intervals of the common clock.
    fn until_tick(&self, ctx: &Ctx<'_>) -> Duration {
        let interval = self.config.interval;
        if self.config.detector != DetectorKind::NfdS {
            return interval;
        }
        interval - Duration::from_nanos(ctx.wall_clock().as_nanos() % interval.as_nanos())
    }

    fn monitor(&mut self, peer: NodeId, ctx: &mut Ctx<'_>) {
        let now = self.now(ctx);
        let old = self.parked.remove(&peer).filter(|_| self.has(DetectorFlaw::MonitorResumes));
        let peers = old.unwrap_or_else(|| Peer {
            record: Record::default(),
            judge: Judge::new(&self.config, self.others.len() + 1, now),
            due: None,
            asked: VecDeque::new(),
            confirms_at: None,
        });
        self.peers.insert(peer, peers);
        self.rearm(peer, ctx);
    }

    /// Looks at all whose time has come.
    fn judge_due(&mut self, ctx: &mut Ctx<'_>) {
        let now = self.now(ctx);
        let is_due = |(node, peer): (&NodeId, &Peer)| peer.due.is_some_and(|due| due <= now).then_some(*node);
        let due: Vec<NodeId> = self.peers.iter().filter_map(is_due).collect();
        due.into_iter().for_each(|peer| self.judge(peer, ctx));
    }

    fn judge(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        let now = self.now(ctx);
        let flaws = self.config.flaws;
        let Some(peer) = self.peers.get_mut(&node) else { return };
        let opinion = peer.judge.opinion(now);
        let mut confirm = self.config.confirm;
        if flaws.has(DetectorFlaw::EarlierDeadline) {
            confirm = peer.earlier_deadline(now, confirm);
        }
        if flaws.has(DetectorFlaw::DeadlineMoves) {
            peer.move_deadline(now, opinion, confirm);
        }
        if let Some(notification) = peer.record.judge(now, opinion, confirm) {
            peer.confirms_at = peer.record.suspicion().map(|suspicion| suspicion.deadline).or(peer.confirms_at);
            if flaws.has(DetectorFlaw::ForgetsTheFailed) && notification == Notification::Failed {
                self.counters.forget(node);
                self.known.remove(&node);
            }
            ctx.emit(match notification {
                Notification::Suspected => Event::Suspected(node),
                Notification::Failed => Event::Failed(node),
                Notification::FalsePositive if !flaws.has(DetectorFlaw::AlwaysRecovered) => Event::FalsePositive(node),
                Notification::Recovered | Notification::FalsePositive => Event::Recovered(node),
            });
        }
        self.rearm(node, ctx);
    }

    /// Sets the timer for when the peer is to be judged again.
    fn rearm(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        let now = self.now(ctx);
        let Some(peer) = self.peers.get_mut(&node) else { return };
        let due = match (peer.record.status(), peer.record.suspicion()) {
            (Status::Suspected, Some(suspicion)) => Some(suspicion.deadline),
            (Status::Failed, _) => None,
            _ => Some(peer.judge.deadline(now)),
        };
        // What is over has been looked at.
        peer.due = due.filter(|due| *due > now);
        if let Some(due) = peer.due {
            ctx.set_timer(Timer::Judge(node), due.since(now));
        }
    }

    /// A sign of life, which may be an old one. Whether it is news.
    fn hear(&mut self, heard: Heard, ctx: &mut Ctx<'_>) -> bool {
        let Heard { about, sign, stamp } = heard;
        let flaws = self.config.flaws;
        let any_round = flaws.has(DetectorFlaw::AnswersAnyRound);
        let now = self.now(ctx);
        if !self.peers.contains_key(&about) {
            let is_revived = flaws.has(DetectorFlaw::LateBeatRevives) && about != self.me && sign == Sign::Beat;
            if !is_revived {
                return false;
            }
            self.monitor(about, ctx);
        }
        let known = self.known.entry(about).or_default();
        let is_old_boot = stamp.boot < known.boot;
        let is_news = match sign {
            Sign::Ack => !is_old_boot && (known.rounds.answer(stamp.beat) || any_round),
            _ if flaws.has(DetectorFlaw::StaleBeatCounts) => true,
            _ if flaws.has(DetectorFlaw::IgnoresBoots) => is_news(&mut known.newest, Stamp { boot: 0, ..stamp }),
            _ => !is_old_boot && is_news(&mut known.newest, stamp),
        };
        if !is_news {
            return false;
        }
        let has_booted = stamp.boot > known.boot && known.boot > 0;
        known.boot = known.boot.max(stamp.boot);
        if let Some(peer) = self.peers.get_mut(&about) {
            if has_booted {
                peer.judge.restarted();
            }
            peer.judge.heard(sign, stamp, now, peer.record.status().is_suspect());
            peer.record.heard(stamp.boot);
        }
        true
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        self.ticks += 1;
        let monitored: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in &monitored {
            self.give_up(*peer, ctx);
            self.judge(*peer, ctx);
            self.deviate_at_tick(*peer, ctx);
        }
        if self.config.detector == DetectorKind::NfdS {
            self.beat = ctx.wall_clock().as_nanos() / self.config.interval.as_nanos();
        } else {
            self.beat += 1;
        }
        let stamp = Stamp { boot: self.boot, beat: self.beat };
        if self.config.beats() && !self.beats_to_the_trusted(stamp, ctx) {
            ctx.broadcast(Message::Beat(stamp));
        }
        if self.config.pings() {
            monitored.iter().for_each(|peer| self.ping(*peer, ctx));
        }
        if self.config.detector == DetectorKind::Gossip {
            self.counters.beat(self.me, stamp);
            // Each in turn, the one after this node first: so a counter reaches everybody within as many rounds.
            let after = self.others.iter().filter(|other| **other < self.me).count() as u64;
            let turn = if self.has(DetectorFlaw::GossipsToNext) { 0 } else { self.ticks - 1 };
            let next = (after + turn) % self.others.len() as u64;
            ctx.send(self.others[next as usize], Message::Gossip(self.counters.clone()));
        }
        ctx.set_timer(Timer::Tick, self.until_tick(ctx));
    }

    /// Pings that nobody can still answer in time are given up.
    fn give_up(&mut self, node: NodeId, ctx: &Ctx<'_>) {
        let now = self.now(ctx);
        let patience = self.config.timeout(1);
        let Some(peer) = self.peers.get_mut(&node) else { return };
        while peer.asked.front().is_some_and(|(_, at)| now.since(*at) >= patience) {
            peer.asked.pop_front();
            peer.judge.gave_up();
        }
    }

    fn ping(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        let now = self.now(ctx);
        let round = self.known.entry(node).or_default().rounds.begin();
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.asked.push_back((round, now));
        }
        ctx.send(node, Message::Ping { asker: self.me, echo: Echo { boot: self.boot, round } });
        if self.config.proxies > 0 && self.config.detector != DetectorKind::Metrics {
            ctx.set_timer(Timer::Indirect(node, round), self.config.interval / 2);
        }
    }

    /// Asks others to try a peer, if it has not answered.
    fn ping_indirectly(&mut self, node: NodeId, round: u64, ctx: &mut Ctx<'_>) {
        if self.has(DetectorFlaw::NeverAsksOthers) {
            return;
        }
        let Some(known) = self.known.get_mut(&node).filter(|known| known.rounds.is_open(round)) else { return };
        if !self.peers.contains_key(&node) {
            return;
        }
        let echo = Echo { boot: self.boot, round };
        let proxies = proxies(&self.others, node, self.config.proxies as usize, self.ticks);
        known.asked = (round, proxies.len());
        proxies.into_iter().for_each(|proxy| ctx.send(proxy, Message::PingRequest { target: node, echo }));
    }

    fn acknowledge(&mut self, from: NodeId, asker: NodeId, echo: Echo, ctx: &mut Ctx<'_>) {
        let queue = self.waiting.len() as u64;
        let answer = Message::Ack { asker, about: self.me, boot: self.boot, echo, queue };
        if self.config.detector != DetectorKind::Metrics || self.has(DetectorFlaw::AnswersBeforeSync) {
            return ctx.send(from, answer);
        }
        // It does what a request takes: something is durable before it is answered.
        self.waiting.push_back((from, answer));
        if self.covered == 0 {
            self.sync(ctx);
        }
    }

    /// Makes something durable for all answers that wait.
    fn sync(&mut self, ctx: &mut Ctx<'_>) {
        self.covered = self.waiting.len();
        ctx.disk().replace(vec![self.boot]);
        ctx.disk().sync_then(SyncToken(0));
    }

    /// The answer to a ping of this node.
    fn answered(&mut self, heard: Heard, queue: u64, ctx: &mut Ctx<'_>) {
        let is_news = self.hear(heard, ctx);
        let now = self.now(ctx);
        let round = heard.stamp.beat;
        // An answer that was overtaken is no news, but it was given.
        if let Some(peer) = self.peers.get_mut(&heard.about)
            && let Some(place) = peer.asked.iter().position(|(asked, _)| *asked == round)
            && let Some((_, at)) = peer.asked.remove(place)
            && is_news
        {
            peer.judge.answered(now, now.since(at), queue);
        }
        if is_news && !self.has(DetectorFlaw::JudgesAtTick) {
            self.judge(heard.about, ctx);
        }
    }

    /// Counters that have grown are signs of life.
    fn merge(&mut self, theirs: &Counters, ctx: &mut Ctx<'_>) {
        let mut grown = self.counters.clone().merge(theirs);
        if self.has(DetectorFlaw::MergesAnyCounter) {
            grown = theirs.iter().filter(|(node, stamp)| self.counters.get(*node) != Some(*stamp)).collect();
        } else if self.has(DetectorFlaw::IgnoresBoots) {
            let beat = |node| self.counters.get(node).map(|stamp| stamp.beat);
            grown = theirs.iter().filter(|(node, stamp)| Some(stamp.beat) > beat(*node)).collect();
        }
        grown.retain(|(node, _)| *node != self.me);
        for (about, stamp) in grown {
            self.counters.beat(about, stamp);
            if self.has(DetectorFlaw::MergesAnyCounter) {
                self.known.entry(about).or_default().newest = None;
            }
            if self.hear(Heard { about, sign: Sign::Counter, stamp }, ctx) {
                self.judge(about, ctx);
            }
        }
    }

    fn stop_monitoring(&mut self, peer: NodeId, ctx: &mut Ctx<'_>) {
        let Some(stopped) = self.peers.remove(&peer) else { return };
        if !self.has(DetectorFlaw::StopKeepsTimer) {
            ctx.cancel_timer(Timer::Judge(peer));
        }
        self.parked.insert(peer, stopped);
        ctx.emit(Event::Unmonitored(peer));
    }

    /// Begins to work, after this many boots.
    fn start(&mut self, boots: u64, ctx: &mut Ctx<'_>) {
        self.boot = boots + 1;
        self.journal.rewrite(vec![self.boot], ctx);
        if self.has(DetectorFlaw::BootNotDurable) {
            ctx.disk().sync_then(SyncToken(0));
        } else {
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::Booted(self.boot));
        self.others.clone().into_iter().for_each(|peer| self.monitor(peer, ctx));
        ctx.set_timer(Timer::Tick, self.until_tick(ctx));
    }

    fn view(&self) -> View {
        View(self.peers.iter().map(|(node, peer)| (*node, peer.record.status())).collect())
    }

    fn any(&self, status: Status) -> bool {
        self.peers.values().any(|peer| peer.record.status() == status)
    }
}

impl Protocol for DetectorNode {
    type Message = Message;
    type Timer = Timer;
    /// The number of a boot.
    type Record = u64;
    type Op = DetectorOp;
    type Reply = View;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &["monitor", "stop_monitoring"];

    const STATES: &'static [State<Self>] = &[
        State::new("suspecting", |node| node.any(Status::Suspected)),
        State::new("mourning", |node| node.any(Status::Failed)),
        State::new("uncertain", |node| node.any(Status::Unknown)),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = self.journal.open(ctx) else { return };
        self.start(records.last().map_or(0, |boot| **boot), ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.judge_due(ctx);
        self.heard.clear();
        match message {
            Message::Beat(stamp) => {
                let heard = Heard { about: from, sign: Sign::Beat, stamp };
                self.heard.push(heard);
                if self.hear(heard, ctx) {
                    self.judge(from, ctx);
                }
            }
            Message::Ping { asker, echo } => self.acknowledge(from, asker, echo, ctx),
            Message::Ack { asker, about, boot, echo, queue } if asker == self.me => {
                let heard = Heard { about, sign: Sign::Ack, stamp: Stamp { boot, beat: echo.round } };
                let is_mine = echo.boot == self.boot;
                if is_mine {
                    self.heard.push(heard);
                }
                if is_mine || self.has(DetectorFlaw::AcksOfOlderBoots) {
                    self.answered(heard, queue, ctx);
                }
            }
            // A proxy hands it on.
            Message::Ack { asker, .. } => ctx.send(asker, message),
            Message::PingRequest { target, echo } => {
                if !self.vouches_for(target, from, echo, ctx) {
                    ctx.send(target, Message::Ping { asker: from, echo });
                }
            }
            Message::Gossip(theirs) => {
                let others = theirs.iter().filter(|(node, _)| *node != self.me);
                self.heard = others.map(|(about, stamp)| Heard { about, sign: Sign::Counter, stamp }).collect();
                self.merge(&theirs, ctx);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        self.judge_due(ctx);
        self.heard.clear();
        match timer {
            Timer::Tick => self.tick(ctx),
            Timer::Judge(peer) => {
                self.judge(peer, ctx);
                self.judge_stopped(peer, ctx);
            }
            Timer::Indirect(peer, round) => self.ping_indirectly(peer, round, ctx),
        }
    }

    fn on_request(&mut self, request: RequestId, DetectorOp::View: DetectorOp, ctx: &mut Ctx<'_>) {
        if !self.has(DetectorFlaw::ViewFromCache) {
            self.judge_due(ctx);
        }
        self.heard.clear();
        ctx.reply(request, self.view());
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match event {
            DiskEvent::Failed(_) => ctx.halt("a sync failed"),
            DiskEvent::ReadFailed { .. } if self.has(DetectorFlaw::ReadErrorIsBlank) => self.start(0, ctx),
            DiskEvent::ReadFailed { .. } => ctx.halt("a record could not be read"),
            DiskEvent::Full => ctx.halt("the disk is full"),
            DiskEvent::Synced(_) => {
                let answers = self.waiting.drain(..std::mem::take(&mut self.covered));
                answers.for_each(|(to, answer)| ctx.send(to, answer));
                if !self.waiting.is_empty() {
                    self.sync(ctx);
                }
            }
            _ => {}
        }
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        self.judge_due(ctx);
        self.heard.clear();
        let me = self.me;
        for peer in action.nodes.iter().copied().filter(|node| *node != me) {
            if action.name == "stop_monitoring" {
                self.stop_monitoring(peer, ctx);
            } else if !self.peers.contains_key(&peer) {
                self.monitor(peer, ctx);
                ctx.emit(Event::Monitors(peer));
            }
        }
    }
}
