//! The perfect failure detector.

use crate::common::{Handlers, IDLE, Node, check_replays, ms, n, numbers, set, simulation};
use sim_core::{Assumption, Fault, FaultFamily, FaultModel, Nemesis, NodeId, Rhythm, Simulation, Trace, TraceKind};

/// Nodes that are told within 5 ms of those that have stopped, and announce it.
fn detecting(nodes: u32, handlers: Handlers) -> Simulation<Node> {
    let model = FaultModel::of(vec![Assumption::PerfectDetector { within: ms(5) }]);
    simulation(nodes, handlers).run_for(ms(100)).model(model)
}

/// When a node was told, and of whom.
fn told(trace: &Trace, who: NodeId) -> Vec<(u64, u64)> {
    numbers(trace, who).into_iter().map(|(time, number)| (time, number - 1000)).collect()
}

#[test]
fn all_others_are_told_in_time_and_not_before() {
    let simulation = detecting(4, IDLE).fault(Fault::crash("n1").at(ms(20)));
    let mut times = Vec::new();
    for seed in 0..50 {
        let trace = simulation.trace(seed);
        assert_eq!(told(&trace, n(1)), []);
        for who in [0, 2, 3] {
            let [(time, of)] = told(&trace, n(who))[..] else { panic!("n{who} was told more than once, or never") };
            assert!(of == 1 && (20..=25).contains(&time), "{time}");
            times.push(time);
        }
    }
    assert!(times.contains(&20) && times.contains(&24), "it is drawn for each");
    check_replays(&simulation, 5);
}

#[test]
fn nobody_is_told_of_a_node_that_is_paused_or_cut_off() {
    let cut = Fault::send_omission("n2");
    let simulation = detecting(4, IDLE).fault(Fault::pause("n1").at(ms(10))).fault(cut.at(ms(10)));
    assert_eq!((0..4).flat_map(|who| told(&simulation.trace(0), n(who))).count(), 0);
}

#[test]
fn a_node_that_is_paused_is_told_when_it_goes_on() {
    let pause = Fault::pause("n0").at(ms(10)).lasting(ms(30));
    let trace = detecting(2, IDLE).fault(pause).fault(Fault::crash("n1").at(ms(20))).trace(0);
    assert_eq!(told(&trace, n(0)), [(40, 1)]);
}

#[test]
fn a_node_that_stops_itself_has_stopped_and_one_that_joins_is_told() {
    let handlers = Handlers {
        start: |_, ctx| {
            if ctx.me() == n(0) {
                set(0, ms(10), ctx);
            }
        },
        timer: |_, _, ctx| ctx.halt("enough"),
        ..IDLE
    };
    let join = Fault::join("n2").at(ms(50));
    let trace = detecting(3, handlers).legitimate_halts(&["enough"]).fault(join).trace(0);
    let [of_the_old, of_the_new] = [1, 2].map(|who| told(&trace, n(who)));
    assert!(matches!(of_the_old[..], [(10..=15, 0)]), "{of_the_old:?}");
    assert!(matches!(of_the_new[..], [(50..=55, 0)]), "{of_the_new:?}");
}

/// Not with the heal, and not because a nemesis would have it back.
#[test]
fn who_has_stopped_does_not_come_back() {
    let nemesis = Nemesis::of([FaultFamily::Crash, FaultFamily::Disk], Rhythm::new(ms(20), ms(5))).in_every_seed();
    let simulation = detecting(5, IDLE).nemesis(nemesis).heal_at(ms(80));
    let is_second = |kind: &TraceKind| matches!(kind, TraceKind::Boot { incarnation, .. } if *incarnation > 1);
    let mut crashed = 0;
    for seed in 0..50 {
        let trace = simulation.trace(seed);
        assert_eq!(trace.events.iter().filter(|event| is_second(&event.kind)).count(), 0);
        crashed += trace.events.iter().filter(|event| matches!(event.kind, TraceKind::Crash { .. })).count();
    }
    assert!(crashed > 50, "{crashed}");
}

#[test]
fn a_plan_that_would_have_it_back_is_refused() {
    let message = "a node that the failure detector has told of does not come back";
    let faults: [Fault; 3] = [
        Fault::crash("n0").restart_after(ms(1)).at(ms(10)).into(),
        Fault::restart("n0").at(ms(10)).into(),
        Fault::failing_sync("n0").restart_after(ms(1)).at(ms(10)).into(),
    ];
    for fault in faults {
        let refused = detecting(2, IDLE).fault(fault).validate();
        assert_eq!(refused, Err((Some(0), message.to_owned())));
    }
    assert_eq!(detecting(2, IDLE).fault(Fault::crash("all").at(ms(10))).validate(), Ok(()));
}
