//! How much gets through links.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::Bandwidth;

use super::place::{Mistakes, Place};

/// How much gets through a link, in bytes of the canonical form of messages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BandwidthEntry {
    /// Bytes a second.
    #[schemars(range(min = 1))]
    bytes_per_second: u64,
    /// How many bytes wait for their turn; what finds no room is lost. Without, all waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue: Option<u64>,
}

impl BandwidthEntry {
    pub(crate) fn read(self, place: &Place<'_>, mistakes: &mut Mistakes) -> Bandwidth {
        if self.bytes_per_second == 0 {
            let mistake = place.key("bytes_per_second").mistake("nothing gets through a link of no bandwidth");
            mistakes.push(mistake.with_help("to cut a link, write a `one_way` or a `partition`"));
        }
        Bandwidth { bytes_per_second: self.bytes_per_second.max(1), queue: self.queue }
    }
}

impl From<Bandwidth> for BandwidthEntry {
    fn from(Bandwidth { bytes_per_second, queue }: Bandwidth) -> Self {
        Self { bytes_per_second, queue }
    }
}
