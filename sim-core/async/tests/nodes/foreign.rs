//! What other crates make runs unchanged, and the same for each seed.

use std::rc::Rc;

use async_nodes::{AsyncNode, Node, Program, simulate, sleep, spawn};
use futures::stream::{FuturesUnordered, StreamExt};
use sim_core::{Nothing, ms, secs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

#[derive(Debug)]
struct Foreign;

impl Program for Foreign {
    type Message = u64;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = (String, u64);
    type State = Vec<(String, u64)>;
}

/// Everything that it hears goes through a part of another crate, and is announced.
async fn everything(node: Node<Foreign>) {
    let tell = {
        let node = node.clone();
        Rc::new(move |what: &str, value: u64| {
            node.with_state(|state| state.push((what.to_owned(), value)));
            node.emit((what.to_owned(), value));
        })
    };

    let (to_worker, mut work) = mpsc::channel::<u64>(2);
    let (to_all, mut heard) = broadcast::channel::<u64>(16);
    let mut heard_too = to_all.subscribe();
    let (latest, mut watched) = watch::channel(0_u64);
    let turns = Rc::new(Semaphore::new(1));
    let (mut pipe, mut end) = tokio::io::duplex(8);

    let says = Rc::clone(&tell);
    let worker = spawn(async move {
        while let Some(value) = work.recv().await {
            says("mpsc", value);
        }
        says("mpsc closed", 0);
    });
    let says = Rc::clone(&tell);
    spawn(async move {
        while let (Ok(one), Ok(other)) = tokio::join!(heard.recv(), heard_too.recv()) {
            says("broadcast", one + other);
        }
    });
    let says = Rc::clone(&tell);
    spawn(async move {
        while watched.changed().await.is_ok() {
            let value = *watched.borrow();
            says("watch", value);
        }
    });
    let says = Rc::clone(&tell);
    spawn(async move {
        while let Ok(value) = end.read_u64().await {
            says("duplex", value);
        }
    });

    for round in 0..3 {
        node.broadcast(round);
        let (_, value) = node.recv().await;
        to_worker.send(value).await.expect("the worker is there");
        let _ = to_all.send(value);
        latest.send_replace(round);
        pipe.write_u64(value).await.expect("the pipe is open");

        let (answer, asked) = oneshot::channel();
        spawn(async move {
            sleep(ms(3)).named("Answer").await;
            answer.send(value).expect("somebody waits");
        });
        tell("oneshot", asked.await.expect("it answers"));

        let mut several: FuturesUnordered<_> = (0..4_u64)
            .map(|index| {
                let turns = Rc::clone(&turns);
                async move {
                    sleep(ms(5 - index)).named("Several").await;
                    let _turn = turns.acquire().await.expect("it is open");
                    index
                }
            })
            .collect();
        while let Some(index) = several.next().await {
            tell("unordered", index);
        }

        let (mut a, mut b) = (
            Box::pin(futures::FutureExt::fuse(sleep(ms(2)).named("A"))),
            Box::pin(futures::FutureExt::fuse(sleep(ms(1)).named("B"))),
        );
        let first = futures::select_biased! { () = a => 'a', () = b => 'b' };
        tell("select_biased", first as u64);
        let first = tokio::select! {
            biased;
            () = sleep(ms(2)).named("A") => 'a',
            () = sleep(ms(1)).named("B") => 'b',
        };
        tell("select", first as u64);
    }
    drop(to_worker);
    worker.await.expect("nobody aborts it");
}

#[test]
fn channels_and_streams_of_other_crates_run_as_nodes() {
    let simulation = simulate(3, everything).run_for(secs(2));
    for seed in 0..50 {
        let outcome = simulation.run(seed);
        assert!(outcome.summary.verdict.violation().is_none(), "{}", outcome.summary.verdict);
        assert_eq!(outcome.summary.trace_hash, simulation.run(seed).summary.trace_hash, "seed {seed}");
    }
    let told = simulation.trace(0).to_string();
    for part in
        ["mpsc", "mpsc closed", "broadcast", "watch", "duplex", "oneshot", "unordered", "select_biased", "select"]
    {
        assert!(told.contains(&format!("\"{part}\"")), "nobody heard of {part}:\n{told}");
    }
}

#[test]
fn channels_and_streams_of_other_crates_survive_crashes_of_nodes() {
    simulate(3, everything)
        .random_faults()
        .heal_at(secs(3))
        .run_for(secs(5))
        .always("Three Rounds A Boot", |world| {
            let rounds = |node: &AsyncNode<Foreign>| node.state().iter().filter(|(what, _)| what == "oneshot").count();
            world.correct().all(|process| world.node(process).is_none_or(|node| rounds(node) <= 3))
        })
        .check(0..50);
}
