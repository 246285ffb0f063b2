//! The description of a run: nodes, network, clients, faults, properties. One description serves
//! any number of seeds.

mod always;
mod clients;
mod crashes;
mod environment;
mod judges;
mod liveness;
mod of;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::byzantine::Adversary;
use crate::choices::{Answers, Deviation, Elsewhere, Redraw};
use crate::client::{Client, ClientProfile};
use crate::clock::ClockProfile;
use crate::disk::DiskProfile;
use crate::engine::{Keep, Source, run_once, run_telling};
use crate::fault::{Fault, Selector};
use crate::heal::HealKind;
use crate::limits::Limits;
use crate::liveness::Sign;
use crate::model::FaultModel;
use crate::nemesis::{Field, Nemesis};
use crate::network::{LinkProfile, Zone, ZoneLatencies};
use crate::outcome::{Outcome, Recording};
use crate::process::NodeId;
use crate::property::Property;
use crate::protocol::Protocol;
use crate::random::SimRng;
use crate::sabotage::Sabotage;
use crate::system::{LivenessClaims, Mutations, Role};
use crate::time::{Duration, Time};
use crate::trace::{Trace, TraceEvent};

pub use always::Finding;
use clients::ClientSetup;
use judges::Judges;

pub use environment::Environment;
pub(crate) use judges::Judge;

/// Everything that describes a run, except the seed.
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
    pub(crate) env: Environment,
    pub(crate) build: Build<P>,
    pub(crate) clients: ClientSetup<P>,
    /// Configurations that nodes can be upgraded to, by name.
    pub(crate) configurations: Vec<(String, Build<P>)>,
    pub(crate) roles: &'static [Role<P>],
    /// The kinds of events that nodes announce, if the protocol tells them.
    pub(crate) events: Option<&'static [&'static str]>,
    pub(crate) judges: Judges<P>,
    pub(crate) model: FaultModel,
    pub(crate) liveness: LivenessClaims<P>,
    pub(crate) mutations: Mutations<P>,
    /// Scripts that can act for nodes, by name.
    pub(crate) adversaries: Vec<(String, MakeAdversary<P>)>,
    /// Reasons for which nodes may stop themselves.
    pub(crate) halts: &'static [&'static str],
}

type Build<P> = Arc<dyn Fn(NodeId, &[NodeId]) -> P + Send + Sync>;
type MakeAdversary<P> = Arc<dyn Fn() -> Box<dyn Adversary<P>> + Send + Sync>;

impl<P: Protocol> Simulation<P> {
    /// `nodes` nodes, each built by `build` from its identity and those of all. A node is built anew at
    /// every restart, so it must keep on its disk whatever it has to remember.
    ///
    /// By default, links take 1 ms to 10 ms, nothing fails, there are no clients, nothing is checked, and
    /// the run takes ten seconds of virtual time.
    ///
    /// # Panics
    /// If there are no nodes, or more than 2^24.
    pub fn new(nodes: u32, build: impl Fn(NodeId, &[NodeId]) -> P + Send + Sync + 'static) -> Self {
        assert!((1..=1 << 24).contains(&nodes), "{nodes} nodes: from 1 to 2^24 can be simulated");
        Self {
            env: Environment { nodes, ..Environment::default() },
            build: Arc::new(build),
            clients: ClientSetup::nobody(),
            configurations: Vec::new(),
            roles: &[],
            events: None,
            judges: Judges::default(),
            model: FaultModel::default(),
            liveness: LivenessClaims::NONE,
            mutations: Mutations::NONE,
            adversaries: Vec::new(),
            halts: &[],
        }
    }

    /// Sets the whole environment of the protocol at once: nodes, network, disks, faults, …
    #[must_use]
    pub fn environment(self, env: Environment) -> Self {
        Self { env, ..self }
    }

    /// Sets how links behave.
    #[must_use]
    pub fn network(mut self, network: LinkProfile) -> Self {
        self.env.network = network;
        self
    }

    /// Sets how disks behave.
    #[must_use]
    pub fn disk(mut self, disk: DiskProfile) -> Self {
        self.env.disk = disk;
        self
    }

    /// Sets how inaccurate clocks are.
    #[must_use]
    pub fn clocks(mut self, clocks: ClockProfile) -> Self {
        self.env.clocks = clocks;
        self
    }

    /// Adds clients of the default kind. `draw` makes operation number `index` of client number `client`.
    /// All its randomness must come from the generator, which belongs to this operation alone.
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

    /// Gives each client a list of operations to ask for, instead of drawn ones.
    #[must_use]
    pub fn operations(mut self, lists: Vec<Vec<P::Op>>) -> Self {
        self.clients.profile.count = self.clients.profile.count.max(lists.len() as u32);
        self.clients.listed = Some(Arc::new(lists));
        self
    }

    /// Builds client `index` with `make`, instead of the default client.
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

    /// Adds a configuration that nodes can be upgraded to. After the upgrade, `build` builds them.
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
    pub fn zones(mut self, zones: Vec<Zone>) -> Self {
        self.env.zones = zones;
        self
    }

    /// Adds a fault to the plan: a [draft](crate::draft::Draft) such as
    /// `Fault::crash("leader").at(secs(1))`, or a finished fault.
    #[must_use]
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.env.faults.push(fault.into());
        self
    }

    /// Adds faults that a nemesis draws from the seed. They end with the heal.
    #[must_use]
    pub fn nemesis(mut self, nemesis: Nemesis) -> Self {
        self.env.nemesis = Some(nemesis);
        self
    }

    /// Answers every choice as recorded, and calmly where nothing is recorded: the seed does not affect the
    /// run.
    #[must_use]
    pub fn deviations(mut self, deviations: Vec<Deviation>) -> Self {
        self.env.deviations = Some(deviations.into());
        self
    }

    /// Sets which announcements give and take roles, for selectors such as `leader`.
    #[must_use]
    pub fn roles(self, roles: &'static [Role<P>]) -> Self {
        Self { roles, ..self }
    }

    /// Adds a property; `make` makes a fresh one for every run. Use the paper's name for it: "Election
    /// Safety".
    #[must_use]
    pub fn property<T: Property<P> + 'static>(
        mut self,
        name: impl Into<Cow<'static, str>>,
        make: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        self.judges.property(name.into(), move || Box::new(make()));
        self
    }

    /// Checks only the properties with these names. This shows what one property finds in runs that another
    /// would end first. Progress and consistency are judged as before. [`validate`](Self::validate) rejects
    /// a name that no property has.
    #[must_use]
    pub fn only_properties<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.judges.only(names.into_iter().map(str::to_owned).collect());
        self
    }

    /// Adds a goal: an event of this kind must be announced in at least one run of a sweep.
    #[must_use]
    pub fn sometimes(mut self, event: impl Into<String>) -> Self {
        self.env.goals.push(event.into());
        self
    }

    /// Measures a figure of the protocol: see [`Summary::figures`](crate::Summary::figures).
    /// [`validate`](Self::validate) rejects a name that no figure has.
    #[must_use]
    pub fn measure(mut self, figure: impl Into<String>) -> Self {
        self.env.figures.push(figure.into());
        self
    }

    /// Repairs everything at `after`: faults end, and nodes that are down boot.
    #[must_use]
    pub fn heal_at(mut self, after: Duration) -> Self {
        self.env.heal.at = Some(Time::ZERO + after);
        self
    }

    /// Makes the heal repair only these nodes, the links between them, and the clients: `["quorum"]`.
    #[must_use]
    pub fn heal_core(mut self, core: impl IntoIterator<Item = impl Into<Selector>>) -> Self {
        self.env.heal.core = core.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what happens to the nodes that the heal does not repair; by default, each seed draws it.
    #[must_use]
    pub fn heal_kind(mut self, kind: HealKind) -> Self {
        self.env.heal.kind = kind;
        self
    }

    /// Sets Δ, the longest that messages between repaired nodes take after the heal. By default it is the
    /// longest latency of the links, or ten times the mean where there is no longest.
    #[must_use]
    pub fn delta_after_heal(mut self, delta: Duration) -> Self {
        self.env.heal.delta = Some(delta);
        self
    }

    /// Lets repaired links lose and duplicate messages as before. Then a single run may miss its deadline
    /// by chance, which is no violation. Instead, the share `progress_share` (from 0 to 1) of the judged
    /// runs of a sweep must make progress.
    #[must_use]
    pub fn lossy_after_heal(mut self, progress_share: f64) -> Self {
        self.env.heal.lossy = Some(progress_share);
        self
    }

    /// Sets the reasons, word for word, for which nodes may [stop themselves](crate::Context::halt)
    /// although their disks are fine.
    #[must_use]
    pub fn legitimate_halts(self, halts: &'static [&'static str]) -> Self {
        Self { halts, ..self }
    }

    /// Sets the protocol's assumptions. A run in which they did not hold is outside its model.
    #[must_use]
    pub fn model(self, model: FaultModel) -> Self {
        Self { model, ..self }
    }

    /// Makes the engine break a promise: see [`Sabotage`].
    #[must_use]
    pub fn sabotage(mut self, sabotage: Sabotage) -> Self {
        self.env.sabotage = Some(sabotage);
        self
    }

    /// Sets what Byzantine nodes could send instead of what they should.
    #[must_use]
    pub fn mutations(self, mutations: Mutations<P>) -> Self {
        Self { mutations, ..self }
    }

    /// Adds a script that can act for nodes, under the name by which faults refer to it.
    #[must_use]
    pub fn adversary(
        mut self,
        name: impl Into<String>,
        make: impl Fn() -> Box<dyn Adversary<P>> + Send + Sync + 'static,
    ) -> Self {
        self.adversaries.push((name.into(), Arc::new(make)));
        self
    }

    /// Sets what counts as progress after the heal; by default, operations that complete.
    #[must_use]
    pub fn signs_of_progress(mut self, signs: Vec<Sign>) -> Self {
        self.env.signs = signs;
        self
    }

    /// Lets runs continue after a violation that the protocol's model excuses: it is reported, the property
    /// is no longer checked, and the run goes on. So you can follow a node to the end after it has lost its
    /// disk.
    #[must_use]
    pub fn follow_beyond_model(mut self) -> Self {
        self.env.follows_beyond_model = true;
        self
    }

    /// Requires progress within this time after the system has stabilised, and repeatedly while operations
    /// are pending.
    #[must_use]
    pub fn progress_within(mut self, within: Duration) -> Self {
        self.env.progress_within = Some(within);
        self
    }

    /// Ends runs after this much virtual time.
    #[must_use]
    pub fn run_for(mut self, run_for: Duration) -> Self {
        self.env.run_for = Time::ZERO + run_for;
        self
    }

    /// Ends runs that exceed these limits, instead of the [default](Limits::default) ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.env.limits = limits;
        self
    }

    /// Lets a failing [`check`](Self::check) [shrink](Self::shrink) the seed that failed in at most so many runs,
    /// instead of 2,000, and in fewer if each takes long. With 0 it shows the end of the run as it was.
    #[must_use]
    pub fn shrink_runs(mut self, runs: u64) -> Self {
        self.env.shrink_runs = runs;
        self
    }

    /// Ends runs after this many steps.
    #[must_use]
    pub fn step_limit(mut self, steps: u64) -> Self {
        self.env.limits.steps = steps;
        self
    }

    /// Runs `seed`.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run(&self, seed: u64) -> Outcome<P> {
        self.run_keeping(seed, Keep::default())
    }

    /// Runs `seed`, unless `stop` becomes true before the run is over: then there is no outcome. This lets
    /// a caller give up a run; the run itself never sees `stop`.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_unless(&self, seed: u64, stop: &AtomicBool) -> Option<Outcome<P>> {
        self.assert_valid();
        run_once(self, self.source(seed), Keep::default(), Some(stop))
    }

    /// Runs with these answers, whatever the simulation says of deviations, unless `stop` becomes true
    /// before the run is over.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_answered(&self, answers: Answers<'_>, stop: &AtomicBool) -> Option<Outcome<P>> {
        self.assert_valid();
        run_once(self, Source::Given(answers), Keep::default(), Some(stop))
    }

    /// The same, where answers about messages are given by what these say: see
    /// [`found_by_content`](Self::found_by_content).
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_by_content(&self, answers: Answers<'_>, stop: &AtomicBool) -> Option<Outcome<P>> {
        self.assert_valid();
        run_once(self, Source::ByContent(answers), Keep::default(), Some(stop))
    }

    /// Runs `seed` up to some step, and then goes on as another seed draws it, unless `stop` becomes true
    /// before the run is over.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_redrawn(&self, seed: u64, redraw: Redraw, stop: &AtomicBool) -> Option<Outcome<P>> {
        self.assert_valid();
        let keep = Keep { redraw: Some(redraw), ..Keep::default() };
        run_once(self, self.source(seed), keep, Some(stop))
    }

    /// What is not calm in the run with these answers.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn deviations_of(&self, answers: Answers<'_>) -> Vec<Deviation> {
        self.deviations_from(Source::Given(answers))
    }

    /// What is not calm in the run in which these answers, if they are about messages, are given to the
    /// messages that say the same as those that they were recorded of, whatever the ordinals are now: so
    /// far as there are such messages, the answers under their new names.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn found_by_content(&self, answers: Answers<'_>) -> Vec<Deviation> {
        self.deviations_from(Source::ByContent(answers))
    }

    #[track_caller]
    fn deviations_from(&self, source: Source<'_>) -> Vec<Deviation> {
        self.assert_valid();
        let outcome = run_once(self, source, Keep { recording: true, ..Keep::default() }, None);
        let recording = outcome.and_then(|outcome| outcome.recording);
        recording.expect("a recorded run has a recording").deviations
    }

    /// Runs `seed` and keeps all its events.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_traced(&self, seed: u64) -> Outcome<P> {
        self.run_keeping(seed, Keep { trace: true, ..Keep::default() })
    }

    /// Runs `seed` and tells each event when it happens. Unlike [`run_traced`](Self::run_traced) this takes no
    /// more memory than a run, however many events there are.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_telling(&self, seed: u64, tell: &mut dyn FnMut(TraceEvent)) -> Outcome<P> {
        self.assert_valid();
        run_telling(self, self.source(seed), tell)
    }

    /// The events of the run with `seed`, and the draws between them.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn trace_with_draws(&self, seed: u64) -> Trace {
        let outcome = self.run_keeping(seed, Keep { trace: true, recording: true, ..Keep::default() });
        outcome.trace.expect("a traced run has a trace")
    }

    /// The same, and the calm answers too.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn trace_with_answers(&self, seed: u64) -> Trace {
        let outcome = self.run_keeping(seed, Keep { trace: true, recording: true, calm: true, ..Keep::default() });
        outcome.trace.expect("a traced run has a trace")
    }

    /// The events of the run with `seed`. Its text form is stable and meant for snapshot tests.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn trace(&self, seed: u64) -> Trace {
        self.run_traced(seed).trace.expect("a traced run has a trace")
    }

    /// Runs `seed` and records the run as its plan and deviations.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn record(&self, seed: u64) -> (Outcome<P>, Recording<P>) {
        let mut outcome = self.run_keeping(seed, Keep { recording: true, ..Keep::default() });
        let recording = outcome.recording.take().expect("a recorded run has a recording");
        (outcome, recording)
    }

    /// This simulation with the plan and the deviations of a recorded run: every seed gives that run.
    #[must_use]
    pub fn replaying(mut self, recording: Recording<P>) -> Self {
        (self.env.faults, self.env.nemesis) = (recording.faults, None);
        self.operations(recording.operations).deviations(recording.deviations)
    }

    #[track_caller]
    fn run_keeping(&self, seed: u64, keep: Keep) -> Outcome<P> {
        self.assert_valid();
        run_once(self, self.source(seed), keep, None).expect("nobody tells it to stop")
    }

    /// The faults of the run with `seed`: the declared ones, then those that the nemesis draws. The same
    /// simulation with these faults declared and without a nemesis gives the same run with this seed.
    pub fn faults_of(&self, seed: u64) -> Vec<Fault> {
        self.plan(self.source(seed))
    }

    fn source(&self, seed: u64) -> Source<'_> {
        match &self.env.deviations {
            Some(deviations) => Source::Given(Answers { deviations, elsewhere: Elsewhere::Calm, seed }),
            None => Source::Seed(seed),
        }
    }

    /// The faults of a run: the declared ones, and those that the nemesis draws.
    pub(crate) fn plan(&self, source: Source<'_>) -> Vec<Fault> {
        let mut plan = self.env.faults.clone();
        if let (Some(nemesis), Source::Seed(seed)) = (&self.env.nemesis, source) {
            let until = self.env.heal.at.unwrap_or(self.env.run_for);
            let (nodes, fifo) = (self.env.nodes, self.env.network.fifo);
            let adversaries: Vec<String> = self.adversaries.iter().map(|(name, _)| name.clone()).collect();
            let roles: Vec<&str> = self.roles.iter().map(|role| role.name).collect();
            let states: Vec<&str> = P::STATES.iter().map(|state| state.name).collect();
            let field = Field {
                nodes,
                roles: &roles,
                actions: P::ACTIONS,
                states: &states,
                goals: &self.env.goals,
                fifo,
                adversaries: &adversaries,
                model: &self.model,
            };
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
        let mut latencies = self.env.zone_to_zone().chain([self.env.network.latency]);
        self.env.network.loss.is_never() && latencies.all(|latency| latency.longest().is_some_and(|it| it <= within))
    }

    /// How long messages take between the zones of processes with these names.
    pub(crate) fn zone_latencies(&self, names: &[NodeId]) -> Option<ZoneLatencies> {
        if self.env.zones.is_empty() {
            return None;
        }
        let named = |id: NodeId| (0..).zip(&self.env.zones).find(|(_, zone)| zone.members.contains(&id));
        let zone_of = |name: &NodeId| {
            let beside = match name.is_client() {
                true => NodeId::node(name.index() % self.env.nodes),
                false => name.identity(),
            };
            named(*name).or_else(|| named(beside)).map(|(place, _)| place)
        };
        ZoneLatencies::new(&self.env.zones, names.iter().map(zone_of).collect())
    }

    pub(crate) fn make_adversary(&self, name: &str) -> Box<dyn Adversary<P>> {
        let (_, make) = self.adversaries.iter().find(|(of, _)| of == name).expect("validated: there is such a script");
        make()
    }
}

impl<P: Protocol> Clone for Simulation<P> {
    fn clone(&self) -> Self {
        Self {
            env: self.env.clone(),
            build: Arc::clone(&self.build),
            clients: self.clients.clone(),
            configurations: self.configurations.clone(),
            roles: self.roles,
            events: self.events,
            judges: self.judges.clone(),
            model: self.model.clone(),
            liveness: self.liveness,
            mutations: self.mutations,
            adversaries: self.adversaries.clone(),
            halts: self.halts,
        }
    }
}

impl<P: Protocol> fmt::Debug for Simulation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("nodes", &self.env.nodes)
            .field("faults", &self.env.faults)
            .finish_non_exhaustive()
    }
}
