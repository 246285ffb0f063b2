//! Every node sends a heartbeat to every other node ten times a second: traffic in bursts, from
//! simultaneous timers.

use serde::Serialize;
use sim_core::{Context, Duration, LinkProfile, NodeId, Nothing, Probability, Protocol, Simulation};

use crate::report::{Measured, Report};

const INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Gossiper {
    seen: u64,
    sequence: u64,
}

#[derive(Clone, Debug, Serialize)]
struct Heartbeat {
    from: u64,
    sequence: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum Timer {
    Beat,
}

impl Protocol for Gossiper {
    type Message = Heartbeat;
    type Timer = Timer;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.set_timer(Timer::Beat, Duration::ZERO);
    }

    fn on_message(&mut self, _: NodeId, _: Heartbeat, _: &mut Context<'_, Self>) {
        self.seen += 1;
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Context<'_, Self>) {
        self.sequence += 1;
        ctx.broadcast(Heartbeat { from: u64::from(ctx.me().index()), sequence: self.sequence });
        ctx.set_timer(Timer::Beat, INTERVAL);
    }
}

/// `nodes` nodes gossip for so many seconds of virtual time; one message in a hundred is lost.
pub(crate) fn measure(nodes: u32, seconds: u64, seed: u64) -> Report {
    let network = LinkProfile { loss: Probability::ratio(1, 100), ..LinkProfile::default() };
    let simulation =
        Simulation::new(nodes, |_, _| Gossiper::default()).network(network).run_for(Duration::from_secs(seconds));
    let run = Measured::of(&simulation, seed);
    Report { workload: "gossip", params: vec![("n", u64::from(nodes))], run, check: String::new() }
}
