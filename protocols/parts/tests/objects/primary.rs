//! A primary with backups, to copy: it replicates whatever object a scenario names.
//!
//! The first node orders all operations in a log. What is on the disks of all nodes is applied and answered. There is
//! no failover: while a node is down, clients wait.

use std::collections::{BTreeMap, VecDeque};

use parts::journal::Journal;
use parts::machine::{Machine, StateMachine as _};
use parts::objects::{self, Datum, ObjectOp, ObjectWorkload, Objects, Reply};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{
    CheckIsolation, CheckLevel, Context, Duration, Kinds, LivenessClaims, NodeId, Nothing, Protocol, ProtocolConfig,
    RequestId, SystemUnderTest, ms,
};

/// What a protocol must do, and might forget.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// Whether an operation that a client repeats takes effect once.
    pub(crate) sessions: bool,
    /// Whether a node waits for its disk before it answers.
    pub(crate) syncs: bool,
    /// Whether an answer of several values is of one moment.
    pub(crate) snapshots: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { sessions: true, syncs: true, snapshots: true }
    }
}

impl ProtocolConfig for Config {}

/// An entry of the log.
type Entry = (RequestId, ObjectOp);

#[derive(Clone, Debug, Serialize, Kinds)]
pub(crate) enum Message {
    /// What follows in the log after so many entries.
    Entries(usize, Vec<Entry>),
    /// How many entries a backup has.
    Has(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Timer {
    Resend,
}

const RESEND_AFTER: Duration = ms(20);

/// By how many entries a part of an answer may be too old.
const BEHIND: usize = 4;

#[derive(Debug)]
pub(crate) struct Primary {
    config: Config,
    is_primary: bool,
    journal: Journal,
    log: Vec<Entry>,
    /// How many entries of the log are applied.
    applied: usize,
    machine: Machine<Objects>,
    /// The objects as they were before the last few entries.
    before: VecDeque<Objects>,
    /// How many entries each backup has.
    backups: BTreeMap<NodeId, usize>,
}

impl Primary {
    fn append(&mut self, entries: Vec<Entry>, ctx: &mut Context<'_, Self>) {
        for entry in entries {
            self.journal.append(entry.clone(), ctx);
            self.log.push(entry);
        }
        if self.config.syncs {
            self.journal.make_durable(ctx);
        }
    }

    /// Sends each backup what it lacks.
    fn replicate(&self, ctx: &mut Context<'_, Self>) {
        for (&backup, &has) in &self.backups {
            if let Some(lacking) = self.log.get(has..).filter(|lacking| !lacking.is_empty()) {
                ctx.send(backup, Message::Entries(has, lacking.to_vec()));
            }
        }
    }

    /// The answer to what reads several values, the first of which is that of some operations before.
    fn torn(&self, op: &ObjectOp, reply: &Reply) -> Option<Reply> {
        let Reply::Value(Datum::List(now)) = reply else { return None };
        let Reply::Value(Datum::List(before)) = self.before.front()?.clone().apply(op) else { return None };
        Some(Reply::Value(before.iter().take(1).chain(now.iter().skip(1)).cloned().collect()))
    }

    /// Applies and answers what all nodes have.
    fn apply(&mut self, ctx: &mut Context<'_, Self>) {
        let everywhere = self.backups.values().copied().min().unwrap_or(0).min(self.log.len());
        while self.applied < everywhere {
            let (request, op) = &self.log[self.applied];
            self.before.push_back(self.machine.state.clone());
            if let Some(reply) = self.machine.apply(*request, op, self.config.sessions).reply() {
                let torn = (!self.config.snapshots).then(|| self.torn(op, &reply)).flatten();
                ctx.reply(*request, torn.unwrap_or(reply));
            }
            self.applied += 1;
            if self.before.len() > BEHIND {
                self.before.pop_front();
            }
        }
    }
}

impl Protocol for Primary {
    type Message = Message;
    type Timer = Timer;
    type Record = Entry;
    type Op = ObjectOp;
    type Reply = Reply;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(records) = self.journal.open(ctx) else { return };
        self.log = records.into_iter().cloned().collect();
        if self.is_primary {
            ctx.set_timer(Timer::Resend, RESEND_AFTER);
        }
    }

    fn on_request(&mut self, request: RequestId, op: ObjectOp, ctx: &mut Context<'_, Self>) {
        if !self.is_primary {
            return ctx.redirect(request, ctx.nodes().first().copied());
        }
        self.append(vec![(request, op)], ctx);
        self.replicate(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Entries(after, entries) => {
                let known = self.log.len().saturating_sub(after);
                if after <= self.log.len() && known < entries.len() {
                    self.append(entries[known..].to_vec(), ctx);
                }
                ctx.send(from, Message::Has(self.log.len()));
            }
            Message::Has(count) => {
                self.backups.insert(from, count);
                self.apply(ctx);
            }
        }
    }

    fn on_timer(&mut self, Timer::Resend: Timer, ctx: &mut Context<'_, Self>) {
        self.replicate(ctx);
        ctx.set_timer(Timer::Resend, RESEND_AFTER);
    }
}

impl SystemUnderTest for Primary {
    const NAME: &'static str = "primary";
    const SUMMARY: &'static str = "A primary with backups, replicating any object";
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, ObjectOp::KINDS];
    const CHECK_LEVEL: CheckLevel<Self> = objects::check;
    const CHECK_ISOLATION: CheckIsolation<Self> = objects::check_isolation;
    const LIVENESS: LivenessClaims<Self> = LivenessClaims { operation_kind: ObjectOp::kind, ..LivenessClaims::NONE };

    type Config = Config;
    type Workload = ObjectWorkload;

    fn node(config: &Config, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: *config,
            is_primary: me == nodes[0],
            journal: Journal::default(),
            log: Vec::new(),
            applied: 0,
            machine: Machine::default(),
            before: VecDeque::new(),
            backups: nodes[1..].iter().map(|backup| (*backup, 0)).collect(),
        }
    }
}
