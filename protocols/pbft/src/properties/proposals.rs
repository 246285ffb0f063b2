//! One Proposal A Place, and Prepared Agreement.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::certificate::Proposal;
use crate::node::Pbft;
use crate::request::Digest;

/// View and place.
type Place = (u64, u64);

const fn place(proposal: &Proposal) -> Place {
    (proposal.view, proposal.sequence)
}

/// A backup accepts a proposal if "it has not accepted a pre-prepare message for view v and sequence
/// number n containing a different digest" (OSDI 4.2), and a correct primary makes only one. A crash
/// is no excuse.
#[derive(Debug, Default)]
pub struct OneProposal {
    accepted: PerProcess<BTreeMap<Place, Digest>>,
}

impl Property<Pbft> for OneProposal {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        for proposal in &node.acts().accepted {
            let first = *self.accepted.of(step.process).entry(place(proposal)).or_insert(proposal.digest);
            if first != proposal.digest {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("{me} accepted {proposal}, and before that batch {first}")));
            }
        }
        Ok(())
    }
}

/// "If prepared(m, v, n, i) is true then prepared(m', v, n, j) is false for any non-faulty replica j
/// (including i = j)" and any other m' (OSDI 4.2): the total order within a view.
#[derive(Debug, Default)]
pub struct PreparedAgreement {
    prepared: BTreeMap<Place, (Digest, NodeId)>,
}

impl Property<Pbft> for PreparedAgreement {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        for proposal in &node.acts().prepared {
            let me = world.identity(step.process);
            let (first, by) = *self.prepared.entry(place(proposal)).or_insert((proposal.digest, me));
            if first != proposal.digest {
                let what = format!("{me} has prepared {proposal}, and {by} batch {first}");
                return Err(Breach::new([by, me], what));
            }
        }
        Ok(())
    }
}
