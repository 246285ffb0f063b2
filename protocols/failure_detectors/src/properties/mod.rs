//! What failure detectors promise.

mod answers;
mod asking;
mod gossip;
mod gray;
mod in_the_end;
mod learning;
mod reads;
mod reports;
mod signs;
mod timing;
mod watch;

use sim_core::PropertyRow;

use super::names::{
    ABSENCE_IS_NO_DELAY, BOOTS_ARE_COUNTED, COUNTERS_GROW, DEADLINES_ARE_KEPT, EVENTUAL_ACCURACY, GOSSIP_GOES_ROUND,
    LEVELS_GROW_IN_SILENCE, MISSING_IS_SUSPECTED, NEWS_JUDGED, NO_EARLY_SUSPICION, NOTIFICATIONS_ALTERNATE,
    OTHERS_ARE_ASKED, PINGS_ANSWERED, RECOVERED_OR_MISTAKEN, SIGNS_IN_TIME, SILENCE_IS_SUSPECTED, SLOW_IS_SUSPECTED,
    STRONG_COMPLETENESS, TRUST_NEEDS_NEWS, UNMONITORED_UNREPORTED,
};
use super::node::DetectorNode;

pub use answers::{NewsAreJudged, PingsAreAnswered};
pub use asking::OthersAreAsked;
pub use gossip::GossipGoesRound;
pub use gray::{MissingAnswersAreSuspected, SlowPeersAreSuspected};
pub use in_the_end::{EventualStrongAccuracy, StrongCompleteness};
pub use learning::{AbsenceIsNoDelay, BootsAreCounted, HeartbeatCountersGrow, LevelsGrowInSilence};
pub use reports::{NotificationsAlternate, RecoveredOrMistaken, TrustNeedsNews, UnmonitoredIsUnreported};
pub use signs::SignsAreGiven;
pub use timing::{NoEarlySuspicion, SilenceIsSuspected, SuspicionDeadlinesAreKept};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<DetectorNode>] = &[
    PropertyRow {
        name: STRONG_COMPLETENESS,
        summary: "Every node that has crashed for good is in the end suspected by every node that runs.",
        source: "Chandra and Toueg 1996, section 2.3; within a bound",
        make: |config| Box::new(StrongCompleteness::new(config)),
    },
    PropertyRow {
        name: EVENTUAL_ACCURACY,
        summary: "In the end no node that runs is suspected, where timeouts leave room for the delays that there are.",
        source: "Chandra and Toueg 1996, section 2.3; within a bound after the heal",
        make: |config| Box::new(EventualStrongAccuracy::new(config)),
    },
    PropertyRow {
        name: SILENCE_IS_SUSPECTED,
        summary: "A node suspects whoever it has had no news of for the declared bound, by its own clock.",
        source: "Chen, Toueg and Aguilera 2002: the detection time is bounded whatever the links do",
        make: |config| Box::new(SilenceIsSuspected::new(config)),
    },
    PropertyRow {
        name: NO_EARLY_SUSPICION,
        summary: "A node suspects only who has been silent for as long as its detector waits at least.",
        source: "Hayashibara et al. 2004; Jacobson 1988: mean and deviation",
        make: |config| Box::new(NoEarlySuspicion::new(config)),
    },
    PropertyRow {
        name: TRUST_NEEDS_NEWS,
        summary: "Only a sign of life that is newer than all before lets a suspect be trusted again.",
        source: "Chen, Toueg and Aguilera 2002: a beat is fresh or stale",
        make: |_| Box::<TrustNeedsNews>::default(),
    },
    PropertyRow {
        name: UNMONITORED_UNREPORTED,
        summary: "Nothing is announced of a peer that is not monitored.",
        source: "this crate: the monitored set changes at run time",
        make: |_| Box::<UnmonitoredIsUnreported>::default(),
    },
    PropertyRow {
        name: NOTIFICATIONS_ALTERNATE,
        summary: "A peer is suspected, may fail, and is trusted again, each once and in this order.",
        source: "Chen, Toueg and Aguilera 2002: S- and T-transitions alternate",
        make: |_| Box::<NotificationsAlternate>::default(),
    },
    PropertyRow {
        name: RECOVERED_OR_MISTAKEN,
        summary: "Who is trusted again has recovered if it has booted since, and was suspected by mistake if not.",
        source: "this crate: recovered, or false positive",
        make: |_| Box::<RecoveredOrMistaken>::default(),
    },
    PropertyRow {
        name: DEADLINES_ARE_KEPT,
        summary: "A suspicion becomes a failure at its deadline, and not before.",
        source: "this crate: each suspicion bears its deadline",
        make: |config| Box::new(SuspicionDeadlinesAreKept::new(config)),
    },
    PropertyRow {
        name: LEVELS_GROW_IN_SILENCE,
        summary: "While a peer is silent the suspicion against it never falls, and φ is finite.",
        source: "Hayashibara et al. 2004, section 3: accruement and upper bound",
        make: |config| Box::new(LevelsGrowInSilence::new(config)),
    },
    PropertyRow {
        name: ABSENCE_IS_NO_DELAY,
        summary: "The time for which a suspect was away makes no timeout longer.",
        source: "Karn and Partridge 1987",
        make: |_| Box::<AbsenceIsNoDelay>::default(),
    },
    PropertyRow {
        name: COUNTERS_GROW,
        summary: "A heartbeat counter that a node knows never falls.",
        source: "van Renesse, Minsky and Hayden 1998: the maximum of each",
        make: |_| Box::<HeartbeatCountersGrow>::default(),
    },
    PropertyRow {
        name: GOSSIP_GOES_ROUND,
        summary: "Counters are gossiped to each other node in turn, and to the one after the sender first.",
        source: "van Renesse, Minsky and Hayden 1998; in turn, as round-robin gossip does, where they draw",
        make: |_| Box::<GossipGoesRound>::default(),
    },
    PropertyRow {
        name: SLOW_IS_SUSPECTED,
        summary: "With metrics, a peer all of whose latest answers came too late is suspected.",
        source: "Huang et al. 2017: gray failures",
        make: |config| Box::new(SlowPeersAreSuspected::new(config)),
    },
    PropertyRow {
        name: MISSING_IS_SUSPECTED,
        summary: "With metrics, a peer too many of whose latest answers are missing is suspected.",
        source: "Huang et al. 2017: gray failures",
        make: |config| Box::new(MissingAnswersAreSuspected::new(config)),
    },
    PropertyRow {
        name: OTHERS_ARE_ASKED,
        summary: "A peer that has not answered half an interval after a ping is tried through others, and no other peer is.",
        source: "Das et al. 2002, section 3.1: ping-req",
        make: |config| Box::new(OthersAreAsked::new(config)),
    },
    PropertyRow {
        name: PINGS_ANSWERED,
        summary: "A ping is answered at once; with metrics, once something is durable that was written after it came.",
        source: "Das et al. 2002, section 3.1: a member that is pinged sends an ack",
        make: |config| Box::new(PingsAreAnswered::new(config)),
    },
    PropertyRow {
        name: NEWS_JUDGED,
        summary: "Whoever is heard of is suspected no longer than its detector has reason to.",
        source: "Chen, Toueg and Aguilera 2002, Figure 6: a fresh beat is a T-transition",
        make: |config| Box::new(NewsAreJudged::new(config)),
    },
    PropertyRow {
        name: SIGNS_IN_TIME,
        summary: "Signs of life are given once an interval; with NFD-S, beat k when the common clock shows k intervals.",
        source: "Chen, Toueg and Aguilera 2002, Figures 6 and 9: at time i·η send heartbeat i",
        make: |config| Box::new(SignsAreGiven::new(config)),
    },
    PropertyRow {
        name: BOOTS_ARE_COUNTED,
        summary: "Each boot of a node has a higher number than those before.",
        source: "this crate: what tells a new sign of life from an old one",
        make: |_| Box::<BootsAreCounted>::default(),
    },
];
