//! What makes no sense in the description of a run.

use crate::byzantine::Misconduct;
use crate::engine::twins_in;
use crate::fault::{
    CrashMoment, CrashSeverity, Fault, FaultKind, LinkTrouble, LostWrites, Milestone, Selector, Trigger,
};
use crate::network::{CutMode, Latency};
use crate::process::NodeId;
use crate::property::{NO_HALT, NO_PANIC, PROGRESS, TIME_GOES_ON};
use crate::protocol::Protocol;
use crate::sabotage::Sabotage;
use crate::simulation::Simulation;
use crate::time::{Duration, Time};

impl<P: Protocol> Simulation<P> {
    /// What makes no sense in this description, in words, if anything does not: faults that name
    /// nodes or roles that do not exist, or that lie past the end; ranges whose end is before their
    /// start; links without what the protocol takes for granted.
    ///
    /// # Errors
    /// The place of the fault in the plan, if it is one, and what is wrong with it.
    pub fn validate(&self) -> Result<(), (Option<usize>, String)> {
        self.validate_world().map_err(|message| (None, message))?;
        let places = 0..self.env.faults.len();
        places.into_iter().try_for_each(|place| self.validate_fault(place).map_err(|message| (Some(place), message)))
    }

    /// # Panics
    /// If the description makes no sense.
    #[track_caller]
    pub(crate) fn assert_valid(&self) {
        if let Err((place, message)) = self.validate() {
            let what = place.map_or_else(|| "the description".to_owned(), |place| format!("fault {place}"));
            panic!("{what} makes no sense: {message}");
        }
    }

    /// What is there whether or not anything fails.
    fn validate_world(&self) -> Result<(), String> {
        validate_latency(self.env.network.latency)?;
        let mut between_zones = self.env.zones.iter().flat_map(|zone| zone.latencies.values());
        between_zones.try_for_each(|latency| validate_latency(*latency))?;
        validate_range(self.env.disk.sync)?;
        if let Some(assumption) = self.model.ruled_out_by(&self.env.network) {
            return Err(format!("the protocol takes for granted that {assumption}: these links do not see to it"));
        }
        if let Some(name) = self.judges.unknown() {
            return Err(format!("none of its properties is called `{name}`"));
        }
        if let Some(name) = self.judges.of_clients().filter(|_| self.clients.count() == 0) {
            return Err(format!("{name} is about what clients ask, and there are none"));
        }
        if self.env.sabotage == Some(Sabotage::ReorderFifo) && !self.env.network.fifo {
            return Err("only links that keep the order of messages can be made to break it".to_owned());
        }
        self.env.goals.iter().try_for_each(|goal| self.validate_event(goal))?;
        if let Some(name) = self.env.figures.iter().find(|name| !self.judges.knows_figure(name)) {
            return Err(format!("nothing measures a figure {name:?}"));
        }
        self.validate_nemesis()?;
        let is_of_the_engine = |name: &str| [NO_HALT, NO_PANIC, PROGRESS, TIME_GOES_ON].contains(&name);
        if let Some(name) =
            self.env.wanted.as_deref().filter(|name| !is_of_the_engine(name) && !self.judges.look_at(name))
        {
            let checked: Vec<&str> = self.judges.names().collect();
            let checked = if checked.is_empty() { "nothing".to_owned() } else { checked.join(", ") };
            return Err(format!("`{name}` is expected to be violated, and not checked; this is: {checked}"));
        }
        // No fault heals anything: the core follows none.
        self.env.heal.core.iter().try_for_each(|selector| self.validate_selector(selector, false))
    }

    /// Whether the nemesis keeps to what the protocol claims to survive.
    fn validate_nemesis(&self) -> Result<(), String> {
        let Some(nemesis) = &self.env.nemesis else { return Ok(()) };
        if let Some(most) = nemesis.too_byzantine(&self.model) {
            return Err(format!("the protocol claims to survive {most} Byzantine nodes, and the nemesis draws more"));
        }
        match nemesis.beyond(&self.model).first() {
            Some((family, assumption)) => Err(format!(
                "the protocol takes for granted that {assumption}: {family:?} is more than that, and the nemesis is not \
                 unrestricted"
            )),
            None => Ok(()),
        }
    }

    fn validate_fault(&self, place: usize) -> Result<(), String> {
        let fault = &self.env.faults[place];
        validate_course(fault)?;
        if fault.follows && place == 0 {
            return Err("it is the next step of a sequence that has no first".to_owned());
        }
        self.validate_trigger(fault)?;
        let is_of_nodes = !fault.kind.aim().selectors().into_iter().all(of_clients);
        if self.model.detects_within().is_some() && fault.kind.restarts() && is_of_nodes {
            return Err("a node that the failure detector has told of does not come back".to_owned());
        }
        self.validate_kind(&fault.kind)?;
        let selectors = fault.kind.aim().selectors();
        if selectors.contains(&&Selector::Quorum) {
            return Err("a quorum is what a heal repairs: a fault hits a majority".to_owned());
        }
        selectors.into_iter().try_for_each(|selector| self.validate_selector(selector, fault.follows))
    }

    fn validate_trigger(&self, fault: &Fault) -> Result<(), String> {
        let end = self.env.heal.at.map_or(self.env.run_for, |heal| heal.min(self.env.run_for));
        let milestone = match &fault.trigger {
            Trigger::At(at) if *at >= end => {
                let (at, end) = (at.since(Time::ZERO), end.since(Time::ZERO));
                return Err(format!("it begins at {at}, when faults are over: they end at {end}"));
            }
            Trigger::Wait(_) if !fault.follows => {
                return Err("it waits for the step before it in a sequence, and is no step of one".to_owned());
            }
            Trigger::At(_) | Trigger::Wait(_) => return Ok(()),
            Trigger::InStep(_) => return validate_pinned(fault),
            Trigger::After(milestone) => milestone,
        };
        milestone.nodes().try_for_each(|id| self.validate_id(id))?;
        match milestone.whose() {
            None | Some(Selector::Node(_)) => {}
            Some(Selector::Same) if fault.follows => {}
            Some(Selector::Same) => return Err("there is no step before it in a sequence".to_owned()),
            Some(_) => return Err("a milestone is that of a node by name, or of whom the step before hit".to_owned()),
        }
        match milestone {
            milestone if milestone.count() == 0 => Err("what a fault waits for is counted from 1".to_owned()),
            Milestone::Event { event, .. } => self.validate_event(event),
            Milestone::Role { role, .. } => self.validate_role(role),
            Milestone::State { state, .. } => {
                let states: Vec<&str> = P::STATES.iter().map(|state| state.name).collect();
                let exists = states.contains(&state.as_str());
                if exists {
                    Ok(())
                } else {
                    Err(format!("no node can be in the state {state}: the states are {states:?}"))
                }
            }
            Milestone::Operations { .. } if self.clients.count() == 0 => Err("there are no clients".to_owned()),
            _ => Ok(()),
        }
    }

    /// Whether nodes can announce an event of this kind, if the protocol tells what they can.
    fn validate_event(&self, event: &str) -> Result<(), String> {
        match self.events {
            Some(kinds) if !kinds.contains(&event) => {
                Err(format!("no node announces {event}: the events are {kinds:?}"))
            }
            _ => Ok(()),
        }
    }

    fn validate_kind(&self, kind: &FaultKind) -> Result<(), String> {
        validate_durations(kind)?;
        match kind {
            FaultKind::Partition { groups, .. } if groups.len() < 2 => {
                Err("a partition needs at least two groups".to_owned())
            }
            FaultKind::Operator { action, .. } if !P::ACTIONS.contains(&action.as_str()) => {
                Err(format!("no operator can ask for {action}: the actions are {:?}", P::ACTIONS))
            }
            FaultKind::Upgrade { configuration, .. }
                if !self.configurations.iter().any(|(name, _)| name == configuration) =>
            {
                Err(format!("there is no configuration {configuration} to upgrade to"))
            }
            FaultKind::Twin { targets } if !matches!(targets, Selector::Node(id) if !id.is_client() && !id.is_twin()) => {
                Err("a node that gets a twin must be named".to_owned())
            }
            FaultKind::Adversary { name, .. } if !self.adversaries.iter().any(|(of, _)| of == name) => {
                let names: Vec<&String> = self.adversaries.iter().map(|(name, _)| name).collect();
                Err(format!("there is no adversary {name}: the adversaries are {names:?}"))
            }
            FaultKind::Partition { mode: CutMode::Hold, rounds: Some(_), .. } => {
                Err("a partition that is aimed at rounds drops their messages".to_owned())
            }
            FaultKind::Partition { rounds: Some((first, last)), .. } if first > last => Err(not_rounds(*first, *last)),
            FaultKind::Lie { messages, .. }
            | FaultKind::Omission { messages, .. }
            | FaultKind::Links { messages, .. }
                if messages.rounds.is_some_and(|(first, last)| first > last) =>
            {
                let (first, last) = messages.rounds.unwrap_or_default();
                Err(not_rounds(first, last))
            }
            FaultKind::Lie { targets, .. } if *targets == Selector::Clients => {
                Err("clients follow the protocol".to_owned())
            }
            FaultKind::Join { targets } if !matches!(targets, Selector::Node(id) if !id.is_client()) => {
                Err("a node that joins must be named: until then it is not there".to_owned())
            }
            FaultKind::Drift { ppm, .. } if *ppm <= -1_000_000 => Err("a clock does not stand still".to_owned()),
            FaultKind::Links { trouble, .. } if trouble.replays.is_some() && self.env.network.fifo => {
                Err("links that keep the order replay nothing".to_owned())
            }
            FaultKind::Links { trouble: LinkTrouble { bandwidth: Some(bandwidth), .. }, .. }
                if bandwidth.bytes_per_second == 0 =>
            {
                Err("nothing gets through a link of no bandwidth".to_owned())
            }
            FaultKind::End { label } if !self.env.faults.iter().any(|fault| fault.label.as_ref() == Some(label)) => {
                Err(format!("no fault bears the label {label}"))
            }
            FaultKind::Fire { targets, .. } if of_clients(targets) => {
                Err("only timers of nodes fire by script".to_owned())
            }
            FaultKind::Omission { messages, .. }
            | FaultKind::Lie { messages, .. }
            | FaultKind::Links { messages, .. }
                if !messages.nth.is_sorted() || messages.nth.first() == Some(&0) =>
            {
                Err("messages are numbered from 1, in ascending order".to_owned())
            }
            FaultKind::Crash { lost: Some(LostWrites::Last { count: 0, torn: true }), .. } => {
                Err("a record is torn that is the first of those that are lost, and none is".to_owned())
            }
            FaultKind::Crash { severity, lost: Some(lost), .. } if *severity != severity_of(lost) => {
                Err("which writes are lost is told of a power loss: the last ones, or others if it reorders".to_owned())
            }
            FaultKind::Crash { severity, wiped: true, .. } if *severity != CrashSeverity::Process => {
                Err("a disk that is wiped has nothing to lose".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn validate_selector(&self, selector: &Selector, follows: bool) -> Result<(), String> {
        match selector {
            Selector::Node(id) => self.validate_id(*id),
            Selector::Role(role) => self.validate_role(role),
            Selector::Zone(name) if !self.env.zones.iter().any(|zone| zone.name == *name) => {
                Err(format!("there is no zone {name}"))
            }
            Selector::Clients if self.clients.count() == 0 => Err("there are no clients".to_owned()),
            Selector::Same if !follows => Err("there is no step before it in a sequence".to_owned()),
            _ => Ok(()),
        }
    }

    fn validate_role(&self, role: &str) -> Result<(), String> {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name).collect();
        if roles.contains(&role) {
            Ok(())
        } else {
            Err(format!("no node has the role {role}: the roles are {roles:?}"))
        }
    }

    fn validate_id(&self, id: NodeId) -> Result<(), String> {
        let (clients, nodes) = (self.clients.count(), self.env.nodes);
        match id {
            id if id.is_client() && id.index() >= clients => {
                Err(format!("there is no client {id}: there are {clients} clients"))
            }
            id if id.is_twin() && !twins_in(&self.env.faults).contains(&id) => {
                Err(format!("there is no {id}: no fault gives {} a twin", id.identity()))
            }
            id if !id.is_client() && id.index() >= nodes => {
                Err(format!("there is no node {id}: the nodes are n0 to n{}", nodes - 1))
            }
            _ => Ok(()),
        }
    }
}

const fn of_clients(targets: &Selector) -> bool {
    matches!(targets, Selector::Clients) || matches!(targets, Selector::Node(id) if id.is_client())
}

/// Which crash can lose these writes.
const fn severity_of(lost: &LostWrites) -> CrashSeverity {
    match lost {
        LostWrites::Last { .. } => CrashSeverity::PowerLoss,
        LostWrites::At(_) => CrashSeverity::ReorderingPowerLoss,
    }
}

/// Whether a fault can fall into the middle of a step.
fn validate_pinned(fault: &Fault) -> Result<(), String> {
    match &fault.kind {
        FaultKind::Crash { targets: Selector::Node(id), moment: CrashMoment::AtOnce, .. } if !id.is_client() => {
            match fault.repeat {
                Some(_) => Err("a step comes once: what falls into it does not repeat".to_owned()),
                None => Ok(()),
            }
        }
        FaultKind::Crash { moment: CrashMoment::MidStep, .. } => {
            Err("it is told in which step it falls, and is to wait for the next one".to_owned())
        }
        _ => Err("only a crash of a node by name falls into the middle of a step".to_owned()),
    }
}

/// Whether the ranges that a fault draws from have a start before their end.
fn validate_durations(kind: &FaultKind) -> Result<(), String> {
    match kind {
        FaultKind::Links { trouble: LinkTrouble { delay, replays, .. }, .. } => {
            let replayed = replays.as_ref().map(|replays| replays.after);
            delay.iter().chain(&replayed).try_for_each(|latency| validate_latency(*latency))
        }
        FaultKind::LateTimers { by, .. } | FaultKind::Lie { misconduct: Misconduct::Stall(by), .. } => {
            validate_latency(*by)
        }
        FaultKind::SlowDisk { sync, .. } => validate_range(*sync),
        _ => Ok(()),
    }
}

fn not_rounds(first: u64, last: u64) -> String {
    format!("from {first} to {last} are no rounds: the first comes first")
}

fn validate_latency(latency: Latency) -> Result<(), String> {
    match latency {
        Latency::Uniform(low, high) => validate_range((low, high)),
        Latency::Constant(_) | Latency::Exponential { .. } | Latency::LogNormal { .. } => Ok(()),
    }
}

fn validate_range((low, high): (Duration, Duration)) -> Result<(), String> {
    if low <= high { Ok(()) } else { Err(format!("from {low} to {high} is no range: the shorter comes first")) }
}

/// Whether how it lasts, comes and goes fits to the kind.
fn validate_course(fault: &Fault) -> Result<(), String> {
    let refuse = |message: &str| Err(message.to_owned());
    let facts = fault.kind.facts();
    let is_instant = facts.is_instant;
    match fault {
        Fault { lasts: Some(_), repeat: None, .. } if is_instant => {
            refuse("it is over at once and has no duration; tell how long after a crash the node restarts")
        }
        Fault { lasts: None, kind: FaultKind::Swizzle { .. }, .. } => refuse("a swizzle needs a duration"),
        Fault { repeat: Some(repeat), .. } if repeat.every.is_zero() => refuse("it must repeat after a while"),
        Fault { repeat: Some(repeat), .. } if is_instant != repeat.on.is_none() => {
            refuse("what is over at once comes again and again; all else needs to be told how long it is there")
        }
        Fault { repeat: Some(repeat), .. } if repeat.on.is_some_and(|on| on.is_zero() || on >= repeat.every) => {
            refuse("it must be there for a while, and be gone before it comes again")
        }
        Fault { repeat: Some(_), .. } if !facts.can_repeat => refuse("this cannot repeat"),
        Fault { repeat: Some(_), one_by_one: Some(_), .. } => refuse("it cannot repeat and go round at the same time"),
        Fault { one_by_one: Some(_), .. } if !facts.hits_each => refuse("it does not hit one after the other"),
        Fault { probability, .. } if probability.is_never() => refuse("it never strikes"),
        Fault { one_by_one: Some(Duration::ZERO), .. } => refuse("one after the other takes time"),
        Fault { one_by_one: Some(_), lasts: None, .. } if !is_instant => {
            refuse("when it hits one after the other, it needs to be told how long each time")
        }
        _ => Ok(()),
    }
}
