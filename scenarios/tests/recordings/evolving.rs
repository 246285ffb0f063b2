//! A protocol as edits of its code would change it, so that recordings can be replayed on what became of
//! it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{
    Breach, Context, Duration, Flaw, FlawInfo, Flaws, Kinds, NodeId, Nothing, ProcessId, Property, PropertyRow,
    Protocol, ProtocolConfig, Step, SystemUnderTest, World,
};

/// Node 0 counts, and the others hold the greatest number that they have heard of.
#[derive(Debug)]
pub(crate) struct Evolving {
    config: EvolvingConfig,
    number: u64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EvolvingConfig {
    edits: Vec<Edit>,
    flaws: Flaws<EvolvingFlaw>,
}

/// What is other than in the protocol that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Edit {
    /// Messages have one field more, which is not empty.
    ExtraField,
    /// One draw more of the same name, before all others.
    ExtraDraw,
    /// Another kind of message is sent before all others.
    ExtraKind,
    /// One message more of the same kind is sent before all others.
    ExtraMessage,
    /// Messages are of another kind.
    RenamedKind,
}

sim_core::flaws! {
    /// A known bug.
    pub(crate) enum EvolvingFlaw {
        /// What is urgent is taken even if it is old.
        UrgentWins {
            name: "urgent-wins",
            source: "made up",
            violates: &["Never Back"],
        },
    }
}

impl ProtocolConfig for EvolvingConfig {}

#[derive(Clone, Debug, Serialize, Kinds)]
pub(crate) enum Message {
    Put(Put),
    Store(Put),
    Hello,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Put {
    number: u64,
    urgent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Next;

impl Evolving {
    fn has(&self, edit: Edit) -> bool {
        self.config.edits.contains(&edit)
    }

    fn tell(&self, urgent: bool, ctx: &mut Context<'_, Self>) {
        let checksum = self.has(Edit::ExtraField).then_some(1000 + self.number);
        let put = Put { number: self.number, urgent, checksum };
        ctx.broadcast(if self.has(Edit::RenamedKind) { Message::Store(put) } else { Message::Put(put) });
    }
}

impl Protocol for Evolving {
    type Message = Message;
    type Timer = Next;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        if ctx.me() != NodeId::node(0) {
            return;
        }
        if self.has(Edit::ExtraDraw) {
            ctx.choose("urgency", 0..8);
        }
        if self.has(Edit::ExtraKind) {
            ctx.broadcast(Message::Hello);
        }
        if self.has(Edit::ExtraMessage) {
            self.tell(false, ctx);
        }
        ctx.set_timer(Next, Duration::from_millis(5));
    }

    fn on_message(&mut self, _: NodeId, message: Message, _: &mut Context<'_, Self>) {
        if let Message::Put(put) | Message::Store(put) = message {
            let is_taken_anyway = put.urgent && self.config.flaws.has(EvolvingFlaw::UrgentWins);
            if put.number > self.number || is_taken_anyway {
                self.number = put.number;
            }
        }
    }

    fn on_timer(&mut self, Next: Next, ctx: &mut Context<'_, Self>) {
        self.number += 1;
        let urgent = ctx.choose("urgency", 0..8) == 7;
        self.tell(urgent, ctx);
        ctx.set_timer(Next, Duration::from_millis(5));
    }
}

impl SystemUnderTest for Evolving {
    const NAME: &'static str = "evolving";
    const SUMMARY: &'static str = "A counter in several builds";
    const PROPERTIES: &'static [PropertyRow<Self>] = &[PropertyRow {
        name: "Never Back",
        summary: "The number that a node holds never gets smaller.",
        source: "made up",
        make: |_| Box::<NeverBack>::default(),
    }];
    const FLAWS: &'static [FlawInfo] = EvolvingFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS];

    type Config = EvolvingConfig;
    type Workload = ();

    fn node(config: &EvolvingConfig, _: NodeId, _: &[NodeId]) -> Self {
        Self { config: config.clone(), number: 0 }
    }
}

#[derive(Debug, Default)]
struct NeverBack(BTreeMap<ProcessId, u64>);

impl Property<Evolving> for NeverBack {
    fn after_step(&mut self, world: &World<'_, Evolving>, step: &Step<'_, Evolving>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        match self.0.insert(step.process, node.number) {
            Some(before) if before > node.number => {
                let what = format!("it held {before}, and now {}", node.number);
                Err(Breach::new([world.identity(step.process)], what))
            }
            _ => Ok(()),
        }
    }
}
