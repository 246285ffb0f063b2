//! Which links: those that a cut or a disturbance is about.

use std::collections::BTreeSet;

use crate::process::ProcessId;

/// A set of directed links between processes. Partitions, bridges, one-way cuts and overlapping
/// groups are all of this form. It is kept as what it is made of: of a thousand nodes, the links
/// are a million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkSet {
    /// The links between processes that share no group. For each process its groups, in ascending
    /// order; processes in no group keep all their links.
    BetweenGroups(Vec<Vec<u32>>),
    /// The links from each of some processes to each of some.
    Directed(Members, Members),
    /// These links.
    Listed(BTreeSet<(u32, u32)>),
}

impl LinkSet {
    /// The links between processes that share no group; processes in no group keep all their links.
    pub(crate) fn between_groups(groups: &[Vec<ProcessId>]) -> Self {
        let mut groups_of: Vec<Vec<u32>> = Vec::new();
        for (number, group) in (0..).zip(groups) {
            for process in group {
                groups_of.resize(groups_of.len().max(process.index() + 1), Vec::new());
                groups_of[process.index()].push(number);
            }
        }
        Self::BetweenGroups(groups_of)
    }

    /// The links from each of `from` to each of `to`.
    pub(crate) fn directed(from: &[ProcessId], to: &[ProcessId]) -> Self {
        Self::Directed(Members::of(from), Members::of(to))
    }

    pub(super) fn contains(&self, from: u32, to: u32) -> bool {
        match self {
            Self::BetweenGroups(groups_of) => {
                let of = |process: u32| groups_of.get(process as usize).map_or(&[][..], Vec::as_slice);
                let (a, b) = (of(from), of(to));
                !a.is_empty() && !b.is_empty() && !a.iter().any(|group| b.binary_search(group).is_ok())
            }
            Self::Listed(links) => links.contains(&(from, to)),
            Self::Directed(out_of, into) => from != to && out_of.contain(from) && into.contain(to),
        }
    }
}

/// The links that a disturbance touches.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Those out of some processes, and those into them.
    Around(Members),
    /// Those out of some, or all, into some, or all.
    Between(Option<Members>, Option<Members>),
    /// Those of a set.
    Across(LinkSet),
}

impl Reach {
    /// All links of some processes.
    pub(crate) fn around(processes: &[ProcessId]) -> Self {
        Self::Around(Members::of(processes))
    }

    /// The links from some processes, or all, to some, or all.
    pub(crate) fn of(from: Option<&[ProcessId]>, to: Option<&[ProcessId]>) -> Self {
        Self::Between(from.map(Members::of), to.map(Members::of))
    }

    pub(super) fn covers(&self, from: u32, to: u32) -> bool {
        match self {
            Self::Around(members) => members.contain(from) || members.contain(to),
            Self::Between(out_of, into) => {
                out_of.as_ref().is_none_or(|members| members.contain(from))
                    && into.as_ref().is_none_or(|members| members.contain(to))
            }
            Self::Across(links) => links.contains(from, to),
        }
    }
}

/// Some processes, a bit for each: it is asked for each message whether they are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members(Vec<u64>);

impl Members {
    fn of(processes: &[ProcessId]) -> Self {
        let words = processes.iter().map(|process| process.index() / 64 + 1).max().unwrap_or(0);
        let mut bits = vec![0; words];
        processes.iter().for_each(|process| bits[process.index() / 64] |= 1 << (process.index() % 64));
        Self(bits)
    }

    fn contain(&self, process: u32) -> bool {
        self.0.get(process as usize / 64).is_some_and(|word| word >> (process % 64) & 1 == 1)
    }
}
