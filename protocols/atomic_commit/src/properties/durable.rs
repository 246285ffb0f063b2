//! What nodes have said is on their disks.

use std::collections::BTreeSet;

use parts::journal::good_records;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::message::{Ballot, Decision, Event, Txn, Votes};
use crate::node::AtomicCommit;
use crate::storage::Record;

/// Something that a node must not forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// Its vote.
    Yes(Txn),
    /// As an acceptor, the vote of a participant that it has accepted.
    Accepted(Txn, Ballot, NodeId),
    /// As a participant, that it has committed.
    Committed(Txn),
    /// As a coordinator, that it has decided to commit.
    Decided(Txn),
}

/// A node that boots finds its votes and its decisions to commit on its disk.
#[derive(Debug, Default)]
pub struct VotesAndDecisionsAreDurable {
    said: PerProcess<BTreeSet<Said>>,
}

impl Property<AtomicCommit> for VotesAndDecisionsAreDurable {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let said = self.said.of(step.process);
        if step.kind == StepKind::Boot {
            let written: BTreeSet<Said> =
                good_records(world.disk(step.process)).unwrap_or_default().into_iter().flat_map(told_by).collect();
            if let Some(lost) = said.difference(&written).next() {
                let me = world.identity(step.process);
                let what = match lost {
                    Said::Yes(txn) => format!("{me} has voted yes in {txn:?}, and its disk does not say so"),
                    Said::Accepted(txn, ballot, of) => {
                        format!(
                            "{me} has accepted the vote of {of} in ballot {ballot:?} of {txn:?}, and its disk does not say so"
                        )
                    }
                    Said::Committed(txn) => format!("{me} has committed {txn:?}, and its disk does not say so"),
                    Said::Decided(txn) => format!("{me} has decided to commit {txn:?}, and its disk does not say so"),
                };
                return Err(Breach::new([me], what));
            }
        }
        said.extend(step.events.iter().flat_map(said_by));
        Ok(())
    }
}

fn said_by(event: &Event) -> Vec<Said> {
    match event {
        Event::VotedYes { txn } => vec![Said::Yes(*txn)],
        Event::Accepted { txn, ballot, votes } => accepted(*txn, *ballot, votes),
        Event::Committed { txn, .. } => vec![Said::Committed(*txn)],
        // Of a transaction that has only read there is nothing to remember.
        Event::Decided { txn, decision: Decision::Commit, participants, .. } if !participants.is_empty() => {
            vec![Said::Decided(*txn)]
        }
        _ => Vec::new(),
    }
}

fn told_by(record: &Record) -> Vec<Said> {
    match record {
        Record::Prepared { txn, .. } => vec![Said::Yes(*txn)],
        Record::Accepted { txn, ballot, votes } => accepted(*txn, *ballot, votes),
        Record::Finished { txn, decision: Decision::Commit } => vec![Said::Committed(*txn)],
        Record::Commit { txn, .. } => vec![Said::Decided(*txn)],
        _ => Vec::new(),
    }
}

fn accepted(txn: Txn, ballot: Ballot, votes: &Votes) -> Vec<Said> {
    votes.keys().map(|of| Said::Accepted(txn, ballot, *of)).collect()
}
