//! What a scenario needs to know of a protocol beyond its code.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::byzantine::{Adversary, AdversaryInfo, Traitor};
use crate::client::{Client, ClientProfile, RetryingClient};
use crate::consistency::{Answer, Budget, Counterexample, Level};
use crate::flaw::FlawInfo;
use crate::guarantee::{Guarantee, KeepsLevel};
use crate::history::History;
use crate::liveness::{OperationKind, Outlook, OwedTo};
use crate::model::FaultModel;
use crate::process::NodeId;
use crate::property::Property;
use crate::protocol::Protocol;
use crate::random::SimRng;
use crate::time::Duration;
use crate::world::World;

/// A protocol with all that it takes to test it by name: configuration, properties, workload,
/// roles and known flaws.
///
/// [`Protocol`] is what runs; this is what a scenario file and the command line see of it. What
/// clients ask must be readable as well, because a recorded run lists it.
pub trait SystemUnderTest: Protocol<Op: DeserializeOwned + Send + Sync> {
    /// The name in scenario files, in lower case.
    const NAME: &'static str;
    /// One line: what it is, and from which paper.
    const SUMMARY: &'static str;
    /// Kinds of events it announces, for triggers and goals.
    const EVENTS: &'static [&'static str];
    /// Roles that its nodes announce, such as `leader`, for selectors.
    const ROLES: &'static [&'static str];
    /// The properties that its runs are checked against.
    const PROPERTIES: &'static [PropertyInfo];
    /// Known bugs that its configuration can switch on.
    const FLAWS: &'static [FlawInfo];

    /// Reasons, word for word, for which its nodes may stop themselves although their disks are fine.
    const HALTS: &'static [&'static str] = &[];

    /// Settings of its configuration that a nemesis may draw. What it claims with a value is what
    /// [`model`](Self::model) and [`can_progress`](Self::can_progress) say of the configuration.
    const SWITCHES: &'static [Switch] = &[];

    /// Scripted attackers that can take the place of its nodes.
    const ADVERSARIES: &'static [AdversaryInfo] = &[];

    /// What is written under `protocol` in a scenario file. The defaults are the paper's.
    type Config: Clone + Debug + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync;

    /// What is written under `clients` about the operations: keys, mix. A protocol without clients
    /// names `()`.
    type Workload: Clone + Debug + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync;

    /// Whether `config` makes sense for this many nodes.
    ///
    /// # Errors
    /// The key that does not, and why.
    fn validate(config: &Self::Config, nodes: u32) -> Result<(), ConfigError>;

    /// Whether `workload` makes sense.
    ///
    /// # Errors
    /// The key that does not, and why.
    fn validate_workload(workload: &Self::Workload) -> Result<(), ConfigError> {
        let _ = workload;
        Ok(())
    }

    /// The node `me` of `nodes`, before its first boot.
    fn node(config: &Self::Config, me: NodeId, nodes: &[NodeId]) -> Self;

    /// The properties, in the order of [`PROPERTIES`](Self::PROPERTIES), for one run.
    fn properties(config: &Self::Config) -> Vec<Box<dyn Property<Self>>>;

    /// The role that an event says its node has taken or given up.
    fn role_change(event: &Self::Event) -> Option<RoleChange>;

    /// What client number `client` asks as its operation number `index`. All that is random comes
    /// from `rng`, which belongs to this operation alone.
    fn operation(workload: &Self::Workload, client: u32, index: u32, rng: &mut SimRng) -> Self::Op;

    /// Client number `index`. A protocol whose clients need more than to retry (matching replies of
    /// several replicas, quorums) brings its own.
    fn client(config: &Self::Config, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let _ = config;
        Box::new(RetryingClient::new(index, profile))
    }

    /// What a Byzantine node could send in the place of `message`: small structured departures from
    /// it, in an order that is always the same. Another view, another value, an earlier vote, a
    /// certificate that is stale or lacks a signature.
    fn mutations(message: &Self::Message, traitor: &Traitor<'_, Self::Message>) -> Vec<Self::Message> {
        let _ = (message, traitor);
        Vec::new()
    }

    /// What a Byzantine node could answer a client in the place of `reply`.
    fn reply_mutations(reply: &Self::Reply) -> Vec<Self::Reply> {
        let _ = reply;
        Vec::new()
    }

    /// One of the [`ADVERSARIES`](Self::ADVERSARIES).
    fn adversary(name: &str, config: &Self::Config) -> Box<dyn Adversary<Self>> {
        let _ = config;
        unreachable!("an adversary {name} is asked for, and this protocol has none");
    }

    /// What it takes for granted. Whatever is not listed it claims to survive.
    fn model(config: &Self::Config) -> FaultModel {
        let _ = config;
        FaultModel::default()
    }

    /// How long after a heal its own time-outs and back-off may keep it from making progress: no
    /// scenario may ask for it sooner.
    fn settles_within(config: &Self::Config) -> Duration {
        let _ = config;
        Duration::ZERO
    }

    /// To whom progress is owed after a heal.
    fn owed_to(config: &Self::Config) -> OwedTo<Self::Op> {
        let _ = config;
        OwedTo::System
    }

    /// Whether an operation is a read or a write: progress of each is seen apart.
    fn operation_kind(op: &Self::Op) -> OperationKind {
        let _ = op;
        OperationKind::default()
    }

    /// Tells from the facts after a heal whether the nodes owe progress: whether the repaired ones
    /// have the means, and the protocol claims to get on in spite of those that are not repaired.
    /// After a sealed heal these are out of reach.
    ///
    /// # Errors
    /// Why not, in words: no quorum is alive and connected, a coordinator is down.
    fn can_progress(outlook: &Outlook<'_, Self>) -> Result<(), String> {
        let _ = outlook;
        Ok(())
    }

    /// What nodes have in common when they have converged; nothing if the protocol does not say.
    fn digest(&self) -> Option<u64> {
        None
    }

    /// Which nodes belong to the system, and so are to converge; nothing if all do. What a node that
    /// was removed believes of itself does not count.
    fn members(world: &World<'_, Self>) -> Option<Vec<NodeId>> {
        let _ = world;
        None
    }

    /// The state of the system as far as progress depends on it, terms and views taken relative to
    /// one another; nothing if the protocol does not say. One that recurs without progress is a
    /// livelock.
    fn abstract_state(world: &World<'_, Self>) -> Option<u64> {
        let _ = world;
        None
    }

    /// Decides whether a history of its clients keeps a level of consistency; nothing if there is no
    /// sequential model of its operations to compare it with. Mostly
    /// [`check_level`](crate::consistency::check_level) or, where the model is not one of registers,
    /// [`check_level_by_order`](crate::consistency::check_level_by_order).
    fn check_level(
        level: Level,
        history: &History<Self::Op, Self::Reply>,
        budget: Budget,
    ) -> Option<Answer<Counterexample>> {
        let _ = (level, history, budget);
        None
    }

    /// The property that a guarantee is kept, if the protocol tells enough to judge it. A protocol
    /// that has [digests](Self::digest), tells its updates or announces deliveries can be checked
    /// for more than the levels.
    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        match guarantee {
            Guarantee::Level(level) => Some(Box::new(KeepsLevel::of(level)?)),
            _ => None,
        }
    }
}

/// How a property is listed.
#[derive(Clone, Copy, Debug)]
pub struct PropertyInfo {
    /// The paper's name for it.
    pub name: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// Paper and section.
    pub source: &'static str,
}

/// A setting that hides some bugs and bares others: a defence that can be switched off, a size. Where
/// all runs have the same, whatever that defends against is never seen.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Its key in the configuration.
    pub key: &'static str,
    /// Values worth drawing, as JSON.
    pub values: &'static [&'static str],
}

/// A role taken or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChange {
    /// The node that announces it has the role from now on.
    Takes(&'static str),
    /// It no longer has it.
    GivesUp(&'static str),
}

/// What makes no sense in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The key, from the configuration's top, and below it with dots: `election_timeout`. If it is
    /// the number of nodes that makes no sense: `nodes`.
    pub key: &'static str,
    /// What is wrong with it.
    pub message: String,
}
