//! Pairs of writers of a key of which one certainly comes first.

use std::collections::BTreeMap;

use super::graph::Pair;
use super::history::{TransactionHistory, TransactionId};
use super::level::Order;
use super::resolve::{LOOSE, Resolved};

/// Pairs that every order of commits has which agrees with `order`, sorted. Those of keys whose versions
/// nobody read in no known place are left out: who comes after whom does not matter there.
pub(super) fn known(history: &TransactionHistory, resolved: &Resolved, order: Order) -> Vec<Pair> {
    let mut pairs = replaced_by_readers(resolved);
    let mut is_read = vec![false; history.keys()];
    let loose = resolved.all_reads().filter(|(_, read)| read.place == LOOSE);
    loose.for_each(|(_, read)| is_read[read.key as usize] = true);
    for (key, versions) in (0..).zip(&resolved.keys).filter(|(key, _)| is_read[*key as usize]) {
        match order {
            Order::None => {}
            Order::Session => add_sessions(history, key, &versions.loose, &mut pairs),
            Order::RealTime => add_real_time(history, key, &versions.loose, &mut pairs),
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Whoever reads a version and writes the key comes after who wrote the version.
fn replaced_by_readers(resolved: &Resolved) -> Vec<Pair> {
    let from_loose = resolved.all_reads().filter(|(_, read)| read.place == LOOSE);
    let replaced = from_loose.filter(|(reader, read)| resolved.write(*reader, read.key).is_some());
    replaced.map(|(reader, read)| Pair { key: read.key, earlier: read.source, later: reader }).collect()
}

fn add_sessions(history: &TransactionHistory, key: u32, writers: &[u32], pairs: &mut Vec<Pair>) {
    let mut last = BTreeMap::<u32, u32>::new();
    for &later in writers {
        let transaction = history.get(TransactionId(later));
        let earlier = last.get(&transaction.process);
        pairs.extend(earlier.map(|&earlier| Pair { key, earlier, later }));
        if transaction.returned.is_some() {
            last.insert(transaction.process, later);
        }
    }
}

/// From each writer to those called after its return, but for those that come after one of these.
fn add_real_time(history: &TransactionHistory, key: u32, writers: &[u32], pairs: &mut Vec<Pair>) {
    let called = |writer: &u32| history.get(TransactionId(*writer)).called;
    let returned = |writer: u32| history.get(TransactionId(writer)).returned;
    let mut writers = writers.to_vec();
    writers.sort_by_key(called);
    // Those that have been called, but for those that come before one that has returned by now.
    let mut last: Vec<u32> = Vec::new();
    for later in writers {
        let has_returned = |writer: u32, by: u64| returned(writer).is_some_and(|returned| returned < by);
        let before: Vec<u32> = last.iter().copied().filter(|&writer| has_returned(writer, called(&later))).collect();
        let latest_call = before.iter().map(called).max().unwrap_or_default();
        last.retain(|&writer| !has_returned(writer, latest_call));
        let direct = before.into_iter().filter(|&writer| !has_returned(writer, latest_call));
        pairs.extend(direct.map(|earlier| Pair { key, earlier, later }));
        last.push(later);
    }
}
