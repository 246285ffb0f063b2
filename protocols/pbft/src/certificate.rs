//! Statements that replicas sign, and certificates: enough of the same to convince everybody
//! (OSDI 4.2, 4.3).

use serde::Serialize;
use sim_core::{NodeId, Signed};

use super::committee::Committee;
use super::request::Digest;

/// That a batch shall have this place in the order, in this view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Proposal {
    /// The view.
    pub view: u64,
    /// The place, counted from 1.
    pub sequence: u64,
    /// The batch.
    pub digest: Digest,
}

/// As in `batch #1a2b3c4d as 7 in view 2`.
impl std::fmt::Display for Proposal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "batch {} as {} in view {}", self.digest, self.sequence, self.view)
    }
}

/// The primary assigns the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PrePrepare(pub Proposal);

/// A backup has accepted it, and will accept no other for that place in that view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Prepare(pub Proposal);

/// A replica knows that the place can go to no other batch in that view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Commit(pub Proposal);

/// A replica's state after it has executed all up to a place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The place.
    pub sequence: u64,
    /// The state.
    pub digest: Digest,
}

/// That a batch was prepared: its pre-prepare and matching prepares of different backups, a quorum
/// together. In one view no other batch can have one for the same place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreparedCertificate {
    /// Of the primary.
    pub pre_prepare: Signed<PrePrepare>,
    /// Of backups.
    pub prepares: Vec<Signed<Prepare>>,
}

impl PreparedCertificate {
    /// What was prepared.
    pub const fn proposal(&self) -> Proposal {
        self.pre_prepare.content().0
    }

    /// Whether it proves that.
    pub(crate) fn is_valid(&self, committee: &Committee) -> bool {
        let proposal = self.proposal();
        let primary = committee.primary(proposal.view);
        let is_proposed = self.pre_prepare.signer() == primary && self.pre_prepare.verify().is_some();
        let matches = |prepare: &&Signed<Prepare>| {
            prepare.signer() != primary && prepare.verify().is_some_and(|prepare| prepare.0 == proposal)
        };
        let backups = self.prepares.iter().filter(matches).map(Signed::signer);
        is_proposed && committee.are_at_least(committee.ordering_quorum() - 1, backups)
    }
}

/// That a batch was committed: matching commits of a quorum. It convinces replicas that were left
/// out, in any view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitCertificate {
    /// What was committed.
    pub proposal: Proposal,
    /// Of replicas.
    pub commits: Vec<Signed<Commit>>,
}

impl CommitCertificate {
    pub(crate) fn is_valid(&self, committee: &Committee) -> bool {
        let matches = |commit: &&Signed<Commit>| commit.verify().is_some_and(|commit| commit.0 == self.proposal);
        let signers = self.commits.iter().filter(matches).map(Signed::signer);
        committee.are_at_least(committee.ordering_quorum(), signers)
    }
}

/// That a checkpoint is stable: matching checkpoint messages of a quorum. The state of the beginning
/// needs no proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckpointCertificate {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Of replicas.
    pub proof: Vec<Signed<Checkpoint>>,
}

impl CheckpointCertificate {
    /// The state in which all replicas begin.
    pub(crate) const fn of_the_beginning(digest: Digest) -> Self {
        Self { checkpoint: Checkpoint { sequence: 0, digest }, proof: Vec::new() }
    }

    /// The place in the order.
    pub const fn sequence(&self) -> u64 {
        self.checkpoint.sequence
    }

    pub(crate) fn is_valid(&self, committee: &Committee) -> bool {
        let matches = |signed: &&Signed<Checkpoint>| signed.verify() == Some(&self.checkpoint);
        let signers = self.proof.iter().filter(matches).map(Signed::signer);
        self.sequence() == 0 || committee.are_at_least(committee.quorum(), signers)
    }
}

/// One statement of each replica.
#[derive(Clone, Debug)]
pub(crate) struct Votes<T>(Vec<Signed<T>>);

impl<T> Default for Votes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Votes<T> {
    /// Takes a statement, unless there is one of the same replica.
    pub(crate) fn add(&mut self, vote: Signed<T>) {
        if self.by(vote.signer()).is_none() {
            self.0.push(vote);
        }
    }

    /// The statement of this replica.
    pub(crate) fn by(&self, signer: NodeId) -> Option<&Signed<T>> {
        self.0.iter().find(|vote| vote.signer() == signer)
    }

    /// Those that say such a thing, if they are as many. None is taken that was not verified.
    pub(crate) fn matching(&self, count: usize, says: impl Fn(&T) -> bool) -> Option<Vec<Signed<T>>> {
        let are_enough = self.0.iter().filter(|vote| says(vote.content())).count() >= count;
        are_enough.then(|| self.0.iter().filter(|vote| says(vote.content())).cloned().collect())
    }

    /// Forgets all others.
    pub(crate) fn retain(&mut self, says: impl Fn(&T) -> bool) {
        self.0.retain(|vote| says(vote.content()));
    }
}
