//! From the file to what the simulator is told, as far as that does not depend on the protocol's
//! types.

use std::collections::BTreeMap;

use sim_core::{ClientProfile, Deviation, Duration, Environment, FaultFamily, Guarantee, RowInfo, Time};

use super::deviation::DeviationEntry;
use super::fault::{FaultEntry, read_plan};
use super::place::{Mistakes, Place};
use super::scenario::ScenarioFile;
use super::terms::Terms;
use super::zones::read_zones;
use sim_core::SystemInfo;

/// What a simulation is told, but for the protocol and what its clients ask.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) env: Environment,
    pub(crate) clients: Option<ClientProfile>,
    /// Families that the nemesis draws only if the protocol claims to survive them.
    pub(crate) implied_families: Vec<FaultFamily>,
    /// Whether each seed draws settings of the protocol.
    pub(crate) draws_settings: bool,
    /// The names of the configurations that nodes can be upgraded to.
    pub(crate) configurations: Vec<String>,
    pub(crate) guarantees: Vec<Guarantee>,
    pub(crate) only_properties: Option<Vec<String>>,
}

/// Nodes at most.
const MOST_NODES: u64 = 1000;
/// A run takes a year at most.
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(365 * 24 * 3600);

impl ScenarioFile {
    /// What the file says, and the mistakes in it.
    pub(crate) fn read(&self, protocol: &SystemInfo, root: &Place<'_>, mistakes: &mut Mistakes) -> Setup {
        let clients = self.read_clients(protocol, root, mistakes);
        let terms = self.terms(protocol, clients.map_or(0, |profile| profile.count));
        self.check_nodes(root, mistakes);
        self.check_times(root, mistakes);
        self.check_recorded(root, mistakes);
        self.check_expectations(&terms, &protocol.properties, root, mistakes);
        let expect = self.expect.clone().unwrap_or_default();
        let env = Environment {
            nodes: terms.nodes,
            network: self.network.read(&root.key("network"), mistakes),
            disk: self.disk.read(&root.key("disk"), mistakes),
            clocks: self.clocks.read(&root.key("clocks"), mistakes),
            zones: read_zones(&self.zones, &root.key("zones"), &terms, mistakes),
            faults: read_plan(&self.faults, &root.key("faults"), &terms, mistakes),
            nemesis: self.nemesis.as_ref().map(|nemesis| nemesis.read(&root.key("nemesis"), &terms, mistakes)),
            deviations: self.deviations.as_ref().map(|all| all.iter().map(Deviation::from).collect()),
            goals: expect.sometimes.clone(),
            figures: expect.figures.keys().cloned().collect(),
            sabotage: self.sabotage,
            signs: expect.signs(&terms),
            heal: self.read_heal(&terms, root, mistakes),
            follows_beyond_model: expect.follow_beyond_model,
            progress_within: expect.progress_within,
            run_for: Time::ZERO + self.run_for,
            limits: self.limits.read(self.step_limit, &root.key("limits"), mistakes),
            ..Environment::default()
        };
        Setup {
            env,
            clients,
            implied_families: self.nemesis.iter().flat_map(|nemesis| nemesis.implied(&terms)).collect(),
            draws_settings: self.nemesis.as_ref().is_some_and(|nemesis| nemesis.switches),
            configurations: terms.configurations,
            guarantees: expect.guarantees().to_vec(),
            only_properties: expect.only_properties,
        }
    }

    fn terms(&self, protocol: &SystemInfo, clients: u32) -> Terms {
        Terms {
            protocol: protocol.name,
            messages: protocol.messages.clone(),
            events: protocol.events,
            roles: protocol.roles.clone(),
            actions: protocol.actions,
            adversaries: protocol.adversaries.iter().map(|info| info.name).collect(),
            twins: self.faults.iter().flat_map(FaultEntry::twins).collect(),
            switches: protocol.switches,
            labels: self.faults.iter().flat_map(FaultEntry::labels).collect(),
            states: protocol.states.clone(),
            figures: protocol.figures.iter().map(|figure| figure.name).collect(),
            zones: self.zones.keys().cloned().collect(),
            configurations: self.configurations.keys().cloned().collect(),
            nodes: self.nodes.clamp(1, MOST_NODES) as u32,
            clients,
            faults_end: self.heal_at.unwrap_or(self.run_for),
            heals: self.heal_at.is_some(),
            fifo: self.network.fifo,
            follows: false,
            heals_core: false,
        }
    }

    fn read_clients(&self, protocol: &SystemInfo, root: &Place<'_>, mistakes: &mut Mistakes) -> Option<ClientProfile> {
        for key in ["clients", "operations"] {
            if !protocol.has_clients && root.key(key).exists() {
                let message = format!("`{key}` has no effect: clients have nothing to ask of `{}`", protocol.name);
                mistakes.push(root.key(key).key_mistake(message));
            }
        }
        let listed = self.operations.as_ref().map(Vec::len);
        let clients = self.clients.clone().or(listed.map(|_| Default::default()))?;
        Some(clients.read(listed, &root.key("clients"), mistakes))
    }

    fn check_nodes(&self, root: &Place<'_>, mistakes: &mut Mistakes) {
        mistakes.check_number(&root.key("nodes"), "a number of nodes", self.nodes, 1, MOST_NODES);
        let description = root.key("description");
        if description.exists() && self.description.trim().is_empty() {
            mistakes.push(description.mistake("the description is empty"));
        }
        if self.step_limit == Some(0) {
            mistakes.push(root.key("step_limit").mistake("a run of no steps shows nothing"));
        }
    }

    fn check_times(&self, root: &Place<'_>, mistakes: &mut Mistakes) {
        mistakes.check_span(&root.key("run_for"), self.run_for, LONGEST_RUN);
        if self.run_for.is_zero() {
            mistakes.push(root.key("run_for").mistake("a run of no time shows nothing"));
        }
        if self.heal_at.is_some_and(|heal_at| heal_at >= self.run_for) {
            let message = format!("the heal comes too late: runs end at {}", self.run_for);
            mistakes.push(root.key("heal_at").mistake(message));
        }
    }

    /// A run that is written down has no part left to the seed, and one answer to each question.
    fn check_recorded(&self, root: &Place<'_>, mistakes: &mut Mistakes) {
        let Some(deviations) = &self.deviations else { return };
        let mut first = BTreeMap::new();
        for (place, DeviationEntry { choice, .. }) in deviations.iter().enumerate() {
            if let Some(before) = first.insert(choice, place) {
                let entry = root.key("deviations").index(place).key("choice");
                mistakes
                    .push(entry.mistake(format!("this choice is answered twice: deviation {before} answers it too")));
            }
        }
        for key in ["seeds", "nemesis"] {
            if root.key(key).exists() {
                let message = format!("`{key}` has no effect: with `deviations` nothing is drawn from a seed");
                mistakes.push(root.key(key).key_mistake(message));
            }
        }
        if self.clients.is_some() && self.operations.is_none() {
            let mistake = root.key("clients").key_mistake("these clients ask nothing");
            mistakes.push(mistake.with_help("with `deviations` nothing is drawn from a seed: list `operations`"));
        }
    }

    fn check_expectations(&self, terms: &Terms, properties: &[RowInfo], root: &Place<'_>, mistakes: &mut Mistakes) {
        if let Some(expect) = &self.expect {
            expect.check(&root.key("expect"), terms, self.run_for, properties, mistakes);
        }
    }
}
