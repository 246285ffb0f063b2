//! Certificates are accepted exactly if they are right.

use sim_core::SimRng;
use sim_core::consistency::isolation::{Certificate, IsolationLevel as L, TransactionId, TransactionOutcome};

use crate::brute_force;
use crate::small::{Kind, history_of, transactions};

#[test]
fn any_order_is_accepted_exactly_if_the_definition_holds_in_it() {
    let (mut accepted, mut rejected) = (0, 0);
    for seed in 0..4_000 {
        let kind = if seed % 2 == 0 { Kind::Lists } else { Kind::Registers };
        let small = transactions(kind, seed, 4);
        let history = history_of(&small);
        let ids: Vec<TransactionId> = history.iter().map(|(id, _)| id).collect();
        let mut rng = SimRng::new(seed, 9);
        let takes_effect = |outcome| match outcome {
            TransactionOutcome::Committed => true,
            TransactionOutcome::Aborted => false,
            TransactionOutcome::Unknown => seed % 3 > 0,
        };
        let mut order: Vec<usize> = (0..small.len()).collect();
        order.retain(|&index| takes_effect(small[index].transaction.outcome));
        rng.shuffle(&mut order);
        for &level in L::ALL {
            let has_snapshots = matches!(
                level,
                L::StrongSnapshotIsolation | L::StrongSessionSnapshotIsolation | L::SnapshotIsolation | L::Prefix
            );
            let is_right = brute_force::keeps_in_order(&small, &order, level);
            let accepts = |snapshots: Vec<u32>| {
                let order = order.iter().map(|&index| ids[index]).collect();
                Certificate { order, snapshots }.validate(&history, level).is_ok()
            };
            let is_accepted = if has_snapshots {
                all_snapshots(order.len()).into_iter().any(accepts)
            } else {
                accepts((0..order.len() as u32).collect())
            };
            assert_eq!(is_accepted, is_right, "{level}, {order:?}\n{small:?}");
            *if is_accepted { &mut accepted } else { &mut rejected } += 1;
        }
    }
    assert_eq!((accepted, rejected), (26_204, 21_796));
}

/// All ways to let each transaction of an order take its snapshot before its commit.
fn all_snapshots(length: usize) -> Vec<Vec<u32>> {
    (0..length as u32).fold(vec![Vec::new()], |shorter, place| {
        let with = |begin| shorter.iter().map(move |snapshots: &Vec<u32>| [&snapshots[..], &[begin]].concat());
        (0..=place).flat_map(with).collect()
    })
}

#[test]
fn what_is_no_order_is_rejected() {
    let history = history_of(&transactions(Kind::Lists, 1, 5));
    let ids: Vec<TransactionId> = history.iter().map(|(id, _)| id).collect();
    let validate = |order: Vec<TransactionId>, snapshots: Vec<u32>| {
        Certificate { order, snapshots }.validate(&history, L::ReadCommitted).map_err(|(_, why)| why)
    };
    let twice = Err("is in the order twice, or before its snapshot");
    assert_eq!(validate(vec![ids[0], ids[0]], vec![0, 1]), twice);
    assert_eq!(validate(vec![ids[0]], vec![1]), twice);
    assert_eq!(validate(vec![ids[0]], Vec::new()), twice);
    assert_eq!(validate(Vec::new(), Vec::new()), Err("is in the order, or not, against its outcome"));
}
