//! As async functions.

use std::collections::{BTreeMap, BTreeSet};

use async_nodes::{DiskError, Node, Program, interval, select, sleep, timeout};
use sim_core::Nothing;

use crate::words::{COORDINATOR, Decided, Message, PATIENCE, PAUSE, Record};

#[derive(Debug)]
pub(crate) struct TwoPhase;

impl Program for TwoPhase {
    type Message = Message;
    type Record = Record;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Decided;
    type State = ();
}

type Log = BTreeMap<u64, bool>;

pub(crate) async fn two_phase(node: Node<TwoPhase>) {
    if let Err(error) = run(&node).await {
        node.halt(error.reason());
    }
}

async fn run(node: &Node<TwoPhase>) -> Result<(), DiskError> {
    let (mut voted, mut decided) = (Log::new(), Log::new());
    for record in node.disk().records()?.iter().filter_map(|record| record.readable()) {
        match *record {
            Record::Voted { id, yes } => _ = voted.insert(id, yes),
            Record::Decided(Decided { id, commit }) => _ = decided.insert(id, commit),
        }
    }
    if node.me() == COORDINATOR {
        coordinate(node, &mut decided).await
    } else {
        take_part(node, &mut voted, &mut decided).await
    }
}

async fn coordinate(node: &Node<TwoPhase>, decided: &mut Log) -> Result<(), DiskError> {
    node.disk().sync().await?;
    loop {
        let id = decided.keys().next_back().map_or(0, |last| last + 1);
        node.broadcast(Message::Prepare(id));
        let votes = votes(node, id, decided);
        let commit = timeout(sleep(PATIENCE).named("Votes"), votes).await.unwrap_or(false);
        node.disk().append(Record::Decided(Decided { id, commit }));
        node.disk().sync().await?;
        decided.insert(id, commit);
        node.emit(Decided { id, commit });
        node.broadcast(Message::Decide(Decided { id, commit }));
        sleep(PAUSE).named("Next").await;
    }
}

/// Whether all vote for it. Whoever asks about an earlier one is told.
async fn votes(node: &Node<TwoPhase>, open: u64, decided: &Log) -> bool {
    let mut votes = BTreeSet::new();
    while votes.len() < node.nodes().len() - 1 {
        match node.recv().await {
            (_, Message::Vote { id, yes: false }) if id == open => return false,
            (from, Message::Vote { id, .. }) if id == open => _ = votes.insert(from),
            (from, Message::Vote { id, .. }) => {
                if let Some(commit) = decided.get(&id) {
                    node.send(from, Message::Decide(Decided { id, commit: *commit }));
                }
            }
            (_, Message::Prepare(_) | Message::Decide(_)) => {}
        }
    }
    true
}

async fn take_part(node: &Node<TwoPhase>, voted: &mut Log, decided: &mut Log) -> Result<(), DiskError> {
    node.disk().sync().await?;
    // Outside of the loop: a `sleep` in it would begin anew with every message.
    let mut ask = interval(sleep(PAUSE).named("Ask"));
    loop {
        select! {
            (_, message) = node.recv() => match message {
                Message::Prepare(id) => {
                    if voted.get(&id).is_none() {
                        let yes = node.choose("vote", 0..8).await < 7;
                        node.disk().append(Record::Voted { id, yes });
                        voted.insert(id, yes);
                    }
                    node.disk().sync().await?;
                    node.send(COORDINATOR, Message::Vote { id, yes: voted[&id] });
                }
                Message::Decide(news) => {
                    if decided.insert(news.id, news.commit).is_none() {
                        node.disk().append(Record::Decided(news));
                        node.emit(news);
                    }
                }
                Message::Vote { .. } => {}
            },
            () = ask.tick() => {
                for (id, yes) in voted.iter().filter(|(id, _)| !decided.contains_key(id)) {
                    node.send(COORDINATOR, Message::Vote { id: *id, yes: *yes });
                }
            },
        }
    }
}
