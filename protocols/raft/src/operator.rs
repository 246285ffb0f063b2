//! What an operator can ask of a node, and why a node may refuse.

use serde::Serialize;
use sim_core::{Context, NodeId, OperatorAction};

use super::configuration::{Configuration, in_order};
use super::flaws::RaftFlaw;
use super::message::Event;
use super::node::{Raft, Role};

const ADD_SERVER: &str = "add_server";
const REMOVE_SERVER: &str = "remove_server";
const ADD_NON_VOTER: &str = "add_non_voter";
const CHANGE_MEMBERSHIP: &str = "change_membership";
const TRANSFER_LEADERSHIP: &str = "transfer_leadership";

/// All that can be asked: one voter more (thesis 4.1), one member less, one member more that does
/// not vote (4.2.1), exactly these voters (4.3), another leader (3.10).
pub(super) const ACTIONS: [&str; 5] =
    [ADD_SERVER, REMOVE_SERVER, ADD_NON_VOTER, CHANGE_MEMBERSHIP, TRANSFER_LEADERSHIP];

/// Why a node does not do what an operator asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Refusal {
    /// Only a leader can do it.
    NotLeader,
    /// The leader has committed nothing in its term, so it cannot tell which configuration is the
    /// last that counts (Ongaro, raft-dev 2015).
    NothingCommittedInTerm,
    /// Another change of the membership is under way.
    ChangePending,
    /// The leader is about to hand over.
    TransferPending,
    /// The action is about one node, and was asked for with none or with several.
    NotOneNode,
    /// That is how it is already.
    NothingToChange,
    /// The node is no member, or no voter where a voter is needed.
    NotAMember,
    /// Nobody would be left to vote, or to lead.
    NobodyLeft,
    /// A new member did not catch up with the log in time.
    TooSlow,
}

impl Raft {
    /// Does it, or announces why not.
    pub(super) fn on_operator_action(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) {
        if let Err(why) = self.carry_out(action, ctx) {
            ctx.emit(Event::Refused { action: action.to_string(), why });
        }
    }

    fn carry_out(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) -> Result<(), Refusal> {
        if action.name == TRANSFER_LEADERSHIP {
            return self.begin_transfer(&action.nodes, ctx);
        }
        self.check_that_nothing_is_pending()?;
        self.check_that_the_configuration_is_known()?;
        let next = self.next_configuration(action)?;
        self.begin_change(action, next, ctx);
        Ok(())
    }

    /// One thing at a time: neither a change, committed or not yet in the log, nor a transfer may be
    /// under way (thesis 4.1, 3.10).
    pub(super) fn check_that_nothing_is_pending(&self) -> Result<(), Refusal> {
        let Role::Leader(leadership) = &self.role else {
            return Err(Refusal::NotLeader);
        };
        let is_uncommitted =
            self.log.configuration_index() > self.commit_index && !self.has(RaftFlaw::OverlappingChanges);
        if leadership.transfer.is_some() {
            Err(Refusal::TransferPending)
        } else if leadership.change.is_some() || is_uncommitted || self.log.configuration().is_joint() {
            Err(Refusal::ChangePending)
        } else {
            Ok(())
        }
    }

    /// Another leader may have appended a change that this one's log lacks; once an entry of this
    /// term is committed, nobody who has it can win an election with it (Ongaro, raft-dev 2015).
    fn check_that_the_configuration_is_known(&self) -> Result<(), Refusal> {
        match &self.role {
            Role::Leader(leadership)
                if self.commit_index < leadership.no_op_index && !self.has(RaftFlaw::OneServerChange) =>
            {
                Err(Refusal::NothingCommittedInTerm)
            }
            _ => Ok(()),
        }
    }

    /// The configuration that the action leads to next.
    fn next_configuration(&self, action: &OperatorAction) -> Result<Configuration, Refusal> {
        let now = self.log.configuration();
        match action.name.as_str() {
            ADD_SERVER => match only(&action.nodes)? {
                node if now.is_voter(node) => Err(Refusal::NothingToChange),
                node => Ok(now.with_voter(node)),
            },
            ADD_NON_VOTER => match only(&action.nodes)? {
                node if now.is_member(node) => Err(Refusal::NothingToChange),
                node => Ok(now.with_non_voter(node)),
            },
            REMOVE_SERVER => match only(&action.nodes)? {
                node if !now.is_member(node) => Err(Refusal::NotAMember),
                node if now.voters == [node] => Err(Refusal::NobodyLeft),
                node => Ok(now.without(node)),
            },
            CHANGE_MEMBERSHIP => match in_order(action.nodes.iter().copied()) {
                next if next.is_empty() => Err(Refusal::NobodyLeft),
                next if next == now.voters => Err(Refusal::NothingToChange),
                next if self.has(RaftFlaw::SkipsJointConsensus) => Ok(now.joint_with(next).after_joint()),
                next => Ok(now.joint_with(next)),
            },
            unknown => unreachable!("{unknown} is not among the actions"),
        }
    }
}

/// The one node that an action is about.
pub(super) fn only(nodes: &[NodeId]) -> Result<NodeId, Refusal> {
    match nodes {
        [node] => Ok(*node),
        _ => Err(Refusal::NotOneNode),
    }
}
