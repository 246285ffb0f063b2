//! The checker against the definitions, over small histories.

use sim_core::consistency::Budget;
use sim_core::consistency::isolation::{
    Dependency, Evidence, ForcedOrder, Grounds, IsolationCheck, IsolationLevel, Link, Verdict,
};

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
            Verdict::Violated(witness) => {
                assert!(!is_kept, "{}{witness}", told());
                assert!(can_be_followed(&witness.evidence), "{}{witness}", told());
            }
            Verdict::Unknown(why) => panic!("{why}: {}", told()),
        }
        kept.push(is_kept);
    }
    kept
}

/// Whether it is told without trying all orders of writes: what is a cycle leads round, and rests on nothing
/// but what was said before.
fn can_be_followed(evidence: &Evidence) -> bool {
    let leads_round = |links: &[Link]| {
        let next = links.iter().cycle().skip(1);
        links.len() > 1 && links.iter().zip(next).all(|(link, next)| link.to == next.from)
    };
    let forced_by = |link: &Link, count: usize| match link.grounds {
        Grounds::Shown => true,
        Grounds::Forced(number) => number < count,
        Grounds::Tried => false,
    };
    // With the writes the other way round: the later one, or a read of it, comes before the earlier one.
    let is_tried = |link: &Link, order: &ForcedOrder| {
        let is_of_key = match link.dependency {
            Dependency::WriteWrite { key, .. } => key == order.key && link.from == order.later,
            Dependency::ReadWrite { key, .. } => key == order.key,
            _ => false,
        };
        link.grounds == Grounds::Tried && is_of_key && link.to == order.earlier
    };
    match evidence {
        Evidence::NoOrder { .. } => false,
        Evidence::Cycle(links) => leads_round(links) && links.iter().all(|link| link.grounds == Grounds::Shown),
        Evidence::Forced { orders, cycle } => {
            let is_right = |(count, order): (usize, &ForcedOrder)| {
                let holds = |link: &Link| forced_by(link, count) || is_tried(link, order);
                leads_round(&order.otherwise) && order.otherwise.iter().all(holds)
            };
            let rests_on = |link: &Link| forced_by(link, orders.len());
            leads_round(cycle) && cycle.iter().all(rests_on) && orders.iter().enumerate().all(is_right)
        }
        Evidence::Read { .. } | Evidence::LostUpdate { .. } | Evidence::Lists { .. } => true,
    }
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
