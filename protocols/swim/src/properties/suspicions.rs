//! How long members are suspected.

use std::collections::{BTreeMap, BTreeSet};

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::config::SwimConfig;
use crate::detector::CurrentProbe;
use crate::message::{Statement, Status, Update};
use crate::node::Swim;
use crate::suspicion::lasts;

/// A suspicion that nobody refutes lasts as long as the number of those says who share it, and then the member is held for
/// dead. Without Lifeguard that is the same for any number.
#[derive(Debug)]
pub struct SuspicionsLastAsShared {
    config: SwimConfig,
    suspected: PerProcess<BTreeMap<NodeId, Suspected>>,
    /// For each node, in which period it is, and whom it pings in that.
    periods: PerProcess<(u64, Option<CurrentProbe>)>,
}

/// A member that is suspected.
#[derive(Clone, Debug)]
struct Suspected {
    said: Statement,
    /// Since which period of the one who suspects it.
    since: u64,
    /// Of whom that one knows that they suspect it.
    by: BTreeSet<NodeId>,
}

impl SuspicionsLastAsShared {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), suspected: PerProcess::default(), periods: PerProcess::default() }
    }
}

impl Property<Swim> for SuspicionsLastAsShared {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let suspected = self.suspected.of(step.process);
        let Some(node) = world.node(step.process) else {
            suspected.clear();
            return Ok(());
        };
        let (me, nodes) = (world.identity(step.process), world.node_ids().len() as u32);
        let (shortest, longest) = (self.config.suspicion_periods(nodes), self.config.longest_suspicion(nodes));
        let (period, probe) = std::mem::replace(self.periods.of(step.process), (node.periods(), node.probe));
        let begins_period = period < node.periods();
        // Who suspects it already, and gets no answer either.
        if let Some(CurrentProbe { target, is_answered: false, .. }) = probe.filter(|_| begins_period)
            && let Some(suspected) = suspected.get_mut(&target)
        {
            suspected.by.insert(me);
        }
        let ends = |suspected: &Suspected| {
            suspected.since + lasts(suspected.by.len().saturating_sub(1), shortest, longest, nodes)
        };
        for event in step.events {
            if event.begins_or_ends() {
                suspected.clear();
            }
            let Some(news) = event.news() else { continue };
            let before = suspected.remove(&news.member);
            if news.said.status == Status::Suspected {
                let by = news.from.is_none().then_some(me).into_iter().collect();
                suspected.insert(news.member, Suspected { said: news.said, since: node.periods(), by });
            } else if let Some(before) = before.filter(|_| news.said.status == Status::Dead && news.from.is_none())
                && node.periods() < ends(&before)
            {
                let what = format!("{me} holds {} for dead after too few periods: {before:?}", news.member);
                return Err(Breach::new([me, news.member], what));
            }
        }
        for Update { member, said, accuser, .. } in step.received.iter().flat_map(|received| received.message.updates())
        {
            if let (Some(suspected), Some(accuser)) = (suspected.get_mut(member), accuser)
                && suspected.said == *said
            {
                suspected.by.insert(*accuser);
            }
        }
        // The node looks at that when a period begins.
        match suspected.iter().find(|(_, suspected)| begins_period && ends(suspected) <= node.periods()) {
            Some((member, overdue)) => {
                let what = format!("{me} still suspects {member} in period {}: {overdue:?}", node.periods());
                Err(Breach::new([me, *member], what))
            }
            None => Ok(()),
        }
    }
}
