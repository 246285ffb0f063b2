//! When peers are suspected: neither too late nor too early.

use sim_core::{Breach, Duration, Property, Step, Time, World};

use super::watch::{Belief, Pair, Place, Seen, Watch, acting};
use crate::config::{Claim, DetectorConfig};
use crate::node::DetectorNode;

/// The part of the votes, by weight, that have reason to suspect: at least half of it decides.
fn has_half(claims: &[Claim], is_silent: impl Fn(&Claim) -> bool) -> bool {
    let weight = |claim: &Claim| u64::from(claim.weight);
    let silent: u64 = claims.iter().filter(|claim| is_silent(claim)).map(weight).sum();
    2 * silent >= claims.iter().map(weight).sum()
}

/// How long there was no sign of the kind that a claim is about.
fn silence(pair: &Pair, claim: &Claim, now: Time) -> Duration {
    now.since(pair.last(claim.sign))
}

/// What is claimed of a detector, once it is known how many nodes there are.
fn claims<'a>(known: &'a mut Vec<Claim>, config: &DetectorConfig, world: &World<'_, DetectorNode>) -> &'a [Claim] {
    if known.is_empty() {
        *known = config.claims(world.node_ids().len());
    }
    known
}

/// A node that does anything suspects whoever has been silent for longer than the declared bound, by its own clock.
#[derive(Debug)]
pub struct SilenceIsSuspected {
    config: DetectorConfig,
    claims: Vec<Claim>,
    watch: Watch,
}

impl SilenceIsSuspected {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), claims: Vec::new(), watch: Watch::of_all_steps() }
    }
}

impl Property<DetectorNode> for SilenceIsSuspected {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let claims = claims(&mut self.claims, &self.config, world);
        self.watch.after_step(world, step, |place, pair, seen| {
            if seen != Seen::After || !pair.is_monitored || pair.belief != Belief::Trusted {
                return Ok(());
            }
            let is_silent = has_half(claims, |claim| silence(pair, claim, place.now) > claim.within);
            if !is_silent {
                return Ok(());
            }
            let longest = claims.iter().map(|claim| silence(pair, claim, place.now)).max().unwrap_or_default();
            Err(place
                .breach(|me, peer| format!("{me} has had no news of {peer} for {longest}, and does not suspect it")))
        })
    }
}

/// A peer is suspected only when it has been silent for as long as the detector is to wait at least.
#[derive(Debug)]
pub struct NoEarlySuspicion {
    config: DetectorConfig,
    claims: Vec<Claim>,
    watch: Watch,
}

impl NoEarlySuspicion {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), claims: Vec::new(), watch: Watch::default() }
    }
}

impl Property<DetectorNode> for NoEarlySuspicion {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let claims = claims(&mut self.claims, &self.config, world);
        self.watch.after_step(world, step, |place, pair, seen| {
            let is_late = |claim: &Claim| silence(pair, claim, place.now) >= claim.after;
            if seen != Seen::Suspects || !pair.is_monitored || has_half(claims, is_late) {
                return Ok(());
            }
            let shortest = claims.iter().map(|claim| silence(pair, claim, place.now)).min().unwrap_or_default();
            Err(place.breach(|me, peer| format!("{me} suspects {peer} after {shortest} of silence, which is too soon")))
        })
    }
}

/// A suspicion becomes a failure at its deadline, if it is not withdrawn, and not before. Whoever is suspected has a
/// suspicion with that deadline, and nobody else has one.
#[derive(Debug)]
pub struct SuspicionDeadlinesAreKept {
    confirm: Duration,
    watch: Watch,
}

impl SuspicionDeadlinesAreKept {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { confirm: config.confirm, watch: Watch::of_all_steps() }
    }
}

impl Property<DetectorNode> for SuspicionDeadlinesAreKept {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let confirm = self.confirm;
        let node = acting(world, step);
        self.watch.after_step(world, step, |place, pair, seen| {
            let deadline = pair.suspected_at + confirm;
            let is_suspected = pair.is_monitored && pair.belief == Belief::Suspected;
            let Place { now, .. } = place;
            let lasts = node.and_then(|node| node.suspicion(place.peer)).map(|it| it.deadline.since(it.first));
            let is_told = lasts == (pair.belief != Belief::Trusted).then_some(confirm);
            let what = match seen {
                Seen::Fails if is_suspected && now < deadline => "is taken for crashed before the deadline",
                Seen::After if is_suspected && now > deadline => "is suspected beyond the deadline",
                Seen::After if pair.is_monitored && !is_told => "has another deadline than that",
                _ => return Ok(()),
            };
            Err(place.breach(|me, peer| format!("on {me} {peer} {what} of the suspicion, {deadline}: it is {now}")))
        })
    }
}
