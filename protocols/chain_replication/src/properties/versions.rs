//! What the tail tells those who ask it.

use sim_core::{Breach, Property, Received, Step, StepKind, Time, World};

use crate::config::{ChainConfig, Fencing};
use crate::message::Message;
use crate::node::ChainServer;
use crate::place::Place;

/// A tail that is asked what is committed says it, unless it may have been removed, or knows that the next tail may have
/// committed more. Who is told that answers the reads that began before it asked.
#[derive(Debug)]
pub struct VersionsAreTold {
    config: ChainConfig,
}

impl VersionsAreTold {
    pub(super) fn new(config: &ChainConfig) -> Self {
        Self { config: config.clone() }
    }

    /// Whether the tail of this configuration must tell, and may.
    fn tells(&self, server: &ChainServer, number: u64, now: Time) -> bool {
        let has_lease = |place: &Place| now < place.lease_until;
        let is_tail = server.is_tail() && server.number() == Some(number);
        let knows_all = !server.is_handing_over() || server.committed == server.history.end();
        is_tail && knows_all && (!self.config.has_leases() || server.place.as_ref().is_some_and(has_lease))
    }

    /// Whether a server is sure that it was not removed before its question of this round.
    fn is_of_now(&self, server: &ChainServer, place: &Place, round: u64, now: Time) -> bool {
        let mut others = server.chain.members().filter(|node| *node != server.me);
        match self.config.fencing {
            _ if self.config.is_perfect() => true,
            Fencing::Leased => now < place.lease_until,
            Fencing::Confirmed => others.all(|node| place.confirmed.get(&node) >= Some(&round)),
        }
    }
}

impl Property<ChainServer> for VersionsAreTold {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        let (Some(Received { from, message, .. }), StepKind::Message) = (step.received, step.kind) else {
            return Ok(());
        };
        let Some(server) = world.node(step.process) else { return Ok(()) };
        let (me, now) = (server.me, world.clock(step.process));
        match *message {
            Message::AskVersion { number, round } => {
                let told = step.sent.iter().filter_map(|(to, message)| match message {
                    Message::Version { number, round, committed } => Some((*to, *number, *round, *committed)),
                    _ => None,
                });
                let must_tell = self.tells(server, number, now);
                let answer = must_tell.then_some((*from, number, round, server.committed));
                if told.clone().eq(answer) {
                    return Ok(());
                }
                let told: Vec<_> = told.collect();
                Err(Breach::new(
                    [me],
                    format!("{me} is asked what is committed, and tells {told:?} and not {answer:?}"),
                ))
            }
            Message::Version { number, round, .. } if server.number() == Some(number) && !server.is_tail() => {
                let Some(place) = &server.place else { return Ok(()) };
                let is_overdue = |read: &u64| *read <= round && self.is_of_now(server, place, *read, now);
                match place.reads.iter().map(|read| read.round).find(is_overdue) {
                    Some(read) => {
                        let what = format!(
                            "{me} is told what was committed in round {round}, and does not answer the read of {read}"
                        );
                        Err(Breach::new([me], what))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}
