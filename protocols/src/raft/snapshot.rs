//! Log compaction (7): snapshots of the state stand for the entries that led to it.
//!
//! Two departures from the paper: a snapshot travels in one message instead of chunks, and a
//! leader sends its current state instead of its last stored snapshot. That saves keeping a copy
//! and brings the follower further.

use sim_core::{Context, NodeId};

use super::flaws::RaftFlaw;
use super::leadership::Leadership;
use super::log::LogPosition;
use super::machine::Snapshot;
use super::message::{Event, InstallSnapshot, InstallSnapshotReply, Message};
use super::node::{Raft, Role};
use super::storage::compacted;
use crate::sessions::Sessions;

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
            self.write_anew(compacted(self.durable_hard_state(), snapshot, &self.log), ctx);
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

    /// Sends a follower the whole state, because the entries it needs are gone.
    pub(super) fn send_snapshot(&mut self, place: usize, ctx: &mut Context<'_, Self>) {
        let term = self.term();
        let Some(snapshot) = self.snapshot() else {
            return;
        };
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Leadership { followers, .. } = &mut **leadership;
        let follower = &mut followers[place];
        follower.next_index = snapshot.last.index + 1;
        follower.matches = false;
        follower.snapshot_sent = Some(ctx.now());
        let snapshot = Box::new(snapshot);
        ctx.send(follower.id, Message::InstallSnapshot(InstallSnapshot { term, snapshot }));
    }

    /// Takes over the leader's state, unless its own is as new: the message may be old.
    pub(super) fn on_install_snapshot(&mut self, from: NodeId, snapshot: Snapshot, ctx: &mut Context<'_, Self>) {
        self.follow(from, ctx);
        let index = snapshot.last.index;
        if index > self.commit_index || self.has(RaftFlaw::StaleSnapshotInstalled) {
            self.install(snapshot, ctx);
        }
        self.make_durable(ctx);
        let reply = InstallSnapshotReply { term: self.term(), index };
        ctx.send(from, Message::InstallSnapshotReply(reply));
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
        self.write_anew(compacted(self.durable_hard_state(), snapshot, &self.log), ctx);
        ctx.emit(Event::InstalledSnapshot { index: last.index });
    }

    pub(super) fn on_install_snapshot_reply(
        &mut self,
        from: NodeId,
        reply: &InstallSnapshotReply,
        ctx: &mut Context<'_, Self>,
    ) {
        if reply.index == 0 {
            return;
        }
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if let Some(follower) = leadership.follower(from) {
            follower.heard = true;
            follower.snapshot_sent = None;
            self.on_match(from, reply.index, ctx);
        }
    }
}
