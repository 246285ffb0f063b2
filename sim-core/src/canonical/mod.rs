//! One reading of every message, for everything that must look inside it.
//!
//! A protocol hands the simulator messages of its own types. The simulator has
//! to fingerprint them, to weigh them for the bandwidth of a link, to name
//! them so that a fault can be aimed at "any `AppendEntries`", and to show
//! them in a trace that two runs can be compared by. None of this should cost
//! the author of the protocol more than `#[derive(Serialize)]`, so each is a
//! [`serde::Serializer`] of its own:
//!
//! | end | item | walks the content |
//! |---|---|---|
//! | fingerprint | [`TraceHasher`] | yes, without allocating |
//! | weight | [`size_of_value`] | yes, without allocating |
//! | name | [`kind_of`] | no, it stops at the first call |
//! | text and tree | [`Value`] | yes, into an owned copy |
//!
//! A recording tells messages apart by a [gist] of their tree.
//!
//! The first two (and the order of map keys, which the first needs) only
//! differ in what they do with each primitive; they share one walk. The other
//! two are serializers of their own.
//!
//! # Panics
//!
//! A `Serialize` implementation may report an error: a poisoned mutex, a path
//! that is not UTF-8. A message that cannot be read cannot be simulated, so all
//! of these functions panic with that error's text instead of returning it.

mod gist;
mod hash;
mod kind;
mod order;
mod size;
mod text;
mod value;
mod walk;

pub(crate) use gist::gist_of;
pub use hash::TraceHasher;
pub(crate) use hash::hash_of_value;
pub use kind::kind_of;
pub use size::size_of_value;
pub use value::{Body, Value};

use std::fmt::{self, Display};

/// The error of serializers that cannot fail. It has no values, so every `?`
/// on the way costs nothing once compiled.
#[derive(Debug)]
enum Never {}

impl Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

impl serde::ser::Error for Never {
    fn custom<T: Display>(message: T) -> Self {
        refuse(message)
    }
}

/// Ends the run because a `Serialize` implementation reported an error.
#[cold]
fn refuse(message: impl Display) -> ! {
    panic!("a message must always be serializable, but this one refused: {message}")
}

/// The bits of a float, with every NaN made the same one.
///
/// Which NaN an operation yields differs between processors (x86 makes `0/0`
/// negative, ARM positive), so its bits must not reach anything compared
/// between platforms. All other floats keep their bits: `0.0` and `-0.0` differ.
#[inline]
fn bits_of_f64(float: f64) -> u64 {
    if float.is_nan() { 0x7ff8_0000_0000_0000 } else { float.to_bits() }
}

/// The same as [`bits_of_f64`], for single precision.
#[inline]
fn bits_of_f32(float: f32) -> u32 {
    if float.is_nan() { 0x7fc0_0000 } else { float.to_bits() }
}
