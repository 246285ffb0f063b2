//! The faults of the plan, as they are written: one trigger, one kind, and the modifiers of that
//! kind; or several in a sequence.
//!
//! All is in one flat object, so that a fault reads as a line: at two seconds crash the leader,
//! restart after one. Each kind has a row (`row.rs`): its key, its modifiers, what reads it, and what
//! the simulator says of it. The rows of a family are in one file, with what reads and writes them:
//! `crash.rs`, `cut.rs`, `messages.rs`, `script.rs`, `timing.rs`, `disk.rs`, `operator.rs`,
//! `byzantine.rs`. When a fault begins and how it lasts is the same for all: `trigger.rs`, `course.rs`.
//!
//! A new kind touches four files: `fault/kind.rs` of the simulator (the variant, its facts, whom it is
//! aimed at), `engine/faults/strike.rs` (what it does), `entry.rs` (its key) and the file of its family
//! (its row). As soon as there is a variant, the compiler names the first three; `entry.rs` then asks
//! for what writes the kind, which is in the fourth. A key without a row fails a test.

mod byzantine;
mod course;
mod crash;
mod cut;
mod disk;
mod entry;
mod keys;
mod messages;
mod operator;
mod plan;
mod reader;
mod row;
mod schema;
mod script;
mod timing;
mod trigger;

#[cfg(test)]
mod tests;

pub(crate) use self::entry::FaultEntry;
pub(crate) use self::plan::{read_plan, steps_of, write_plan};
pub(crate) use self::row::{FaultRow, kinds};
pub(super) use self::schema::no_next_steps;
