//! Who is granted the resource, and what that takes.

use lamport_mutex::LamportMutexConfig;
use sim_core::{Fault, Latency, LinkProfile, Nemesis, Probability, ProtocolConfig, ms};

use crate::calm;

fn asking(requests: u32) -> LamportMutexConfig {
    LamportMutexConfig { requests, ..LamportMutexConfig::default() }
}

/// A request, an acknowledgement and a release for each other process.
#[test]
fn every_request_is_granted_for_three_messages_to_each_other() {
    for nodes in [1, 2, 3, 5] {
        let outcome = calm(asking(4), nodes).run_traced(1);
        let granted = outcome.announced().iter().filter(|line| line.contains(" Granted ")).count();
        assert_eq!(granted, 4 * nodes as usize);
        assert_eq!(outcome.summary.delivered, u64::from(4 * nodes * (nodes - 1) * 3));
    }
}

#[test]
fn no_two_have_the_resource_at_once() {
    calm(asking(10), 4)
        .always("One Holder", |world| {
            let holders = world.correct().filter(|process| world.node(*process).is_some_and(|of| of.holds().is_some()));
            match holders.count() {
                0 | 1 => Ok(()),
                count => Err(format!("{count} processes have the resource")),
            }
        })
        .check(0..50);
}

/// The algorithm knows no time: all others wait for whoever has the resource.
#[test]
fn all_wait_for_a_holder_that_is_paused() {
    let paused = calm(asking(3), 3).fault(Fault::pause("holder").at(ms(300)).lasting(ms(1500)));
    paused.check(0..50);
    let said = paused.run_traced(2).announced();
    assert_eq!(said.iter().filter(|line| line.contains(" Granted ")).count(), 9, "{said:?}");
}

#[test]
fn what_arrives_twice_does_no_harm() {
    let latency = Latency::Uniform(ms(1), ms(50));
    let duplicate = Probability::ratio(1, 2);
    let network = LinkProfile { duplicate, ..LinkProfile::tcp().taking(latency) };
    calm(asking(5), 3).network(network).check(0..100);
}

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&LamportMutexConfig::default().model());
    for nodes in [2, 3, 5] {
        calm(asking(8), nodes).nemesis(nemesis.clone()).heal_at(ms(2000)).check(0..60);
    }
}
