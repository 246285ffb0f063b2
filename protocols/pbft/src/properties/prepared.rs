//! Prepared Is Kept.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::node::Pbft;

/// A view-change message tells of "each request m that prepared at i with a sequence number higher
/// than n", the last stable checkpoint (OSDI 4.4): in whatever view that was, and whatever happened to
/// the replica since. The certificate of a later view at the same place stands for an earlier one.
#[derive(Debug, Default)]
pub struct PreparedIsKept {
    known: PerProcess<Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    /// The latest view in which a batch was prepared, by place.
    prepared: BTreeMap<u64, u64>,
    /// The last view that the replica has asked for.
    asked: u64,
}

impl Property<Pbft> for PreparedIsKept {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let me = world.identity(step.process);
        let known = self.known.of(step.process);
        if step.kind == StepKind::Boot {
            let in_log = |sequence| node.slots().get(sequence)?.prepared.as_ref().map(|kept| kept.proposal().view);
            known.check(me, node.stable().sequence(), in_log, "has in its log")?;
        }
        if let Some(change) = node.own_view_change().map(|signed| signed.content())
            && change.view != known.asked
        {
            known.asked = change.view;
            let told: BTreeMap<u64, u64> =
                change.prepared.iter().map(|kept| (kept.proposal().sequence, kept.proposal().view)).collect();
            known.check(me, change.stable.sequence(), |sequence| told.get(&sequence).copied(), "tells")?;
        }
        known.forget_up_to(node.stable().sequence());
        for proposal in &node.acts().prepared {
            known.prepared.insert(proposal.sequence, proposal.view);
        }
        Ok(())
    }
}

impl Known {
    /// Whether for all that was prepared behind a stable checkpoint there is a certificate of that view
    /// or a later one; `kept` gives its view.
    fn check(&self, me: NodeId, stable: u64, kept: impl Fn(u64) -> Option<u64>, verb: &str) -> Result<(), Breach> {
        let lost = self.prepared.range(stable + 1..).find(|(sequence, view)| kept(**sequence) < Some(**view));
        let Some((sequence, view)) = lost else {
            return Ok(());
        };
        let of = kept(*sequence).map_or("no certificate".to_owned(), |view| format!("a certificate of view {view}"));
        Err(Breach::new([me], format!("{me} has prepared place {sequence} in view {view}, and {verb} {of} of it")))
    }

    fn forget_up_to(&mut self, stable: u64) {
        while self.prepared.first_key_value().is_some_and(|(sequence, _)| *sequence <= stable) {
            self.prepared.pop_first();
        }
    }
}
