//! The four session guarantees of Terry et al. ("Session guarantees for weakly consistent
//! replicated data", PDIS 1994), each with a verdict of its own.
//!
//! There are two forms. With facts from inside the system ([`check_session_facts`]) the guarantees
//! are checked as Terry et al. state them, over the writes that servers had and the order by which
//! they decide between them.
//!
//! From the history alone ([`check_session`]) a guarantee counts as kept if there are one order of
//! all writes and one set of writes visible to each read that explain the replies: a read returns
//! the last of the visible writes to its register, none of them is a later write of its own
//! session, and
//!
//! - **read your writes**: the earlier writes of its session are visible to it;
//! - **monotonic reads**: what was visible to earlier reads of its session is visible to it;
//! - **monotonic writes**: the order of writes keeps the order of each session, and where a write
//!   is visible, so are the earlier writes of its session;
//! - **writes follow reads**: a write is ordered after the writes that were visible to the earlier
//!   reads of its session, and where it is visible, so are they.
//!
//! So this form is all but blind for the last two: their violation mostly needs a second guarantee
//! to show. (A reader that gets a message's second half before its first may simply have moved to a
//! server that lags behind, which only monotonic reads forbids.) Monotonic writes alone is refuted
//! by nothing but a value from nowhere or from the future of its own session; writes follow reads
//! by a cycle through reads. One explanation for all four is causal convergence (Brzezinski et al.
//! 2004), so [`check_causal`](super::check_causal) tells of what each alone hides. [`Level::Session`]
//! is the four together with an explanation for each.

mod black_box;
#[cfg(test)]
mod tests;
mod white_box;
mod witness;

pub use black_box::check_session;
pub use white_box::check_session_facts;
pub use witness::{SessionViolation, SessionViolationKind};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, Level};

/// A session guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionGuarantee {
    /// RYW.
    ReadYourWrites,
    /// MR.
    MonotonicReads,
    /// MW.
    MonotonicWrites,
    /// WFR.
    WritesFollowReads,
}

impl SessionGuarantee {
    /// All four.
    pub const ALL: [Self; 4] =
        [Self::ReadYourWrites, Self::MonotonicReads, Self::MonotonicWrites, Self::WritesFollowReads];

    /// The level, among all.
    pub const fn level(self) -> Level {
        match self {
            Self::ReadYourWrites => Level::ReadYourWrites,
            Self::MonotonicReads => Level::MonotonicReads,
            Self::MonotonicWrites => Level::MonotonicWrites,
            Self::WritesFollowReads => Level::WritesFollowReads,
        }
    }
}

/// All four session guarantees, as `check` tells of each: the first that is broken, or else the first of
/// which nothing is certain.
pub fn check_sessions<W>(check: impl Fn(SessionGuarantee) -> Answer<W>) -> Answer<W> {
    let mut all = Answer::Satisfied;
    for guarantee in SessionGuarantee::ALL {
        match check(guarantee) {
            Answer::Satisfied => {}
            Answer::Violated(witness) => return Answer::Violated(witness),
            Answer::Unknown(why) if all.is_satisfied() => all = Answer::Unknown(why),
            Answer::Unknown(_) => {}
        }
    }
    all
}
