//! What faults wait for, and which node has which role.

use crate::canonical::{Value, kind_of};
use crate::fault::{Milestone, Selector, Trigger};
use crate::liveness::Sign;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::trace::TraceKind;

use super::super::progress::Progress;
use super::super::steps::Tag;
use super::super::{Engine, Errand, Phase};

/// A fault that waits for a milestone.
#[derive(Debug)]
pub(super) struct Watch {
    fault: u32,
    /// How often it must still happen.
    left: u64,
    /// Which node must do it, if not any.
    whose: Option<Vec<NodeId>>,
}

impl<P: Protocol> Engine<'_, P> {
    /// From now on, what the fault waits for counts.
    pub(super) fn watch_for(&mut self, fault: u32, milestone: &Milestone) {
        let whose = milestone.whose().map(|selector| match selector {
            Selector::Node(id) => vec![*id],
            _ => self.hit_before(fault).to_vec(),
        });
        self.faults.watches.push(Watch { fault, left: milestone.count(), whose });
        self.note_watched();
        if let Milestone::State { .. } = milestone {
            (0..self.nodes.len() as u32).for_each(|process| self.look_for_states(ProcessId(process)));
        }
    }

    /// These faults wait no more.
    pub(super) fn unwatch(&mut self, faults: &[u32]) {
        self.faults.watches.retain(|watch| !faults.contains(&watch.fault));
        self.note_watched();
    }

    /// Updates what senders and steps are watched for.
    fn note_watched(&mut self) {
        let faults = &mut self.faults;
        let is_watched = |of: fn(&Milestone) -> bool| {
            let triggers = faults.watches.iter().map(|watch| &faults.plan[watch.fault as usize].trigger);
            triggers.filter_map(milestone_of).any(of)
        };
        let messages = is_watched(|milestone| matches!(milestone, Milestone::Message { .. }));
        let states = is_watched(|milestone| matches!(milestone, Milestone::State { .. }));
        (faults.watches_messages, faults.watches_states) = (messages, states);
    }

    /// Something happened that faults may wait for: those for which it `counts` may begin.
    fn happened(&mut self, who: NodeId, counts: impl Fn(&Milestone) -> bool) {
        if self.faults.watches.is_empty() {
            return;
        }
        let mut due = Vec::new();
        let faults = &mut self.faults;
        faults.watches.retain_mut(|watch| {
            let milestone = milestone_of(&faults.plan[watch.fault as usize].trigger);
            let is_whose = watch.whose.as_ref().is_none_or(|whose| whose.contains(&who));
            watch.left -= u64::from(is_whose && milestone.is_some_and(&counts));
            if watch.left == 0 {
                due.push(watch.fault);
            }
            watch.left > 0
        });
        if !due.is_empty() {
            self.note_watched();
            due.into_iter().for_each(|number| self.errand(self.now, Errand::BeginFault(number)));
        }
    }

    /// A node announces something: properties, goals, roles and faults take note.
    pub(in crate::engine) fn announce(&mut self, process: ProcessId, event: P::Event) {
        self.hash_event(Tag::Announce, process.0, 0);
        self.hash_of(process, &event);
        if self.trace.is_some() {
            let event = Value::of(&event);
            self.record(Some(process), None, TraceKind::Announce { event });
        }
        let kind = kind_of(&event);
        for (goal, reached) in self.simulation.env.goals.iter().zip(&mut self.goals) {
            *reached |= goal == kind;
        }
        if self.progress == Progress::Owed && self.may_hold(process) {
            self.see_sign(|sign| matches!(sign, Sign::Event(event) if event == kind));
        }
        for role in self.simulation.roles {
            if (role.takes)(&event) {
                self.take_role(role.name, process);
            } else if (role.gives_up)(&event) {
                self.faults.roles.retain(|held| *held != (role.name, process));
            }
        }
        let who = self.identities[process.index()];
        self.happened(who, |milestone| matches!(milestone, Milestone::Event { event, .. } if event == kind));
        self.seen.events.push(event);
    }

    fn take_role(&mut self, role: &'static str, process: ProcessId) {
        self.faults.roles.retain(|held| *held != (role, process));
        self.faults.roles.push((role, process));
        if self.progress == Progress::Owed && self.may_hold(process) {
            self.see_sign(|sign| matches!(sign, Sign::Role(of) if of == role));
        }
        for errand in std::mem::take(&mut self.faults.waiting) {
            self.errand(self.now, errand);
        }
        let who = self.identities[process.index()];
        self.happened(who, |milestone| matches!(milestone, Milestone::Role { role: r, .. } if r == role));
    }

    /// An operation of a client has completed.
    pub(in crate::engine) fn operation_completed(&mut self, client: ProcessId) {
        let who = self.identities[client.index()];
        self.happened(who, |milestone| matches!(milestone, Milestone::Operations { .. }));
    }

    /// A message of this kind is sent.
    #[cold]
    pub(in crate::engine) fn message_is_sent(&mut self, sender: ProcessId, receiver: ProcessId, kind: &'static str) {
        let (sender, receiver) = (self.identities[sender.index()], self.identities[receiver.index()]);
        self.happened(sender, |milestone| match milestone {
            Milestone::Message { kind: of, from, to, .. } => {
                of == kind && from.is_none_or(|from| from == sender) && to.is_none_or(|to| to == receiver)
            }
            _ => false,
        });
    }

    /// Whether the node of a process is in a state that a fault waits for.
    #[cold]
    pub(in crate::engine) fn look_for_states(&mut self, process: ProcessId) {
        let Some(Some(node)) = self.nodes.get(process.index()) else { return };
        let who = self.identities[process.index()];
        self.phase = Phase::Node(process);
        let states: Vec<&str> = P::STATES.iter().filter(|state| (state.holds)(node)).map(|state| state.name).collect();
        self.phase = Phase::Engine;
        self.happened(who, |milestone| match milestone {
            Milestone::State { state, .. } => states.contains(&state.as_str()),
            _ => false,
        });
    }
}

const fn milestone_of(trigger: &Trigger) -> Option<&Milestone> {
    match trigger {
        Trigger::After(milestone) => Some(milestone),
        Trigger::At(_) | Trigger::Wait(_) | Trigger::InStep(_) => None,
    }
}
