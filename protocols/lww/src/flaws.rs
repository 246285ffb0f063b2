//! Bugs that people really made in stores of this kind.

use sim_core::Guarantee;
use sim_core::consistency::{DeliveryGuarantee, Level};

/// What a power loss can break that takes what a client was told of, or others have heard of.
const LOST_AFTER_AN_ANSWER: &[&str] = &[
    Guarantee::Durable.property(),
    Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
    Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
    Guarantee::Delivery(DeliveryGuarantee::CausalOrder).property(),
    Guarantee::Level(Level::ReadYourWrites).property(),
    Guarantee::Level(Level::WritesFollowReads).property(),
    Guarantee::Level(Level::MonotonicReads).property(),
    Guarantee::Level(Level::WeakCausal).property(),
    Guarantee::Level(Level::Causal).property(),
];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum LwwFlaw {
        /// A replica keeps the update that it hears of last, whatever its stamp: replicas stay different.
        ArrivalOrder {
            name: "arrival-order",
            source: "Shapiro et al. 2011, section 2: concurrent updates must commute",
            violates: &[
                Guarantee::StrongEventual.property(),
                Guarantee::Eventual.property(),
                Guarantee::Level(Level::Causal).property(),
                Guarantee::Level(Level::Sequential).property(),
            ],
        },
        /// A replica acknowledges a write before it is durable; a power loss undoes it.
        AckBeforeSync {
            name: "ack-before-sync",
            source: "the default commitlog_sync: periodic of Apache Cassandra",
            violates: LOST_AFTER_AN_ANSWER,
        },
        /// A replica applies what it is sent although it has it, as when the network doubles a message.
        DeliversTwice {
            name: "delivers-twice",
            source: "Cachin, Guerraoui and Rodrigues 2011, algorithm 3.2, without the set `delivered`",
            violates: &[
                Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
                Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
            ],
        },
        /// Replicas never ask for what they lack: an update whose broadcast is lost never arrives.
        NoAntiEntropy {
            name: "no-anti-entropy",
            source: "Demers et al. 1987, section 1.2: direct mail alone is not entirely reliable",
            violates: &[
                Guarantee::Delivery(DeliveryGuarantee::AtLeastOnce).property(),
                Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
                Guarantee::Eventual.property(),
                Guarantee::Durable.property(),
            ],
        },
        /// A replica that boots announces what it finds on its disk, which a crash before the sync has left
        /// there and a power loss can still take away.
        RecoversUnsynced {
            name: "recovers-unsynced",
            source: "made in this implementation, and found by its general scenario",
            violates: &[
                Guarantee::Delivery(DeliveryGuarantee::AtMostOnce).property(),
                Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
                Guarantee::Delivery(DeliveryGuarantee::FifoOrder).property(),
                Guarantee::Delivery(DeliveryGuarantee::CausalOrder).property(),
            ],
        },
        /// After a failed sync a replica boots, reads what is there, and syncs again: what the sync before
        /// has dropped it takes for durable, and a power loss takes it away.
        RetriesSync {
            name: "retries-sync",
            source: "PostgreSQL's \"fsyncgate\", 2018; Rebello et al. 2020",
            violates: LOST_AFTER_AN_ANSWER,
        },
        /// A replica that cannot read one of its records boots without it, as if it had been torn by a
        /// power loss.
        SkipsUnreadable {
            name: "skips-unreadable",
            source: "Alagappan et al., Protocol-Aware Recovery for Consensus-Based Storage, FAST 2018, section 2.2",
            violates: LOST_AFTER_AN_ANSWER,
        },
        /// Replicas do not look at the checksums of messages: what a link corrupts is applied.
        TrustsLinks {
            name: "trusts-links",
            source: "Amazon S3, availability event of 20 July 2008; Saltzer, Reed and Clark 1984",
            violates: &[
                Guarantee::StrongEventual.property(),
                Guarantee::Eventual.property(),
                Guarantee::Level(Level::WeakCausal).property(),
                Guarantee::Level(Level::Causal).property(),
            ],
        },
        /// A replica that lacks something is sent all that there is: over a narrow link it never catches
        /// up.
        ResendsAll {
            name: "resends-all",
            source: "fallacies 3 and 7 of distributed computing: bandwidth is infinite, transport costs nothing",
            violates: &[
                Guarantee::Eventual.property(),
                Guarantee::Delivery(DeliveryGuarantee::AtLeastOnce).property(),
                Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property(),
            ],
        },
    }
}
