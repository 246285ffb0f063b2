//! What makes registers atomic: what replicas promise, and the conditions on tags of Lynch and Shvartsman
//! (1997), from which linearizability follows (Lynch 1996, Lemma 13.16).

mod complete_at_majority;
mod copies;
mod real_time;
mod tag_never_decreases;
mod writes;

use sim_core::PropertyRow;

use super::message::{Event, Tag};
use super::names::{
    COMPLETE_AT_MAJORITY, ONE_TAG_A_WRITE, ONE_WRITE_A_TAG, READS_RETURN_WRITES, TAG_NEVER_DECREASES,
    TAGS_FOLLOW_REAL_TIME,
};
use super::node::Abd;

pub use complete_at_majority::CompleteAtMajority;
pub use real_time::TagsFollowRealTime;
pub use tag_never_decreases::TagNeverDecreases;
pub use writes::{OneTagAWrite, OneWriteATag, ReadsReturnWrites};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Abd>] = &[
    PropertyRow {
        name: TAG_NEVER_DECREASES,
        summary: "The tag of a replica's copy never gets lower, not by a crash either.",
        source: "Attiya, Bar-Noy and Dolev 1995; Lynch and Shvartsman 1997",
        make: |_| Box::<TagNeverDecreases>::default(),
    },
    PropertyRow {
        name: ONE_WRITE_A_TAG,
        summary: "No two writes to a register have the same tag.",
        source: "Lynch and Shvartsman 1997",
        make: |_| Box::<OneWriteATag>::default(),
    },
    PropertyRow {
        name: ONE_TAG_A_WRITE,
        summary: "A write has one tag, however often it is asked for.",
        source: "Guerraoui and Levy 2004; here it is also true of requests that come twice",
        make: |_| Box::<OneTagAWrite>::default(),
    },
    PropertyRow {
        name: READS_RETURN_WRITES,
        summary: "A read returns the value that was written under its tag.",
        source: "Lynch 1996, Lemma 13.16, condition 4",
        make: |_| Box::<ReadsReturnWrites>::default(),
    },
    PropertyRow {
        name: COMPLETE_AT_MAJORITY,
        summary: "The tag of a complete operation, or a higher one, is at a majority from then on.",
        source: "Attiya, Bar-Noy and Dolev 1995; Lynch and Shvartsman 1997",
        make: |_| Box::<CompleteAtMajority>::default(),
    },
    PropertyRow {
        name: TAGS_FOLLOW_REAL_TIME,
        summary: "The tag of an operation is not below those of operations that were complete when it began, and that \
                  of a write is above them.",
        source: "Lynch 1996, Lemma 13.16, condition 2",
        make: |_| Box::<TagsFollowRealTime>::default(),
    },
];

/// The register and the tag of an operation that is complete.
const fn completed(event: &Event) -> Option<(u32, Tag)> {
    match *event {
        Event::Wrote { key, tag, .. } => Some((key, tag)),
        Event::Read { key, latest, .. } => Some((key, latest.tag)),
        Event::Began { .. } | Event::Tagged { .. } | Event::Resumed { .. } => None,
    }
}
