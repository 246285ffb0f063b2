//! Async programs by name: for scenario files and the command line.

use std::future::Future;

use serde::de::DeserializeOwned;
use sim_core::{
    AdversaryRow, CheckIsolation, CheckLevel, Client, ClientProfile, FindReads, FlawInfo, Kinds, LivenessClaims,
    Mutations, NodeId, PropertyRow, ProtocolConfig, RetryingClient, Role, SystemUnderTest, Workload,
};

use crate::async_node::AsyncNode;
use crate::handle::Node;
use crate::program::Program;

/// An async program with everything needed to test it by name. [`AsyncNode`] of it is a [`SystemUnderTest`], whose
/// documentation says what each item is; all but the first five have the same defaults. So it is registered as
/// `scenarios::Registry::new().with::<AsyncNode<Jobs>>()`, simulated in a test as `Simulation::<AsyncNode<Jobs>>::of(config, 3)`,
/// and its properties implement `Property<AsyncNode<Jobs>>`.
pub trait AsyncSystem: Program<Op: DeserializeOwned + Send + Sync, Event: Kinds> {
    /// The name in scenario files, in lower case.
    const NAME: &'static str;
    /// One line: what it is.
    const SUMMARY: &'static str;

    /// The configuration under `protocol` in a scenario file.
    type Config: ProtocolConfig;
    /// The workload under `clients`. A program without clients uses `()`.
    type Workload: Workload<Op: Into<Self::Op>>;

    /// What each node runs from its boot on.
    fn main(config: Self::Config, node: Node<Self>) -> impl Future<Output = ()> + 'static;

    /// See [`SystemUnderTest::PROPERTIES`].
    const PROPERTIES: &'static [PropertyRow<AsyncNode<Self>>] = &[];
    /// See [`SystemUnderTest::FLAWS`].
    const FLAWS: &'static [FlawInfo] = &[];
    /// See [`SystemUnderTest::MESSAGES`].
    const MESSAGES: &'static [&'static [&'static str]] = &[];
    /// See [`SystemUnderTest::ROLES`].
    const ROLES: &'static [Role<AsyncNode<Self>>] = &[];
    /// See [`SystemUnderTest::ADVERSARIES`].
    const ADVERSARIES: &'static [AdversaryRow<AsyncNode<Self>>] = &[];
    /// See [`SystemUnderTest::MUTATIONS`].
    const MUTATIONS: Mutations<AsyncNode<Self>> = Mutations::NONE;
    /// See [`SystemUnderTest::HALTS`].
    const HALTS: &'static [&'static str] = &[];
    /// See [`SystemUnderTest::LIVENESS`].
    const LIVENESS: LivenessClaims<AsyncNode<Self>> = LivenessClaims::NONE;
    /// See [`SystemUnderTest::CHECK_LEVEL`].
    const CHECK_LEVEL: CheckLevel<AsyncNode<Self>> = |_, _, _| None;
    /// See [`SystemUnderTest::CHECK_ISOLATION`].
    const CHECK_ISOLATION: CheckIsolation<AsyncNode<Self>> = |_, _, _| None;
    /// See [`SystemUnderTest::READS`].
    const READS: FindReads<AsyncNode<Self>> = |_| None;

    /// See [`SystemUnderTest::client`].
    fn client(config: &Self::Config, index: u32, profile: ClientProfile) -> Box<dyn Client<AsyncNode<Self>>> {
        let _ = config;
        Box::new(RetryingClient::new(index, profile))
    }
}

impl<T: AsyncSystem> SystemUnderTest for AsyncNode<T> {
    const NAME: &'static str = T::NAME;
    const SUMMARY: &'static str = T::SUMMARY;
    const PROPERTIES: &'static [PropertyRow<Self>] = T::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = T::FLAWS;
    const MESSAGES: &'static [&'static [&'static str]] = T::MESSAGES;
    const ROLES: &'static [Role<Self>] = T::ROLES;
    const ADVERSARIES: &'static [AdversaryRow<Self>] = T::ADVERSARIES;
    const MUTATIONS: Mutations<Self> = T::MUTATIONS;
    const HALTS: &'static [&'static str] = T::HALTS;
    const LIVENESS: LivenessClaims<Self> = T::LIVENESS;
    const CHECK_LEVEL: CheckLevel<Self> = T::CHECK_LEVEL;
    const CHECK_ISOLATION: CheckIsolation<Self> = T::CHECK_ISOLATION;
    const READS: FindReads<Self> = T::READS;

    type Config = T::Config;
    type Workload = T::Workload;

    fn node(config: &T::Config, me: NodeId, nodes: &[NodeId]) -> Self {
        let config = config.clone();
        Self::new(me, nodes, move |node| T::main(config, node))
    }

    fn client(config: &T::Config, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        T::client(config, index, profile)
    }
}
