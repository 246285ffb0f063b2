//! The protocol of the guide, written both ways: both keep what it promises, and the guide shows what is tested.

mod functions;
mod handlers;
mod words;

use std::collections::BTreeMap;

use async_nodes::simulate;
use sim_core::{Assumption, Breach, FaultModel, Nemesis, Nothing, Property, Protocol, Simulation, Step, World, secs};

use words::Decided;

/// All nodes come to the same decision, whether they crash or not (AC1, Bernstein, Hadzilacos and Goodman 1987).
#[derive(Debug, Default)]
struct Agreement(BTreeMap<u64, bool>);

impl<P: Protocol<Event = Decided>> Property<P> for Agreement {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        for Decided { id, commit } in step.events {
            if *self.0.entry(*id).or_insert(*commit) != *commit {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("{me} decides otherwise about {id}")));
            }
        }
        Ok(())
    }
}

fn check<P: Protocol<Op = Nothing, Event = Decided>>(simulation: Simulation<P>) {
    let assumed = vec![Assumption::DurableDisks, Assumption::NoPhantomWrites, Assumption::IntactMessages];
    let simulation = simulation
        .nemesis(Nemesis::within(&FaultModel::of(assumed)))
        .heal_at(secs(2))
        .run_for(secs(3))
        .property("Agreement", Agreement::default);
    simulation.clone().check(0..100);
    let decided = simulation.run_traced(0).announced();
    for commit in [true, false] {
        assert!(decided.iter().any(|line| line.contains(&format!("commit={commit}"))), "{decided:#?}");
    }
}

#[test]
fn handlers_agree() {
    check(Simulation::new(4, |me, _| handlers::TwoPhase::new(me)));
}

#[test]
fn functions_agree() {
    check(simulate(4, functions::two_phase));
}

#[test]
fn the_guide_shows_what_is_tested() {
    let guide = include_str!("../../GUIDE.md");
    let files = [include_str!("words.rs"), include_str!("handlers.rs"), include_str!("functions.rs")];
    for file in files {
        assert!(guide.contains(file), "the guide lacks this:\n{file}");
    }
}
