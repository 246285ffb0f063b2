//! Every object by its name, replicated by one small protocol under faults: what clients see is right, and two mistakes
//! of the protocol show with each of them. Isolation levels of those that have transactions.

mod primary;

use parts::objects::{ModelKind, ObjectWorkload};
use primary::{Config, Primary};
use sim_core::consistency::Level;
use sim_core::consistency::isolation::IsolationLevel;
use sim_core::{ClientProfile, Fault, Guarantee, LINEARIZABILITY, Latency, LinkProfile, Probability, Simulation, ms};

/// A world whose links lose messages and whose nodes lose their power, in which clients ask for an object.
fn world(object: ModelKind, config: Config) -> Simulation<Primary> {
    let workload = format!(r#"{{ "object": "{object}", "keys": 2 }}"#);
    let workload: ObjectWorkload = serde_json::from_str(&workload).unwrap();
    let clients =
        ClientProfile { count: 3, operations: 40, timeout: ms(40), think: (ms(0), ms(20)), ..ClientProfile::default() };
    let network = LinkProfile {
        latency: Latency::Uniform(ms(1), ms(10)),
        loss: Probability::ratio(1, 20),
        ..LinkProfile::default()
    };
    let power_loss = |node: &str, at| Fault::crash(node).power_loss().restart_after(ms(30)).at(ms(at));
    Simulation::of(config, 3)
        .network(network)
        .workload(clients, workload)
        .fault(power_loss("n0", 300))
        .fault(power_loss("random:1", 600))
        .fault(power_loss("n0", 900))
        .fault(Fault::isolate("random").at(ms(1100)).lasting(ms(200)))
        .heal_at(ms(2000))
        .run_for(ms(6000))
}

#[test]
fn every_object_is_linearizable() {
    for &object in ModelKind::ALL {
        world(object, Config::default()).consistency(Level::Linearizable).check(0..30);
    }
}

#[test]
fn an_operation_that_is_applied_twice_shows_in_every_object() {
    for &object in ModelKind::ALL {
        let forgetful = Config { sessions: false, ..Config::default() };
        world(object, forgetful).consistency(Level::Linearizable).expect_violation(LINEARIZABILITY).check(0..100);
    }
}

#[test]
fn an_operation_that_is_lost_shows_in_every_object() {
    for &object in ModelKind::ALL {
        let hasty = Config { syncs: false, ..Config::default() };
        world(object, hasty).consistency(Level::Linearizable).expect_violation(LINEARIZABILITY).check(0..100);
    }
}

#[test]
fn banks_and_registers_keep_every_isolation_level() {
    for object in [ModelKind::Bank, ModelKind::MultiRegister] {
        for &level in IsolationLevel::ALL {
            world(object, Config::default()).consistency(level).check(0..5);
        }
    }
}

#[test]
fn a_torn_answer_shows_at_the_levels_that_have_snapshots() {
    let torn = || Config { snapshots: false, ..Config::default() };
    let check = |object, level: IsolationLevel| {
        let property = Guarantee::from(level).property();
        world(object, torn()).consistency(level).expect_violation(property).check(0..100);
    };
    for level in [IsolationLevel::SnapshotIsolation, IsolationLevel::ParallelSnapshotIsolation] {
        check(ModelKind::Bank, level);
        check(ModelKind::MultiRegister, level);
    }
    check(ModelKind::MultiRegister, IsolationLevel::ReadAtomic);
}
