//! A bird that is no canary.

use sim_core::{Adversary, AdversaryContext, AdversaryRow, NodeId};

use super::{Beat, Canary};

/// How it is listed.
pub(super) const MOCKINGBIRD: AdversaryRow<Canary> = AdversaryRow {
    name: "mockingbird",
    summary: "tells everybody what it has just heard, as if it were its own song",
    source: "Faultbed's own, to show what an adversary can do",
    make: |_| Box::new(Mockingbird),
};

/// Repeats each beat under its own name, to all but the one who sang it.
#[derive(Debug)]
pub(super) struct Mockingbird;

impl Adversary<Canary> for Mockingbird {
    fn on_message(&mut self, puppet: NodeId, from: NodeId, beat: &Beat, ctx: &mut AdversaryContext<'_, Canary>) {
        for to in ctx.nodes().iter().filter(|to| **to != from && **to != puppet) {
            ctx.send(puppet, *to, beat.clone());
        }
    }
}
