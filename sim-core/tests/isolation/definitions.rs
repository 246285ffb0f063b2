//! The checker against the definitions, over small histories.

use sim_core::consistency::Budget;
use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel, Verdict};

use crate::brute_force;
use crate::small::{Kind, Small, history_of, transactions};

/// How many histories of each kind.
const HISTORIES: u64 = 20_000;

/// Holds every level against its definition. Returns whether each is kept.
fn compare(kind: Kind, seed: u64, small: &[Small]) -> Vec<bool> {
    let history = history_of(small);
    let check = IsolationCheck::new(&history);
    let mut kept: Vec<bool> = Vec::new();
    for &level in IsolationLevel::ALL {
        // What follows from a level that is kept need not be tried out.
        let follows = IsolationLevel::ALL.iter().zip(&kept).any(|(strong, &is_kept)| is_kept && strong.implies(level));
        let is_kept = follows || brute_force::keeps(small, level);
        let told = || format!("{kind:?} {seed}: {level} is {is_kept} in\n{}", show(small));
        match check.check(level, Budget::default()) {
            Verdict::Satisfied(certificate) => {
                assert!(is_kept, "{}", told());
                assert_eq!(certificate.validate(&history, level), Ok(()), "{}", told());
            }
            Verdict::Violated(witness) => assert!(!is_kept, "{}{witness}", told()),
            Verdict::Unknown(why) => panic!("{why}: {}", told()),
        }
        kept.push(is_kept);
    }
    kept
}

fn show(small: &[Small]) -> String {
    let history = history_of(small);
    history.iter().map(|(id, _)| format!("  {id} {}\n", history.line(id))).collect()
}

/// How many of the histories keep each level.
fn compare_all(kind: Kind) -> Vec<u64> {
    let mut kept = vec![0; IsolationLevel::ALL.len()];
    for seed in 0..HISTORIES {
        let of_history = compare(kind, seed, &transactions(kind, seed, 5));
        kept.iter_mut().zip(of_history).for_each(|(kept, is_kept)| *kept += u64::from(is_kept));
    }
    kept
}

// No two levels are kept by the same histories, but for serializable and repeatable read.

#[test]
fn lists_agree_with_the_definitions() {
    let kept = compare_all(Kind::Lists);
    assert_eq!(kept, [13908, 14672, 17898, 17898, 13949, 14755, 18098, 14757, 14946, 14955, 18569, 19705]);
}

#[test]
fn registers_agree_with_the_definitions() {
    let kept = compare_all(Kind::Registers);
    assert_eq!(kept, [14660, 15483, 18432, 18432, 14698, 15555, 18601, 15557, 15644, 15649, 18764, 19957]);
}
