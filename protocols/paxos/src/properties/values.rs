//! What is chosen, and how: One Value A Ballot, P2c, Chosen By Quorum, Agreement, Validity, Proposals Within Alpha.

use std::collections::BTreeMap;

use parts::kv::KvOp;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, RequestId, Step, World};

use super::ghost::Votes;
use crate::acceptor::Proposal;
use crate::config::PaxosConfig;
use crate::members::Members;
use crate::message::Command;
use crate::node::Paxos;
use crate::storage::recover;

/// In one ballot nothing but one value is proposed in an instance (Lamport's Voting.tla, `OneValuePerBallot`).
#[derive(Debug)]
pub struct OneValueABallot(Votes);

impl OneValueABallot {
    /// Of nodes of this configuration.
    pub fn new(config: &PaxosConfig) -> Self {
        Self(Votes::new(config))
    }
}

impl Property<Paxos> for OneValueABallot {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for instance in self.0.observe(node, me, world.node_ids()) {
            let Some(proposal) = node.acceptor().accepted(instance) else { continue };
            if let Some(other) = self.0.decree_mut(instance).other_value(proposal.ballot, &proposal.value) {
                let what = format!(
                    "in instance {instance}, ballot {}, {me} accepts {}, and others {other}",
                    proposal.ballot, proposal.value
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// "For any v and n, if a proposal with value v and number n is issued, then there is a set S consisting of a majority of
/// acceptors such that either (a) no acceptor in S has accepted any proposal numbered less than n, or (b) v is the value
/// of the highest-numbered proposal among all proposals numbered less than n accepted by the acceptors in S" (Lamport
/// 2001, P2c), where S is a quorum of phase 1. It is looked at when the first acceptor has accepted it, or when it is known
/// who the acceptors are: the proposer may know while nobody can see it.
#[derive(Debug)]
pub struct P2c {
    votes: Votes,
    /// Proposals of which it is not known who their acceptors are.
    waiting: Vec<(u64, Proposal<Command>)>,
}

impl P2c {
    /// Of nodes of this configuration.
    pub fn new(config: &PaxosConfig) -> Self {
        Self { votes: Votes::new(config), waiting: Vec::new() }
    }

    fn keeps(&self, instance: u64, proposal: &Proposal<Command>) -> bool {
        let members = self.votes.members(instance);
        let (first, _) = self.votes.quorums(members);
        self.votes.decree(instance).is_none_or(|decree| {
            decree.keeps_p2c(proposal.ballot, &proposal.value, members.as_slice(), |size| size >= first)
        })
    }
}

impl Property<Paxos> for P2c {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for instance in self.votes.observe(node, me, world.node_ids()) {
            let proposal = node.acceptor().accepted(instance);
            self.waiting.extend(proposal.map(|proposal| (instance, proposal.clone())));
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let votes = &self.votes;
        let ready: Vec<_> = self.waiting.extract_if(.., |(instance, _)| votes.knows_members(*instance)).collect();
        match ready.into_iter().find(|(instance, proposal)| !self.keeps(*instance, proposal)) {
            Some((instance, Proposal { ballot, value })) => {
                let what = format!(
                    "in instance {instance} {value} was proposed in ballot {ballot}, and every quorum has accepted \
                     something else below it last"
                );
                Err(Breach::new([me], what))
            }
            None => Ok(()),
        }
    }
}

/// What a node applies, a quorum of the instance's acceptors has accepted in one ballot (Lamport 2001, 2.1, 2.3).
#[derive(Debug)]
pub struct ChosenByQuorum {
    votes: Votes,
    /// The incarnation of each process, and the last instance that it had applied.
    seen: PerProcess<(u32, u64)>,
}

impl ChosenByQuorum {
    /// Of nodes of this configuration.
    pub fn new(config: &PaxosConfig) -> Self {
        Self { votes: Votes::new(config), seen: PerProcess::default() }
    }

    /// Whether enough acceptors have accepted it.
    fn is_chosen(&self, instance: u64, command: &Command) -> bool {
        let members = self.votes.members(instance);
        let accepted_by = self.votes.decree(instance).map_or(&[][..], |decree| decree.accepted_by(command));
        members.count_in(accepted_by) >= self.votes.quorums(members).1
    }

    /// An acceptor may have crashed in the step in which it accepted, when others had heard of it: then its disk tells.
    fn look_at_disks(&mut self, world: &World<'_, Paxos>, instance: u64) {
        for process in world.processes() {
            let me = world.identity(process);
            let anybody = Members::of([me]).expect("there is one");
            let Ok(found) = recover(&anybody, world.disk(process)) else { continue };
            if let Some(proposal) = found.acceptor.accepted(instance) {
                self.votes.decree_mut(instance).accepted(me, proposal.ballot, &proposal.value);
            }
        }
    }
}

impl Property<Paxos> for ChosenByQuorum {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        self.votes.observe(node, me, world.node_ids());
        let now = (world.incarnation(step.process), node.learner().applied());
        let before = std::mem::replace(self.seen.of(step.process), now);
        let from = if before.0 == now.0 { before.1 } else { node.learner().base() };
        for instance in from + 1..=now.1 {
            let Some(command) = node.learner().chosen(instance) else { continue };
            if self.is_chosen(instance, command) {
                continue;
            }
            self.look_at_disks(world, instance);
            if !self.is_chosen(instance, command) {
                let members = self.votes.members(instance);
                let what = format!(
                    "{me} takes {command} for chosen in instance {instance}, which too few of {members} have accepted in \
                     one ballot"
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// "Only a single value is chosen" in an instance (Lamport 2001, 2.1): no two nodes learn different ones.
#[derive(Debug, Default)]
pub struct Agreement {
    /// What was learned, and by whom first.
    chosen: BTreeMap<u64, (Command, NodeId)>,
}

impl Property<Paxos> for Agreement {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for instance in node.learner().learned() {
            let Some(command) = node.learner().chosen(*instance) else { continue };
            let (first, by) = self.chosen.entry(*instance).or_insert_with(|| (command.clone(), me));
            if first != command {
                let what = format!("in instance {instance} {by} takes {first} for chosen, and {me} {command}");
                return Err(Breach::new([*by, me], what));
            }
        }
        Ok(())
    }
}

/// "Only a value that has been proposed may be chosen" (Lamport 2001, 2.1): an operation is one that its client asked for
/// under this number. No-ops and acceptors nobody records.
#[derive(Debug, Default)]
pub struct Validity {
    /// What clients have asked for, as far as it was looked at.
    asked: BTreeMap<RequestId, KvOp>,
    operations: usize,
}

impl Validity {
    fn observe(&mut self, world: &World<'_, Paxos>) {
        let new = world.history().iter().skip(self.operations).map(|(_, operation)| operation);
        self.asked.extend(new.filter_map(|operation| Some((operation.request?, operation.op))));
        self.operations = world.history().len();
    }

    fn was_proposed(&self, command: &Command) -> bool {
        match command {
            Command::Client { request, op } => self.asked.get(request) == Some(op),
            Command::NoOp | Command::Members(_) => true,
        }
    }
}

impl Property<Paxos> for Validity {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        self.observe(world);
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let learned = node.learner().learned().iter().filter_map(|instance| node.learner().chosen(*instance));
        match learned.into_iter().find(|command| !self.was_proposed(command)) {
            Some(command) => {
                let me = world.identity(step.process);
                Err(Breach::new([me], format!("{me} takes {command} for chosen, for which nobody has asked")))
            }
            None => Ok(()),
        }
    }
}

/// A leader proposes in no instance that lies α or more behind one of which it does not know what was chosen: it does not
/// know who its acceptors are; nor before that one: it knows what was chosen there (Lamport 2001, 3).
#[derive(Debug)]
pub struct ProposalsWithinAlpha {
    alpha: u64,
}

impl ProposalsWithinAlpha {
    /// Of nodes of this configuration.
    pub const fn new(config: &PaxosConfig) -> Self {
        Self { alpha: config.alpha }
    }
}

impl Property<Paxos> for ProposalsWithinAlpha {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(proposals) = node.leadership().map(|leader| &leader.proposals) else { return Ok(()) };
        let first_unchosen = node.learner().first_unchosen();
        let within = first_unchosen..first_unchosen + self.alpha;
        // The outermost two.
        let mut ends = proposals.first_key_value().into_iter().chain(proposals.last_key_value());
        let Some((outside, _)) = ends.find(|(instance, _)| !within.contains(instance)) else { return Ok(()) };
        let (me, alpha) = (world.identity(step.process), self.alpha);
        let what = format!(
            "{me} proposes in instance {outside}, the first is {first_unchosen} of which it does not know what was \
             chosen, and α is {alpha}"
        );
        Err(Breach::new([me], what))
    }
}
