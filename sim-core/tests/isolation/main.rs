//! The checker of isolation levels as a reader of histories from elsewhere uses it.

mod anomalies;
mod brute_force;
mod certificates;
mod definitions;
mod laws;
mod notation;
mod small;
mod witnesses;
