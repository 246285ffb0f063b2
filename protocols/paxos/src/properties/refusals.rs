//! Refusals Are Told.

use sim_core::{Breach, Property, Received, Step, StepKind, World};

use crate::message::Message;
use crate::node::Paxos;

/// An acceptor that is asked to accept below what it has promised says which ballot that is, so that the proposer gives up and
/// does not wait. It refuses nobody who asks for as much as it has promised, or more.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefusalsAreTold;

impl Property<Paxos> for RefusalsAreTold {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let (Some(node), Some(Received { from, message, .. })) = (world.node(step.process), step.received) else {
            return Ok(());
        };
        if step.kind != StepKind::Message {
            return Ok(());
        }
        let (me, promised) = (world.identity(step.process), node.acceptor().promised());
        let refusal = step.sent.iter().find_map(|(to, sent)| match sent {
            Message::Refused { ballot, promised } if to == from => Some((*ballot, *promised)),
            _ => None,
        });
        let what = match message {
            Message::Accept { instance, proposal } if proposal.ballot < promised && refusal.is_none() => {
                if *instance < node.learner().first_unchosen() {
                    return Ok(());
                }
                format!("{me} has promised {promised}, and leaves {from} waiting, which asks in {}", proposal.ballot)
            }
            _ => match refusal.filter(|(ballot, told)| *told != promised || *ballot >= promised) {
                Some((ballot, told)) => {
                    format!("{me} refuses {from} in ballot {ballot} for {told}, and has promised {promised}")
                }
                None => return Ok(()),
            },
        };
        Err(Breach::new([me, *from], what))
    }
}
