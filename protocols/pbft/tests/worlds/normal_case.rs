//! Without faulty primaries.

use pbft::PbftConfig;
use sim_core::Fault;

use crate::{answered, calm, ms};

#[test]
fn all_operations_are_answered_and_no_view_is_left() {
    for (nodes, faulty) in [(1, 0), (4, 1), (5, 1), (7, 2)] {
        let simulation = calm(PbftConfig { faulty, ..PbftConfig::default() }, nodes);
        let outcome = simulation.run(1);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert_eq!(answered(&outcome), 180, "{nodes} replicas");
        let left = simulation.sometimes("AskedForView").run(1).summary.goals;
        assert_eq!(left, [false], "{nodes} replicas");
    }
}

#[test]
fn reads_that_are_not_ordered_are_linearizable_and_take_no_place() {
    let run = |read_only| calm(PbftConfig { read_only, ..PbftConfig::default() }, 4).run(3);
    let (ordered, unordered) = (run(false), run(true));
    for outcome in [&ordered, &unordered] {
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert_eq!(answered(outcome), 180);
    }
    let at_once = |outcome: &sim_core::Outcome<_>| {
        let replies = outcome.history.iter().filter_map(|(_, operation)| operation.reply().cloned());
        replies.filter(|reply: &pbft::Reply| reply.read_only).count()
    };
    assert_eq!(at_once(&ordered), 0);
    assert!(at_once(&unordered) > 20, "{}", at_once(&unordered));
}

#[test]
fn a_group_that_loses_its_power_goes_on_where_it_was() {
    let power_loss = || Fault::crash("all").power_loss().restart_after(ms(100));
    let simulation = calm(PbftConfig { read_only: true, ..PbftConfig::default() }, 4)
        .fault(power_loss().at(ms(500)))
        .fault(power_loss().at(ms(1000)))
        .fault(power_loss().at(ms(1500)))
        .heal_at(ms(2000))
        .progress_within(ms(3500))
        .run_for(ms(8000));
    simulation.check(0..50);
}

#[test]
fn a_replica_that_was_away_takes_over_the_state() {
    let simulation = calm(PbftConfig::default(), 4)
        .fault(Fault::isolate("n3").at(ms(300)).lasting(ms(2500)))
        .sometimes("InstalledState");
    simulation.check(0..20);
}
