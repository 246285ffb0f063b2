//! Protocols to test scenarios with, and scenarios of theirs.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "every test uses a part of it")]

use std::collections::BTreeMap;

use scenarios::{Diagnostic, Registry, Scenario, Source, load};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::{Access, RegisterModel, SequentialModel, check_level_by_order, reads_of};
use sim_core::{
    Assumption, Breach, CheckLevel, ConfigError, Context, Duration, FaultModel, FindReads, Flaw, FlawInfo, Flaws,
    Kinds, NodeId, Nothing, OperatorAction, Property, PropertyRow, Protocol, ProtocolConfig, RequestId, Role, SimRng,
    State, Step, Stored, SystemUnderTest, Workload, World,
};

/// Knows the protocols of this module.
pub fn registry() -> Registry {
    Registry::new().with::<Register>().with::<Ring>()
}

/// Reads a scenario that has no mistakes.
#[track_caller]
pub fn load_valid(text: &str) -> Scenario {
    load(&registry(), &Source::new("test.json", text), &[]).unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)))
}

/// What the user sees of mistakes.
pub fn render(mistakes: &[Diagnostic]) -> String {
    mistakes.iter().map(|mistake| mistake.render(false)).collect::<Vec<_>>().join("\n")
}

/// Every key of a scenario, and every fault.
pub const EVERYTHING: &str = include_str!("everything.json");

/// Every kind of fault, with all its triggers and modifiers, and what else faults rest on.
pub const FAULTS: &str = include_str!("faults.json");

/// A nemesis of all families.
pub const NEMESIS: &str = include_str!("nemesis.json");

/// A bug of which the seed decides whether it shows.
pub const FLAW: &str = include_str!("flaw.json");

/// A protocol without clients.
pub const RING: &str = include_str!("ring.json");

/// A register on the disk of node 0, copied to the other nodes.
#[derive(Debug)]
pub struct Register {
    primary: NodeId,
    config: RegisterConfig,
    value: u64,
    /// The last request of each client that was applied, so that a repeated one is not applied again.
    applied: BTreeMap<NodeId, RequestId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegisterConfig {
    /// How often the primary sends its value to the others.
    pub copy_every: Duration,
    /// Known bugs to switch on.
    pub flaws: Flaws<RegisterFlaw>,
}

sim_core::flaws! {
    /// A known bug.
    pub enum RegisterFlaw {
        /// Copies answer reads.
        StaleReads {
            name: "stale-reads",
            source: "made up",
            violates: &["Linearizability"],
        },
        /// The primary does not sync.
        NoSync {
            name: "no-sync",
            source: "made up",
            violates: &["Linearizability"],
        },
    }
}

#[derive(Clone, Debug, Serialize, Kinds)]
pub struct Copy {
    value: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    Copy,
}

#[derive(Clone, Debug, Serialize)]
pub struct Write {
    value: u64,
    request: RequestId,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum Op {
    Read,
    Write { value: u64 },
}

#[derive(Clone, Debug, Serialize, Kinds)]
pub enum Event {
    BecamePrimary,
    Stored { value: u64 },
    Refused,
}

impl Protocol for Register {
    type Message = Copy;
    type Timer = Timer;
    type Record = Write;
    type Op = Op;
    type Reply = Option<u64>;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &["copy"];
    const STATES: &'static [State<Self>] = &[State::new("written", |node| node.value != 0)];

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let records: Vec<Write> = ctx.disk().records().iter().filter_map(Stored::readable).cloned().collect();
        for Write { value, request } in records {
            self.value = value;
            self.applied.insert(request.client, request);
        }
        if ctx.me() == self.primary {
            ctx.emit(Event::BecamePrimary);
            ctx.set_timer(Timer::Copy, self.config.copy_every);
        }
    }

    fn on_message(&mut self, _: NodeId, Copy { value }: Copy, _: &mut Context<'_, Self>) {
        self.value = value;
    }

    fn on_timer(&mut self, Timer::Copy: Timer, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(Copy { value: self.value });
        ctx.set_timer(Timer::Copy, self.config.copy_every);
    }

    fn on_operator(&mut self, _: &OperatorAction, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(Copy { value: self.value });
    }

    fn on_request(&mut self, request: RequestId, op: Op, ctx: &mut Context<'_, Self>) {
        let stale = self.config.flaws.has(RegisterFlaw::StaleReads) && op == Op::Read;
        if ctx.me() != self.primary && !stale {
            return ctx.redirect(request, Some(self.primary));
        }
        match op {
            Op::Read => ctx.reply(request, Some(self.value)),
            Op::Write { value } => self.write(request, value, ctx),
        }
    }
}

impl Register {
    fn write(&mut self, request: RequestId, value: u64, ctx: &mut Context<'_, Self>) {
        if self.applied.get(&request.client).is_none_or(|last| *last < request) {
            self.value = value;
            self.applied.insert(request.client, request);
            ctx.disk().append(Write { value, request });
            if !self.config.flaws.has(RegisterFlaw::NoSync) {
                ctx.disk().sync();
            }
            ctx.emit(Event::Stored { value });
        }
        ctx.reply(request, None);
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadsAndWrites {
    /// How many of a hundred operations are writes.
    pub writes_percent: u32,
}

impl Default for ReadsAndWrites {
    fn default() -> Self {
        Self { writes_percent: 50 }
    }
}

impl Workload for ReadsAndWrites {
    type Op = Op;

    fn validate(&self) -> Result<(), ConfigError> {
        if self.writes_percent > 100 {
            let message = format!("{} of a hundred are too many", self.writes_percent);
            return Err(ConfigError::new("writes_percent", message));
        }
        Ok(())
    }

    fn operation(&self, _: u32, _: u32, rng: &mut SimRng) -> Op {
        if rng.below(100) < u64::from(self.writes_percent) {
            Op::Write { value: 2 * rng.below(u64::MAX / 2) }
        } else {
            Op::Read
        }
    }
}

impl Default for RegisterConfig {
    fn default() -> Self {
        Self { copy_every: Duration::from_millis(50), flaws: Flaws::default() }
    }
}

impl ProtocolConfig for RegisterConfig {
    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        if self.copy_every.is_zero() {
            return Err(ConfigError::new("copy_every", "copies need some time between them"));
        }
        Ok(())
    }
}

impl SystemUnderTest for Register {
    const NAME: &'static str = "register";
    const SUMMARY: &'static str = "A register kept by a primary";
    const PROPERTIES: &'static [PropertyRow<Self>] = &[PropertyRow {
        name: "Even Values",
        summary: "Only even values are stored.",
        source: "made up",
        make: |_| Box::new(EvenValues),
    }];
    const ROLES: &'static [Role<Self>] =
        &[Role { name: "primary", takes: |event| matches!(event, Event::BecamePrimary), gives_up: |_| false }];
    const CHECK_LEVEL: CheckLevel<Self> =
        |level, history, budget| Some(check_level_by_order(&OneRegister, history, level, budget));
    const READS: FindReads<Self> = |history| reads_of(&OneRegister, history).ok();
    const FLAWS: &'static [FlawInfo] = RegisterFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Copy::KINDS, Op::KINDS];

    type Config = RegisterConfig;
    type Workload = ReadsAndWrites;

    fn node(config: &RegisterConfig, _: NodeId, nodes: &[NodeId]) -> Self {
        Self { primary: nodes[0], config: config.clone(), value: 0, applied: BTreeMap::new() }
    }
}

struct EvenValues;

impl Property<Register> for EvenValues {
    fn after_step(&mut self, world: &World<'_, Register>, step: &Step<'_, Register>) -> Result<(), Breach> {
        match world.node(step.process) {
            Some(node) if node.value % 2 != 0 => {
                Err(Breach::new([world.identity(step.process)], format!("it holds {}", node.value)))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
struct OneRegister;

impl SequentialModel for OneRegister {
    type Op = Op;
    type Reply = Option<u64>;
    type State = u64;
    type Key = ();

    fn initial(&self) -> u64 {
        0
    }

    fn apply(&self, state: &u64, op: &Op, reply: Option<&Option<u64>>) -> Option<u64> {
        match op {
            Op::Read => reply.is_none_or(|reply| *reply == Some(*state)).then_some(*state),
            Op::Write { value } => Some(*value),
        }
    }

    fn key(&self, _: &Op) -> Option<()> {
        None
    }
}

impl RegisterModel for OneRegister {
    type Value = u64;

    fn initial_value(&self, (): &()) -> u64 {
        0
    }

    fn access(&self, op: &Op, reply: Option<&Option<u64>>) -> Option<Access<(), u64>> {
        Some(match (op, reply) {
            (Op::Write { value }, _) => Access::write((), *value),
            (Op::Read, Some(Some(value))) => Access::read((), *value),
            (Op::Read, _) => Access::nothing(()),
        })
    }
}

/// A protocol without clients, roles and configuration: a token goes round, as long as nobody comes
/// back who has stopped.
#[derive(Debug)]
pub struct Ring;

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingConfig {}

impl ProtocolConfig for RingConfig {
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        if nodes < 2 {
            return Err(ConfigError::new("nodes", "a ring has at least two nodes"));
        }
        Ok(())
    }

    fn model(&self) -> FaultModel {
        FaultModel::of(vec![Assumption::PerfectDetector { within: Duration::from_millis(10) }])
    }
}

impl Protocol for Ring {
    type Message = u64;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        if ctx.me() == NodeId::node(0) {
            ctx.send(NodeId::node(1), 1);
        }
    }

    fn on_message(&mut self, _: NodeId, hops: u64, ctx: &mut Context<'_, Self>) {
        let next = (ctx.me().index() + 1) % ctx.nodes().len() as u32;
        ctx.send(NodeId::node(next), hops + 1);
    }

    fn on_stopped(&mut self, _: NodeId, _: &mut Context<'_, Self>) {}
}

impl SystemUnderTest for Ring {
    const NAME: &'static str = "ring";
    const SUMMARY: &'static str = "A token goes round";
    type Config = RingConfig;
    type Workload = ();

    fn node(_: &RingConfig, _: NodeId, _: &[NodeId]) -> Self {
        Self
    }
}
