//! A system under test, whatever its types.

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;

use erased_serde::{Deserializer, Error};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::simulation::AnySimulation;
use crate::client::ClientProfile;
use crate::effect::Answer;
use crate::flaw::FlawInfo;
use crate::guarantee::Guarantee;
use crate::kinds::Kinds;
use crate::model::FaultModel;
use crate::protocol::{Nothing, Protocol};
use crate::simulation::{Environment, Simulation};
use crate::system::{ConfigError, ProtocolConfig, Row, RowInfo, Switch, SystemUnderTest, Workload};
use crate::time::Duration;

/// The system of a protocol, with its types forgotten.
#[must_use]
pub const fn erased<P: SystemUnderTest>() -> &'static dyn AnySystem {
    const { &Erased::<P>(PhantomData) }
}

/// A [`SystemUnderTest`] whose types are forgotten.
///
/// What is read is read from an object whose only entry, `it`, holds it: an error passes from an entry to
/// its object with all that it says, and so a deserializer can tell where it belongs.
pub trait AnySystem: fmt::Debug + Send + Sync {
    /// What can be told of it without running it.
    fn info(&self) -> SystemInfo;

    /// The schema of its configuration.
    fn config_schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The schema of its workload.
    fn workload_schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// Reads a configuration.
    ///
    /// # Errors
    /// What does not fit its type.
    fn read_config(&self, from: &mut dyn Deserializer<'_>) -> Result<Box<dyn AnyConfig>, Error>;

    /// Reads a workload.
    ///
    /// # Errors
    /// What does not fit its type.
    fn read_workload(&self, from: &mut dyn Deserializer<'_>) -> Result<Box<dyn AnyWorkload>, Error>;

    /// Its workload where nothing is said of it.
    fn default_workload(&self) -> Box<dyn AnyWorkload>;

    /// Reads what each client asks.
    ///
    /// # Errors
    /// What does not fit its type.
    fn read_operations(&self, from: &mut dyn Deserializer<'_>) -> Result<AnyOperations, Error>;

    /// Puts together a simulation.
    ///
    /// # Errors
    /// What makes no sense together: see [`Simulation::validate`].
    ///
    /// # Panics
    /// If a part was read by another system.
    fn simulation(&self, recipe: Recipe) -> Result<Box<dyn AnySimulation>, (Option<usize>, String)>;
}

/// What can be told of a system without running it.
#[derive(Clone, Debug)]
pub struct SystemInfo {
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
    pub adversaries: Vec<RowInfo>,
    /// States of its nodes that faults can wait for.
    pub states: Vec<&'static str>,
    /// The properties that its runs are checked against.
    pub properties: Vec<RowInfo>,
    /// What can be measured of its runs.
    pub figures: Vec<RowInfo>,
    /// Known bugs that its configuration can switch on.
    pub flaws: &'static [FlawInfo],
    /// Whether clients can ask something of it.
    pub has_clients: bool,
    /// What its runs can be checked for.
    pub guarantees: Vec<Guarantee>,
}

/// A configuration whose type is forgotten.
pub trait AnyConfig: Any + fmt::Debug + Send + Sync {
    /// Whether it makes sense: see [`ProtocolConfig::validate`].
    ///
    /// # Errors
    /// The key that does not, and why.
    fn validate(&self, nodes: u32) -> Result<(), ConfigError>;

    /// What the protocol takes for granted: see [`ProtocolConfig::model`].
    fn model(&self) -> FaultModel;

    /// How long it may take to settle: see [`ProtocolConfig::settles_within`].
    fn settles_within(&self) -> Duration;
}

impl<C: ProtocolConfig> AnyConfig for C {
    fn validate(&self, nodes: u32) -> Result<(), ConfigError> {
        ProtocolConfig::validate(self, nodes)
    }

    fn model(&self) -> FaultModel {
        ProtocolConfig::model(self)
    }

    fn settles_within(&self) -> Duration {
        ProtocolConfig::settles_within(self)
    }
}

/// A workload whose type is forgotten.
pub trait AnyWorkload: Any + fmt::Debug + Send + Sync {
    /// Whether it makes sense: see [`Workload::validate`].
    ///
    /// # Errors
    /// The key that does not, and why.
    fn validate(&self) -> Result<(), ConfigError>;
}

impl<W: Workload> AnyWorkload for W {
    fn validate(&self) -> Result<(), ConfigError> {
        Workload::validate(self)
    }
}

/// What each client asks, its type forgotten.
#[derive(Debug)]
pub struct AnyOperations(Box<dyn Any + Send + Sync>);

/// What a simulation is made of.
#[derive(Debug)]
pub struct Recipe {
    /// What there is around the protocol.
    pub env: Environment,
    /// The configuration of all nodes.
    pub config: Box<dyn AnyConfig>,
    /// The configurations that nodes can be upgraded to, by name.
    pub configurations: Vec<(String, Box<dyn AnyConfig>)>,
    /// The clients, and what they ask.
    pub clients: Option<(ClientProfile, Box<dyn AnyWorkload>)>,
    /// What each client asks, instead of what the workload draws.
    pub operations: Option<AnyOperations>,
    /// What the history of the clients must keep.
    pub guarantees: Vec<Guarantee>,
    /// The only properties that are looked at; without, all.
    pub only_properties: Option<Vec<String>>,
}

struct Erased<P>(PhantomData<fn() -> P>);

impl<P: SystemUnderTest> fmt::Debug for Erased<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(P::NAME)
    }
}

impl<P: SystemUnderTest> AnySystem for Erased<P> {
    fn info(&self) -> SystemInfo {
        SystemInfo {
            name: P::NAME,
            summary: P::SUMMARY,
            messages: messages::<P>(),
            events: P::Event::KINDS,
            roles: P::ROLES.iter().map(|role| role.name).collect(),
            actions: P::ACTIONS,
            switches: P::Config::SWITCHES,
            adversaries: P::ADVERSARIES.iter().map(Row::info).collect(),
            states: P::STATES.iter().map(|state| state.name).collect(),
            properties: P::PROPERTIES.iter().map(Row::info).collect(),
            figures: P::FIGURES.iter().map(Row::info).collect(),
            flaws: P::FLAWS,
            has_clients: TypeId::of::<P::Op>() != TypeId::of::<Nothing>(),
            guarantees: Guarantee::ALL.iter().copied().filter(|it| P::guarantee(*it).is_some()).collect(),
        }
    }

    fn config_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        // Not a reference to it: a scenario adds the name to its keys.
        P::Config::json_schema(generator)
    }

    fn workload_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<P::Workload>()
    }

    fn read_config(&self, from: &mut dyn Deserializer<'_>) -> Result<Box<dyn AnyConfig>, Error> {
        Ok(Box::new(read::<P::Config>(from)?))
    }

    fn read_workload(&self, from: &mut dyn Deserializer<'_>) -> Result<Box<dyn AnyWorkload>, Error> {
        Ok(Box::new(read::<P::Workload>(from)?))
    }

    fn default_workload(&self) -> Box<dyn AnyWorkload> {
        Box::new(P::Workload::default())
    }

    fn read_operations(&self, from: &mut dyn Deserializer<'_>) -> Result<AnyOperations, Error> {
        Ok(AnyOperations(Box::new(read::<Vec<Vec<P::Op>>>(from)?)))
    }

    fn simulation(&self, recipe: Recipe) -> Result<Box<dyn AnySimulation>, (Option<usize>, String)> {
        let nodes = recipe.env.nodes;
        let mut simulation = Simulation::<P>::of(known::<P::Config>(recipe.config), nodes).environment(recipe.env);
        for (name, config) in recipe.configurations {
            let config = known::<P::Config>(config);
            simulation = simulation.configuration(name, move |me, nodes| P::node(&config, me, nodes));
        }
        if let Some((profile, workload)) = recipe.clients {
            simulation = simulation.workload(profile, known::<P::Workload>(workload));
        }
        if let Some(AnyOperations(operations)) = recipe.operations {
            simulation = simulation.operations(known::<Vec<Vec<P::Op>>>(operations));
        }
        if let Some(only) = recipe.only_properties {
            simulation = simulation.only_properties(only.iter().map(String::as_str));
        }
        for guarantee in recipe.guarantees {
            simulation = simulation.consistency(guarantee);
        }
        simulation.validate()?;
        Ok(Box::new(simulation))
    }
}

/// The kinds of messages that a protocol tells, and those of all answers.
fn messages<P: SystemUnderTest>() -> Vec<&'static str> {
    let answers = Answer::<<P as Protocol>::Reply>::KINDS;
    match P::MESSAGES {
        [] => Vec::new(),
        told => told.iter().chain([&answers]).flat_map(|kinds| kinds.iter().copied()).collect(),
    }
}

fn known<T: Any>(part: Box<dyn Any>) -> T {
    *part.downcast().unwrap_or_else(|_| panic!("a part of a simulation was read by another system"))
}

/// The only entry of an object.
#[derive(Deserialize)]
struct Only<T> {
    it: T,
}

fn read<T: DeserializeOwned>(from: &mut dyn Deserializer<'_>) -> Result<T, Error> {
    Only::<T>::deserialize(from).map(|only| only.it)
}
