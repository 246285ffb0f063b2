//! The command line for the protocols of the tests.

#[path = "mod.rs"]
mod common;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use sim_core::{
    ConfigError, Context, FlawInfo, NodeId, Nothing, Property, PropertyInfo, Protocol, RoleChange, SimRng,
    SystemUnderTest,
};

fn main() -> ExitCode {
    scenarios::faultbed(common::registry().with::<Restless>())
}

/// What no protocol should do: it remembers something from one run to the next.
#[derive(Debug)]
struct Restless;

static RUNS: AtomicU64 = AtomicU64::new(0);

impl Protocol for Restless {
    type Message = u64;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(RUNS.fetch_add(1, Ordering::Relaxed));
    }

    fn on_message(&mut self, _: NodeId, _: u64, _: &mut Context<'_, Self>) {}
}

impl SystemUnderTest for Restless {
    const NAME: &'static str = "restless";
    const SUMMARY: &'static str = "Never the same twice";
    const EVENTS: &'static [&'static str] = &[];
    const ROLES: &'static [&'static str] = &[];
    const PROPERTIES: &'static [PropertyInfo] = &[];
    const FLAWS: &'static [FlawInfo] = &[];

    type Config = common::RingConfig;
    type Workload = ();

    fn validate(_: &Self::Config, _: u32) -> Result<(), ConfigError> {
        Ok(())
    }

    fn node(_: &Self::Config, _: NodeId, _: &[NodeId]) -> Self {
        Self
    }

    fn properties(_: &Self::Config) -> Vec<Box<dyn Property<Self>>> {
        Vec::new()
    }

    fn role_change(_: &Nothing) -> Option<RoleChange> {
        None
    }

    fn operation((): &(), _: u32, _: u32, _: &mut SimRng) -> Nothing {
        unreachable!("clients have nothing to ask")
    }
}
