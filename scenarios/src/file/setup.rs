//! From the file to what the simulator is told, as far as that does not depend on the protocol's
//! types.

use sim_core::{
    ClientProfile, ClockProfile, Deviation, DiskProfile, Duration, Fault, Guarantee, Limits, LinkProfile, Nemesis,
    PropertyInfo, Sabotage, Selector, Sign, Zone,
};

use super::fault::{FaultEntry, read_plan};
use super::heal::HealSetup;
use super::place::{Mistakes, Place};
use super::scenario::ScenarioFile;
use super::selector::SelectorText;
use super::terms::Terms;
use super::zones::read_zones;
use crate::registry::ProtocolInfo;

/// What a simulation is told, but for the protocol and what its clients ask.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) nodes: u32,
    pub(crate) network: LinkProfile,
    pub(crate) disk: DiskProfile,
    pub(crate) clocks: ClockProfile,
    pub(crate) clients: Option<ClientProfile>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) nemesis: Option<Nemesis>,
    /// Whether each seed draws settings of the protocol.
    pub(crate) draws_settings: bool,
    pub(crate) zones: Vec<Zone>,
    /// The names of the configurations that nodes can be upgraded to.
    pub(crate) configurations: Vec<String>,
    pub(crate) heal_at: Option<Duration>,
    pub(crate) heal_core: Vec<Selector>,
    pub(crate) heal: HealSetup,
    pub(crate) follow_beyond_model: bool,
    pub(crate) progress_within: Option<Duration>,
    pub(crate) signs: Vec<Sign>,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) run_for: Duration,
    pub(crate) limits: Limits,
    pub(crate) guarantees: Vec<Guarantee>,
    pub(crate) only_properties: Option<Vec<String>>,
    pub(crate) goals: Vec<String>,
    pub(crate) deviations: Option<Vec<Deviation>>,
}

impl Setup {
    /// How long messages between repaired nodes take at most.
    pub(crate) fn delta(&self) -> Duration {
        let between_zones = self.zones.iter().flat_map(|zone| zone.latencies.values().copied());
        self.heal.delta.unwrap_or_else(|| self.network.longest(between_zones))
    }
}

/// Nodes at most.
const MOST_NODES: u64 = 1000;
/// A run takes a year at most.
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(365 * 24 * 3600);

impl ScenarioFile {
    /// What the file says, and the mistakes in it.
    pub(crate) fn read(&self, protocol: &ProtocolInfo, root: &Place<'_>, mistakes: &mut Mistakes) -> Setup {
        let clients = self.read_clients(protocol, root, mistakes);
        let terms = self.terms(protocol, clients.map_or(0, |profile| profile.count));
        self.check_nodes(root, mistakes);
        self.check_times(root, mistakes);
        self.check_recorded(root, mistakes);
        self.check_expectations(&terms, &protocol.properties, root, mistakes);
        let expect = self.expect.clone().unwrap_or_default();
        Setup {
            nodes: terms.nodes,
            network: self.network.read(&root.key("network"), mistakes),
            disk: self.disk.read(&root.key("disk"), mistakes),
            clocks: self.clocks.read(&root.key("clocks"), mistakes),
            clients,
            zones: read_zones(&self.zones, &root.key("zones"), &terms, mistakes),
            configurations: terms.configurations.clone(),
            faults: read_plan(&self.faults, &root.key("faults"), &terms, mistakes),
            nemesis: self.nemesis.as_ref().map(|nemesis| nemesis.read(&root.key("nemesis"), &terms, mistakes)),
            draws_settings: self.nemesis.as_ref().is_some_and(|nemesis| nemesis.switches),
            heal_at: self.heal_at,
            heal_core: self.read_core(&terms, &root.key("heal_core"), mistakes),
            heal: self.read_heal(root, mistakes),
            follow_beyond_model: expect.follow_beyond_model,
            progress_within: expect.progress_within,
            signs: expect.signs(&terms),
            sabotage: self.sabotage,
            run_for: self.run_for,
            limits: self.limits.read(self.step_limit, &root.key("limits"), mistakes),
            guarantees: expect.guarantees().to_vec(),
            only_properties: expect.only_properties,
            goals: expect.sometimes,
            deviations: self.deviations.as_ref().map(|all| all.iter().map(Deviation::from).collect()),
        }
    }

    fn terms(&self, protocol: &ProtocolInfo, clients: u32) -> Terms {
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

    fn read_clients(
        &self,
        protocol: &ProtocolInfo,
        root: &Place<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<ClientProfile> {
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

    /// A run that is written down has no part left to the seed.
    fn check_recorded(&self, root: &Place<'_>, mistakes: &mut Mistakes) {
        if self.deviations.is_none() {
            return;
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

    fn check_expectations(
        &self,
        terms: &Terms,
        properties: &[PropertyInfo],
        root: &Place<'_>,
        mistakes: &mut Mistakes,
    ) {
        if let Some(expect) = &self.expect {
            expect.check(&root.key("expect"), terms, self.run_for, properties, mistakes);
        }
    }

    fn read_core(&self, terms: &Terms, place: &Place<'_>, mistakes: &mut Mistakes) -> Vec<Selector> {
        let Some(core) = &self.heal_core else { return Vec::new() };
        if !terms.heals {
            mistakes.push(place.key_mistake("nothing heals").with_help("add `heal_at`"));
        }
        if core.is_empty() {
            mistakes.push(place.mistake("nobody is in this core").with_help("leave the key out to heal everything"));
        }
        let terms = &Terms { heals_core: true, ..terms.clone() };
        let read = |(number, text): (usize, &SelectorText)| {
            let place = place.index(number);
            let selector = text.read(&place, terms, mistakes);
            match &selector {
                Selector::Others => mistakes.push(place.mistake("`others` than whom?")),
                Selector::Clients => mistakes.push(place.mistake("clients are always healed")),
                Selector::Node(id) if id.is_client() => mistakes.push(place.mistake("clients are always healed")),
                _ => {}
            }
            selector
        };
        core.iter().enumerate().map(read).collect()
    }
}
