//! Leadership transfer (thesis 3.10): the leader takes no more requests, sees to it that another
//! voter has its whole log, and has it begin an election at once. If nothing comes of that within an
//! election timeout, it leads on.

use std::cmp::Reverse;

use sim_core::{Context, NodeId};

use super::flaws::RaftFlaw;
use super::message::{Event, Message, TimeoutNow, Timer};
use super::node::{Raft, Role};
use super::operator::{Refusal, only};

/// A transfer under way.
#[derive(Debug)]
pub(super) struct Transfer {
    to: NodeId,
    /// Whether the other was asked to begin.
    is_asked: bool,
}

impl Raft {
    /// Hands over to the given voter, or, if none is given, to the one with the most of the log.
    pub(super) fn begin_transfer(&mut self, to: &[NodeId], ctx: &mut Context<'_, Self>) -> Result<(), Refusal> {
        self.check_that_nothing_is_pending()?;
        let to = if to.is_empty() { self.most_up_to_date().ok_or(Refusal::NobodyLeft)? } else { only(to)? };
        if to == self.me {
            return Err(Refusal::NothingToChange);
        }
        if !self.log.configuration().is_voter(to) {
            return Err(Refusal::NotAMember);
        }
        if let Role::Leader(leadership) = &mut self.role {
            leadership.transfer = Some(Transfer { to, is_asked: false });
            ctx.set_timer(Timer::Transfer, self.config.election_timeout.0);
            ctx.emit(Event::TransferBegan { to });
            self.hand_over_if_ready(ctx);
        }
        Ok(())
    }

    fn most_up_to_date(&self) -> Option<NodeId> {
        let Role::Leader(leadership) = &self.role else {
            return None;
        };
        let configuration = self.log.configuration();
        let voters = leadership.followers.iter().filter(|follower| configuration.is_voter(follower.id));
        voters.max_by_key(|follower| (follower.match_index, Reverse(follower.id))).map(|follower| follower.id)
    }

    /// To whom the leader is about to hand over: clients had better ask there.
    pub(super) const fn hands_over_to(&self) -> Option<NodeId> {
        match &self.role {
            Role::Leader(leadership) => match &leadership.transfer {
                Some(transfer) => Some(transfer.to),
                None => None,
            },
            _ => None,
        }
    }

    /// Asks the other to begin as soon as it has the whole log: with less it could not win. Those who
    /// vote for it break every lease that the leader was promised (thesis 6.4.1).
    pub(super) fn hand_over_if_ready(&mut self, ctx: &mut Context<'_, Self>) {
        let (term, last_index) = (self.term(), self.log.last_index());
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(to) = leadership.transfer.as_ref().filter(|transfer| !transfer.is_asked).map(|transfer| transfer.to)
        else {
            return;
        };
        if leadership.follower(to).is_some_and(|follower| follower.match_index == last_index) {
            leadership.transfer = Some(Transfer { to, is_asked: true });
            if !self.config.flaws.has(RaftFlaw::TransferKeepsLease) {
                leadership.end_leases();
            }
            ctx.send(to, Message::TimeoutNow(TimeoutNow { term }));
        }
    }

    /// The other has not taken over in time.
    pub(super) fn give_up_transfer(&mut self, ctx: &mut Context<'_, Self>) {
        if let Role::Leader(leadership) = &mut self.role
            && let Some(transfer) = leadership.transfer.take()
        {
            ctx.emit(Event::TransferGivenUp { to: transfer.to });
        }
    }

    /// The leader wants this node to lead: it does not wait for its timeout and does not ask who would
    /// vote for it.
    pub(super) fn on_timeout_now(&mut self, ctx: &mut Context<'_, Self>) {
        if self.may_campaign() && !self.is_leader() {
            self.leader = None;
            self.draw_election_timeout(ctx);
            self.arm_election_timer(ctx);
            self.become_candidate(true, ctx);
        }
    }
}
