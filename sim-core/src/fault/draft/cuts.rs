//! Links that are cut.

use std::ops::RangeInclusive;

use super::{Draft, set};
use crate::fault::{Fault, FaultKind, Selector};
use crate::network::CutMode;
use crate::random::Probability;
use crate::time::Duration;

/// See [`Fault::partition`] and [`Fault::isolate`].
#[derive(Clone, Debug)]
pub enum Partition {}

/// See [`Fault::bridge`], [`Fault::majority_ring`], [`Fault::random_links`] and [`Fault::one_way`].
#[derive(Clone, Debug)]
pub enum Cut {}

/// See [`Fault::swizzle`].
#[derive(Clone, Debug)]
pub enum Swizzle {}

/// Kinds that cut links.
pub trait Cutting {}

impl Cutting for Partition {}
impl Cutting for Cut {}
impl Cutting for Swizzle {}

impl Fault {
    /// Processes in different groups cannot reach each other. A process may be in several groups; one in no
    /// group keeps all its links. Messages over a cut link are lost.
    ///
    /// ```
    /// use sim_core::{Fault, ms};
    ///
    /// let halves = Fault::partition([vec!["n0", "n1"], vec!["others"]]).at(ms(100)).lasting(ms(500));
    /// # let _ = halves;
    /// ```
    pub fn partition<G>(groups: impl IntoIterator<Item = G>) -> Draft<Partition>
    where
        G: IntoIterator<Item: Into<Selector>>,
    {
        let group = |group: G| group.into_iter().map(Into::into).collect();
        let groups = groups.into_iter().map(group).collect();
        Draft::new(FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None })
    }

    /// The targets can reach only each other.
    pub fn isolate(targets: impl Into<Selector>) -> Draft<Partition> {
        Self::partition([[targets.into()], [Selector::Others]])
    }

    /// The other nodes are split into two halves. Only the targets can reach both.
    pub fn bridge(targets: impl Into<Selector>) -> Draft<Cut> {
        Draft::new(FaultKind::Bridge { targets: targets.into(), mode: CutMode::Drop })
    }

    /// Each node can reach a majority, and no two nodes reach the same one.
    pub fn majority_ring() -> Draft<Cut> {
        Draft::new(FaultKind::MajorityRing { mode: CutMode::Drop })
    }

    /// Each link between two nodes is cut with this probability, each direction separately.
    pub fn random_links(rate: Probability) -> Draft<Cut> {
        Draft::new(FaultKind::RandomLinks { rate, mode: CutMode::Drop })
    }

    /// During this time, some of the targets are cut off one by one, and reconnected in random order.
    pub fn swizzle(targets: impl Into<Selector>, lasts: Duration) -> Draft<Swizzle> {
        Draft::new(FaultKind::Swizzle { targets: targets.into(), mode: CutMode::Drop }).lasting(lasts)
    }

    /// Messages from `from` to `to` do not get through; those in the other direction do.
    pub fn one_way(from: impl Into<Selector>, to: impl Into<Selector>) -> Draft<Cut> {
        Draft::new(FaultKind::OneWay { from: from.into(), to: to.into(), mode: CutMode::Drop })
    }
}

impl Draft<Partition> {
    /// Only messages of these rounds are affected, and they are lost.
    pub fn rounds(self, rounds: RangeInclusive<u64>) -> Self {
        set!(self, Partition.rounds = Some(rounds.into_inner()))
    }
}

impl<K: Cutting> Draft<K> {
    /// Messages are held back until the cut ends instead of being lost.
    pub fn holding(self) -> Self {
        self.mode(CutMode::Hold)
    }

    /// Sets what happens to messages.
    pub fn mode(mut self, new: CutMode) -> Self {
        let (FaultKind::Partition { mode, .. }
        | FaultKind::Bridge { mode, .. }
        | FaultKind::MajorityRing { mode }
        | FaultKind::RandomLinks { mode, .. }
        | FaultKind::Swizzle { mode, .. }
        | FaultKind::OneWay { mode, .. }) = &mut self.fault.kind
        else {
            unreachable!("the type of a draft tells its kind")
        };
        *mode = new;
        self
    }
}
