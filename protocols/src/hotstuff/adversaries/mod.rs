//! Scripted attackers: known attacks on HotStuff, by replicas that know all that is said to them.

mod double_voter;
mod equivocating;
mod forging;
mod insider;
mod withholding;

use sim_core::{Adversary, AdversaryInfo};

use super::config::HotStuffConfig;
use super::node::HotStuff;
use double_voter::DoubleVoter;
use equivocating::EquivocatingLeader;
use forging::ForgingLeader;
use withholding::WithholdingLeader;

const EQUIVOCATING: &str = "equivocating-leader";
const WITHHOLDING: &str = "withholding-leader";
const FORGING: &str = "forging-leader";
const DOUBLE_VOTER: &str = "double-voter";

/// All of them.
pub(super) const ADVERSARIES: &[AdversaryInfo] = &[
    AdversaryInfo {
        name: EQUIVOCATING,
        summary: "In its views it proposes one block to half of the replicas and another to the others, votes for \
                  both, and goes on with whatever it gets certified.",
        source: "HotStuff section 5, Lemma 1",
    },
    AdversaryInfo {
        name: WITHHOLDING,
        summary: "In its views it shows the highest certificate to one replica, now or later, and proposes to the \
                  others behind an older one.",
        source: "HotStuff section 4.4, the hidden lock of two-phase protocols",
    },
    AdversaryInfo {
        name: FORGING,
        summary: "In every other one of its views it proposes a command that no client has signed.",
        source: "Castro and Liskov 1999, section 4.2",
    },
    AdversaryInfo {
        name: DOUBLE_VOTER,
        summary: "It votes for every block that it sees, twice, and for the one before in the same view; it never \
                  leads.",
        source: "HotStuff section 5, Lemma 1",
    },
];

/// The one of this name.
pub(super) fn named(name: &str, config: &HotStuffConfig) -> Box<dyn Adversary<HotStuff>> {
    match name {
        EQUIVOCATING => Box::new(EquivocatingLeader::new(config)),
        WITHHOLDING => Box::new(WithholdingLeader::new(config)),
        FORGING => Box::new(ForgingLeader::new(config)),
        DOUBLE_VOTER => Box::new(DoubleVoter::new(config)),
        other => unreachable!("{other} is not listed among the adversaries"),
    }
}
