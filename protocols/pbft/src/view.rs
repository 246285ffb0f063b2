//! What replicas say when they change views, and what must follow from it (OSDI 4.4). Pure
//! functions: every replica comes to the same conclusion from the same messages.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use sim_core::Signed;

use super::certificate::{CheckpointCertificate, PrePrepare, PreparedCertificate, Proposal};
use super::committee::Committee;
use super::request::Digest;

/// A replica gives up on the views before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViewChange {
    /// The view that it wants.
    pub view: u64,
    /// Its last stable checkpoint.
    pub stable: Rc<CheckpointCertificate>,
    /// What was prepared behind that: for each place the certificate of the latest view, by place.
    pub prepared: Vec<Rc<PreparedCertificate>>,
}

/// The primary of a view begins it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewView {
    /// The view.
    pub view: u64,
    /// A quorum asks for it.
    pub view_changes: Vec<Rc<Signed<ViewChange>>>,
    /// What is proposed again in it, by place: all that may have been committed before.
    pub pre_prepares: Vec<Signed<PrePrepare>>,
}

/// What the messages for a view change tell the next view to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inheritance {
    /// The latest stable checkpoint of any of them: nothing before it is proposed again.
    pub stable: Rc<CheckpointCertificate>,
    /// What to propose for the places behind it, without gaps.
    pub proposals: Vec<Proposal>,
}

/// How to deal with certificates: known bugs are deviations from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Diligence {
    /// Whether prepared certificates in view-change messages are verified.
    pub(crate) verifies_prepared: bool,
    /// Whether proofs of checkpoints are verified.
    pub(crate) verifies_checkpoints: bool,
    /// Whether places outside of the watermarks are refused.
    pub(crate) checks_watermarks: bool,
    /// Whether what was prepared is proposed again.
    pub(crate) inherits_prepared: bool,
    /// Whether of several certificates for a place the one of the latest view counts.
    pub(crate) prefers_latest: bool,
    /// Whether places of which nothing is known are filled with null requests.
    pub(crate) fills_gaps: bool,
}

impl Diligence {
    /// As the protocol has it.
    pub(crate) const ALL: Self = Self {
        verifies_prepared: true,
        verifies_checkpoints: true,
        checks_watermarks: true,
        inherits_prepared: true,
        prefers_latest: true,
        fills_gaps: true,
    };
}

impl ViewChange {
    /// Whether a replica may have sent it: proofs are complete, and places within the watermarks.
    pub(crate) fn is_valid(&self, committee: &Committee, log_size: u64, diligence: Diligence) -> bool {
        let low = self.stable.sequence();
        let is_open = |sequence: u64| sequence > low && sequence - low <= log_size;
        let is_good = |certificate: &Rc<PreparedCertificate>| {
            let proposal = certificate.proposal();
            proposal.view < self.view
                && (!diligence.checks_watermarks || is_open(proposal.sequence))
                && (!diligence.verifies_prepared || certificate.is_valid(committee))
        };
        (!diligence.verifies_checkpoints || self.stable.is_valid(committee)) && self.prepared.iter().all(is_good)
    }
}

impl Inheritance {
    /// What follows from these messages for a new view. For each place the certificate of the latest
    /// view wins: a batch that was committed in some view is in the certificates of all later ones.
    pub(crate) fn of(view: u64, view_changes: &[Rc<Signed<ViewChange>>], diligence: Diligence) -> Option<Self> {
        let stable =
            view_changes.iter().map(|change| &change.content().stable).max_by_key(|stable| stable.sequence())?;
        let low = stable.sequence();
        let mut latest: BTreeMap<u64, Proposal> = BTreeMap::new();
        for certificate in view_changes.iter().flat_map(|change| &change.content().prepared) {
            let proposal = certificate.proposal();
            if proposal.sequence > low && diligence.inherits_prepared {
                let known = latest.entry(proposal.sequence).or_insert(proposal);
                if (known.view < proposal.view) == diligence.prefers_latest && known.view != proposal.view {
                    *known = proposal;
                }
            }
        }
        let last = latest.keys().next_back().copied().unwrap_or(low);
        let proposal = |sequence| match latest.get(&sequence) {
            Some(known) => Some(Proposal { view, sequence, digest: known.digest }),
            None => diligence.fills_gaps.then_some(Proposal { view, sequence, digest: Digest::NULL }),
        };
        Some(Self { stable: Rc::clone(stable), proposals: (low + 1..=last).filter_map(proposal).collect() })
    }

    /// The last place that the new view begins with; what is new comes behind it.
    pub(crate) fn last_sequence(&self) -> u64 {
        self.proposals.last().map_or(self.stable.sequence(), |proposal| proposal.sequence)
    }
}

impl NewView {
    /// What the view begins with, if this message, signed by the primary of the view, is right about
    /// it: a quorum has asked for the view, and what is proposed is what follows.
    pub(crate) fn verify(
        signed: &Signed<Self>,
        committee: &Committee,
        log_size: u64,
        diligence: Diligence,
    ) -> Option<Inheritance> {
        let new_view = signed.verify().filter(|new_view| signed.signer() == committee.primary(new_view.view))?;
        let view = new_view.view;
        let asks = |change: &Rc<Signed<ViewChange>>| {
            change.verify().is_some_and(|asked| asked.view == view && asked.is_valid(committee, log_size, diligence))
        };
        let askers = new_view.view_changes.iter().map(|change| change.signer());
        if !new_view.view_changes.iter().all(asks) || !committee.are_at_least(committee.view_quorum(), askers) {
            return None;
        }
        let inheritance = Inheritance::of(view, &new_view.view_changes, diligence)?;
        let is_right = |(signed_one, proposal): (&Signed<PrePrepare>, &Proposal)| {
            signed_one.signer() == signed.signer() && signed_one.verify() == Some(&PrePrepare(*proposal))
        };
        let same_length = new_view.pre_prepares.len() == inheritance.proposals.len();
        let are_right = new_view.pre_prepares.iter().zip(&inheritance.proposals).all(is_right);
        (same_length && are_right).then_some(inheritance)
    }
}
