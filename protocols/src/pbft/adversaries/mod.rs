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

use sim_core::{Adversary, AdversaryInfo};

use super::committee::Committee;
use super::config::PbftConfig;
use super::node::Pbft;

/// All adversaries.
pub(super) const ADVERSARIES: &[AdversaryInfo] = &[
    AdversaryInfo {
        name: "equivocating-primary",
        summary: "As the primary it proposes one batch to one half of the replicas and another to the other half, and \
                  supports both.",
        source: "OSDI 4.2",
    },
    AdversaryInfo {
        name: "silent-then-lying-primary",
        summary: "As the primary it proposes nothing, then what no client has asked for; the views that it is to \
                  begin it begins with null requests in the place of what was prepared.",
        source: "OSDI 4.4",
    },
    AdversaryInfo {
        name: "supporter",
        summary: "As a backup it prepares and commits every proposal that it hears of, in every view.",
        source: "OSDI 4.2; a double vote",
    },
    AdversaryInfo {
        name: "stranding-primary",
        summary: "As the primary it orders requests, leaves out one replica, and answers no client.",
        source: "Berger et al., SRDS 2021 (arXiv 2107.11144)",
    },
];

/// The adversary of this name.
pub(super) fn adversary(name: &str, config: &PbftConfig) -> Box<dyn Adversary<Pbft>> {
    match name {
        "equivocating-primary" => Box::new(equivocator::Equivocator::new(config)),
        "silent-then-lying-primary" => Box::new(liar::Liar::new(config)),
        "supporter" => Box::new(supporter::Supporter::default()),
        "stranding-primary" => Box::new(strander::Strander::new(config)),
        _ => unreachable!("{name} is not one of the adversaries"),
    }
}

/// The replicas, as an adversary that respects quorums sees them.
fn committee(config: &PbftConfig, nodes: &[sim_core::NodeId]) -> Committee {
    Committee::new(config, nodes)
}
