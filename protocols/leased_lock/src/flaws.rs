//! Ways to get leased locks wrong. Each one is a deviation in one or two places of the code, found by searching for its
//! name.

use sim_core::consistency::Level;
use sim_core::{Guarantee, PROGRESS};

use super::names::{
    EPHEMERAL, IN_LINE, MUTUAL_EXCLUSION, NO_LOST_UPDATE, NO_LOWER_TOKEN, NOTHING_AFTER_FAILED_RENEWAL, ONCE, ONE_NODE,
    RELEASED_BY_ITS_HOLDER, RENEWED_BY_ITS_HOLDER, SERIALIZABLE, STORAGE_REMEMBERS, TOKENS_GROW, WATCHING,
    WITHIN_THE_LEASE, WOKEN,
};

const LINEARIZABLE: &str = Guarantee::Level(Level::Linearizable).property();

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum LockFlaw {
        /// The storage serves whoever comes, whatever its token.
        NoFence {
            name: "redlock-no-fence",
            source: "Kleppmann 2016, \"Making the lock safe with fencing\"; textbook code, left out: no fencing",
            violates: &[NO_LOWER_TOKEN, SERIALIZABLE, NO_LOST_UPDATE, LINEARIZABLE],
        },
        /// The storage looks at the tokens of writes, and not at those of reads.
        FencesWritesOnly {
            name: "fences-writes-only",
            source: "Kleppmann 2016 shows a write; a read that carries no token leaves the way free for older writes",
            violates: &[NO_LOWER_TOKEN, SERIALIZABLE, NO_LOST_UPDATE, LINEARIZABLE],
        },
        /// The storage turns reads with lower tokens away, and does not remember the tokens of those that it serves.
        ReadsRaiseNothing {
            name: "reads-raise-nothing",
            source: "Kleppmann 2016, \"Making the lock safe with fencing\"; got wrong: whoever reads is taken to \
                     change nothing",
            violates: &[NO_LOWER_TOKEN, SERIALIZABLE, NO_LOST_UPDATE, LINEARIZABLE],
        },
        /// The storage knows in memory alone which token was the highest.
        FenceInMemory {
            name: "fence-in-memory",
            source: "Kleppmann 2016, \"Making the lock safe with fencing\": the storage remembers; got wrong: until \
                     it restarts",
            violates: &[STORAGE_REMEMBERS, NO_LOWER_TOKEN, SERIALIZABLE, NO_LOST_UPDATE, LINEARIZABLE],
        },
        /// The storage answers before what it has done is durable.
        AnswersBeforeSync {
            name: "storage-answers-before-sync",
            source: "Gray 1978, the write-ahead rule, left out",
            violates: &[STORAGE_REMEMBERS, NO_LOWER_TOKEN, SERIALIZABLE, NO_LOST_UPDATE, ONCE, LINEARIZABLE],
        },
        /// The storage carries out a request as often as it comes.
        RequestsUnknown {
            name: "requests-unknown",
            source: "Helland 2007: the receiver of a message that comes again must know it; left out",
            violates: &[ONCE, SERIALIZABLE, NO_LOST_UPDATE, LINEARIZABLE],
        },
        /// The storage knows in memory alone which requests it has carried out.
        RequestsInMemory {
            name: "requests-in-memory",
            source: "textbook code, got wrong: the keys of requests in a hash map",
            violates: &[STORAGE_REMEMBERS, ONCE, LINEARIZABLE],
        },
        /// A holder whose lock was not renewed goes on.
        GoesOnUnrenewed {
            name: "goes-on-unrenewed",
            source: "textbook code, left out: the holder does not notice that its renewal failed; \
                     samcook/RedLock.net#92; \
                     docker/libkv#156",
            violates: &[NOTHING_AFTER_FAILED_RENEWAL, WITHIN_THE_LEASE],
        },
        /// A guard does not renew: who works for longer than a lease lasts never gets done.
        NeverRenews {
            name: "never-renews",
            source: "textbook code, left out: a lock with a time to live, and nobody who renews it; \
                     mike-marcacci/node-redlock#73",
            violates: &[PROGRESS],
        },
        /// A guard goes by its wall clock.
        ExpiresByWallClock {
            name: "expires-by-wall-clock",
            source: "Kleppmann 2016, \"Breaking Redlock with bad timings\": a wall clock that jumps",
            violates: &[WITHIN_THE_LEASE, MUTUAL_EXCLUSION],
        },
        /// A holder takes its clock and those of the instances for equally fast.
        IgnoresDrift {
            name: "ignores-drift",
            source: "Redis documentation, \"Safety Arguments\": the validity is shorter by the clock drift; left out",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// A holder counts its lease from when it got it, and not from when it asked.
        CountsFromTheAnswer {
            name: "counts-from-the-answer",
            source: "Redis documentation, \"The Redlock Algorithm\", step 4: minus the time elapsed; left out",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// Half of the instances are enough.
        AcquiresHalf {
            name: "acquires-half",
            source: "Redis documentation, \"The Redlock Algorithm\", step 3: the majority is N / 2 + 1; got wrong",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// An instance that grants the lock twice, or whose answer comes twice, counts twice.
        CountsCopies {
            name: "counts-copies",
            source: "textbook code, got wrong: a counter of answers, and messages that come again",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// A grant counts for whatever the holder asks for now.
        CountsOlderGrants {
            name: "counts-older-grants",
            source: "textbook code, left out: replies that do not say what they answer",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// An instance renews the key of the lock, whoever asks.
        RenewsAnyKey {
            name: "renews-any-key",
            source: "textbook code, got wrong: renewal by EXPIRE, which does not look at the value",
            violates: &[RENEWED_BY_ITS_HOLDER, MUTUAL_EXCLUSION, TOKENS_GROW, PROGRESS],
        },
        /// An instance deletes the key of the lock, whoever asks.
        ReleasesAnyKey {
            name: "releases-any-key",
            source: "Redis documentation, \"Correct Implementation with a Single Instance\": DEL instead of compare \
                     and delete",
            violates: &[RELEASED_BY_ITS_HOLDER, MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// The value of the key names the holder and not its attempt: what it sent in an earlier one counts.
        ValueIsTheHolder {
            name: "value-is-the-holder",
            source: "Redis documentation, \"Correct Implementation with a Single Instance\": the value must be \
                     unique; got wrong",
            violates: &[RELEASED_BY_ITS_HOLDER, RENEWED_BY_ITS_HOLDER, MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// A holder numbers its attempts from one again when it boots.
        NumbersSectionsAnew {
            name: "numbers-sections-anew",
            source: "Redis documentation, \"Correct Implementation with a Single Instance\": the value must be \
                     unique; got wrong",
            violates: &[
                NOTHING_AFTER_FAILED_RENEWAL,
                WITHIN_THE_LEASE,
                MUTUAL_EXCLUSION,
                TOKENS_GROW,
                SERIALIZABLE,
                NO_LOST_UPDATE,
                LINEARIZABLE,
            ],
        },
        /// An instance that restarts has lost its keys, and grants them to others at once.
        RestartsWithoutKeys {
            name: "restarts-without-keys",
            source: "Redis documentation, \"Performance, Crash Recovery and fsync\": delayed restarts; left out",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// An instance that keeps its keys on its disk grants a lock before the key is durable.
        GrantsBeforeSync {
            name: "grants-before-sync",
            source: "Redis documentation, \"Performance, Crash Recovery and fsync\": appendfsync everysec",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// A holder takes the token after the highest that it has heard of, and tells nobody.
        TokenNotWrittenBack {
            name: "token-not-written-back",
            source: "Kleppmann 2016, \"Making the lock safe with fencing\": counters on several nodes get out of step",
            violates: &[TOKENS_GROW],
        },
        /// An instance knows in memory alone which token was the highest.
        TokensInMemory {
            name: "tokens-in-memory",
            source: "Kleppmann 2016, \"Making the lock safe with fencing\": the number grows with each grant; got \
                     wrong: until a \
                     restart",
            violates: &[TOKENS_GROW],
        },
        /// On the log: who waits looks whether the node before its own is there, and then sets the watch, without
        /// looking
        /// whether the node has gone in between.
        WatchesAfterTheCheck {
            name: "watches-after-the-check",
            source: "ZooKeeper Recipes, \"Locks\", steps 4 and 5: exists() with the watch flag, and if it returns \
                     null go to \
                     step 2; got wrong",
            violates: &[WOKEN, WATCHING, PROGRESS],
        },
        /// On the log: who waits does not watch again when another server leads, or the one that had the watch has
        /// restarted.
        WatchesAreKept {
            name: "watches-are-kept",
            source: "ZooKeeper Programmer's Guide, \"What ZooKeeper Guarantees about Watches\": a client that loses \
                     its \
                     connection gets no watches until it is established again; taken for kept",
            violates: &[WOKEN, WATCHING, PROGRESS],
        },
        /// On the log: who stands in line asks again and again where it is, and watches nothing.
        PollsForItsPlace {
            name: "polls-for-its-place",
            source: "Hunt et al. 2010, section 2.4: no polling; textbook code, got wrong: a loop with a sleep in it",
            violates: &[WATCHING],
        },
        /// On the log: who is woken takes itself for the first in line.
        WokenIsFirst {
            name: "woken-is-first",
            source: "ZooKeeper Recipes, \"Locks\", step 5: go to step 2; left out: the node before may have ended \
                     with its session",
            violates: &[IN_LINE, MUTUAL_EXCLUSION, TOKENS_GROW],
        },
        /// On the log: a session ends, and its nodes stay.
        EphemeralStays {
            name: "ephemeral-stays",
            source: "ZOOKEEPER-1208, ephemeral node not removed after the client session is long gone",
            violates: &[EPHEMERAL, WOKEN, PROGRESS],
        },
        /// On the log: a holder that does not hear of its node has a second one made.
        CreatesAgain {
            name: "creates-again",
            source: "ZOOKEEPER-1262; ZooKeeper Recipes, \"Recoverable Errors and the GUID\"; left out",
            violates: &[ONE_NODE, WOKEN, PROGRESS],
        },
        /// On the log: a session that the leader has given up ends, although it was alive again before that was put in
        /// order.
        ExpiresTheLiving {
            name: "expires-the-living",
            source: "Burrows 2006, \"Sessions and KeepAlives\": the master never ends a session before its lease; \
                     got wrong",
            violates: &[MUTUAL_EXCLUSION, TOKENS_GROW],
        },
    }
}
