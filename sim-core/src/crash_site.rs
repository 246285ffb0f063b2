//! Where in a run nodes could crash, for whoever tries every place.

use crate::fault::Boundary;
use crate::process::NodeId;
use crate::time::Time;

/// A place in a run where a node could have crashed, and what its disk could have lost there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashSite {
    /// Which node.
    pub node: NodeId,
    /// Which of its lives it is, counted from 1.
    pub incarnation: u32,
    /// Where.
    pub boundary: Boundary,
    /// When.
    pub time: Time,
    /// Of each write that no sync covers, oldest first, whether a power loss may tear it.
    pub tears: Vec<bool>,
    /// Whether the node may come back: not once a perfect failure detector has told of it.
    pub returns: bool,
}

/// Which places to look for.
///
/// Those that differ only in what a crash clears anyway (timers, a sync that has begun) count as one, the
/// first of them; and a step that does nothing else has none. (What the seed draws later for a tie or a late
/// timer may differ between them, for such draws are numbered; the states that nodes are in do not.) After
/// the heal there are none, nor, in a run without a heal, in its second half: that is left to recover in.
/// Nodes that are Byzantine by then, twins and clients have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survey {
    /// All of them.
    Everywhere,
    /// Those of one node from a boot on.
    Recovery {
        /// Which node.
        of: NodeId,
        /// Which boot, counted from 1.
        incarnation: u32,
        /// For so many steps that have such places.
        steps: u64,
    },
}

/// Takes note of the places.
#[derive(Debug)]
pub(crate) struct Surveyor {
    survey: Survey,
    /// The last step that has places, and how many have.
    last: Option<u64>,
    steps: u64,
    pub(crate) sites: Vec<CrashSite>,
}

impl Surveyor {
    pub(crate) const fn new(survey: Survey) -> Self {
        Self { survey, last: None, steps: 0, sites: Vec::new() }
    }

    /// Whether there may be more places to come.
    pub(crate) const fn goes_on(&self) -> bool {
        match self.survey {
            Survey::Everywhere => true,
            Survey::Recovery { steps, .. } => self.steps <= steps,
        }
    }

    /// Takes note of a place, if it was asked for.
    pub(crate) fn note(&mut self, site: CrashSite) {
        let is_asked_for = match self.survey {
            Survey::Everywhere => true,
            Survey::Recovery { of, incarnation, .. } => site.node == of && site.incarnation == incarnation,
        };
        if !is_asked_for {
            return;
        }
        let step = Some(site.boundary.step);
        self.steps += u64::from(step != self.last);
        self.last = step;
        if self.goes_on() {
            self.sites.push(site);
        }
    }
}
