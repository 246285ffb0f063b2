//! Futures that are dropped, aborted, polled too often or woken at an odd moment.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use async_nodes::{
    Aborted, Channel, Elapsed, Node, Program, Watch, interval, select, simulate, sleep, spawn, spawn_named, timeout,
    yield_now,
};
use futures::stream::{FuturesUnordered, StreamExt};
use sim_core::{ClientProfile, NodeId, Nothing, RequestId, Signed, ms, secs};

use crate::life::{Life, alone, clock, told};

/// Polls a future once, and drops it.
async fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[test]
fn a_message_is_not_lost_to_a_receiver_that_was_given_up() {
    let main = |node: Node<Life>| async move {
        let me = node.me();
        for number in 0..20 {
            node.send(me, number);
        }
        let mut got = Vec::new();
        while got.len() < 20 {
            // It is looked at, waits, and is dropped, again and again.
            assert_eq!(poll_once(async { yield_now().await }).await, None);
            if let Some((_, number)) = poll_once(node.recv()).await {
                got.push(number);
            }
            select! {
                () = sleep(ms(1)).named("Beat") => {},
                (_, number) = node.recv() => got.push(number),
            }
        }
        got.sort_unstable();
        assert_eq!(got, (0..20).collect::<Vec<_>>());
        node.emit("all".to_owned());
    };
    assert_eq!(told(&alone(main)), ["all"]);
}

/// Three receivers, two of which give up: the third is woken for what the others do not take.
#[test]
fn no_wake_up_is_lost_to_those_who_have_gone() {
    let main = |node: Node<Life>| async move {
        let channel = Channel::default();
        for patience in [5, 15] {
            let channel = channel.clone();
            spawn(async move { timeout(sleep(ms(patience)).named("Patience"), channel.recv()).await });
        }
        let stays = {
            let channel = channel.clone();
            spawn(async move { channel.recv().await })
        };
        sleep(ms(10)).named("First").await;
        let aborted = {
            let channel = channel.clone();
            spawn(async move { channel.recv().await })
        };
        yield_now().await;
        aborted.abort();
        sleep(ms(10)).named("Second").await;
        channel.send(7);
        node.emit(format!("{:?} at {}", stays.await, clock()));
        assert_eq!(aborted.await, Err(Aborted));
    };
    assert_eq!(told(&alone(main)), ["Ok(7) at 20"]);
}

#[test]
fn a_handle_in_a_select_is_joined_by_reference() {
    let main = |node: Node<Life>| async move {
        let mut work = spawn(async {
            sleep(ms(35)).named("Work").await;
            9
        });
        let mut beats = interval(sleep(ms(10)).named("Beat"));
        let output = loop {
            select! {
                output = &mut work => break output,
                () = beats.tick() => node.emit(format!("beat at {}", clock())),
            }
        };
        node.emit(format!("{output:?} at {}", clock()));
    };
    assert_eq!(told(&alone(main)), ["beat at 0", "beat at 10", "beat at 20", "beat at 30", "Ok(9) at 35"]);
}

#[test]
fn to_join_a_task_twice_is_a_panic() {
    let main = |_: Node<Life>| async move {
        let mut work = spawn(async { 9 });
        assert_eq!((&mut work).await, Ok(9));
        let _ = work.await;
    };
    let verdict = alone(main).run(0).summary.verdict.to_string();
    assert!(verdict.contains("its output is gone"), "{verdict}");
}

#[test]
fn a_task_that_aborts_itself_ends_where_it_next_waits() {
    let main = |node: Node<Life>| async move {
        let handle: Rc<RefCell<Option<async_nodes::JoinHandle<()>>>> = Rc::default();
        let (own, teller) = (Rc::clone(&handle), node.clone());
        let task = spawn(async move {
            sleep(ms(1)).named("Begin").await;
            own.borrow().as_ref().expect("it is there").abort();
            teller.emit("goes on".to_owned());
            sleep(ms(1)).named("Never").await;
            teller.emit("never".to_owned());
        });
        handle.replace(Some(task));
        sleep(ms(10)).named("Later").await;
        let task = handle.take().expect("it is there");
        assert!(task.is_over());
        node.emit(format!("{:?}", task.await));
    };
    assert_eq!(told(&alone(main)), ["goes on", "Err(Aborted)"]);
}

/// A task takes the place of one that was aborted while it was ready: nobody is run in the place of the other.
#[test]
fn an_aborted_task_leaves_its_place_to_the_next() {
    let main = |node: Node<Life>| async move {
        let first = spawn(async { unreachable!("it is aborted before it runs") });
        first.abort();
        let teller = node.clone();
        let second = spawn(async move {
            teller.emit("second".to_owned());
            sleep(ms(5)).named("Second").await;
            2
        });
        // It is over: this is nobody's.
        first.abort();
        assert_eq!(second.await, Ok(2));
        assert_eq!(first.await, Err(Aborted));
        node.emit(format!("{}", clock()));
    };
    assert_eq!(told(&alone(main)), ["second", "5"]);
}

/// What drops a task may itself abort others, or wake them.
#[test]
fn a_task_that_aborts_others_when_it_is_dropped() {
    struct AbortsOnDrop(async_nodes::JoinHandle<()>, Channel<u64>);
    impl Drop for AbortsOnDrop {
        fn drop(&mut self) {
            self.0.abort();
            self.1.send(5);
        }
    }
    let main = |node: Node<Life>| async move {
        let channel = Channel::default();
        let inner = spawn(async { sleep(secs(1)).named("Inner").await });
        let guard = AbortsOnDrop(inner, channel.clone());
        let outer = spawn(async move {
            let _guard = guard;
            sleep(secs(1)).named("Outer").await;
        });
        sleep(ms(1)).named("Begin").await;
        outer.abort();
        node.emit(format!("{} at {}", channel.recv().await, clock()));
    };
    assert_eq!(told(&alone(main)), ["5 at 1"]);
}

#[test]
fn a_panic_in_one_task_is_told_while_others_wait() {
    let main = |node: Node<Life>| async move {
        for number in 0..3 {
            let node = node.clone();
            spawn_named("waits", async move {
                let (_, message) = node.recv().await;
                unreachable!("{number} has got {message}");
            });
        }
        let watch = Watch::new(0);
        let same = watch.clone();
        spawn_named("watches", async move { same.wait_for(|value| *value > 0).await });
        spawn_named("fails", async move {
            sleep(ms(10)).named("Fail").await;
            watch.modify(|_| panic!("in the middle of a change"));
        });
    };
    let simulation = alone(main);
    let verdict = simulation.run(0).summary.verdict.to_string();
    assert!(verdict.contains("in the middle of a change (in task `fails`)"), "{verdict}");
    assert_eq!(simulation.run(0).summary.trace_hash, simulation.run(1).summary.trace_hash);
}

/// Whoever holds the last handle of a watch or a channel waits for ever, and nothing else is held up.
#[test]
fn a_watch_that_all_others_have_dropped_is_never_changed() {
    let main = |node: Node<Life>| async move {
        let watch = Watch::new(0);
        let other = watch.clone();
        spawn(async move {
            other.modify(|value| *value = 1);
        });
        watch.wait_for(|value| *value == 1).await;
        let late = timeout(sleep(ms(50)).named("Limit"), watch.wait_for(|value| *value == 2)).await;
        node.emit(format!("{late:?} at {}", clock()));
    };
    assert_eq!(told(&alone(main)), ["Err(Elapsed) at 50"]);
}

#[test]
fn no_time_at_all_is_a_time() {
    let main = |node: Node<Life>| async move {
        // What is done is done, however little time there was.
        assert_eq!(timeout(ms(0), async { 5 }).await, Ok(5));
        assert_eq!(timeout(ms(0), std::future::pending::<()>()).await, Err(Elapsed));
        sleep(ms(0)).named("Nothing").await;
        node.emit(format!("{}", clock()));
    };
    assert_eq!(told(&alone(main)), ["0"]);
    let main = |_: Node<Life>| async move {
        interval(ms(0)).tick().await;
    };
    let verdict = alone(main).run(0).summary.verdict.to_string();
    assert!(verdict.contains("an interval of no time"), "{verdict}");
}

/// As that of tokio: a deadline outside of a loop stays over.
#[test]
fn a_sleep_that_is_over_stays_so_until_it_is_reset() {
    let main = |node: Node<Life>| async move {
        let mut deadline = sleep(ms(30)).named("Deadline");
        (&mut deadline).await;
        (&mut deadline).await;
        node.emit(format!("{}", clock()));
        deadline.reset(ms(20));
        (&mut deadline).await;
        node.emit(format!("{}", clock()));
    };
    assert_eq!(told(&alone(main)), ["30", "50"]);
}

/// A draw that is polled again before it is answered is one draw, and one that was dropped is none.
#[test]
fn a_draw_is_drawn_once() {
    let main = |node: Node<Life>| async move {
        assert_eq!(poll_once(node.choose("dropped", 0..1_000)).await, None);
        let mut draw = pin!(node.choose("die", 0..1_000_000));
        assert!(poll_fn(|cx| Poll::Ready(draw.as_mut().poll(cx).is_pending())).await);
        assert!(poll_fn(|cx| Poll::Ready(draw.as_mut().poll(cx).is_pending())).await);
        let first = draw.await;
        let second = node.choose("die", 0..1_000_000).await;
        node.emit(format!("{first} {second}"));
    };
    let simulation = alone(main);
    let (_, recording) = simulation.record(3);
    let names: Vec<String> = recording.deviations.iter().map(|of| of.name.to_string()).collect();
    assert_eq!(names.iter().filter(|name| name.contains("die")).count(), 2, "{names:?}");
    assert!(!names.iter().any(|name| name.contains("dropped")), "{names:?}");
}

/// Futures that have wakers of their own, around those of this crate.
#[test]
fn futures_in_sets_of_other_crates_are_woken_alone() {
    let main = |node: Node<Life>| async move {
        let watch = Watch::new(0);
        let polls = Rc::new(Cell::new(0));
        let mut set: FuturesUnordered<Pin<Box<dyn Future<Output = u64>>>> = FuturesUnordered::new();
        for least in 1..=5 {
            let watch = watch.clone();
            let polls = Rc::clone(&polls);
            set.push(Box::pin(async move {
                watch
                    .wait_for(|value| {
                        polls.set(polls.get() + 1);
                        *value >= least
                    })
                    .await;
                least
            }));
        }
        for pause in [3, 1, 2] {
            set.push(Box::pin(async move {
                sleep(ms(100 + pause)).named("Nap").await;
                100 + pause
            }));
        }
        spawn(async move {
            for _ in 0..5 {
                sleep(ms(10)).named("Step").await;
                watch.modify(|value| *value += 1);
            }
        });
        let mut order = Vec::new();
        while let Some(which) = set.next().await {
            order.push(which);
        }
        node.emit(format!("{order:?}"));
        assert!(polls.get() <= 5 + 5 * 5, "each is looked at when it has changed: {}", polls.get());
    };
    assert_eq!(told(&alone(main)), ["[1, 2, 3, 4, 5, 101, 102, 103]"]);
}

/// A timer of the user's may be called as those of streams are.
#[test]
fn a_timer_may_have_any_name() {
    let main = |node: Node<Life>| async move {
        sleep(ms(10)).named("TcpRetry").await;
        node.emit(format!("{}", clock()));
    };
    assert_eq!(told(&alone(main)), ["10"]);
}

/// Signatures: of a client, and of a node.
#[derive(Debug)]
struct Notary;

impl Program for Notary {
    type Message = Signed<String>;
    type Record = Nothing;
    type Op = u64;
    type Reply = u64;
    type Event = (NodeId, RequestId, u64);
    type State = ();
}

#[test]
fn nodes_sign_and_show_what_a_client_has_signed() {
    let main = |node: Node<Notary>| async move {
        loop {
            select! {
                signed = node.signed_request() => {
                    let (request, op) = *signed.verify().expect("clients sign what they ask");
                    assert_eq!(signed.signer(), request.client);
                    node.broadcast(node.sign(format!("{op}")));
                    node.emit((node.me(), request, op));
                    node.reply(request, op + 1);
                },
                (from, message) = node.recv() => {
                    assert_eq!(message.signer(), from);
                    assert!(message.verify().is_some_and(|text| text.parse::<u64>().is_ok()));
                },
            }
        }
    };
    let clients = ClientProfile { count: 1, operations: 5, ..ClientProfile::default() };
    let simulation = simulate(2, main).clients(clients, |_, index, _| index.into()).run_for(secs(2));
    let outcome = simulation.run_traced(0);
    assert!(outcome.summary.verdict.violation().is_none(), "{}", outcome.summary.verdict);
    assert_eq!(outcome.announced().len(), 5);
}
