//! A small Raft without a disk, and a client that keeps it busy: the workload with a real handler.
//!
//! It exists a second time for the other simulators, so that only the simulator differs. Election,
//! replication and commitment are the paper's (Ongaro and Ousterhout 2014); there is no
//! persistence, no pre-vote and no compaction. The client is a node of its own kind, as it is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use sim_core::{
    Breach, Context, Duration, Judgement, NodeId, Nothing, ProcessId, Property, Protocol, Simulation, Step, Time, World,
};

use crate::cuts::{SERVERS, cut_links};
use crate::report::{Measured, Report};

const QUORUM: u32 = SERVERS / 2 + 1;
/// Entries of one `Append`, at most.
const MAX_BATCH: usize = 32;
const HEARTBEAT: Duration = Duration::from_millis(50);
const ELECTION_MIN: Duration = Duration::from_millis(150);
const ELECTION_MAX: Duration = Duration::from_millis(300);
const PROPOSE_EVERY: Duration = Duration::from_millis(2);
const CLIENT_GIVES_UP: Duration = Duration::from_millis(300);

/// A node of the system: one of the servers, or behind them the client.
#[derive(Debug)]
enum Node {
    Server(Server),
    Client(Client),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Entry {
    term: u32,
    command: u64,
}

#[derive(Clone, Debug, Serialize)]
enum Message {
    RequestVote { term: u32, last_index: u32, last_term: u32 },
    Vote { term: u32, granted: bool },
    Append { term: u32, previous_index: u32, previous_term: u32, commit: u32, entries: Vec<Entry> },
    AppendReply { term: u32, ok: bool, index: u32 },
    Propose { command: u64 },
    Committed { command: u64 },
    Redirect { leader: Option<NodeId> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum Timer {
    Election,
    Heartbeat,
    Propose,
}

type Ctx<'a> = Context<'a, Node>;

impl Protocol for Node {
    type Message = Message;
    type Timer = Timer;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Self::Server(_) => reset_election(ctx),
            Self::Client(_) => ctx.set_timer(Timer::Propose, PROPOSE_EVERY),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match self {
            Self::Server(server) => server.on_message(from, message, ctx),
            Self::Client(client) => client.on_message(message, ctx.now()),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match (self, timer) {
            (Self::Server(server), Timer::Election) => server.stand_for_election(ctx),
            (Self::Server(server), Timer::Heartbeat) => server.heartbeat(ctx),
            (Self::Client(client), Timer::Propose) => client.propose(ctx),
            (node, timer) => unreachable!("{timer:?} at {node:?}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Follower,
    Candidate,
    Leader,
}

#[derive(Debug)]
struct Server {
    me: NodeId,
    role: Role,
    term: u32,
    voted: Option<NodeId>,
    /// One bit for each server that voted for this one.
    votes: u32,
    leader: Option<NodeId>,
    /// The entry with index 1 comes first.
    log: Vec<Entry>,
    commit: u32,
    next: [u32; SERVERS as usize],
    matched: [u32; SERVERS as usize],
}

impl Server {
    fn new(me: NodeId) -> Self {
        Self {
            me,
            role: Role::Follower,
            term: 0,
            voted: None,
            votes: 0,
            leader: None,
            log: Vec::new(),
            commit: 0,
            next: [1; SERVERS as usize],
            matched: [0; SERVERS as usize],
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::RequestVote { term, last_index, last_term } => {
                self.on_request_vote(from, term, (last_term, last_index), ctx);
            }
            Message::Vote { term, granted } => self.on_vote(from, term, granted, ctx),
            Message::Append { term, previous_index, previous_term, commit, entries } => {
                self.on_append(from, term, (previous_index, previous_term), commit, &entries, ctx);
            }
            Message::AppendReply { term, ok, index } => self.on_append_reply(from, term, ok, index, ctx),
            Message::Propose { command } => self.on_propose(from, command, ctx),
            Message::Committed { .. } | Message::Redirect { .. } => {}
        }
    }

    fn stand_for_election(&mut self, ctx: &mut Ctx<'_>) {
        self.term += 1;
        self.role = Role::Candidate;
        self.voted = Some(self.me);
        self.votes = 1 << self.me.index();
        self.leader = None;
        reset_election(ctx);
        let (last_term, last_index) = self.last();
        for to in others(self.me) {
            ctx.send(to, Message::RequestVote { term: self.term, last_index, last_term });
        }
    }

    fn on_request_vote(&mut self, from: NodeId, term: u32, last: (u32, u32), ctx: &mut Ctx<'_>) {
        if term > self.term {
            self.step_down(term, ctx);
        }
        let free = self.voted.is_none_or(|voted| voted == from);
        let granted = term == self.term && free && last >= self.last();
        if granted {
            self.voted = Some(from);
            reset_election(ctx);
        }
        ctx.send(from, Message::Vote { term: self.term, granted });
    }

    fn on_vote(&mut self, from: NodeId, term: u32, granted: bool, ctx: &mut Ctx<'_>) {
        if term > self.term {
            self.step_down(term, ctx);
        } else if granted && term == self.term && self.role == Role::Candidate {
            self.votes |= 1 << from.index();
            if self.votes.count_ones() >= QUORUM {
                self.lead(ctx);
            }
        }
    }

    fn lead(&mut self, ctx: &mut Ctx<'_>) {
        self.role = Role::Leader;
        self.leader = Some(self.me);
        self.next = [self.log.len() as u32 + 1; SERVERS as usize];
        self.matched = [0; SERVERS as usize];
        ctx.cancel_timer(Timer::Election);
        self.heartbeat(ctx);
    }

    fn heartbeat(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::Heartbeat, HEARTBEAT);
        self.append_everywhere(ctx);
    }

    fn append_everywhere(&self, ctx: &mut Ctx<'_>) {
        for to in others(self.me) {
            let previous_index = self.next[to.index() as usize] - 1;
            let from = previous_index as usize;
            let entries = self.log[from..self.log.len().min(from + MAX_BATCH)].to_vec();
            let (term, previous_term, commit) = (self.term, self.term_at(previous_index), self.commit);
            ctx.send(to, Message::Append { term, previous_index, previous_term, commit, entries });
        }
    }

    fn on_append(
        &mut self,
        from: NodeId,
        term: u32,
        (previous_index, previous_term): (u32, u32),
        commit: u32,
        entries: &[Entry],
        ctx: &mut Ctx<'_>,
    ) {
        if term < self.term {
            return ctx.send(from, Message::AppendReply { term: self.term, ok: false, index: 0 });
        }
        if term > self.term {
            self.step_down(term, ctx);
        }
        self.role = Role::Follower;
        self.leader = Some(from);
        reset_election(ctx);
        let length = self.log.len() as u32;
        if previous_index > length || self.term_at(previous_index) != previous_term {
            let index = length.min(previous_index.saturating_sub(1)).max(self.commit);
            return ctx.send(from, Message::AppendReply { term, ok: false, index });
        }
        let index = self.take_entries(previous_index, entries);
        self.commit = self.commit.max(commit.min(index));
        ctx.send(from, Message::AppendReply { term, ok: true, index });
    }

    /// Takes over the entries behind `index` that it does not have yet. Returns the index of the last.
    fn take_entries(&mut self, mut index: u32, entries: &[Entry]) -> u32 {
        for entry in entries {
            index += 1;
            let place = index as usize - 1;
            if self.log.get(place).is_none_or(|have| have.term != entry.term) {
                self.log.truncate(place);
                self.log.push(*entry);
            }
        }
        index
    }

    fn on_append_reply(&mut self, from: NodeId, term: u32, ok: bool, index: u32, ctx: &mut Ctx<'_>) {
        let follower = from.index() as usize;
        if term > self.term {
            self.step_down(term, ctx);
        } else if term < self.term || self.role != Role::Leader {
            // It answers a leader that is no more.
        } else if !ok {
            self.next[follower] = (self.next[follower] - 1).min(index + 1).max(self.matched[follower] + 1);
        } else if index > self.matched[follower] {
            self.matched[follower] = index;
            self.next[follower] = self.next[follower].max(index + 1);
            self.advance_commit(ctx);
        }
    }

    /// Commits what is on a quorum, the leader itself included, if it is of this term.
    fn advance_commit(&mut self, ctx: &mut Ctx<'_>) {
        let mut indexes = self.matched;
        indexes[self.me.index() as usize] = self.log.len() as u32;
        indexes.sort_unstable();
        let on_quorum = indexes[(SERVERS - QUORUM) as usize];
        if on_quorum > self.commit && self.term_at(on_quorum) == self.term {
            for entry in &self.log[self.commit as usize..on_quorum as usize] {
                ctx.send(NodeId::node(SERVERS), Message::Committed { command: entry.command });
            }
            self.commit = on_quorum;
        }
    }

    fn on_propose(&mut self, from: NodeId, command: u64, ctx: &mut Ctx<'_>) {
        if self.role == Role::Leader {
            self.log.push(Entry { term: self.term, command });
            self.append_everywhere(ctx);
        } else {
            ctx.send(from, Message::Redirect { leader: self.leader });
        }
    }

    fn step_down(&mut self, term: u32, ctx: &mut Ctx<'_>) {
        if self.role == Role::Leader {
            ctx.cancel_timer(Timer::Heartbeat);
            reset_election(ctx);
        }
        self.term = term;
        self.role = Role::Follower;
        self.voted = None;
        self.leader = None;
    }

    /// Term and index of the last entry.
    fn last(&self) -> (u32, u32) {
        (self.log.last().map_or(0, |entry| entry.term), self.log.len() as u32)
    }

    fn term_at(&self, index: u32) -> u32 {
        if index == 0 { 0 } else { self.log[index as usize - 1].term }
    }

    fn committed(&self) -> &[Entry] {
        &self.log[..self.commit as usize]
    }
}

fn others(me: NodeId) -> impl Iterator<Item = NodeId> {
    (0..SERVERS).map(NodeId::node).filter(move |other| *other != me)
}

fn reset_election(ctx: &mut Ctx<'_>) {
    let timeout = ctx.choose_duration("election timeout", ELECTION_MIN, ELECTION_MAX);
    ctx.set_timer(Timer::Election, timeout);
}

/// Proposes a command every two milliseconds, whatever becomes of those before, to the server that
/// it takes for the leader.
#[derive(Debug)]
struct Client {
    leader: NodeId,
    next_command: u64,
    last_acknowledgement: Time,
    acknowledged: u64,
}

impl Client {
    fn propose(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::Propose, PROPOSE_EVERY);
        if ctx.now().since(self.last_acknowledgement) > CLIENT_GIVES_UP {
            self.leader = NodeId::node((self.leader.index() + 1) % SERVERS);
            self.last_acknowledgement = ctx.now();
        }
        ctx.send(self.leader, Message::Propose { command: self.next_command });
        self.next_command += 1;
    }

    fn on_message(&mut self, message: Message, now: Time) {
        match message {
            Message::Redirect { leader: Some(leader) } => self.leader = leader,
            Message::Committed { .. } => {
                self.acknowledged += 1;
                self.last_acknowledgement = now;
            }
            _ => {}
        }
    }
}

/// At most one leader a term.
#[derive(Debug, Default)]
struct ElectionSafety {
    leaders: BTreeMap<u32, ProcessId>,
}

impl Property<Node> for ElectionSafety {
    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let Some(Node::Server(server)) = world.node(step.process) else { return Ok(()) };
        if server.role != Role::Leader {
            return Ok(());
        }
        let leader = *self.leaders.entry(server.term).or_insert(step.process);
        if leader == step.process {
            return Ok(());
        }
        Err(Breach::new([leader, step.process].map(|p| world.identity(p)), format!("two leaders in {}", server.term)))
    }
}

/// What servers have committed is the same as far as it goes.
#[derive(Debug, Default)]
struct CommittedPrefixesAgree {
    committed: Vec<Entry>,
    /// How much of what each server has committed has been compared.
    compared: [usize; SERVERS as usize],
    tally: Arc<Mutex<Tally>>,
}

/// What a run came to.
#[derive(Debug, Default)]
struct Tally {
    committed: usize,
    acknowledged: u64,
    term: u32,
}

impl Property<Node> for CommittedPrefixesAgree {
    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let Some(Node::Server(server)) = world.node(step.process) else { return Ok(()) };
        let committed = server.committed();
        for (place, own) in committed.iter().enumerate().skip(self.compared[step.process.index()]) {
            match self.committed.get(place) {
                None => self.committed.push(*own),
                Some(entry) if entry == own => {}
                Some(entry) => {
                    let what = format!("at {}: {entry:?} and {own:?}", place + 1);
                    return Err(Breach::new([world.identity(step.process)], what));
                }
            }
        }
        self.compared[step.process.index()] = committed.len();
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Node>) -> Judgement {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.committed = self.committed.len();
        for node in world.processes().filter_map(|process| world.node(process)) {
            match node {
                Node::Server(server) => tally.term = tally.term.max(server.term),
                Node::Client(client) => tally.acknowledged = client.acknowledged,
            }
        }
        Judgement::Holds
    }
}

/// Five servers and the client for so many seconds of virtual time. With `faults` one of the ten
/// links between servers is cut in each second.
pub(crate) fn measure(seconds: u64, faults: bool, seed: u64) -> Report {
    let tally = Arc::new(Mutex::new(Tally::default()));
    let into = Arc::clone(&tally);
    let mut simulation = Simulation::new(SERVERS + 1, |me, _| node(me))
        .property("Election Safety", ElectionSafety::default)
        .property("Committed Prefixes Agree", move || CommittedPrefixesAgree {
            tally: Arc::clone(&into),
            ..Default::default()
        })
        .run_for(Duration::from_secs(seconds));
    for fault in cut_links(seed, if faults { seconds } else { 0 }, &[]) {
        simulation = simulation.fault(fault);
    }
    let run = Measured::of(&simulation, seed);
    let Tally { committed, acknowledged, term } = *tally.lock().unwrap_or_else(PoisonError::into_inner);
    let params = vec![("n", u64::from(SERVERS)), ("faults", u64::from(faults))];
    Report { workload: "raft", params, run, check: format!("committed={committed} acked={acknowledged} term={term} ") }
}

fn node(me: NodeId) -> Node {
    if me.index() < SERVERS {
        Node::Server(Server::new(me))
    } else {
        let leader = NodeId::node(0);
        Node::Client(Client { leader, next_command: 1, last_acknowledgement: Time::ZERO, acknowledged: 0 })
    }
}
