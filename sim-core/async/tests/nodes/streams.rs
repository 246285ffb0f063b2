//! Streams over links that lose, double and reorder; with a codec of another crate.

use std::io;

use async_nodes::{AsyncNode, Node, Program, Segment, TcpListener, TcpStream, simulate, sleep, spawn, timeout};
use futures::{SinkExt, StreamExt};
use serde::Serialize;
use sim_core::{Fault, LinkProfile, Nothing, Probability, Simulation, Verdict, ms, secs};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use crate::tokio_io::Tokio;

#[derive(Debug)]
pub(crate) struct Lines;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Wire(Segment);

impl Program for Lines {
    type Message = Wire;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = String;
    type State = Vec<String>;

    fn segment(segment: Segment) -> Wire {
        Wire(segment)
    }

    fn into_segment(Wire(segment): Wire) -> Result<Segment, Wire> {
        Ok(segment)
    }

    /// So that faults can be aimed at a line of the protocol.
    fn kind(Wire(segment): &Wire) -> &'static str {
        match segment.bytes() {
            Some(bytes) if bytes.starts_with(b"add ") => "Add",
            Some(bytes) if bytes.starts_with(b"sum ") => "Sum",
            _ => segment.kind(),
        }
    }
}

pub(crate) fn tell(node: &Node<Lines>, what: impl Into<String>) {
    let what = what.into();
    node.with_state(|told| told.push(what.clone()));
    node.emit(what);
}

/// Adds up what each connection sends, a number a line: `add 3` is answered by `sum 7`.
async fn serve(node: Node<Lines>) {
    let listener = TcpListener::bind(&node, 80).expect("the port is free");
    assert_eq!(TcpListener::bind(&node, 80).expect_err("it is taken").kind(), io::ErrorKind::AddrInUse);
    loop {
        let (stream, _) = listener.accept().await.expect("it listens");
        spawn(async move {
            let (mut lines, mut sum) = (Framed::new(Tokio(stream), LinesCodec::new()), 0_u64);
            while let Some(Ok(line)) = lines.next().await {
                sum += line.strip_prefix("add ").and_then(|number| number.parse().ok()).unwrap_or(0);
                if lines.send(format!("sum {sum}")).await.is_err() {
                    break;
                }
            }
        });
    }
}

/// Asks for sums up to `count`, over one connection.
async fn ask(node: &Node<Lines>, count: u64) -> io::Result<String> {
    let stream = TcpStream::connect(node, (node.nodes()[0], 80)).await?;
    let mut lines = Framed::new(Tokio(stream), LinesCodec::new());
    let mut last = String::new();
    for number in 1..=count {
        lines.send(format!("add {number}")).await.map_err(broken)?;
        last = lines.next().await.ok_or(io::ErrorKind::UnexpectedEof)?.map_err(broken)?;
    }
    Ok(last)
}

fn broken(error: LinesCodecError) -> io::Error {
    match error {
        LinesCodecError::Io(error) => error,
        LinesCodecError::MaxLineLengthExceeded => io::Error::other(error),
    }
}

async fn sums(node: Node<Lines>) {
    if node.me() == node.nodes()[0] {
        serve(node).await;
        return;
    }
    for _ in 0.. {
        // Without a limit it would wait for ever for a server that has crashed after it had acknowledged the question.
        let limit = sleep(secs(30)).named("Limit");
        match timeout(limit, ask(&node, 100)).await.unwrap_or(Err(io::ErrorKind::TimedOut.into())) {
            Ok(last) => {
                assert_eq!(last, "sum 5050", "what arrives is what was sent");
                tell(&node, last);
                return;
            }
            Err(error) => tell(&node, format!("{:?}", error.kind())),
        }
        sleep(ms(50)).named("Again").await;
    }
}

/// Links that lose, double and reorder a lot.
pub(crate) fn bad_links() -> LinkProfile {
    LinkProfile { loss: Probability::ratio(1, 10), duplicate: Probability::ratio(1, 10), ..LinkProfile::default() }
}

pub(crate) fn told(simulation: &Simulation<AsyncNode<Lines>>, seed: u64) -> Vec<String> {
    let outcome = simulation.run_traced(seed);
    assert!(matches!(outcome.summary.verdict, Verdict::Passed), "{}", outcome.summary.verdict);
    outcome.announced()
}

#[test]
fn a_codec_of_another_crate_runs_over_links_that_lose_double_and_reorder() {
    let simulation = simulate(3, sums).network(bad_links()).run_for(secs(60));
    for seed in 0..50 {
        let mut told = told(&simulation, seed);
        told.sort();
        assert_eq!(told, ["n1 \"sum 5050\"", "n2 \"sum 5050\""], "seed {seed}");
    }
}

#[test]
fn streams_survive_all_faults_with_a_client_that_connects_again() {
    simulate(3, sums)
        .network(bad_links())
        .random_faults()
        .heal_at(secs(10))
        .run_for(secs(120))
        .eventually("Both Have Their Sums", |world| {
            let has_it = |node: &AsyncNode<Lines>| node.state().last().is_some_and(|last| last == "sum 5050");
            world.correct().skip(1).all(|process| world.node(process).is_some_and(has_it))
        })
        .check(0..100);
}

#[test]
fn a_crash_of_the_server_is_a_reset() {
    let crash = Fault::crash("n0").at(ms(100)).restart_after(ms(10));
    let told = told(&simulate(2, sums).fault(crash).run_for(secs(10)), 0);
    assert_eq!(told, ["n1 \"ConnectionReset\"", "n1 \"sum 5050\""]);
}

#[test]
fn a_connection_is_refused_where_nobody_listens_and_times_out_where_nobody_is() {
    let main = |node: Node<Lines>| async move {
        if node.me() == node.nodes()[0] {
            return;
        }
        let refused = TcpStream::connect(&node, (node.nodes()[0], 80)).await.expect_err("nobody listens");
        tell(&node, format!("{:?}", refused.kind()));
        sleep(ms(500)).named("Cut").await;
        let lost = TcpStream::connect(&node, (node.nodes()[0], 80)).await.expect_err("nobody is reached");
        tell(&node, format!("{:?}", lost.kind()));
    };
    let cut = Fault::isolate("n0").at(ms(400)).lasting(secs(20));
    let told = told(&simulate(2, main).fault(cut).run_for(secs(30)), 0);
    assert_eq!(told, ["n1 \"ConnectionRefused\"", "n1 \"TimedOut\""]);
}

#[test]
fn a_writer_waits_for_a_reader_and_half_a_stream_can_end() {
    const MUCH: usize = 300_000;
    let main = |node: Node<Lines>| async move {
        if node.me() == node.nodes()[0] {
            let listener = TcpListener::bind(&node, 80).expect("the port is free");
            let (stream, _) = listener.accept().await.expect("it listens");
            sleep(secs(1)).named("Busy").await;
            tell(&node, "reads");
            let (mut buffer, mut all) = (vec![0; 5_000], 0);
            loop {
                match stream.read(&mut buffer).await.expect("it is not broken") {
                    0 => break,
                    count => {
                        assert!((all..all + count).zip(&buffer).all(|(place, byte)| place as u8 == *byte));
                        all += count;
                    }
                }
            }
            assert_eq!(all, MUCH);
            stream.write_all(b"done").await.expect("this half is open");
            return;
        }
        let stream = TcpStream::connect(&node, (node.nodes()[0], 80)).await.expect("somebody listens");
        let bytes: Vec<u8> = (0..MUCH).map(|place| place as u8).collect();
        stream.write_all(&bytes).await.expect("somebody reads");
        tell(&node, "written");
        stream.shutdown();
        assert_eq!(stream.write_all(b"more").await.expect_err("it is shut").kind(), io::ErrorKind::BrokenPipe);
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.expect("the answer comes");
        assert_eq!(stream.read(&mut answer).await.expect("it ends"), 0);
        tell(&node, String::from_utf8_lossy(&answer));
    };
    let simulation = simulate(2, main).network(bad_links()).run_for(secs(60));
    for seed in 0..20 {
        let told = told(&simulation, seed);
        assert_eq!(told, ["n0 \"reads\"", "n1 \"written\"", "n1 \"done\""], "seed {seed}");
    }
}

#[test]
fn a_fault_is_aimed_at_a_line_of_the_protocol() {
    let mute = Fault::send_omission("n0").kind("Sum").lasting(secs(2)).at(ms(0));
    let simulation = simulate(2, sums).fault(mute).run_for(secs(20));
    let trace = simulation.trace(0).to_string();
    assert!(trace.contains("omission"), "{trace}");
    assert_eq!(told(&simulation, 0), ["n1 \"sum 5050\""]);
}

#[test]
fn the_guide_shows_the_adapter_that_is_tested() {
    assert!(include_str!("../../GUIDE.md").contains(include_str!("tokio_io.rs")));
}
