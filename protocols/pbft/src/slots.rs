//! The message log: one slot for each place in the order between the watermarks (OSDI 4.3).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use sim_core::Signed;

use super::certificate::{Commit, CommitCertificate, PrePrepare, Prepare, PreparedCertificate, Proposal, Votes};
use super::request::{Batch, Digest};

/// What a replica knows of the places behind its last stable checkpoint.
#[derive(Debug)]
pub struct Slots {
    /// The low watermark: the last stable checkpoint.
    low: u64,
    /// How many places are open behind it.
    size: u64,
    slots: BTreeMap<u64, Slot>,
    /// Batches that the slots name, and those that could be named again.
    batches: BTreeMap<Digest, Rc<Batch>>,
}

/// What is known of one place in the order.
#[derive(Debug, Default)]
pub struct Slot {
    /// The proposal of the latest view that the replica has one of.
    pub(crate) pre_prepare: Option<Signed<PrePrepare>>,
    /// Whether the replica has accepted that proposal: it has the batch, and has written both.
    pub(crate) is_accepted: bool,
    /// What replicas have said in the current view.
    pub(crate) prepares: Votes<Prepare>,
    pub(crate) commits: Votes<Commit>,
    /// The certificate of the latest view in which a batch was prepared here.
    pub(crate) prepared: Option<Rc<PreparedCertificate>>,
    /// That a batch is committed here, for good.
    pub(crate) committed: Option<Rc<CommitCertificate>>,
}

impl Slot {
    /// What is proposed in this view.
    pub(crate) fn proposal_in(&self, view: u64) -> Option<Proposal> {
        self.pre_prepare.as_ref().map(|signed| signed.content().0).filter(|proposal| proposal.view == view)
    }

    /// Whether a batch was prepared in this view.
    pub(crate) fn is_prepared_in(&self, view: u64) -> bool {
        self.prepared.as_ref().is_some_and(|certificate| certificate.proposal().view == view)
    }

    /// Whether it names this batch anywhere.
    fn names(&self, digest: Digest) -> bool {
        let proposed = self.pre_prepare.as_ref().map(|signed| signed.content().0.digest);
        let prepared = self.prepared.as_ref().map(|certificate| certificate.proposal().digest);
        let committed = self.committed.as_ref().map(|certificate| certificate.proposal.digest);
        [proposed, prepared, committed].contains(&Some(digest))
    }
}

impl Slots {
    pub(crate) fn new(size: u64) -> Self {
        let null = Rc::new(Batch::default());
        Self { low: 0, size, slots: BTreeMap::new(), batches: BTreeMap::from([(Digest::NULL, null)]) }
    }

    /// The low watermark.
    pub const fn low(&self) -> u64 {
        self.low
    }

    /// The high watermark: the last place that is open.
    pub const fn high(&self) -> u64 {
        self.low + self.size
    }

    /// Whether a place lies between the watermarks.
    pub const fn is_open(&self, sequence: u64) -> bool {
        sequence > self.low && sequence <= self.high()
    }

    /// What is known of a place.
    pub fn get(&self, sequence: u64) -> Option<&Slot> {
        self.slots.get(&sequence)
    }

    /// What is known of a place, to add to it.
    pub(crate) fn at(&mut self, sequence: u64) -> &mut Slot {
        self.slots.entry(sequence).or_default()
    }

    /// All that is known, by place.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Slot)> {
        self.slots.iter().map(|(sequence, slot)| (*sequence, slot))
    }

    /// The first and the last place of which anything is known.
    pub fn range(&self) -> Option<(u64, u64)> {
        let first = self.slots.keys().next()?;
        Some((*first, *self.slots.keys().next_back()?))
    }

    /// What is known of the places behind this one, by place.
    pub(crate) fn behind(&self, sequence: u64) -> impl Iterator<Item = (u64, &Slot)> {
        self.slots.range((Bound::Excluded(sequence), Bound::Unbounded)).map(|(sequence, slot)| (*sequence, slot))
    }

    /// The batch of this name, if it is here.
    pub(crate) fn batch(&self, digest: Digest) -> Option<&Rc<Batch>> {
        self.batches.get(&digest)
    }

    /// Keeps a batch. Whether it is new.
    pub(crate) fn keep_batch(&mut self, digest: Digest, batch: Rc<Batch>) -> bool {
        self.batches.insert(digest, batch).is_none()
    }

    /// The batches that are kept, but for the null request.
    pub(crate) fn batches(&self) -> impl Iterator<Item = &Rc<Batch>> {
        self.batches.iter().filter(|(digest, _)| **digest != Digest::NULL).map(|(_, batch)| batch)
    }

    /// The batches that are proposed in this view and not here.
    pub(crate) fn missing_batches(&self, view: u64) -> Vec<Digest> {
        let proposed = self.slots.values().filter(|slot| !slot.is_accepted);
        let digests = proposed.filter_map(|slot| slot.proposal_in(view)).map(|proposal| proposal.digest);
        digests.filter(|digest| !self.batches.contains_key(digest)).collect()
    }

    /// A view begins: votes of earlier ones count no longer.
    pub(crate) fn begin_view(&mut self, view: u64) {
        for slot in self.slots.values_mut() {
            slot.prepares.retain(|prepare| prepare.0.view == view);
            slot.commits.retain(|commit| commit.0.view == view);
        }
    }

    /// Forgets everything up to a stable checkpoint.
    pub(crate) fn move_to(&mut self, low: u64) {
        self.low = low;
        self.slots = self.slots.split_off(&(low + 1));
        let Self { slots, batches, .. } = self;
        batches.retain(|digest, _| *digest == Digest::NULL || slots.values().any(|slot| slot.names(*digest)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_the_watermarks_is_open_and_what_is_stable_is_forgotten() {
        let mut slots = Slots::new(16);
        let open = |slots: &Slots| (0..50).filter(|sequence| slots.is_open(*sequence)).collect::<Vec<_>>();
        assert_eq!(open(&slots), (1..=16).collect::<Vec<_>>());
        for sequence in 1..=16 {
            slots.at(sequence);
        }
        slots.move_to(8);
        assert_eq!(open(&slots), (9..=24).collect::<Vec<_>>());
        assert_eq!(slots.range(), Some((9, 16)));
    }

    #[test]
    fn a_batch_that_no_place_names_is_forgotten_but_for_the_null_request() {
        let mut slots = Slots::new(16);
        let digest = Digest(7);
        assert!(slots.keep_batch(digest, Rc::default()));
        assert!(!slots.keep_batch(digest, Rc::default()), "it is known");
        slots.move_to(8);
        assert!(slots.batch(digest).is_none());
        assert!(slots.batch(Digest::NULL).is_some());
    }
}
