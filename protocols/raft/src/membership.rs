//! Changes of the membership (6; thesis 4): new members catch up, the new configuration goes into
//! the log and is in force from there on, and a joint one is left when it is committed.

use sim_core::{Context, NodeId, OperatorAction, Time};

use super::configuration::Configuration;
use super::leadership::Leadership;
use super::log::Command;
use super::message::{Event, Timer};
use super::node::{Raft, Role};
use super::operator::Refusal;

/// A change that waits until its new voters have caught up. They are sent the log meanwhile and
/// count nowhere, so that they do not keep the cluster from committing later (thesis 4.2.1).
#[derive(Debug)]
pub(super) struct Change {
    action: OperatorAction,
    /// What to append then.
    configuration: Configuration,
    newcomers: Vec<Newcomer>,
}

/// A node that is to vote and must catch up first. It is sent the log in rounds, each of which goes
/// as far as the log went when it began.
#[derive(Debug)]
struct Newcomer {
    id: NodeId,
    rounds_left: u32,
    round_began: Time,
    round_goes_to: u64,
}

/// After how many rounds a leader gives up on a newcomer (thesis 4.2.1).
const ROUNDS: u32 = 10;

impl Raft {
    /// Lets the new voters catch up, if there are any, and appends the configuration.
    pub(super) fn begin_change(&mut self, action: &OperatorAction, next: Configuration, ctx: &mut Context<'_, Self>) {
        let now = self.log.configuration();
        let newcomer =
            |id| Newcomer { id, rounds_left: ROUNDS, round_began: ctx.now(), round_goes_to: self.log.last_index() };
        let new_voters = next.all_voters().into_iter().filter(|node| !now.is_voter(*node) && *node != self.me);
        let newcomers: Vec<Newcomer> = new_voters.map(newcomer).collect();
        if newcomers.is_empty() {
            return self.append_configuration(next, ctx);
        }
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        leadership.change = Some(Change { action: action.clone(), configuration: next, newcomers });
        ctx.set_timer(Timer::CatchUp, self.config.election_timeout.1 * u64::from(ROUNDS));
        self.replicate_to_members();
        self.replicate(ctx);
    }

    /// A follower has more of the log. A newcomer that got a whole round within an election timeout
    /// is so close behind that it will not hold up the cluster for longer.
    pub(super) fn on_newcomer_progress(&mut self, from: NodeId, ctx: &mut Context<'_, Self>) {
        let last_index = self.log.last_index();
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Leadership { change: Some(change), followers, .. } = &mut **leadership else {
            return;
        };
        let match_index = followers.iter().find(|follower| follower.id == from).map_or(0, |found| found.match_index);
        let Some(newcomer) = change.newcomers.iter_mut().find(|newcomer| newcomer.id == from) else {
            return;
        };
        if match_index < newcomer.round_goes_to {
            return;
        }
        newcomer.rounds_left -= 1;
        if ctx.now().since(newcomer.round_began) < self.config.election_timeout.0 {
            change.newcomers.retain(|newcomer| newcomer.id != from);
        } else if newcomer.rounds_left == 0 {
            return self.give_up_change(ctx);
        } else {
            (newcomer.round_began, newcomer.round_goes_to) = (ctx.now(), last_index);
        }
        if let Some(change) = leadership.change.take_if(|change| change.newcomers.is_empty()) {
            self.append_configuration(change.configuration, ctx);
        }
    }

    /// The new members did not catch up in time.
    pub(super) fn give_up_change(&mut self, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if let Some(change) = leadership.change.take() {
            ctx.emit(Event::Refused { action: change.action.to_string(), why: Refusal::TooSlow });
            self.replicate_to_members();
        }
    }

    /// The configuration is in force as soon as it is in the log (thesis 4.1).
    fn append_configuration(&mut self, configuration: Configuration, ctx: &mut Context<'_, Self>) {
        let command = Command::Configuration(Box::new(configuration.clone()));
        let index = self.append_as_leader(command, ctx);
        ctx.emit(Event::ConfigurationAppended { index, configuration });
        self.replicate_to_members();
        self.replicate(ctx);
    }

    /// Sends the log to the members of the latest configuration and to newcomers.
    fn replicate_to_members(&mut self) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let mut wanted = self.log.configuration().members();
        wanted.extend(leadership.change.iter().flat_map(|change| &change.newcomers).map(|newcomer| newcomer.id));
        leadership.set_members(&wanted, self.log.last_index());
    }

    /// The leader has committed more. Once that includes the latest configuration, it leaves a joint
    /// one for the new set (thesis 4.3), and does not lead a cluster that it does not belong to
    /// (4.2.2). A change that an earlier leader began is brought to its end in the same way.
    pub(super) fn on_configuration_committed(&mut self, committed_before: u64, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &self.role else {
            return;
        };
        let index = self.log.configuration_index();
        if index > self.commit_index {
            return;
        }
        let configuration = self.log.configuration();
        if index > committed_before {
            ctx.emit(Event::ConfigurationCommitted { index, configuration: configuration.clone() });
        }
        if configuration.is_joint() && self.commit_index >= leadership.no_op_index {
            self.append_configuration(configuration.after_joint(), ctx);
        } else if !configuration.is_voter(self.me) {
            self.step_down(ctx);
        }
    }
}
