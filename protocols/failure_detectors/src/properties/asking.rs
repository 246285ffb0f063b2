//! Indirect pings.

use std::collections::BTreeMap;

use sim_core::{Breach, Judgement, NodeId, ProcessId, Property, Step, StepKind, Time, World};

use super::watch::{Seen, Watch, acting};
use crate::config::{DetectorConfig, DetectorKind};
use crate::node::DetectorNode;

/// A peer that has not answered half an interval after a ping is tried through others, as many as the configuration
/// says, and a peer that has answered is not.
///
/// Whether others were asked is looked at when the next round begins. It is judged at the end of the run, of rounds that
/// begin when the declared bound after the heal is over: before that, faults may hold back the timer of half an interval
/// alone, and a node that was slow may do what it has put off in another order.
#[derive(Debug)]
pub struct OthersAreAsked {
    config: DetectorConfig,
    watch: Watch,
    rounds: BTreeMap<(NodeId, NodeId), Round>,
    missed: Option<Missed>,
}

/// The last round for which nobody else was asked.
#[derive(Debug)]
struct Missed {
    node: (ProcessId, NodeId),
    peer: NodeId,
    round: u64,
    begun: Time,
}

/// The latest round.
#[derive(Clone, Copy, Debug)]
struct Round {
    number: u64,
    /// When it began, in true time.
    begun: Time,
    /// The latest one for which others were asked.
    asked: u64,
    /// Whether rounds have always been counted up: if they begin anew, which ones are answered is not known.
    goes_up: bool,
}

impl OthersAreAsked {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), watch: Watch::of_all_steps(), rounds: BTreeMap::new(), missed: None }
    }
}

impl Property<DetectorNode> for OthersAreAsked {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let Self { config, watch, rounds, missed } = self;
        if config.proxies == 0 || !config.pings() || config.detector == DetectorKind::Metrics {
            return Ok(());
        }
        if matches!(step.kind, StepKind::Boot | StepKind::Crash) {
            let me = world.identity(step.process);
            rounds.retain(|(of, _), _| *of != me);
        }
        let node = acting(world, step);
        let now = world.now();
        let most = (config.proxies as usize).min(world.node_ids().len().saturating_sub(2));
        watch.after_step(world, step, |place, pair, seen| {
            let (Some(node), Seen::After) = (node, seen) else { return Ok(()) };
            if !pair.is_monitored {
                rounds.remove(&(place.me, place.peer));
                return Ok(());
            }
            let (number, (asked, others)) = (node.round(place.peer).unwrap_or_default(), node.asked(place.peer));
            let before = rounds.get(&(place.me, place.peer)).copied().unwrap_or(Round {
                number,
                begun: now,
                asked,
                goes_up: true,
            });
            let goes_up = before.goes_up && number >= before.number;
            let begun = if number > before.number { now } else { before.begun };
            rounds.insert((place.me, place.peer), Round { number, begun, asked, goes_up });
            if asked > before.asked && (goes_up && pair.round >= asked || others != most) {
                let what = |me, peer| format!("in round {asked} {me} asks {others} others to try {peer}");
                return Err(place.breach(what));
            }
            let Round { number: last, begun, .. } = before;
            if number > last && last > pair.round.max(asked) {
                *missed = Some(Missed { node: (step.process, place.me), peer: place.peer, round: last, begun });
            }
            Ok(())
        })
    }

    fn at_end(&mut self, world: &World<'_, DetectorNode>) -> Judgement {
        let (Some(calm), Some(missed)) = (world.calm_since(), &self.missed) else { return Judgement::Holds };
        let Missed { node: (process, me), peer, round, begun } = *missed;
        let settled = calm + self.config.unlearns_within(world.node_ids().len());
        if begun <= settled || !world.is_repaired(process) {
            return Judgement::Holds;
        }
        let what =
            format!("{me} asked nobody else to try {peer}, which did not answer in round {round}, from {begun} on");
        Judgement::Violated(Breach::new([me], what))
    }
}
