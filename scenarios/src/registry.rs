//! The protocols that scenarios can name.

use std::any::TypeId;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use sim_core::{
    AdversaryInfo, AdversaryRow, Answer, FlawInfo, Guarantee, Kinds, Nothing, PropertyInfo, PropertyRow,
    ProtocolConfig, Switch, SystemUnderTest,
};

use crate::file::{Mistakes, Setup};
use crate::prepared::Prepared;
use crate::simulated::Simulated;
use crate::source::Document;

/// The protocols that scenarios can name.
///
/// ```
/// use scenarios::Registry;
///
/// let registry = Registry::standard();
/// for protocol in registry.protocols() {
///     assert!(registry.find(protocol.name).is_some());
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

/// What can be told of a protocol without running it.
#[derive(Clone, Debug)]
pub struct ProtocolInfo {
    /// Its name in scenario files.
    pub name: &'static str,
    /// One line: what it is, and from which paper.
    pub summary: &'static str,
    /// Kinds of messages that its nodes and its clients send; empty if it does not tell them.
    pub messages: Vec<&'static str>,
    /// Kinds of events that its nodes announce.
    pub events: &'static [&'static str],
    /// Roles that its nodes can have.
    pub roles: Vec<&'static str>,
    /// What an operator can ask of its nodes.
    pub actions: &'static [&'static str],
    /// Settings of its configuration that a nemesis can draw.
    pub switches: &'static [Switch],
    /// Scripts that can act for its nodes.
    pub adversaries: Vec<AdversaryInfo>,
    /// States of its nodes that faults can wait for.
    pub states: Vec<&'static str>,
    /// The properties that its runs are checked against.
    pub properties: Vec<PropertyInfo>,
    /// Known bugs that its configuration can switch on.
    pub flaws: &'static [FlawInfo],
    /// Whether clients can ask something of it.
    pub has_clients: bool,
    /// Whether its runs can be checked for a guarantee.
    pub supports: fn(Guarantee) -> bool,
}

/// A protocol with all that is done with its types.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) info: ProtocolInfo,
    pub(crate) prepare: fn(&Document, Setup, &mut Mistakes) -> Option<Box<dyn Prepared>>,
    pub(crate) config_schema: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) workload_schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Registry {
    /// No protocols.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All protocols that come with Faultbed.
    #[must_use]
    pub fn standard() -> Self {
        Self::new()
            .with::<protocols::canary::Canary>()
            .with::<protocols::raft::Raft>()
            .with::<protocols::lww::Lww>()
            .with::<protocols::pbft::Pbft>()
            .with::<protocols::hotstuff::HotStuff>()
            .with::<protocols::streamlet::Streamlet>()
            .with::<protocols::bracha::Bracha>()
            .with::<protocols::oral_messages::General>()
            .with::<protocols::lamport_mutex::LamportMutex>()
    }

    /// One more protocol.
    ///
    /// # Panics
    /// If there is one of that name already.
    #[must_use]
    pub fn with<P: SystemUnderTest>(mut self) -> Self {
        assert!(self.find(P::NAME).is_none(), "there are two protocols with the name {}", P::NAME);
        self.entries.push(Entry::of::<P>());
        self
    }

    /// All of them, in the order in which they were added.
    pub fn protocols(&self) -> impl ExactSizeIterator<Item = &ProtocolInfo> {
        self.entries.iter().map(|entry| &entry.info)
    }

    /// The one with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ProtocolInfo> {
        self.entry(name).map(|entry| &entry.info)
    }

    /// The JSON Schema (draft 2020-12) of scenario files that name one of these protocols.
    #[must_use]
    pub fn schema(&self) -> serde_json::Value {
        let generator = SchemaSettings::draft2020_12().into_generator();
        crate::schema::of_scenarios(&self.entries, generator)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.info.name == name)
    }
}

/// Those that a protocol tells, and those of all answers.
fn messages<P: SystemUnderTest>() -> Vec<&'static str> {
    match P::MESSAGES {
        [] => Vec::new(),
        told => told.iter().chain([&Answer::<P::Reply>::KINDS]).flat_map(|kinds| kinds.iter().copied()).collect(),
    }
}

impl ProtocolInfo {
    /// What its runs can be checked for.
    pub fn guarantees(&self) -> impl Iterator<Item = Guarantee> {
        Guarantee::ALL.iter().copied().filter(|guarantee| (self.supports)(*guarantee))
    }
}

impl Entry {
    fn of<P: SystemUnderTest>() -> Self {
        let info = ProtocolInfo {
            name: P::NAME,
            summary: P::SUMMARY,
            messages: messages::<P>(),
            events: P::Event::KINDS,
            roles: P::ROLES.iter().map(|role| role.name).collect(),
            actions: P::ACTIONS,
            switches: P::Config::SWITCHES,
            adversaries: P::ADVERSARIES.iter().map(AdversaryRow::info).collect(),
            states: P::STATES.iter().map(|state| state.name).collect(),
            properties: P::PROPERTIES.iter().map(PropertyRow::info).collect(),
            flaws: P::FLAWS,
            has_clients: TypeId::of::<P::Op>() != TypeId::of::<Nothing>(),
            supports: |guarantee| P::guarantee(guarantee).is_some(),
        };
        Self {
            info,
            prepare: Simulated::<P>::prepare,
            // Not a reference to it: a scenario adds the name to its keys.
            config_schema: <P::Config as JsonSchema>::json_schema,
            workload_schema: SchemaGenerator::subschema_for::<P::Workload>,
        }
    }
}
