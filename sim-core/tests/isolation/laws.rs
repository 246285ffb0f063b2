//! Laws that hold of every history and every level, over histories too large for brute force.

use std::collections::BTreeMap;

use sim_core::consistency::Budget;
use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel, TransactionOutcome, Verdict};

use crate::small::{Kind, Small, SmallOp, history_of, transactions};

const HISTORIES: u64 = 500;

/// Histories of up to twelve transactions.
fn histories() -> impl Iterator<Item = (Kind, Vec<Small>)> {
    let kinds = [Kind::Lists, Kind::Registers].into_iter();
    kinds.flat_map(|kind| (0..HISTORIES).map(move |seed| (kind, transactions(kind, 1 << 32 | seed, 12))))
}

/// Whether each level is kept. Certificates are validated.
fn judge(small: &[Small]) -> BTreeMap<IsolationLevel, bool> {
    let history = history_of(small);
    let check = IsolationCheck::new(&history);
    let judge = |&level: &IsolationLevel| match check.check(level, Budget::default()) {
        Verdict::Satisfied(certificate) => {
            assert_eq!(certificate.validate(&history, level), Ok(()), "{level}\n{small:?}");
            (level, true)
        }
        Verdict::Violated(_) => (level, false),
        Verdict::Unknown(why) => panic!("{level}: {why}\n{small:?}"),
    };
    IsolationLevel::ALL.iter().map(judge).collect()
}

/// What is kept is still kept after a change that leaves less to explain.
#[track_caller]
fn nothing_is_lost(change: impl Fn(&[Small]) -> Vec<Small>) {
    for (kind, small) in histories() {
        let changed = change(&small);
        let after = judge(&changed);
        let lost = judge(&small).into_iter().find(|(level, is_kept)| *is_kept && !after[level]);
        assert_eq!(lost, None, "{kind:?}\n{small:?}\n{changed:?}");
    }
}

#[track_caller]
fn nothing_changes(change: impl Fn(&[Small]) -> Vec<Small>) {
    for (kind, small) in histories() {
        assert_eq!(judge(&small), judge(&change(&small)), "{kind:?}\n{small:?}");
    }
}

#[test]
fn stronger_levels_imply_weaker_ones() {
    for (_, small) in histories() {
        let kept = judge(&small);
        for (strong, _) in kept.iter().filter(|(_, is_kept)| **is_kept) {
            let lost = kept.iter().find(|(weak, is_kept)| strong.implies(**weak) && !**is_kept);
            assert_eq!(lost, None, "{strong}\n{small:?}");
        }
        assert_eq!(kept[&IsolationLevel::Serializable], kept[&IsolationLevel::RepeatableRead]);
    }
}

#[test]
fn a_read_less_loses_nothing() {
    nothing_is_lost(|small| {
        let mut less = small.to_vec();
        for transaction in &mut less {
            let is_read = |op: &SmallOp| matches!(op, SmallOp::ReadList(..) | SmallOp::ReadRegister(..));
            let last = transaction.ops.iter().rposition(is_read);
            last.map(|last| transaction.ops.remove(last));
        }
        less
    });
}

#[test]
fn a_forgotten_outcome_loses_nothing() {
    nothing_is_lost(|small| {
        let mut less = small.to_vec();
        for transaction in less.iter_mut().step_by(3) {
            transaction.transaction.outcome = TransactionOutcome::Unknown;
        }
        less
    });
}

#[test]
fn processes_of_their_own_lose_nothing() {
    nothing_is_lost(|small| {
        let mut less = small.to_vec();
        (0..).zip(&mut less).for_each(|(process, transaction)| transaction.transaction.process = process);
        less
    });
}

#[test]
fn what_overlaps_loses_nothing_and_leaves_no_order_from_outside() {
    let overlapping = |small: &[Small]| {
        let mut less = small.to_vec();
        for (process, Small { transaction, .. }) in (0..).zip(&mut less) {
            (transaction.process, transaction.called) = (process, 0);
            transaction.returned = transaction.returned.map(|_| 1_000_000);
        }
        less
    };
    nothing_is_lost(overlapping);
    for (_, small) in histories() {
        use IsolationLevel as L;
        let kept = judge(&overlapping(&small));
        assert_eq!(kept[&L::StrictSerializable], kept[&L::Serializable], "{small:?}");
        assert_eq!(kept[&L::StrongSnapshotIsolation], kept[&L::SnapshotIsolation], "{small:?}");
    }
}

#[test]
fn a_register_tells_less_than_a_list() {
    nothing_is_lost(|small| {
        let mut less = small.to_vec();
        for op in less.iter_mut().flat_map(|transaction| &mut transaction.ops) {
            *op = match op {
                SmallOp::Append(key, value) => SmallOp::Write(*key, *value),
                SmallOp::ReadList(key, values) => SmallOp::ReadRegister(*key, values.last().copied()),
                SmallOp::Write(..) | SmallOp::ReadRegister(..) => op.clone(),
            };
        }
        less
    });
}

#[test]
fn names_and_numbers_do_not_matter() {
    let other = |value: i64| (value * 7 + 3) % 101 - 50;
    nothing_changes(|small| {
        let mut renamed = small.to_vec();
        for op in renamed.iter_mut().flat_map(|transaction| &mut transaction.ops) {
            match op {
                SmallOp::Append(key, value) | SmallOp::Write(key, value) => (*key, *value) = (3 - *key, other(*value)),
                SmallOp::ReadList(key, values) => {
                    *key = 3 - *key;
                    values.iter_mut().for_each(|value| *value = other(*value));
                }
                SmallOp::ReadRegister(key, value) => (*key, *value) = (3 - *key, value.map(other)),
            }
        }
        renamed.iter_mut().for_each(|it| it.transaction.process = 9 - it.transaction.process);
        renamed
    });
}

#[test]
fn the_order_of_telling_does_not_matter() {
    nothing_changes(|small| {
        let mut sorted = small.to_vec();
        // By process, so that each of them still comes in the order of its calls.
        sorted.sort_by_key(|it| (it.transaction.process, it.transaction.called));
        sorted
    });
}

#[test]
fn histories_that_share_nothing_keep_together_what_each_keeps() {
    let apart = |small: &[Small]| {
        let mut other = small.to_vec();
        for Small { transaction, ops } in &mut other {
            transaction.process += 10;
            for op in ops {
                match op {
                    SmallOp::Append(key, _)
                    | SmallOp::Write(key, _)
                    | SmallOp::ReadList(key, _)
                    | SmallOp::ReadRegister(key, _) => *key += 2,
                }
            }
        }
        other
    };
    let all: Vec<(Kind, Vec<Small>)> = histories().collect();
    for [(_, one), (_, other)] in all.array_windows() {
        let other = apart(other);
        let (of_one, of_other, of_both) = (judge(one), judge(&other), judge(&[&one[..], &other[..]].concat()));
        for &level in IsolationLevel::ALL {
            assert_eq!(of_both[&level], of_one[&level] && of_other[&level], "{level}\n{one:?}\n{other:?}");
        }
    }
}
