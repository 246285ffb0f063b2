//! Who the replicas are.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::Event;
use crate::node::PrimaryBackup;
use crate::view::View;

/// The numbers of views only rise, and all nodes know the same of a view, also whoever comes to act for the view
/// service.
#[derive(Debug, Default)]
pub struct ViewsAgree {
    made: BTreeMap<u64, Made>,
    /// The number of the view that each process knew when it was looked at last.
    known: PerProcess<u64>,
}

/// A view that was made.
#[derive(Debug)]
struct Made {
    view: View,
    /// Whether this was announced. A node that is replaced may hear late that what it has decided is in the log.
    is_announced: bool,
}

impl ViewsAgree {
    /// A view is made.
    fn is_made(&mut self, view: &View) -> Result<(), String> {
        let last = self.made.last_key_value().map_or(0, |(number, _)| *number);
        match self.made.get_mut(&view.number) {
            Some(known) if !known.is_announced && known.view == *view => known.is_announced = true,
            None if view.number > last => {
                self.made.insert(view.number, Made { view: view.clone(), is_announced: true });
            }
            _ => return Err(format!("view {} is made after view {last}", view.number)),
        }
        Ok(())
    }

    /// A node comes to act for the view service, and takes this view for the latest.
    fn is_latest(&mut self, me: NodeId, view: &View) -> Result<(), String> {
        match self.made.last_key_value() {
            Some((number, _)) if *number > view.number => {
                return Err(format!("{me} acts on view {}, and {number} was made", view.number));
            }
            Some((number, known)) if *number == view.number && known.view != *view => {
                return Err(format!("{me} acts on {view:?}, which was made otherwise"));
            }
            _ => {}
        }
        if view.number > 0 {
            self.made.entry(view.number).or_insert(Made { view: view.clone(), is_announced: false });
        }
        Ok(())
    }
}

impl Property<PrimaryBackup> for ViewsAgree {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let me = || world.identity(step.process);
            let agrees = match event {
                Event::ViewMade { view } => self.is_made(view),
                Event::TookOffice { view, .. } => self.is_latest(me(), view),
                _ => Ok(()),
            };
            agrees.map_err(|what| Breach::new([me()], what))?;
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let known = self.known.of(step.process);
        if std::mem::replace(known, node.view.number) != node.view.number
            && self.made.get(&node.view.number).is_some_and(|made| made.view != node.view)
        {
            let what = format!("{} knows {:?}, which was made otherwise", node.me, node.view);
            return Err(Breach::new([node.me], what));
        }
        Ok(())
    }
}

/// No two nodes serve as the primary of one view.
#[derive(Debug, Default)]
pub struct OnePrimaryAView(BTreeMap<u64, NodeId>);

impl Property<PrimaryBackup> for OnePrimaryAView {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Activated { number, .. } = event else { continue };
            let me = world.identity(step.process);
            let primary = *self.0.entry(*number).or_insert(me);
            if primary != me {
                return Err(Breach::new([primary, me], format!("{primary} and {me} serve in view {number}")));
            }
        }
        Ok(())
    }
}

/// No replica takes the log of a primary, or serves as one, in an earlier view than it was in or is sealed for.
#[derive(Debug, Default)]
pub struct ViewsOnlyRise(PerProcess<u64>);

impl Property<PrimaryBackup> for ViewsOnlyRise {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let (Event::Sealed { number } | Event::Matched { number } | Event::Activated { number, .. }) = event else {
                continue;
            };
            let highest = self.0.of(step.process);
            if number < highest {
                let me = world.identity(step.process);
                return Err(Breach::new(
                    [me],
                    format!("{me} is in view {number}, and was in {highest} or sealed for it"),
                ));
            }
            *highest = *number;
        }
        Ok(())
    }
}

/// Whoever replaces a replica is in the zone with the fewest replicas that has a node to offer, and the nearest there.
#[derive(Debug, Default)]
pub struct ReplicasAreSpread;

impl Property<PrimaryBackup> for ReplicasAreSpread {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        let made = step.events.iter().find_map(|event| match event {
            Event::ViewMade { view } => Some(view),
            _ => None,
        });
        // Who is in the view that is being made. Where it is to be agreed on first, it is not made in this step.
        let mut members: Option<Vec<NodeId>> = made.map(|view| view.members().collect());
        for event in step.events.iter().rev() {
            let Event::TookIn { node, beside, instead_of } = event else { continue };
            if let Some((members, config)) = members.as_mut().zip(world.node(step.process).map(|node| &node.config)) {
                members.retain(|member| member != node);
                let in_zone_of = |node| members.iter().filter(|of| config.zone(**of) == config.zone(node)).count();
                let all = [(*node, *beside)].into_iter().chain(instead_of.iter().copied());
                if let Some((other, _)) = all.into_iter().find(|(other, known)| in_zone_of(*other) != *known) {
                    let what = format!("{node} is taken in, and there are {} beside {other}", in_zone_of(other));
                    return Err(Breach::new([*node, other], what));
                }
            }
            if let Some((better, fewer)) = instead_of.iter().find(|(_, fewer)| fewer < beside) {
                let what =
                    format!("{node} is taken in beside {beside} in its zone, and {better} beside {fewer} is free");
                return Err(Breach::new([*node, *better], what));
            }
            let Some(service) = world.node(step.process).and_then(|node| node.service.as_ref()) else { continue };
            let latency = |node: &NodeId| service.heard.get(node).map(|(_, latency)| *latency);
            let is_nearer = |(other, of): &&(NodeId, usize)| of == beside && latency(other) < latency(node);
            if let Some((nearer, _)) = instead_of.iter().find(is_nearer) {
                let what = format!("{node} is taken in, and {nearer} is nearer, and free, and in such a zone too");
                return Err(Breach::new([*node, *nearer], what));
            }
        }
        Ok(())
    }
}
