//! Registers whose values are each written once, in O(n log n) (Gibbons & Korach 1997).
//!
//! The write of a value and its reads form a *cluster*; the initial value is one whose write came
//! before everything. In any order a cluster's operations stand together, after its write. Its
//! *zone* lies between the first return and the last invocation of its operations. If the return
//! is earlier (a *forward* zone), the register certainly holds the value all through the zone;
//! otherwise (*backward*) it suffices that it holds it at some moment of the zone. So there is an
//! order exactly if no read returns before its value's write is invoked, no two forward zones
//! overlap, and no backward zone lies within a forward one.

use super::super::accesses::{Entry, Source};
use crate::history::{History, OperationId};

/// The operations of one value.
#[derive(Clone, Copy)]
struct Cluster {
    /// The write; `None` for the initial value.
    write: Option<OperationId>,
    first_return: Point,
    last_call: Point,
}

/// A call or a return: its place in the order of events, and whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    order: i64,
    operation: Option<OperationId>,
}

/// Before everything else.
const START: Point = Point { order: -1, operation: None };

/// Finds a few operations on one register that no order suits, if there are any. The register is
/// given by its entries among all `entries`; each of them reads or writes, and not both.
pub(super) fn find_contradiction<O, R>(
    history: &History<O, R>,
    entries: &[Entry],
    register: &[u32],
) -> Option<Vec<OperationId>> {
    let clusters = match clusters(history, entries, register) {
        Ok(clusters) => clusters,
        Err(contradiction) => return Some(contradiction),
    };
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
    let mut clusters = vec![Cluster { write: None, first_return: START, last_call: START }];
    let writes: Vec<u32> = register.iter().copied().filter(|&entry| entries[entry as usize].writes).collect();
    for &write in &writes {
        let id = entries[write as usize].id;
        let (last_call, first_return) = interval(history, id);
        clusters.push(Cluster { write: Some(id), first_return, last_call });
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
        let (call, returned) = interval(history, id);
        cluster.first_return = cluster.first_return.min(returned);
        cluster.last_call = cluster.last_call.max(call);
    }
    Ok(clusters)
}

fn interval<O, R>(history: &History<O, R>, id: OperationId) -> (Point, Point) {
    let operation = history.get(id);
    let point = |order: i64| Point { order, operation: Some(id) };
    // What never returned stays open to the end.
    let returned = operation.returned().map_or(i64::MAX, |at| at.order as i64);
    (point(operation.invoked.order as i64), point(returned))
}

impl Cluster {
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
