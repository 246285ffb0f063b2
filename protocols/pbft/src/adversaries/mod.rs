//! Scripted attackers: what a Byzantine replica does that knows the protocol and means harm.
//!
//! They see what their puppets receive, and sign for them alone. What they have in common is
//! `Puppets`: the requests that they have seen, and the views that they may begin. What one puppet says
//! to another they take no notice of: they would talk to themselves without end.

mod equivocator;
mod liar;
mod puppets;
mod strander;
mod supporter;

use sim_core::AdversaryRow;

use super::committee::Committee;
use super::config::PbftConfig;
use super::node::Pbft;

/// All adversaries.
pub(super) const ADVERSARIES: &[AdversaryRow<Pbft>] = &[
    AdversaryRow {
        name: "equivocating-primary",
        summary: "As the primary it proposes one batch to one half of the replicas and another to the other half, and \
                  supports both.",
        source: "OSDI 4.2",
        make: |config| Box::new(equivocator::Equivocator::new(config)),
    },
    AdversaryRow {
        name: "silent-then-lying-primary",
        summary: "As the primary it proposes nothing, then what no client has asked for; the views that it is to \
                  begin it begins with null requests instead of what was prepared.",
        source: "OSDI 4.4",
        make: |config| Box::new(liar::Liar::new(config)),
    },
    AdversaryRow {
        name: "supporter",
        summary: "As a backup it prepares and commits every proposal that it hears of, in every view.",
        source: "OSDI 4.2; a double vote",
        make: |_| Box::new(supporter::Supporter::default()),
    },
    AdversaryRow {
        name: "stranding-primary",
        summary: "As the primary it orders requests, leaves out one replica, and answers no client.",
        source: "Berger et al., SRDS 2021 (arXiv 2107.11144)",
        make: |config| Box::new(strander::Strander::new(config)),
    },
];

/// The replicas, as an adversary that respects quorums sees them.
fn committee(config: &PbftConfig, nodes: &[sim_core::NodeId]) -> Committee {
    Committee::new(config, nodes)
}
