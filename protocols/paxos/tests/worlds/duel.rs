//! Two proposers of the Synod that outbid each other, by the order of messages alone.

use paxos::synod::{Synod, SynodConfig, SynodEvent, SynodWorkload};
use sim_core::consistency::Level;
use sim_core::{Breach, ClientProfile, Fault, Property, Simulation, Step, World, ms};

/// What one proposer proposes arrives just after the other has been promised a higher ballot, so many times for each of
/// them. Nothing is lost, and nobody fails.
fn duel(rounds: u64) -> Simulation<Synod> {
    let config = SynodConfig {
        proposers: Some(2),
        acceptors: Some(3),
        back_off: (ms(20_000), ms(40_000)),
        ..SynodConfig::default()
    };
    let clients = ClientProfile {
        count: 2,
        operations: 1,
        timeout: ms(200_000),
        think: (ms(0), ms(0)),
        ..ClientProfile::default()
    };
    let mut simulation = Simulation::of(config, 5)
        .workload(clients, SynodWorkload::default())
        .consistency(Level::Linearizable)
        .fault(Fault::links("all").kind("Accept").hold().at(ms(0)).labelled("withheld"))
        .fault(Fault::pause("n1").at(ms(0)).lasting(ms(150)));
    for turn in 0..2 * rounds {
        let late = ["n0", "n1"][turn as usize % 2];
        let first = Fault::deliver(late, "n2").kind("Accept");
        simulation = simulation
            .fault(if turn == 0 { first.at(ms(300)) } else { first.then_after(ms(20)) })
            .fault(Fault::deliver(late, "n3").kind("Accept").then_after(ms(0)))
            .fault(Fault::deliver(late, "n4").kind("Accept").then_after(ms(0)))
            .fault(Fault::fire(late, "Retry").then_after(ms(20)));
    }
    simulation.fault(Fault::end("withheld").then_after(ms(20))).run_for(script(rounds) + ms(200_000))
}

/// How long the script lasts.
fn script(rounds: u64) -> sim_core::Duration {
    ms(300 + rounds * 2 * 40)
}

/// Nothing is learned before the script has ended.
#[derive(Debug)]
struct Starved {
    until: sim_core::Duration,
}

impl Property<Synod> for Starved {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        let learned = step.events.iter().any(|event| matches!(event, SynodEvent::Learned { .. }));
        if learned && world.now().as_nanos() < self.until.as_nanos() {
            return Err(Breach::new([world.identity(step.process)], "something is chosen in spite of the script"));
        }
        Ok(())
    }
}

/// No bound on messages, no end (Fischer, Lynch and Paterson 1985): the schedule starves the proposers for as long as it is
/// kept up, however long that is. They never choose two values, and choose one soon after.
#[test]
fn proposers_starve_for_as_long_as_the_schedule_lasts_and_no_longer() {
    for rounds in [1, 10, 100] {
        let until = script(rounds);
        duel(rounds)
            .property("Starved", move || Starved { until })
            .sometimes("Outbid")
            .sometimes("Learned")
            .check(0..20);
        for seed in 0..20 {
            let outcome = duel(rounds).run(seed);
            let chosen = outcome.history.iter().filter(|(_, operation)| operation.reply().is_some()).count();
            assert_eq!(chosen, 2, "{rounds} {seed}: {}", outcome.history);
        }
    }
}
