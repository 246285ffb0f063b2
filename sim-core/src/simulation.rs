//! The description of a run: nodes, network, clients, faults, properties. One description serves
//! any number of seeds.

mod always;
mod clients;
mod judges;
mod of;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::byzantine::{Adversary, Mutations};
use crate::choices::Deviation;
use crate::client::{Client, ClientProfile};
use crate::clock::ClockProfile;
use crate::disk::DiskProfile;
use crate::engine::{Keep, Source, run_once};
use crate::fault::{Fault, Selector};
use crate::heal::{Heal, HealKind};
use crate::limits::Limits;
use crate::liveness::{OperationKind, Outlook, OwedTo, Sign};
use crate::model::FaultModel;
use crate::nemesis::{Field, Nemesis};
use crate::network::{Latency, LinkProfile, Zone, ZoneLatencies};
use crate::outcome::{Outcome, Recording};
use crate::process::NodeId;
use crate::property::Property;
use crate::protocol::Protocol;
use crate::random::SimRng;
use crate::sabotage::Sabotage;
use crate::system::RoleChange;
use crate::time::{Duration, Time};
use crate::trace::Trace;
use crate::world::World;

pub use always::Finding;
use clients::ClientSetup;
use judges::Judges;

/// What is simulated, apart from the seed.
///
/// ```
/// use sim_core::{Context, Duration, NodeId, Nothing, Protocol, Simulation};
///
/// /// A token goes round.
/// #[derive(Debug)]
/// struct Ring;
///
/// impl Protocol for Ring {
///     type Message = u64;
///     type Timer = Nothing;
///     type Record = Nothing;
///     type Op = Nothing;
///     type Reply = Nothing;
///     type Event = Nothing;
///
///     fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
///         if ctx.me() == NodeId::node(0) {
///             ctx.send(NodeId::node(1), 1);
///         }
///     }
///
///     fn on_message(&mut self, _: NodeId, hops: u64, ctx: &mut Context<'_, Self>) {
///         let next = (ctx.me().index() + 1) % ctx.nodes().len() as u32;
///         ctx.send(NodeId::node(next), hops + 1);
///     }
/// }
///
/// let ring = Simulation::new(5, |_, _| Ring).run_for(Duration::from_secs(1));
/// let outcome = ring.run(42);
/// assert!(outcome.summary.verdict.is_passed());
/// assert_eq!(outcome.summary.trace_hash, ring.run(42).summary.trace_hash);
/// ```
pub struct Simulation<P: Protocol> {
    pub(crate) nodes: u32,
    pub(crate) build: Build<P>,
    pub(crate) network: LinkProfile,
    pub(crate) disk: DiskProfile,
    pub(crate) clocks: ClockProfile,
    pub(crate) clients: ClientSetup<P>,
    /// Configurations that nodes can be upgraded to, by name.
    pub(crate) configurations: Vec<(String, Build<P>)>,
    pub(crate) zones: Vec<Zone>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) nemesis: Option<Nemesis>,
    pub(crate) deviations: Option<Arc<[Deviation]>>,
    pub(crate) roles: &'static [&'static str],
    pub(crate) role_change: fn(&P::Event) -> Option<RoleChange>,
    pub(crate) judges: Judges<P>,
    pub(crate) goals: Vec<String>,
    /// The property that some run is to violate.
    pub(crate) wanted: Option<String>,
    pub(crate) model: FaultModel,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) digest: fn(&P) -> Option<u64>,
    pub(crate) members: fn(&World<'_, P>) -> Option<Vec<NodeId>>,
    pub(crate) abstract_state: fn(&World<'_, P>) -> Option<u64>,
    pub(crate) can_progress: fn(&Outlook<'_, P>) -> Result<(), String>,
    pub(crate) mutations: Mutations<P::Message>,
    pub(crate) reply_mutations: fn(&P::Reply) -> Vec<P::Reply>,
    /// Scripts that can act for nodes, by name.
    pub(crate) adversaries: Vec<(String, MakeAdversary<P>)>,
    /// By what progress after the heal is seen.
    pub(crate) signs: Vec<Sign>,
    pub(crate) owed_to: OwedTo<P::Op>,
    pub(crate) operation_kind: fn(&P::Op) -> OperationKind,
    /// Reasons for which nodes may stop themselves.
    pub(crate) halts: &'static [&'static str],
    pub(crate) heal: Heal,
    pub(crate) follows_beyond_model: bool,
    pub(crate) progress_within: Option<Duration>,
    pub(crate) run_for: Time,
    pub(crate) limits: Limits,
}

type Build<P> = Arc<dyn Fn(NodeId, &[NodeId]) -> P + Send + Sync>;
type MakeAdversary<P> = Arc<dyn Fn() -> Box<dyn Adversary<P>> + Send + Sync>;

impl<P: Protocol> Simulation<P> {
    /// `nodes` nodes, each built by `build` from its identity and those of all. A node is built
    /// anew at every restart: whatever it must remember it keeps on its disk.
    ///
    /// Unless told otherwise the links take 1 ms to 10 ms, nothing fails, nobody asks for
    /// anything, nothing is checked, and the run takes ten seconds of virtual time.
    ///
    /// # Panics
    /// If there are no nodes, or more than 2^24.
    pub fn new(nodes: u32, build: impl Fn(NodeId, &[NodeId]) -> P + Send + Sync + 'static) -> Self {
        assert!((1..=1 << 24).contains(&nodes), "{nodes} nodes: from 1 to 2^24 can be simulated");
        Self {
            nodes,
            build: Arc::new(build),
            network: LinkProfile::default(),
            disk: DiskProfile::default(),
            clocks: ClockProfile::default(),
            clients: ClientSetup::nobody(),
            configurations: Vec::new(),
            zones: Vec::new(),
            faults: Vec::new(),
            nemesis: None,
            deviations: None,
            roles: &[],
            role_change: |_| None,
            judges: Judges::default(),
            goals: Vec::new(),
            wanted: None,
            model: FaultModel::default(),
            sabotage: None,
            digest: |_| None,
            members: |_| None,
            abstract_state: |_| None,
            can_progress: |_| Ok(()),
            mutations: |_, _| Vec::new(),
            reply_mutations: |_| Vec::new(),
            adversaries: Vec::new(),
            signs: vec![Sign::Operation],
            owed_to: OwedTo::System,
            operation_kind: |_| OperationKind::default(),
            halts: &[],
            heal: Heal::default(),
            follows_beyond_model: false,
            progress_within: None,
            run_for: Time::ZERO + Duration::from_secs(10),
            limits: Limits::default(),
        }
    }

    /// How links behave.
    #[must_use]
    pub fn network(self, network: LinkProfile) -> Self {
        Self { network, ..self }
    }

    /// How disks behave.
    #[must_use]
    pub fn disk(self, disk: DiskProfile) -> Self {
        Self { disk, ..self }
    }

    /// How wrong clocks are.
    #[must_use]
    pub fn clocks(self, clocks: ClockProfile) -> Self {
        Self { clocks, ..self }
    }

    /// Clients of the default kind. `draw` makes operation number `index` of client number
    /// `client`; all that is random in it must come from the generator, which belongs to this
    /// operation alone.
    #[must_use]
    pub fn clients(
        mut self,
        profile: ClientProfile,
        draw: impl Fn(u32, u32, &mut SimRng) -> P::Op + Send + Sync + 'static,
    ) -> Self {
        self.clients.profile = profile;
        self.clients.draw = Some(Arc::new(draw));
        self
    }

    /// Lets clients ask these operations, a list for each, in the place of drawn ones.
    #[must_use]
    pub fn operations(mut self, lists: Vec<Vec<P::Op>>) -> Self {
        self.clients.profile.count = self.clients.profile.count.max(lists.len() as u32);
        self.clients.listed = Some(Arc::new(lists));
        self
    }

    /// Lets `make` build client number so and so, in the place of the default client.
    #[must_use]
    pub fn client_behaviour<C: Client<P> + 'static>(
        self,
        make: impl Fn(u32, ClientProfile) -> C + Send + Sync + 'static,
    ) -> Self {
        self.boxed_clients(move |index, profile| Box::new(make(index, profile)))
    }

    fn boxed_clients(
        mut self,
        make: impl Fn(u32, ClientProfile) -> Box<dyn Client<P>> + Send + Sync + 'static,
    ) -> Self {
        self.clients.make = Arc::new(make);
        self
    }

    /// A configuration that nodes can be upgraded to: from then on `build` builds them.
    #[must_use]
    pub fn configuration(
        mut self,
        name: impl Into<String>,
        build: impl Fn(NodeId, &[NodeId]) -> P + Send + Sync + 'static,
    ) -> Self {
        self.configurations.push((name.into(), Arc::new(build)));
        self
    }

    /// Puts nodes into zones.
    #[must_use]
    pub fn zones(self, zones: Vec<Zone>) -> Self {
        Self { zones, ..self }
    }

    /// Adds a fault to the plan: a [draft](crate::draft::Draft) such as `Fault::crash("leader").at(secs(1))`,
    /// or one that was made before.
    #[must_use]
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// Adds faults that a nemesis draws from the seed. They end with the heal.
    #[must_use]
    pub fn nemesis(self, nemesis: Nemesis) -> Self {
        Self { nemesis: Some(nemesis), ..self }
    }

    /// Answers every choice as recorded, and calmly where nothing is recorded: the seed has no part
    /// in the run.
    #[must_use]
    pub fn deviations(self, deviations: Vec<Deviation>) -> Self {
        Self { deviations: Some(deviations.into()), ..self }
    }

    /// Tells which roles announcements give and take, for selectors such as `leader`.
    #[must_use]
    pub fn roles(self, roles: &'static [&'static str], role_change: fn(&P::Event) -> Option<RoleChange>) -> Self {
        Self { roles, role_change, ..self }
    }

    /// Adds a property; `make` makes a fresh one for every run.
    #[must_use]
    pub fn property<T: Property<P> + 'static>(self, make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        self.properties(move || vec![Box::new(make())])
    }

    /// Adds several properties; `make` makes fresh ones for every run.
    #[must_use]
    pub fn properties(mut self, make: impl Fn() -> Vec<Box<dyn Property<P>>> + Send + Sync + 'static) -> Self {
        self.judges.property(make);
        self
    }

    /// Looks at the properties of these names only: shows what one finds by itself where another would
    /// end the run before. Progress and consistency are judged as before. A name that none of its
    /// properties has is refused by [`validate`](Self::validate).
    #[must_use]
    pub fn only_properties<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.judges.only(names.into_iter().map(str::to_owned).collect());
        self
    }

    /// Adds a goal: an event of this kind must be announced in at least one run of a sweep.
    #[must_use]
    pub fn sometimes(mut self, event: impl Into<String>) -> Self {
        self.goals.push(event.into());
        self
    }

    /// Repairs everything at `after`: faults end, and whoever is down boots.
    #[must_use]
    pub fn heal_at(mut self, after: Duration) -> Self {
        self.heal.at = Some(Time::ZERO + after);
        self
    }

    /// Lets the heal repair only these nodes, the links between them, and the clients: `["quorum"]`.
    #[must_use]
    pub fn heal_core(mut self, core: impl IntoIterator<Item = impl Into<Selector>>) -> Self {
        self.heal.core = core.into_iter().map(Into::into).collect();
        self
    }

    /// What becomes of the nodes that the heal does not repair; without, each seed draws it.
    #[must_use]
    pub fn heal_kind(mut self, kind: HealKind) -> Self {
        self.heal.kind = kind;
        self
    }

    /// Δ, how long messages between repaired nodes take at most after the heal; without, the longest
    /// latency of the links, or ten times the mean where there is none.
    #[must_use]
    pub fn delta_after_heal(mut self, delta: Duration) -> Self {
        self.heal.delta = Some(delta);
        self
    }

    /// Lets repaired links lose and double messages as before. Then a single run may miss its
    /// deadline by chance, which is no violation: of the runs of a sweep that are judged,
    /// `progress_share`, from 0 to 1, must make progress.
    #[must_use]
    pub fn lossy_after_heal(mut self, progress_share: f64) -> Self {
        self.heal.lossy = Some(progress_share);
        self
    }

    /// To whom progress is owed; without, to the clients as a whole.
    #[must_use]
    pub fn owed_to(self, owed_to: OwedTo<P::Op>) -> Self {
        Self { owed_to, ..self }
    }

    /// Which operations are reads and which are writes, so that progress of each is seen apart.
    #[must_use]
    pub fn operation_kinds(self, operation_kind: fn(&P::Op) -> OperationKind) -> Self {
        Self { operation_kind, ..self }
    }

    /// Reasons, word for word, for which nodes may [stop themselves](crate::Context::halt) although
    /// their disks are fine.
    #[must_use]
    pub fn legitimate_halts(self, halts: &'static [&'static str]) -> Self {
        Self { halts, ..self }
    }

    /// What the protocol takes for granted. A run in which that did not hold is outside of its
    /// model.
    #[must_use]
    pub fn model(self, model: FaultModel) -> Self {
        Self { model, ..self }
    }

    /// Lets the engine break a promise: see [`Sabotage`].
    #[must_use]
    pub fn sabotage(self, sabotage: Sabotage) -> Self {
        Self { sabotage: Some(sabotage), ..self }
    }

    /// Tells from the facts after a heal whether the nodes can still make progress, and if not,
    /// why: a run that is stuck for such a reason is no violation.
    #[must_use]
    pub fn can_progress(self, can_progress: fn(&Outlook<'_, P>) -> Result<(), String>) -> Self {
        Self { can_progress, ..self }
    }

    /// What a Byzantine node could send in the place of a message: see
    /// [`SystemUnderTest::mutations`](crate::SystemUnderTest::mutations).
    #[must_use]
    pub fn mutations(self, mutations: Mutations<P::Message>) -> Self {
        Self { mutations, ..self }
    }

    /// What a Byzantine node could answer a client in the place of a reply.
    #[must_use]
    pub fn reply_mutations(self, reply_mutations: fn(&P::Reply) -> Vec<P::Reply>) -> Self {
        Self { reply_mutations, ..self }
    }

    /// A script that faults can let act for nodes under this name.
    #[must_use]
    pub fn adversary(
        mut self,
        name: impl Into<String>,
        make: impl Fn() -> Box<dyn Adversary<P>> + Send + Sync + 'static,
    ) -> Self {
        self.adversaries.push((name.into(), Arc::new(make)));
        self
    }

    /// What nodes have in common when they have converged; nothing if a node cannot tell.
    #[must_use]
    pub fn digest(self, digest: fn(&P) -> Option<u64>) -> Self {
        Self { digest, ..self }
    }

    /// Which nodes belong to the system and are to converge; nothing if all do.
    #[must_use]
    pub fn members(self, members: fn(&World<'_, P>) -> Option<Vec<NodeId>>) -> Self {
        Self { members, ..self }
    }

    /// The state of the system as far as progress depends on it, terms and views taken relative to
    /// one another: one that recurs without progress is a livelock.
    #[must_use]
    pub fn abstract_state(self, abstract_state: fn(&World<'_, P>) -> Option<u64>) -> Self {
        Self { abstract_state, ..self }
    }

    /// By what progress after the heal is seen; without, by operations that complete.
    #[must_use]
    pub fn signs_of_progress(self, signs: Vec<Sign>) -> Self {
        Self { signs, ..self }
    }

    /// A violation that the protocol's model excuses does not end the run: it is told, the property is
    /// looked at no more, and the run goes on. So a node that has lost its disk can be followed to the
    /// end.
    #[must_use]
    pub fn follow_beyond_model(self) -> Self {
        Self { follows_beyond_model: true, ..self }
    }

    /// Requires progress within this long after the system has stabilised, and again and again while
    /// operations are pending.
    #[must_use]
    pub fn progress_within(self, within: Duration) -> Self {
        Self { progress_within: Some(within), ..self }
    }

    /// Ends runs after this much virtual time.
    #[must_use]
    pub fn run_for(self, run_for: Duration) -> Self {
        Self { run_for: Time::ZERO + run_for, ..self }
    }

    /// Cuts runs that go beyond these limits; without, the [default](Limits::default) ones.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Cuts runs after so many steps.
    #[must_use]
    pub fn step_limit(mut self, steps: u64) -> Self {
        self.limits.steps = steps;
        self
    }

    /// Runs `seed`.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run(&self, seed: u64) -> Outcome<P> {
        self.run_keeping(seed, Keep::default())
    }

    /// Runs `seed`, unless `stop` becomes true before the run is over: then it is as if it had never
    /// begun. Whoever waits for runs can so give one up; a run itself never sees it.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Outcome<P>> {
        self.assert_valid();
        run_once(self, self.source(seed), Keep::default(), Some(stop))
    }

    /// Runs `seed` and keeps all its events.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_traced(&self, seed: u64) -> Outcome<P> {
        self.run_keeping(seed, Keep { trace: true, recording: false })
    }

    /// The events of the run with `seed`, and what it drew between them.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn trace_with_draws(&self, seed: u64) -> Trace {
        let outcome = self.run_keeping(seed, Keep { trace: true, recording: true });
        outcome.trace.expect("a traced run has a trace")
    }

    /// The events of the run with `seed`. Its text form is stable and made for snapshot tests.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn trace(&self, seed: u64) -> Trace {
        self.run_traced(seed).trace.expect("a traced run has a trace")
    }

    /// Runs `seed` and keeps the run as plan and deviations.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn record(&self, seed: u64) -> (Outcome<P>, Recording<P>) {
        let mut outcome = self.run_keeping(seed, Keep { trace: false, recording: true });
        let recording = outcome.recording.take().expect("a recorded run has a recording");
        (outcome, recording)
    }

    /// This simulation with the plan and the deviations of a recorded run: every seed is that run.
    #[must_use]
    pub fn replaying(self, recording: Recording<P>) -> Self {
        let simulation = Self { faults: recording.faults, nemesis: None, ..self };
        simulation.operations(recording.operations).deviations(recording.deviations)
    }

    #[track_caller]
    fn run_keeping(&self, seed: u64, keep: Keep) -> Outcome<P> {
        self.assert_valid();
        run_once(self, self.source(seed), keep, None).expect("nobody tells it to stop")
    }

    /// The faults of the run with `seed`: the declared ones, then those that the nemesis draws. The
    /// same simulation with these declared and no nemesis has the same run with this seed.
    pub fn faults_of(&self, seed: u64) -> Vec<Fault> {
        self.plan(self.source(seed))
    }

    fn source(&self, seed: u64) -> Source<'_> {
        self.deviations.as_deref().map_or(Source::Seed(seed), Source::Deviations)
    }

    /// The faults of a run: the declared ones, and those that the nemesis draws.
    pub(crate) fn plan(&self, source: Source<'_>) -> Vec<Fault> {
        let mut plan = self.faults.clone();
        if let (Some(nemesis), Source::Seed(seed)) = (&self.nemesis, source) {
            let until = self.heal.at.unwrap_or(self.run_for);
            let (nodes, fifo) = (self.nodes, self.network.fifo);
            let adversaries: Vec<String> = self.adversaries.iter().map(|(name, _)| name.clone()).collect();
            let (roles, actions, model) = (self.roles, P::ACTIONS, &self.model);
            let (states, goals) = (P::STATES, &self.goals[..]);
            let field = Field { nodes, roles, actions, states, goals, fifo, adversaries: &adversaries, model };
            plan.extend(nemesis.plan(seed, field, until));
        }
        plan
    }

    pub(crate) fn build_node(&self, me: NodeId, nodes: &[NodeId], configuration: Option<usize>) -> P {
        match configuration {
            None => (self.build)(me, nodes),
            Some(place) => (self.configurations[place].1)(me, nodes),
        }
    }

    /// Whether every message arrives within this long when no fault strikes.
    pub(crate) fn is_timely(&self, within: Duration) -> bool {
        let mut latencies = self.zone_to_zone().chain([self.network.latency]);
        self.network.loss.is_never() && latencies.all(|latency| latency.longest().is_some_and(|it| it <= within))
    }

    fn zone_to_zone(&self) -> impl Iterator<Item = Latency> {
        self.zones.iter().flat_map(|zone| zone.latencies.values().copied())
    }

    /// Δ: how long messages between repaired processes take at most after the heal.
    pub(crate) fn delta(&self) -> Duration {
        self.heal.delta(&self.network, self.zone_to_zone())
    }

    /// How long messages take between the zones of processes with these names.
    pub(crate) fn zone_latencies(&self, names: &[NodeId]) -> Option<ZoneLatencies> {
        if self.zones.is_empty() {
            return None;
        }
        let named = |id: NodeId| (0..).zip(&self.zones).find(|(_, zone)| zone.members.contains(&id));
        let zone_of = |name: &NodeId| {
            let beside = match name.is_client() {
                true => NodeId::node(name.index() % self.nodes),
                false => name.identity(),
            };
            named(*name).or_else(|| named(beside)).map(|(place, _)| place)
        };
        ZoneLatencies::new(&self.zones, names.iter().map(zone_of).collect())
    }

    pub(crate) fn make_adversary(&self, name: &str) -> Box<dyn Adversary<P>> {
        let (_, make) = self.adversaries.iter().find(|(of, _)| of == name).expect("validated: there is such a script");
        make()
    }
}

impl<P: Protocol> Clone for Simulation<P> {
    fn clone(&self) -> Self {
        Self {
            nodes: self.nodes,
            build: Arc::clone(&self.build),
            network: self.network,
            disk: self.disk,
            clocks: self.clocks,
            clients: self.clients.clone(),
            configurations: self.configurations.clone(),
            zones: self.zones.clone(),
            faults: self.faults.clone(),
            nemesis: self.nemesis.clone(),
            deviations: self.deviations.clone(),
            roles: self.roles,
            role_change: self.role_change,
            judges: self.judges.clone(),
            goals: self.goals.clone(),
            wanted: self.wanted.clone(),
            model: self.model.clone(),
            sabotage: self.sabotage,
            digest: self.digest,
            members: self.members,
            abstract_state: self.abstract_state,
            can_progress: self.can_progress,
            mutations: self.mutations,
            reply_mutations: self.reply_mutations,
            adversaries: self.adversaries.clone(),
            signs: self.signs.clone(),
            owed_to: self.owed_to,
            operation_kind: self.operation_kind,
            halts: self.halts,
            heal: self.heal.clone(),
            follows_beyond_model: self.follows_beyond_model,
            progress_within: self.progress_within,
            run_for: self.run_for,
            limits: self.limits,
        }
    }
}

impl<P: Protocol> fmt::Debug for Simulation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation").field("nodes", &self.nodes).field("faults", &self.faults).finish_non_exhaustive()
    }
}
