//! The consistency checkers as a reader of histories from elsewhere uses them.

mod budgets;
mod laws;
mod models;
mod play;
mod witnesses;
