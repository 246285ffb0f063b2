//! Ways to get registers wrong. Each one is a deviation in a single place of the code, found by searching for
//! its name.

use sim_core::consistency::Level;
use sim_core::{Guarantee, PROGRESS};

use super::names::{
    COMPLETE_AT_MAJORITY, ONE_TAG_A_WRITE, ONE_WRITE_A_TAG, READS_RETURN_WRITES, TAG_NEVER_DECREASES,
    TAGS_FOLLOW_REAL_TIME,
};

const LINEARIZABILITY: &str = Guarantee::Level(Level::Linearizable).property();

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum AbdFlaw {
        /// A read returns the latest value that a majority knows of without storing it at a majority: a later
        /// read may return an older one.
        AbdNoWriteBack {
            name: "abd-no-write-back",
            source: "Attiya, Bar-Noy and Dolev 1995, the second phase of a read, left out",
            violates: &[COMPLETE_AT_MAJORITY, LINEARIZABILITY, TAGS_FOLLOW_REAL_TIME],
        },
        /// A write takes its tag from the coordinator's own copy, as if nobody else wrote.
        WritesWithoutAsking {
            name: "writes-without-asking",
            source: "Lynch and Shvartsman 1997, the query phase of a write, left out",
            violates: &[TAGS_FOLLOW_REAL_TIME, LINEARIZABILITY],
        },
        /// A replica acknowledges a copy before it is durable.
        AckBeforeSync {
            name: "ack-before-sync",
            source: "the default commitlog_sync: periodic of Apache Cassandra",
            violates: &[TAG_NEVER_DECREASES, COMPLETE_AT_MAJORITY, LINEARIZABILITY],
        },
        /// A coordinator counts replies and not replicas: one that answers twice counts twice.
        CountsTwice {
            name: "counts-twice",
            source: "textbook code, got wrong: quorums as a number of replies",
            violates: &[COMPLETE_AT_MAJORITY, TAGS_FOLLOW_REAL_TIME, LINEARIZABILITY],
        },
        /// A coordinator takes a reply to an earlier operation of a client for one to the present operation.
        CountsOlderPhases {
            name: "counts-older-phases",
            source: "textbook code, left out: replies that do not say which request they answer",
            violates: &[
                COMPLETE_AT_MAJORITY,
                READS_RETURN_WRITES,
                TAGS_FOLLOW_REAL_TIME,
                LINEARIZABILITY,
            ],
        },
        /// An operation takes over what another one has been told that asks for the same register, also what was said
        /// before it began.
        JoinsQueries {
            name: "joins-queries",
            source: "textbook code, got wrong: concurrent reads of one value are joined (Ongaro's thesis, 6.4, asks anew)",
            violates: &[TAGS_FOLLOW_REAL_TIME, LINEARIZABILITY],
        },
        /// Phases are numbered from the start after each boot: a reply from before a crash counts in a phase after
        /// it.
        ReusesPhases {
            name: "reuses-phases",
            source: "Guerraoui and Levy 2004: a process that recovers must tell replies to what it asked before it crashed",
            violates: &[COMPLETE_AT_MAJORITY, READS_RETURN_WRITES, TAGS_FOLLOW_REAL_TIME, LINEARIZABILITY],
        },
        /// A tag is a number alone, which two writers may choose at once.
        TiesUnbroken {
            name: "ties-unbroken",
            source: "Lynch and Shvartsman 1997: a tag is a number and the identifier of a writer",
            violates: &[ONE_WRITE_A_TAG, LINEARIZABILITY],
        },
        /// A replica keeps what it is sent last, also if its copy is newer.
        OverwritesNewer {
            name: "overwrites-newer",
            source: "Attiya, Bar-Noy and Dolev 1995: only a larger label is adopted; left out",
            violates: &[TAG_NEVER_DECREASES, COMPLETE_AT_MAJORITY, LINEARIZABILITY],
        },
        /// A coordinator that restarts does not know which tags it has given, and gives one once more of which no
        /// majority has heard.
        ReusesTags {
            name: "reuses-tags",
            source: "Guerraoui and Levy 2004, what a writer logs before it writes, left out",
            violates: &[ONE_WRITE_A_TAG, LINEARIZABILITY],
        },
        /// A coordinator stores a write under its tag before it is durable that it has given it this tag.
        UnsyncedTags {
            name: "unsynced-tags",
            source: "Guerraoui and Levy 2004, what a writer logs before it writes, logged too late",
            violates: &[ONE_TAG_A_WRITE, ONE_WRITE_A_TAG, LINEARIZABILITY],
        },
        /// Half of an even number of replicas is taken for a majority.
        HalfIsAMajority {
            name: "half-is-a-majority",
            source: "Attiya, Bar-Noy and Dolev 1995: there is no emulation where half of the processors may fail",
            violates: &[COMPLETE_AT_MAJORITY, TAGS_FOLLOW_REAL_TIME, LINEARIZABILITY],
        },
        /// A replica writes a copy's tag and then its value: a power loss in between leaves an older value under a
        /// newer tag.
        TearsCopies {
            name: "tears-copies",
            source: "Pillai et al., OSDI 2014: several writes that an application takes for atomic",
            violates: &[READS_RETURN_WRITES, LINEARIZABILITY],
        },
        /// A client that gets no answer asks for its write at the next node, which gives it a second tag: the value
        /// comes back after it was overwritten.
        RetriesElsewhere {
            name: "retries-elsewhere",
            source: "textbook code, got wrong: a retry at another node is taken to be harmless",
            violates: &[ONE_TAG_A_WRITE, LINEARIZABILITY],
        },
        /// A coordinator that restarts does not know to which requests it has given tags.
        ForgetsRequests {
            name: "forgets-requests",
            source: "Lee et al., RIFL, SOSP 2015: completion records must be as durable as what they are about",
            violates: &[ONE_TAG_A_WRITE, LINEARIZABILITY],
        },
        /// A coordinator waits for all replicas.
        WaitsForAll {
            name: "waits-for-all",
            source: "textbook code, got wrong: writes that one replica which is down keeps from completing",
            violates: &[PROGRESS],
        },
        /// After a failed sync a replica boots, reads what is there, and syncs again: what the sync before has
        /// dropped it takes for durable, and a power loss takes it away.
        RetriesSync {
            name: "retries-sync",
            source: "PostgreSQL's \"fsyncgate\", 2018; Rebello et al. 2020",
            violates: &[
                TAG_NEVER_DECREASES,
                COMPLETE_AT_MAJORITY,
                ONE_TAG_A_WRITE,
                ONE_WRITE_A_TAG,
                PROGRESS,
                LINEARIZABILITY,
            ],
        },
        /// A replica that boots answers with what it finds on its disk, which a crash before the sync has left there
        /// and a power loss can still take away.
        RecoversUnsynced {
            name: "recovers-unsynced",
            source: "Rebello et al. 2020: what can be read after a crash need not be durable",
            violates: &[
                TAG_NEVER_DECREASES,
                COMPLETE_AT_MAJORITY,
                READS_RETURN_WRITES,
                TAGS_FOLLOW_REAL_TIME,
                ONE_TAG_A_WRITE,
                ONE_WRITE_A_TAG,
                LINEARIZABILITY,
            ],
        },
        /// A coordinator that is asked again for a write to which it has given a tag says that it is done.
        AnswersRepeated {
            name: "answers-repeated",
            source: "textbook code, got wrong: duplicates are suppressed by what was begun, not by what is complete",
            violates: &[COMPLETE_AT_MAJORITY, TAGS_FOLLOW_REAL_TIME, LINEARIZABILITY],
        },
    }
}
