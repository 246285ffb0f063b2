//! Lease Is Exclusive, Lease Is Kept.

use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use crate::node::Raft;

/// While a leader holds a lease, "no other server" is elected: that is all that a lease is, and what
/// lets its holder answer reads by its own clock (thesis 6.4.1). It is told by the clock of the
/// holder, which goes by no other.
#[derive(Debug, Default)]
pub struct LeaseIsExclusive {
    /// The highest term in which a leader was elected, and that leader.
    latest: Option<(u64, ProcessId)>,
}

impl Property<Raft> for LeaseIsExclusive {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let me = step.process;
        let Some(node) = world.node(me).filter(|node| node.is_leader()) else {
            return Ok(());
        };
        match self.latest {
            Some((term, elected)) if term > node.term() => check(world, me, term, world.identity(elected)),
            Some((term, _)) if term == node.term() => Ok(()),
            _ => {
                self.latest = Some((node.term(), me));
                let mut others = world.processes().filter(|process| *process != me);
                others.try_for_each(|other| check(world, other, node.term(), world.identity(me)))
            }
        }
    }
}

/// Whether a node has no lease although another was elected in a later term.
fn check(world: &World<'_, Raft>, holder: ProcessId, term: u64, elected: NodeId) -> Result<(), Breach> {
    let Some(node) = world.node(holder).filter(|node| node.term() < term) else {
        return Ok(());
    };
    match node.lease_until() {
        Some(until) if world.clock(holder) < until => {
            let (me, now) = (world.identity(holder), world.clock(holder));
            let what = format!(
                "{elected} is elected in term {term}, and {me}, leader of term {}, has a lease until {until}, \
                 by its clock, which shows {now}",
                node.term()
            );
            Err(Breach::new([me, elected], what))
        }
        _ => Ok(()),
    }
}

/// While a leader has a lease, a quorum has heard from it so lately that it votes for nobody: that is
/// what a lease is made of, by whatever rates the clocks of leader and followers run (thesis 6.4.1).
/// It is looked at where the leader does something, and so could answer a read.
#[derive(Debug, Default)]
pub struct LeaseIsKept;

impl Property<Raft> for LeaseIsKept {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let now = world.clock(step.process);
        let Some(until) = node.lease_until().filter(|until| now < *until) else {
            return Ok(());
        };
        let is_free =
            |process: &ProcessId| world.node(*process).is_some_and(|other| !other.hears_leader(world.clock(*process)));
        let free: Vec<NodeId> = world.processes().filter(is_free).map(|process| world.identity(process)).collect();
        if !node.log().configuration().has_quorum(|voter| free.contains(&voter)) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!(
            "{me}, leader of term {}, has a lease until {until}, by its clock, which shows {now}, and {free:?} have \
             not heard from it for an election timeout, by theirs",
            node.term()
        );
        Err(Breach::new([me].into_iter().chain(free), what))
    }
}
