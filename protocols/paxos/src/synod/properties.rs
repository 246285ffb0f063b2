//! What the Synod claims, and what its proof rests on: of its acceptors the same as of those of Multi-Paxos.

use std::collections::BTreeSet;

use parts::journal::good_records;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, PropertyRow, Step, World};

use super::config::Roles;
use super::message::{SynodEvent, SynodOp, Value};
use super::node::{Synod, SynodRecord};
use crate::acceptor::{Acceptor, Proposal};
use crate::ballot::Ballot;
use crate::names::{
    ACCEPTANCES_ARE_KEPT, AGREEMENT, CHOSEN_BY_QUORUM, ONE_VALUE_A_BALLOT, ONLY_THE_REFUSED, P2C,
    PROMISE_NEVER_DECREASES, PROMISES_ARE_KEPT, VALIDITY,
};
use crate::properties::ghost::Decree;
use crate::properties::{AcceptancesAreKept, PromiseNeverDecreases, PromisesAreKept, Voter};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Synod>] = &[
    PropertyRow {
        name: PROMISE_NEVER_DECREASES,
        summary: "No acceptor goes back to a lower promise, whether it restarts or not.",
        source: "Lamport 2001, 2.2, 2.3",
        make: |_| Box::<PromiseNeverDecreases>::default(),
    },
    PropertyRow {
        name: PROMISES_ARE_KEPT,
        summary: "No acceptor accepts anything below what it has promised.",
        source: "Lamport 2001, P1a",
        make: |_| Box::<PromisesAreKept>::default(),
    },
    PropertyRow {
        name: ACCEPTANCES_ARE_KEPT,
        summary: "No acceptor forgets what it has accepted, whether it restarts or not.",
        source: "Lamport 2001, 2.3",
        make: |_| Box::<AcceptancesAreKept>::default(),
    },
    PropertyRow {
        name: ONE_VALUE_A_BALLOT,
        summary: "In one ballot one value at most is accepted.",
        source: "Lamport's Voting.tla, OneValuePerBallot",
        make: |_| Box::<OneValueABallot>::default(),
    },
    PropertyRow {
        name: P2C,
        summary: "What is proposed is what the highest ballot below had that some majority has accepted in, if any.",
        source: "Lamport 2001, P2c; Lamport 1998, B3",
        make: |_| Box::<P2c>::default(),
    },
    PropertyRow {
        name: CHOSEN_BY_QUORUM,
        summary: "What a node takes for chosen, a majority has accepted in one ballot.",
        source: "Lamport 2001, 2.1, 2.3",
        make: |_| Box::<ChosenByQuorum>::default(),
    },
    PropertyRow {
        name: AGREEMENT,
        summary: "No two nodes take different values for chosen, and none goes over to another.",
        source: "Lamport 2001, 2.1",
        make: |_| Box::<Agreement>::default(),
    },
    PropertyRow {
        name: ONLY_THE_REFUSED,
        summary: "A proposer gives up a ballot before its time only if that was refused, and not an older one.",
        source: "Lamport 2001, 2.2",
        make: |_| Box::<OnlyTheRefusedIsGivenUp>::default(),
    },
    PropertyRow {
        name: VALIDITY,
        summary: "Only a value that a client has proposed is chosen.",
        source: "Lamport 2001, 2.1",
        make: |_| Box::<Validity>::default(),
    },
];

impl Synod {
    /// What it knows to be chosen.
    pub const fn learned(&self) -> Option<Value> {
        self.learned
    }
}

impl Voter for Synod {
    type Value = Value;

    fn acceptor(&self) -> &Acceptor<Value> {
        &self.acceptor
    }

    fn forgotten_to(&self) -> u64 {
        0
    }
}

/// All that acceptors have accepted, as far as properties need it.
#[derive(Debug, Default)]
struct Votes(Decree<Value>);

impl Votes {
    /// Takes note of what the acceptor of this step has accepted in it; gives that if nobody had accepted it in its ballot
    /// before.
    fn observe<'w>(&mut self, node: &'w Synod, me: NodeId) -> Option<&'w Proposal<Value>> {
        let touched = node.acceptor().touched().first()?;
        let proposal = node.acceptor().accepted(*touched)?;
        self.0.accepted(me, proposal.ballot, &proposal.value).then_some(proposal)
    }
}

/// In one ballot nothing but one value is proposed (Lamport's Voting.tla, `OneValuePerBallot`).
#[derive(Debug, Default)]
pub struct OneValueABallot(Votes);

impl Property<Synod> for OneValueABallot {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        let Some(proposal) = self.0.observe(node, me) else { return Ok(()) };
        match self.0.0.other_value(proposal.ballot, &proposal.value) {
            Some(other) => {
                let what = format!("in ballot {} {me} accepts {}, and others {other}", proposal.ballot, proposal.value);
                Err(Breach::new([me], what))
            }
            None => Ok(()),
        }
    }
}

/// What is proposed is the value of the highest ballot below in which some majority has accepted, if it has accepted any
/// (Lamport 2001, P2c). It is looked at when the first acceptor has accepted it.
#[derive(Debug, Default)]
pub struct P2c(Votes);

impl Property<Synod> for P2c {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        let Some(proposal) = self.0.observe(node, me) else { return Ok(()) };
        let acceptors = &node.roles.acceptors;
        let majority = node.roles.majority();
        if self.0.0.keeps_p2c(proposal.ballot, &proposal.value, acceptors, |size| size >= majority) {
            return Ok(());
        }
        let what = format!(
            "{} was proposed in ballot {}, and every majority has accepted something else below it last",
            proposal.value, proposal.ballot
        );
        Err(Breach::new([me], what))
    }
}

/// What a node takes for chosen, a majority has accepted in one ballot (Lamport 2001, 2.1, 2.3).
#[derive(Debug, Default)]
pub struct ChosenByQuorum(Votes);

impl ChosenByQuorum {
    /// An acceptor may have crashed in the step in which it accepted, when others had heard of it: then its disk tells.
    fn look_at_disks(&mut self, world: &World<'_, Synod>) {
        for process in world.processes() {
            let records = good_records(world.disk(process)).unwrap_or_default();
            for record in records {
                if let SynodRecord::Accepted(proposal) = record {
                    self.0.0.accepted(world.identity(process), proposal.ballot, &proposal.value);
                }
            }
        }
    }

    fn is_chosen(&self, value: Value, roles: &Roles) -> bool {
        roles.has_quorum(self.0.0.accepted_by(&value))
    }
}

impl Property<Synod> for ChosenByQuorum {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        self.0.observe(node, me);
        let Some(value) = node.learned().filter(|value| !self.is_chosen(*value, &node.roles)) else { return Ok(()) };
        self.look_at_disks(world);
        if self.is_chosen(value, &node.roles) {
            return Ok(());
        }
        let what = format!("{me} takes {value} for chosen, which too few acceptors have accepted in one ballot");
        Err(Breach::new([me], what))
    }
}

/// "Only a single value is chosen" (Lamport 2001, 2.1): no two nodes learn different ones, nor one node when it boots again.
#[derive(Debug, Default)]
pub struct Agreement {
    /// What was learned, and by whom first.
    first: Option<(Value, NodeId)>,
}

impl Property<Synod> for Agreement {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        let Some(value) = world.node(step.process).and_then(Synod::learned) else { return Ok(()) };
        let me = world.identity(step.process);
        let (first, by) = *self.first.get_or_insert((value, me));
        if first == value {
            return Ok(());
        }
        Err(Breach::new([by, me], format!("{by} takes {first} for chosen, and {me} {value}")))
    }
}

/// "It is probably a good idea to abandon a proposal if some proposer has begun trying to issue a higher-numbered one"
/// (Lamport 2001, 2.2): that one, and no other.
#[derive(Debug, Default)]
pub struct OnlyTheRefusedIsGivenUp {
    tries: PerProcess<Option<Ballot>>,
}

impl Property<Synod> for OnlyTheRefusedIsGivenUp {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                SynodEvent::Prepared { ballot } => *self.tries.of(step.process) = Some(*ballot),
                SynodEvent::Outbid { ballot, .. } => {
                    let me = world.identity(step.process);
                    let tried = self.tries.of(step.process).take();
                    if let Some(tried) = tried.filter(|tried| tried != ballot) {
                        let what = format!("{me} tries ballot {tried}, and gives it up because {ballot} was refused");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// "Only a value that has been proposed may be chosen" (Lamport 2001, 2.1): one that a client has asked for.
#[derive(Debug, Default)]
pub struct Validity {
    seen: PerProcess<Option<Value>>,
}

impl Property<Synod> for Validity {
    fn after_step(&mut self, world: &World<'_, Synod>, step: &Step<'_, Synod>) -> Result<(), Breach> {
        let learned = world.node(step.process).and_then(Synod::learned);
        let before = std::mem::replace(self.seen.of(step.process), learned);
        let Some(value) = learned.filter(|_| before != learned) else { return Ok(()) };
        let proposed: BTreeSet<Value> =
            world.history().iter().map(|(_, operation)| operation.op).map(|SynodOp::Propose { value }| value).collect();
        if proposed.contains(&value) {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} takes {value} for chosen, which no client has proposed")))
    }
}
