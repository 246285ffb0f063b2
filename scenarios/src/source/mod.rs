//! Reading scenario files: from bytes to typed values, with errors that point
//! at the offending text.
//!
//! A scenario is JSON with comments and trailing commas. A person writes it by
//! hand, so most runs of the tool start with a mistake in it, and the quality
//! of the answer decides whether the tool is pleasant. Every error here is a
//! [`Diagnostic`]: it underlines the exact text at fault and says what would be
//! right.
//!
//! The way of a file through this module:
//!
//! 1. [`Source`] holds the text and the name under which the user knows it.
//! 2. [`Source::parse`] makes a [`Document`]: a tree in which each value knows
//!    the [`Span`] it came from.
//! 3. [`Document::with_overrides`] replaces single values by those of the
//!    command line. An [`Override`] is a source of its own, so later errors
//!    point at the argument and not into the file.
//! 4. [`Document::deserialize`] reads the tree into any `serde` type, and
//!    [`Document::read_at`] a part of it.
//! 5. Validation finds the place of a value with [`Document::span_of`], and
//!    reports with [`Document::diagnostic`], as many times as it likes.
//!
//! ```text
//! let document = Source::from_bytes("raft.json", bytes)?.parse()?;
//! let scenario: Scenario = document.with_overrides(&overrides)?.deserialize()?;
//! ```

mod de;
mod diagnostic;
mod document;
mod parse;
mod problem;
mod set;
mod suggest;
mod text;
mod token_check;
mod tree;
mod wording;

#[cfg(test)]
mod tests;

pub use self::diagnostic::{Diagnostic, Label, Severity};
pub use self::document::Document;
pub use self::set::Override;
pub(crate) use self::suggest::{closest, help_with_name};
pub use self::text::Source;
pub(crate) use self::text::not_utf8;
pub use self::tree::Span;
pub(crate) use self::wording::{quoted, quoted_list};
