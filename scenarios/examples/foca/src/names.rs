//! The names of the properties of a membership of foca.

pub(crate) const GENERATIONS_GROW: &str = "Generations Grow";
pub(crate) const DOWN_IS_TERMINAL: &str = "Down Is Terminal";
pub(crate) const MEMBERS_RUN: &str = "Members Are Those That Run";
