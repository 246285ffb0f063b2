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

    /// Whether it makes sense.
    ///
    /// # Errors
    /// The key that does not, and why.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// What client number `client` asks as its operation number `index`. All that is random comes
    /// from `rng`, which belongs to this operation alone.
    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> Self::Op;
}

/// That of a protocol without clients.
impl Workload for () {
    type Op = Nothing;

    fn operation(&self, _: u32, _: u32, _: &mut SimRng) -> Nothing {
        unreachable!("a scenario with clients is refused where operations have no values")
    }
}
