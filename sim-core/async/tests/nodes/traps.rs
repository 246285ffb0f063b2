//! What makes a seed give more than one run, in code that looks innocent: a check fails loudly.

use std::panic::{AssertUnwindSafe, catch_unwind};

use async_nodes::{Node, Program, simulate, sleep, yield_now};
use sim_core::{Nothing, ms};

#[derive(Debug)]
struct Trap;

impl Program for Trap {
    type Message = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = u64;
    type State = ();
}

/// That a check of this program fails, and says why.
fn is_caught<F: Future<Output = ()> + 'static>(main: impl Fn(Node<Trap>) -> F + Clone + Send + Sync + 'static) {
    let simulation = simulate(1, main).always("True", |_| true);
    let panicked = catch_unwind(AssertUnwindSafe(|| simulation.check(0..10))).expect_err("it is noticed");
    let told = panicked.downcast_ref::<String>().expect("it is text");
    assert!(told.contains("seed 0x0 gives two runs"), "{told}");
    assert!(told.contains("of the trace:\n"), "{told}");
}

#[test]
fn a_select_of_tokio_that_is_not_biased_is_noticed() {
    is_caught(|node| async move {
        for _ in 0..64 {
            let first = tokio::select! {
                () = yield_now() => 0,
                () = yield_now() => 1,
            };
            node.emit(first);
        }
    });
}

#[test]
fn a_select_of_futures_is_noticed() {
    is_caught(|node| async move {
        for _ in 0..64 {
            let (mut a, mut b) =
                (Box::pin(futures::FutureExt::fuse(yield_now())), Box::pin(futures::FutureExt::fuse(yield_now())));
            let first = futures::select! { () = a => 0, () = b => 1 };
            node.emit(first);
        }
    });
}

#[test]
#[expect(clippy::disallowed_types, reason = "that is the trap")]
fn the_order_of_a_hash_map_is_noticed() {
    is_caught(|node| async move {
        let map: std::collections::HashMap<u64, ()> = (0..64).map(|key| (key, ())).collect();
        map.into_keys().for_each(|key| node.emit(key));
    });
}

#[test]
fn to_wake_a_task_of_another_node_is_a_panic() {
    let simulation = {
        let (sender, receiver) = tokio::sync::watch::channel(0_u64);
        simulate::<Trap, _>(2, move |node| {
            let (sender, mut receiver) = (sender.clone(), receiver.clone());
            async move {
                if node.me() == node.nodes()[0] {
                    sleep(ms(10)).named("Tell").await;
                    sender.send_replace(1);
                } else {
                    let _ = receiver.changed().await;
                }
            }
        })
    };
    let verdict = simulation.run(0).summary.verdict.to_string();
    assert!(verdict.contains("nodes share no memory"), "{verdict}");
}
