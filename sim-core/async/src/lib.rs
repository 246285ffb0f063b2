//! Nodes of Faultbed as ordinary async functions.
//!
//! ```
//! use async_nodes::{Node, Program, select, simulate, sleep};
//! use serde::Serialize;
//! use sim_core::{Fault, Nothing, ms, secs};
//!
//! #[derive(Clone, Debug, Serialize)]
//! enum Message {
//!     Ping,
//!     Pong,
//! }
//!
//! /// What a node lets properties see.
//! #[derive(Debug, Default)]
//! struct Heard {
//!     pongs: u32,
//! }
//!
//! #[derive(Debug)]
//! struct PingPong;
//!
//! impl Program for PingPong {
//!     type Message = Message;
//!     type Record = Nothing;
//!     type Op = Nothing;
//!     type Reply = Nothing;
//!     type Event = Nothing;
//!     type State = Heard;
//! }
//!
//! async fn ping_pong(node: Node<PingPong>) {
//!     loop {
//!         select! {
//!             (from, message) = node.recv() => match message {
//!                 Message::Ping => node.send(from, Message::Pong),
//!                 Message::Pong => node.with_state(|heard| heard.pongs += 1),
//!             },
//!             () = sleep(ms(100)).named("Beat") => node.broadcast(Message::Ping),
//!         }
//!     }
//! }
//!
//! simulate(3, ping_pong)
//!     .fault(Fault::crash("n1").at(ms(300)).restart_after(ms(200)))
//!     .random_faults()
//!     .heal_at(secs(5))
//!     .eventually("Everybody Was Answered", |world| {
//!         world.correct().all(|process| world.node(process).is_some_and(|node| node.state().pongs > 0))
//!     })
//!     .check(0..100);
//! ```
//!
//! A node runs its function from each boot to the next crash, which drops it, and all that it has [spawned](spawn),
//! wherever they wait; only the [disk](Node::disk) survives. Time is virtual ([`sleep`], [`timeout`], [`interval`],
//! [`now`]), and everything that a node does goes through its [`Node`]: so runs are decided by the seed alone,
//! recorded, made small, replayed and judged as those of any other protocol. [`AsyncSystem`] makes a program known to
//! scenario files.
//!
//! **One step is one event**, such as a message that arrives, with everything that it wakes: tasks run one after the
//! other, in the order in which they were woken, until all of them wait. What they ask of the node is done then, in the
//! same order, and a crash may fall between any two of these. So announcements and sends of a step whose crash cuts it
//! short can be lost, and [`Node::with_state`] may be ahead of what is durable.
//!
//! | tokio | here |
//! | --- | --- |
//! | `sleep`, `timeout`, `interval`, `Instant::now` | [`sleep`], [`timeout`], [`interval`], [`now`]; with `.named(…)` for timers |
//! | `spawn`, `JoinHandle::abort`, `yield_now` | [`spawn`], [`JoinHandle::abort`], [`yield_now`] |
//! | `select! { biased; … }` | [`select!`], without `if` and `else`, and with patterns that always match |
//! | `net::TcpListener`, `net::TcpStream` | [`TcpListener`], [`TcpStream`], of a [`Node`] |
//! | a socket for datagrams, channels between nodes | [`Node::send`], [`Node::recv`] |
//! | `fs` | [`Node::disk`] |
//!
//! **Nodes share no memory.** Whatever a function captures it captures anew for each node at each boot, if it is made in
//! the function. A channel, a lock or an `Rc` that is made outside of it, or kept in a `static`, lives on through crashes and
//! from one run to the next. To wake a task of another node is a panic; other ways to share are not noticed unless they
//! make two runs of one seed differ.
//!
//! Tasks of one node tell each other things by a [`Channel`], or share a [`Watch`], which wakes whoever waits for it to
//! change. Nothing else runs between two awaits; what was read before one may be out of date behind it. Neither is ever
//! closed: whoever waits for one that all others have dropped waits for ever.
//!
//! **Disks fail.** [`Disk::sync`] says so: a sync failed, or a write found the disk full, and which. [`Disk::records`]
//! says which record could not be read at this boot. A node that does not look goes on with what it has.
//!
//! **Draws wait.** [`Node::choose`] is answered in the same step, but has to be awaited: the simulator answers it between
//! two polls, since no future can hold its [`Context`](sim_core::Context). What cannot wait uses [`Node::rng`], whose
//! draws no recording names. Signatures do not wait: [`Node::sign`].
//!
//! **Nothing grows by itself** but what nobody takes: messages, requests and [`Channel`]s are queues without bounds. A
//! stream keeps 64 KiB each way, a listener 128 connections that were not accepted, and a node the last 1,024 connections
//! that are over.
//!
//! # What runs unchanged
//!
//! Within a node, futures that need no reactor: channels, semaphores and pipes of `tokio::sync` and `tokio::io::duplex`, `join!`,
//! `FuturesUnordered`, streams of `futures`. A test of this crate runs each of these.
//!
//! # What does not
//!
//! - `tokio::time`, `tokio::net`, `tokio::spawn` and all else that asks tokio for its runtime panic: there is none.
//! - Three things would make runs differ that have the same seed: `tokio::select!` without `biased;`,
//!   `futures::select!`, and the order of a `HashMap` of the standard library. `faultbed run` executes a sample of the
//!   seeds twice, and fails with the first difference, if these show one. [`select!`] is always biased, or drawn from the seed.
//! - A loop that never waits, not even by [`yield_now`], never ends: nobody can stop it.
//!
//! A panic in a task is the node's, and is reported with the task's name.

mod async_node;
mod channel;
mod disk;
mod executor;
mod handle;
mod program;
mod select;
mod shared;
mod spawn;
mod system;
mod tcp;
mod time;
mod timer;
mod timers;
mod watch;

use std::future::Future;

use sim_core::Simulation;
pub use sim_core::WriteToken;

pub use async_node::AsyncNode;
pub use channel::Channel;
pub use disk::{Disk, DiskError};
pub use executor::yield_now;
pub use handle::Node;
pub use program::Program;
#[doc(hidden)]
pub use select::{First, first_of, nothing};
pub use spawn::{Aborted, JoinHandle, spawn, spawn_named};
pub use system::AsyncSystem;
pub use tcp::{Segment, TcpListener, TcpStream};
pub use time::{Elapsed, Interval, IntoSleep, Sleep, interval, now, sleep, timeout};
pub use timer::Timer;
pub use watch::Watch;

/// A simulation of so many nodes that run this function.
///
/// # Panics
/// If there are no nodes, or more than 2^24.
pub fn simulate<T: Program, F: Future<Output = ()> + 'static>(
    nodes: u32,
    main: impl Fn(Node<T>) -> F + Clone + Send + Sync + 'static,
) -> Simulation<AsyncNode<T>> {
    Simulation::new(nodes, move |me, nodes| AsyncNode::new(me, nodes, main.clone()))
}
