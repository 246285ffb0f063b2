//! Log replication and commitment (5.3, 5.4.2).

use sim_core::{Context, NodeId, SyncToken};

use super::config::Replication;
use super::flaws::RaftFlaw;
use super::leadership::Leadership;
use super::log::{Command, Entry, LogPosition};
use super::message::{AppendEntries, AppendEntriesReply, AppendOutcome, Event, Message, Timer};
use super::node::{Raft, Role};
use super::storage::Record;

/// The leader's side.
impl Raft {
    /// Appends an entry of the current term, begins to make it durable and gives its index. It is sent by whoever
    /// calls this: the followers write it while the leader does.
    pub(super) fn append_as_leader(&mut self, command: Command, ctx: &mut Context<'_, Self>) -> u64 {
        let entry = Entry { term: self.term(), command };
        let index = self.log.append(entry.clone());
        self.journal.append(Record::of_entry(index, &entry, &self.log), ctx);
        self.sync_in_background(ctx);
        index
    }

    /// One sync at a time: what is written meanwhile waits for the next one, which covers it all.
    fn sync_in_background(&mut self, ctx: &mut Context<'_, Self>) {
        let last_index = self.log.last_index();
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if self.config.flaws.has(RaftFlaw::LeaderCountsUnsynced) {
            leadership.durable_index = last_index;
        }
        if leadership.syncing.is_none() && leadership.durable_index < last_index {
            self.syncs += 1;
            let token = SyncToken(self.syncs);
            leadership.syncing = Some((token, last_index));
            ctx.disk().sync_then(token);
        }
    }

    /// The sync of an earlier leadership tells nothing about this one's log.
    pub(super) fn on_synced(&mut self, token: SyncToken, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if let Some((_, durable)) = leadership.syncing.take_if(|(of, _)| *of == token) {
            leadership.durable_index = durable;
            self.sync_in_background(ctx);
            self.advance_commit_index(ctx);
        }
    }

    /// Tells everybody that there is a leader, and how far it is.
    pub(super) fn on_heartbeat_due(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat_interval);
        self.begin_round(ctx);
    }

    /// Sends each follower what it lacks.
    pub(super) fn replicate(&mut self, ctx: &mut Context<'_, Self>) {
        let followers = if let Role::Leader(leadership) = &self.role { leadership.followers.len() } else { 0 };
        for place in 0..followers {
            self.send_entries(place, ctx);
        }
    }

    /// Sends one follower the next entries, or none, or a snapshot.
    ///
    /// A suffix that replaces another is always the whole one, also when the leader only finds out
    /// where the logs agree, or goes back to what it has sent before: its log only grows, so no
    /// such message ends before an earlier one did, and what a follower has acknowledged is not cut
    /// off as long as it gets them in the order in which they were sent.
    pub(super) fn send_entries(&mut self, place: usize, ctx: &mut Context<'_, Self>) {
        let base = self.log.base();
        let (term, commit_index) = (self.term(), self.commit_index);
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Leadership { followers, round, .. } = &mut **leadership;
        let follower = &mut followers[place];
        let sends_the_rest = self.config.flaws.has(RaftFlaw::SnapshotVsAppend);
        if let Some(outgoing) = &follower.outgoing {
            let (previous, entries) = (outgoing.last, Vec::new());
            let request = AppendEntries { term, previous, entries, commit_index, round: *round };
            return ctx.send(follower.id, Message::AppendEntries(request));
        }
        if follower.next_index <= base.index && !sends_the_rest {
            return self.send_snapshot(place, ctx);
        }
        let index = follower.next_index - 1;
        let previous_term = self.log.term_at(index).or(sends_the_rest.then_some(base.term));
        let previous_term = previous_term.expect("a leader has what it has sent");
        let previous = LogPosition { index, term: previous_term };
        let sends_suffix = self.config.replication == Replication::Suffix;
        let limit = if follower.matches || sends_suffix { self.config.entries_limit() } else { Some(0) };
        let entries = self.log.copy_from(follower.next_index, limit);
        follower.next_index += entries.len() as u64;
        let request = AppendEntries { term, previous, entries, commit_index, round: *round };
        let message = if sends_suffix { Message::ReplaceSuffix(request) } else { Message::AppendEntries(request) };
        ctx.send(follower.id, message);
    }

    pub(super) fn on_append_entries_reply(
        &mut self,
        from: NodeId,
        reply: &AppendEntriesReply,
        ctx: &mut Context<'_, Self>,
    ) {
        // A refusal answers a message of an earlier term, in which this node led too, perhaps, and
        // the rounds had other numbers: it confirms none of this term.
        if reply.outcome == AppendOutcome::StaleTerm {
            return;
        }
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(follower) = leadership.follower(from) else {
            return;
        };
        follower.heard = true;
        follower.acknowledged_round = follower.acknowledged_round.max(reply.round);
        match reply.outcome {
            AppendOutcome::Matched { index } => self.on_match(from, index, ctx),
            AppendOutcome::Conflict { index, term } => self.on_conflict(from, index, term, ctx),
            AppendOutcome::StaleTerm => {}
        }
        self.on_round_acknowledged(ctx);
    }

    /// A follower holds the leader's log up to `index`. Replies may be late or doubled: what is
    /// known never goes back.
    pub(super) fn on_match(&mut self, from: NodeId, index: u64, ctx: &mut Context<'_, Self>) {
        let last_index = self.log.last_index();
        let regresses = self.has(RaftFlaw::MatchIndexRegress);
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(follower) = leadership.follower(from) else {
            return;
        };
        let known = if regresses { 0 } else { follower.match_index };
        follower.match_index = known.max(index.min(last_index));
        follower.matches = true;
        follower.next_index = follower.next_index.max(follower.match_index + 1);
        follower.outgoing.take_if(|outgoing| outgoing.last.index <= index);
        let is_behind = follower.next_index <= last_index;
        self.advance_commit_index(ctx);
        // Which may have changed who follows, or ended the leadership.
        if let Role::Leader(leadership) = &self.role
            && let Some(place) = leadership.place_of(from)
        {
            if is_behind {
                self.send_entries(place, ctx);
            }
            self.on_newcomer_progress(from, ctx);
            self.hand_over_if_ready(ctx);
        }
    }

    /// A follower lacks the entry before those it was sent: goes back to where the logs may agree,
    /// a whole term at a time (5.3, at the end). The hint may be old, but never leads behind what
    /// is known to match.
    fn on_conflict(&mut self, from: NodeId, index: u64, term: Option<u64>, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(place) = leadership.place_of(from) else {
            return;
        };
        let follower = &mut leadership.followers[place];
        if follower.outgoing.is_some() {
            return self.resume_snapshot(place, ctx);
        }
        let own = term.and_then(|term| self.log.last_of_term(term, follower.next_index));
        let hint = own.map_or(index, |last_of_term| last_of_term + 1);
        let known = if self.config.flaws.has(RaftFlaw::StaleRejection) { 0 } else { follower.match_index };
        let next_index = hint.max(known + 1);
        if next_index < follower.next_index {
            follower.next_index = next_index;
            follower.matches = false;
            self.send_entries(place, ctx);
        }
    }

    /// Commits what a majority holds, if that reaches into the current term: older entries may be
    /// on a majority and still be overwritten, until one of this term lies behind them (5.4.2).
    fn advance_commit_index(&mut self, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let index = leadership.index_on_quorum(self.log.configuration());
        let is_of_this_term = self.log.term_at(index) == Some(self.term()) || self.has(RaftFlaw::Figure8);
        if index > self.commit_index && is_of_this_term && !self.stalls_before(index) {
            let committed_before = self.commit_index;
            ctx.emit(Event::Committed { index });
            self.commit_to(index, ctx);
            self.serve_reads(ctx);
            self.on_configuration_committed(committed_before, ctx);
        }
    }

    /// Whether a flawed scan, which looks at one entry after the other, gives up before `index`.
    fn stalls_before(&self, index: u64) -> bool {
        self.has(RaftFlaw::CommitStalls)
            && (self.commit_index + 1..index).any(|at| self.log.term_at(at) != Some(self.term()))
    }
}

/// The follower's side.
impl Raft {
    pub(super) fn on_entries(
        &mut self,
        from: NodeId,
        request: &AppendEntries,
        sent_as: Replication,
        ctx: &mut Context<'_, Self>,
    ) {
        self.follow(from, ctx);
        let outcome = if self.matches(request.previous) {
            self.take_over(request, sent_as, ctx)
        } else {
            self.conflict_with(request.previous)
        };
        if !self.has(RaftFlaw::AckBeforeSync) {
            self.make_durable(ctx);
        }
        let reply = AppendEntriesReply { term: self.term(), round: request.round, outcome };
        ctx.send(from, Message::AppendEntriesReply(reply));
    }

    /// Whether its log agrees with the leader's up to `previous`. What a snapshot stands for is
    /// committed, so every later leader has it.
    fn matches(&self, previous: LogPosition) -> bool {
        previous.index < self.log.base().index
            || self.log.has(previous)
            || (self.has(RaftFlaw::SkipsPrevCheck) && previous.index <= self.log.last_index())
    }

    /// The first index that the leader should send: behind the end if the log is too short, else
    /// where the term that does not fit began.
    fn conflict_with(&self, previous: LogPosition) -> AppendOutcome {
        match self.log.term_at(previous.index) {
            None => AppendOutcome::Conflict { index: self.log.last_index() + 1, term: None },
            term => AppendOutcome::Conflict { index: self.log.first_of_same_term(previous.index), term },
        }
    }

    /// Appends what is new and commits what the leader has committed, as far as the logs are now
    /// known to be the same, and no further. Behind a whole suffix it keeps nothing; what it has of
    /// the suffix it does not write anew, lest a crash in between lose it.
    fn take_over(
        &mut self,
        request: &AppendEntries,
        sent_as: Replication,
        ctx: &mut Context<'_, Self>,
    ) -> AppendOutcome {
        let first = request.previous.index + 1;
        let matched = request.previous.index + request.entries.len() as u64;
        if self.has(RaftFlaw::TornAppend) && !request.entries.is_empty() {
            self.truncate_log(first, ctx);
        }
        for (index, entry) in (first..).zip(&request.entries) {
            self.take_over_entry(index, entry, ctx);
        }
        if sent_as == Replication::Suffix || self.has(RaftFlaw::HeartbeatTruncates) {
            self.truncate_log(matched + 1, ctx);
        }
        let known = if self.has(RaftFlaw::CommitPastMatch) { self.log.last_index() } else { matched };
        let index =
            if self.has(RaftFlaw::CommitBeyondLog) { request.commit_index } else { request.commit_index.min(known) };
        if index > self.commit_index || self.has(RaftFlaw::CommitRegress) {
            self.commit_to(index, ctx);
        }
        let acknowledged = if self.has(RaftFlaw::InaccurateAck) { self.log.last_index() } else { matched };
        AppendOutcome::Matched { index: acknowledged }
    }

    /// Only an entry that conflicts with the leader's is deleted, with all behind it: a message may
    /// be old, and what lies behind its entries may have been acknowledged since (5.3).
    fn take_over_entry(&mut self, index: u64, entry: &Entry, ctx: &mut Context<'_, Self>) {
        let is_known = index <= self.log.base().index
            || self.log.term_at(index) == Some(entry.term)
            || (self.has(RaftFlaw::StaleSuffixKept) && index <= self.log.last_index());
        if !is_known {
            self.truncate_log(index, ctx);
            let index = self.log.append(entry.clone());
            self.journal.append(Record::of_entry(index, entry, &self.log), ctx);
        }
    }

    /// Cuts off the entry at `from` and all behind it.
    pub(super) fn truncate_log(&mut self, from: u64, ctx: &mut Context<'_, Self>) {
        if from <= self.log.last_index() {
            self.log.truncate_from(from);
            self.journal.append(Record::TruncateSuffix { from: from.max(self.log.base().index + 1) }, ctx);
        }
    }
}

/// Both sides.
impl Raft {
    /// Applies what is committed, in order.
    fn commit_to(&mut self, index: u64, ctx: &mut Context<'_, Self>) {
        self.commit_index = index;
        while self.last_applied < self.commit_index {
            let Some(entry) = self.log.entry(self.last_applied + 1) else {
                break;
            };
            self.last_applied += 1;
            if let &Command::Client { request, op } = &entry.command {
                self.apply(request, &op, ctx);
            }
        }
    }
}
