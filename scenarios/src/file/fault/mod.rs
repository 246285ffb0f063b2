//! The faults of the plan, as they are written: one trigger, one kind, and the modifiers of that
//! kind; or several in a sequence.
//!
//! All is in one flat object, so that a fault reads as a line: at two seconds crash the leader,
//! restart after one. What may stand beside what is told in `keys.rs`; how it is read, part by
//! part, in the files named after the parts.

mod byzantine;
mod course;
mod cut;
mod disk;
mod entry;
mod keys;
mod kind;
mod messages;
mod plan;
mod process;
mod reader;
mod schema;
mod script;
mod trigger;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use self::entry::FaultEntry;
pub(crate) use self::keys::{KINDS, fault_summary};
pub(crate) use self::plan::{read_plan, steps_of, write_plan};
pub(super) use self::schema::no_next_steps;
