//! Bugs that people really made in stores of this kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::{DeliveryGuarantee, Level};
use sim_core::{FlawInfo, Guarantee};

/// A known bug, by its name in scenario files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LwwFlaw {
    /// The update that arrives last wins, whatever its stamp.
    ArrivalOrder,
    /// A write is acknowledged before it is durable.
    AckBeforeSync,
    /// An update that is there already is applied again.
    DeliversTwice,
    /// Replicas never ask what they lack.
    NoAntiEntropy,
    /// A replica that boots announces what it finds on its disk before that is durable.
    RecoversUnsynced,
    /// After a failed sync it syncs again, and takes all that it can read for durable.
    RetriesSync,
    /// A replica that boots leaves out a record that it cannot read.
    SkipsUnreadable,
    /// Checksums are not looked at.
    TrustsLinks,
    /// Whoever lacks something is sent everything.
    ResendsAll,
}

/// All flaws, in the order of [`LwwFlaw`].
pub(super) const FLAWS: &[FlawInfo] = &[
    FlawInfo {
        name: "arrival-order",
        summary: "A replica keeps the update that it hears of last, whatever its stamp: replicas stay different.",
        source: "Shapiro et al. 2011, section 2: concurrent updates must commute",
        violates: &[
            Guarantee::StrongEventual.property(),
            Guarantee::Eventual.property(),
            Guarantee::Level(Level::Causal).property(),
            Guarantee::Level(Level::Sequential).property(),
        ],
    },
    FlawInfo {
        name: "ack-before-sync",
        summary: "A replica acknowledges a write before it is durable; a power loss undoes it.",
        source: "the default commitlog_sync: periodic of Apache Cassandra",
        violates: &[Guarantee::Durable.property(), Guarantee::Level(Level::ReadYourWrites).property()],
    },
    FlawInfo {
        name: "delivers-twice",
        summary: "A replica applies what it is sent although it has it, as when the network doubles a message.",
        source: "Cachin, Guerraoui and Rodrigues 2011, algorithm 3.2, without the set `delivered`",
        violates: &[
            Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
        ],
    },
    FlawInfo {
        name: "no-anti-entropy",
        summary: "Replicas never ask for what they lack: an update whose broadcast is lost never arrives.",
        source: "Demers et al. 1987, section 1.2: direct mail alone is not entirely reliable",
        violates: &[
            Guarantee::Delivery(DeliveryGuarantee::AtLeastOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
            Guarantee::Eventual.property(),
            Guarantee::Durable.property(),
        ],
    },
    FlawInfo {
        name: "recovers-unsynced",
        summary: "A replica that boots announces what it finds on its disk, which a crash before the sync has left there \
                  and a power loss can still take away.",
        source: "made in this implementation, and found by its general scenario",
        violates: &[
            Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::FifoOrder).property(),
            Guarantee::Delivery(DeliveryGuarantee::CausalOrder).property(),
        ],
    },
    FlawInfo {
        name: "retries-sync",
        summary: "After a failed sync a replica boots, reads what is there, and syncs again: what the sync before has \
                  dropped it takes for durable, and a power loss takes it away.",
        source: "PostgreSQL's \"fsyncgate\", 2018; Rebello et al. 2020",
        violates: &[
            Guarantee::Durable.property(),
            Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::CausalOrder).property(),
            Guarantee::Level(Level::ReadYourWrites).property(),
            Guarantee::Level(Level::Causal).property(),
        ],
    },
    FlawInfo {
        name: "skips-unreadable",
        summary: "A replica that cannot read one of its records boots without it, as if it had been torn by a power loss.",
        source: "Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage, FAST 2018, section 2.2",
        violates: &[
            Guarantee::Durable.property(),
            Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::CausalOrder).property(),
            Guarantee::Level(Level::ReadYourWrites).property(),
            Guarantee::Level(Level::Causal).property(),
        ],
    },
    FlawInfo {
        name: "trusts-links",
        summary: "Replicas do not look at the checksums of messages: what a link corrupts is applied.",
        source: "Amazon S3, availability event of 20 July 2008; Saltzer, Reed and Clark 1984",
        violates: &[
            Guarantee::StrongEventual.property(),
            Guarantee::Eventual.property(),
            Guarantee::Level(Level::WeakCausal).property(),
            Guarantee::Level(Level::Causal).property(),
        ],
    },
    FlawInfo {
        name: "resends-all",
        summary: "A replica that lacks something is sent all that there is: over a narrow link it never catches up.",
        source: "fallacies 3 and 7 of distributed computing: bandwidth is infinite, transport costs nothing",
        violates: &[
            Guarantee::Eventual.property(),
            Guarantee::Delivery(DeliveryGuarantee::AtLeastOnce).property(),
            Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_flaw_has_its_name_in_the_configuration() {
        let named = |info: &FlawInfo| serde_json::from_str::<LwwFlaw>(&format!("{:?}", info.name)).ok();
        let listed: Option<Vec<LwwFlaw>> = FLAWS.iter().map(named).collect();
        let all = [
            LwwFlaw::ArrivalOrder,
            LwwFlaw::AckBeforeSync,
            LwwFlaw::DeliversTwice,
            LwwFlaw::NoAntiEntropy,
            LwwFlaw::RecoversUnsynced,
            LwwFlaw::RetriesSync,
            LwwFlaw::SkipsUnreadable,
            LwwFlaw::TrustsLinks,
            LwwFlaw::ResendsAll,
        ];
        assert_eq!(listed, Some(all.to_vec()));
    }
}
