//! What counts as enough: Quorums Are Majorities, Quorums Are Crash-Consistent.

use std::collections::{BTreeMap, BTreeSet};

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use super::lives::{KnownLives, Learnt};
use crate::config::{Stable, VrConfig, majority};
use crate::crashes::{CrashVector, inconsistent};
use crate::message::{Body, Event};
use crate::node::Vr;

/// A quorum is a majority of replicas, each of which counts once (Liskov and Cowling 2012, 4). So is that of those who tell a
/// replica that recovers what they know of crashes (Michael et al. 2017, Algorithm 1).
#[derive(Debug, Default)]
pub struct QuorumsAreMajorities(());

impl Property<Vr> for QuorumsAreMajorities {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let has = |kind: fn(&Event) -> bool| step.events.iter().any(kind);
        let rests_on_answers = |event: &Event| {
            // View 0 starts by itself.
            matches!(event, Event::Reported { .. } | Event::StartedView { view: 1.., .. } | Event::Recovered { .. })
        };
        let answered: BTreeSet<NodeId> = if has(|event| matches!(event, Event::Numbered { .. })) {
            replica.recovery.told_by.clone()
        } else if has(rests_on_answers) {
            replica.answered().iter().copied().collect()
        } else {
            return Ok(());
        };
        let (me, all) = (world.identity(step.process), world.node_ids().len());
        if answered.len() >= majority(all) {
            return Ok(());
        }
        let who: Vec<String> = answered.iter().map(NodeId::to_string).collect();
        let view = replica.view();
        let what = format!("{me} goes on to view {view} with the answers of {}, of {all} replicas", who.join(", "));
        Err(Breach::new([me], what))
    }
}

/// A set of answers is crash-consistent if none was given before a crash of which the sender of another knew, or whoever counts
/// them (Michael et al. 2017, definition 7).
#[derive(Debug)]
pub struct QuorumsAreCrashConsistent {
    /// With nothing on disks. With the view on them, what was said before a crash stays true.
    is_owed: bool,
    lives: KnownLives,
    /// What each replica has got, from whom, and what that knew as it sent it.
    answers: PerProcess<BTreeMap<(NodeId, Answer), CrashVector>>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    /// The sender has stopped to take part in lower views.
    Stopped { view: u64 },
    /// The sender has said what it has, for this view to start.
    Reported { view: u64 },
    /// The sender has told the state to who recovers.
    Told,
}

impl Answer {
    const fn in_message(body: &Body) -> Option<Self> {
        match body {
            Body::StartViewChange { view } => Some(Self::Stopped { view: *view }),
            Body::DoViewChange { view, .. } => Some(Self::Reported { view: *view }),
            Body::RecoveryResponse { .. } => Some(Self::Told),
            _ => None,
        }
    }

    /// Because of what something has happened.
    const fn behind(event: &Event) -> Option<Self> {
        match event {
            Event::Reported { view } => Some(Self::Stopped { view: *view }),
            Event::StartedView { view: view @ 1.., .. } => Some(Self::Reported { view: *view }),
            Event::Recovered { .. } => Some(Self::Told),
            _ => None,
        }
    }
}

impl QuorumsAreCrashConsistent {
    /// Of replicas of this configuration.
    pub fn new(config: &VrConfig) -> Self {
        let is_owed = config.stable == Stable::Nothing;
        Self { is_owed, lives: KnownLives::default(), answers: PerProcess::default() }
    }
}

impl Property<Vr> for QuorumsAreCrashConsistent {
    fn looks_at_messages(&self) -> bool {
        self.is_owed
    }

    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        if !self.is_owed || step.kind == StepKind::Client {
            return Ok(());
        }
        let me = world.identity(step.process);
        let Learnt { has_booted, told, now } = self.lives.follow(me, world, step);
        let answers = self.answers.of(step.process);
        if has_booted {
            answers.clear();
        }
        if let Some(received) = step.received
            && let (Some(answer), Some(told)) = (Answer::in_message(&received.message.body), told)
        {
            // Whoever answers again has learnt more, or its answer is an old one.
            let known = answers.entry((received.from, answer)).or_insert_with(|| told.clone());
            if told.includes(known) {
                *known = told;
            }
        }
        let (Some(replica), Some(answer)) = (world.node(step.process), step.events.iter().find_map(Answer::behind))
        else {
            return Ok(());
        };
        let others = replica.answered().iter().filter(|from| **from != me);
        let counted = others.filter_map(|from| Some((*from, answers.get(&(*from, answer))?.clone())));
        let counted: Vec<_> = counted.chain([(me, now)]).collect();
        let Some((of, by)) = inconsistent(&counted) else { return Ok(()) };
        let view = replica.view();
        let what =
            format!("{me} goes on to view {view} with an answer of {of} from before a crash of which {by} knows");
        Err(Breach::new([me], what))
    }
}
