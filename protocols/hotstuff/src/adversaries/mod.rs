//! Scripted attackers: known attacks on HotStuff, by replicas that know all that is said to them.

mod double_voter;
mod equivocating;
mod forging;
mod insider;
mod leading;
mod withholding;

use sim_core::AdversaryRow;

use super::node::HotStuff;
use double_voter::DoubleVoter;
use equivocating::EquivocatingLeader;
use forging::ForgingLeader;
use leading::Leading;
use withholding::WithholdingLeader;

/// All of them.
pub(super) const ADVERSARIES: &[AdversaryRow<HotStuff>] = &[
    AdversaryRow {
        name: "equivocating-leader",
        summary: "In its views it proposes one block to half of the replicas and another to the others, votes for \
                  both, and goes on with whatever it gets certified.",
        source: "HotStuff section 5, Lemma 1",
        make: |config| Box::new(Leading::new(config, EquivocatingLeader)),
    },
    AdversaryRow {
        name: "withholding-leader",
        summary: "In its views it shows the highest certificate to one replica, now or later, and proposes to the \
                  others behind an older one.",
        source: "HotStuff section 4.4, the hidden lock of two-phase protocols",
        make: |config| Box::new(Leading::new(config, WithholdingLeader::new(config))),
    },
    AdversaryRow {
        name: "forging-leader",
        summary: "In every other one of its views it proposes a command that no client has signed.",
        source: "Castro and Liskov 1999, section 4.2",
        make: |config| Box::new(Leading::new(config, ForgingLeader)),
    },
    AdversaryRow {
        name: "double-voter",
        summary: "It votes for every block that it sees, twice, and for the one before in the same view; it never \
                  leads.",
        source: "HotStuff section 5, Lemma 1",
        make: |config| Box::new(DoubleVoter::new(config)),
    },
];
