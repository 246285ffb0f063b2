//! A simulation of a protocol that is known by name, under its own properties and claims.

use super::Simulation;
use crate::client::ClientProfile;
use crate::guarantee::Guarantee;
use crate::system::SystemUnderTest;

impl<P: SystemUnderTest> Simulation<P> {
    /// `nodes` nodes of a protocol with this configuration, under its own properties.
    ///
    /// # Panics
    /// If the protocol refuses the configuration: see [`SystemUnderTest::validate`].
    pub fn of(config: P::Config, nodes: u32) -> Self {
        if let Err(error) = P::validate(&config, nodes) {
            panic!("{}: {error}", error.key);
        }
        let [for_properties, for_clients, for_adversaries] = std::array::from_fn(|_| config.clone());
        let (model, owed_to) = (P::model(&config), P::owed_to(&config));
        let mut simulation = Self::new(nodes, move |me, nodes| P::node(&config, me, nodes))
            .properties(move || P::properties(&for_properties))
            .roles(P::ROLES, P::role_change)
            .model(model)
            .digest(P::digest)
            .members(P::members)
            .abstract_state(P::abstract_state)
            .can_progress(P::can_progress)
            .owed_to(owed_to)
            .operation_kinds(P::operation_kind)
            .legitimate_halts(P::HALTS)
            .boxed_clients(move |index, profile| P::client(&for_clients, index, profile))
            .mutations(P::mutations)
            .reply_mutations(P::reply_mutations);
        for info in P::ADVERSARIES {
            let config = for_adversaries.clone();
            simulation = simulation.adversary(info.name, move || P::adversary(info.name, &config));
        }
        simulation
    }

    /// Clients with the protocol's own workload.
    #[must_use]
    pub fn workload(self, profile: ClientProfile, workload: P::Workload) -> Self {
        self.clients(profile, move |client, index, rng| P::operation(&workload, client, index, rng))
    }

    /// Requires that runs keep this level of consistency, or another guarantee.
    ///
    /// # Panics
    /// If the protocol does not tell what it takes to judge it.
    #[must_use]
    pub fn consistency(mut self, guarantee: impl Into<Guarantee>) -> Self {
        let guarantee = guarantee.into();
        assert!(P::guarantee(guarantee).is_some(), "{} cannot be checked for `{guarantee}`", P::NAME);
        self.judges.guarantee(move || P::guarantee(guarantee).into_iter().collect());
        self
    }
}
