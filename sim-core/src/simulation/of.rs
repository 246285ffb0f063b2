//! A simulation of a system under test, with its own properties and claims.

use std::borrow::Cow;
use std::sync::Arc;

use super::Simulation;
use crate::client::ClientProfile;
use crate::guarantee::Guarantee;
use crate::kinds::Kinds;
use crate::system::{ProtocolConfig, SystemUnderTest, Workload};

impl<P: SystemUnderTest> Simulation<P> {
    /// `nodes` nodes of a protocol with this configuration and the protocol's own properties, roles and
    /// model: `Simulation::<MyProtocol>::of(MyConfig::default(), 3)`.
    ///
    /// # Panics
    /// If the protocol rejects the configuration: see [`ProtocolConfig::validate`].
    #[track_caller]
    pub fn of(config: P::Config, nodes: u32) -> Self {
        if let Err(error) = config.validate(nodes) {
            panic!("{}: {error}", error.key);
        }
        let config = Arc::new(config);
        let (for_nodes, for_clients) = (Arc::clone(&config), Arc::clone(&config));
        let mut simulation = Self::new(nodes, move |me, nodes| P::node(&for_nodes, me, nodes))
            .roles(P::ROLES)
            .model(config.model())
            .liveness(P::LIVENESS)
            .legitimate_halts(P::HALTS)
            .boxed_clients(move |index, profile| P::client(&for_clients, index, profile))
            .mutations(P::MUTATIONS);
        simulation.events = Some(P::Event::KINDS);
        for row in P::PROPERTIES {
            let config = Arc::clone(&config);
            simulation.judges.property(Cow::Borrowed(row.name), move || (row.make)(&config));
        }
        for row in P::FIGURES {
            let config = Arc::clone(&config);
            simulation.judges.figure(row.name, move || (row.make)(&config));
        }
        for row in P::ADVERSARIES {
            let config = Arc::clone(&config);
            simulation = simulation.adversary(row.name, move || (row.make)(&config));
        }
        simulation
    }

    /// Adds clients with the protocol's own workload.
    #[must_use]
    pub fn workload(self, profile: ClientProfile, workload: P::Workload) -> Self {
        self.clients(profile, move |client, index, rng| workload.operation(client, index, rng).into())
    }

    /// Requires that runs satisfy this consistency level or other guarantee.
    ///
    /// # Panics
    /// If the protocol does not provide what is needed to judge it.
    #[must_use]
    #[track_caller]
    pub fn consistency(mut self, guarantee: impl Into<Guarantee>) -> Self {
        let guarantee = guarantee.into();
        let make = move || P::guarantee(guarantee);
        assert!(make().is_some(), "{} cannot be checked for `{guarantee}`", P::NAME);
        if guarantee.wants_clients() {
            self.judges.need_clients(guarantee.property());
        }
        self.judges.guarantee(guarantee.property(), move || make().expect("it was there before"));
        self
    }
}
