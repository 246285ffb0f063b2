//! Pauses, panics, time, tasks: what async code sees of them.

use std::cell::Cell;
use std::rc::Rc;

use async_nodes::{
    Aborted, AsyncNode, Channel, Elapsed, Node, Program, Watch, interval, now, select, simulate, sleep, spawn,
    spawn_named, timeout,
};
use sim_core::{Fault, FaultModel, Nothing, Simulation, Verdict, ms, secs};

#[derive(Debug)]
pub(crate) struct Life;

impl Program for Life {
    type Message = u64;
    type Record = u64;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = String;
    type State = ();
}

/// One node that runs this.
pub(crate) fn alone<F: Future<Output = ()> + 'static>(
    main: impl Fn(Node<Life>) -> F + Clone + Send + Sync + 'static,
) -> Simulation<AsyncNode<Life>> {
    simulate(1, main).run_for(secs(2)).model(FaultModel::default())
}

/// What is announced in a run, in order.
pub(crate) fn told(simulation: &Simulation<AsyncNode<Life>>) -> Vec<String> {
    let outcome = simulation.run_traced(0);
    assert!(matches!(outcome.summary.verdict, Verdict::Passed), "{}", outcome.summary.verdict);
    outcome.announced().iter().map(|line| line.trim_start_matches("n0 ").trim_matches('"').to_owned()).collect()
}

/// Milliseconds since the boot.
pub(crate) fn clock() -> u64 {
    now().as_nanos() / ms(1).as_nanos()
}

#[test]
fn a_paused_node_notices_by_its_clock_alone() {
    let main = |node: Node<Life>| async move {
        let mut beats = interval(sleep(ms(100)).named("Beat"));
        loop {
            beats.tick().await;
            node.emit(format!("{}", clock()));
        }
    };
    let fault = Fault::pause("n0").at(ms(150)).lasting(ms(500));
    let told = told(&alone(main).fault(fault).run_for(ms(900)));
    assert_eq!(told, ["0", "100", "650", "750", "850"]);
}

#[test]
fn sleeps_wake_in_the_order_of_their_times() {
    let main = |node: Node<Life>| async move {
        for pause in [30, 10, 20] {
            let node = node.clone();
            spawn(async move {
                sleep(ms(pause)).named("Nap").await;
                node.emit(format!("{pause} at {}", clock()));
            });
        }
    };
    assert_eq!(told(&alone(main)), ["10 at 10", "20 at 20", "30 at 30"]);
}

#[test]
fn a_timeout_gives_up_and_disarms_its_timer() {
    let main = |node: Node<Life>| async move {
        let late = timeout(sleep(ms(10)).named("Limit"), sleep(ms(20)).named("Work")).await;
        assert_eq!(late, Err(Elapsed));
        let early = timeout(ms(20), sleep(ms(10)).named("Work")).await;
        assert_eq!(early, Ok(()));
        node.emit(format!("{}", clock()));
        // What was given up wakes nobody.
        sleep(ms(100)).named("Rest").await;
        node.emit(format!("{}", clock()));
    };
    let simulation = alone(main);
    assert_eq!(told(&simulation), ["20", "120"]);
    let trace = simulation.trace(0).to_string();
    assert_eq!(trace.matches("timer").count(), ["Limit", "Work", "Rest"].len(), "{trace}");
}

#[test]
fn tasks_are_joined_and_aborted() {
    let main = |node: Node<Life>| async move {
        let sum = spawn(async { 1 + 1 });
        assert_eq!(sum.await, Ok(2));
        let dropped = Rc::new(Cell::new(false));
        let guard = Guard(Rc::clone(&dropped));
        let endless = spawn(async move {
            let _guard = guard;
            sleep(secs(100)).named("Long").await;
        });
        sleep(ms(1)).named("Short").await;
        assert!(!endless.is_over());
        endless.abort();
        assert!(dropped.get(), "what it held is dropped at once");
        assert_eq!(endless.await, Err(Aborted));
        node.emit("done".to_owned());
    };
    assert_eq!(told(&alone(main)), ["done"]);

    struct Guard(Rc<Cell<bool>>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
}

#[test]
fn a_channel_keeps_the_order_and_loses_nothing_to_a_receiver_that_gives_up() {
    let main = |node: Node<Life>| async move {
        let channel = Channel::default();
        let sender = channel.clone();
        spawn(async move {
            for number in 0..3 {
                sleep(ms(100)).named("Send").await;
                sender.send(2 * number);
                sender.send(2 * number + 1);
            }
        });
        let mut got = Vec::new();
        while got.len() < 6 {
            match timeout(sleep(ms(30)).named("Patience"), channel.recv()).await {
                Ok(number) => got.push(number),
                Err(Elapsed) => node.emit(format!("nothing by {}", clock())),
            }
        }
        node.emit(format!("{got:?} at {}", clock()));
    };
    let told = told(&alone(main));
    assert_eq!(told.last().map(String::as_str), Some("[0, 1, 2, 3, 4, 5] at 300"));
    assert_eq!(told.len(), 10, "three times it gives up before each pair: {told:?}");
}

#[test]
fn a_watch_wakes_all_who_wait_for_what_came() {
    let main = |node: Node<Life>| async move {
        let watch = Watch::new(0);
        for least in [3, 1, 2] {
            let (node, watch) = (node.clone(), watch.clone());
            spawn(async move {
                watch.wait_for(|value| *value >= least).await;
                node.emit(format!("{least} at {}", clock()));
            });
        }
        for _ in 0..3 {
            sleep(ms(10)).named("Step").await;
            watch.modify(|value| *value += 1);
        }
        watch.wait_for(|value| *value == 3).await;
        node.emit(format!("{watch:?}"));
    };
    assert_eq!(told(&alone(main)), ["1 at 10", "2 at 20", "3", "3 at 30"]);
}

#[test]
fn a_drawn_select_lets_either_win_and_a_biased_one_the_first() {
    let biased = |node: Node<Life>| async move {
        let first = select! {
            () = async {} => "first",
            () = async {} => "second",
        };
        node.emit(first.to_owned());
    };
    let drawn = |node: Node<Life>| async move {
        let first = select! { node, "who wins";
            () = async {} => "first",
            () = async {} => "second",
        };
        node.emit(first.to_owned());
    };
    let winners = |simulation: Simulation<AsyncNode<Life>>| {
        let mut winners: Vec<String> = (0..20).flat_map(|seed| simulation.run_traced(seed).announced()).collect();
        winners.sort();
        winners.dedup();
        winners.len()
    };
    assert_eq!(winners(alone(biased)), 1);
    assert_eq!(winners(alone(drawn)), 2);
}

#[test]
fn branches_may_be_blocks_without_commas_and_durations_those_of_the_standard_library() {
    let main = |node: Node<Life>| async move {
        let limit = std::time::Duration::from_millis(20);
        let first = select! {
            biased;
            (_, message) = node.recv() => { format!("heard {message}") }
            record = node.disk().sync() => match record {
                Ok(()) => "durable".to_owned(),
                Err(error) => error.to_string(),
            },
            () = sleep(limit).named("Limit") => { "late".to_owned() }
        };
        node.emit(first);
        assert_eq!(timeout(limit, std::future::pending::<()>()).await, Err(Elapsed));
        node.emit(format!("{}", clock()));
    };
    assert_eq!(told(&alone(main)), ["durable", "20"]);
}

#[test]
fn a_panic_is_the_nodes_and_names_the_task() {
    let main = |_: Node<Life>| async move {
        spawn_named("accountant", async {
            sleep(ms(10)).named("Count").await;
            panic!("the books do not balance");
        });
    };
    let verdict = alone(main).run(0).summary.verdict.to_string();
    assert!(verdict.contains("the books do not balance (in task `accountant`)"), "{verdict}");
}

#[test]
fn a_task_that_never_waits_is_a_violation() {
    let main = |_: Node<Life>| async move {
        loop {
            async_nodes::yield_now().await;
        }
    };
    let verdict = alone(main).run(0).summary.verdict.to_string();
    assert!(verdict.contains("task `main` goes on and on"), "{verdict}");
}

#[test]
fn timers_are_named_by_the_user_or_by_their_place() {
    let main = |_: Node<Life>| async move {
        let (one, other) = (sleep(ms(10)).named("Nap"), sleep(ms(20)).named("Nap"));
        tokio::join!(one, other, sleep(ms(30)));
    };
    let trace = alone(main).trace(0).to_string();
    for name in ["Nap", "Nap 1", "life.rs:"] {
        assert!(trace.contains(name), "no timer is called {name}:\n{trace}");
    }
}

#[test]
fn a_fault_can_fire_a_timer_by_its_name() {
    let main = |node: Node<Life>| async move {
        sleep(secs(10)).named("Election").await;
        node.emit("elected".to_owned());
    };
    let told = told(&alone(main).fault(Fault::fire("n0", "Election").at(ms(100))));
    assert_eq!(told, ["elected"]);
}
