//! What a scenario needs to know about a protocol beyond its code.

mod liveness_claims;
mod mutations;
mod protocol_config;
mod rows;
mod workload;

use serde::de::DeserializeOwned;

use crate::client::{Client, ClientProfile, RetryingClient};
use crate::consistency::isolation::IsolationLevel;
use crate::consistency::{Answer, Budget, Counterexample, Level, Reads};
use crate::flaw::FlawInfo;
use crate::guarantee::{Guarantee, KeepsIsolation, KeepsLevel};
use crate::history::History;
use crate::kinds::Kinds;
use crate::process::NodeId;
use crate::property::Property;
use crate::protocol::Protocol;

pub use liveness_claims::LivenessClaims;
pub use mutations::{MutateMessage, Mutations};
pub use protocol_config::{ConfigError, ProtocolConfig, Switch};
pub use rows::{AdversaryRow, FigureRow, PropertyRow, Role, Row, RowInfo};
pub use workload::Workload;

/// A protocol with everything needed to test it by name: configuration, properties, workload, roles and
/// known flaws.
///
/// [`Protocol`] is what runs; this is what scenario files and the command line see of it. Operations must
/// be deserializable too, because a recorded run lists them.
pub trait SystemUnderTest: Protocol<Op: DeserializeOwned + Send + Sync, Event: Kinds> {
    /// The name in scenario files, in lower case.
    const NAME: &'static str;
    /// One line: what it is, and from which paper.
    const SUMMARY: &'static str;
    /// The properties that its runs are checked against.
    const PROPERTIES: &'static [PropertyRow<Self>] = &[];
    /// What can be measured of its runs.
    const FIGURES: &'static [FigureRow<Self>] = &[];
    /// Known bugs that its configuration can switch on.
    const FLAWS: &'static [FlawInfo] = &[];

    /// The kinds of its messages and of its clients' operations, each in its own list. If given, a fault
    /// that is aimed at any other kind is rejected.
    const MESSAGES: &'static [&'static [&'static str]] = &[];
    /// Roles that its nodes announce, such as `leader`, for selectors.
    const ROLES: &'static [Role<Self>] = &[];
    /// Scripted attackers that can act in place of its nodes.
    const ADVERSARIES: &'static [AdversaryRow<Self>] = &[];
    /// What its Byzantine nodes could send instead of the right messages.
    const MUTATIONS: Mutations<Self> = Mutations::NONE;
    /// The reasons, verbatim, for which its nodes may stop themselves although their disks are fine.
    const HALTS: &'static [&'static str] = &[];
    /// What it owes after a heal, and how that is observed.
    const LIVENESS: LivenessClaims<Self> = LivenessClaims::NONE;
    /// Decides whether a history of its clients satisfies a consistency level. The default has no
    /// sequential model of the operations to compare it with.
    const CHECK_LEVEL: CheckLevel<Self> = |_, _, _| None;

    /// Decides whether the transactions of its clients keep an isolation level. The default has none.
    const CHECK_ISOLATION: CheckIsolation<Self> = |_, _, _| None;

    /// Finds the reads in a history of its clients, and which of them were stale or showed a conflict. The
    /// default cannot tell.
    const READS: FindReads<Self> = |_| None;

    /// The configuration under `protocol` in a scenario file. The defaults are the paper's.
    type Config: ProtocolConfig;

    /// The workload under `clients`: keys, mix of operations. A protocol without clients uses `()`.
    type Workload: Workload<Op: Into<Self::Op>>;

    /// The node `me` of `nodes`, before its first boot.
    fn node(config: &Self::Config, me: NodeId, nodes: &[NodeId]) -> Self;

    /// Client number `index`. A protocol whose clients must do more than retry (match replies of several
    /// replicas, quorums) provides its own.
    fn client(config: &Self::Config, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let _ = config;
        Box::new(RetryingClient::new(index, profile))
    }

    /// The property that a guarantee holds, if the protocol provides enough to judge it. A protocol that
    /// has [digests](LivenessClaims::digest), reports its updates or announces deliveries can be checked
    /// for more than the consistency levels.
    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        match guarantee {
            Guarantee::Level(level) => Some(Box::new(KeepsLevel::of(level)?)),
            Guarantee::Isolation(level) => Some(Box::new(KeepsIsolation::of(level)?)),
            _ => None,
        }
    }
}

/// Decides whether a history satisfies a consistency level; `None` if it cannot tell. Usually
/// [`check_level`](crate::consistency::check_level) with a model of the operations or, if that is not one
/// of registers, [`check_level_by_order`](crate::consistency::check_level_by_order).
pub type CheckLevel<P> =
    fn(Level, &History<<P as Protocol>::Op, <P as Protocol>::Reply>, Budget) -> Option<Answer<Counterexample>>;

/// Decides whether the transactions in a history keep an isolation level; `None` if there are operations and
/// none is a transaction. Usually [`check_transactions`](crate::consistency::check_transactions).
pub type CheckIsolation<P> =
    fn(IsolationLevel, &History<<P as Protocol>::Op, <P as Protocol>::Reply>, Budget) -> Option<Answer<Counterexample>>;

/// Finds the reads in a history, and what they conceded; `None` if it cannot tell. Usually
/// [`reads_of`](crate::consistency::reads_of) with the model that levels are checked with.
pub type FindReads<P> = fn(&History<<P as Protocol>::Op, <P as Protocol>::Reply>) -> Option<Reads>;
