//! Log compaction (7; thesis 5): snapshots of the state stand for the entries that led to it.
//!
//! A snapshot travels in chunks (Figure 13), one at a time: the follower tells how much it has, and
//! the leader goes on from there. It is named by the term of the leader and the last entry in it, so
//! that chunks of another are not taken for chunks of this one, however late or often they come.
//!
//! A departure from the paper: a leader sends the state that it has when it begins to send, not its
//! last stored snapshot. That brings the follower further.

use parts::kv::{Machine, Piece};
use parts::machine::Sessions;
use serde::Serialize;
use sim_core::{Context, NodeId, Time};

use super::configuration::Configuration;
use super::flaws::RaftFlaw;
use super::log::LogPosition;
use super::message::{Event, InstallOutcome, InstallSnapshot, InstallSnapshotReply, Message};
use super::node::{Raft, Role};

/// The state after an entry of the log was applied, which makes the log up to there superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The last entry that it includes.
    pub last: LogPosition,
    /// The members as of that entry.
    pub configuration: Configuration,
    /// The state after it.
    pub machine: Machine,
}

/// A snapshot that a leader sends to a follower. What it takes in the meantime does not change it.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// The last entry in it.
    pub(super) last: LogPosition,
    configuration: Configuration,
    pieces: Vec<Piece>,
    /// How many pieces the follower has, as far as the leader knows.
    received: usize,
    /// When the follower was last sent some.
    sent: Time,
}

/// What a follower has of a snapshot that it is being sent.
#[derive(Debug)]
pub(super) struct Incoming {
    /// The term of the leader that sends it.
    term: u64,
    /// The last entry in it.
    last: LogPosition,
    pieces: Vec<Piece>,
}

impl Raft {
    /// Takes a snapshot when enough entries were applied since the last one. Nothing waits for
    /// the disk: until the new records are durable the old ones say the same.
    pub(super) fn take_snapshot_if_due(&mut self, ctx: &mut Context<'_, Self>) {
        let every = self.config.snapshot_every;
        if every == 0 || self.last_applied < self.log.base().index.saturating_add(every) {
            return;
        }
        if let Some(snapshot) = self.snapshot() {
            let index = snapshot.last.index;
            self.log.compact_to(snapshot.last);
            self.rewrite(snapshot, ctx);
            ctx.emit(Event::TookSnapshot { index });
        }
    }

    /// The state as it is now. A flaw may have cut off the entry that led to it.
    fn snapshot(&self) -> Option<Snapshot> {
        let index = self.last_applied;
        let term = self.log.term_at(index)?;
        let mut machine = self.machine.clone();
        if self.has(RaftFlaw::SnapshotWithoutSessions) {
            machine.sessions = Sessions::default();
        }
        let configuration = self.log.configuration_at(index).clone();
        Some(Snapshot { last: LogPosition { index, term }, configuration, machine })
    }

    /// Begins to send a follower the whole state, because the entries it needs are gone.
    pub(super) fn send_snapshot(&mut self, place: usize, ctx: &mut Context<'_, Self>) {
        let Some(Snapshot { last, configuration, machine }) = self.snapshot() else {
            return;
        };
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let follower = &mut leadership.followers[place];
        follower.next_index = last.index + 1;
        follower.matches = false;
        let outgoing = Outgoing { last, configuration, pieces: machine.pieces(), received: 0, sent: ctx.now() };
        follower.outgoing = Some(Box::new(outgoing));
        self.send_chunk(place, ctx);
    }

    /// Sends a follower the next chunk of what it is being sent.
    fn send_chunk(&mut self, place: usize, ctx: &mut Context<'_, Self>) {
        let (term, limit) = (self.term(), self.config.chunk_limit());
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let follower = &mut leadership.followers[place];
        let Some(outgoing) = &mut follower.outgoing else {
            return;
        };
        outgoing.sent = ctx.now();
        let Outgoing { last, ref configuration, ref pieces, received, .. } = **outgoing;
        let end = received.saturating_add(limit).min(pieces.len());
        let request = InstallSnapshot {
            term,
            last,
            configuration: configuration.clone(),
            offset: received as u64,
            data: pieces[received..end].to_vec(),
            done: end == pieces.len(),
        };
        ctx.send(follower.id, Message::InstallSnapshot(Box::new(request)));
    }

    /// A follower still lacks what it is being sent. If nothing has come of the last chunk for an
    /// election timeout, that or its answer is lost: it is sent again; or all of a newer snapshot, if
    /// the entries behind the old one are gone.
    pub(super) fn resume_snapshot(&mut self, place: usize, ctx: &mut Context<'_, Self>) {
        let (base, retry_after) = (self.log.base().index, self.config.election_timeout.0);
        let Role::Leader(leadership) = &self.role else {
            return;
        };
        match &leadership.followers[place].outgoing {
            Some(outgoing) if ctx.now().since(outgoing.sent) < retry_after => {}
            Some(outgoing) if outgoing.last.index < base => self.send_snapshot(place, ctx),
            _ => self.send_chunk(place, ctx),
        }
    }

    /// Takes over the leader's state once it has all of it, unless its own is as new: the message may
    /// be old.
    pub(super) fn on_install_snapshot(&mut self, from: NodeId, request: InstallSnapshot, ctx: &mut Context<'_, Self>) {
        self.follow(from, ctx);
        let index = request.last.index;
        let outcome = if index > self.commit_index || self.has(RaftFlaw::StaleSnapshotInstalled) {
            self.receive(request, ctx)
        } else {
            InstallOutcome::Installed { index }
        };
        self.make_durable(ctx);
        let reply = InstallSnapshotReply { term: self.term(), outcome };
        ctx.send(from, Message::InstallSnapshotReply(reply));
    }

    /// Adds a chunk to those before it, if it comes next; installs the snapshot if that is the last
    /// one. The first chunk of another snapshot takes the place of what there is, unless that is newer.
    fn receive(&mut self, request: InstallSnapshot, ctx: &mut Context<'_, Self>) -> InstallOutcome {
        let InstallSnapshot { term, last, configuration, offset, data, done } = request;
        let mixes = self.has(RaftFlaw::MixedSnapshots);
        let is_other = |known: &Incoming| (known.term, known.last) != (term, last) && !mixes;
        let is_newer = |known: &Incoming| known.term == term && known.last.index > last.index;
        if self.incoming.as_ref().is_none_or(|known| is_other(known) && !is_newer(known)) && offset == 0 {
            self.incoming = Some(Incoming { term, last, pieces: Vec::new() });
        }
        let Some(incoming) = self.incoming.as_mut().filter(|known| !is_other(known)) else {
            return InstallOutcome::Received { last, pieces: 0 };
        };
        let is_next = offset == incoming.pieces.len() as u64;
        if is_next {
            incoming.pieces.extend(data);
        }
        if !(is_next && done) {
            return InstallOutcome::Received { last, pieces: incoming.pieces.len() as u64 };
        }
        let machine = Machine::of_pieces(std::mem::take(&mut incoming.pieces));
        self.incoming = None;
        if offset > 0 {
            ctx.emit(Event::AssembledSnapshot { index: last.index });
        }
        self.install(Snapshot { last, configuration, machine }, ctx);
        InstallOutcome::Installed { index: last.index }
    }

    /// Keeps the entries behind the snapshot if they fit to it (Figure 13, rule 6), else none.
    fn install(&mut self, snapshot: Snapshot, ctx: &mut Context<'_, Self>) {
        let last = snapshot.last;
        let fits = self.log.has(last) || self.has(RaftFlaw::SnapshotKeepsSuffix);
        if fits && last.index <= self.log.last_index() {
            self.log.compact_to(last);
        } else {
            self.log.install(last, snapshot.configuration.clone());
        }
        self.machine = snapshot.machine.clone();
        self.commit_index = last.index;
        self.last_applied = last.index;
        self.rewrite(snapshot, ctx);
        ctx.emit(Event::InstalledSnapshot { index: last.index });
    }

    pub(super) fn on_install_snapshot_reply(
        &mut self,
        from: NodeId,
        reply: &InstallSnapshotReply,
        ctx: &mut Context<'_, Self>,
    ) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(place) = leadership.place_of(from) else {
            return;
        };
        let follower = &mut leadership.followers[place];
        match reply.outcome {
            InstallOutcome::Installed { index } => {
                follower.heard = true;
                if follower.outgoing.as_ref().is_some_and(|outgoing| outgoing.last.index == index) {
                    ctx.emit(Event::SnapshotAcknowledged { by: from, index });
                }
                self.on_match(from, index, ctx);
            }
            InstallOutcome::Received { last, pieces } => {
                follower.heard = true;
                // It has more, or has lost what it had. One that is known already was answered.
                if let Some(outgoing) = &mut follower.outgoing
                    && outgoing.last == last
                    && outgoing.received as u64 != pieces
                {
                    outgoing.received = outgoing.pieces.len().min(pieces as usize);
                    self.send_chunk(place, ctx);
                }
            }
            InstallOutcome::StaleTerm => {}
        }
    }
}
