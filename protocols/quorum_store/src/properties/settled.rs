//! Replicas Converge.

use std::collections::BTreeSet;

use parts::clocks::Dot;
use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, Time, World};

use crate::node::QuorumStore;
use crate::version::Cell;

/// Many rounds of anti-entropy and hand-off, whatever the configuration.
const SETTLED: Duration = Duration::from_secs(2);

/// Once nothing has been asked and nothing has failed for long enough, all replicas of a key that are up have the same
/// versions, and nobody keeps a hint. Forgotten deletions and those that are not are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplicasConverge;

impl Property<QuorumStore> for ReplicasConverge {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, QuorumStore>) -> Judgement {
        let nodes: Vec<_> = world
            .correct()
            .filter_map(|process| world.node(process).map(|node| (world.identity(process), node)))
            .collect();
        let present = |cell: &Cell| -> Vec<Dot> { if cell.is_deleted() { Vec::new() } else { cell.dots().collect() } };
        let keys: BTreeSet<u32> = nodes.iter().flat_map(|(_, node)| node.memory.cells.keys().copied()).collect();
        let unlike = keys.into_iter().find_map(|key| {
            let replicas = nodes.iter().filter(|(me, node)| node.replicas(key).contains(me));
            let has: Vec<_> = replicas
                .map(|(me, node)| (*me, node.memory.cells.get(&key).map(present).unwrap_or_default()))
                .collect();
            let is_unlike = has.windows(2).any(|pair| pair[0].1 != pair[1].1);
            is_unlike
                .then(|| (has.iter().map(|(me, _)| *me).collect::<Vec<_>>(), format!("of key {key} they have {has:?}")))
        });
        let hinting = nodes.iter().find(|(_, node)| !node.memory.hints.is_empty());
        let hinting = hinting.map(|(me, node)| {
            (vec![*me], format!("{me} still keeps something for {:?}", node.memory.hints.keys().collect::<Vec<_>>()))
        });
        let Some((who, what)) = unlike.or(hinting) else { return Judgement::Holds };
        let last = world.history().iter().map(|(_, of)| of.returned().unwrap_or(of.invoked).time_ns).max();
        let last = Time::from_nanos(last.unwrap_or_default());
        match world.calm_since() {
            Some(calm) if world.now().since(calm.max(last)) >= SETTLED => Judgement::Violated(Breach::new(
                who,
                format!("replicas are unlike {SETTLED} after the last fault and operation: {what}"),
            )),
            _ => Judgement::Inconclusive("faults or operations went on until shortly before the end".to_owned()),
        }
    }
}
