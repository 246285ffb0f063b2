//! A node: an orchestrator or a service.

use parts::journal::{Journal, good_records};
use sim_core::{Context, Flaws, NodeId, OperatorAction, Protocol, RequestId, State};

use super::config::SagaConfig;
use super::flaws::SagaFlaw;
use super::message::{Event, Message, Phase, Record, Timer};
use super::operations::{SagaOp, SagaReply};
use super::orchestrator::Orchestrator;
use super::service::Service;

/// A node.
#[derive(Debug)]
pub enum SagaNode {
    /// One that runs sagas.
    Orchestrator(Orchestrator),
    /// One that keeps accounts.
    Service(Service),
}

pub(super) type Ctx<'a> = Context<'a, SagaNode>;

impl SagaNode {
    pub(super) fn new(config: &SagaConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let (orchestrators, services) = nodes.split_at(config.orchestrators as usize);
        if orchestrators.contains(&me) {
            Self::Orchestrator(Orchestrator::new(config, services))
        } else {
            Self::Service(Service::new(config))
        }
    }

    fn has_saga(&self, is_there: impl Fn(Phase) -> bool) -> bool {
        match self {
            Self::Orchestrator(orchestrator) => orchestrator.phases().any(is_there),
            Self::Service(_) => false,
        }
    }
}

/// The records that a node finds when it boots, made durable.
pub(super) fn open<'a>(journal: &mut Journal, flaws: Flaws<SagaFlaw>, ctx: &mut Ctx<'a>) -> Option<Vec<&'a Record>> {
    if flaws.has(SagaFlaw::BootsOnUnsynced) {
        let records = good_records(ctx.disk().records()).ok()?;
        ctx.disk().truncate(records.len() as u64);
        return Some(records);
    }
    let records = journal.open(ctx)?;
    // A failed sync leaves records that can be read and that no later sync makes durable (Rebello et al., ATC 2020).
    if !records.is_empty() {
        journal.rewrite(records.iter().map(|record| (*record).clone()).collect(), ctx);
        journal.make_durable(ctx);
    }
    Some(records)
}

impl Protocol for SagaNode {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = SagaOp;
    type Reply = SagaReply;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &["resolve"];

    const STATES: &'static [State<Self>] = &[
        State::new("going-forward", |node| node.has_saga(|phase| matches!(phase, Phase::Forward { .. }))),
        State::new("compensating", |node| node.has_saga(|phase| matches!(phase, Phase::Backward { .. }))),
        State::new("needs-operator", |node| node.has_saga(|phase| matches!(phase, Phase::NeedsOperator { .. }))),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Self::Orchestrator(orchestrator) => orchestrator.boot(ctx),
            Self::Service(service) => service.boot(ctx),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Self::Service(service), Message::Do { key, step }) => service.take(from, key, step, ctx),
            (Self::Service(service), Message::Undo { key, step, is_forced, refusals }) => {
                service.compensate(from, key, step, is_forced, refusals, ctx);
            }
            (Self::Orchestrator(orchestrator), Message::DoReply { key, answer }) => {
                orchestrator.step_answered(key, answer, ctx);
            }
            (Self::Orchestrator(orchestrator), Message::UndoReply { key, refusals, answer }) => {
                orchestrator.compensation_answered(key, refusals, answer, ctx);
            }
            // Services are asked, and orchestrators are answered.
            (Self::Service(_) | Self::Orchestrator(_), _) => {}
        }
    }

    fn on_timer(&mut self, Timer::Retry(saga): Timer, ctx: &mut Ctx<'_>) {
        if let Self::Orchestrator(orchestrator) = self {
            orchestrator.retry(saga, ctx);
        }
    }

    fn on_request(&mut self, request: RequestId, op: SagaOp, ctx: &mut Ctx<'_>) {
        match self {
            Self::Orchestrator(orchestrator) => orchestrator.requested(request, &op, ctx),
            Self::Service(_) => ctx.redirect(request, None),
        }
    }

    /// There is one action: what needs an operator goes on.
    fn on_operator(&mut self, _: &OperatorAction, ctx: &mut Ctx<'_>) {
        if let Self::Orchestrator(orchestrator) = self {
            orchestrator.resolve(ctx);
        }
    }
}
