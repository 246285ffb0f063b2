//! Connections in odd moments: lost and late segments, crashes, ends that are closed at once, and full buffers.

use std::future::Future;
use std::io;

use async_nodes::{AsyncNode, Node, TcpListener, TcpStream, now, simulate, sleep, spawn, timeout};
use sim_core::{Fault, FaultFamily, Latency, LinkProfile, Nemesis, Probability, Rhythm, Simulation, ms, secs};

use crate::streams::{Lines, bad_links, tell, told};

/// n1 connects to n0 once; both do with the connection what these say.
fn connected<S: Future<Output = ()> + 'static, C: Future<Output = ()> + 'static>(
    serve: impl Fn(Node<Lines>, TcpStream<Lines>) -> S + Clone + Send + Sync + 'static,
    ask: impl Fn(Node<Lines>, TcpStream<Lines>) -> C + Clone + Send + Sync + 'static,
) -> Simulation<AsyncNode<Lines>> {
    let main = move |node: Node<Lines>| {
        let (serve, ask) = (serve.clone(), ask.clone());
        async move {
            let server = node.nodes()[0];
            if node.me() == server {
                let listener = TcpListener::bind(&node, 80).expect("the port is free");
                loop {
                    let (stream, _) = listener.accept().await.expect("it listens");
                    spawn(serve(node.clone(), stream));
                }
            }
            let stream = TcpStream::connect(&node, (server, 80)).await.expect("somebody listens");
            ask(node, stream).await;
        }
    };
    simulate(2, main).network(links((ms(1), ms(1)))).run_for(secs(60))
}

fn links((low, high): (sim_core::Duration, sim_core::Duration)) -> LinkProfile {
    LinkProfile { latency: Latency::Uniform(low, high), ..LinkProfile::default() }
}

async fn read_to_end(stream: &TcpStream<Lines>) -> io::Result<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 1_000]);
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(all),
            count => all.extend(&buffer[..count]),
        }
    }
}

fn millis() -> u64 {
    now().as_nanos() / 1_000_000
}

/// The end of the stream has come, and what was before it has not: it is sent again.
#[test]
fn what_is_lost_in_front_of_the_end_of_a_stream_is_sent_again() {
    let serve = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        let all = read_to_end(&stream).await.expect("it is not broken");
        tell(&node, format!("{} by {}", String::from_utf8_lossy(&all), millis() / 500));
    };
    let ask = |_: Node<Lines>, stream: TcpStream<Lines>| async move {
        stream.write_all(b"hello").await.expect("it is open");
        stream.shutdown();
        stream.flush().await.expect("it arrives");
    };
    let lost = Fault::send_omission("n1").kind("Data").at(ms(0)).lasting(ms(100));
    let simulation = connected(serve, ask).fault(lost);
    assert_eq!(told(&simulation, 0), ["n0 \"hello by 0\""]);
    let delivered = simulation.run(0).summary.delivered;
    assert!(delivered < 20, "{delivered} messages for five bytes");
}

/// Somebody who writes all the time puts off no repetition of what was lost.
#[test]
fn what_is_lost_of_a_steady_stream_is_sent_again_in_time() {
    let serve = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        let mut bytes = [0; 20];
        stream.read_exact(&mut bytes).await.expect("it is not broken");
        tell(&node, format!("twenty by {}", millis() / 500));
    };
    let ask = |_: Node<Lines>, stream: TcpStream<Lines>| async move {
        // Until the other end has read enough, and goes.
        while stream.write_all(b".").await.is_ok() {
            sleep(ms(20)).named("Write").await;
        }
    };
    let lost = Fault::send_omission("n1").kind("Data").at(ms(100)).lasting(ms(30));
    let simulation = connected(serve, ask).fault(lost).run_for(secs(5));
    assert_eq!(told(&simulation, 0), ["n0 \"twenty by 0\""]);
}

/// Both ends write, end their streams at the same time, read what the other has written, and let go.
#[test]
fn both_ends_may_close_at_once() {
    async fn talk(node: Node<Lines>, stream: TcpStream<Lines>) {
        stream.write_all(&[7; 40_000]).await.expect("it is open");
        stream.shutdown();
        let all = read_to_end(&stream).await;
        // Whoever has read all may be gone by now: what it has read has arrived.
        let flushed = stream.flush().await;
        tell(&node, format!("{:?} {flushed:?}", all.map(|all| all.len())));
    }
    for network in [bad_links(), links((ms(1), ms(400)))] {
        let simulation = connected(talk, talk).network(network);
        for seed in 0..30 {
            let mut told = told(&simulation, seed);
            told.sort();
            assert_eq!(told, ["n0 \"Ok(40000) Ok(())\"", "n1 \"Ok(40000) Ok(())\""], "seed {seed}");
        }
    }
}

/// Nobody accepts a connection that was never asked for: it has come late, and all is over.
#[test]
fn a_late_copy_of_the_first_segment_opens_nothing() {
    let serve = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        tell(&node, "accepts");
        let _ = read_to_end(&stream).await;
    };
    let ask = |_: Node<Lines>, stream: TcpStream<Lines>| async move { drop(stream) };
    let doubled = LinkProfile { duplicate: Probability::ratio(9, 10), ..links((ms(1), ms(900))) };
    let simulation = connected(serve, ask).network(doubled);
    for seed in 0..50 {
        assert_eq!(told(&simulation, seed), ["n0 \"accepts\""], "seed {seed}");
    }
}

/// A reader that does not read for longer than an end waits for an answer: whoever has no room is there.
#[test]
fn a_reader_that_is_busy_for_long_loses_no_connection() {
    let serve = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        sleep(secs(40)).named("Busy").await;
        tell(&node, format!("{}", read_to_end(&stream).await.expect("it is not broken").len()));
    };
    let ask = |_: Node<Lines>, stream: TcpStream<Lines>| async move {
        stream.write_all(&[7; 200_000]).await.expect("somebody reads");
        stream.shutdown();
        stream.flush().await.expect("it arrives");
    };
    for network in [links((ms(1), ms(1))), bad_links()] {
        assert_eq!(told(&connected(serve, ask).network(network), 0), ["n0 \"200000\""]);
    }
}

#[test]
fn a_node_connects_to_itself() {
    let main = |node: Node<Lines>| async move {
        let refused = TcpStream::connect(&node, (node.me(), 80)).await.expect_err("nobody listens");
        tell(&node, format!("{:?}", refused.kind()));
        let listener = TcpListener::bind(&node, 80).expect("the port is free");
        let connects = spawn({
            let node = node.clone();
            async move { TcpStream::connect(&node, (node.me(), 80)).await.expect("it listens") }
        });
        let (server, _) = listener.accept().await.expect("it listens");
        let client = connects.await.expect("nobody aborts it");
        client.write_all(b"question").await.expect("it is open");
        client.shutdown();
        assert_eq!(read_to_end(&server).await.expect("it is not broken"), b"question");
        server.write_all(b"answer").await.expect("it is open");
        drop(server);
        tell(&node, String::from_utf8_lossy(&read_to_end(&client).await.expect("it is not broken")));
    };
    assert_eq!(told(&simulate(1, main).run_for(secs(5)), 0), ["n0 \"ConnectionRefused\"", "n0 \"answer\""]);
}

/// One clone reads while the other writes; and of two that read each gets what the other does not.
#[test]
fn a_stream_is_driven_from_two_clones() {
    let serve = |_: Node<Lines>, stream: TcpStream<Lines>| async move {
        let echo = stream.clone();
        let mut buffer = [0; 100];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            echo.write_all(&buffer[..count]).await.expect("it is open");
        }
        echo.shutdown();
    };
    let ask = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        let readers = [stream.clone(), stream.clone()].map(|stream| {
            spawn(async move {
                let (mut got, mut byte) = (Vec::new(), [0; 1]);
                while let Ok(1) = stream.read(&mut byte).await {
                    got.push(byte[0]);
                }
                got
            })
        });
        let writer = stream.clone();
        spawn(async move {
            for byte in 0..50 {
                writer.write_all(&[byte]).await.expect("it is open");
                sleep(ms(u64::from(byte) % 3)).named("Pause").await;
            }
            writer.shutdown();
        });
        let mut all = Vec::new();
        for reader in readers {
            all.extend(reader.await.expect("nobody aborts it"));
        }
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<_>>());
        tell(&node, "all");
    };
    for seed in 0..10 {
        assert_eq!(told(&connected(serve, ask).network(bad_links()), seed), ["n1 \"all\""], "seed {seed}");
    }
}

/// Whoever gives up to connect leaves nobody behind who waits.
#[test]
fn a_connection_that_was_given_up_is_reset_at_the_other_end() {
    let main = |node: Node<Lines>| async move {
        let server = node.nodes()[0];
        if node.me() != server {
            let connects = TcpStream::connect(&node, (server, 80));
            assert!(timeout(sleep(ms(15)).named("Patience"), connects).await.is_err());
            return;
        }
        let listener = TcpListener::bind(&node, 80).expect("the port is free");
        let (stream, _) = listener.accept().await.expect("it listens");
        tell(&node, format!("{:?}", stream.read(&mut [0; 1]).await.map_err(|error| error.kind())));
    };
    let simulation = simulate(2, main).network(links((ms(10), ms(10)))).run_for(secs(5));
    assert_eq!(told(&simulation, 0), ["n0 \"Err(ConnectionReset)\""]);
}

/// A server that restarts takes a copy of the first segment for a new connection. Whoever opened it has the old one and
/// says so, though it has nothing to send.
#[test]
fn a_copy_of_the_first_segment_leaves_nobody_behind_who_waits() {
    let main = |node: Node<Lines>| async move {
        let server = node.nodes()[0];
        if node.me() == server {
            let listener = TcpListener::bind(&node, 80).expect("the port is free");
            let (stream, _) = listener.accept().await.expect("it listens");
            tell(&node, format!("{:?}", read_to_end(&stream).await.map_err(|error| error.kind())));
            return;
        }
        sleep(ms(10)).named("Copied from now on").await;
        let stream = TcpStream::connect(&node, (server, 80)).await.expect("somebody listens");
        sleep(secs(30)).named("Held").await;
        drop(stream);
    };
    let copied = Fault::link("n1", "n0").kind("Syn").replays(Probability::ALWAYS, Latency::Constant(ms(100))).at(ms(5));
    let crash = Fault::crash("n0").at(ms(50)).restart_after(ms(10));
    let simulation = simulate(2, main).network(links((ms(1), ms(1)))).fault(copied).fault(crash).run_for(secs(5));
    assert_eq!(told(&simulation, 0), ["n0 \"Err(ConnectionReset)\""]);
}

/// An end that has given up acknowledges nothing: the other hears of it when it writes.
#[test]
fn an_end_that_timed_out_takes_no_more() {
    let serve = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        sleep(secs(30)).named("After the cut").await;
        stream.write_all(b"are you there?").await.expect("it does not know");
        tell(&node, format!("{:?}", stream.flush().await.map_err(|error| error.kind())));
    };
    let ask = |node: Node<Lines>, stream: TcpStream<Lines>| async move {
        sleep(ms(500)).named("Cut").await;
        stream.write_all(b"hello").await.expect("it does not know");
        tell(&node, format!("{:?}", stream.flush().await.map_err(|error| error.kind())));
        sleep(secs(30)).named("Held").await;
        drop(stream);
    };
    let cut = Fault::isolate("n0").at(ms(400)).lasting(secs(20));
    let told = told(&connected(serve, ask).fault(cut), 0);
    assert_eq!(told, ["n1 \"Err(TimedOut)\"", "n0 \"Err(ConnectionReset)\""]);
}

/// A server greets with a number that each boot draws anew, in two halves. However late segments come, and however
/// often the server crashes between them, nobody gets one half of one boot and the other of another.
#[test]
fn what_two_boots_have_sent_is_never_mixed() {
    let main = |node: Node<Lines>| async move {
        let server = node.nodes()[0];
        if node.me() == server {
            let greeting = node.rng().bits().to_be_bytes();
            let listener = TcpListener::bind(&node, 80).expect("the port is free");
            loop {
                let (stream, _) = listener.accept().await.expect("it listens");
                spawn(async move {
                    let _ = stream.write_all(&greeting).await;
                    sleep(ms(30)).named("Half").await;
                    let _ = stream.write_all(&greeting).await;
                    let _ = read_to_end(&stream).await;
                });
            }
        }
        for _ in 0..20 {
            let limit = sleep(secs(2)).named("Limit");
            let hears = async {
                let stream = TcpStream::connect(&node, (server, 80)).await?;
                let (mut one, mut other) = ([0; 8], [0; 8]);
                stream.read_exact(&mut one).await?;
                stream.read_exact(&mut other).await?;
                Ok::<_, io::Error>((one, other))
            };
            match timeout(limit, hears).await {
                Ok(Ok((one, other))) => {
                    assert_eq!(one, other, "halves of two boots");
                    tell(&node, "greeted");
                }
                _ => sleep(ms(10)).named("Again").await,
            }
        }
    };
    let crashes = Nemesis::of([FaultFamily::Crash], Rhythm::new(ms(120), ms(20)));
    let network = LinkProfile { duplicate: Probability::ratio(1, 3), ..links((ms(1), ms(300))) };
    let simulation = simulate(2, main).network(network).nemesis(crashes).heal_at(secs(10)).run_for(secs(20));
    let greeted: usize = (0..60).map(|seed| told(&simulation, seed).len()).sum();
    assert!(greeted > 200, "{greeted} greetings");
}
