//! The step loop: takes the first event, lets it happen, checks the world, and repeats.
//!
//! One engine carries one run, on one thread, and owns everything in it. The parts of a step are in
//! the files beside this one: [`deliver`](self) in `steps.rs`, effects in `effects.rs`, the network
//! in `transmit.rs`, faults in `faults/`, clients in `clients.rs`.

mod adversaries;
mod boundaries;
mod bounds;
mod clients;
mod detector;
mod effects;
mod end;
mod faults;
mod invariants;
mod pending;
mod progress;
mod record;
mod redraw;
mod seen;
mod steps;
mod transmit;
mod unusual;

pub(crate) use end::{run_once, run_telling};
pub(crate) use faults::twins_in;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::canonical::TraceHasher;
use crate::choices::{Answers, Choices, Deviation, Question, Redraw, Rest};
use crate::client::{Client, ClientEffect, ClientTimer, Operations};
use crate::clock::Clock;
use crate::context::{Draws, OwnDraws, Site};
use crate::crash_site::{Survey, Surveyor};
use crate::disk::Disk;
use crate::effect::Effect;
use crate::fault::Fault;
use crate::figure::Measure;
use crate::history::{History, OperationId};
use crate::liveness::{Awaited, Liveness};
use crate::network::Links;
use crate::outcome::{Verdict, Violation};
use crate::process::{NodeId, ProcessId};
use crate::property::{Breach, StepKind, TIME_GOES_ON};
use crate::protocol::Protocol;
use crate::queue::{EventQueue, Popped};
use crate::simulation::{Judge, Simulation};
use crate::time::{Duration, Time};
use crate::timers::{Due, Expiry, Timers};
use crate::trace::TraceEvent;
use crate::world::{Idle, Status};

use adversaries::Puppeteer;
use bounds::Inspection;
use faults::{ArmedCrash, Faults, Trouble};
use pending::{Delivery, Pending, SyncEnd};
use progress::Progress;
use seen::Seen;
use unusual::Unusual;

/// After this many steps at one point of virtual time, time counts as standing still.
const STANDSTILL_STEPS: u32 = 1_000_000;

/// The most simultaneous events that the next one is chosen from. More would cost quadratic time in
/// systems with a constant latency, where everything is simultaneous.
const TIE_WINDOW: usize = 16;

/// One run.
pub(crate) struct Engine<'s, P: Protocol> {
    simulation: &'s Simulation<P>,
    now: Time,
    steps: u64,
    delivered: u64,
    /// Events since virtual time last moved that were not yet scheduled when it did.
    standing: u32,
    /// The last sequence number that was given when virtual time last moved.
    foreseen: u64,
    /// When the next errand of the agenda is due: events before it run.
    interrupt: Time,
    queue: EventQueue<Pending<P>>,
    /// Events that are due now and were passed over for another: they come before those of the
    /// queue.
    tied: Vec<Popped>,
    sequence: u64,
    nodes: Vec<Option<P>>,
    status: Vec<Status>,
    site: Site<P>,
    /// The names of the processes in traces and faults. Those of twins are marked; protocols see
    /// only their identity.
    identities: Vec<NodeId>,
    local: Vec<Local<P>>,
    links: Links,
    draws: Draws,
    hasher: TraceHasher,
    effects: Vec<Effect<P>>,
    /// What the process of this step has done in it.
    seen: Seen<P>,
    /// Whether a property looks at messages.
    shows_messages: bool,
    properties: Vec<Judge<P>>,
    /// What measures the figures that are asked for.
    measures: Vec<Box<dyn Measure<P>>>,
    clients: Vec<Box<dyn Client<P>>>,
    client_timers: Vec<Timers<ClientTimer>>,
    client_effects: Vec<ClientEffect<P>>,
    operations: Operations<P>,
    history: History<P::Op, P::Reply>,
    /// When clients gave up the operations whose outcome they never learnt.
    given_up: BTreeMap<OperationId, Time>,
    /// Processes that have waiting events and may run.
    ready: VecDeque<ProcessId>,
    faults: Faults<P>,
    agenda: BTreeMap<(Time, u64), Errand>,
    errands: u64,
    goals: Vec<bool>,
    progress: Progress,
    /// What is waited for since the stabilisation time.
    awaited: Option<Box<Awaited>>,
    liveness: Liveness,
    /// The processes that run under identities of Byzantine nodes, including twins.
    byzantine: BTreeSet<ProcessId>,
    /// The adversaries that act for nodes.
    puppeteers: Vec<Puppeteer<P>>,
    /// How many nodes are down, and the most that ever were.
    down: u32,
    most_down: u32,
    /// The event that was passed over last, by its sequence, and how often.
    passed_over: (u64, u8),
    unusual: Unusual,
    /// When to check next whether the run has reached a limit.
    inspection: Inspection,
    /// What is to be drawn anew, until it is.
    redraw: Option<Redraw>,
    /// Looks where nodes could crash, if that was asked for.
    surveyor: Option<Box<Surveyor>>,
    trace: Option<Events<'s>>,
    phase: Phase,
    verdict: Option<Verdict>,
    /// Violations that did not end the run.
    excused: Vec<Violation>,
}

/// What belongs to one process and is not touched by every step.
struct Local<P: Protocol> {
    timers: Timers<P::Timer>,
    /// Events that came while the process did not run, in the order in which they came.
    inbox: VecDeque<Pending<P>>,
    /// Whether the order of the inbox is a choice: after a pause.
    shuffled: bool,
    /// What the handler asked for after the sync that the process waits for.
    suspended: Vec<Effect<P>>,
    /// What kind of step the suspended effects belong to.
    suspended_kind: StepKind,
    /// What was done in that step so far.
    suspended_seen: Seen<P>,
    /// How the sync that it waits for ended, if it was paused at that time, in the middle of its
    /// step.
    synced_in_pause: Option<SyncEnd>,
    /// When the disk is done with all it has been asked to do.
    disk_free: Time,
    syncs: u64,
    /// When the last report is due of a sync that its node did not wait for.
    reported: Time,
    /// Rests after steps under a fault that makes it slow.
    rests: u64,
    /// Armings of timers so far.
    arms: u64,
    pauses: u32,
    /// What is wrong with it, each with the number of the blow that caused it.
    troubles: Vec<(u32, Trouble)>,
    /// The crash that falls into its next step with effects.
    armed: Option<ArmedCrash>,
    crashes: u64,
    /// The step of its last boot, not counting the one at the beginning: its connections are no
    /// older.
    booted: u64,
    /// Waiting events taken up after pauses so far.
    taken_up: u64,
    /// Records of its disk that faults have made unreadable.
    corrupted: u64,
    /// If it stops because it was told of a disk failure: how long after that it boots again.
    back_after: Option<Duration>,
    /// The configuration that it was upgraded to, as an index into the simulation's.
    configuration: Option<usize>,
    /// Whether a sync hit by a fault within the model is going to fail: it may stop then.
    is_doomed: bool,
    /// Whether its disk has failed since it booted: it may stop itself for that.
    disk_failed: bool,
    /// The last step in which its disk has refused a write.
    refused: u64,
    /// Whether it has stopped itself, and not because of its disk.
    has_quit: bool,
    /// Whether it counts among the nodes that are down.
    counts_as_down: bool,
    /// Events that waited for it at the heal and that it has not handled yet.
    backlog: usize,
    /// When the last timer delayed by a fault fires.
    late_until: Time,
}

/// Things scheduled for a time, which happen before the events of that time.
#[derive(Clone, Copy, Debug)]
enum Errand {
    BeginFault(u32),
    EndFault(u32),
    /// The next blow of a fault that has several.
    Beat(u32),
    /// One blow is over.
    EndPart(u32),
    Restart {
        process: ProcessId,
        incarnation: u32,
    },
    Heal,
    /// What was in flight at the heal has been handled, unless there is a backlog left.
    Stabilise,
    /// Checks whether progress is overdue, and the facts that may excuse it.
    Watch,
    End,
}

/// Where the events of a run go.
pub(crate) enum Events<'t> {
    Kept(Vec<TraceEvent>),
    /// To somebody who is told each when it happens.
    Told(&'t mut dyn FnMut(TraceEvent)),
}

/// Whose code runs, and so is to blame for a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Engine,
    Node(ProcessId),
    Property(usize),
    Adversary,
    /// What the protocol says about the system: digests, abstract states, whether it is stuck.
    System,
}

/// What to keep of a run in addition to its outcome, and what not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keep {
    pub(crate) trace: bool,
    pub(crate) recording: bool,
    /// Whether the trace keeps calm answers beside the others.
    pub(crate) calm: bool,
    /// What is drawn anew; nothing of it is recorded.
    pub(crate) redraw: Option<Redraw>,
    /// Where nodes could crash.
    pub(crate) survey: Option<Survey>,
}

/// Where a run's answers come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'d> {
    Seed(u64),
    Given(Answers<'d>),
    /// Given answers, those about messages found by what the messages say.
    ByContent(Answers<'d>),
}

impl<'d> Source<'d> {
    /// The answers that are given.
    const fn deviations(self) -> &'d [Deviation] {
        match self {
            Source::Seed(_) => &[],
            Source::Given(answers) | Source::ByContent(answers) => answers.deviations,
        }
    }
}

impl<'s, P: Protocol> Engine<'s, P> {
    pub(crate) fn new(simulation: &'s Simulation<P>, source: Source<'_>, keep: Keep) -> Self {
        let choices = match source {
            Source::Seed(seed) => Choices::seeded(seed),
            Source::Given(answers) => Choices::given(answers),
            Source::ByContent(answers) => Choices::found_by_content(answers),
        };
        let choices = if keep.recording { choices.recording(keep.calm) } else { choices };
        let faults: Vec<Fault> = simulation.plan(source);
        let (nodes, clients) = (simulation.env.nodes, simulation.clients.count());
        let twins = twins_in(&faults);
        let running = nodes as usize + twins.len();
        let count = running + clients as usize;
        let mut identities: Vec<NodeId> = (0..nodes).map(NodeId::node).collect();
        identities.extend(twins.iter().copied().chain((0..clients).map(NodeId::client)));
        let properties = simulation.judges.make();
        let mut engine = Self {
            simulation,
            now: Time::ZERO,
            steps: 0,
            delivered: 0,
            standing: 0,
            foreseen: 0,
            interrupt: Time::ZERO,
            queue: EventQueue::new(simulation.env.network.latency.typical().as_nanos()),
            tied: Vec::new(),
            sequence: 0,
            nodes: (0..count).map(|_| None).collect(),
            status: vec![Status { sends: 0, incarnation: 0, idle: Idle::DOWN }; count],
            site: Site {
                calm_since: None,
                healed: None,
                unrepaired: Vec::new(),
                nodes: identities[..nodes as usize].to_vec(),
                twins,
                disks: (0..running).map(|_| Disk::new()).collect(),
                clocks: vec![Clock::new(0, 0); count],
            },
            local: (0..count).map(|_| Local::default()).collect(),
            links: Links::new(simulation.env.network, simulation.zone_latencies(&identities)),
            identities,
            draws: Draws::new(choices),
            hasher: TraceHasher::new(),
            effects: Vec::new(),
            seen: Seen::default(),
            shows_messages: properties.iter().any(|judge| judge.property.looks_at_messages()),
            properties,
            measures: simulation.judges.measures(&simulation.env.figures),
            clients: simulation.clients.make(),
            client_timers: (0..clients).map(|_| Timers::new()).collect(),
            client_effects: Vec::new(),
            operations: simulation.clients.operations(source, keep.recording),
            history: History::new(),
            given_up: BTreeMap::new(),
            ready: VecDeque::new(),
            faults: Faults::new(faults),
            agenda: BTreeMap::new(),
            errands: 0,
            goals: vec![false; simulation.env.goals.len()],
            progress: Progress::Fine,
            awaited: None,
            liveness: Liveness::default(),
            byzantine: BTreeSet::new(),
            puppeteers: Vec::new(),
            down: 0,
            most_down: 0,
            passed_over: (0, 0),
            unusual: Unusual::EVERYWHERE,
            inspection: Inspection::default(),
            redraw: keep.redraw,
            surveyor: keep.survey.map(|survey| Box::new(Surveyor::new(survey))),
            trace: keep.trace.then(|| Events::Kept(Vec::new())),
            phase: Phase::Engine,
            verdict: None,
            excused: Vec::new(),
        };
        engine.draws.own.resize_with(count, OwnDraws::default);
        engine
    }

    /// Sets the clocks, writes the agenda and boots everybody.
    pub(crate) fn begin(&mut self) {
        self.set_clocks();
        self.plan_errands();
        for process in 0..self.status.len() as u32 {
            self.redraw_if_due();
            if self.verdict.is_none() && !self.is_absent(ProcessId(process)) {
                self.boot(ProcessId(process));
            }
        }
        self.look_where_needed();
    }

    /// Runs until the run is over; says whether it is, or was told to stop.
    #[inline(never)]
    pub(crate) fn run(&mut self, stop: Option<&AtomicBool>) -> bool {
        while self.verdict.is_none() {
            if self.steps >= self.inspection.at {
                if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                    return false;
                }
                self.inspect();
                continue;
            }
            if let Some(process) = self.ready.pop_front() {
                self.take_up_waiting(process);
                continue;
            }
            if !self.tied.is_empty() && self.now < self.interrupt {
                self.go_on_with_tie();
                continue;
            }
            match self.queue.pop_before(self.interrupt.as_nanos()) {
                Some(popped) => self.happen(popped),
                None => self.do_next_errand(),
            }
        }
        true
    }

    #[inline(always)]
    fn happen(&mut self, popped: Popped) {
        let time = Time::from_nanos(popped.time());
        if time > self.now {
            self.move_on(time);
        } else if popped.sequence() > self.foreseen && self.stands_still() {
            return;
        }
        if self.queue.next_is_at(popped.time()) {
            self.tied.push(popped);
            self.settle_tie();
        } else {
            self.dispatch(popped);
        }
    }

    #[inline]
    fn move_on(&mut self, time: Time) {
        self.now = time;
        self.standing = 0;
        self.foreseen = self.sequence;
    }

    /// Whether too many events have come up since virtual time last moved.
    fn stands_still(&mut self) -> bool {
        self.standing += 1;
        if self.standing >= STANDSTILL_STEPS {
            let what = format!("{STANDSTILL_STEPS} events happened at {} without virtual time moving on", self.now);
            self.violated(TIME_GOES_ON, Breach::new([], what));
            return true;
        }
        false
    }

    /// Events that were passed over are due now.
    fn go_on_with_tie(&mut self) {
        let is_new = self.tied.first().is_some_and(|event| event.sequence() > self.foreseen);
        if !is_new || !self.stands_still() {
            self.settle_tie();
        }
    }

    /// Several events are due at once: which is first is a choice.
    #[inline(never)]
    fn settle_tie(&mut self) {
        let mut tied = std::mem::take(&mut self.tied);
        tied.retain(|event| self.is_real(*event));
        let time = self.now.as_nanos();
        while tied.len() < TIE_WINDOW && self.queue.next_is_at(time) {
            let Some(next) = self.queue.pop_before(time.saturating_add(1)) else { break };
            if self.is_real(next) {
                tied.push(next);
            }
        }
        let chosen = match tied.len() {
            0 => None,
            1 => tied.pop(),
            _ => Some(tied.remove(self.choose_first(&tied))),
        };
        self.tied = tied;
        if let Some(chosen) = chosen {
            self.dispatch(chosen);
        }
    }

    /// Which of several simultaneous events is next: the calm answer is the one that came first.
    fn choose_first(&mut self, tied: &[Popped]) -> usize {
        let (first, item) = (tied[0].sequence(), self.queue.item(tied[0]));
        let passed = self.passed_over(first, item.asked());
        if passed == u8::MAX {
            return 0;
        }
        let arm = |process: u32, ticket| self.local_arm(process, ticket);
        let point = item.order_point(arm, passed);
        // Put together here, where the item is at hand; only names that are needed cost anything.
        let question = self.draws.choices.uses_names().then(|| self.order_question(item, passed));
        let question = || question.expect("names are needed");
        let chosen = self.draws.choices.choose(point, question, tied.len() as u64) as usize;
        if chosen > 0 {
            self.passed_over = (first, passed + 1);
        }
        chosen
    }

    /// Which of several simultaneous events is next, when `item` came first and was passed over so often.
    #[cold]
    fn order_question(&self, item: &Pending<P>, passed: u8) -> Question {
        let rest = Rest::Order { copy: "", passed };
        let (process, what, ordinal) = match *item {
            Pending::Delivery(Delivery { from, nth, .. }) => {
                return Question::Message {
                    from,
                    ordinal: nth.ordinal(),
                    rest: Rest::Order { copy: nth.copy_name(), passed },
                };
            }
            Pending::Timer { process, ticket, .. } => {
                return Question::Timer { process, arm: self.local_arm(process, ticket), rest };
            }
            Pending::Synced { process, sync, .. } | Pending::Report { process, sync, .. } => (process, "sync", sync),
            Pending::Rested { process, rest, .. } => (process, "rest", rest),
            Pending::Operator { process, part, .. } => (process, "operator", part.into()),
            Pending::Detected { process, stopped } => (process, "told of", stopped.into()),
            Pending::Adversary { process, arm, .. } => (process, "adversary timer", arm),
        };
        Question::Numbered { who: self.identities[process as usize], what, ordinal, rest }
    }

    /// How often the first event in line, which has this sequence, was passed over, counted on from
    /// how often its order had been `asked` for before. It stays first until it happens, so one
    /// count is enough.
    fn passed_over(&self, sequence: u64, asked: u8) -> u8 {
        let (of, passed) = self.passed_over;
        if of == sequence { passed } else { asked }
    }

    fn local_arm(&self, process: u32, ticket: crate::timers::Ticket) -> u64 {
        match self.client_index(ProcessId(process)) {
            Some(client) => self.client_timers[client].arm_of(ticket),
            None => self.local[process as usize].timers.arm_of(ticket),
        }
    }

    /// False if an event stands for a timer that is not due now; such an event is dropped.
    #[inline(always)]
    fn is_real(&mut self, event: Popped) -> bool {
        let Pending::Timer { process, incarnation, ticket } = *self.queue.item(event) else { return true };
        let due = Due { time: self.now, sequence: event.sequence() };
        let expiry = if self.status[process as usize].incarnation == incarnation {
            self.expire(ProcessId(process), ticket, due)
        } else {
            Expiry::Void
        };
        if expiry == Expiry::Due {
            return true;
        }
        let pending = self.queue.take(event);
        if let Expiry::Later(later) = expiry {
            self.push(later, pending);
        }
        false
    }

    #[inline]
    fn push(&mut self, due: Due, item: Pending<P>) {
        self.queue.push(due.time.as_nanos(), due.sequence, item);
    }

    /// The sequence number of the next thing that goes into the queue.
    #[inline]
    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Puts something on the agenda.
    fn errand(&mut self, at: Time, errand: Errand) {
        self.errands += 1;
        self.agenda.insert((at, self.errands), errand);
        self.interrupt = self.interrupt.min(at);
    }

    #[cold]
    fn do_next_errand(&mut self) {
        let Some(((at, _), errand)) = self.agenda.pop_first() else {
            unreachable!("the end of the run is on the agenda until it comes");
        };
        if at > self.now {
            self.move_on(at);
        }
        self.look_everywhere();
        match errand {
            Errand::BeginFault(fault) => self.begin_fault(fault),
            Errand::EndFault(fault) => self.end_fault(fault),
            Errand::Beat(fault) => self.beat(fault),
            Errand::EndPart(part) => self.end_part(part),
            Errand::Restart { process, incarnation } => self.restart(process, incarnation),
            Errand::Heal => self.heal(),
            Errand::Stabilise => self.stabilise(),
            Errand::Watch => self.watch_progress(),
            Errand::End => self.end(),
        }
        self.look_where_needed();
        // Last, because a heal takes errands off the agenda.
        self.interrupt = self.agenda.first_key_value().map_or(Time::MAX, |((at, _), _)| *at);
        self.assert_invariants();
    }

    fn plan_errands(&mut self) {
        self.interrupt = Time::MAX;
        let simulation = self.simulation;
        if let Some(heal) = simulation.env.heal.at {
            self.errand(heal, Errand::Heal);
            if simulation.env.progress_within.is_some() {
                self.progress = Progress::BeforeHeal;
            }
        }
        self.plan_faults();
        self.errand(simulation.env.run_for, Errand::End);
    }

    /// The run goes on at least until `at`.
    fn last_until(&mut self, at: Time) {
        let end = at.max(self.simulation.env.run_for);
        self.agenda.retain(|_, errand| !matches!(errand, Errand::End));
        self.errand(end, Errand::End);
    }

    /// Draws how wrong each clock is.
    fn set_clocks(&mut self) {
        let profile = self.simulation.env.clocks;
        for index in 0..self.site.clocks.len() {
            let clock = profile.draw(index as u32, self.identities[index], &mut self.draws.choices);
            self.site.clocks[index] = clock;
        }
    }

    /// The process of a client.
    fn client_process(&self, client: usize) -> ProcessId {
        ProcessId(self.site.running() + client as u32)
    }

    /// Which client a process is, if it is one.
    #[inline]
    fn client_index(&self, process: ProcessId) -> Option<usize> {
        process.index().checked_sub(self.site.running() as usize)
    }

    /// The process of this name, if there is one.
    #[inline]
    fn process_of(&self, id: NodeId) -> Option<ProcessId> {
        if id.is_twin() {
            return self.twin_of(id);
        }
        let (nodes, running) = (self.site.nodes.len() as u32, self.site.running());
        let (first, count) = if id.is_client() { (running, self.clients.len() as u32) } else { (0, nodes) };
        (id.index() < count).then(|| ProcessId(first + id.index()))
    }

    #[cold]
    fn twin_of(&self, id: NodeId) -> Option<ProcessId> {
        let place = self.site.twins.iter().position(|twin| *twin == id)?;
        Some(ProcessId((self.site.nodes.len() + place) as u32))
    }

    /// Whether a process counts among the nodes that are up or down: twins do not.
    fn counts(&self, process: ProcessId) -> bool {
        process.index() < self.site.nodes.len()
    }
}

impl<P: Protocol> Default for Local<P> {
    fn default() -> Self {
        Self {
            timers: Timers::new(),
            inbox: VecDeque::new(),
            shuffled: false,
            suspended: Vec::new(),
            suspended_kind: StepKind::Boot,
            suspended_seen: Seen::default(),
            synced_in_pause: None,
            disk_free: Time::ZERO,
            syncs: 0,
            reported: Time::ZERO,
            rests: 0,
            arms: 0,
            pauses: 0,
            troubles: Vec::new(),
            armed: None,
            crashes: 0,
            booted: 0,
            taken_up: 0,
            corrupted: 0,
            back_after: None,
            configuration: None,
            is_doomed: false,
            disk_failed: false,
            refused: 0,
            has_quit: false,
            counts_as_down: false,
            backlog: 0,
            late_until: Time::ZERO,
        }
    }
}
