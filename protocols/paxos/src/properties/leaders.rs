//! What leaders owe besides: Who Is Not Heard Steps Down, One Change At A Time, Changes Do Not Wait For Clients, Whoever Waits
//! Is Answered.

use parts::machine::Seen;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Received, RequestId, Step, StepKind, World};

use super::is_handler;
use crate::ballot::Ballot;
use crate::message::{Event, Message};
use crate::node::Paxos;

/// Acceptors that hear from a leader help no other, so one that reaches too few to choose anything must make way (Ng, Haridi
/// and Carbone 2023, 2). It looks now and then at who has answered it since it last did; one that enough have answered stays.
#[derive(Debug, Default)]
pub struct WhoIsNotHeardStepsDown {
    leaders: PerProcess<Option<Leader>>,
}

/// What a leader was like after its last step.
#[derive(Clone, Debug)]
struct Leader {
    ballot: Ballot,
    /// Who has answered since it last looked.
    heard: Vec<NodeId>,
    leads_on: bool,
}

impl Property<Paxos> for WhoIsNotHeardStepsDown {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let leader = self.leaders.of(step.process);
        let Some(node) = world.node(step.process) else {
            *leader = None;
            return Ok(());
        };
        let now = node.leadership().map(|proposer| (proposer.ballot, proposer.heard.is_empty()));
        let stays = |before: &Leader| now.is_some_and(|(ballot, _)| ballot == before.ballot);
        // It forgets who has answered when it looks.
        let looks = |before: &Leader| !before.heard.is_empty() && now.is_some_and(|(_, is_unheard)| is_unheard);
        let mut has_looked = false;
        let mut wrong = None;
        // Who is no acceptor any more steps down whoever has answered.
        if step.kind == StepKind::Timer
            && node.is_acceptor()
            && let Some(before) = leader.as_ref().filter(|before| !stays(before) || looks(before))
        {
            let members = node.learner().memberships().of(node.learner().first_unchosen());
            let heard = [before.heard.as_slice(), &[world.identity(step.process)]].concat();
            let is_heard = node.config.has_phase2_quorum(members, &heard)
                && (before.leads_on || node.config.has_phase1_quorum(members, &heard));
            has_looked = true;
            wrong = (is_heard != stays(before)).then_some((before.ballot, heard));
        }
        match now {
            Some((ballot, _)) => {
                let leads_on = node.leads_on();
                let known = leader.get_or_insert_with(|| Leader { ballot, heard: Vec::new(), leads_on });
                if has_looked || known.ballot != ballot {
                    known.heard.clear();
                }
                (known.ballot, known.leads_on) = (ballot, leads_on);
                if let Some(Received { from, message: Message::HeartbeatReply { ballot: of, .. }, .. }) = step.received
                    && *of == ballot
                    && !known.heard.contains(from)
                {
                    known.heard.push(*from);
                }
            }
            None => *leader = None,
        }
        let Some((ballot, heard)) = wrong else { return Ok(()) };
        let me = world.identity(step.process);
        let does = if now.is_some() { "goes on" } else { "steps down" };
        Err(Breach::new([me], format!("{me}, leader in ballot {ballot}, {does}, and {heard:?} are all that it hears")))
    }
}

/// A change names all acceptors. So a second one, of a leader that has not learned of the first, undoes it: there is none as
/// long as a leader knows of another that is not chosen, or does not hold yet (Lamport 2001, 3). And it changes something.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneChangeAtATime;

impl Property<Paxos> for OneChangeAtATime {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let proposed = step.events.iter().find_map(|event| match event {
            Event::ProposedMembers { members } => Some(members),
            _ => None,
        });
        let (Some(members), Some(node)) = (proposed, world.node(step.process)) else { return Ok(()) };
        let Some(leader) = node.leadership() else { return Ok(()) };
        let under_way = leader.unchosen().filter(|command| command.changes_members()).count();
        let me = world.identity(step.process);
        let (holds_from, latest) = node.learner().memberships().latest();
        if under_way > 0 && members == latest {
            return Err(Breach::new([me], format!("{me} proposes the acceptors that there are already, {members}")));
        }
        // The one that it has begun waits, if this node is not the only acceptor.
        if under_way <= 1 && (under_way == 0 || holds_from <= node.learner().first_unchosen()) {
            return Ok(());
        }
        let what = format!(
            "{me} begins a change of the acceptors: {under_way} are under way, and the last one chosen holds from \
             instance {holds_from} on"
        );
        Err(Breach::new([me], what))
    }
}

/// A change of the acceptors holds α instances after it was chosen, and a leader does not wait until clients have filled them:
/// where it has nothing under way, the last change that it knows of holds (Lamport 2001, 3).
#[derive(Clone, Copy, Debug, Default)]
pub struct ChangesDoNotWait;

impl Property<Paxos> for ChangesDoNotWait {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(leader) = node.leadership() else { return Ok(()) };
        let (first_unchosen, holds_from) = (node.learner().first_unchosen(), node.learner().memberships().latest().0);
        let has_to_propose = is_handler(step.kind) && first_unchosen < holds_from && node.leads_on();
        if !has_to_propose || !leader.proposals.is_empty() {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!(
            "{me} leads, and proposes nothing in instance {first_unchosen}: a change of the acceptors waits for instance \
             {holds_from}"
        );
        Err(Breach::new([me], what))
    }
}

/// A leader answers a request when it executes it: none of those that wait is one that its sessions have the answer to. Who has
/// asked for something else since waits no longer.
#[derive(Clone, Copy, Debug, Default)]
pub struct WhoeverWaitsIsAnswered;

impl Property<Paxos> for WhoeverWaitsIsAnswered {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(leader) = node.leadership() else { return Ok(()) };
        let sessions = &node.machine().sessions;
        let is_executed = |request: &&RequestId| matches!(sessions.look_up(**request), Seen::Latest(_));
        let Some(request) = leader.waiting.values().find(is_executed) else { return Ok(()) };
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} has executed {request}, and leaves the client waiting")))
    }
}
