//! A copy of the service, and its execution.

use parts::kv::KvReply;
use parts::machine::Seen;
use sim_core::{NodeId, RequestId};

use super::config::ServiceConfig;
use super::flaws::ServiceFlaw;
use super::message::Event;
use super::node::Ctx;
use super::properties::number;
use super::service::{Command, Decision, Image, NOBODYS, Output, Way};

/// A copy of the service.
#[derive(Debug)]
pub struct Replica {
    config: ServiceConfig,
    pub(super) image: Image,
    /// Whether it may compute wrongly.
    pub(super) may_err: bool,
    /// How it sees the tickets in the drum turned. A flaw: they are in the same order everywhere.
    turn: u32,
}

/// What draws range over.
const DRAWS: u64 = 1 << 16;

/// One execution in so many goes wrong in one way, and one in another, where any may.
const ERRORS: u64 = 400;

impl Replica {
    pub(super) fn new(config: &ServiceConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let may_err = config.may_err(me, nodes);
        Self { config: config.clone(), image: Image::default(), may_err, turn: 0 }
    }

    fn has(&self, flaw: ServiceFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        if self.has(ServiceFlaw::OwnOrder) {
            self.turn = ctx.choose("own order", 0..8) as u32;
        }
    }

    /// What is decided now, by this node, for a command.
    pub(super) fn decide(ctx: &mut Ctx<'_>) -> Decision {
        Decision { stamp: ctx.wall_clock().as_nanos(), draw: ctx.choose("draw", 0..DRAWS) as u32 }
    }

    /// What was decided for a command.
    fn decided(&self, decision: Decision, ctx: &mut Ctx<'_>) -> Decision {
        let mut decided = decision;
        if self.has(ServiceFlaw::OwnDraw) {
            decided.draw = Self::decide(ctx).draw;
        }
        if self.has(ServiceFlaw::OwnClock) {
            decided.stamp = ctx.wall_clock().as_nanos();
        }
        decided
    }

    /// What is known of a request.
    pub(super) fn seen(&self, request: RequestId) -> Seen<'_, Output> {
        self.image.sessions.look_up(request)
    }

    /// Executes the next command. `again`: as it was executed before, in the same way, and nothing comes of it but its
    /// output. A fault of the hardware that was there the first time is not there then (Gray 1985).
    pub(super) fn execute(&mut self, command: &Command, again: bool, ctx: &mut Ctx<'_>) -> Option<Output> {
        self.image.executed += 1;
        let request = command.request;
        match self.image.sessions.look_up(request) {
            Seen::Latest(output) if !self.has(ServiceFlaw::ExecutesAgain) => {
                let output = output.clone();
                if !again {
                    ctx.emit(Event::Repeated { request });
                }
                return Some(output);
            }
            Seen::Stale => return None,
            Seen::Latest(_) | Seen::Never => {}
        }
        let decision = self.decided(command.decision, ctx);
        let way = Way { raises_stamps: !self.has(ServiceFlaw::StampsFallBack), turn: self.turn };
        let mut output = self.image.service.apply(&command.op, decision, way);
        if self.may_err && !again {
            self.err(command, &mut output, ctx);
        }
        self.image.sessions.record(request, output.clone());
        if !again {
            let (index, receipt) = (self.image.executed, output.receipt);
            ctx.emit(Event::Executed { index, request, receipt, output: number(&output) });
        }
        Some(output)
    }

    /// Now and then the output is wrong, or what the state has for the key.
    fn err(&mut self, command: &Command, output: &mut Output, ctx: &mut Ctx<'_>) {
        match ctx.choose("value fault", 0..ERRORS) {
            1 => match &mut output.reply {
                KvReply::Value(value) if value.is_empty() => value.push(NOBODYS),
                KvReply::Value(value) => value.truncate(value.len() - 1),
                reply => *reply = KvReply::Mismatch(vec![NOBODYS]),
            },
            2 => self.image.service.spoil(command.op.key()),
            _ => return,
        }
        ctx.emit(Event::Erred);
    }
}
