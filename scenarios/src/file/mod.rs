//! The format of scenario files.
//!
//! The types here are the boundary: they hold what a file says, in the file's words, and say with
//! `serde` and `schemars` what may stand where. Each is then read into the simulator's own types,
//! explicitly, and every mistake that shows there points at the text at fault. Recorded runs go the
//! other way.

mod bandwidth;
mod clients;
mod deviation;
mod environment;
mod expect;
mod fault;
mod guarantees;
mod heal;
mod latency;
mod limits;
mod nemesis;
mod network;
mod place;
mod range;
mod scenario;
mod seeds;
mod selector;
mod setup;
mod terms;
mod whole;
mod zones;

pub(crate) use self::clients::DRAWN;
pub(crate) use self::deviation::DeviationEntry;
pub(crate) use self::expect::common_properties;
pub(crate) use self::fault::{FaultRow, kinds as fault_kinds, steps_of, write_plan};
pub(crate) use self::nemesis::{family_key, nemesis_families};
pub(crate) use self::place::{Mistakes, Place};
pub(crate) use self::scenario::ScenarioFile;
pub(crate) use self::seeds::Seeds;
pub(crate) use self::setup::Setup;
