//! The checker of isolation levels as a reader of histories from elsewhere uses it.

mod brute_force;
mod definitions;
mod small;
