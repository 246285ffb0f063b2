//! What a node writes to its disk, and how it finds itself again after a crash.

use parts::journal::{BrokenDisk, good_records};
use serde::Serialize;
use sim_core::Stored;

use super::acceptor::{Acceptor, Proposal};
use super::ballot::Ballot;
use super::learner::{Learner, Snapshot};
use super::members::Members;
use super::message::Command;

/// One durable record. Each says something of its own, so it does not matter which others a crash takes away that no
/// sync has covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It accepts nothing below this ballot.
    Promised(Ballot),
    /// It has accepted this, and with it promised the ballot.
    Accepted {
        /// In which instance.
        instance: u64,
        /// The ballot and the command.
        proposal: Proposal<Command>,
    },
    /// The state up to an instance.
    Snapshot(Box<Snapshot>),
}

/// What a node finds on its disk: the acceptor as it was, and the learner as of the last snapshot. What was chosen
/// since then it is told again.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// What it has promised and accepted.
    pub acceptor: Acceptor<Command>,
    /// What it knows to be chosen.
    pub learner: Learner,
}

/// Reads what survived of a node of a cluster that began with these acceptors.
///
/// # Errors
/// If a record before the last is corrupt.
pub fn recover(initial: &Members, records: &[Stored<Record>]) -> Result<Recovered, BrokenDisk> {
    let mut found = Recovered::nothing(initial);
    good_records(records)?.into_iter().for_each(|record| found.replay(record));
    Ok(found)
}

impl Recovered {
    pub(crate) fn nothing(initial: &Members) -> Self {
        Self { acceptor: Acceptor::default(), learner: Learner::new(initial) }
    }

    pub(crate) fn replay(&mut self, record: &Record) {
        match record {
            Record::Promised(ballot) => self.acceptor.promise(*ballot),
            Record::Accepted { instance, proposal } => {
                if *instance > self.learner.base() {
                    self.acceptor.accept(*instance, proposal.clone(), true);
                }
            }
            Record::Snapshot(snapshot) => {
                self.learner.install((**snapshot).clone());
                self.acceptor.forget_to(snapshot.instance);
            }
        }
    }
}

/// All that a node needs on its disk: what replaces older records when there is a new snapshot.
pub(crate) fn compacted(acceptor: &Acceptor<Command>, snapshot: Snapshot) -> Vec<Record> {
    let head = [Record::Promised(acceptor.promised()), Record::Snapshot(Box::new(snapshot))];
    let accepted = acceptor.accepted_from(0);
    let accepted = accepted.map(|(instance, proposal)| Record::Accepted { instance, proposal: proposal.clone() });
    head.into_iter().chain(accepted).collect()
}

#[cfg(test)]
mod tests {
    use parts::kv::Machine;
    use sim_core::NodeId;

    use super::*;
    use crate::members::Memberships;

    fn ballot(round: u64) -> Ballot {
        Ballot { round, node: NodeId::node(0) }
    }

    fn initial() -> Members {
        Members::of([NodeId::node(0)]).expect("there is one")
    }

    fn accepted(instance: u64, round: u64) -> Record {
        Record::Accepted { instance, proposal: Proposal { ballot: ballot(round), value: Command::NoOp } }
    }

    fn snapshot(instance: u64) -> Record {
        let memberships = Memberships::beginning_with(initial());
        Record::Snapshot(Box::new(Snapshot { instance, memberships, machine: Machine::default() }))
    }

    /// `expected`: the promise, the instance of the snapshot, the instances with something accepted, with its round.
    fn check(records: &[Record], expected: (u64, u64, &[(u64, u64)])) {
        let stored: Vec<_> = records.iter().cloned().map(Stored::Readable).collect();
        let found = recover(&initial(), &stored).expect("the disk is good");
        let rounds: Vec<_> =
            found.acceptor.accepted_from(0).map(|(at, proposal)| (at, proposal.ballot.round)).collect();
        assert_eq!((found.acceptor.promised().round, found.learner.base(), rounds.as_slice()), expected);
    }

    #[test]
    fn the_last_word_on_an_instance_wins_and_the_highest_promise() {
        check(&[], (0, 0, &[]));
        check(
            &[Record::Promised(ballot(2)), accepted(1, 2), accepted(2, 3), accepted(1, 4)],
            (4, 0, &[(1, 4), (2, 3)]),
        );
        check(&[accepted(1, 2), accepted(2, 2), snapshot(1), accepted(1, 9)], (2, 1, &[(2, 2)]));
    }

    #[test]
    fn what_a_snapshot_leaves_recovers_to_the_same() {
        let mut found = Recovered::nothing(&initial());
        [Record::Promised(ballot(7)), accepted(4, 2), accepted(6, 3)].iter().for_each(|record| found.replay(record));
        found.acceptor.forget_to(5);
        let Record::Snapshot(state) = snapshot(5) else { unreachable!() };
        check(&compacted(&found.acceptor, *state), (7, 5, &[(6, 3)]));
    }
}
