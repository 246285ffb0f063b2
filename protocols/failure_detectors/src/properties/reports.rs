//! What is announced of peers.

use sim_core::{Breach, Property, Step, World};

use super::watch::{Belief, Seen, Watch, acting};
use crate::node::DetectorNode;

/// Nothing is announced of a peer that is not monitored, and it is not judged.
#[derive(Debug)]
pub struct UnmonitoredIsUnreported {
    watch: Watch,
}

impl Default for UnmonitoredIsUnreported {
    fn default() -> Self {
        Self { watch: Watch::of_all_steps() }
    }
}

impl Property<DetectorNode> for UnmonitoredIsUnreported {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let node = acting(world, step);
        self.watch.after_step(world, step, |place, pair, seen| {
            let is_judged = node.is_some_and(|node| node.status(place.peer).is_some());
            if pair.is_monitored || (seen == Seen::After && !is_judged) {
                return Ok(());
            }
            let what = if seen == Seen::After { "judges" } else { "reports" };
            Err(place.breach(|me, peer| format!("{me} {what} {peer}, which it does not monitor")))
        })
    }
}

/// A peer is suspected, may fail, and is then trusted again, each once and in this order.
#[derive(Debug, Default)]
pub struct NotificationsAlternate {
    watch: Watch,
}

impl Property<DetectorNode> for NotificationsAlternate {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        self.watch.after_step(world, step, |place, pair, seen| {
            let (fits, what) = match seen {
                Seen::After => return Ok(()),
                Seen::Suspects => (pair.belief == Belief::Trusted, "suspected"),
                Seen::Fails => (pair.belief == Belief::Suspected, "failed"),
                Seen::Trusts { .. } => (pair.belief != Belief::Trusted, "trusted again"),
            };
            let before = pair.belief;
            if fits || !pair.is_monitored {
                return Ok(());
            }
            Err(place.breach(|me, peer| format!("{me} announces that {peer} is {what}, and it was {before:?} before")))
        })
    }
}

/// Only news of a suspect lets it be trusted again: a sign of life that is newer than all before.
#[derive(Debug, Default)]
pub struct TrustNeedsNews {
    watch: Watch,
}

impl Property<DetectorNode> for TrustNeedsNews {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        self.watch.after_step(world, step, |place, pair, seen| {
            if !matches!(seen, Seen::Trusts { .. }) || !pair.is_monitored || pair.has_news {
                return Ok(());
            }
            Err(place.breach(|me, peer| format!("{me} trusts {peer} again, of which there was no news since")))
        })
    }
}

/// A peer that is trusted again has recovered if it has booted since it was suspected, and was suspected by mistake if
/// it has not.
#[derive(Debug, Default)]
pub struct RecoveredOrMistaken {
    watch: Watch,
}

impl Property<DetectorNode> for RecoveredOrMistaken {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        self.watch.after_step(world, step, |place, pair, seen| {
            let Seen::Trusts { recovered } = seen else { return Ok(()) };
            let has_booted = pair.suspected_boot.is_some() && pair.boot > pair.suspected_boot;
            if !pair.is_monitored || recovered == has_booted {
                return Ok(());
            }
            let (said, booted) = if recovered { ("recovered", "has not") } else { ("a false positive", "has") };
            Err(place
                .breach(|me, peer| format!("{me} calls {peer} {said}, which {booted} booted since it was suspected")))
        })
    }
}
