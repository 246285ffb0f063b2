//! The checker against the definitions, over small histories.

use sim_core::consistency::Budget;
use sim_core::consistency::isolation::{IsolationCheck, IsolationLevel, Verdict};

use crate::brute_force;
use crate::small::{Kind, Small, history_of, transactions};

/// How many histories of each kind. Of more of them the example `isolation` makes sure.
const HISTORIES: u64 = 1_000;

/// Holds every level against its definition. Returns whether each is kept.
fn compare(kind: Kind, seed: u64, small: &[Small]) -> Vec<bool> {
    let history = history_of(small);
    let check = IsolationCheck::new(&history);
    let judge = |&level: &IsolationLevel| {
        let is_kept = brute_force::keeps(small, level);
        let told = || format!("{kind:?} {seed}: {level} is {is_kept} in\n{}", show(small));
        match check.check(level, Budget::default()) {
            Verdict::Satisfied(certificate) => {
                assert!(is_kept, "{}", told());
                assert_eq!(certificate.validate(&history, level), Ok(()), "{}", told());
            }
            Verdict::Violated(witness) => assert!(!is_kept, "{}{witness}", told()),
            Verdict::Unknown(why) => panic!("{why}: {}", told()),
        }
        is_kept
    };
    IsolationLevel::ALL.iter().map(judge).collect()
}

fn show(small: &[Small]) -> String {
    let history = history_of(small);
    history.iter().map(|(id, _)| format!("  {id} {}\n", history.line(id))).collect()
}

fn compare_all(kind: Kind) -> Vec<u64> {
    let mut kept = vec![0; IsolationLevel::ALL.len()];
    let count = std::env::var("FAULTBED_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(HISTORIES);
    for seed in 0..count {
        let of_history = compare(kind, seed, &transactions(kind, seed, 5));
        kept.iter_mut().zip(of_history).for_each(|(kept, is_kept)| *kept += u64::from(is_kept));
    }
    kept
}

#[test]
fn lists_agree_with_the_definitions() {
    let kept = compare_all(Kind::Lists);
    eprintln!("{kept:?}");
}

#[test]
fn registers_agree_with_the_definitions() {
    let kept = compare_all(Kind::Registers);
    eprintln!("{kept:?}");
}
