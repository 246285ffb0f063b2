//! Objects whose operations fall into clusters that stand together in any order, in O(n log n)
//! (Gibbons & Korach 1997).
//!
//! In a register whose values are each written once, the write of a value and its reads form a
//! *cluster*; the initial value is one whose write came before everything. In any order a cluster's
//! operations stand together, after its write. Its *zone* lies between the first return and the
//! last invocation of its operations. If the return is earlier (a *forward* zone), the register
//! certainly holds the value all through the zone; otherwise (*backward*) it suffices that it holds
//! it at some moment of the zone. So there is an order exactly if no read returns before its
//! value's write is invoked, no two forward zones overlap, and no backward zone lies within a
//! forward one. The last two conditions hold for all clusters whose operations have an order among
//! themselves, however long that is.

use super::super::accesses::{Entry, Source};
use crate::history::{History, OperationId};

/// Operations that stand together in any order.
#[derive(Clone, Copy)]
pub(in super::super) struct Cluster {
    /// The operation that comes first; `None` if the cluster is there from the start.
    write: Option<OperationId>,
    first_return: Point,
    last_call: Point,
}

/// A call or a return: its place in the order of events, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Point {
    pub(in super::super) order: i64,
    pub(in super::super) operation: Option<OperationId>,
}

/// Before everything else.
pub(super) const START: Point = Point { order: -1, operation: None };

/// Finds a few operations on one register that no order suits, if there are any. The register is
/// given by its entries among all `entries`; each of them reads or writes, and not both.
pub(super) fn find_contradiction<O, R>(
    history: &History<O, R>,
    entries: &[Entry],
    register: &[u32],
) -> Option<Vec<OperationId>> {
    match clusters(history, entries, register) {
        Ok(clusters) => find_overlap(clusters),
        Err(contradiction) => Some(contradiction),
    }
}

/// Finds the operations that make up the zones of two clusters that cannot stand one after the
/// other, if there are any. If not, all of them have an order.
pub(in super::super) fn find_overlap(clusters: Vec<Cluster>) -> Option<Vec<OperationId>> {
    let (mut forward, backward): (Vec<_>, Vec<_>) = clusters.into_iter().partition(Cluster::is_forward);
    forward.sort_unstable_by_key(|cluster| cluster.first_return);
    let overlaps = |pair: &&[Cluster]| pair[1].first_return < pair[0].last_call;
    if let Some(pair) = forward.windows(2).find(overlaps) {
        return Some(critical(&[pair[0], pair[1]]));
    }
    backward.iter().find_map(|inner| {
        let after = forward.partition_point(|outer| outer.first_return < inner.last_call);
        let outer = forward[..after].last()?;
        (inner.first_return < outer.last_call).then(|| critical(&[*outer, *inner]))
    })
}

/// The clusters of one register.
///
/// # Errors
/// Operations that contradict one another within a cluster.
fn clusters<O, R>(
    history: &History<O, R>,
    entries: &[Entry],
    register: &[u32],
) -> Result<Vec<Cluster>, Vec<OperationId>> {
    // Beside the initial value, one for each write, in order of invocation.
    let mut clusters = vec![Cluster::INITIAL];
    let writes: Vec<u32> = register.iter().copied().filter(|&entry| entries[entry as usize].writes).collect();
    for &write in &writes {
        clusters.push(Cluster::begin(history, entries[write as usize].id));
    }
    for &read in register {
        let Entry { id, read, .. } = entries[read as usize];
        let cluster = match read {
            Source::Unsaid => continue,
            Source::Nowhere => return Err(vec![id]),
            Source::Initial => 0,
            Source::Write(write) => writes.partition_point(|&other| other < write) + 1,
        };
        let cluster = &mut clusters[cluster];
        if let Some(write) = cluster.write
            && history.get(id).precedes(history.get(write))
        {
            return Err(vec![id, write]);
        }
        cluster.add(history, id);
    }
    Ok(clusters)
}

/// The call and the return of an operation; what never returned stays open to the end.
pub(in super::super) fn interval<O, R>(history: &History<O, R>, id: OperationId) -> (Point, Point) {
    let operation = history.get(id);
    let point = |order: i64| Point { order, operation: Some(id) };
    let returned = operation.returned().map_or(i64::MAX, |at| at.order as i64);
    (point(operation.invoked.order as i64), point(returned))
}

impl Cluster {
    /// What was there from the start, before anything was read.
    pub(in super::super) const INITIAL: Self = Self { write: None, first_return: START, last_call: START };

    /// The cluster that begins with this operation.
    pub(in super::super) fn begin<O, R>(history: &History<O, R>, first: OperationId) -> Self {
        let (last_call, first_return) = interval(history, first);
        Self { write: Some(first), first_return, last_call }
    }

    /// Adds a further operation.
    pub(in super::super) fn add<O, R>(&mut self, history: &History<O, R>, id: OperationId) {
        let (call, returned) = interval(history, id);
        self.first_return = self.first_return.min(returned);
        self.last_call = self.last_call.max(call);
    }

    /// The last invocation so far.
    pub(in super::super) const fn last_call(&self) -> Point {
        self.last_call
    }

    fn is_forward(&self) -> bool {
        self.first_return.order < self.last_call.order
    }
}

/// The operations that make up the zones, in order of invocation.
fn critical(clusters: &[Cluster]) -> Vec<OperationId> {
    let of_cluster = |cluster: &Cluster| [cluster.write, cluster.first_return.operation, cluster.last_call.operation];
    let mut operations: Vec<_> = clusters.iter().flat_map(of_cluster).flatten().collect();
    operations.sort_unstable();
    operations.dedup();
    operations
}
