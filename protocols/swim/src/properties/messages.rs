//! What members send.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Judgement, NodeId, Property, Received, Step, StepKind, Time, World};

use crate::config::SwimConfig;
use crate::message::{Event, Message, Probe, Status, Update};
use crate::node::{Phase, Swim};
use crate::view::Entry;

/// Who is pinged or asked for what it knows answers. Who is asked to ping another does, and passes the answer on; with
/// Lifeguard it says if there is none.
///
/// The latter is asked once faults are over: until then timers may be late, and nobody waits for it any more.
#[derive(Debug)]
pub struct RequestsAreServed {
    lifeguard: bool,
    /// For each node, the pings for others by their numbers.
    relays: PerProcess<BTreeMap<u64, Asked>>,
    /// The latest ping of which a node has told nothing, when it was asked for that, and when that was over.
    untold: Option<(Time, Breach)>,
}

/// A ping for another member.
#[derive(Clone, Copy, Debug)]
struct Asked {
    by: NodeId,
    /// How that one names it.
    probe: Probe,
    /// When, and in which period of the one who is asked.
    at: Time,
    period: u64,
    /// Whether the one who asks was told that there is no answer.
    is_given_up: bool,
}

impl RequestsAreServed {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { lifeguard: config.lifeguard, relays: PerProcess::default(), untold: None }
    }
}

impl Property<Swim> for RequestsAreServed {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let relays = self.relays.of(step.process);
        let Some(node) = world.node(step.process).filter(|_| !step.events.iter().any(Event::begins_or_ends)) else {
            relays.clear();
            return Ok(());
        };
        let me = world.identity(step.process);
        if step.kind != StepKind::Message {
            give_up(relays, node, step.sent).map_err(|what| Breach::new([me], what))?;
            let over = |asked: &Asked| asked.period + 1 < node.periods();
            let untold = relays.values().filter(|asked| over(asked) && !asked.is_given_up);
            if let Some(asked) = untold.max_by_key(|asked| asked.at).filter(|_| self.lifeguard)
                && self.untold.as_ref().is_none_or(|(at, _)| *at <= asked.at)
            {
                let what = format!("{me} has not told {} what became of the ping that it asked for", asked.by);
                self.untold = Some((asked.at, Breach::new([me], what).in_step(step.number, world.now())));
            }
            relays.retain(|_, asked| !over(asked));
            return Ok(());
        }
        let Some(Received { from, message: received, .. }) = step.received else { return Ok(()) };
        let is_served = match (received, step.sent) {
            (_, sent) if node.phase == Phase::Gone => sent.is_empty(),
            (Message::Ping { probe, .. }, [(to, Message::Ack { probe: answered, .. })]) => {
                to == from && answered == probe
            }
            (Message::PingReq { probe, target, .. }, [(to, Message::Ping { probe: own, .. })]) => {
                let (at, period) = (world.now(), node.periods());
                let asked = Asked { by: *from, probe: *probe, at, period, is_given_up: false };
                to == target && own.epoch == node.epoch && relays.insert(own.number, asked).is_none()
            }
            (Message::Ack { probe, .. }, sent) => {
                // Nobody waits for answers that come later.
                let is_waited_for = |asked: &Asked| asked.period + 1 >= node.periods();
                let asked = if probe.epoch == node.epoch { relays.remove(&probe.number) } else { None };
                match (asked.filter(is_waited_for), sent) {
                    (Some(asked), [(to, Message::Ack { probe, .. })]) => *to == asked.by && *probe == asked.probe,
                    (asked, sent) => asked.is_none() && sent.is_empty(),
                }
            }
            (Message::Sync { is_reply: false, .. }, [(to, Message::Sync { is_reply: true, .. })]) => to == from,
            (Message::Sync { is_reply: true, .. } | Message::Nack { .. }, sent) => sent.is_empty(),
            (Message::Ping { .. } | Message::PingReq { .. } | Message::Sync { is_reply: false, .. }, _) => false,
        };
        if is_served {
            return Ok(());
        }
        Err(Breach::new([me], format!("{me} gets {received:?} from {from}, and sends {:?}", step.sent)))
    }

    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        match self.untold.take() {
            Some((at, breach)) if world.calm_since().is_some_and(|calm| calm <= at) => Judgement::Violated(breach),
            _ => Judgement::Holds,
        }
    }
}

/// Takes note of those who are told that there is no answer. Says what is wrong if they have not asked.
fn give_up(relays: &mut BTreeMap<u64, Asked>, node: &Swim, sent: &[(NodeId, Message)]) -> Result<(), String> {
    for (to, message) in sent {
        let Message::Nack { probe } = message else { continue };
        // A message that came twice was asked for twice, and nothing tells which of these is given up.
        let mut same: Vec<&mut Asked> =
            relays.values_mut().filter(|asked| asked.by == *to && asked.probe == *probe).collect();
        same.sort_by_key(|asked| asked.is_given_up);
        match same.first_mut() {
            Some(asked) => asked.is_given_up = true,
            None => return Err(format!("{} gives up a ping for {to} that is no more", node.me)),
        }
    }
    Ok(())
}

/// An update is what its sender knows. Who is suspected, with Lifeguard, dead or gone is told that with whatever is sent
/// to it, and who synchronises tells all that it knows, to one that it knows or to a contact.
#[derive(Debug)]
pub struct MessagesSayWhatIsKnown {
    lifeguard: bool,
    contacts: u32,
}

impl MessagesSayWhatIsKnown {
    pub(super) const fn new(config: &SwimConfig) -> Self {
        Self { lifeguard: config.lifeguard, contacts: config.contacts }
    }

    /// Whether a node asks another for what that knows: one that it knows, dead or not, or a contact.
    fn may_ask(&self, node: &Swim, other: NodeId) -> bool {
        let is_contact = other.index() < self.contacts;
        match node.view().get(other) {
            Some(entry) => entry.said.status != Status::Left && (!entry.is_forgotten || is_contact),
            None => is_contact,
        }
    }

    /// What is wrong with these updates from a node to another.
    fn judge(&self, node: &Swim, to: NodeId, updates: &[Update]) -> Result<(), String> {
        for update in updates {
            let known = match update.member {
                member if member == node.me => Some((node.says(), node.own.metadata)),
                member => node.view().get(member).map(|entry| (entry.said, entry.metadata)),
            };
            if known != Some((update.said, update.metadata)) {
                return Err(format!("tells of {update:?}, and knows {known:?}"));
            }
        }
        let is_accused = |entry: &Entry| match entry.said.status {
            Status::Alive => false,
            Status::Suspected => self.lifeguard,
            Status::Dead | Status::Left => true,
        };
        match node.view().get(to).filter(is_accused) {
            Some(entry) if updates.iter().all(|update| update.member != to) => {
                Err(format!("does not tell it that it is {:?}", entry.said))
            }
            _ => Ok(()),
        }
    }
}

impl Property<Swim> for MessagesSayWhatIsKnown {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let received = step.received.map(|received| &received.message);
        let asks_for_all = matches!(received, Some(Message::Sync { is_reply: false, wants_all: true, .. }));
        for (to, message) in step.sent {
            let judged = match message {
                Message::Nack { .. } => Ok(()),
                Message::Ping { updates, .. } | Message::Ack { updates, .. } | Message::PingReq { updates, .. } => {
                    self.judge(node, *to, updates)
                }
                Message::Sync { wants_all, is_reply, .. } if *wants_all != (!is_reply && !node.has_joined) => {
                    Err("asks for all that is known if it has joined, or not if it has not".to_owned())
                }
                Message::Sync { is_reply: false, .. } if !self.may_ask(node, *to) => {
                    Err("asks whom it does not know, or who has left".to_owned())
                }
                Message::Sync { updates, is_reply, .. } => {
                    let is_told = |other: NodeId| updates.iter().any(|update| update.member == other);
                    let must_tell = |other: NodeId| {
                        other == node.me
                            || node.view().get(other).is_some_and(|entry| {
                                !entry.is_forgotten && (*is_reply && asks_for_all || entry != Entry::AT_FIRST)
                            })
                    };
                    match world.node_ids().iter().find(|other| must_tell(**other) && !is_told(**other)) {
                        Some(other) => Err(format!("leaves out {other}")),
                        None => self.judge(node, *to, updates),
                    }
                }
            };
            if let Err(what) = judged {
                return Err(Breach::new([node.me], format!("{} {what}, in what it sends to {to}", node.me)));
            }
        }
        Ok(())
    }
}
