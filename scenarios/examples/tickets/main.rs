//! A system of one's own, whole: a ticket office that gives every client the next number.
//!
//! ```sh
//! cargo run --release --example tickets -- run scenarios/examples/tickets
//! cargo test --example tickets
//! ```

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::{SequentialModel, check_level_by_order};
use sim_core::{
    Assumption, Breach, CheckLevel, Context, FaultModel, Flaw, FlawInfo, Flaws, Kinds, NodeId, Nothing, Property,
    PropertyRow, Protocol, ProtocolConfig, RequestId, Role, SimRng, Step, SystemUnderTest, Workload, World,
};

fn main() -> ExitCode {
    scenarios::faultbed(registry())
}

/// The protocols that this command line knows.
fn registry() -> scenarios::Registry {
    scenarios::Registry::new().with::<Office>()
}

/// A node. The first one sells; the others say who does.
#[derive(Debug)]
struct Office {
    sells: bool,
    flaws: Flaws<TicketFlaw>,
    /// What was sold, in order: a ticket's number is its place.
    sold: Vec<RequestId>,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
enum Ask {
    NextTicket,
}

/// What nodes announce. Faults and scenarios can wait for it.
#[derive(Clone, Debug, Serialize, Kinds)]
enum Event {
    Opened { sold: usize },
    Sold { ticket: usize },
}

impl Protocol for Office {
    type Message = Nothing; // between nodes
    type Timer = Nothing;
    type Record = RequestId; // on the disk
    type Op = Ask;
    type Reply = usize;
    type Event = Event;

    /// The first boot, and each after a crash: only the disk is left.
    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        self.sold = ctx.disk().records().iter().filter_map(|record| record.readable().copied()).collect();
        if self.sells {
            ctx.emit(Event::Opened { sold: self.sold.len() });
        }
    }

    fn on_message(&mut self, _: NodeId, message: Nothing, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_request(&mut self, request: RequestId, _: Ask, ctx: &mut Context<'_, Self>) {
        if !self.sells {
            ctx.redirect(request, Some(ctx.nodes()[0]));
            return;
        }
        // A client that got no answer asks again, under the same name.
        let before = self.sold.iter().position(|sold| *sold == request);
        let ticket = before.filter(|_| !self.flaws.has(TicketFlaw::SellsAgain)).unwrap_or(self.sold.len());
        if ticket == self.sold.len() {
            self.sold.push(request);
            ctx.disk().append(request);
            if !self.flaws.has(TicketFlaw::AnswersEarly) {
                ctx.disk().sync(); // what follows waits until it is durable
            }
            ctx.emit(Event::Sold { ticket });
        }
        ctx.reply(request, ticket);
    }
}

sim_core::flaws! {
    /// Ways to get it wrong.
    pub enum TicketFlaw {
        /// A ticket is sold before that is durable.
        AnswersEarly { name: "answers-early", source: "made up", violates: &["No Ticket Twice", "Linearizability"] },
        /// A client that asks again is sold another ticket.
        SellsAgain { name: "sells-again", source: "made up", violates: &["Linearizability"] },
    }
}

/// What a scenario file has under `protocol`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Config {
    flaws: Flaws<TicketFlaw>,
}

impl ProtocolConfig for Config {
    /// Whatever is not listed here, it claims to survive.
    fn model(&self) -> FaultModel {
        FaultModel::of(vec![Assumption::DurableDisks, Assumption::NoPhantomWrites, Assumption::IntactMessages])
    }
}

/// What a scenario file has under `clients.workload`: nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Queue {}

impl Workload for Queue {
    type Op = Ask;

    fn operation(&self, _: u32, _: u32, _: &mut SimRng) -> Ask {
        Ask::NextTicket
    }
}

/// What a single client would see of a perfect office: what histories are compared with.
struct Numbers;

impl SequentialModel for Numbers {
    type Op = Ask;
    type Reply = usize;
    type State = usize;
    type Key = ();

    fn initial(&self) -> usize {
        0
    }

    fn apply(&self, next: &usize, _: &Ask, ticket: Option<&usize>) -> Option<usize> {
        ticket.is_none_or(|ticket| ticket == next).then_some(next + 1)
    }

    fn key(&self, _: &Ask) -> Option<()> {
        Some(())
    }
}

/// Checked after every step.
#[derive(Debug, Default)]
struct NoTicketTwice {
    sold: std::collections::BTreeSet<usize>,
}

impl Property<Office> for NoTicketTwice {
    fn after_step(&mut self, world: &World<'_, Office>, step: &Step<'_, Office>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Sold { ticket } = event
                && !self.sold.insert(*ticket)
            {
                return Err(Breach::new([world.identity(step.process)], format!("ticket {ticket} is sold again")));
            }
        }
        Ok(())
    }
}

impl SystemUnderTest for Office {
    const NAME: &'static str = "tickets";
    const SUMMARY: &'static str = "A ticket office: every client gets the next number";
    const PROPERTIES: &'static [PropertyRow<Self>] = &[PropertyRow {
        name: "No Ticket Twice",
        summary: "No ticket is sold twice.",
        source: "common sense",
        make: |_| Box::<NoTicketTwice>::default(),
    }];
    const FLAWS: &'static [FlawInfo] = TicketFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Ask::KINDS];
    const ROLES: &'static [Role<Self>] =
        &[Role { name: "seller", takes: |event| matches!(event, Event::Opened { .. }), gives_up: |_| false }];
    const CHECK_LEVEL: CheckLevel<Self> =
        |level, history, budget| Some(check_level_by_order(&Numbers, history, level, budget));

    type Config = Config;
    type Workload = Queue;

    fn node(config: &Config, me: NodeId, nodes: &[NodeId]) -> Self {
        Self { sells: me == nodes[0], flaws: config.flaws, sold: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::consistency::Level;
    use sim_core::{ClientProfile, Duration, Fault, Simulation};

    use super::*;

    /// The scenario files that `faultbed run` takes, the run of a bug that was found and made small among them.
    #[test]
    fn the_files_end_as_they_expect() {
        scenarios::assert_as_expected(&registry(), &["examples/tickets"]);
    }

    #[test]
    fn tickets_survive_power_losses() {
        Simulation::<Office>::of(Config::default(), 2)
            .workload(ClientProfile { count: 3, operations: 20, ..ClientProfile::default() }, Queue {})
            .consistency(Level::Linearizable)
            .fault(
                Fault::crash("seller")
                    .power_loss()
                    .at(Duration::from_millis(50))
                    .restart_after(Duration::from_millis(20)),
            )
            .random_faults()
            .check(0..100);
    }
}
