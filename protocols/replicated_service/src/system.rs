//! Active and semi-active replication as a system that scenarios can name.

use parts::kv::{KvModel, KvOp, KvReply, KvWorkload};
use sim_core::consistency::{
    Access, Answer, Budget, Counterexample, Level, RegisterModel, SequentialModel, check_level, reads_of,
};
use sim_core::{
    CheckLevel, Client, ClientProfile, ClosedLoop, Duration, EventuallyAlike, FindReads, Flaw, FlawInfo, Guarantee,
    History, KeepsLevel, Kinds, LivenessClaims, NodeId, OwedTo, Property, PropertyRow, RetryingClient, Role,
    SystemUnderTest,
};

use super::client::Voter;
use super::config::{Mode, ServiceConfig};
use super::flaws::ServiceFlaw;
use super::message::{Event, Message};
use super::node::ReplicatedService;
use super::service::Output;
use super::{liveness, properties};

/// For how long nothing must have been asked, and nobody been apart, for replicas to have converged.
pub(super) const SETTLED: Duration = Duration::from_secs(2);

/// The [map](KvModel), of whose replies each is in an output. Receipts are judged elsewhere.
#[derive(Debug, Default)]
struct Outputs(KvModel);

fn reply(output: Option<&Output>) -> Option<&KvReply> {
    output.map(|output| &output.reply)
}

impl SequentialModel for Outputs {
    type Op = KvOp;
    type Reply = Output;
    type State = <KvModel as SequentialModel>::State;
    type Key = u32;

    fn initial(&self) -> Self::State {
        self.0.initial()
    }

    fn apply(&self, state: &Self::State, op: &KvOp, output: Option<&Output>) -> Option<Self::State> {
        self.0.apply(state, op, reply(output))
    }

    fn key(&self, op: &KvOp) -> Option<u32> {
        self.0.key(op)
    }

    fn is_read(&self, op: &KvOp, output: Option<&Output>) -> bool {
        self.0.is_read(op, reply(output))
    }

    fn mark(&self, op: &KvOp) -> Option<u64> {
        self.0.mark(op)
    }

    fn name_marks(&self, op: &KvOp, output: Option<&Output>, name: &mut dyn FnMut(u64)) {
        self.0.name_marks(op, reply(output), name);
    }

    fn heap_bytes(&self, state: &Self::State) -> u64 {
        self.0.heap_bytes(state)
    }
}

impl RegisterModel for Outputs {
    type Value = <KvModel as RegisterModel>::Value;

    fn initial_value(&self, key: &u32) -> Self::Value {
        self.0.initial_value(key)
    }

    fn access(&self, op: &KvOp, output: Option<&Output>) -> Option<Access<u32, Self::Value>> {
        self.0.access(op, reply(output))
    }
}

/// Decides whether a history keeps a level of consistency.
fn check(level: Level, history: &History<KvOp, Output>, budget: Budget) -> Answer<Counterexample> {
    check_level(&Outputs::default(), history, level, budget)
}

impl SystemUnderTest for ReplicatedService {
    const NAME: &'static str = "replicated-service";
    const SUMMARY: &'static str = "Active (Schneider 1990) and semi-active (Delta-4 XPA, 1990) replication of a service that \
                                   draws tickets and reads clocks";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = ServiceFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::OWN_KINDS, raft::Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[Role {
        name: "leader",
        takes: |event| matches!(event, Event::Leads { .. }),
        gives_up: |event| matches!(event, Event::StepsDown { .. }),
    }];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: KvOp::kind,
        can_progress: liveness::can_progress,
        digest: liveness::digest,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = |level, history, budget| Some(check(level, history, budget));
    const READS: FindReads<Self> = |history| reads_of(&Outputs::default(), history).ok();

    type Config = ServiceConfig;
    type Workload = KvWorkload;

    fn node(config: &ServiceConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &ServiceConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        match config.mode {
            Mode::Active => Box::new(ClosedLoop::with(Voter::new(config), profile)),
            Mode::SemiActive => Box::new(RetryingClient::new(index, profile)),
        }
    }

    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        match guarantee {
            Guarantee::Level(level) => Some(Box::new(KeepsLevel::of(level)?)),
            Guarantee::Eventual => Some(Box::new(EventuallyAlike::new(SETTLED))),
            _ => None,
        }
    }
}
