//! What properties remember that no node does.

use std::ops::RangeInclusive;

use parts::per_process::PerProcess;
use sim_core::{NodeId, Step, World};

use crate::log::{Entry, Log};
use crate::message::Event;
use crate::node::Raft;

/// The votes that nodes give, each told once: by what they announce, and by their state, in which
/// it shows whether they announce it or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Votes {
    latest: PerProcess<Option<(u64, NodeId)>>,
}

impl Votes {
    /// The votes that the node of this step has given since it was last looked at, with their terms.
    /// A node that crashes in the middle of a step may have announced what its state never showed.
    #[inline]
    pub(super) fn observe(
        &mut self,
        world: &World<'_, Raft>,
        step: &Step<'_, Raft>,
    ) -> impl Iterator<Item = (u64, NodeId)> {
        let latest = self.latest.of(step.process);
        let in_state = world.node(step.process).and_then(Raft::vote);
        let announced = step.events.iter().filter_map(|event| match event {
            Event::Voted { term, candidate } => Some((*term, *candidate)),
            _ => None,
        });
        announced.chain(in_state).filter(move |vote| latest.replace(*vote) != Some(*vote))
    }
}

/// The log of all entries that any node has known to be committed.
#[derive(Clone, Debug, Default)]
pub(super) struct CommittedLog {
    entries: Vec<Committed>,
}

/// An entry that is committed.
#[derive(Clone, Debug)]
struct Committed {
    /// The entry; unknown if the first node seen to know of the commit had it in a snapshot only.
    entry: Option<Entry>,
    /// The term of the node that was first seen to know.
    in_term: u64,
}

impl CommittedLog {
    /// The last index that is committed.
    #[inline]
    pub(super) const fn last_index(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Takes note of what the node of this step knows; gives the indexes that are new.
    #[inline]
    pub(super) fn observe(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> RangeInclusive<u64> {
        let first = self.last_index() + 1;
        if let Some(node) = world.node(step.process)
            && node.commit_index() >= first
        {
            self.extend(first, node);
        }
        first..=self.last_index()
    }

    fn extend(&mut self, first: u64, node: &Raft) {
        let last = node.commit_index().min(node.log().last_index());
        let committed = |index| Committed { entry: node.log().entry(index).cloned(), in_term: node.term() };
        self.entries.extend((first..=last).map(committed));
    }

    /// The term of the node that was first seen to know that `index` is committed.
    pub(super) fn committed_in(&self, index: u64) -> u64 {
        self.at(index).in_term
    }

    /// The committed entry in words.
    pub(super) fn describe(&self, index: u64) -> String {
        match &self.at(index).entry {
            Some(entry) => format!("entry {index}, {entry}"),
            None => format!("entry {index}, known from a snapshot only"),
        }
    }

    /// The committed entry, for messages.
    pub(super) fn entry(&self, index: u64) -> Option<&Entry> {
        self.at(index).entry.as_ref()
    }

    /// Whether `log` holds what is committed at `index`, as an entry or in its snapshot.
    pub(super) fn is_in(&self, log: &Log, index: u64) -> bool {
        let Some(committed) = self.entry(index) else {
            return index <= log.last_index();
        };
        match index.cmp(&log.base().index) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => committed.term == log.base().term,
            std::cmp::Ordering::Greater => log.entry(index) == Some(committed),
        }
    }

    fn at(&self, index: u64) -> &Committed {
        &self.entries[index as usize - 1]
    }
}
