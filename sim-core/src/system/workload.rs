//! What the clients of a protocol ask.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::Nothing;
use crate::random::SimRng;

use super::ConfigError;

/// What is written under `clients.workload` in a scenario file: which operations clients ask for.
pub trait Workload:
    Clone + Debug + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// An operation.
    type Op;

    /// Checks that it is valid.
    ///
    /// # Errors
    /// The invalid key, and why.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Operation number `index` of client number `client`. All its randomness must come from `rng`,
    /// which belongs to this operation alone.
    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> Self::Op;
}

/// The workload of a protocol without clients.
impl Workload for () {
    type Op = Nothing;

    fn operation(&self, _: u32, _: u32, _: &mut SimRng) -> Nothing {
        unreachable!("a scenario with clients is refused where operations have no values")
    }
}
