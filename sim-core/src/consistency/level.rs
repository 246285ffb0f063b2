//! The levels of consistency by name, and which of them are stronger than which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::by_name::by_name;

/// What a history of clients may be held against, strongest first.
///
/// "Causal" alone means *causal convergence*, the level that stores claim whose replicas end up
/// alike: what is written concurrently is put into one order by all. *Weak causal* consistency lets
/// each read choose an order of its own; *causal memory* lets each session keep its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Every operation takes effect at one moment between its call and its return (Herlihy and
    /// Wing 1990).
    Linearizable,
    /// All operations in one order that keeps the order of each session (Lamport 1979).
    Sequential,
    /// Causal convergence, CCv: every read sees its causal past, and what it returns is the last of
    /// it in one order of all writes (Burckhardt 2014; Bouajjani et al. 2017).
    Causal,
    /// Causal memory, CM: each session has an order of all operations before its own that agrees
    /// with causality and with its reads (Ahamad et al. 1995).
    CausalMemory,
    /// Causal consistency, CC: every read sees its causal past, in some order that agrees with
    /// causality (Bouajjani et al. 2017).
    WeakCausal,
    /// Pipelined RAM: each session sees the writes of every session in their order (Lipton and
    /// Sandberg 1988).
    Pram,
    /// The four session guarantees together, each judged by itself: each may explain the reads by an
    /// order and a visibility of its own. One explanation for all four is causal convergence.
    Session,
    /// A read sees the earlier writes of its session (Terry et al. 1994).
    ReadYourWrites,
    /// A read sees what the earlier reads of its session saw (Terry et al. 1994).
    MonotonicReads,
    /// The writes of a session are ordered, and propagate, in its order (Terry et al. 1994).
    MonotonicWrites,
    /// A write is ordered, and propagates, after the writes that its session had read (Terry et
    /// al. 1994).
    WritesFollowReads,
}

impl Level {
    /// All levels, each before those that follow from it.
    pub const ALL: &'static [Self] = &[
        Self::Linearizable,
        Self::Sequential,
        Self::Causal,
        Self::CausalMemory,
        Self::WeakCausal,
        Self::Pram,
        Self::Session,
        Self::ReadYourWrites,
        Self::MonotonicReads,
        Self::MonotonicWrites,
        Self::WritesFollowReads,
    ];

    /// What textbooks call [`Linearizable`](Self::Linearizable), and another name by which it is read.
    pub const STRONG: &'static str = "strong";

    /// Its name in scenario files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linearizable => "linearizable",
            Self::Sequential => "sequential",
            Self::Causal => "causal",
            Self::CausalMemory => "causal-memory",
            Self::WeakCausal => "weak-causal",
            Self::Pram => "pram",
            Self::Session => "session",
            Self::ReadYourWrites => "read-your-writes",
            Self::MonotonicReads => "monotonic-reads",
            Self::MonotonicWrites => "monotonic-writes",
            Self::WritesFollowReads => "writes-follow-reads",
        }
    }

    /// Whether every history that keeps this level keeps the `other` too.
    ///
    /// With the axioms used here the session guarantees follow from causal convergence, which is
    /// their conjunction (Brzezinski et al. 2004), but not from weak causal consistency or PRAM:
    /// they speak of one order of all writes.
    #[must_use]
    pub fn implies(self, other: Self) -> bool {
        self == other || self.next_weaker().iter().any(|weaker| weaker.implies(other))
    }

    const fn next_weaker(self) -> &'static [Self] {
        match self {
            Self::Linearizable => &[Self::Sequential],
            Self::Sequential => &[Self::Causal, Self::CausalMemory],
            Self::Causal => &[Self::WeakCausal, Self::Session],
            Self::CausalMemory => &[Self::WeakCausal, Self::Pram],
            Self::Session => {
                &[Self::ReadYourWrites, Self::MonotonicReads, Self::MonotonicWrites, Self::WritesFollowReads]
            }
            Self::WeakCausal
            | Self::Pram
            | Self::ReadYourWrites
            | Self::MonotonicReads
            | Self::MonotonicWrites
            | Self::WritesFollowReads => &[],
        }
    }
}

by_name!(Level, LevelError, "consistency level", Level::STRONG => Self::Linearizable);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_read_by_its_name() {
        for &level in Level::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(serde_json::to_string(&level).ok(), Some(format!("\"{level}\"")));
        }
        assert_eq!("strong".parse(), Ok(Level::Linearizable));
        let error = "serial".parse::<Level>().expect_err("this is none");
        assert!(
            error.to_string().starts_with("there is no consistency level `serial`; there are strong, linearizable, ")
        );
    }

    #[test]
    fn a_level_comes_before_those_that_follow_from_it() {
        for (place, strong) in Level::ALL.iter().enumerate() {
            let follow = |weak: &Level| strong.implies(*weak);
            assert!(Level::ALL[..place].iter().all(|stronger| !follow(stronger)), "{strong}");
        }
        assert!(Level::Linearizable.implies(Level::Pram) && Level::Causal.implies(Level::MonotonicReads));
        assert!(Level::Causal.implies(Level::Session) && Level::Session.implies(Level::WritesFollowReads));
        assert!(!Level::Causal.implies(Level::Pram) && !Level::CausalMemory.implies(Level::MonotonicReads));
    }
}
