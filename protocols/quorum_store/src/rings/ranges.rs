//! Ranges as their primaries know them.
//!
//! Whoever is the primary of a range keeps what is written to it first, and passes it on to the other replicas. So it knows
//! which of its keys are written to the most, and is the one that an operator asks for changes: to *split* the range, so
//! that half of the writes are on either side, to *merge* it with the one before it, or to *move* it to another node. It
//! asks the ring masters for that.

use parts::placement::KeyRange;
use sim_core::{NodeId, OperatorAction};

use super::table::first;
use super::{Change, MASTERS, MERGE, Refusal, SPLIT};
use crate::message::{Message, Phase};
use crate::node::{Ctx, QuorumStore};
use crate::version::Version;

impl QuorumStore {
    /// An operator asks for a change of the ranges.
    pub(super) fn change_ranges(&self, action: &OperatorAction, ctx: &mut Ctx<'_>) -> Result<(), Refusal> {
        let change = match action.name.as_str() {
            SPLIT => Change::Split(self.where_to_split()?),
            MERGE => Change::Merge(self.what_to_merge()?),
            _ => self.what_to_move(&action.nodes)?,
        };
        for master in &ctx.nodes()[..MASTERS] {
            ctx.send(*master, Message::Propose(change));
        }
        Ok(())
    }

    /// The ranges of which it is the primary.
    fn own_ranges(&self) -> Result<Vec<KeyRange<u32>>, Refusal> {
        let ranges = self.rings.ranges().ok_or(Refusal::NoRanges)?;
        let own = ranges.iter().filter(|(_, partition)| partition.keepers.primary == self.me).map(|(range, _)| range);
        let own: Vec<_> = own.collect();
        if own.is_empty() { Err(Refusal::NotAPrimary) } else { Ok(own) }
    }

    /// By key in ascending order, how often it has been asked to write to keys of this range.
    fn load_of(&self, range: &KeyRange<u32>) -> Vec<(u32, u64)> {
        self.load.iter().filter(|(key, _)| range.contains(key)).map(|(key, writes)| (*key, *writes)).collect()
    }

    /// The key from which on half of the writes to the range are that is written to the most, of those that have more keys
    /// than one.
    fn where_to_split(&self) -> Result<u32, Refusal> {
        let loads = self.own_ranges()?.iter().map(|range| self.load_of(range)).collect::<Vec<_>>();
        let several = loads.into_iter().filter(|load| load.len() > 1);
        let hottest = several.max_by_key(|load| total(load)).ok_or(Refusal::NothingToChange)?;
        let uneven = |at: &usize| total(&hottest[..*at]).abs_diff(total(&hottest[*at..]));
        let at = (1..hottest.len()).min_by_key(uneven).ok_or(Refusal::NothingToChange)?;
        Ok(hottest[at].0)
    }

    /// The first key of a range that the same nodes keep as that before it.
    fn what_to_merge(&self) -> Result<u32, Refusal> {
        let starts = self.own_ranges()?.into_iter().filter_map(|range| range.from);
        let mut why = Refusal::NothingToChange;
        for at in starts {
            match self.rings.check(Change::Merge(at)) {
                Ok(()) => return Ok(at),
                Err(refusal) => why = refusal,
            }
        }
        Err(why)
    }

    /// The range that is written to the most, to one of these nodes: if it can be, to one that does not keep it yet.
    fn what_to_move(&self, nodes: &[NodeId]) -> Result<Change, Refusal> {
        let own = self.own_ranges()?;
        let hottest = own.iter().max_by_key(|range| total(&self.load_of(range))).ok_or(Refusal::NotAPrimary)?;
        let key = first(hottest);
        let keepers = self.replicas(key);
        let (with, without): (Vec<NodeId>, Vec<NodeId>) = nodes.iter().partition(|node| keepers.contains(node));
        let mut why = Refusal::NoNode;
        for to in without.into_iter().chain(with) {
            match self.rings.check(Change::Move(key, to)) {
                Ok(()) => return Ok(Change::Move(key, to)),
                Err(refusal) => why = refusal,
            }
        }
        Err(why)
    }

    /// As the primary of a key it is to keep what is written, and to have these replicas keep it, too.
    pub(crate) fn write(
        &mut self,
        coordinator: NodeId,
        phase: Phase,
        key: u32,
        (replicas, versions): (Vec<NodeId>, Vec<Version>),
        ctx: &mut Ctx<'_>,
    ) {
        *self.load.entry(key).or_default() += 1;
        self.store(key, self.me, &versions, ctx);
        for replica in replicas {
            if replica == self.me {
                ctx.send(coordinator, Message::Stored { phase, replica });
            } else {
                ctx.send(replica, Message::Written { coordinator, phase, key, versions: versions.clone() });
            }
        }
    }

    /// The primary has what is written to a key, and it is to keep it, too.
    pub(crate) fn written(
        &mut self,
        coordinator: NodeId,
        phase: Phase,
        key: u32,
        versions: &[Version],
        ctx: &mut Ctx<'_>,
    ) {
        self.store(key, self.me, versions, ctx);
        ctx.send(coordinator, Message::Stored { phase, replica: self.me });
    }
}

fn total(load: &[(u32, u64)]) -> u64 {
    load.iter().map(|(_, writes)| writes).sum()
}
