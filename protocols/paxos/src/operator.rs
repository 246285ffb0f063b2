//! What an operator can ask of a node, and why a node may refuse.

use serde::Serialize;
use sim_core::OperatorAction;

use super::flaws::PaxosFlaw;
use super::members::Members;
use super::message::{Command, Event};
use super::node::{Ctx, Paxos};

const ADD_ACCEPTOR: &str = "add_acceptor";
const REMOVE_ACCEPTOR: &str = "remove_acceptor";
const CHANGE_ACCEPTORS: &str = "change_acceptors";

/// All that can be asked: acceptors more, acceptors less, exactly these acceptors.
pub(super) const ACTIONS: [&str; 3] = [ADD_ACCEPTOR, REMOVE_ACCEPTOR, CHANGE_ACCEPTORS];

/// Why a node does not do what an operator asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Refusal {
    /// Only a leader can do it.
    NotLeader,
    /// Another change is under way, and does not hold yet.
    ChangePending,
    /// That is how it is already.
    NothingToChange,
    /// There would be no acceptor left.
    NobodyLeft,
}

impl Paxos {
    /// Proposes other acceptors, or announces why not.
    pub(super) fn on_operator_action(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        match self.next_members(action) {
            Ok(members) => {
                ctx.emit(Event::ProposedMembers { members: members.clone() });
                self.enqueue(Command::Members(members));
            }
            Err(why) => ctx.emit(Event::NotDone { action: action.to_string(), why }),
        }
    }

    /// The acceptors that the action leads to. It names all of them, so there is one change at a time.
    fn next_members(&self, action: &OperatorAction) -> Result<Members, Refusal> {
        let leader = self.leadership().ok_or(Refusal::NotLeader)?;
        let (since, now) = self.learner.memberships().latest();
        let is_pending = since > self.learner.first_unchosen() || leader.changes_members();
        if is_pending && !self.has(PaxosFlaw::ChangesOverlap) {
            return Err(Refusal::ChangePending);
        }
        let (now_all, named) = (now.as_slice().iter().copied(), action.nodes.iter().copied());
        let next = match action.name.as_str() {
            ADD_ACCEPTOR => Members::of(now_all.chain(named)),
            REMOVE_ACCEPTOR => Members::of(now_all.filter(|node| !action.nodes.contains(node))),
            CHANGE_ACCEPTORS => Members::of(named),
            unknown => unreachable!("{unknown} is not among the actions"),
        };
        next.ok_or(Refusal::NobodyLeft)
            .and_then(|next| if next == *now { Err(Refusal::NothingToChange) } else { Ok(next) })
    }
}
