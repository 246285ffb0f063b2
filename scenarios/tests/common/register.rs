//! The command line for the protocols of the tests.

#[path = "mod.rs"]
mod common;
#[path = "../recordings/evolving.rs"]
mod evolving;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Context, NodeId, Nothing, Protocol, ProtocolConfig, SystemUnderTest};

fn main() -> ExitCode {
    scenarios::faultbed(common::registry().with::<Restless>().with::<evolving::Evolving>())
}

/// What no protocol should do: something else than the seed decides its runs.
#[derive(Debug)]
struct Restless(Source);

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RestlessConfig {
    #[serde(default)]
    source: Source,
}

impl ProtocolConfig for RestlessConfig {}

/// What it reads.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Source {
    /// Remembers something from one run to the next.
    #[default]
    Static,
    /// Reads the clock.
    Clock,
    /// Goes through a hash map, whose order is never the same.
    HashMap,
    /// Asks which process it is in, which is the same for all runs of that.
    Process,
}

static RUNS: AtomicU64 = AtomicU64::new(0);

impl Source {
    #[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "breaks the rules on purpose")]
    fn read(self) -> u64 {
        match self {
            Self::Static => RUNS.fetch_add(1, Ordering::Relaxed),
            Self::Clock => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                since.expect("it is later than 1970").as_nanos() as u64
            }
            Self::HashMap => {
                let map: std::collections::HashMap<u64, ()> = (0..100).map(|key| (key, ())).collect();
                map.into_keys().fold(0, |all, key| all.wrapping_mul(101).wrapping_add(key))
            }
            Self::Process => std::process::id().into(),
        }
    }
}

impl Protocol for Restless {
    type Message = u64;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(self.0.read());
    }

    fn on_message(&mut self, _: NodeId, _: u64, _: &mut Context<'_, Self>) {}
}

impl SystemUnderTest for Restless {
    const NAME: &'static str = "restless";
    const SUMMARY: &'static str = "Never the same twice";
    type Config = RestlessConfig;
    type Workload = ();

    fn node(config: &Self::Config, _: NodeId, _: &[NodeId]) -> Self {
        Self(config.source)
    }
}
