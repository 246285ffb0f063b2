//! Systems that stop, each in its own way, from a scenario file: every one must be found out, and the
//! one that works must not be accused.

use std::collections::BTreeSet;

use scenarios::{Override, Registry, Source, load};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{
    Context, Duration, Kinds, Liveness, LivenessClaims, NO_HALT, NodeId, Nothing, OperationKind, Outlook, OwedTo,
    PROGRESS, Protocol, ProtocolConfig, RequestId, Role, SimRng, Summary, SystemUnderTest, Workload,
};

/// A service without state: whoever is asked answers. One of its nodes leads, for no reason.
#[derive(Debug)]
struct Service {
    config: ServiceConfig,
    answered: u64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ServiceConfig {
    flaws: BTreeSet<Flaw>,
}

impl ProtocolConfig for ServiceConfig {}

/// Reads and writes by turns.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Turns {}

impl Workload for Turns {
    type Op = Op;

    fn operation(&self, _: u32, index: u32, _: &mut SimRng) -> Op {
        if index.is_multiple_of(2) { Op::Read } else { Op::Write }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Flaw {
    Halts,
    ServesReadsOnly,
    DiesAfterAnOperation,
    StarvesAClient,
    LosesItsLeader,
    AnswersNobody,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Op {
    Read,
    Write,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum Timer {
    Lead,
    Late,
}

#[derive(Clone, Debug, Serialize, Kinds)]
enum Event {
    Leads,
    LeadsNoMore,
}

/// When things go wrong: after the heal.
const LATE: Duration = Duration::from_millis(1300);

impl Service {
    fn has(&self, flaw: Flaw) -> bool {
        self.config.flaws.contains(&flaw)
    }
}

impl Protocol for Service {
    type Message = Nothing;
    type Timer = Timer;
    type Record = Nothing;
    type Op = Op;
    type Reply = Op;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.set_timer(Timer::Lead, Duration::from_millis(1));
        ctx.set_timer(Timer::Late, LATE);
    }

    fn on_message(&mut self, _: NodeId, message: Nothing, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        let leads = ctx.me() == NodeId::node(0);
        match timer {
            Timer::Lead if leads => ctx.emit(Event::Leads),
            Timer::Late if self.has(Flaw::Halts) => ctx.halt("it has had enough"),
            Timer::Late if leads && self.has(Flaw::LosesItsLeader) => ctx.emit(Event::LeadsNoMore),
            Timer::Lead | Timer::Late => {}
        }
    }

    fn on_request(&mut self, request: RequestId, op: Op, ctx: &mut Context<'_, Self>) {
        self.answered += u64::from(ctx.now().since(sim_core::Time::ZERO) > LATE);
        let is_refused = self.has(Flaw::AnswersNobody)
            || (self.has(Flaw::ServesReadsOnly) && op == Op::Write)
            || (self.has(Flaw::StarvesAClient) && request.client == NodeId::client(1))
            || (self.has(Flaw::DiesAfterAnOperation) && self.answered > 1);
        if !is_refused {
            ctx.reply(request, op);
        }
    }
}

impl SystemUnderTest for Service {
    const NAME: &'static str = "service";
    const SUMMARY: &'static str = "A service that answers whoever asks";
    const ROLES: &'static [Role<Self>] = &[Role {
        name: "leader",
        takes: |event| matches!(event, Event::Leads),
        gives_up: |event| matches!(event, Event::LeadsNoMore),
    }];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: |op| match op {
            Op::Read => OperationKind::Read,
            Op::Write => OperationKind::Write,
        },
        can_progress,
        ..LivenessClaims::NONE
    };

    type Config = ServiceConfig;
    type Workload = Turns;

    fn node(config: &ServiceConfig, _: NodeId, _: &[NodeId]) -> Self {
        Self { config: config.clone(), answered: 0 }
    }
}

fn can_progress(outlook: &Outlook<'_, Service>) -> Result<(), String> {
    let is_majority = |nodes: &[NodeId]| nodes.len() > outlook.nodes().len() / 2;
    let has_quorum = outlook.has_connected_quorum(outlook.nodes(), is_majority);
    if has_quorum { Ok(()) } else { Err("no majority is up and connected".to_owned()) }
}

fn runs(overrides: &[&str]) -> Vec<Summary> {
    let registry = Registry::new().with::<Service>();
    let source = Source::new("service.json", include_str!("../probes/service.json"));
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::parse(text).expect(text)).collect();
    let scenario =
        load(&registry, &source, &overrides).unwrap_or_else(|mistakes| panic!("{}", mistakes[0].render(false)));
    (0..5).map(|seed| scenario.prepared.run(seed)).collect()
}

#[test]
fn a_service_that_works_progresses_whatever_the_heal_leaves_broken() {
    for kind in ["sealed", "open", "drawn"] {
        for run in runs(&[&format!("heal_kind=\"{kind}\"")]) {
            assert!(run.verdict.is_passed() && matches!(run.liveness, Liveness::Progressed(_)), "{}", run.verdict);
        }
    }
}

#[test]
fn a_service_that_is_broken_in_any_way_is_found_out() {
    // All of them are repaired: a leader out of reach would be of no use.
    for (flaw, property, what) in [
        ("halts", NO_HALT, "stopped itself: it has had enough"),
        ("serves-reads-only", PROGRESS, "no write of c"),
        ("dies-after-an-operation", PROGRESS, "no operation of c"),
        ("starves-a-client", PROGRESS, "no operation of c1 completed within 1s"),
        ("answers-nobody", PROGRESS, "no operation of c"),
        ("loses-its-leader", PROGRESS, "nobody became leader within 1s"),
    ] {
        let flaw_only = format!("protocol.flaws=[\"{flaw}\"]");
        let progress = "expect.progress=[\"operation\",\"leader\"]";
        for run in runs(&[&flaw_only, progress, "heal_core=[\"all\"]"]) {
            let violation = run.verdict.violation().unwrap_or_else(|| panic!("{flaw}: {}", run.verdict));
            assert_eq!(violation.property, property, "{flaw}: {violation}");
            assert!(violation.what.contains(what), "{flaw}: {violation}");
        }
    }
}

#[test]
fn a_service_is_stuck_without_a_majority_and_must_go_on_with_one() {
    let cut = ["heal_core=[\"n0\"]", "faults=[{ \"at\": \"300ms\", \"crash\": \"all\" }]", "heal_kind=\"sealed\""];
    for run in runs(&[&cut[..], &["protocol.flaws=[\"answers-nobody\"]"]].concat()) {
        let violation = run.verdict.violation().unwrap_or_else(|| panic!("{}", run.verdict));
        assert!(violation.what.contains("although everything was repaired"), "{violation}");
    }
    // What a single node can do it does.
    assert!(runs(&cut).iter().all(|run| run.verdict.is_passed()));
}
