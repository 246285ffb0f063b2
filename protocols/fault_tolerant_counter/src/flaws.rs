//! Ways to get the counter wrong. Each one is a deviation in a single place of the code, found by searching for its
//! name.

use sim_core::consistency::Level;
use sim_core::{Guarantee, PROGRESS};

use super::names::{
    ACKNOWLEDGED_IS_COVERED, AT_MOST_THRESHOLD, CONFIGURATIONS_AGREE, COUNTS_ONCE, ENTRIES_ONLY_GROW, ONLY_OPEN_SERVE,
    PROMOTED_KNOW_ALL, READS_SEE_ACKNOWLEDGED, STATES_ARE_EXPLAINED,
};

const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();

/// What goes wrong where something is lost that was acknowledged.
const LOST: &[&str] =
    &[ACKNOWLEDGED_IS_COVERED, PROMOTED_KNOW_ALL, READS_SEE_ACKNOWLEDGED, STATES_ARE_EXPLAINED, LINEARIZABILITY];

/// What goes wrong where a change counts twice.
const TWICE: &[&str] = &[COUNTS_ONCE, STATES_ARE_EXPLAINED, LINEARIZABILITY];

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum CounterFlaw {
        /// A change is acknowledged when one replica less than promised has it.
        AcknowledgesAtTMinusOne {
            name: "acknowledges-at-t-minus-one",
            source: "textbook code, got wrong: the replica that counts is counted apart from those that acknowledge",
            violates: LOST,
        },
        /// A replica that is promoted begins with an empty counter.
        PromotedAtZero {
            name: "promoted-at-zero",
            source: "textbook code of a fault-tolerant counter, left out: a replica that is added later starts at zero",
            violates: LOST,
        },
        /// A replica that comes back with an empty disk goes on as what it was, and counts from zero in its old entry.
        EntryReused {
            name: "entry-reused",
            source: "textbook code of a CRDT counter, got wrong: a node that restarts without its entry under the same name",
            violates: &[
                ENTRIES_ONLY_GROW,
                COUNTS_ONCE,
                ACKNOWLEDGED_IS_COVERED,
                PROMOTED_KNOW_ALL,
                READS_SEE_ACKNOWLEDGED,
                STATES_ARE_EXPLAINED,
                LINEARIZABILITY,
            ],
        },
        /// A replica tells another that it has what it was sent before that is durable.
        StoredBeforeSync {
            name: "stored-before-sync",
            source: "the default appendfsync everysec of Redis",
            violates: LOST,
        },
        /// A replica counts every change that it is asked for and does not know to be counted, whichever entry the
        /// client names.
        RetryCountedElsewhere {
            name: "retry-counted-elsewhere",
            source: "textbook code, got wrong: a retry at another replica is taken to be harmless",
            violates: &[COUNTS_ONCE, STATES_ARE_EXPLAINED, ACKNOWLEDGED_IS_COVERED, LINEARIZABILITY],
        },
        /// The state that is transferred says what was counted, and not which requests.
        SessionsNotTransferred {
            name: "sessions-not-transferred",
            source: "Lee et al., RIFL, SOSP 2015: completion records must move with what they are about",
            violates: TWICE,
        },
        /// A replica that boots has what it has counted, and does not know which requests that was for.
        RequestsNotDurable {
            name: "requests-not-durable",
            source: "Lee et al., RIFL, SOSP 2015: completion records must be as durable as what they are about",
            violates: TWICE,
        },
        /// Whether a request was counted before is looked at for increments alone.
        DecrementRepeated {
            name: "decrement-repeated",
            source: "textbook code, got wrong: an increment checks for duplicates, and the decrement beside it does not",
            violates: TWICE,
        },
        /// A decrement lowers the total of increments: where the maximum is taken, it is gone.
        DecrementLowersTotal {
            name: "decrement-lowers-total",
            source: "Shapiro et al. 2011, section 3.1.3: a G-Counter with negative amounts is no PN-Counter",
            violates: &[
                ENTRIES_ONLY_GROW,
                ACKNOWLEDGED_IS_COVERED,
                PROMOTED_KNOW_ALL,
                READS_SEE_ACKNOWLEDGED,
                STATES_ARE_EXPLAINED,
                LINEARIZABILITY,
            ],
        },
        /// Merging adds what another replica has counted, and does not take the maximum.
        MergeAdds {
            name: "merge-adds",
            source: "Shapiro et al. 2011, section 3.1.2: why merging is not the sum",
            violates: &[ENTRIES_ONLY_GROW, STATES_ARE_EXPLAINED, PROMOTED_KNOW_ALL, READS_SEE_ACKNOWLEDGED, LINEARIZABILITY],
        },
        /// What replicas have acknowledged under an earlier configuration still counts, also of those that are none
        /// any more.
        DemotedStillCounted {
            name: "demoted-still-counted",
            source: "textbook code, left out: who is demoted stays in the table of acknowledgements",
            violates: LOST,
        },
        /// A replica seals without writing it down, and after a crash goes on under the number that it has sealed.
        SealNotDurable {
            name: "seal-not-durable",
            source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: what an acceptor promises to a new ballot is stable",
            violates: LOST,
        },
        /// A replica that has sealed goes on taking in changes for others that have not.
        SealIgnored {
            name: "seal-ignored",
            source: "textbook code, left out: state is transferred while the old replicas go on",
            violates: LOST,
        },
        /// A new configuration begins with the states of one replica too few.
        GathersOneTooFew {
            name: "gathers-one-too-few",
            source: "textbook code, got wrong: |R| - t states are taken to meet any t",
            violates: LOST,
        },
        /// A configuration is opened when as many of its replicas have their state as there must be copies.
        OpensBeforeAll {
            name: "opens-before-all",
            source: "textbook code, got wrong: a replica is in service as soon as it is announced",
            violates: &[PROMOTED_KNOW_ALL, ACKNOWLEDGED_IS_COVERED, READS_SEE_ACKNOWLEDGED, LINEARIZABILITY, PROGRESS],
        },
        /// A replica serves as soon as it has its state, before the configuration is open.
        ServesBeforeOpen {
            name: "serves-before-open",
            source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: activation, left out",
            violates: &[ONLY_OPEN_SERVE, ACKNOWLEDGED_IS_COVERED, PROMOTED_KNOW_ALL, LINEARIZABILITY],
        },
        /// A replica merges the state that it is given with its own, and so brings back what nobody gathered.
        KeepsOwnState {
            name: "keeps-own-state",
            source: "textbook code, got wrong: merging is taken to be always right",
            violates: &[
                ENTRIES_ONLY_GROW,
                COUNTS_ONCE,
                STATES_ARE_EXPLAINED,
                READS_SEE_ACKNOWLEDGED,
                ACKNOWLEDGED_IS_COVERED,
                LINEARIZABILITY,
            ],
        },
        /// Replicas take in what they are sent under other numbers than their own.
        MergesOlderConfigurations {
            name: "merges-older-configurations",
            source: "textbook code, left out: messages that do not say to which configuration they belong",
            violates: &[
                ENTRIES_ONLY_GROW,
                COUNTS_ONCE,
                STATES_ARE_EXPLAINED,
                ACKNOWLEDGED_IS_COVERED,
                PROMOTED_KNOW_ALL,
                READS_SEE_ACKNOWLEDGED,
                LINEARIZABILITY,
            ],
        },
        /// A client that is told of two entries names the newer one, also if it was to be instead of one that it does not
        /// name any more.
        FollowsNewerEntry {
            name: "follows-newer-entry",
            source: "textbook code, got wrong: the highest incarnation is taken for the truth, whatever was asked",
            violates: TWICE,
        },
        /// Whether there are fewer replicas than the threshold is looked at when an operator asks, and not when the
        /// replica is promoted.
        ThresholdRaced {
            name: "threshold-raced",
            source: "textbook code, got wrong: a check and an act that are not one step",
            violates: &[AT_MOST_THRESHOLD],
        },
        /// Where a new replica fails before the configuration is open, another takes its place under the same number.
        NumbersReused {
            name: "numbers-reused",
            source: "Lamport, Malkhi and Zhou, Vertical Paxos, 2009: the master completes each ballot once",
            violates: &[CONFIGURATIONS_AGREE, ACKNOWLEDGED_IS_COVERED, PROMOTED_KNOW_ALL, LINEARIZABILITY],
        },
        /// The states of all replicas are waited for: of one that has lost its disk it never comes.
        WaitsForAllStates {
            name: "waits-for-all-states",
            source: "textbook code, got wrong: a synchronisation that one replica which is gone keeps from completing",
            violates: &[PROGRESS],
        },
        /// A replica says once that it has lost its disk, and not again if that is lost.
        LostToldOnce {
            name: "lost-told-once",
            source: "textbook code of an eventually consistent store, left out: what is lost is never repeated",
            violates: &[PROGRESS],
        },
        /// A read asks |R| - t replicas, and so perhaps none that has what was acknowledged.
        ReadsTooFew {
            name: "reads-too-few",
            source: "textbook code, got wrong: nothing demands R + W > N",
            violates: &[READS_SEE_ACKNOWLEDGED, LINEARIZABILITY],
        },
        /// A read returns what it has merged, although no other read need see that.
        ReadsWithoutAgreeing {
            name: "reads-without-agreeing",
            source: "Attiya, Bar-Noy and Dolev 1995: new and old values inverted, where a read is regular and not atomic",
            violates: &[LINEARIZABILITY],
        },
        /// A read is content with |R| - t + 1 replicas, which need not meet those of other reads. So many may be unsealed
        /// under a configuration that another has replaced, and know nothing of what has been acknowledged since.
        ReadsOfThePast {
            name: "reads-of-the-past",
            source: "Gifford 1979: a read quorum that meets the write quorums of its own configuration alone",
            violates: &[READS_SEE_ACKNOWLEDGED, LINEARIZABILITY],
        },
        /// A read counts the answers to the round that was under way when it began.
        JoinsRound {
            name: "joins-round",
            source: "textbook code, got wrong: concurrent reads are joined (Ongaro's thesis, 6.4, asks anew)",
            violates: &[READS_SEE_ACKNOWLEDGED, LINEARIZABILITY],
        },
        /// A read counts answers that were asked for before it began.
        CountsOlderRounds {
            name: "counts-older-rounds",
            source: "textbook code, left out: replies that do not say which request they answer",
            violates: &[READS_SEE_ACKNOWLEDGED, LINEARIZABILITY],
        },
    }
}
