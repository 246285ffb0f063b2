//! Gray failures.

use std::collections::{BTreeMap, VecDeque};

use sim_core::{Breach, Duration, NodeId, Property, Step, StepKind, Time, World};

use super::watch::{Belief, Seen, Watch, acting};
use crate::config::{DetectorConfig, DetectorKind};
use crate::message::Sign;
use crate::node::DetectorNode;

/// A peer is suspected when all answers that are remembered of it took longer than they may.
#[derive(Debug)]
pub struct SlowPeersAreSuspected {
    config: DetectorConfig,
    watch: Watch,
    asked: BTreeMap<(NodeId, NodeId), Asked>,
}

/// The pings from one node to another.
#[derive(Debug, Default)]
struct Asked {
    /// The latest round.
    begun: u64,
    /// When each of the latest unanswered rounds began, by the clock of the asker.
    rounds: VecDeque<(u64, Time)>,
    /// How long answers took, the latest of one boot.
    took: VecDeque<Duration>,
    boot: Option<u64>,
}

impl SlowPeersAreSuspected {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), watch: Watch::of_all_steps(), asked: BTreeMap::new() }
    }
}

impl Property<DetectorNode> for SlowPeersAreSuspected {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        if self.config.detector != DetectorKind::Metrics {
            return Ok(());
        }
        let Self { config, watch, asked } = self;
        if step.kind == StepKind::Boot {
            let me = world.identity(step.process);
            asked.retain(|(of, _), _| *of != me);
        }
        let (limit, patience, window) = (config.limits.latency, config.timeout(1), config.window as usize);
        let node = acting(world, step);
        watch.after_step(world, step, |place, pair, seen| {
            if seen != Seen::After {
                return Ok(());
            }
            let asked = asked.entry((place.me, place.peer)).or_default();
            let begun = node.and_then(|node| node.round(place.peer)).unwrap_or_default();
            if !pair.is_monitored {
                // What was asked until now counts for nothing once the peer is monitored again.
                *asked = Asked { begun, ..Asked::default() };
                return Ok(());
            }
            if pair.boot != asked.boot {
                (asked.boot, asked.took) = (pair.boot, VecDeque::new());
            }
            if asked.begun < begun {
                asked.begun = begun;
                asked.rounds.push_back((begun, place.now));
            }
            let is_answered = pair.is_mentioned && pair.last(Sign::Ack) == place.now;
            let at = asked.rounds.iter().find(|(round, _)| *round == pair.round).map(|(_, at)| *at);
            if let Some(took) = at.filter(|_| is_answered).map(|at| place.now.since(at)) {
                asked.rounds.retain(|(round, _)| *round > pair.round);
                // What comes later was given up, and counts as no answer.
                if took < patience {
                    asked.took.push_back(took);
                }
                if asked.took.len() > window {
                    asked.took.pop_front();
                }
            }
            let all_slow = asked.took.len() == window && asked.took.iter().all(|took| *took > limit);
            if !all_slow || pair.belief != Belief::Trusted {
                return Ok(());
            }
            let what =
                |me, peer| format!("{me} trusts {peer}, whose last {window} answers all took longer than {limit}");
            Err(place.breach(what))
        })
    }
}

/// A peer is suspected when of the pings that are remembered more went without an answer than may.
#[derive(Debug)]
pub struct MissingAnswersAreSuspected {
    config: DetectorConfig,
    watch: Watch,
    pings: BTreeMap<(NodeId, NodeId), Pings>,
}

/// What has become of the pings from one node to another.
#[derive(Debug, Default)]
struct Pings {
    /// The latest round.
    begun: u64,
    /// The rounds that are neither answered nor given up, and when each began, by the clock of the asker.
    open: VecDeque<(u64, Time)>,
    /// Of the latest others, since the peer has booted, whether they went without an answer.
    missing: VecDeque<bool>,
    boot: Option<u64>,
}

impl Pings {
    fn end(&mut self, is_missing: bool, window: usize) {
        if self.missing.len() == window {
            self.missing.pop_front();
        }
        self.missing.push_back(is_missing);
    }

    /// An answer has come. One that was overtaken by a later one says nothing.
    fn answered(&mut self, round: u64, is_news: bool, window: usize) {
        let place = self.open.iter().position(|(open, _)| *open == round);
        if place.and_then(|place| self.open.remove(place)).is_some() && is_news {
            self.end(false, window);
        }
    }

    /// A round begins: those are given up now that have lasted for too long.
    fn begin(&mut self, round: u64, now: Time, patience: Duration, window: usize) {
        while self.open.pop_front_if(|(_, at)| now.since(*at) >= patience).is_some() {
            self.end(true, window);
        }
        self.begun = round;
        self.open.push_back((round, now));
    }
}

impl MissingAnswersAreSuspected {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), watch: Watch::of_all_steps(), pings: BTreeMap::new() }
    }
}

impl Property<DetectorNode> for MissingAnswersAreSuspected {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        if self.config.detector != DetectorKind::Metrics {
            return Ok(());
        }
        let Self { config, watch, pings } = self;
        if step.kind == StepKind::Boot {
            let me = world.identity(step.process);
            pings.retain(|(of, _), _| *of != me);
        }
        let (patience, window) = (config.timeout(1), config.window as usize);
        let node = acting(world, step);
        watch.after_step(world, step, |place, pair, seen| {
            let (Some(node), Seen::After) = (node, seen) else { return Ok(()) };
            let pings = pings.entry((place.me, place.peer)).or_default();
            let begun = node.round(place.peer).unwrap_or_default();
            if !pair.is_monitored {
                *pings = Pings { begun, ..Pings::default() };
                return Ok(());
            }
            if pair.boot != pings.boot {
                pings.boot = pair.boot;
                pings.missing.clear();
            }
            for heard in node.heard().iter().filter(|heard| heard.about == place.peer && pair.is_mentioned) {
                let is_news = pair.round == heard.stamp.beat && pair.last(Sign::Ack) == place.now;
                pings.answered(heard.stamp.beat, is_news, window);
            }
            if pings.begun < begun {
                pings.begin(begun, place.now, patience, window);
            }
            let missing = pings.missing.iter().filter(|is_missing| **is_missing).count();
            let is_sick = pings.missing.len() == window && missing as f64 / window as f64 > config.limits.errors;
            if !is_sick || pair.belief != Belief::Trusted {
                return Ok(());
            }
            Err(place
                .breach(|me, peer| format!("{me} trusts {peer}, which has not answered {missing} of {window} pings")))
        })
    }
}
