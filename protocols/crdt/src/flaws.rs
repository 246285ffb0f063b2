//! Ways to get replicated data types wrong. Each one is a deviation in a single place of the code, found by
//! searching for its name.

use sim_core::Guarantee;
use sim_core::consistency::DeliveryGuarantee;

use super::names::{CAUSAL_DELIVERY, CONCURRENCY_SEMANTICS, FORWARD_NON_INTERLEAVING, STRONG_LIST, UNIQUE_NAMES};

const STRONG_EVENTUAL: &str = Guarantee::StrongEventual.property();
const DURABILITY: &str = Guarantee::Durable.property();
const EXACTLY_ONCE: &str = Guarantee::Delivery(DeliveryGuarantee::ExactlyOnce).property();
const EVENTUAL: &str = Guarantee::Eventual.property();

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum CrdtFlaw {
        /// G-Counter: a delta has the increment instead of the sum of its replica.
        DeltaWithoutTotal {
            name: "delta-without-total",
            source: "Almeida et al. 2018, the delta-mutator of the G-Counter: its delta has the new entry",
            violates: &[CONCURRENCY_SEMANTICS, STRONG_EVENTUAL],
        },
        /// PN-Counter: merging adds decrements up, so a decrement that arrives twice counts twice.
        DecrementNotIdempotent {
            name: "decrement-not-idempotent",
            source: "Shapiro et al. 2011, specification 7: merging takes the maximum of each entry",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EVENTUAL],
        },
        /// G-Set: of two sets the larger one is taken for the newer.
        LargerSetWins {
            name: "larger-set-wins",
            source: "textbook code: the state with the higher version replaces the other (Shapiro et al. 2011, \
                     section 2.2: merging is the least upper bound)",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS],
        },
        /// 2P-Set: an element that both sides know to be removed is forgotten, and an old state brings it back.
        DropsTombstones {
            name: "drops-tombstones",
            source: "Apache Cassandra, gc_grace_seconds: a replica that missed the delete resurrects the data",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EVENTUAL],
        },
        /// OR-Set: an element on both sides keeps the dots of both, although one side has seen that the other's
        /// were removed.
        OrswotResurrect {
            name: "orswot-resurrect",
            source: "basho/riak_dt#78 and #82",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EVENTUAL],
        },
        /// OR-Set: of the dots of concurrent adds the latest one is kept, and who removes that one removes all.
        OneDot {
            name: "one-dot",
            source: "basho/riak_dt#142: why an element needs more than one dot",
            violates: &[CONCURRENCY_SEMANTICS, STRONG_EVENTUAL, EVENTUAL],
        },
        /// LWW-Register: of writes with equal times the one wins that arrives last.
        TiesByArrival {
            name: "ties-by-arrival",
            source: "CBaquero/delta-enabled-crdts#7",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EVENTUAL],
        },
        /// MV-Register: a write overwrites only what its own replica had written.
        OverwritesOwnOnly {
            name: "overwrites-own-only",
            source: "Riak, sibling explosion: a write without the context of the read before it",
            violates: &[CONCURRENCY_SEMANTICS],
        },
        /// OR-Map: a replica adds its increments up, and a concurrent one brings back those that the removal of
        /// the key had seen.
        CarriesCount {
            name: "carries-count",
            source: "basho/riak_dt#98",
            violates: &[CONCURRENCY_SEMANTICS],
        },
        /// Sequence: an element that arrives late passes later siblings, and not what stands behind them.
        LateInsert {
            name: "late-insert",
            source: "Roh et al. 2011, the remote Insert; yorkie-team/yorkie#1980: where an insert stops skipping",
            violates: &[STRONG_EVENTUAL, FORWARD_NON_INTERLEAVING, STRONG_LIST, EVENTUAL],
        },
        /// Sequence: siblings of equal times stand in the order in which they arrive.
        UnsortableIds {
            name: "unsortable-ids",
            source: "peer-base/js-delta-crdts#33",
            violates: &[STRONG_EVENTUAL, STRONG_LIST, EVENTUAL],
        },
        /// A counter: a replica that boots takes its own entry for 0, and goes on under the same name. Its
        /// increments from then on are lost in its old entry, which others have.
        ForgetsOwnCount {
            name: "forgets-own-count",
            source: "textbook code: a counter in memory, by the name of its node",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EVENTUAL],
        },
        /// The clock of a replica is not set past the updates that come: what it writes over others' values may be
        /// older than these.
        ClockNotMerged {
            name: "clock-not-merged",
            source: "Lamport 1978, implementation rule IR2 (b), left out",
            violates: &[CONCURRENCY_SEMANTICS, STRONG_LIST, FORWARD_NON_INTERLEAVING],
        },
        /// A replica tells others of its updates before they are durable. A power loss undoes them, and the next
        /// updates get their names.
        TellsBeforeSync {
            name: "tells-before-sync",
            source: "basho/riak_kv#679: a virtual node that restarts gives dots anew",
            violates: &[
                UNIQUE_NAMES,
                CONCURRENCY_SEMANTICS,
                STRONG_EVENTUAL,
                EVENTUAL,
                EXACTLY_ONCE,
                DURABILITY,
                CAUSAL_DELIVERY,
                STRONG_LIST,
            ],
        },
        /// Delta-based: the numbers of deltas begin anew with each boot, and what others have acknowledged before
        /// counts for the new ones.
        IntervalsBeginAnew {
            name: "intervals-begin-anew",
            source: "Almeida et al. 2018, algorithm 2: the sequence number is durable",
            violates: &[CAUSAL_DELIVERY, EVENTUAL, DURABILITY, CONCURRENCY_SEMANTICS, STRONG_EVENTUAL],
        },
        /// Delta-based: the latest delta is sent, and not all since the other acknowledged.
        DeltaGap {
            name: "delta-gap",
            source: "Almeida et al. 2018, the causal delta-merging condition; akka/akka-core#22188: deltas out of order",
            violates: &[CAUSAL_DELIVERY, CONCURRENCY_SEMANTICS, STRONG_EVENTUAL, EVENTUAL, DURABILITY],
        },
        /// A replica leaves without handing over: what it alone knows is lost.
        LeavesAtOnce {
            name: "leaves-at-once",
            source: "Apache Cassandra, nodetool assassinate: a node is removed and its data is not streamed to others",
            violates: &[DURABILITY, EVENTUAL, EXACTLY_ONCE, CAUSAL_DELIVERY],
        },
        /// What a replica that leaves hands over is taken over by one that leaves, too.
        LeaverTakesOver {
            name: "leaver-takes-over",
            source: "textbook code, got wrong: whoever hands over is not asked whether it is leaving, too",
            violates: &[DURABILITY, EVENTUAL, EXACTLY_ONCE, CAUSAL_DELIVERY],
        },
        /// A replica says that it has taken over what another handed to it before that is durable.
        TakesOverBeforeSync {
            name: "takes-over-before-sync",
            source: "textbook code: handing over without waiting for the disk",
            violates: &[DURABILITY, EVENTUAL, EXACTLY_ONCE, CAUSAL_DELIVERY],
        },
        /// A replica that joins again takes the name that it had. What it had made under it and handed to others may
        /// not be among what it is given, and it gives those names once more.
        NameReused {
            name: "name-reused",
            source: "pathosDev/actor-ts#955: a replica that comes back under its old address loses increments",
            violates: &[UNIQUE_NAMES, CONCURRENCY_SEMANTICS, STRONG_EVENTUAL, EVENTUAL, EXACTLY_ONCE, CAUSAL_DELIVERY],
        },
        /// Operation-based: what waited for others is done when they have come, although a state has brought it, too.
        AppliesWhatWaited {
            name: "applies-what-waited",
            source: "Shapiro et al. 2011, section 2.3: an operation is delivered once",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EXACTLY_ONCE, EVENTUAL],
        },
        /// Operation-based: what arrives twice is done twice.
        AppliesTwice {
            name: "applies-twice",
            source: "Shapiro et al. 2011, section 2.3: operations that commute need not be idempotent",
            violates: &[STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EXACTLY_ONCE, EVENTUAL],
        },
        /// Operation-based: what arrives is done at once, whether or not that has come which its origin had seen.
        AppliesEarly {
            name: "applies-early",
            source: "Shapiro et al. 2011, section 2.3: operations are delivered in causal order",
            violates: &[CAUSAL_DELIVERY, STRONG_EVENTUAL, CONCURRENCY_SEMANTICS, EVENTUAL],
        },
    }
}
