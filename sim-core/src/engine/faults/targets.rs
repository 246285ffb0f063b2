//! Whom a fault hits.

use crate::choices::{Point, Purpose, named};
use crate::fault::{Aim, FaultKind, Selector};
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;

use super::super::Engine;

/// Whom a fault hits.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    /// The groups of a partition.
    pub(super) groups: Vec<Vec<ProcessId>>,
    /// The targets; for a fault with two sides, both sides.
    pub(super) sets: [Vec<ProcessId>; 2],
}

impl Targets {
    pub(super) fn only(process: ProcessId) -> Self {
        Self { groups: Vec::new(), sets: [vec![process], Vec::new()] }
    }

    /// Whom a fault of this kind is said to hit.
    pub(super) fn hit(&self, kind: &FaultKind, identities: &[NodeId]) -> Vec<NodeId> {
        let sets = if let Aim::About(..) = kind.aim() { &self.sets[..1] } else { &self.sets[..] };
        let hit = self.groups.iter().chain(sets);
        let mut hit: Vec<ProcessId> = hit.flatten().copied().collect();
        hit.sort_unstable();
        hit.dedup();
        hit.into_iter().map(|process| identities[process.index()]).collect()
    }
}

/// What the selectors of one fault have named so far.
#[derive(Debug)]
struct Resolver {
    fault: u32,
    named: Vec<ProcessId>,
}

impl<P: Protocol> Engine<'_, P> {
    /// The targets of a fault; `None` if a role that it names has no holder.
    pub(super) fn resolve(&mut self, number: u32, kind: &FaultKind) -> Option<Targets> {
        // Before anything is drawn: a fault that waits must not ask for its random targets twice.
        let (aim, selectors) = (kind.aim(), kind.aim().selectors());
        for selector in &selectors {
            if let Selector::Role(role) = selector {
                self.faults.holder(role)?;
            }
        }
        let mut targets = Targets::default();
        let mut resolved = self.resolve_all(number, &selectors).into_iter();
        match aim {
            Aim::Everybody => targets.sets[0] = self.site.processes().collect(),
            Aim::At(_) => targets.sets[0] = resolved.flatten().collect(),
            Aim::Groups(groups) => {
                for group in groups {
                    targets.groups.push(resolved.by_ref().take(group.len()).flatten().collect());
                }
                self.add_clients(&mut targets.groups);
            }
            Aim::Sides(from, to) => {
                let mut side = |is_named: bool| is_named.then(|| resolved.next()).flatten().unwrap_or_default();
                targets.sets = [side(from.is_some()), side(to.is_some())];
            }
            Aim::About(..) => {
                targets.sets = [resolved.next().unwrap_or_default(), resolved.flatten().collect()];
            }
        }
        Some(targets)
    }

    /// The processes of each selector; `Others` last, as it depends on all the rest.
    pub(super) fn resolve_all(&mut self, fault: u32, selectors: &[&Selector]) -> Vec<Vec<ProcessId>> {
        let mut resolver = Resolver { fault, named: Vec::new() };
        let mut sets = vec![Vec::new(); selectors.len()];
        for others in [false, true] {
            for (selector, set) in selectors.iter().zip(&mut sets) {
                if (**selector == Selector::Others) == others {
                    *set = self.resolve_one(&mut resolver, selector);
                    resolver.named.extend(set.iter().copied());
                }
            }
        }
        sets
    }

    fn resolve_one(&mut self, resolver: &mut Resolver, selector: &Selector) -> Vec<ProcessId> {
        let nodes = self.site.nodes.len() as u32;
        let by_name = |id: NodeId| self.process_of(id);
        match selector {
            Selector::Node(id) => by_name(*id).into_iter().collect(),
            Selector::Role(role) => self.faults.holder(role).into_iter().collect(),
            Selector::All => self.site.processes().collect(),
            Selector::Correct => self.site.processes().filter(|p| !self.byzantine.contains(p)).collect(),
            Selector::Clients => (self.site.running()..self.status.len() as u32).map(ProcessId).collect(),
            Selector::Others => self.site.processes().filter(|p| !resolver.named.contains(p)).collect(),
            Selector::Random(count) => self.draw_nodes(resolver, *count),
            Selector::Minority => self.draw_nodes(resolver, (nodes - 1) / 2),
            Selector::Majority | Selector::Quorum => self.draw_nodes(resolver, nodes / 2 + 1),
            Selector::Zone(zone) => self.zone(zone),
            Selector::Same => self.hit_before(resolver.fault).iter().filter_map(|id| by_name(*id)).collect(),
        }
    }

    fn zone(&self, name: &str) -> Vec<ProcessId> {
        let members = self.simulation.env.zones.iter().filter(|zone| zone.name == name).flat_map(|zone| &zone.members);
        members.filter_map(|id| self.process_of(*id)).collect()
    }

    /// Whom the step before in the sequence has hit.
    pub(super) fn hit_before(&self, fault: u32) -> &[NodeId] {
        let before = fault.checked_sub(1).and_then(|before| self.faults.records.get(before as usize));
        before.map_or(&[], |record| &record.hit)
    }

    /// Draws nodes that the fault has not named yet.
    fn draw_nodes(&mut self, resolver: &mut Resolver, count: u32) -> Vec<ProcessId> {
        // Twins are named, never drawn.
        let nodes = (0..self.site.nodes.len() as u32).map(ProcessId);
        let mut left: Vec<ProcessId> = nodes.filter(|p| !resolver.named.contains(p)).collect();
        let mut drawn = Vec::new();
        for _ in 0..count.min(left.len() as u32) {
            let fault = resolver.fault;
            let count = self.faults.drawn.entry(fault).or_default();
            let number = *count;
            *count += 1;
            let point = Point::new(Purpose::Target, fault, number);
            let name = named!("fault {fault} target#{number}");
            let chosen = self.draws.choices.choose(point, name, left.len() as u64);
            drawn.push(left.remove(chosen as usize));
        }
        drawn.sort_unstable();
        drawn
    }

    /// Puts each client that no group names into the groups of its node.
    pub(super) fn add_clients(&self, groups: &mut [Vec<ProcessId>]) {
        let nodes = self.site.nodes.len();
        for client in 0..self.clients.len() {
            let process = self.client_process(client);
            if groups.iter().flatten().any(|p| *p == process) {
                continue;
            }
            let node = ProcessId((client % nodes) as u32);
            groups.iter_mut().filter(|group| group.contains(&node)).for_each(|group| group.push(process));
        }
    }

    /// Nodes that boot only when a fault lets them join, and twins, which boot when theirs begins.
    pub(super) fn not_there_yet(&self) -> Vec<ProcessId> {
        let twins = self.site.twins.iter().filter_map(|twin| self.process_of(*twin));
        self.joining().into_iter().chain(twins).collect()
    }

    /// Nodes that faults let join.
    pub(super) fn joining(&self) -> Vec<ProcessId> {
        let plan = self.faults.plan.iter();
        let joining = plan.filter_map(|fault| match &fault.kind {
            FaultKind::Join { targets: Selector::Node(id) } => self.process_of(*id),
            _ => None,
        });
        joining.collect()
    }
}
