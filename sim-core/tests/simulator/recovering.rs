//! Nodes that are up and no help yet count as down.

use crate::common::{ms, node};
use serde::Serialize;
use sim_core::{Assumption, Context, Fault, FaultModel, NodeId, Nothing, Protocol, Simulation, State, Summary};

/// After a crash it takes ten milliseconds until it knows again what it knew.
#[derive(Debug, Default)]
struct Forgetful {
    is_recovering: bool,
    /// Whether it recovers at its first boot, too: its disk is as empty as a lost one.
    is_always_recovering: bool,
}

impl Protocol for Forgetful {
    type Message = ();
    type Timer = ();
    type Record = ();
    type Op = Nothing;
    type Reply = Nothing;
    type Event = ();

    const STATES: &'static [State<Self>] = &[State::recovering("recovering", |node| node.is_recovering)];

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        self.is_recovering = self.is_always_recovering || !ctx.disk().records().is_empty();
        ctx.disk().append(());
        ctx.disk().sync();
        ctx.set_timer((), ms(10));
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {
        self.is_recovering = false;
    }
}

/// Node 0 is down from 20 to 21 ms and recovers until after 31; node 1 crashes at `second`.
fn two_crashes(second: u64, within_model: bool) -> Summary {
    two_crashes_in(FaultModel::of(vec![Assumption::DownAtMost(1)]), second, within_model)
}

fn two_crashes_in(model: FaultModel, second: u64, within_model: bool) -> Summary {
    let again = |at, who| Fault::crash(node(who)).restart_after(ms(1)).at(ms(at));
    let other = if within_model { again(second, 1).within_model() } else { again(second, 1) };
    let simulation = Simulation::new(3, |_, _| Forgetful::default()).run_for(ms(100));
    simulation.model(model).fault(again(20, 0)).fault(other).run(0).summary
}

#[test]
fn a_node_counts_as_down_until_it_has_recovered() {
    let outside = |second| two_crashes(second, false).outside.safety;
    assert_eq!(outside(25), ["at most 1 nodes are down at a time, but 2 were down"]);
    assert!(outside(40).is_empty());
}

#[test]
fn a_fault_that_keeps_to_the_model_strikes_nobody_while_another_recovers() {
    let withheld = |second| two_crashes(second, true).faults[1].withheld;
    assert_eq!([25, 40].map(withheld), [1, 0]);
    assert!(two_crashes(25, true).outside.safety.is_empty());
}

#[test]
fn a_bound_for_liveness_is_kept_to_as_well() {
    let model = || FaultModel::default().live(vec![Assumption::DownAtMost(1)]);
    let kept = two_crashes_in(model(), 25, true);
    assert_eq!((kept.faults[1].withheld, kept.outside.liveness.len()), (1, 0));
    let broken = two_crashes_in(model(), 25, false);
    assert_eq!((broken.faults[1].withheld, broken.outside.liveness.len(), broken.outside.safety.len()), (0, 1, 0));
}

#[test]
fn a_node_has_lost_nothing_at_its_first_boot() {
    let outside = |crash: Option<Fault>| {
        let always = || Forgetful { is_always_recovering: true, ..Forgetful::default() };
        let model = FaultModel::of(vec![Assumption::DownAtMost(0)]);
        let simulation = Simulation::new(3, move |_, _| always()).run_for(ms(100)).model(model);
        crash.into_iter().fold(simulation, Simulation::fault).run(0).summary.outside.safety.len()
    };
    assert_eq!(outside(None), 0);
    assert_eq!(outside(Some(Fault::crash(node(0)).restart_after(ms(1)).at(ms(20)).into())), 1);
}

/// Says whether it was told that it has run before.
#[derive(Debug, Default)]
struct Told;

#[derive(Clone, Debug, Serialize)]
enum Boot {
    First,
    Again,
}

impl Protocol for Told {
    type Message = Nothing;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Boot;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.emit(if ctx.is_restart() { Boot::Again } else { Boot::First });
    }

    fn on_message(&mut self, _: NodeId, message: Nothing, _: &mut Context<'_, Self>) {
        match message {}
    }
}

#[test]
fn a_node_is_told_that_it_has_run_before_though_its_disk_is_empty() {
    let crash = Fault::crash(node(0)).wiped().restart_after(ms(1)).at(ms(20));
    let outcome = Simulation::new(2, |_, _| Told).fault(crash).run_for(ms(100)).run_traced(0);
    assert_eq!(outcome.announced(), ["n0 First", "n1 First", "n0 Again"]);
}
