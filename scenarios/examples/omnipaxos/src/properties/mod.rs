//! What the paper claims of Sequence Paxos, and what its proofs rest on.
//!
//! Each property costs what a step changed: it looks at the node that the step touched, and
//! remembers what it must know of the others. They are keyed by process, so they see through
//! restarts.

mod integrity;
mod promise;
mod uniform_agreement;
mod validity;

use std::collections::BTreeMap;
use std::ops::Range;

use sim_core::{ProcessId, PropertyRow, Step, World};

use crate::names::{INTEGRITY, PROMISE_NEVER_DECREASES, UNIFORM_AGREEMENT, VALIDITY};
use crate::node::OmniPaxosNode;

use integrity::Integrity;
use promise::PromiseNeverDecreases;
use uniform_agreement::UniformAgreement;
use validity::Validity;

/// All properties, in the order in which they look at a step.
pub(crate) const PROPERTIES: &[PropertyRow<OmniPaxosNode>] = &[
    PropertyRow {
        name: PROMISE_NEVER_DECREASES,
        summary: "No server goes back to an earlier round, whether it restarts or not.",
        source: "OmniPaxos (EuroSys 2023), Sequence Paxos",
        make: |_| Box::<PromiseNeverDecreases>::default(),
    },
    PropertyRow {
        name: VALIDITY,
        summary: "If a server decides on a log, it holds only what clients asked for.",
        source: "OmniPaxos (EuroSys 2023), Sequence Paxos, SC1",
        make: |_| Box::<Validity>::default(),
    },
    PropertyRow {
        name: UNIFORM_AGREEMENT,
        summary: "Of the logs that any two servers decide on, one is a prefix of the other.",
        source: "OmniPaxos (EuroSys 2023), Sequence Paxos, SC2",
        make: |_| Box::<UniformAgreement>::default(),
    },
    PropertyRow {
        name: INTEGRITY,
        summary: "What a server decides on later only extends what it decided on before, whether it restarts or not.",
        source: "OmniPaxos (EuroSys 2023), Sequence Paxos, SC3",
        make: |_| Box::<Integrity>::default(),
    },
];

/// How far the decided log of each process was looked at: incarnation and number of entries.
#[derive(Debug, Default)]
struct LookedAt(BTreeMap<ProcessId, (u32, usize)>);

impl LookedAt {
    /// The indexes of the decided entries that the step may have added or changed; after a restart
    /// these are all.
    fn advance(&mut self, world: &World<'_, OmniPaxosNode>, step: &Step<'_, OmniPaxosNode>) -> Range<usize> {
        let Some(node) = world.node(step.process) else {
            return 0..0;
        };
        let now = (world.incarnation(step.process), node.decided());
        let before = self.0.insert(step.process, now).unwrap_or_default();
        let same = if before.0 == now.0 { before.1 } else { 0 };
        let unchanged = node.changed_from().map_or(same, |changed| changed.min(same));
        unchanged..now.1.min(node.log().len())
    }
}
