//! The tasks of a server.
//!
//! One takes messages, and spawns a task for each that waits for the disk; one stands for election; while the server
//! leads, there is one for each of the others; one applies what is committed; one takes requests, and spawns a task for
//! each. They share the [`Replica`], and nothing that one of them has read of it is true any more once it has waited:
//! so whoever goes on after an `await` looks whether the term is still the same.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use async_nodes::{Channel, Elapsed, Node, Watch, interval, select, sleep, spawn_named, timeout};
use parts::kv::{KvOp, KvReply};
use parts::machine::Seen;
use parts::quorums::Group;
use parts::timeouts::turned;
use sim_core::{Duration, NodeId, RequestId};

use super::config::AsyncKvConfig;
use super::flaws::AsyncKvFlaw;
use super::message::{Command, Entry, Event, Message, Outcome, Position};
use super::replica::{Replica, recover};
use super::storage::Storage;
use super::system::AsyncKv;

/// What each task has of the server. Clones are the same server.
#[derive(Clone)]
struct Server {
    node: Node<AsyncKv>,
    config: Rc<AsyncKvConfig>,
    replica: Watch<Replica>,
    storage: Rc<Storage>,
    /// Votes that have come, with their terms.
    votes: Channel<(NodeId, u64)>,
    /// What the others have answered to entries, with the terms of the answers.
    answers: Rc<BTreeMap<NodeId, Channel<(u64, Outcome)>>>,
}

/// What each node runs from its boot on.
pub(super) async fn run(config: AsyncKvConfig, node: Node<AsyncKv>) {
    let storage = Storage::new(node.clone());
    let stored = match node.disk().records() {
        Ok(stored) => stored,
        Err(error) => return node.halt(error.reason()),
    };
    let Ok(found) = recover(&stored) else { return node.halt("the disk is corrupt before its end") };
    if found.records < stored.len() as u64 {
        node.disk().truncate(found.records);
    }
    if !config.flaws.has(AsyncKvFlaw::ServesBeforeSync) {
        // A crash of the process alone leaves what was not durable, and a power loss may still take it away.
        storage.sync().await;
    }
    let replica = node.with_state(|shown| shown.clone());
    replica.modify(|replica| *replica = found.replica);
    let answers = node.others().map(|other| (other, Channel::default())).collect();
    let server = Server {
        node,
        config: Rc::new(config),
        replica,
        storage: Rc::new(storage),
        votes: Channel::default(),
        answers: Rc::new(answers),
    };
    spawn_named("elections", server.clone().stand_for_elections());
    spawn_named("apply", server.clone().apply());
    spawn_named("requests", server.clone().take_requests());
    server.take_messages().await;
}

impl Server {
    fn has(&self, flaw: AsyncKvFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    fn majority(&self) -> usize {
        Group::crash_tolerant(self.node.nodes().len()).majority()
    }

    async fn take_messages(self) {
        loop {
            let (from, message) = self.node.recv().await;
            self.notice(message.term());
            match message {
                Message::RequestVote { term, last } => {
                    spawn_named("vote", self.clone().vote(from, term, last));
                }
                Message::Vote { term, granted: true } => self.votes.send((from, term)),
                Message::Vote { granted: false, .. } => {}
                Message::Append { term, previous, entries, commit } => {
                    spawn_named("follow", self.clone().follow(from, term, previous, entries, commit));
                }
                Message::Appended { term, outcome } => self.answers[&from].send((term, outcome)),
            }
        }
    }

    /// Whoever hears of a later term takes part in it (Raft 5.1).
    fn notice(&self, term: u64) {
        if term > self.replica.borrow().term {
            let stepped_down = self.replica.modify(|replica| replica.enter(term));
            stepped_down.into_iter().for_each(|event| self.node.emit(event));
            self.storage.write(self.replica.borrow().term_record());
        }
    }
}

/// Elections.
impl Server {
    /// A timeout, which comes out apart for servers that draw the same.
    async fn draw_patience(&self) -> Duration {
        let (shortest, longest) = self.config.election_timeout;
        let drawn = self.node.choose_duration("election timeout", shortest, longest).await;
        turned(drawn, (shortest, longest), self.node.me(), self.node.nodes())
    }

    async fn stand_for_elections(self) {
        let heard = || self.replica.borrow().heard;
        let (mut patience, mut before) = (self.draw_patience().await, heard());
        loop {
            let hears = self.replica.wait_for(|replica| replica.heard != before);
            if timeout(sleep(patience).named("Election"), hears).await.is_err() {
                let votes = sleep(self.draw_patience().await).named("Votes");
                match timeout(votes, self.campaign()).await {
                    Ok(Some(term)) => self.lead(term).await,
                    Ok(None) => {}
                    Err(Elapsed) => {
                        // Nobody was elected: it stands again at once, unless it has heard of somebody meanwhile.
                        patience = Duration::ZERO;
                        continue;
                    }
                }
            }
            (patience, before) = (self.draw_patience().await, heard());
        }
    }

    /// Asks for votes. Gives the term in which it is elected.
    async fn campaign(&self) -> Option<u64> {
        let me = self.node.me();
        let term = self.replica.modify(|replica| {
            replica.enter(replica.term + 1);
            (replica.voted_for, replica.is_candidate) = (Some(me), true);
            replica.term
        });
        self.storage.write(self.replica.borrow().term_record());
        self.storage.flush().await;
        self.node.emit(Event::Voted { term, candidate: me });
        let last = self.replica.borrow().last();
        self.node.broadcast(Message::RequestVote { term, last });
        let mut granted = BTreeSet::from([me]);
        while granted.len() < self.majority() {
            let (from, of_term) = self.votes.recv().await;
            if of_term == term || self.has(AsyncKvFlaw::CountsLateVotes) {
                granted.insert(from);
            }
        }
        if self.has(AsyncKvFlaw::LeadsWhateverTerm) {
            return Some(self.replica.borrow().term);
        }
        self.replica.borrow().stands(term).then_some(term)
    }

    /// Votes, if it may.
    async fn vote(self, candidate: NodeId, term: u64, last: Position) {
        let granted = self.replica.borrow().may_vote(candidate, term, last);
        let is_again = self.replica.borrow().voted_for == Some(candidate);
        if granted && self.has(AsyncKvFlaw::VotesOverAwait) {
            self.storage.sync().await;
        }
        if granted {
            self.replica.modify(|replica| {
                replica.voted_for = Some(candidate);
                replica.heard += 1;
            });
            self.storage.write(self.replica.borrow().term_record());
        }
        // The vote may be one whose first task still waits for the disk.
        if !(is_again && self.has(AsyncKvFlaw::RepeatsVotesEarly)) {
            self.storage.flush().await;
        }
        if granted {
            self.node.emit(Event::Voted { term, candidate });
        }
        self.node.send(candidate, Message::Vote { term, granted });
    }
}

/// What a leader does.
impl Server {
    /// Leads until the term is over.
    async fn lead(&self, term: u64) {
        self.replica.modify(|replica| replica.begin_to_lead(self.node.me(), self.node.nodes()));
        self.node.emit(Event::BecameLeader { term });
        self.append(Command::NoOp);
        for peer in self.node.others() {
            spawn_named("replicate", self.clone().replicate(peer, term));
        }
        self.replica.wait_for(|replica| !replica.leads(term)).await;
    }

    /// Adds an entry to the own log. Gives its index.
    fn append(&self, command: Command) -> u64 {
        let record = self.replica.modify(|replica| replica.push(command));
        self.storage.write(record);
        let (term, index) = { (self.replica.borrow().term, self.replica.borrow().last_index()) };
        let server = self.clone();
        spawn_named("own log", async move {
            if !server.has(AsyncKvFlaw::CountsItselfEarly) {
                server.storage.flush().await;
            }
            if server.replica.borrow().leads(term) {
                server.note_match(server.node.me(), index);
            }
        });
        index
    }

    fn note_match(&self, node: NodeId, index: u64) {
        let any_term = self.has(AsyncKvFlaw::CommitsOlderTerms);
        self.replica.modify(|replica| replica.matches(node, index, any_term));
    }

    /// Keeps one of the others up to date, as long as the term lasts.
    async fn replicate(self, peer: NodeId, term: u64) {
        let answers = &self.answers[&peer];
        let for_ever = self.has(AsyncKvFlaw::ReplicatesForEver);
        let mut heartbeat = interval(sleep(self.config.heartbeat_interval).named("Heartbeat"));
        let mut next = self.replica.borrow().last_index();
        // Whether entries were sent from there on: then an answer or the heartbeat comes first.
        let mut are_sent = false;
        loop {
            select! {
                // Looked at first: whatever else has happened, nothing is sent in the name of another term.
                () = self.replica.wait_for(|replica| !(replica.leads(term) || for_ever)) => return,
                () = heartbeat.tick() => are_sent = self.send_entries(peer, next),
                (of_term, outcome) = answers.recv() => {
                    let is_of_term = of_term == term || self.has(AsyncKvFlaw::CountsLateAnswers);
                    match outcome {
                        Outcome::Matches(index) if is_of_term => {
                            self.note_match(peer, index);
                            // One that comes again is no reason to send anything again.
                            (next, are_sent) = if index < next { (next, are_sent) } else { (index + 1, false) };
                        }
                        Outcome::Lacks(could_match) if is_of_term && could_match + 1 < next => {
                            (next, are_sent) = (could_match + 1, false);
                        }
                        Outcome::Matches(_) | Outcome::Lacks(_) | Outcome::Late => {}
                    }
                },
                () = self.replica.wait_for(|replica| !are_sent && replica.last_index() >= next) => {
                    are_sent = self.send_entries(peer, next);
                    heartbeat.reset();
                },
            }
        }
    }

    /// Sends what is in the log from this index on. Gives whether there is anything.
    fn send_entries(&self, to: NodeId, next: u64) -> bool {
        let replica = self.replica.borrow();
        let (previous, entries) = replica.behind(next - 1, self.config.max_entries_per_message as usize);
        let (term, commit, are_some) = (replica.term, replica.commit, !entries.is_empty());
        self.node.send(to, Message::Append { term, previous, entries, commit });
        are_some
    }
}

/// What the others do.
impl Server {
    /// Takes in what a leader has sent, and answers when it is durable.
    async fn follow(self, leader: NodeId, term: u64, previous: Position, entries: Vec<Entry>, commit: u64) {
        let current = self.replica.borrow().term;
        let outcome = if term < current { Outcome::Late } else { self.take_in(leader, previous, entries, commit) };
        if !self.has(AsyncKvFlaw::AnswersBeforeSync) {
            self.storage.flush().await;
        }
        // A later term may have begun meanwhile. The answer is one of this term, in which it is true.
        self.node.send(leader, Message::Appended { term: current, outcome });
    }

    fn take_in(&self, leader: NodeId, previous: Position, entries: Vec<Entry>, commit: u64) -> Outcome {
        let replaces_all = self.has(AsyncKvFlaw::LateEntriesReplace);
        let (outcome, records, replaced) = self.replica.modify(|replica| {
            (replica.leader, replica.is_candidate) = (Some(leader), false);
            replica.heard += 1;
            let taken = replica.take_in(previous, entries, replaces_all);
            if let Outcome::Matches(index) = taken.0 {
                replica.commit = replica.commit.max(commit.min(index));
            }
            taken
        });
        records.into_iter().for_each(|record| self.storage.write(record));
        replaced.into_iter().for_each(|from| self.node.emit(Event::Replaced { from }));
        outcome
    }
}

/// Clients.
impl Server {
    /// Applies what is committed, in order.
    async fn apply(self) {
        loop {
            self.replica.wait_for(Replica::has_to_apply).await;
            let index = if self.has(AsyncKvFlaw::TakesInSelect) {
                // It is taken by a future that is dropped when the time is up.
                let take = async {
                    let index = self.replica.modify(Replica::take_next);
                    self.storage.flush().await;
                    index
                };
                match timeout(sleep(self.config.heartbeat_interval).named("Apply"), take).await {
                    Ok(index) => self.replica.modify(|replica| replica.apply(index)),
                    Err(_) => continue,
                }
                self.replica.borrow().applied
            } else {
                self.replica.modify(Replica::apply_next)
            };
            self.node.emit(Event::Applied { index });
        }
    }

    async fn take_requests(self) {
        loop {
            let (request, op) = self.node.request().await;
            if !self.replica.borrow().is_leader() {
                let leader = self.replica.borrow().leader;
                self.node.redirect(request, leader);
            } else if op.is_read() && self.has(AsyncKvFlaw::ReadsAtOnce) {
                self.reply(request, self.replica.borrow().machine.state.answer(&op));
            } else {
                spawn_named("request", self.clone().serve(request, op));
            }
        }
    }

    fn reply(&self, request: RequestId, reply: Option<KvReply>) {
        reply.into_iter().for_each(|reply| self.node.reply(request, reply));
    }

    /// Puts an operation into the log, and answers when it is applied. Another leader may put another there instead,
    /// and a later one may still commit it: then nobody knows what to say.
    async fn serve(self, request: RequestId, op: KvOp) {
        let term = self.replica.borrow().term;
        let index = self.append(Command::Client { request, op });
        let any_term = self.has(AsyncKvFlaw::AnswersByIndex);
        let applied = self.replica.wait_for(|replica| replica.applied >= index || !(replica.leads(term) || any_term));
        if timeout(sleep(self.config.answer_within).named("Answer"), applied).await.is_err() {
            if self.has(AsyncKvFlaw::RejectsLate) {
                self.node.reject(request);
            }
            return;
        }
        let replica = self.replica.borrow();
        let reply = match replica.machine.sessions.look_up(request) {
            Seen::Latest(reply) => Some(reply.clone()),
            _ if any_term => Some(replica.machine.state.answer(&op).unwrap_or(KvReply::Done)),
            Seen::Never | Seen::Stale => None,
        };
        self.reply(request, reply);
    }
}
