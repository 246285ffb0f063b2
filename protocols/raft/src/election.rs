//! Leader election (5.2, 5.4.1), with pre-vote (thesis 9.6) and check-quorum (thesis 6.2).

use parts::timeouts::draw_timeout;
use sim_core::{Context, NodeId};

use super::flaws::RaftFlaw;
use super::leadership::Leadership;
use super::log::Command;
use super::message::{Event, Message, Timer, VoteReply, VoteRequest};
use super::node::{Raft, Role};
use super::storage::HardState;

impl Raft {
    /// No leader was heard from for too long.
    pub(super) fn on_election_timeout(&mut self, ctx: &mut Context<'_, Self>) {
        self.leader = None;
        self.draw_election_timeout(ctx);
        self.arm_election_timer(ctx);
        if !self.may_campaign() {
            return;
        }
        if self.config.pre_vote { self.become_pre_candidate(ctx) } else { self.become_candidate(false, ctx) }
    }

    /// Asks whether it could win before it raises its term: a node that nobody would vote for must
    /// not depose a leader by its mere term.
    fn become_pre_candidate(&mut self, ctx: &mut Context<'_, Self>) {
        self.role = Role::PreCandidate { votes: vec![self.me] };
        self.ask_voters(&Message::PreVote(self.vote_request(self.term() + 1, false)), ctx);
        self.count_votes(ctx);
    }

    /// `by_transfer`: because the leader hands over.
    pub(super) fn become_candidate(&mut self, by_transfer: bool, ctx: &mut Context<'_, Self>) {
        *self.hard_state = HardState { term: self.term() + 1, voted_for: Some(self.me) };
        self.role = Role::Candidate { votes: vec![self.me], by_transfer };
        self.make_durable(ctx);
        ctx.emit(Event::Voted { term: self.term(), candidate: self.me });
        self.ask_voters(&Message::RequestVote(self.vote_request(self.term(), by_transfer)), ctx);
        self.count_votes(ctx);
    }

    /// Whether it may become leader: if it votes, or did before a change that may still be undone.
    /// Such a change can depend on it: nobody else might have it in the log (thesis 4.2.2).
    pub(super) fn may_campaign(&self) -> bool {
        let changed_at = self.log.configuration_index();
        self.log.configuration().is_voter(self.me)
            || (changed_at > self.commit_index && self.log.configuration_at(changed_at - 1).is_voter(self.me))
    }

    fn ask_voters(&self, message: &Message, ctx: &mut Context<'_, Self>) {
        let voters = self.log.configuration().all_voters();
        voters.into_iter().filter(|voter| *voter != self.me).for_each(|voter| ctx.send(voter, message.clone()));
    }

    fn vote_request(&self, term: u64, by_transfer: bool) -> VoteRequest {
        VoteRequest { term, last: self.log.last(), by_transfer }
    }

    /// Would it vote for the candidate? The answer changes nothing here, so it binds nobody.
    pub(super) fn on_pre_vote(&mut self, from: NodeId, request: &VoteRequest, ctx: &mut Context<'_, Self>) {
        let granted = request.term > self.term() && self.is_up_to_date(request);
        let term = if granted { request.term } else { self.term() };
        ctx.send(from, Message::PreVoteReply(VoteReply { term, granted }));
    }

    pub(super) fn on_pre_vote_reply(&mut self, from: NodeId, reply: &VoteReply, ctx: &mut Context<'_, Self>) {
        let next_term = self.term() + 1;
        if let Role::PreCandidate { votes } = &mut self.role
            && reply.granted
            && reply.term == next_term
        {
            add_vote(votes, from);
            self.count_votes(ctx);
        }
    }

    /// Votes for at most one candidate a term, and only for one whose log holds all that can be
    /// committed. The vote is durable before it is cast.
    pub(super) fn on_request_vote(&mut self, from: NodeId, request: &VoteRequest, ctx: &mut Context<'_, Self>) {
        let granted = self.may_vote_for(from) && self.is_up_to_date(request);
        let is_new = granted && self.hard_state.voted_for != Some(from);
        if granted {
            self.hard_state.voted_for = Some(from);
            self.arm_election_timer(ctx);
        }
        self.make_durable(ctx);
        if is_new {
            ctx.emit(Event::Voted { term: self.term(), candidate: from });
        }
        ctx.send(from, Message::RequestVoteReply(VoteReply { term: self.term(), granted }));
    }

    fn may_vote_for(&self, candidate: NodeId) -> bool {
        self.hard_state.voted_for.is_none_or(|voted_for| voted_for == candidate) || self.has(RaftFlaw::DoubleVote)
    }

    fn is_up_to_date(&self, request: &VoteRequest) -> bool {
        self.log.is_no_newer_than(request.last) || self.has(RaftFlaw::VotesForStaleLog)
    }

    /// Only votes of the current term arrive here: [`Raft::admit`] turns older ones away.
    pub(super) fn on_request_vote_reply(&mut self, from: NodeId, reply: &VoteReply, ctx: &mut Context<'_, Self>) {
        if let Role::Candidate { votes, .. } = &mut self.role
            && reply.granted
        {
            add_vote(votes, from);
            self.count_votes(ctx);
        }
    }

    fn count_votes(&mut self, ctx: &mut Context<'_, Self>) {
        let configuration = self.log.configuration();
        let half_is_enough = self.config.flaws.has(RaftFlaw::HalfIsAMajority);
        let are_quorum = |votes: &[NodeId]| {
            configuration.has_quorum(|node| votes.contains(&node))
                || (half_is_enough && votes.len() * 2 >= configuration.all_voters().len())
        };
        match &mut self.role {
            Role::PreCandidate { votes } if are_quorum(votes) => self.become_candidate(false, ctx),
            Role::Candidate { votes, by_transfer } if are_quorum(votes) => {
                let (votes, by_transfer) = (std::mem::take(votes), *by_transfer);
                self.become_leader(votes, by_transfer, ctx);
            }
            _ => {}
        }
    }

    /// Begins its term with an entry that does nothing: once that is committed, so is everything
    /// before it, which the leader could not commit by itself (5.4.2).
    ///
    /// All of its log is durable, because it became so together with the vote for itself.
    fn become_leader(&mut self, votes: Vec<NodeId>, by_transfer: bool, ctx: &mut Context<'_, Self>) {
        if self.has(RaftFlaw::LeaderOverwritesLog) {
            self.truncate_log(self.commit_index + 1, ctx);
        }
        let members = self.log.configuration().members();
        let leadership = Leadership::new(self.me, votes, &members, self.log.last_index());
        self.role = Role::Leader(Box::new(leadership));
        self.leader = Some(self.me);
        ctx.emit(Event::BecameLeader { term: self.term() });
        if by_transfer {
            ctx.emit(Event::LeadershipTransferred { term: self.term() });
        }
        ctx.cancel_timer(Timer::Election);
        if self.config.check_quorum {
            ctx.set_timer(Timer::CheckQuorum, self.config.election_timeout.1);
        }
        self.note_requests_in_log();
        self.append_as_leader(Command::NoOp, ctx);
        self.on_heartbeat_due(ctx);
    }

    /// A leader that has heard from no majority for a whole election timeout steps down: it could
    /// not commit anything, and its clients had better look for another (thesis 6.2).
    pub(super) fn on_check_quorum_due(&mut self, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let has_quorum = leadership.take_heard_from_quorum(self.log.configuration());
        if has_quorum || self.has(RaftFlaw::QuorumLossBridge) {
            ctx.set_timer(Timer::CheckQuorum, self.config.election_timeout.1);
        } else {
            self.step_down(ctx);
        }
    }

    /// Leads no longer, and knows of nobody who does.
    pub(super) fn step_down(&mut self, ctx: &mut Context<'_, Self>) {
        self.leader = None;
        self.become_follower(ctx);
    }

    /// Follows, if it did not before. Requests that are in a leader's log may still be committed
    /// by another, so they are left without an answer; reads had no effect, so they are sent on.
    pub(super) fn become_follower(&mut self, ctx: &mut Context<'_, Self>) {
        let was = std::mem::replace(&mut self.role, Role::Follower);
        let Role::Leader(leadership) = was else {
            return;
        };
        ctx.emit(Event::SteppedDown { term: self.term() });
        ctx.cancel_timer(Timer::Heartbeat);
        ctx.cancel_timer(Timer::CheckQuorum);
        self.draw_election_timeout(ctx);
        self.arm_election_timer(ctx);
        for read in leadership.reads {
            ctx.redirect(read.request, self.leader);
        }
    }

    /// A message of the leader of the current term has arrived.
    pub(super) fn follow(&mut self, leader: NodeId, ctx: &mut Context<'_, Self>) {
        self.leader = Some(leader);
        self.become_follower(ctx);
        self.heard_from_leader = ctx.now();
        self.arm_election_timer(ctx);
    }

    pub(super) fn arm_election_timer(&self, ctx: &mut Context<'_, Self>) {
        ctx.set_timer(Timer::Election, self.election_timeout);
    }

    /// Draws a new election timeout.
    pub(super) fn draw_election_timeout(&mut self, ctx: &mut Context<'_, Self>) {
        self.election_timeout = draw_timeout("election timeout", self.config.election_timeout, ctx);
    }
}

fn add_vote(votes: &mut Vec<NodeId>, voter: NodeId) {
    if !votes.contains(&voter) {
        votes.push(voter);
    }
}
