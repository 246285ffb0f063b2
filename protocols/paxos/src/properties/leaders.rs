//! What leaders owe besides: Who Is Not Heard Steps Down, One Change At A Time.

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::ballot::Ballot;
use crate::message::Event;
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
    heard: Vec<NodeId>,
    leads_on: bool,
}

impl Property<Paxos> for WhoIsNotHeardStepsDown {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let leader = self.leaders.of(step.process);
        let Some(node) = world.node(step.process) else {
            *leader = None;
            return Ok(());
        };
        let now = node.leadership().map(|proposer| (proposer.ballot, &proposer.heard));
        let stays = |before: &Leader| now.is_some_and(|(ballot, _)| ballot == before.ballot);
        // It forgets who has answered when it looks.
        let looks = |before: &Leader| !before.heard.is_empty() && now.is_some_and(|(_, heard)| heard.is_empty());
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
            wrong = (is_heard != stays(before)).then_some((before.ballot, heard));
        }
        match now {
            Some((ballot, heard)) => {
                let leads_on = node.leads_on();
                let known = leader.get_or_insert_with(|| Leader { ballot, heard: Vec::new(), leads_on });
                (known.ballot, known.leads_on) = (ballot, leads_on);
                if known.heard != *heard {
                    known.heard.clone_from(heard);
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
/// long as a leader knows of another that is not chosen, or does not hold yet (Lamport 2001, 3).
#[derive(Clone, Copy, Debug, Default)]
pub struct OneChangeAtATime;

impl Property<Paxos> for OneChangeAtATime {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        if !step.events.iter().any(|event| matches!(event, Event::ProposedMembers { .. })) {
            return Ok(());
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(leader) = node.leadership() else { return Ok(()) };
        let under_way = leader.unchosen().filter(|command| command.changes_members()).count();
        let holds_from = node.learner().memberships().latest().0;
        // The one that it has begun waits, if this node is not the only acceptor.
        if under_way <= 1 && (under_way == 0 || holds_from <= node.learner().first_unchosen()) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!(
            "{me} begins a change of the acceptors: {under_way} are under way, and the last one chosen holds from \
             instance {holds_from} on"
        );
        Err(Breach::new([me], what))
    }
}
