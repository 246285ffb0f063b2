//! What a node writes to its disk.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sim_core::{NodeId, RequestId};

use super::bank::{BankReply, Posting};
use super::message::{Age, Ballot, Decision, Txn, Votes};

/// A record on a node's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It has booted for this time.
    Boot(u64),
    /// As a participant it has voted yes.
    Prepared {
        /// The transaction.
        txn: Txn,
        /// How old it is, for those who want its locks.
        age: Age,
        /// Those whose votes are logged, this node among them.
        participants: BTreeSet<NodeId>,
        /// What is to be posted to which accounts here.
        postings: Vec<(u32, Posting)>,
    },
    /// As a participant of three-phase commit it has been told that all have voted yes.
    PreCommitted {
        /// The transaction.
        txn: Txn,
    },
    /// As a participant that had voted yes it knows what was decided.
    Finished {
        /// The transaction.
        txn: Txn,
        /// What was decided.
        decision: Decision,
    },
    /// As a coordinator it is about to tell the participants that all have voted yes, in three-phase commit; or to ask
    /// for their votes, in Paxos Commit. From then on they may commit without it.
    Entrusted {
        /// The transaction.
        txn: Txn,
        /// What the client asked for.
        request: RequestId,
        /// What the client is told if it commits.
        reply: BankReply,
        /// Those whose votes are logged.
        participants: BTreeSet<NodeId>,
    },
    /// As a coordinator it has decided to commit. That it has decided to abort is not written: of what is not here, it
    /// is presumed.
    Commit {
        /// The transaction.
        txn: Txn,
        /// What the client asked for.
        request: RequestId,
        /// What the client is told.
        reply: BankReply,
        /// Who has to acknowledge the decision.
        participants: BTreeSet<NodeId>,
    },
    /// As an acceptor it has promised to accept nothing in earlier ballots.
    Promised {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
    },
    /// As an acceptor it has accepted votes.
    Accepted {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
        /// The votes.
        votes: Votes,
    },
    /// As a coordinator it need not think of a transaction any more: all participants have committed, or it was aborted
    /// when they might have committed without it.
    End {
        /// The transaction.
        txn: Txn,
    },
    /// As a coordinator it will not carry out what a client asked for, now or later: the client is told so.
    Refused {
        /// What the client asked for.
        request: RequestId,
        /// What it is told.
        outcome: Outcome,
    },
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// It was committed, and this is the reply.
    Committed(BankReply),
    /// It was aborted.
    Aborted,
}

/// Whether records fit to those before them.
///
/// A disk that reorders its writes may have lost the end of a transaction that was aborted, which is not synced, and
/// have kept the vote on a later one that posts to the same account. Nobody was told of that vote.
#[derive(Debug, Default)]
pub(super) struct Fits {
    /// The accounts of the transactions that are in doubt.
    in_doubt: BTreeMap<Txn, BTreeSet<u32>>,
}

impl Fits {
    /// Whether the next record does.
    pub(super) fn next(&mut self, record: &Record) -> bool {
        match record {
            Record::Prepared { txn, postings, .. } => {
                let accounts: BTreeSet<u32> = postings.iter().map(|(account, _)| *account).collect();
                let fits = self.in_doubt.values().all(|others| others.is_disjoint(&accounts));
                self.in_doubt.insert(*txn, accounts);
                fits
            }
            Record::Finished { txn, .. } => {
                self.in_doubt.remove(txn);
                true
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use parts::kv::WriteId;

    use super::*;

    fn txn(number: u64) -> Txn {
        Txn { coordinator: NodeId::node(0), boot: 1, number }
    }

    fn prepared(number: u64, account: u32) -> Record {
        let age = Age { number, coordinator: NodeId::node(0) };
        let posting = Posting { transfer: WriteId { client: 0, index: 0 }, amount: 1 };
        Record::Prepared { txn: txn(number), age, participants: BTreeSet::new(), postings: vec![(account, posting)] }
    }

    #[test]
    fn two_votes_on_one_account_fit_only_if_the_first_transaction_has_ended() {
        let fit = |records: &[Record]| {
            let mut fits = Fits::default();
            records.iter().map(|record| fits.next(record)).collect::<Vec<_>>()
        };
        let ended = Record::Finished { txn: txn(1), decision: Decision::Abort };
        assert_eq!(fit(&[prepared(1, 7), prepared(2, 8)]), [true, true]);
        assert_eq!(fit(&[prepared(1, 7), ended, prepared(2, 7)]), [true, true, true]);
        assert_eq!(fit(&[prepared(1, 7), Record::Boot(2), prepared(2, 7)]), [true, true, false]);
    }
}
