//! Cuts of every shape: whom they separate, for how long, and that they are gone afterwards.

use std::collections::BTreeSet;

use crate::common::{check_replays, heard, missed, ms, n, pinging};
use sim_core::draft::{Draft, Lasting};
use sim_core::{CutMode, Fault, Probability, Simulation, Trace};

const FROM_10_TO_20: [u64; 10] = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

/// `nodes` nodes and one fault from 10 ms to 20 ms.
fn with(nodes: u32, fault: Draft<impl Lasting>) -> Simulation<crate::common::Node> {
    pinging(nodes).fault(fault.at(ms(10)).lasting(ms(10)))
}

/// Whom `to` hears while the fault lasts. It hears everybody else before and after, and those that
/// it does not hear for the whole time.
#[track_caller]
fn reached_by(trace: &Trace, nodes: u32, to: u32) -> BTreeSet<u32> {
    let others = (0..nodes).filter(|from| *from != to);
    let hears = |from: &u32| {
        let missed = missed(trace, to, *from);
        assert!(missed.is_empty() || missed == FROM_10_TO_20, "n{to} of n{from}: {missed:?}");
        missed.is_empty()
    };
    others.filter(hears).collect()
}

#[test]
fn without_a_fault_everybody_hears_everybody() {
    let trace = pinging(5).trace(0);
    assert!((0..5).all(|to| reached_by(&trace, 5, to).len() == 4));
}

#[test]
fn a_bridge_is_all_that_the_halves_have_in_common() {
    let simulation = with(5, Fault::bridge("n2"));
    let trace = simulation.trace(0);
    let reached: Vec<BTreeSet<u32>> = (0..5).map(|to| reached_by(&trace, 5, to)).collect();
    let expected: [&[u32]; 5] = [&[1, 2], &[0, 2], &[0, 1, 3, 4], &[2, 4], &[2, 3]];
    assert_eq!(reached, expected.map(|set| set.iter().copied().collect()));
    check_replays(&simulation, 10);
}

#[test]
fn a_ring_lets_each_reach_a_majority_of_its_own() {
    for nodes in [4, 5, 6, 7, 9] {
        let simulation = with(nodes, Fault::majority_ring());
        let mut rings = BTreeSet::new();
        for seed in 0..8 {
            let trace = simulation.trace(seed);
            let with_itself = |to| [to].into_iter().chain(reached_by(&trace, nodes, to)).collect();
            let sets: Vec<BTreeSet<u32>> = (0..nodes).map(with_itself).collect();
            assert!(sets.iter().all(|set| set.len() > nodes as usize / 2), "{sets:?}");
            assert!(sets.iter().all(|set| set.len() < nodes as usize), "somebody is out of reach");
            // Of six, opposite nodes reach all but one another.
            assert_eq!(sets.iter().collect::<BTreeSet<_>>().len(), nodes as usize, "{sets:?}");
            rings.insert(sets);
        }
        assert!(rings.len() > 1, "the order of the ring is drawn");
        check_replays(&simulation, 10);
    }
}

#[test]
fn random_links_are_cut_each_direction_for_itself() {
    let of = |rate| with(6, Fault::random_links(rate));
    let cut = |simulation: &Simulation<crate::common::Node>, seed| {
        let trace = simulation.trace(seed);
        let reached: Vec<BTreeSet<u32>> = (0..6).map(|to| reached_by(&trace, 6, to)).collect();
        let both = (0..6u32).flat_map(|a| (0..a).map(move |b| (a, b)));
        let one_way = both.filter(|(a, b)| reached[*a as usize].contains(b) != reached[*b as usize].contains(a));
        (30 - reached.iter().map(BTreeSet::len).sum::<usize>(), one_way.count())
    };
    assert_eq!(cut(&of(Probability::NEVER), 0), (0, 0));
    assert_eq!(cut(&of(Probability::ALWAYS), 0), (30, 0));
    let third = of(Probability::ratio(1, 3));
    let counts: Vec<(usize, usize)> = (0..60).map(|seed| cut(&third, seed)).collect();
    let total: usize = counts.iter().map(|(cut, _)| cut).sum();
    assert!((500..700).contains(&total), "{total} of 1800");
    assert!(counts.iter().map(|(_, one_way)| one_way).sum::<usize>() > 300);
    check_replays(&third, 20);
}

/// From when to when a node was alone.
fn alone(trace: &Trace, nodes: u32, who: u32) -> Option<(u64, u64)> {
    let others: Vec<u32> = (0..nodes).filter(|other| *other != who).collect();
    let is_alone = |time: &u64| others.iter().all(|other| !heard(trace, who, *other).contains(time));
    let times: Vec<u64> = (1..=30).filter(is_alone).collect();
    let (first, last) = (*times.first()?, *times.last()?);
    assert_eq!(times.len() as u64, last - first + 1, "it goes and comes back once");
    Some((first, last + 1))
}

/// Nodes that are alone in the first half stay so until the second.
#[test]
fn a_swizzle_takes_nodes_away_and_gives_all_of_them_back() {
    let swizzle = |targets: &str| with(5, Fault::swizzle(targets, ms(10)));
    let simulation = swizzle("all");
    let mut sizes = BTreeSet::new();
    let mut orders = BTreeSet::new();
    for seed in 0..40 {
        let trace = simulation.trace(seed);
        let gone: Vec<(u32, (u64, u64))> = (0..5).filter_map(|who| Some((who, alone(&trace, 5, who)?))).collect();
        // With all of five cut off one after the other, the last is alone when the fourth goes.
        assert!(gone.iter().all(|(_, (from, to))| (10..15).contains(from) && (15..=20).contains(to)), "{gone:?}");
        sizes.insert(gone.len());
        orders.insert(gone.iter().map(|(who, (from, to))| (*who, *from, *to)).collect::<Vec<_>>());
        assert!((0..5).all(|to| (0..5).all(|from| to == from || !missed(&trace, to, from).contains(&20))));
    }
    assert!(sizes.len() >= 4 && orders.len() > 20, "{sizes:?}, {} orders", orders.len());
    let few = swizzle("random:2");
    for seed in 0..20 {
        let (trace, hit) = (few.trace(seed), few.run(seed).summary.faults[0].hit.clone());
        assert!((0..5).all(|who| alone(&trace, 5, who).is_none() || hit.contains(&n(who))));
    }
    check_replays(&simulation, 20);
}

/// It once divided its duration by the number of its targets.
#[test]
fn a_swizzle_of_nobody_is_nothing() {
    let simulation = pinging(2).fault(Fault::swizzle("minority", ms(10)).at(ms(10)));
    assert!(missed(&simulation.trace(0), 0, 1).is_empty());
}

#[test]
fn a_flapping_link_comes_and_goes() {
    let flapping = Fault::partition([["n0"], ["n1"]]).at(ms(10)).lasting(ms(15)).flapping(ms(5), ms(2));
    let simulation = pinging(3).fault(flapping);
    let trace = simulation.trace(0);
    assert_eq!((missed(&trace, 1, 0), missed(&trace, 2, 0)), (vec![10, 11, 15, 16, 20, 21], vec![]));
    let record = simulation.run(0).summary.faults.remove(0);
    assert_eq!((record.blows, record.ended), (3, Some(crate::common::at(25))));
    check_replays(&simulation, 10);
}

#[test]
fn what_a_cut_drops_is_gone_and_what_it_holds_comes_when_it_ends() {
    let of = |mode| heard(&with(2, Fault::partition([["n0"], ["n1"]]).mode(mode)).trace(0), 1, 0);
    assert_eq!(of(CutMode::Drop), (1..10).chain(20..=30).collect::<Vec<_>>());
    assert_eq!(of(CutMode::Hold), (1..10).chain([20; 11]).chain(21..=30).collect::<Vec<_>>());
}

#[test]
fn nodes_in_two_groups_reach_both_and_nodes_in_none_everybody() {
    let trace = with(5, Fault::partition([vec!["n0", "n1"], vec!["n1", "n2"], vec!["n3"]])).trace(0);
    let reached: Vec<BTreeSet<u32>> = (0..5).map(|to| reached_by(&trace, 5, to)).collect();
    let expected: [&[u32]; 5] = [&[1, 4], &[0, 2, 4], &[1, 4], &[4], &[0, 1, 2, 3]];
    assert_eq!(reached, expected.map(|set| set.iter().copied().collect()));
}

#[test]
fn a_link_is_whole_when_the_last_of_several_cuts_has_ended() {
    let one_way = Fault::one_way("n0", "n1");
    let simulation =
        with(3, Fault::partition([vec!["n0"], vec!["n1", "n2"]])).fault(one_way.at(ms(15)).lasting(ms(10)));
    let trace = simulation.trace(0);
    assert_eq!(missed(&trace, 1, 0), (10..25).collect::<Vec<_>>());
    assert_eq!((missed(&trace, 0, 1), missed(&trace, 2, 0)), (FROM_10_TO_20.to_vec(), FROM_10_TO_20.to_vec()));
}
