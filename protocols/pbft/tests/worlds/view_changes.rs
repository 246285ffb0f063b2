//! Primaries that go away.

use parts::kv::KvWorkload;
use pbft::PbftConfig;
use sim_core::{ClientProfile, Fault, Latency, LinkProfile};

use crate::{answered, calm, ms, node};

#[test]
fn a_primary_that_is_down_is_replaced() {
    for seed in 0..20 {
        let simulation = calm(PbftConfig::default(), 4).fault(Fault::crash("n0").at(ms(500)));
        let outcome = simulation.sometimes("EnteredView").run(seed);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert_eq!((answered(&outcome), &outcome.summary.goals[..]), (180, &[true][..]), "seed {seed}");
    }
}

#[test]
fn as_many_primaries_as_may_be_faulty_are_passed_over() {
    let config = PbftConfig { faulty: 2, ..PbftConfig::default() };
    let simulation = calm(config, 7).fault(Fault::crash("n0").at(ms(500))).fault(Fault::crash("n1").at(ms(500)));
    for seed in 0..10 {
        assert_eq!(answered(&simulation.run(seed)), 180, "seed {seed}");
    }
}

/// A round of the slow network takes longer than the timeout, so nothing would ever be executed in a
/// later view if that stayed what it is.
#[test]
fn a_timeout_that_is_too_short_grows_until_a_view_lasts() {
    let config = PbftConfig { view_change_timeout: ms(5), max_view_change_timeout: ms(2000), ..PbftConfig::default() };
    let slow = LinkProfile { latency: Latency::Uniform(ms(20), ms(40)), ..LinkProfile::default() };
    let first_primary_is_down = |config: &PbftConfig| calm(config.clone(), 4).network(slow).fault(Fault::crash("n0"));
    let growing = first_primary_is_down(&config).run(1);
    assert!(answered(&growing) > 20, "{} answered", answered(&growing));
    let fixed = PbftConfig { max_view_change_timeout: ms(5), ..config };
    assert_eq!(answered(&first_primary_is_down(&fixed).run(1)), 0);
}

#[test]
fn a_quorum_is_needed_and_no_more() {
    let down = |indexes: &[u32]| {
        let group = calm(PbftConfig { faulty: 2, ..PbftConfig::default() }, 7);
        indexes.iter().fold(group, |group, index| group.fault(Fault::crash(node(*index)))).run(1)
    };
    assert_eq!(answered(&down(&[5, 6])), 180);
    assert_eq!(answered(&down(&[4, 5, 6])), 0);
}

/// Each of twelve clients waits for 300 ms at most, and a backup for 400 ms: what it waits for is
/// always a later request than the one before.
#[test]
fn a_silent_primary_is_replaced_although_its_clients_soon_give_up() {
    let clients = ClientProfile { count: 12, operations: 100, attempts: 2, timeout: ms(150), think: (ms(0), ms(60)) };
    let patience = PbftConfig { view_change_timeout: ms(400), ..PbftConfig::default() };
    let silent = Fault::silence("n0");
    let world = calm(patience, 4).workload(clients, KvWorkload::default()).fault(silent).run_for(ms(20_000));
    for seed in 0..5 {
        let outcome = world.run(seed);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert!(answered(&outcome) > 1000, "{} of 1200 were answered, seed {seed}", answered(&outcome));
    }
}
