//! Ways to get SWIM wrong. Each one is a deviation in a single place of the code, found by searching for its name.

use super::names::{
    ACCURACY, ANSWERS_ARE_FRESH, ANSWERS_ARE_KNOWN, BOUNDED_PIGGYBACK, COMPLETENESS, CONVERGENCE, FORGOTTEN,
    FORGOTTEN_IN_TIME, HEALTH, INCARNATIONS_GROW, LAST_AS_SHARED, LEAVING_IS_TOLD, LEFT_IS_NOT_FAILED, LEFT_STAYS_AWAY,
    METADATA, NEWS_ARE_TOLD, NOBODY_UNTOLD, ONLY_THE_OWNER, ORDER, OTHERS_ARE_ASKED, SAID, SERVED, SUSPICION_FIRST,
    SUSPICIONS_ARE_TOLD, TIME_BOUNDED, UNWELL,
};
use super::round::Round;

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum SwimFlaw {
        /// A member takes nothing from a node that it holds for dead, and tells it nothing.
        StuckDead {
            name: "stuck-dead",
            source: "hashicorp/memberlist#311: nodes stay dead for others because the accusation never reaches them",
            violates: &[SERVED, ACCURACY, CONVERGENCE],
        },
        /// Anti-entropy is with members only: two sides of a partition hold each other for dead for ever.
        SyncsWithMembersOnly {
            name: "syncs-with-members-only",
            source: "f-rustrated/EastGuard#189: Dead is terminal after a partition, until dead nodes are rechecked",
            violates: &[ACCURACY, CONVERGENCE],
        },
        /// A contact that is dead and forgotten is asked no more: two sides of a partition that lasts until then stay apart.
        ContactsForgotten {
            name: "contacts-forgotten",
            source: "hashicorp/serf, reconnect_timeout: failed members are reconnected to until they are reaped",
            violates: &[ACCURACY, CONVERGENCE],
        },
        /// A member that is suspected or held for dead does not refute it.
        NeverRefutes {
            name: "never-refutes",
            source: "textbook code, left out; Das et al. 2002, section 4.2",
            violates: &[ACCURACY, CONVERGENCE],
        },
        /// Whoever suspects a member does so under the next incarnation, so that it is believed.
        AccuserRaises {
            name: "accuser-raises",
            source: "textbook code, got wrong: the accuser raises the suspect's incarnation",
            violates: &[ONLY_THE_OWNER, METADATA],
        },
        /// A member is alive again when somebody says so under the same incarnation.
        EqualIncarnationRevives {
            name: "equal-incarnation-revives",
            source: "textbook code, got wrong: an equal incarnation revives the dead",
            violates: &[ORDER],
        },
        /// Who suspects a member keeps that to itself.
        SilentSuspicion {
            name: "silent-suspicion",
            source: "textbook code, left out: a suspicion that is never disseminated cannot be refuted",
            violates: &[SUSPICIONS_ARE_TOLD],
        },
        /// Who is forgotten is unknown: gossip from before brings it back.
        StaleGossipRevives {
            name: "stale-gossip-revives",
            source: "quickwit-oss/chitchat#155 and #121: what is garbage-collected returns; al8n/memberlist#197: an older \
                     Alive revives the dead",
            violates: &[FORGOTTEN, LEFT_IS_NOT_FAILED],
        },
        /// Whoever boots takes all for members that its configuration names, instead of asking one of them.
        KnowsAllAtBoot {
            name: "knows-all-at-boot",
            source: "textbook code, got wrong: the list of seeds is the list of members",
            violates: &[NOBODY_UNTOLD],
        },
        /// Who is dead or has left is never forgotten.
        NeverForgets {
            name: "never-forgets",
            source: "textbook code, left out: a table of all that ever were; hashicorp/memberlist, GossipToTheDeadTime",
            violates: &[FORGOTTEN_IN_TIME],
        },
        /// A member tells clients of the others alone.
        AnswersWithoutItself {
            name: "answers-without-itself",
            source: "textbook code, got wrong: the list of peers for the list of members",
            violates: &[ANSWERS_ARE_KNOWN],
        },
        /// Each update is told to one other alone.
        TellsOnce {
            name: "tells-once",
            source: "textbook code, left out: whoever was told may be down, or the message lost",
            violates: &[NEWS_ARE_TOLD],
        },
        /// A message carries all updates that there are.
        UnboundedPiggyback {
            name: "unbounded-piggyback",
            source: "textbook code, left out: messages that grow without bound",
            violates: &[BOUNDED_PIGGYBACK],
        },
        /// An update is told for ever.
        GossipsForever {
            name: "gossips-forever",
            source: "Das et al. 2002, section 4.1: λ log n times; left out",
            violates: &[BOUNDED_PIGGYBACK],
        },
        /// The incarnation is not on the disk: each boot begins with the first one.
        IncarnationInMemory {
            name: "incarnation-in-memory",
            source: "habitat-sh/habitat#5581: the supervisor does not store its incarnation",
            violates: &[INCARNATIONS_GROW],
        },
        /// A node that refutes something, or has new metadata, does not wait until its new incarnation is durable.
        IncarnationUnsynced {
            name: "incarnation-unsynced",
            source: "NodeDB-Lab/nodedb#243: every refutation is persisted, fire-and-forget",
            violates: &[INCARNATIONS_GROW],
        },
        /// A node that joins again sends its new incarnation to others before that is durable.
        RejoinsUnsynced {
            name: "rejoins-unsynced",
            source: "textbook code, in the wrong order: the first message of a member, and then the sync",
            violates: &[INCARNATIONS_GROW],
        },
        /// At a boot a node sends its new incarnation to others before that is durable.
        BootsUnsynced {
            name: "boots-unsynced",
            source: "textbook code, in the wrong order: the first message of a boot, and then the sync",
            violates: &[INCARNATIONS_GROW],
        },
        /// Who joins again does so under the incarnation under which it has left.
        RejoinsAsBefore {
            name: "rejoins-as-before",
            source: "textbook code, left out: a member that rejoins has a new incarnation",
            violates: &[INCARNATIONS_GROW],
        },
        /// New metadata is told under the same incarnation.
        MetadataKeepsIncarnation {
            name: "metadata-keeps-incarnation",
            source: "textbook code, got wrong: metadata are no part of the state that incarnations order",
            violates: &[INCARNATIONS_GROW, METADATA],
        },
        /// Metadata are taken from the first update of a member, and not from later ones.
        KeepsFirstMetadata {
            name: "keeps-first-metadata",
            source: "textbook code, left out: an update of a known member changes its status alone",
            violates: &[METADATA],
        },
        /// That a member has left is told without its metadata: those of an older incarnation stay.
        LeavesWithoutMetadata {
            name: "leaves-without-metadata",
            source: "hashicorp/memberlist#213: Left is told by a message for the dead, which has no metadata",
            violates: &[METADATA],
        },
        /// A member that does not answer in one period is held for dead.
        DeadAtOnce {
            name: "dead-at-once",
            source: "Das et al. 2002, section 4.2: the Suspicion subprotocol, left out",
            violates: &[SUSPICION_FIRST],
        },
        /// A refutation does not end a suspicion: when its time is over, the member is held for dead.
        SuspicionSurvives {
            name: "suspicion-survives",
            source: "NodeDB-Lab/nodedb#243, F3: a fresh Alive must cancel the timer, or it kills again",
            violates: &[SUSPICION_FIRST],
        },
        /// The suspicion of a new incarnation goes on from the suspicion of the one before.
        SuspicionCarriedOver {
            name: "suspicion-carried-over",
            source: "textbook code, got wrong: the deadline belongs to the member, and not to its incarnation",
            violates: &[SUSPICION_FIRST, LAST_AS_SHARED],
        },
        /// Each accusation begins a suspicion anew, so that it never ends.
        AccusationsProlong {
            name: "accusations-prolong",
            source: "textbook code, got wrong: the deadline is set whenever a suspicion is heard",
            violates: &[LAST_AS_SHARED, COMPLETENESS, HEALTH],
        },
        /// A member that is held for dead is so although it is known to have left.
        LeftTakenForDead {
            name: "left-taken-for-dead",
            source: "hashicorp/consul#3706: nodes can be marked failed when trying to leave",
            violates: &[LEFT_IS_NOT_FAILED, ORDER],
        },
        /// Who joins takes over the suspicions of others without a time at which they end.
        InheritsSuspicion {
            name: "inherits-suspicion",
            source: "caio/foca#29: members that were suspected in a saved state stay suspected",
            violates: &[LAST_AS_SHARED, COMPLETENESS, HEALTH],
        },
        /// That a member has left is ignored by who holds it for dead already.
        IgnoresLateLeave {
            name: "ignores-late-leave",
            source: "hashicorp/consul#3706: the leave is ignored if the failure came first, and views never converge",
            violates: &[CONVERGENCE],
        },
        /// That a node leaves is in its memory alone: after a crash it is a member again.
        LeavesInMemory {
            name: "leaves-in-memory",
            source: "textbook code, left out: what an operator has asked for outlives a crash",
            violates: &[LEFT_STAYS_AWAY],
        },
        /// A node that leaves says so without waiting until that is durable.
        LeavesBeforeSync {
            name: "leaves-before-sync",
            source: "Gray 1978, the write-ahead rule, left out",
            violates: &[LEFT_STAYS_AWAY],
        },
        /// Who leaves is silent from its next period on, whoever has heard of it.
        LeavesAtOnce {
            name: "leaves-at-once",
            source: "textbook code, left out; hashicorp/memberlist, Leave: wait until the broadcast is out",
            violates: &[LEAVING_IS_TOLD],
        },
        /// A node that leaves refutes that it is suspected, and so is a member again for the others.
        LeaverRefutes {
            name: "leaver-refutes",
            source: "hashicorp/memberlist, refute(): nothing is refuted after Leave; left out",
            violates: &[LEFT_IS_NOT_FAILED],
        },
        /// Whenever somebody joins, a member begins a new round of pings.
        RoundBeginsAnew {
            name: "round-begins-anew",
            source: "Das et al. 2002, section 4.3: who joins is inserted into the list; got wrong",
            violates: &[TIME_BOUNDED],
        },
        /// An answer to any ping counts as the answer to the one of this period.
        ProbeLeftOver {
            name: "probe-left-over",
            source: "caio/foca#2: the state of a probe is left over when the next one begins",
            violates: &[ANSWERS_ARE_FRESH],
        },
        /// Pings are numbered from the beginning at each boot: an answer from before the crash counts for another ping.
        NumbersBeginAnew {
            name: "numbers-begin-anew",
            source: "caio/foca, 0.2.0: a change of identity in the middle of a probe cycle led to incorrect behaviour",
            violates: &[ANSWERS_ARE_FRESH, SERVED],
        },
        /// Pings have no numbers: any answer of this period's target counts, and be it to an earlier ping.
        PingsUnnumbered {
            name: "pings-unnumbered",
            source: "textbook code, left out: an answer that does not say what it answers",
            violates: &[ANSWERS_ARE_FRESH],
        },
        /// Who is asked to ping a member answers in its stead, if it holds it for one.
        ProxyVouches {
            name: "proxy-vouches",
            source: "textbook code, got wrong: the proxy looks the target up instead of pinging it",
            violates: &[SERVED, ANSWERS_ARE_FRESH, COMPLETENESS],
        },
        /// A member whose target does not answer asks nobody to ping it in its stead.
        AsksNobody {
            name: "asks-nobody",
            source: "Das et al. 2002, section 3.1: ping-req to k members; textbook code, left out",
            violates: &[OTHERS_ARE_ASKED],
        },
        /// With Lifeguard: a member takes itself for well, whatever shows that it is not.
        AlwaysWell {
            name: "always-well",
            source: "Dadgar et al. 2018, section IV-A: failed probes and refutations raise the counter; left out",
            violates: &[UNWELL],
        },
        /// With Lifeguard: who takes itself for unwell does so for ever.
        NeverWellAgain {
            name: "never-well-again",
            source: "Dadgar et al. 2018, section IV-A: a successful probe lowers the counter; left out",
            violates: &[HEALTH],
        },
        /// Anti-entropy tells of members only.
        SyncsMembersOnly {
            name: "syncs-members-only",
            source: "hashicorp/serf#510: a left member in a push/pull message is not processed",
            violates: &[SAID, CONVERGENCE, ACCURACY],
        },
    }
}

impl Round {
    /// The next choice begins a new round.
    pub(super) const fn forget(&mut self) {
        self.left = 0;
    }
}
